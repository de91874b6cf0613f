"""Edges that surviving mutants pointed at, among partners: as ``test_edges`` among people.

[LEDGER-11], [LEDGER-14], [LEDGER-27], [LEDGER-50], [LEDGER-55], [LEDGER-56], [LEDGER-64],
[LEDGER-68], [LEDGER-70], [LEDGER-72].
"""

import pytest
from msgspec.structs import replace

from contracts import guarantee, limits, programmes, settlement
from contracts.state import Draft, State
from primitives.amount import MICRO
from primitives.encoding import encode
from primitives.entries import Advance, CycleClose, RateStart, custodian_key, limits_key
from primitives.genesis import Custodian
from primitives.governance import (
    AssignCustodian,
    ProposalStatus,
    RemovePartner,
    SetCustodian,
    SetJudge,
    ShareObligation,
)
from primitives.receipt import ObligationSettled, Outcome, ProposalMoved, ReserveDrawn
from primitives.transaction import Decoded
from tests.builders import CUSTODIAN, DAY_MS, a_genesis, a_person, a_role
from tests.ledger import Ledger
from tests.settling import done, owing
from tests.unit.contracts.test_guarantee import HELD, in_default, told
from tests.voting import (
    QUIET,
    TIMELOCK,
    VOTING,
    a_record,
    an_admission,
    an_application,
    an_applying,
    an_exit,
    executed,
    passed,
    proposed,
)

VAULT = a_role(CUSTODIAN, "custodian").account


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(a_genesis(parameters=QUIET))


def test_a_rate_that_is_in_force_does_not_begin_again(ledger: Ledger) -> None:
    """[LEDGER-11]"""
    draft = Draft(State(ledger.state))
    programmes.rate_starts(draft, ledger.context(), RateStart("north", "bonus", 0))
    assert (draft.changed, draft.events) == (0, [])


def test_a_cycle_that_is_not_the_next_stops_the_node(ledger: Ledger) -> None:
    """[LEDGER-27]"""
    draft = Draft(State(ledger.state))
    with pytest.raises(AssertionError):
        settlement.cycle_closes(draft, ledger.context(), CycleClose(2))


def a_word(ledger: Ledger, name: str) -> Decoded:
    """On a channel that its speaker never used."""
    match name:
        case "pay":
            return ledger.pay(1, 0, channel=7)
        case "confirm":
            return ledger.confirm(1, 0, channel=7)
        case "dispute":
            return ledger.dispute(1, 0, channel=7)
        case _:
            return ledger.statement(1, 0, paid=name == "arrived", channel=7)


@pytest.mark.parametrize(
    "words", [("pay", "confirm"), ("pay", "dispute", "not arrived"), ("arrived",), ("confirm",)]
)
def test_full_lanes_keep_nobody_from_saying_it_on_a_new_channel(words: tuple[str, ...]) -> None:
    """[LEDGER-14] Even a word that adds no more to the state than its channel."""
    ledger = owing()
    parameters = replace(ledger.genesis.parameters, entries_per_lane_and_day=0)
    ledger.genesis = replace(ledger.genesis, parameters=parameters)
    for name in words:
        done(ledger, a_word(ledger, name))


# --- the guarantee -------------------------------------------------------------------------------


def test_the_others_pay_only_what_the_debtor_s_own_reserve_does_not() -> None:
    """[LEDGER-55] North has 12 by now, and owes 30."""
    ledger = in_default(HELD | {"west": 1_000})
    ledger.pass_time(1_000)
    done(ledger, ledger.attest("north", 12 * MICRO))
    ledger.pass_time(2 * DAY_MS)
    events = told(ledger)
    drawn = [event.amount for event in events if isinstance(event, ReserveDrawn)]
    assert drawn[0] == 12 * MICRO
    assert sum(drawn) == 30 * MICRO
    assert events[-1] == ObligationSettled(1, 0, 30 * MICRO)
    assert ledger.limits("north").advance == Advance(18 * MICRO, 1)


@pytest.mark.parametrize(
    ("amount", "left"), [(8, Advance(2, 1)), (9, Advance(1, 1)), (10, None), (11, None)]
)
def test_an_advance_is_paid_back_down_to_its_last_unit(
    ledger: Ledger, amount: int, left: Advance | None
) -> None:
    """[LEDGER-56]"""
    draft = Draft(State(ledger.state))
    before = replace(limits.of(draft, "north"), advance=Advance(10, 1))
    limits.put(draft, "north", before)
    guarantee.repay(draft, "north", 2, amount)
    assert limits.of(draft, "north").advance == left


# --- what is voted on ----------------------------------------------------------------------------


