"""Reserves handed back: [LEDGER-25, LEDGER-26]."""

import pytest
from msgspec.structs import replace

from primitives.actions import ReserveAttest, ReserveRelease
from primitives.amount import MICRO
from primitives.entries import Limits
from primitives.keys import ED25519
from primitives.receipt import (
    Outcome,
    ReserveLapsed,
    ReserveReleased,
)
from primitives.transaction import signatures
from tests.builders import (
    DAY_MS,
    GENESIS_TIME,
    SECOND_MS,
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


def test_a_release_hands_back_and_lowers_the_limit(ledger: Ledger) -> None:
    """[LEDGER-25]"""
    before = ledger.limits("north")
    assert done(ledger, ledger.release("north", 30 * MICRO)) == (
        ReserveReleased("north", 30 * MICRO),
    )
    terms = replace(before.terms, reserve=70 * MICRO)
    assert ledger.limits("north") == replace(before, terms=terms, moved=ledger.time)
    assert limit(ledger) == 75 * MICRO


def test_all_of_it_can_be_handed_back_if_nothing_needs_it(ledger: Ledger) -> None:
    ledger.refuse(ledger.release("north", HELD + 1), Outcome.RESERVE_NEEDED)
    done(ledger, ledger.release("north", HELD))
    assert ledger.limits("north").reserve_counts is False
    receipts = ledger.pass_time(LAPSE + SECOND_MS).receipts
    assert [e for receipt in receipts for e in receipt.events] == [ReserveLapsed("east")]


def test_what_the_limit_needs_is_not_handed_back(ledger: Ledger) -> None:
    """[LEDGER-25] D = 60 of L = 105: 45 can go."""
    ledger.give(ALICE, 60 * MICRO)
    ledger.refuse(ledger.release("north", 45 * MICRO + 1), Outcome.RESERVE_NEEDED)
    done(ledger, ledger.release("north", 45 * MICRO))
    ledger.refuse(ledger.release("north", 1), Outcome.RESERVE_NEEDED)
    ledger.refuse(ledger.mint("north", ALICE, 1), Outcome.LIMIT_EXCEEDED)


def test_a_haircut_is_taken_of_what_is_left() -> None:
    """[LEDGER-8, LEDGER-25] a quarter is cut: D = 50 needs 60 of reserve and 5 of credit."""
    ledger = a_ledger(replace(TERMS, haircut=2_500))
    ledger.give(ALICE, 50 * MICRO)
    ledger.refuse(ledger.release("north", 40 * MICRO + 1), Outcome.RESERVE_NEEDED)
    done(ledger, ledger.release("north", 40 * MICRO))


def test_while_the_reserve_lapsed_nothing_is_handed_back_that_debts_need() -> None:
    """[LEDGER-25] L is the credit alone: above it nothing goes, within it everything may."""
    ledger = a_ledger()
    ledger.give(ALICE, 6 * MICRO)
    lapsed(ledger)
    ledger.refuse(ledger.release("north", 1), Outcome.RESERVE_NEEDED)
    assert ledger.send(ledger.redeem(ALICE, ledger.invoice("north", MICRO))) == Outcome.DONE
    done(ledger, ledger.release("north", HELD))


def test_what_is_still_to_be_received_needs_the_reserve_too() -> None:
    """[LEDGER-25] D = -60 + 60 to be received, 100 minted since: 95 of the reserve are needed."""
    ledger = a_ledger(settlement_cycle_ms=7 * DAY_MS)
    ledger.give(ALICE, 60 * MICRO, "east")
    assert ledger.send(ledger.redeem(ALICE, ledger.invoice("north", 60 * MICRO))) == Outcome.DONE
    ledger.pass_time(7 * DAY_MS)
    ledger.give(ALICE, 100 * MICRO)
    assert ledger.position("north").net == 40 * MICRO
    ledger.refuse(ledger.release("north", 5 * MICRO + 1), Outcome.RESERVE_NEEDED)
    done(ledger, ledger.release("north", 5 * MICRO))


def test_what_is_still_to_be_paid_needs_the_reserve_however_low_d_is() -> None:
    """[LEDGER-25] north is to pay 60, and sold for 60 since: D = 0, and it needs 55."""
    ledger = a_ledger(settlement_cycle_ms=7 * DAY_MS)
    ledger.give(ALICE, 60 * MICRO)
    assert ledger.send(ledger.redeem(ALICE, ledger.invoice("east", 60 * MICRO))) == Outcome.DONE
    ledger.pass_time(7 * DAY_MS)
    ledger.give(ALICE, 60 * MICRO, "east")
    assert ledger.send(ledger.redeem(ALICE, ledger.invoice("north", 60 * MICRO))) == Outcome.DONE
    position = ledger.position("north")
    assert (position.net, position.payable) == (0, 60 * MICRO)
    ledger.refuse(ledger.release("north", 45 * MICRO + 1), Outcome.RESERVE_NEEDED)
    done(ledger, ledger.release("north", 45 * MICRO))


def test_a_release_is_used_once(ledger: Ledger) -> None:
    """[LEDGER-25] the custodian's consent names the reserve it starts from."""
    first = {"reserve": HELD, "attested": GENESIS_TIME}
    done(ledger, ledger.release("north", MICRO, **first))
    ledger.refuse(ledger.release("north", MICRO, **first), Outcome.RELEASE_STALE)


def test_a_release_signed_before_another_attestation_is_stale(ledger: Ledger) -> None:
    """[LEDGER-25] though the amount is the same again."""
    done(ledger, ledger.attest("north", HELD))
    old = ledger.release("north", MICRO, reserve=HELD, attested=GENESIS_TIME)
    ledger.refuse(old, Outcome.RELEASE_STALE)
    done(ledger, ledger.release("north", MICRO))


def test_nothing_is_handed_back_while_an_increase_waits(ledger: Ledger) -> None:
    """[LEDGER-25] an increase could bring back what the consent names: it would do twice."""
    done(ledger, ledger.attest("north", CEILING))
    consent = {"reserve": HELD, "attested": ledger.limits("north").terms.reserve_attested}
    ledger.refuse(ledger.release("north", 40 * MICRO, **consent), Outcome.RELEASE_STALE)
    ledger.pass_time(DELAY)
    ledger.refuse(ledger.release("north", 40 * MICRO, **consent), Outcome.RELEASE_STALE)
    done(ledger, ledger.release("north", 40 * MICRO))


def test_the_order_of_reasons_for_a_release(ledger: Ledger) -> None:
    """[LEDGER-25] each is wrong in all the ways that come after."""
    wrong = {"reserve": MICRO, "attested": GENESIS_TIME}
    vault = {"sender": VAULT, "by": ADMIN}
    far = 200 * MICRO
    ledger.refuse(ledger.release("nobody", far, **vault, **wrong), Outcome.PARTNER_UNKNOWN)
    ledger.refuse(ledger.release("north", far, **vault, **wrong), Outcome.NOT_ADMIN)
    ledger.refuse(ledger.release("north", far, by=ADMIN, **wrong), Outcome.NOT_CUSTODIAN)
    ledger.refuse(ledger.release("north", far, **wrong), Outcome.RELEASE_STALE)
    ledger.refuse(ledger.release("north", far), Outcome.RESERVE_NEEDED)


def test_a_consent_is_for_one_partner_amount_and_reserve(ledger: Ledger) -> None:
    """[TX-10] who changes it breaks the signature."""
    honest = ledger.release("north", MICRO)
    action = honest.transaction.action
    assert isinstance(action, ReserveRelease)
    wish = action.release
    assert ED25519.verify_many(signatures(honest)) == [True, True]
    for other in (
        replace(wish, partner="east"),
        replace(wish, amount=2 * MICRO),
        replace(wish, reserve=MICRO),
        replace(wish, attested=0),
    ):
        forged = ledger.act(ADMIN, replace(action, release=other))
        assert ED25519.verify_many(signatures(forged)) == [True, False]


def test_an_attestation_s_signature_is_no_consent_to_a_release(ledger: Ledger) -> None:
    """[TX-10] domains keep what is signed apart."""
    action = ledger.attest("north", HELD).transaction.action
    wish = ledger.release("north", MICRO).transaction.action
    assert isinstance(action, ReserveAttest)
    assert isinstance(wish, ReserveRelease)
    forged = ledger.act(ADMIN, replace(wish, custodian=action.custodian))
    assert ED25519.verify_many(signatures(forged)) == [True, False]


def test_one_partner_s_reserve_is_not_another_s(ledger: Ledger) -> None:
    """Both are held by one custodian."""
    east: Limits = ledger.limits("east")
    done(ledger, ledger.release("north", MICRO))
    ledger.pass_time(SECOND_MS)
    done(ledger, ledger.attest("north", 90 * MICRO))
    assert ledger.limits("east") == east
