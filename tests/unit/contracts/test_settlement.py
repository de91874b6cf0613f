"""Obligations paid, confirmed, denied, stated, left alone: [LEDGER-30, LEDGER-31, LEDGER-32]."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from primitives.actions import (
    Action,
    SettlementConfirm,
    SettlementDispute,
    SettlementPay,
    SettlementStatement,
)
from primitives.amount import MICRO
from primitives.entries import Obligation, ObligationStatus
from primitives.genesis import PartnerLimits
from primitives.receipt import (
    Event,
    ObligationOverdue,
    ObligationSettled,
    Outcome,
    PaymentClaimed,
    PaymentDisputed,
    Receipt,
    ReserveDrawn,
)
from primitives.transaction import Decoded
from tests.builders import (
    CUSTODIAN,
    DAY_MS,
    HOUR_MS,
    JUDGE,
    LIMITS,
    PARAMETERS,
    SECOND_MS,
    Person,
    a_genesis,
    a_person,
    a_role,
    an_id,
)
from tests.ledger import Ledger

ALICE = a_person("Alice")
NORTH, EAST, SOUTH = (a_role(code, "admin") for code in ("north", "east", "south"))
JUDGING = a_role(JUDGE, "custodian")
TERM, DAYS = PARAMETERS.payment_term_ms, PARAMETERS.confirmation_ms
DISPUTE, LAPSE = PARAMETERS.dispute_ms, PARAMETERS.reserve_lapse_ms
OWED = 30 * MICRO
RICH = replace(LIMITS, credit=20 * MICRO, reserve=100 * MICRO, haircut=0)
SHORT = replace(RICH, credit=100 * MICRO, reserve=20 * MICRO)
BROKE = replace(RICH, credit=100 * MICRO, reserve=0)


def owing(limits: PartnerLimits = RICH, late_ms: int = 0, **parameters: int) -> Ledger:
    """North owes east 30 LiqBon in obligation (1, 0), from this moment on; no cycle follows.

    The block in which the cycle closed came ``late_ms`` after its time.
    """
    first = {"settlement_cycle_ms": 400 * DAY_MS, "reserve_lapse_ms": 400 * DAY_MS} | parameters
    ledger = Ledger(a_genesis(parameters=replace(PARAMETERS, **first), limits=limits))
    ledger.give(ALICE, OWED)
    assert ledger.send(ledger.redeem(ALICE, ledger.invoice("east", OWED))) == Outcome.DONE
    closes = ledger.genesis.time + first["settlement_cycle_ms"]
    ledger.pass_time(closes + late_ms - ledger.time)
    assert ledger.obligation(1, 0).amount == OWED
    return ledger


@pytest.fixture
def ledger() -> Ledger:
    return owing(settlement_cycle_ms=200 * DAY_MS)


def done(ledger: Ledger, decoded: Decoded, after_ms: int = SECOND_MS) -> tuple[Event, ...]:
    """The events of a transaction that is carried out."""
    [verdict] = ledger.block(decoded, after_ms=after_ms)
    assert isinstance(verdict, Receipt)
    assert verdict.outcome == Outcome.DONE
    return verdict.events


def waited(ledger: Ledger, ms: int) -> list[tuple[Event, ...]]:
    """The events of each item that falls due in a block so much later."""
    return [receipt.events for receipt in ledger.pass_time(ms).receipts]


def lasting(ledger: Ledger) -> dict[str, object]:
    """The fields of a transaction that is good for a week."""
    return {"valid_until": ledger.time + 7 * DAY_MS}


def until_due(ledger: Ledger) -> int:
    """Milliseconds to the end of the second in which the obligation's deadline lies."""
    return -(-ledger.obligation(1, 0).deadline // SECOND_MS) * SECOND_MS - ledger.time


def settled(ledger: Ledger, paid: int = OWED) -> None:
    """Nothing is owed any more, positions moved once, and nothing is held or suspended."""
    obligation = ledger.obligation(1, 0)
    assert obligation.status == ObligationStatus.SETTLED
    assert (obligation.outstanding, obligation.earmark, obligation.late) == (0, 0, False)
    north, east = ledger.position("north"), ledger.position("east")
    assert (north.paid, north.payable, east.received, east.receivable) == (paid, 0, paid, 0)
    limits = ledger.limits("north")
    assert (limits.earmarked, limits.overdue) == (0, 0)
    ledger.scan()


def claimed(ledger: Ledger) -> Ledger:
    done(ledger, ledger.pay(1, 0))
    return ledger


def disputed(ledger: Ledger) -> Ledger:
    done(claimed(ledger), ledger.dispute(1, 0))
    return ledger


def overdue(ledger: Ledger) -> Ledger:
    """The term passes; the reserve was too short."""
    ledger.pass_time(until_due(ledger))
    assert ledger.obligation(1, 0).status == ObligationStatus.OVERDUE
    return ledger


def confirmed(ledger: Ledger) -> Ledger:
    done(ledger, ledger.confirm(1, 0))
    return ledger


# The honest way


def test_paid_and_confirmed(ledger: Ledger) -> None:
    """[LEDGER-30, LEDGER-31]"""
    reference = an_id("payment 1 0")
    assert done(ledger, ledger.pay(1, 0)) == (PaymentClaimed(1, 0, reference),)
    now = ledger.obligation(1, 0)
    assert (now.status, now.reference) == (ObligationStatus.CLAIMED, reference)
    assert now.deadline == ledger.time + DAYS
    assert ledger.position("north").net == OWED, "a claim moves no position"
    assert done(ledger, ledger.confirm(1, 0)) == (ObligationSettled(1, 0, OWED),)
    settled(ledger)
    assert (ledger.position("north").net, ledger.position("east").net) == (0, 0)


def test_an_undisputed_payment_stands_after_its_days(ledger: Ledger) -> None:
    """[LEDGER-30] to the end of the second of its deadline; the term's own end passes unnoticed."""
    done(ledger, ledger.pay(1, 0, **lasting(ledger)), after_ms=TERM - HOUR_MS + 1)
    assert waited(ledger, HOUR_MS - 1) == [()]
    assert waited(ledger, until_due(ledger) - 1) == []
    assert ledger.obligation(1, 0).status == ObligationStatus.CLAIMED
    assert waited(ledger, 1) == [(ObligationSettled(1, 0, OWED),)]
    settled(ledger)


def test_two_deadlines_of_one_moment_settle_once() -> None:
    """The claim's days end with the term: the second item finds nothing to do."""
    ledger = owing()
    done(ledger, ledger.pay(1, 0, **lasting(ledger)), after_ms=TERM - DAYS)
    assert waited(ledger, DAYS) == [(ObligationSettled(1, 0, OWED),), ()]
    settled(ledger)


def test_a_deadline_of_what_was_settled_is_nothing(ledger: Ledger) -> None:
    confirmed(ledger)
    assert waited(ledger, TERM) == [()]
    settled(ledger)


def test_no_settlement_is_noticed_by_who_holds_liqbon() -> None:
    """[LEDGER-36] claimed, denied, drawn, overdue, confirmed: a balance stays."""
    ledger = owing(SHORT)
    ledger.give(ALICE, 5 * MICRO, "south")
    disputed(ledger)
    ledger.pass_time(DISPUTE)
    ledger.pass_time(TERM)
    confirmed(ledger)
    assert ledger.balance(ALICE) == 5 * MICRO
    assert ledger.scan().supply == 5 * MICRO


# Who may say what, and when

PAY = SettlementPay(1, 0, an_id("a payment"))
CONFIRM, DENY = SettlementConfirm(1, 0), SettlementDispute(1, 0)
PAID, UNPAID = SettlementStatement(1, 0, paid=True), SettlementStatement(1, 0, paid=False)


@pytest.mark.parametrize("action", [PAY, CONFIRM, DENY, PAID, UNPAID], ids=repr)
def test_of_an_obligation_that_never_arose_nothing_is_said(ledger: Ledger, action: Action) -> None:
    for other in (replace(action, place=1), replace(action, cycle=2), replace(action, place=98)):
        ledger.refuse(ledger.act(NORTH, other), Outcome.OBLIGATION_UNKNOWN)


@pytest.mark.parametrize(
    ("action", "wrong", "outcome"),
    [
        (PAY, [EAST, SOUTH, a_role("north", "issuer"), JUDGING], Outcome.NOT_DEBTOR),
        (CONFIRM, [NORTH, SOUTH, a_role("east", "cashier"), JUDGING], Outcome.NOT_CREDITOR),
        (DENY, [NORTH, SOUTH, a_role("east", "issuer"), JUDGING], Outcome.NOT_CREDITOR),
        (PAID, [NORTH, EAST, a_role(CUSTODIAN, "custodian")], Outcome.NOT_CUSTODIAN),
        (UNPAID, [NORTH, EAST, a_role(CUSTODIAN, "custodian")], Outcome.NOT_CUSTODIAN),
    ],
    ids=["pay", "confirm", "dispute", "paid", "unpaid"],
)
def test_each_word_is_one_account_s(
    ledger: Ledger, action: Action, wrong: list[Person], outcome: Outcome
) -> None:
    """[LEDGER-30, LEDGER-31, LEDGER-32] and who may not speak learns nothing of the status."""
    for stage in (lambda one: one, claimed, confirmed):
        stage(ledger)
        for person in wrong:
            ledger.refuse(ledger.act(person, action), outcome)


Way = Callable[[Ledger], Ledger]
STAGES: dict[str, tuple[PartnerLimits, list[Way]]] = {
    "open": (RICH, []),
    "claimed": (RICH, [claimed]),
    "disputed": (RICH, [disputed]),
    "overdue": (BROKE, [overdue]),
    "settled": (RICH, [confirmed]),
}
ANSWERS: dict[str, dict[str, Outcome]] = {
    "open": {
        "pay": Outcome.DONE,
        "confirm": Outcome.DONE,
        "dispute": Outcome.PAYMENT_NOT_CLAIMED,
        "paid": Outcome.DONE,
        "unpaid": Outcome.NOT_DISPUTED,
    },
    "claimed": {
        "pay": Outcome.PAYMENT_CLAIMED,
        "confirm": Outcome.DONE,
        "dispute": Outcome.DONE,
        "paid": Outcome.DONE,
        "unpaid": Outcome.NOT_DISPUTED,
    },
    "disputed": {
        "pay": Outcome.PAYMENT_CLAIMED,
        "confirm": Outcome.DONE,
        "dispute": Outcome.PAYMENT_NOT_CLAIMED,
        "paid": Outcome.DONE,
        "unpaid": Outcome.DONE,
    },
    "overdue": {
        "pay": Outcome.DONE,
        "confirm": Outcome.DONE,
        "dispute": Outcome.PAYMENT_NOT_CLAIMED,
        "paid": Outcome.DONE,
        "unpaid": Outcome.NOT_DISPUTED,
    },
    "settled": {
        "pay": Outcome.OBLIGATION_SETTLED,
        "confirm": Outcome.OBLIGATION_SETTLED,
        "dispute": Outcome.PAYMENT_NOT_CLAIMED,
        "paid": Outcome.OBLIGATION_SETTLED,
        "unpaid": Outcome.OBLIGATION_SETTLED,
    },
}
WORDS: dict[str, tuple[Person, Action]] = {
    "pay": (NORTH, PAY),
    "confirm": (EAST, CONFIRM),
    "dispute": (EAST, DENY),
    "paid": (JUDGING, PAID),
    "unpaid": (JUDGING, UNPAID),
}


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("stage", STAGES)
def test_what_each_word_does_at_each_status(stage: str, word: str) -> None:
    """[LEDGER-30, LEDGER-31, LEDGER-32] the whole table."""
    limits, ways = STAGES[stage]
    ledger = owing(limits)
    for way in ways:
        way(ledger)
    assert ledger.obligation(1, 0).status.text == stage
    person, action = WORDS[word]
    said, expected = ledger.act(person, action), ANSWERS[stage][word]
    if expected != Outcome.DONE:
        ledger.refuse(said, expected)
        return
    events = done(ledger, said)
    if word in ("confirm", "paid"):
        assert events == (ObligationSettled(1, 0, OWED),)
        settled(ledger)
    ledger.scan()


# Not paid


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
    ledger.refuse(ledger.release("north", 1), Outcome.RESERVE_NEEDED)


# Disputed


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


def test_one_account_may_speak_for_both_sides() -> None:
    """An account that is admin of two partners settles between them by itself."""
    one = a_person("both")
    genesis = a_genesis(n=2, limits=RICH)
    founders = tuple(
        replace(founder, roles=replace(founder.roles, admin=one.account))
        for founder in genesis.partners
    )
    ledger = Ledger(replace(genesis, partners=founders))
    ledger.give(ALICE, OWED)
    assert ledger.send(ledger.redeem(ALICE, ledger.invoice("east", OWED))) == Outcome.DONE
    ledger.pass_time(PARAMETERS.settlement_cycle_ms)
    done(ledger, ledger.pay(1, 0, sender=one))
    done(ledger, ledger.confirm(1, 0, sender=one))
    settled(ledger)
