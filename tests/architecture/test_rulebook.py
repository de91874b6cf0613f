"""The tables of ``contracts`` tell the truth: of what contracts can say, and of what vectors show.

Refusals and events that are declared are compared with those that the syntax of each contract can
reach, and with those that stand in the golden vectors.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

import pytest

from contracts.agenda import DUE, MEASURES, OBSTACLES, Decision, Falling
from contracts.measures import WAYS
from contracts.rulebook import RULES, Rule
from primitives import actions as a
from primitives import entries as e
from primitives import governance as g
from primitives.encoding import Wire, decode
from primitives.entries import DueItem, DuePage, Prefix, due_origin
from primitives.governance import Measure, Proposal, ProposalStatus, proposal_key
from primitives.receipt import Event, Outcome, ProposalMoved, Receipt
from primitives.transaction import decode_signed
from tests.architecture import reach
from tests.architecture.source import ROOT
from tests.properties.golden import after, before, blocks, hexed

OPENS_NOTHING = {
    a.Refund: "who redeemed has a record",
    a.ContentLike: "the author registered the content with one",
    a.CampaignClose: "the sponsor created the campaign with one",
    a.OrderRelease: "seller and promoter had one when the order was opened",
    a.OrderRefund: "the buyer opened the order with one",
    a.OrderResolve: "buyer, seller and promoter had one when the order was opened",
    e.CampaignEnd: "the sponsor created the campaign with one",
    e.OrderDue: "buyer, seller and promoter had one when the order was opened",
}
"""What pays, through ``token.credit``, only accounts that have a record."""
NEVER_GONE = {g.AdmitPartner: "CUSTODIAN_UNKNOWN"}
"""The custodian of an application existed when it was made, and custodians never go."""


def names(kinds: Iterable[type[Any]]) -> set[str]:
    return {kind.__name__ for kind in kinds}


@pytest.mark.parametrize("action", RULES, ids=lambda kind: kind.__name__)
def test_an_action_is_refused_with_what_its_contract_can_say(action: type[a.Action]) -> None:
    """[LEDGER-13]"""
    rule = RULES[action]
    found = reach.refusals(reach.place_of(rule.contract))
    if action is a.Propose:
        found -= set(NEVER_GONE.values()) - {code.name for code in OBSTACLES}
    assert found == {code.name for code in rule.refusals}
    assert len(set(rule.refusals)) == len(rule.refusals)


@pytest.mark.parametrize("action", RULES, ids=lambda kind: kind.__name__)
def test_an_action_leaves_the_events_that_its_contract_can_append(action: type[a.Action]) -> None:
    """[RCPT-4]"""
    rule = RULES[action]
    unopened = {"AccountOpened"} if action in OPENS_NOTHING else set()
    assert reach.events(reach.place_of(rule.contract)) - unopened == names(rule.events)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda kind: kind.__name__)
def test_a_measure_is_kept_from_what_its_rule_can_say(measure: type[Measure]) -> None:
    """[LEDGER-64, LEDGER-65, LEDGER-66, LEDGER-67, LEDGER-68, LEDGER-69, LEDGER-70]"""
    found = reach.refusals(reach.place_of(WAYS[measure].obstacle))
    declared = {code.name for code in MEASURES[measure].obstacles}
    assert found - declared == ({NEVER_GONE[measure]} if measure in NEVER_GONE else set())
    assert declared - found == set()


@pytest.mark.parametrize("measure", MEASURES, ids=lambda kind: kind.__name__)
def test_a_measure_leaves_the_events_that_it_can_append(measure: type[Measure]) -> None:
    """[LEDGER-63]"""
    found = reach.events(reach.place_of(WAYS[measure].carry_out))
    assert found == names(MEASURES[measure].events)


@pytest.mark.parametrize("item", DUE, ids=lambda kind: kind.__name__)
def test_what_falls_due_leaves_the_events_that_it_can_append(item: type[DueItem]) -> None:
    """[RCPT-3]"""
    unopened = {"AccountOpened"} if item in OPENS_NOTHING else set()
    found = reach.events(reach.place_of(DUE[item].contract)) - unopened
    assert found == names(DUE[item].events)


def test_the_rules_that_the_tables_name_are_numbers_of_the_specification() -> None:
    pages = "\n".join(path.read_text() for path in (ROOT / "docs" / "spec").glob("*.md"))
    rows: list[Rule | Decision | Falling] = [*RULES.values(), *MEASURES.values(), *DUE.values()]
    assert all(row.rules and len(set(row.rules)) == len(row.rules) for row in rows)
    named = {rule for row in rows for rule in row.rules}
    assert named - set(re.findall(r"\*\*\[([A-Z]+-\d+)\]\*\*", pages)) == set()


Shown = dict[type[Wire], set[Any]]


@cache
def shown() -> tuple[Shown, Shown, Shown, Shown]:
    """What the vectors show: codes and events of each action, events of each item and measure."""
    codes, events, fell, decided = ({}, {}, {}, {})
    for case in blocks():
        receipts = [decode(Receipt, hexed(receipt)) for receipt in case["receipts"]]
        for origin, item in due_items(case).items():
            for receipt in receipts:
                if receipt.origin == origin:
                    _add(fell, type(item), receipt.events)
                    _add_decided(case, decided, receipt)
        for (_, signed), code in zip(case["transactions"], case["verdicts"], strict=True):
            decoded = decode_signed(hexed(signed), hexed(case["chain"]))
            kind = type(decoded.transaction.action)
            codes.setdefault(kind, set()).add(code)
            for receipt in receipts:
                if receipt.origin == decoded.id:
                    _add(events, kind, receipt.events)
    return codes, events, fell, decided


def _add(found: Shown, kind: type[Wire], events: Iterable[Event]) -> None:
    found.setdefault(kind, set()).update(type(event) for event in events)


def _add_decided(case: Any, found: Shown, receipt: Receipt) -> None:
    *done, moved = receipt.events or (None,)
    if isinstance(moved, ProposalMoved) and moved.status == ProposalStatus.EXECUTED:
        proposal = decode(Proposal, after(case)[proposal_key(moved.proposal)])
        _add(found, type(proposal.measure), done)


def due_items(case: Any) -> dict[bytes, DueItem]:
    """By the origin that the receipt of each would have."""
    found = {}
    for key, value in before(case).items():
        if key[0] == Prefix.DUE_PAGE:
            second, page = int.from_bytes(key[1:5], "big"), int.from_bytes(key[5:9], "big")
            for place, item in enumerate(decode(DuePage, value).items):
                found[due_origin(second, page, place)] = item
    return found


@pytest.mark.parametrize("action", RULES, ids=lambda kind: kind.__name__)
def test_the_vectors_show_every_refusal_and_event_of_an_action_and_no_other(
    action: type[a.Action],
) -> None:
    codes, events, _, _ = shown()
    outcomes = {outcome.text for outcome in Outcome}
    declared = {outcome.text for outcome in RULES[action].refusals}
    assert codes[action] & outcomes == declared | {"done"}
    assert events[action] == set(RULES[action].events)


@pytest.mark.parametrize("item", DUE, ids=lambda kind: kind.__name__)
def test_the_vectors_show_every_event_of_what_falls_due_and_no_other(item: type[DueItem]) -> None:
    _, _, fell, _ = shown()
    assert fell[item] == set(DUE[item].events)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda kind: kind.__name__)
def test_the_vectors_show_every_event_of_a_measure_and_no_other(measure: type[Measure]) -> None:
    _, _, _, decided = shown()
    assert decided[measure] == set(MEASURES[measure].events)


def test_the_syntax_is_read_through_tables_and_not_through_questions() -> None:
    """Or the tests above would find nothing, or too much."""
    assert reach.refusals(("settlement", "pay")) == {
        "OBLIGATION_UNKNOWN",
        "NOT_DEBTOR",
        "OBLIGATION_SETTLED",
        "PAYMENT_CLAIMED",
    }
    assert "HEIGHT_PASSED" in reach.refusals(("governance", "propose"))
    assert reach.events(("governance", "propose")) == {"ProposalOpened"}
    assert "JudgeSet" in reach.events(("governance", "deadline_passes"))