def belonging(ledger: Ledger, owner: str | None) -> None:
    """The vault belongs to somebody."""
    key = custodian_key(CUSTODIAN)
    custodian = ledger.entry(key, Custodian)
    assert custodian is not None
    ledger.state[key] = encode(replace(custodian, partner=owner))


def test_a_custodian_may_change_its_name_and_keep_its_account(ledger: Ledger) -> None:
    """[LEDGER-68]"""
    executed(ledger, SetCustodian(CUSTODIAN, "Deep vault", VAULT, None))
    found = ledger.entry(custodian_key(CUSTODIAN), Custodian)
    assert found == Custodian(CUSTODIAN, "Deep vault", VAULT, None)


@pytest.mark.parametrize(
    ("before", "after", "electors"),
    [
        (None, None, ("north", "east", "south", "west")),
        ("east", None, ("north", "south", "west")),
        (None, "west", ("north", "east", "south")),
        ("east", "west", ("north", "south")),
    ],
)
def test_neither_whose_custodian_it_was_nor_whose_it_would_be_votes_on_it(
    ledger: Ledger, before: str | None, after: str | None, electors: tuple[str, ...]
) -> None:
    """[LEDGER-68] Their reserves are held elsewhere."""
    executed(ledger, SetCustodian("safe", "Safe", a_person("Safe").account, None))
    for code in ("east", "west"):
        executed(ledger, AssignCustodian(code, "safe"))
    belonging(ledger, before)
    id_ = proposed(ledger, SetCustodian(CUSTODIAN, "Vault", VAULT, after))
    assert ledger.proposal(id_).electors == electors


def test_whose_owner_left_does_not_judge_payments_either(ledger: Ledger) -> None:
    """[LEDGER-70] A judge belongs to nobody, whoever is still there."""
    done(ledger, an_exit(ledger, "west"))
    executed(ledger, SetCustodian("safe", "Safe", a_person("Safe").account, "west"))
    ledger.refuse(ledger.propose("north", SetJudge("safe")), Outcome.CUSTODIAN_INVALID)


def test_who_bears_the_whole_loss_that_it_has_already_is_not_told_of_a_shift() -> None:
    """[LEDGER-72] East is owed by north, and the only one with a limit."""
    ledger = in_default(HELD | {"south": 0, "west": 0})
    executed(ledger, RemovePartner("north"), "south")
    for code in ("south", "west"):
        before = ledger.limits(code)
        nothing = replace(before, terms=replace(before.terms, credit=0))
        ledger.state[limits_key(code)] = encode(nothing)
    id_ = passed(ledger, ShareObligation(1, 0), "south")
    receipts = ledger.pass_time(ledger.proposal(id_).deadline - ledger.time).receipts
    assert receipts[-1].events == (
        ObligationSettled(1, 0, 30 * MICRO),
        ProposalMoved(id_, ProposalStatus.EXECUTED, Outcome.DONE),
    )


# --- newcomers -----------------------------------------------------------------------------------


def test_nobody_applies_under_the_code_to_which_its_custodian_belongs(ledger: Ledger) -> None:
    """[LEDGER-50] Whoever owns one is a partner; so nobody comes this far, yet."""
    a_record(ledger, a_role("fifth", "admin"))
    for owner, outcome in (("fifth", Outcome.CUSTODIAN_INVALID), ("east", Outcome.DONE)):
        belonging(ledger, owner)
        assert ledger.send(an_applying(ledger, an_application(ledger))) == outcome


def test_a_newcomer_has_the_caps_that_it_asked_for(ledger: Ledger) -> None:
    """[LEDGER-64]"""
    executed(ledger, an_admission(ledger, mint_per_day=3 * MICRO, refund_per_day=2 * MICRO))
    terms = ledger.limits("fifth").terms
    assert (terms.mint_per_day, terms.refund_per_day) == (3 * MICRO, 2 * MICRO)


@pytest.mark.parametrize(
    ("early_ms", "status"), [(0, ProposalStatus.EXPIRED), (1_000, ProposalStatus.PASSED)]
)
def test_a_newcomer_s_turn_may_come_until_voting_would_be_over_once_more(
    ledger: Ledger, early_ms: int, status: ProposalStatus
) -> None:
    """[LEDGER-64]"""
    executed(ledger, an_admission(ledger, "fifth"))
    id_ = passed(ledger, an_admission(ledger, "sixth"))
    last = ledger.proposal(id_).decided + TIMELOCK + VOTING
    for until in (3 * TIMELOCK, 2 * TIMELOCK, TIMELOCK, 0):
        ledger.pass_time(last - until - early_ms - ledger.time)
    assert ledger.proposal(id_).status == status
