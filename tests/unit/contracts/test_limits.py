"""What a partner may bound about itself: [LEDGER-20, LEDGER-21, LEDGER-22]; what fills L."""

import pytest
from msgspec.structs import replace

from contracts import limits
from primitives.actions import LowerClaimBound, SetDailyCaps
from primitives.amount import MAX_PER_DAY, MAX_SUPPLY, MICRO
from primitives.entries import Limits, PendingCaps
from primitives.genesis import PartnerLimits
from primitives.receipt import (
    ClaimBoundLowered,
    DailyCapsChanged,
    Event,
    Outcome,
    Receipt,
)
from primitives.transaction import Decoded
from tests.builders import (
    CUSTODIAN,
    DAY_MS,
    HOUR_MS,
    LIMITS,
    PARAMETERS,
    Person,
    a_genesis,
    a_person,
    a_role,
)
from tests.ledger import Ledger

ALICE, BOB = a_person("Alice"), a_person("Bob")
ADMIN = a_role("north", "admin")
DELAY, CYCLE = PARAMETERS.increase_delay_ms, PARAMETERS.settlement_cycle_ms
MINT, REFUND = LIMITS.mint_per_day, LIMITS.refund_per_day


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def bound(ledger: Ledger, units: int, **fields: object) -> Decoded:
    by = fields.pop("by", ADMIN)
    assert isinstance(by, Person)
    return ledger.act(by, LowerClaimBound(str(fields.pop("partner", "north")), units), **fields)


def caps(ledger: Ledger, mint: int, refund: int, **fields: object) -> Decoded:
    by = fields.pop("by", ADMIN)
    assert isinstance(by, Person)
    return ledger.act(by, SetDailyCaps(str(fields.pop("partner", "north")), mint, refund), **fields)


def events_of(ledger: Ledger, decoded: Decoded) -> tuple[Event, ...]:
    [verdict] = ledger.block(decoded)
    assert isinstance(verdict, Receipt)
    assert verdict.outcome == Outcome.DONE
    return verdict.events


def in_force(ledger: Ledger, partner: str = "north") -> tuple[int, int]:
    terms = ledger.limits(partner).terms
    return terms.mint_per_day, terms.refund_per_day


STRANGERS = [
    a_role("north", "issuer"),
    a_role("north", "cashier"),
    a_role("east", "admin"),
    a_role(CUSTODIAN, "custodian"),
]


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda person: person.name)
def test_only_the_partner_s_admin_changes_its_bounds(ledger: Ledger, stranger: Person) -> None:
    ledger.refuse(bound(ledger, 0, by=stranger), Outcome.NOT_ADMIN)
    ledger.refuse(caps(ledger, 0, 0, by=stranger), Outcome.NOT_ADMIN)


def test_a_partner_that_does_not_exist_has_no_bounds(ledger: Ledger) -> None:
    ledger.refuse(bound(ledger, 0, partner="nobody"), Outcome.PARTNER_UNKNOWN)
    ledger.refuse(caps(ledger, 0, 0, partner="nobody"), Outcome.PARTNER_UNKNOWN)


# The claim bound


def test_a_claim_bound_is_lowered_at_once(ledger: Ledger) -> None:
    """[LEDGER-21]"""
    ledger.give(ALICE, 2 * MICRO, "east")
    before = ledger.limits("north")
    assert events_of(ledger, bound(ledger, MICRO)) == (ClaimBoundLowered("north", MICRO),)
    after = replace(before, terms=replace(before.terms, claim_bound=MICRO))
    assert ledger.limits("north") == after
    over = ledger.redeem(ALICE, ledger.invoice("north", MICRO + 1))
    ledger.refuse(over, Outcome.CLAIM_BOUND_EXCEEDED)
    assert ledger.send(ledger.redeem(ALICE, ledger.invoice("north", MICRO))) == Outcome.DONE


def test_a_claim_bound_is_never_raised_nor_set_to_what_it_is(ledger: Ledger) -> None:
    """[LEDGER-21] raising it takes the others' vote."""
    as_it_is = LIMITS.claim_bound
    for units in (as_it_is, as_it_is + 1, MAX_SUPPLY):
        ledger.refuse(bound(ledger, units), Outcome.CLAIM_BOUND_NOT_LOWER)
    assert ledger.send(bound(ledger, as_it_is - 1)) == Outcome.DONE
    ledger.refuse(bound(ledger, as_it_is), Outcome.CLAIM_BOUND_NOT_LOWER)
    assert ledger.send(bound(ledger, 0)) == Outcome.DONE
    ledger.refuse(bound(ledger, 0), Outcome.CLAIM_BOUND_NOT_LOWER)


