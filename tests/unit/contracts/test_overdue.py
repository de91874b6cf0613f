"""Obligations that nobody paid in time, and the reserve that does: [LEDGER-31, LEDGER-26]."""

from msgspec.structs import replace

from primitives.amount import MICRO
from primitives.entries import ObligationStatus
from primitives.receipt import (
    ObligationOverdue,
    ObligationSettled,
    Outcome,
    ReserveDrawn,
)
from tests.builders import (
    DAY_MS,
    PARAMETERS,
    SECOND_MS,
    a_genesis,
)
from tests.ledger import Ledger
from tests.settling import (
    ALICE,
    BROKE,
    OWED,
    RICH,
    SHORT,
    TERM,
    claimed,
    confirmed,
    done,
    lasting,
    overdue,
    owing,
    settled,
    until_due,
    waited,
)


def test_what_is_never_paid_the_reserve_pays() -> None:
    """[LEDGER-31] at the end of the second of its deadline, with nobody there."""
    ledger = owing()
    limits = ledger.limits("north")
    assert waited(ledger, until_due(ledger) - 1) == []
    assert waited(ledger, 1) == [(ReserveDrawn("north", 1, 0, OWED), ObligationSettled(1, 0, OWED))]
    settled(ledger)
    terms = replace(limits.terms, reserve=70 * MICRO)
    assert ledger.limits("north") == replace(limits, terms=terms, moved=ledger.time)


def test_the_end_of_the_deadline_s_second_is_what_counts() -> None:
    """[STATE-7] nothing happens early: a payment named a moment after the deadline is heard."""
    ledger = owing(late_ms=300)
    deadline = ledger.obligation(1, 0).deadline
    assert (deadline, deadline % SECOND_MS) == (ledger.time + TERM, 300)
    done(ledger, ledger.pay(1, 0, **lasting(ledger)), after_ms=TERM + 699)
    assert waited(ledger, 1) == [()]
    assert ledger.obligation(1, 0).status == ObligationStatus.CLAIMED


def test_an_exact_reserve_is_used_up_and_counts_no_more() -> None:
    """[LEDGER-31]"""
    ledger = owing(replace(RICH, reserve=OWED))
    ledger.pass_time(TERM)
    settled(ledger)
    limits = ledger.limits("north")
    assert (limits.terms.reserve, limits.reserve_counts) == (0, False)


def test_a_reserve_that_is_short_pays_what_it_has_and_minting_stops() -> None:
    """[LEDGER-31]"""
    ledger = owing(SHORT)
    ledger.give(ALICE, 5 * MICRO)
    assert waited(ledger, until_due(ledger)) == [
        (ReserveDrawn("north", 1, 0, 20 * MICRO), ObligationOverdue(1, 0, 10 * MICRO))
    ]
    now = ledger.obligation(1, 0)
    assert (now.settled, now.late, now.status) == (20 * MICRO, True, ObligationStatus.OVERDUE)
    assert now.deadline == ledger.time + TERM
    north, east = ledger.position("north"), ledger.position("east")
    assert (north.paid, north.payable) == (20 * MICRO, 10 * MICRO)
    assert (east.received, east.receivable) == (20 * MICRO, 10 * MICRO)
    ledger.refuse(ledger.mint("north", ALICE, 1), Outcome.MINTING_SUSPENDED)
    assert ledger.send(ledger.mint("east", ALICE, 1)) == Outcome.DONE
    confirmed(ledger)
    settled(ledger)
    assert ledger.send(ledger.mint("north", ALICE, 1)) == Outcome.DONE


def test_customers_of_who_is_overdue_spend_and_are_refunded_all_the_same() -> None:
    """[LEDGER-36] only minting is suspended."""
    ledger = owing(BROKE)
    ledger.give(ALICE, 5 * MICRO)
    overdue(ledger)
    invoice = ledger.invoice("north", 5 * MICRO)
    assert ledger.send(ledger.redeem(ALICE, invoice)) == Outcome.DONE
    assert ledger.send(ledger.refund("north", invoice.id, MICRO)) == Outcome.DONE


