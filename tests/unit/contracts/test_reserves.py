"""Reserves attested, waiting and lapsed: [LEDGER-23, LEDGER-24, LEDGER-10]."""

import pytest
from msgspec.structs import replace

from primitives.actions import ReserveAttest
from primitives.amount import MAX_SUPPLY, MICRO
from primitives.entries import PendingReserve
from primitives.keys import ED25519
from primitives.receipt import (
    Outcome,
    ReserveChanged,
    ReserveLapsed,
)
from primitives.transaction import signatures
from tests.builders import (
    DAY_MS,
    GENESIS_TIME,
    HOUR_MS,
    JUDGE,
    SECOND_MS,
    Person,
    a_role,
)
from tests.ledger import Ledger
from tests.unit.contracts.reserving import (
    ADMIN,
    ALICE,
    CEILING,
    DELAY,
    HELD,
    LAPSE,
    TERMS,
    VAULT,
    a_ledger,
    done,
    lapsed,
    limit,
)


@pytest.fixture
def ledger() -> Ledger:
    return a_ledger()


@pytest.mark.parametrize("units", [0, 1, HELD - 1, HELD])
def test_a_smaller_or_equal_reserve_counts_at_once(ledger: Ledger, units: int) -> None:
    """[LEDGER-23]"""
    before = ledger.limits("north")
    as_of = ledger.time
    assert done(ledger, ledger.attest("north", units)) == (ReserveChanged("north", units),)
    terms = replace(before.terms, reserve=units, reserve_attested=as_of)
    assert ledger.limits("north") == replace(before, terms=terms, reserve_counts=units > 0)
    assert limit(ledger) == TERMS.credit + units


def test_an_attestation_lapses_after_its_own_moment_not_after_its_arrival(ledger: Ledger) -> None:
    """[LEDGER-23]"""
    as_of = GENESIS_TIME + 1
    done(ledger, ledger.attest("north", HELD, as_of, valid_until=ledger.time + 7 * DAY_MS), DAY_MS)
    ledger.pass_time(as_of + LAPSE - ledger.time - 1)
    assert limit(ledger) == 105 * MICRO, "the older attestation's lapse passed it by"
    ledger.pass_time(SECOND_MS)
    assert limit(ledger) == 5 * MICRO


def test_more_reserve_counts_later_and_what_counted_goes_on_counting(ledger: Ledger) -> None:
    """[LEDGER-23, LEDGER-24] to the second in which the delay is over."""
    as_of = ledger.time
    assert done(ledger, ledger.attest("north", CEILING), after_ms=1_001) == ()
    since = ledger.time + DELAY
    now = ledger.limits("north")
    assert now.pending_reserve == PendingReserve(CEILING, as_of, since)
    assert (now.terms.reserve, now.terms.reserve_attested, now.reserve_counts) == (
        HELD,
        as_of,
        True,
    )
    assert ledger.pass_time(DELAY + 998).receipts == []
    assert limit(ledger) == 105 * MICRO
    [receipt] = ledger.pass_time(1).receipts
    assert receipt.events == (ReserveChanged("north", CEILING),)
    assert limit(ledger) == 155 * MICRO
    assert ledger.limits("north").pending_reserve is None
    ledger.scan()


def test_attesting_anew_waits_anew(ledger: Ledger) -> None:
    """[LEDGER-24]"""
    done(ledger, ledger.attest("north", 120 * MICRO))
    ledger.pass_time(HOUR_MS)
    done(ledger, ledger.attest("north", 130 * MICRO))
    [stale] = ledger.pass_time(DELAY - HOUR_MS).receipts
    assert stale.events == ()
    assert limit(ledger) == 105 * MICRO
    [receipt] = ledger.pass_time(HOUR_MS).receipts
    assert receipt.events == (ReserveChanged("north", 130 * MICRO),)


def test_a_smaller_attestation_ends_what_waits(ledger: Ledger) -> None:
    """[LEDGER-24] what waits is not more than what counts once it was said that there is less."""
    done(ledger, ledger.attest("north", 120 * MICRO))
    done(ledger, ledger.attest("north", 90 * MICRO))
    assert ledger.limits("north").pending_reserve is None
    [stale] = ledger.pass_time(DELAY).receipts
    assert stale.events == ()
    assert limit(ledger) == 95 * MICRO