def test_a_claim_bound_below_what_is_owed_already_takes_nothing(ledger: Ledger) -> None:
    """[LEDGER-20] it stops further redemptions there; owners and what is owed stay."""
    ledger.give(ALICE, 5 * MICRO, "east")
    assert ledger.send(ledger.redeem(ALICE, ledger.invoice("north", 3 * MICRO))) == Outcome.DONE
    assert ledger.send(bound(ledger, MICRO)) == Outcome.DONE
    assert ledger.position("north").net == -3 * MICRO
    assert ledger.balance(ALICE) == 2 * MICRO
    over = ledger.redeem(ALICE, ledger.invoice("north", 1))
    ledger.refuse(over, Outcome.CLAIM_BOUND_EXCEEDED)
    assert ledger.send(ledger.redeem(ALICE, ledger.invoice("east", MICRO))) == Outcome.DONE


# Daily caps


def test_lower_caps_are_in_force_at_once(ledger: Ledger) -> None:
    """[LEDGER-22]"""
    [event] = events_of(ledger, caps(ledger, MICRO, 0))
    assert event == DailyCapsChanged("north", MICRO, 0)
    assert in_force(ledger) == (MICRO, 0)
    assert in_force(ledger, "east") == (MINT, REFUND)
    ledger.refuse(ledger.mint("north", ALICE, 101), Outcome.DAILY_CAP_EXCEEDED)
    assert ledger.send(ledger.mint("north", ALICE, 100)) == Outcome.DONE


def test_higher_caps_wait(ledger: Ledger) -> None:
    """[LEDGER-22] to the millisecond: in the second that is not before their time."""
    ask = caps(ledger, MINT + 1, REFUND + 2)
    ledger.block(ask, after_ms=1_001)
    since = ledger.time + DELAY
    assert since % 1_000 == 1
    assert in_force(ledger) == (MINT, REFUND)
    assert ledger.limits("north").pending_caps == PendingCaps(MINT + 1, REFUND + 2, since)
    assert ledger.pass_time(DELAY + 998).receipts == []
    [receipt] = ledger.pass_time(1).receipts
    assert receipt.events == (DailyCapsChanged("north", MINT + 1, REFUND + 2),)
    assert in_force(ledger) == (MINT + 1, REFUND + 2)
    assert ledger.limits("north").pending_caps is None
    ledger.scan()


def test_of_one_cap_lower_and_one_higher_each_takes_its_time(ledger: Ledger) -> None:
    """[LEDGER-22]"""
    assert events_of(ledger, caps(ledger, MINT - 1, REFUND + 1)) == (
        DailyCapsChanged("north", MINT - 1, REFUND),
    )
    assert in_force(ledger) == (MINT - 1, REFUND)
    [receipt] = ledger.pass_time(DELAY).receipts
    assert receipt.events == (DailyCapsChanged("north", MINT - 1, REFUND + 1),)


def test_caps_as_they_are_change_nothing_and_end_what_waits(ledger: Ledger) -> None:
    """[LEDGER-22] a thief's raise is undone by asking for what is."""
    assert events_of(ledger, caps(ledger, MAX_PER_DAY, MAX_PER_DAY)) == ()
    assert events_of(ledger, caps(ledger, MINT, REFUND)) == ()
    assert ledger.limits("north").pending_caps is None
    [receipt] = ledger.pass_time(DELAY).receipts
    assert receipt.events == ()
    assert in_force(ledger) == (MINT, REFUND)


def test_caps_asked_for_anew_wait_anew(ledger: Ledger) -> None:
    """[LEDGER-22]"""
    assert ledger.send(caps(ledger, 2 * MINT, REFUND)) == Outcome.DONE
    ledger.pass_time(HOUR_MS)
    assert ledger.send(caps(ledger, 3 * MINT, REFUND)) == Outcome.DONE
    [old] = ledger.pass_time(DELAY - HOUR_MS).receipts
    assert old.events == ()
    assert in_force(ledger) == (MINT, REFUND)
    [new] = ledger.pass_time(HOUR_MS).receipts
    assert new.events == (DailyCapsChanged("north", 3 * MINT, REFUND),)


def test_caps_asked_for_twice_in_a_block_are_the_second(ledger: Ledger) -> None:
    """Both wait to one moment; the first item finds the second's caps, the second finds none."""
    first, second = (
        caps(ledger, times * MINT, REFUND, sequence=place) for place, times in enumerate((2, 3))
    )
    ledger.block(first, second)
    events = [receipt.events for receipt in ledger.pass_time(DELAY).receipts]
    assert events == [(DailyCapsChanged("north", 3 * MINT, REFUND),), ()]
    assert in_force(ledger) == (3 * MINT, REFUND)


def test_a_cap_below_what_was_issued_today_takes_nothing_back(ledger: Ledger) -> None:
    """[LEDGER-20]"""
    ledger.give(ALICE, 5 * MICRO)
    assert ledger.send(caps(ledger, MICRO, MICRO)) == Outcome.DONE
    assert ledger.balance(ALICE) == 5 * MICRO
    ledger.refuse(ledger.mint("north", ALICE, 1), Outcome.DAILY_CAP_EXCEEDED)
    tomorrow = ledger.mint("north", ALICE, 100, valid_until=ledger.time + 2 * DAY_MS)
    assert ledger.send(tomorrow, after_ms=DAY_MS) == Outcome.DONE


