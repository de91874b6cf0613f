"""Payments that the creditor denies, and how that ends: [LEDGER-32]."""

import pytest
from msgspec.structs import replace

from primitives.amount import MICRO
from primitives.entries import Obligation, ObligationStatus
from primitives.receipt import (
    ObligationOverdue,
    ObligationSettled,
    Outcome,
    PaymentDisputed,
    ReserveDrawn,
)
from tests.builders import (
    DAY_MS,
    PARAMETERS,
    a_genesis,
)
from tests.ledger import Ledger
from tests.settling import (
    ALICE,
    DAYS,
    DISPUTE,
    OWED,
    RICH,
    SHORT,
    TERM,
    claimed,
    disputed,
    done,
    lasting,
    owing,
    settled,
    until_due,
    waited,
)


@pytest.fixture
def ledger() -> Ledger:
    return owing()


def test_a_denied_payment_holds_the_debtor_s_reserve(ledger: Ledger) -> None:
    """[LEDGER-32]"""
    claimed(ledger)
    assert done(ledger, ledger.dispute(1, 0)) == (PaymentDisputed(1, 0, OWED),)
    now: Obligation = ledger.obligation(1, 0)
    assert (now.status, now.earmark) == (ObligationStatus.DISPUTED, OWED)
    assert now.deadline == ledger.time + DISPUTE
    assert ledger.limits("north").earmarked == OWED
    assert ledger.position("north").paid == 0
    ledger.refuse(ledger.release("north", 70 * MICRO + 1), Outcome.RESERVE_NEEDED)


def test_a_dispute_comes_before_the_days_are_over() -> None:
    """[LEDGER-30]"""
    in_time = claimed(owing())
    said = in_time.dispute(1, 0, **lasting(in_time))
    assert in_time.send(said, after_ms=DAYS - 1) == Outcome.DONE
    late = claimed(owing())
    said = late.dispute(1, 0, **lasting(late))
    assert late.send(said, after_ms=DAYS) == Outcome.PAYMENT_NOT_CLAIMED
    settled(late)


def test_the_custodian_says_that_it_was_paid(ledger: Ledger) -> None:
    """[LEDGER-32] the creditor lied: the reserve is let go, and positions move."""
    disputed(ledger)
    said = ledger.statement(1, 0, paid=True)
    assert done(ledger, said) == (ObligationSettled(1, 0, OWED),)
    settled(ledger)
    assert ledger.limits("north").terms.reserve == 100 * MICRO


def test_the_custodian_says_that_it_was_not(ledger: Ledger) -> None:
    """[LEDGER-32] the debtor lied: what was held pays."""
    disputed(ledger)
    said = ledger.statement(1, 0, paid=False)
    assert done(ledger, said) == (ReserveDrawn("north", 1, 0, OWED), ObligationSettled(1, 0, OWED))
    settled(ledger)
    assert ledger.limits("north").terms.reserve == 70 * MICRO


def test_after_two_weeks_of_silence_what_was_held_pays() -> None:
    """[LEDGER-32] a debtor gains nothing by a custodian that does not answer."""
    ledger = disputed(owing())
    assert waited(ledger, until_due(ledger) - 1) == [(), ()], "the term's, and the claim's days"
    assert waited(ledger, 1) == [(ReserveDrawn("north", 1, 0, OWED), ObligationSettled(1, 0, OWED))]
    settled(ledger)


def test_a_dispute_over_more_than_the_reserve_ends_overdue() -> None:
    """[LEDGER-32]"""
    ledger = claimed(owing(SHORT))
    assert done(ledger, ledger.dispute(1, 0)) == (PaymentDisputed(1, 0, 20 * MICRO),)
    assert done(ledger, ledger.statement(1, 0, paid=False)) == (
        ReserveDrawn("north", 1, 0, 20 * MICRO),
        ObligationOverdue(1, 0, 10 * MICRO),
    )
    limits = ledger.limits("north")
    assert (limits.earmarked, limits.overdue, limits.terms.reserve) == (0, 1, 0)
    claimed(ledger)
    assert done(ledger, ledger.dispute(1, 0)) == (PaymentDisputed(1, 0, 0),)
    assert ledger.limits("north").overdue == 1
    done(ledger, ledger.statement(1, 0, paid=True))
    settled(ledger)


def test_what_one_dispute_holds_no_other_takes() -> None:
    """[LEDGER-31, LEDGER-32] 35 of reserve, 20 held for south: 15 are left for east's 30."""
    terms = replace(RICH, credit=100 * MICRO, reserve=35 * MICRO)
    quiet = replace(PARAMETERS, reserve_lapse_ms=400 * DAY_MS, settlement_cycle_ms=30 * DAY_MS)
    ledger = Ledger(a_genesis(parameters=quiet, limits=terms))
    for seller, amount in (("east", 30), ("south", 20)):
        ledger.give(ALICE, amount * MICRO)
        invoice = ledger.invoice(seller, amount * MICRO)
        assert ledger.send(ledger.redeem(ALICE, invoice)) == Outcome.DONE
    ledger.pass_time(ledger.genesis.time + 30 * DAY_MS - ledger.time)
    assert [ledger.obligation(1, place).creditor for place in (0, 1)] == ["east", "south"]
    done(ledger, ledger.pay(1, 1))
    assert done(ledger, ledger.dispute(1, 1)) == (PaymentDisputed(1, 1, 20 * MICRO),)
    events = [event for events in waited(ledger, TERM) for event in events]
    assert events == [
        ReserveDrawn("north", 1, 0, 15 * MICRO),
        ObligationOverdue(1, 0, 15 * MICRO),
    ]
    assert ledger.limits("north").earmarked == 20 * MICRO
    assert done(ledger, ledger.statement(1, 1, paid=False)) == (
        ReserveDrawn("north", 1, 1, 20 * MICRO),
        ObligationSettled(1, 1, 20 * MICRO),
    )
    ledger.scan()


def test_an_attested_loss_leaves_less_than_disputes_hold() -> None:
    """The custodian says that 10 are left of what 30 are held of: 10 are drawn, and no more."""
    ledger = disputed(owing())
    done(ledger, ledger.attest("north", 10 * MICRO))
    assert ledger.limits("north").earmarked == OWED
    ledger.refuse(ledger.release("north", 1), Outcome.RESERVE_NEEDED)
    assert done(ledger, ledger.statement(1, 0, paid=False)) == (
        ReserveDrawn("north", 1, 0, 10 * MICRO),
        ObligationOverdue(1, 0, 20 * MICRO),
    )
    assert ledger.limits("north").earmarked == 0
    ledger.scan()


def test_minting_goes_on_while_a_payment_is_disputed(ledger: Ledger) -> None:
    """[LEDGER-32] a creditor's word alone suspends nobody."""
    disputed(ledger)
    assert ledger.send(ledger.mint("north", ALICE, 100)) == Outcome.DONE