def test_an_attestation_between_what_counts_and_what_waits_waits(ledger: Ledger) -> None:
    done(ledger, ledger.attest("north", 150 * MICRO))
    done(ledger, ledger.attest("north", 110 * MICRO))
    pending = ledger.limits("north").pending_reserve
    assert pending is not None
    assert pending.amount == 110 * MICRO


def test_the_ceiling_may_be_reached_and_not_passed(ledger: Ledger) -> None:
    """[LEDGER-23]"""
    ledger.refuse(ledger.attest("north", CEILING + 1), Outcome.CEILING_EXCEEDED)
    ledger.refuse(ledger.attest("north", MAX_SUPPLY), Outcome.CEILING_EXCEEDED)
    done(ledger, ledger.attest("north", CEILING))


@pytest.mark.parametrize(
    ("ahead", "outcome"), [(1, Outcome.ATTESTATION_EARLY), (0, Outcome.DONE), (-1, Outcome.DONE)]
)
def test_nobody_attests_a_moment_to_come(ledger: Ledger, ahead: int, outcome: Outcome) -> None:
    """[LEDGER-23]"""
    as_of = ledger.context().time + ahead
    assert ledger.send(ledger.attest("north", HELD, as_of)) == outcome


@pytest.mark.parametrize("later", [0, -1])
def test_an_attestation_is_younger_than_the_one_before(ledger: Ledger, later: int) -> None:
    """[LEDGER-23] so a cut is not undone by an older word."""
    as_of = ledger.time
    done(ledger, ledger.attest("north", 50 * MICRO, as_of))
    ledger.refuse(ledger.attest("north", HELD, as_of + later), Outcome.ATTESTATION_STALE)
    done(ledger, ledger.attest("north", HELD, as_of + 1))


def test_an_attestation_that_lapsed_already_is_no_attestation() -> None:
    """[LEDGER-23] to the millisecond."""
    ledger = lapsed(a_ledger())
    ledger.pass_time(DAY_MS)
    now = ledger.context().time
    ledger.refuse(ledger.attest("north", HELD, now - LAPSE), Outcome.ATTESTATION_STALE)
    now = ledger.context().time
    done(ledger, ledger.attest("north", HELD, now - LAPSE + 1))


def test_an_attestation_is_younger_than_what_left_the_reserve(ledger: Ledger) -> None:
    """[LEDGER-23, LEDGER-25] the custodian looks again after it handed something back."""
    done(ledger, ledger.release("north", MICRO))
    moved = ledger.time
    assert ledger.limits("north").moved == moved
    ledger.refuse(ledger.attest("north", HELD, moved), Outcome.ATTESTATION_STALE)
    done(ledger, ledger.attest("north", 99 * MICRO, moved + 1))


WRONG = [ADMIN, a_role("east", "admin"), a_role("north", "issuer"), a_role(JUDGE, "custodian")]


@pytest.mark.parametrize("liar", WRONG, ids=lambda person: person.name)
def test_only_the_partner_s_custodian_attests(ledger: Ledger, liar: Person) -> None:
    """[LEDGER-23, GEN-11]"""
    for units in (1, HELD, CEILING, MAX_SUPPLY):
        ledger.refuse(ledger.attest("north", units, by=liar), Outcome.NOT_CUSTODIAN)


@pytest.mark.parametrize(
    "sender",
    [a_role("east", "admin"), a_role("north", "issuer"), a_role("north", "cashier")],
    ids=lambda person: person.name,
)
def test_only_the_admin_brings_an_attestation(ledger: Ledger, sender: Person) -> None:
    ledger.refuse(ledger.attest("north", HELD, sender=sender), Outcome.NOT_ADMIN)


@pytest.mark.parametrize(
    ("units", "outcome"),
    [(0, Outcome.DONE), (HELD, Outcome.DONE), (HELD + 1, Outcome.NOT_ADMIN)],
)
def test_a_custodian_can_say_alone_that_there_is_less(
    ledger: Ledger, units: int, outcome: Outcome
) -> None:
    """[LEDGER-23] whether the partner likes it or not; never that there is more."""
    assert ledger.send(ledger.attest("north", units, sender=VAULT)) == outcome


def test_after_a_lapse_a_custodian_alone_brings_nothing_back() -> None:
    """[LEDGER-23] nothing counts, so anything is more."""
    ledger = lapsed(a_ledger())
    ledger.refuse(ledger.attest("north", 1, sender=VAULT), Outcome.NOT_ADMIN)
    assert done(ledger, ledger.attest("north", 0, sender=VAULT)) == (ReserveChanged("north", 0),)