def test_what_is_overdue_is_drawn_again_after_each_term() -> None:
    """[LEDGER-31] from what the custodian was given since."""
    ledger = overdue(owing(BROKE))
    assert waited(ledger, TERM) == [(ObligationOverdue(1, 0, OWED),)]
    assert ledger.limits("north").overdue == 1, "it is counted once"
    done(ledger, ledger.attest("north", 12 * MICRO))
    ledger.pass_time(PARAMETERS.increase_delay_ms)
    assert waited(ledger, until_due(ledger)) == [
        (ReserveDrawn("north", 1, 0, 12 * MICRO), ObligationOverdue(1, 0, 18 * MICRO))
    ]
    ledger.pass_time(SECOND_MS)
    done(ledger, ledger.attest("north", 40 * MICRO))
    ledger.pass_time(PARAMETERS.increase_delay_ms)
    assert waited(ledger, until_due(ledger)) == [
        (ReserveDrawn("north", 1, 0, 18 * MICRO), ObligationSettled(1, 0, 18 * MICRO))
    ]
    settled(ledger)
    assert ledger.limits("north").terms.reserve == 22 * MICRO


def test_a_lapsed_reserve_pays_what_is_overdue() -> None:
    """[LEDGER-31, LEDGER-10] it counts for no limit and is held all the same."""
    ledger = owing(RICH, reserve_lapse_ms=DAY_MS, settlement_cycle_ms=7 * DAY_MS)
    assert not ledger.limits("north").reserve_counts
    assert waited(ledger, until_due(ledger)) == [
        (ReserveDrawn("north", 1, 0, OWED), ObligationSettled(1, 0, OWED))
    ]
    limits = ledger.limits("north")
    assert (limits.terms.reserve, limits.reserve_counts) == (70 * MICRO, False)


def test_what_is_drawn_leaves_an_increase_that_waits() -> None:
    """[LEDGER-26] it was attested before the money went."""
    ledger = owing(replace(RICH, reserve_ceiling=200 * MICRO), increase_delay_ms=TERM)
    done(ledger, ledger.attest("north", 150 * MICRO))
    events = waited(ledger, until_due(ledger))
    assert events == [(ReserveDrawn("north", 1, 0, OWED), ObligationSettled(1, 0, OWED))]
    ledger.pass_time(SECOND_MS)
    assert ledger.limits("north").terms.reserve == 120 * MICRO


def test_a_late_payment_ends_the_suspension_only_once_it_stands() -> None:
    """[LEDGER-30, LEDGER-31] naming one is not paying."""
    ledger = overdue(owing(BROKE))
    claimed(ledger)
    ledger.refuse(ledger.mint("north", ALICE, 100), Outcome.MINTING_SUSPENDED)
    assert waited(ledger, until_due(ledger)) == [(ObligationSettled(1, 0, OWED),)]
    settled(ledger)
    assert ledger.send(ledger.mint("north", ALICE, 100)) == Outcome.DONE


def test_each_overdue_obligation_is_counted() -> None:
    """[LEDGER-31] north mints again when the last of two is settled."""
    terms = replace(BROKE, claim_bound=100 * MICRO)
    quiet = replace(PARAMETERS, reserve_lapse_ms=400 * DAY_MS, settlement_cycle_ms=30 * DAY_MS)
    ledger = Ledger(a_genesis(parameters=quiet, limits=terms))
    for seller, amount in (("east", 10), ("south", 20)):
        ledger.give(ALICE, amount * MICRO)
        invoice = ledger.invoice(seller, amount * MICRO)
        assert ledger.send(ledger.redeem(ALICE, invoice)) == Outcome.DONE
    ledger.pass_time(ledger.genesis.time + 30 * DAY_MS - ledger.time)
    ledger.pass_time(TERM)
    assert ledger.limits("north").overdue == 2
    done(ledger, ledger.confirm(1, 0))
    assert ledger.limits("north").overdue == 1
    ledger.refuse(ledger.mint("north", ALICE, 1), Outcome.MINTING_SUSPENDED)
    done(ledger, ledger.confirm(1, 1))
    assert ledger.send(ledger.mint("north", ALICE, 1)) == Outcome.DONE


def test_nothing_of_the_reserve_is_handed_back_while_something_is_overdue() -> None:
    """[LEDGER-25]"""
    ledger = overdue(owing(SHORT))
    ledger.pass_time(SECOND_MS)
    done(ledger, ledger.attest("north", 5 * MICRO))
    ledger.pass_time(PARAMETERS.increase_delay_ms)
    ledger.refuse(ledger.release("north", 1), Outcome.RESERVE_NEEDED)