def test_the_highest_caps_there_can_be_wait_like_any(ledger: Ledger) -> None:
    """[LEDGER-9], [LEDGER-22]"""
    assert ledger.send(caps(ledger, MAX_PER_DAY, MAX_PER_DAY)) == Outcome.DONE
    ledger.pass_time(DELAY)
    assert in_force(ledger) == (MAX_PER_DAY, MAX_PER_DAY)
    assert ledger.send(ledger.mint("north", ALICE, 1)) == Outcome.DONE


# What is still to be received counts


def credit_only(credit: int) -> PartnerLimits:
    return replace(LIMITS, credit=credit * MICRO, reserve=0)


def owed_and_full(ledger: Ledger) -> None:
    """East redeemed 50 that north minted, the cycle closed, and then east minted all it may."""
    ledger.give(ALICE, 50 * MICRO)
    assert ledger.send(ledger.redeem(ALICE, ledger.invoice("east", 50 * MICRO))) == Outcome.DONE
    ledger.pass_time(CYCLE)
    assert ledger.position("east").receivable == 50 * MICRO
    ledger.give(ALICE, 100 * MICRO, "east")


def test_what_a_partner_is_to_be_paid_counts_against_its_limit() -> None:
    """[LEDGER-8] D = -50, to be paid 50, L = 100: it may mint 100, not 150."""
    ledger = Ledger(a_genesis(limits=credit_only(100)))
    owed_and_full(ledger)
    ledger.refuse(ledger.mint("east", ALICE, 1), Outcome.LIMIT_EXCEEDED)
    assert ledger.send(ledger.confirm(1, 0)) == Outcome.DONE
    assert ledger.position("east").net == 100 * MICRO
    ledger.refuse(ledger.mint("east", ALICE, 1), Outcome.LIMIT_EXCEEDED)


def test_without_counting_it_the_limit_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """[LEDGER-8] the same history under the careless rule: east ends up owing 150 of 100."""
    monkeypatch.setattr(
        limits, "has_room", lambda terms, position, more: position.net + more <= limits.limit(terms)
    )
    monkeypatch.setattr("tests.ledger.check_changes", lambda *_: None)
    ledger = Ledger(a_genesis(limits=credit_only(100)))
    owed_and_full(ledger)
    assert ledger.send(ledger.mint("east", ALICE, 5_000)) == Outcome.DONE
    assert ledger.send(ledger.confirm(1, 0)) == Outcome.DONE
    assert ledger.position("east").net == 150 * MICRO
    assert limits.limit(ledger.limits("east")) == 100 * MICRO


def test_what_a_partner_is_to_pay_makes_no_room() -> None:
    """[LEDGER-8] north owes 100 of 100 and is to pay 50 of them: no room until it is paid."""
    ledger = Ledger(a_genesis(limits=credit_only(100)))
    ledger.give(ALICE, 100 * MICRO)
    assert ledger.send(ledger.redeem(ALICE, ledger.invoice("east", 50 * MICRO))) == Outcome.DONE
    ledger.pass_time(CYCLE)
    assert ledger.position("north").payable == 50 * MICRO
    ledger.refuse(ledger.mint("north", BOB, 1), Outcome.LIMIT_EXCEEDED)
    assert ledger.send(ledger.confirm(1, 0)) == Outcome.DONE
    assert ledger.send(ledger.mint("north", BOB, 5_001)) == Outcome.LIMIT_EXCEEDED
    assert ledger.send(ledger.mint("north", BOB, 5_000)) == Outcome.DONE


def test_a_refund_counts_what_is_to_be_received_too() -> None:
    """[LEDGER-19] east is owed 60 and to be paid 60: D = -60, a refund of 60 would end at 60."""
    ledger = Ledger(a_genesis(limits=credit_only(20)))
    for partner in ("north", "south", "west"):
        ledger.give(ALICE, 20 * MICRO, partner)
    invoice = ledger.invoice("east", 60 * MICRO)
    assert ledger.send(ledger.redeem(ALICE, invoice)) == Outcome.DONE
    ledger.pass_time(CYCLE)
    over = ledger.refund("east", invoice.id, 20 * MICRO + 1)
    ledger.refuse(over, Outcome.LIMIT_EXCEEDED)
    assert ledger.send(ledger.refund("east", invoice.id, 20 * MICRO)) == Outcome.DONE


def test_the_limits_entry_is_what_it_was_but_for_what_was_asked(ledger: Ledger) -> None:
    first: Limits = ledger.limits("north")
    assert ledger.send(caps(ledger, MINT - 1, REFUND)) == Outcome.DONE
    changed = replace(first, terms=replace(first.terms, mint_per_day=MINT - 1))
    assert ledger.limits("north") == changed