def test_the_order_of_reasons_for_an_attestation(ledger: Ledger) -> None:
    """[LEDGER-23] each is wrong in all the ways that come after."""
    future = ledger.time + DAY_MS
    stranger = a_role("east", "admin")
    nobody = {"sender": stranger, "by": stranger}
    ledger.refuse(ledger.attest("nobody", MAX_SUPPLY, future, **nobody), Outcome.PARTNER_UNKNOWN)
    ledger.refuse(ledger.attest("north", MAX_SUPPLY, future, **nobody), Outcome.NOT_CUSTODIAN)
    ledger.refuse(ledger.attest("north", MAX_SUPPLY, future, sender=stranger), Outcome.NOT_ADMIN)
    ledger.refuse(ledger.attest("north", MAX_SUPPLY, future), Outcome.CEILING_EXCEEDED)
    ledger.refuse(ledger.attest("north", 1, future), Outcome.ATTESTATION_EARLY)
    ledger.refuse(ledger.attest("north", 1, GENESIS_TIME), Outcome.ATTESTATION_STALE)


def test_a_custodian_s_word_is_for_one_partner_amount_and_moment(ledger: Ledger) -> None:
    """[TX-10] who changes it breaks the signature."""
    honest = ledger.attest("north", HELD)
    action = honest.transaction.action
    assert isinstance(action, ReserveAttest)
    said = action.attestation
    assert ED25519.verify_many(signatures(honest)) == [True, True]
    for other in (
        replace(said, partner="east"),
        replace(said, amount=HELD + 1),
        replace(said, as_of=said.as_of + 1),
    ):
        forged = ledger.act(ADMIN, replace(action, attestation=other))
        assert ED25519.verify_many(signatures(forged)) == [True, False]


# Lapsing


def test_an_increase_whose_attestation_lapses_first_never_counts() -> None:
    """[LEDGER-10, LEDGER-24]"""
    ledger = lapsed(a_ledger())
    as_of = ledger.context().time - LAPSE + HOUR_MS
    done(ledger, ledger.attest("north", HELD, as_of))
    assert ledger.limits("north").pending_reserve is not None
    [receipt] = ledger.pass_time(HOUR_MS).receipts
    assert receipt.events == (ReserveLapsed("north"),)
    assert ledger.limits("north").pending_reserve is None
    [stale] = ledger.pass_time(DELAY).receipts
    assert stale.events == ()
    assert limit(ledger) == 5 * MICRO


def test_what_lapsed_counts_again_after_the_delay() -> None:
    """[LEDGER-23] as an increase from nothing."""
    ledger = lapsed(a_ledger())
    assert limit(ledger) == 5 * MICRO
    done(ledger, ledger.attest("north", HELD))
    assert limit(ledger) == 5 * MICRO
    assert ledger.limits("north").terms.reserve == HELD, "it is held all the time"
    ledger.pass_time(DELAY)
    assert limit(ledger) == 105 * MICRO


def test_an_attestation_after_a_lapse_tells_at_once_how_little_is_held() -> None:
    """[LEDGER-23] it counts later, and no more than it says pays what is overdue."""
    ledger = lapsed(a_ledger())
    done(ledger, ledger.attest("north", 30 * MICRO))
    now = ledger.limits("north")
    assert (now.terms.reserve, now.reserve_counts) == (30 * MICRO, False)


def test_a_lapse_of_nothing_is_no_event(ledger: Ledger) -> None:
    """[LEDGER-10]"""
    done(ledger, ledger.attest("north", 0))
    receipts = ledger.pass_time(LAPSE + SECOND_MS).receipts
    events = [event for receipt in receipts for event in receipt.events]
    assert events == [ReserveLapsed("east")]


def test_lapsing_takes_no_balance_and_stops_minting_only(ledger: Ledger) -> None:
    """[LEDGER-10, LEDGER-20]"""
    ledger.give(ALICE, 50 * MICRO)
    lapsed(ledger)
    assert ledger.balance(ALICE) == 50 * MICRO
    ledger.refuse(ledger.mint("north", ALICE, 1), Outcome.LIMIT_EXCEEDED)
    assert ledger.send(ledger.redeem(ALICE, ledger.invoice("north", MICRO))) == Outcome.DONE
