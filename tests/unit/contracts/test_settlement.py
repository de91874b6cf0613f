"""Obligations and who may say what of them, when: [LEDGER-30, LEDGER-31, LEDGER-36]."""

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
from primitives.entries import ObligationStatus
from primitives.genesis import PartnerLimits
from primitives.receipt import (
    ObligationSettled,
    Outcome,
    PaymentClaimed,
)
from tests.builders import (
    CUSTODIAN,
    HOUR_MS,
    PARAMETERS,
    Person,
    a_genesis,
    a_person,
    a_role,
    an_id,
)
from tests.ledger import Ledger
from tests.settling import (
    ALICE,
    BROKE,
    DAYS,
    DISPUTE,
    EAST,
    JUDGING,
    NORTH,
    OWED,
    RICH,
    SHORT,
    SOUTH,
    TERM,
    claimed,
    confirmed,
    disputed,
    done,
    lasting,
    overdue,
    owing,
    settled,
    until_due,
    waited,
)


@pytest.fixture
def ledger() -> Ledger:
    return owing()


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
