"""The order and the tables of a block: [LEDGER-13], [LEDGER-15], [RCPT-1] to [RCPT-4]."""

from typing import get_args

import pytest

from contracts import transition
from contracts.agenda import DUE, MEASURES
from contracts.measures import WAYS
from contracts.rulebook import RULES
from contracts.transition import BlockRun, apply_block, protocol_at
from primitives.actions import Action
from primitives.amount import MICRO
from primitives.encoding import encode
from primitives.entries import DueItem
from primitives.governance import PROTOCOL_KEY, Measure, Planned, Protocol
from primitives.receipt import Outcome, Receipt, Skip
from tests.builders import HOUR_MS, SECOND_MS, a_genesis, a_person
from tests.ledger import Ledger

ALICE, BOB = a_person("Alice"), a_person("Bob")


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger()
    ledger.give(ALICE, 100 * MICRO)
    return ledger


def test_every_action_due_item_and_measure_has_its_row() -> None:
    assert list(RULES) == list(get_args(Action))
    assert list(DUE) == list(get_args(DueItem))
    assert list(MEASURES) == list(WAYS) == list(get_args(Measure))


def test_receipts_stand_in_the_order_of_execution(ledger: Ledger) -> None:
    """[RCPT-4] what fell due first, then transactions that used their sequence."""
    payments = [ledger.transfer(ALICE, (BOB, MICRO), sequence=i) for i in (0, 2, 1)]
    closing = ledger.genesis.parameters.settlement_cycle_ms - 2 * SECOND_MS
    late = [
        ledger.transfer(
            ALICE, (BOB, MICRO), sequence=i, valid_until=ledger.time + closing + HOUR_MS
        )
        for i in (0, 2, 1)
    ]
    assert payments != late
    context = ledger.context(after_ms=closing + SECOND_MS)
    result = apply_block(ledger.state, context, [(0, decoded) for decoded in late])
    assert [receipt.origin for receipt in result.receipts[1:]] == [late[0].id, late[2].id]
    assert [len(receipt.events) for receipt in result.receipts] == [1, 1, 0]
    assert result.skipped == {Skip.SEQUENCE_EARLY: 1}


def test_a_block_at_once_and_one_by_one_are_the_same(ledger: Ledger) -> None:
    payments = [(i % 4, ledger.transfer(ALICE, (BOB, MICRO), sequence=i)) for i in range(9)]
    context = ledger.context()
    run = BlockRun(ledger.state, context)
    for lane, payment in payments:
        run.apply(lane, payment)
    assert run.finish() == apply_block(ledger.state, context, payments)


def test_the_reader_is_never_written_to(ledger: Ledger) -> None:
    before = dict(ledger.state)
    apply_block(ledger.state, ledger.context(), [(0, ledger.transfer(ALICE, (BOB, MICRO)))])
    assert ledger.state == before


def test_an_empty_block_changes_nothing_while_nothing_is_due(ledger: Ledger) -> None:
    result = apply_block(ledger.state, ledger.context(), [])
    assert (result.changes, result.receipts, result.skipped) == ([], [], {})
    assert result.next_due_ms is not None


def test_receipts_are_small_and_canonical(ledger: Ledger) -> None:
    [receipt] = ledger.block(ledger.transfer(ALICE, (BOB, MICRO)))
    assert isinstance(receipt, Receipt)
    assert encode(receipt)[:3] == b"\x93\xc4\x20"
    assert len(encode(receipt)) < 80


def test_a_contract_that_writes_before_it_refuses_halts_us(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hasty(draft, context, decoded):  # type: ignore[no-untyped-def]
        token_outcome = honest(draft, context, decoded)
        assert token_outcome == Outcome.DONE
        return Outcome.BALANCE_TOO_LOW

    payment = ledger.transfer(ALICE, (BOB, MICRO))
    kind = type(payment.signed.transaction.action)
    honest = RULES[kind].contract
    broken = {kind: RULES[kind]._replace(contract=hasty)}
    monkeypatch.setattr(transition, "RULES", broken)
    before = dict(ledger.state)
    with pytest.raises(AssertionError, match="a refusal changed the ledger"):
        ledger.send(payment)
    assert ledger.state == before


def test_next_due_is_what_a_light_question_says_too(ledger: Ledger) -> None:
    context = ledger.context()
    assert apply_block(ledger.state, context, []).next_due_ms == transition.next_due_ms(
        ledger.state
    )


@pytest.mark.parametrize(("height", "version"), [(6, 1), (7, 2), (8, 2)])
def test_a_planned_protocol_carries_out_the_block_of_its_height(height: int, version: int) -> None:
    """[LEDGER-74]"""
    planned = Protocol(1, Planned(2, 7))
    assert protocol_at({PROTOCOL_KEY: encode(planned)}, height) == version


def test_a_network_of_one_runs_like_any_other() -> None:
    ledger = Ledger(a_genesis(n=1))
    ledger.give(ALICE, MICRO)
    assert ledger.send(ledger.transfer(ALICE, (BOB, MICRO))) == Outcome.DONE
    ledger.scan()
