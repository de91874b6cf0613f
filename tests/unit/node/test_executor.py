"""A height is executed as the contracts say, and written at once or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from contracts.context import BlockContext
from contracts.genesis import genesis_changes
from contracts.transition import apply_block
from node.archive import block_key, height_bytes
from node.executor import SYNC_HEIGHTS, Executor
from node.queries import Queries
from node.store import Change, LevelStore, MemoryStore, StoreBroken
from primitives.batch import Batch
from primitives.block import block_digest
from primitives.encoding import encode
from primitives.entries import Account, account_key
from primitives.keys import ED25519
from primitives.merkle import list_root
from primitives.proof import check_entry_proof, trust_genesis
from primitives.receipt import CycleClosed, Outcome, ReserveLapsed, Skip
from primitives.statetree import StateTree
from tests.builders import (
    CODES,
    GENESIS_TIME,
    LIMITS,
    SECOND_MS,
    a_batch,
    a_block,
    a_genesis,
    a_person,
    a_transfer,
    an_open_channels,
)
from tests.fakes.ordering import Ledger, run
from tests.fakes.witness import Witness, balance

ANN, BOB, CARL = (a_person(name) for name in ("ann", "bob", "carl"))


def test_a_new_store_holds_what_the_founders_agreed_on() -> None:
    executor = Ledger().executor
    genesis = executor.genesis
    assert executor.height == 0
    assert executor.head().certificate is None
    assert dict(executor.archive.state()) == dict(genesis_changes(genesis))
    assert executor.head_record.state_root == StateTree().load(genesis_changes(genesis))
    assert executor.head_record.next_due_ms is not None


def test_a_block_does_what_the_contracts_say_and_has_their_roots() -> None:
    ledger = Ledger()
    executor = ledger.executor
    ledger.fund(ANN, BOB)
    state = dict(executor.archive.state())
    transactions = [
        ledger.transfer(ANN, (BOB, 500), (CARL, 20_000)),
        ledger.transfer(BOB, (CARL, 10**9)),
        an_open_channels(BOB, 2, sequence=1),
        ledger.transfer(CARL, (ANN, 7)),
        a_transfer(ANN, (BOB, 1), sequence=9),
    ]
    witness = Witness()
    executor.followers.append(witness)
    header = executor.head_record.header
    executed = ledger.block(*transactions)
    context = BlockContext(
        executor.genesis.parameters, executor.chain, 2, header.time + SECOND_MS, 4, 0
    )
    expected = apply_block(state, context, [(0, each) for each in transactions])
    for key, value in expected.changes:
        state.pop(key, None)
        if value is not None:
            state[key] = value
    assert dict(executor.archive.state()) == state
    assert executed.state_root == StateTree().load(state.items())
    assert executed.receipts_root == list_root(encode(each) for each in expected.receipts)
    assert executed.next_due_ms == expected.next_due_ms
    [block] = witness.blocks
    assert block.receipts == tuple(expected.receipts)
    assert [receipt.outcome for receipt in block.receipts] == [
        Outcome.DONE,
        Outcome.BALANCE_TOO_LOW,
        Outcome.DONE,
        Outcome.DONE,
    ]
    assert [(each.id, each.reason) for each in block.skipped] == [
        (transactions[-1].id, Skip.SEQUENCE_EARLY)
    ]


def test_batches_are_carried_out_in_the_order_they_are_given() -> None:
    ledger = Ledger()
    ledger.fund(ANN)
    executor, head = ledger.executor, ledger.executor.head_record
    first = a_batch([a_transfer(ANN, (BOB, 20_000))], author=3)
    second = a_batch([a_transfer(ANN, (BOB, 30_000), sequence=1)], author=1)
    header = a_block(2, parent=head.digest, time=head.header.time)
    run(executor, header, [(3, first), (1, second)])
    assert balance(executor, BOB.account) == 50_000
    assert [each.lane for each in executor.head_record.batches] == [3, 1]


def test_nothing_is_visible_before_the_height_is_written() -> None:
    ledger = Ledger()
    ledger.fund(ANN)
    executor = ledger.executor
    many = [ledger.transfer(ANN, (BOB, 20_000)) for _ in range(200)]
    head = executor.head_record
    batch = ledger._sealed(tuple(encode(t.signed) for t in many), sum(t.weight for t in many))
    header = a_block(2, parent=head.digest, time=head.header.time, cut=head.header.cut)
    steps = executor.execute(header, block_digest(executor.chain, header), [(0, batch)])
    pauses = 0
    for _ in steps:
        pauses += 1
        assert executor.height == 1
        assert balance(executor, BOB.account) == 0
        proof = Queries(executor).prove_entry(account_key(ANN.account))
        check_entry_proof(trust_genesis(executor.genesis), ED25519, proof)
        assert executor.place_of(many[0].id) is None
    assert pauses > 3
    assert executor.height == 2
    assert balance(executor, BOB.account) == 200 * 20_000


@pytest.mark.parametrize("field", ["height", "parent"])
def test_a_block_out_of_order_is_our_own_mistake(field: str) -> None:
    ledger = Ledger()
    ledger.block()
    executor = ledger.executor
    good = a_block(2, parent=executor.head_record.digest)
    bad = replace(good, height=3) if field == "height" else replace(good, parent=bytes(32))
    with pytest.raises(AssertionError):
        run(executor, bad, ())
    assert executor.height == 1
    run(executor, good, ())


def test_two_blocks_at_once_are_our_own_mistake() -> None:
    executor = Ledger().executor
    header = a_block(1, parent=executor.head_record.digest)
    digest = block_digest(executor.chain, header)
    steps = executor.execute(header, digest, ())
    next(steps)
    with pytest.raises(AssertionError, match="being executed"):
        next(executor.execute(header, digest, ()))


def test_a_malformed_transaction_in_a_final_block_stops_the_node() -> None:
    ledger = Ledger()
    good = a_batch([a_transfer(ANN, (BOB, 1))])
    bad = Batch(good.header, (b"\xc0",), good.signature)
    header = a_block(1, parent=ledger.executor.head_record.digest)
    with pytest.raises(AssertionError, match="malformed"):
        run(ledger.executor, header, [(0, bad)])


def test_what_falls_due_has_its_receipts_first() -> None:
    parameters = a_genesis().parameters
    late = GENESIS_TIME + parameters.reserve_lapse_ms
    ledger = Ledger(now_ms=lambda: late)
    witness = Witness()
    ledger.executor.followers.append(witness)
    ledger.block()
    [block] = witness.blocks
    assert block.record.due == len(block.receipts) == 5
    closed, *lapsed = [event for receipt in block.receipts for event in receipt.events]
    assert closed == CycleClosed(cycle=1, claims=0, obligations=0), "what was due first"
    assert lapsed == [ReserveLapsed(code) for code in CODES]
    next_due_ms = late + parameters.settlement_cycle_ms
    assert ledger.executor.head_record.next_due_ms == next_due_ms, (
        "in step with those slept through"
    )


# --- opening again ------------------------------------------------------------------------------


def test_a_reopened_store_goes_on_where_it_stood(tmp_path: Path) -> None:
    store = LevelStore.open(tmp_path)
    ledger = Ledger(store)
    ledger.fund(ANN)
    ledger.block(ledger.transfer(ANN, (BOB, 20_000)))
    before = ledger.executor
    store.close()
    store = LevelStore.open(tmp_path)
    again = Ledger(store)
    assert again.executor.head_record == before.head_record
    assert again.executor.certified == before.certified
    assert again.executor.state.root == before.head_record.state_root
    assert again.executor.durable_height == 2
    again.sequences = ledger.sequences
    again.block(again.transfer(ANN, (BOB, 1)))
    assert balance(again.executor, BOB.account) == 20_001
    store.close()


@pytest.mark.parametrize("survivors", range(7))
def test_a_crash_leaves_whole_heights(survivors: int) -> None:
    """And ``durable_height`` promises no more than what survives any crash ([DUR-2])."""
    store = MemoryStore()
    ledger = Ledger(store)
    ledger.attest = False
    roots = {0: ledger.executor.head_record.state_root}
    ledger.fund(ANN)
    roots[1] = ledger.executor.head_record.state_root
    for height in range(2, 6):
        ledger.block(ledger.transfer(ANN, (BOB, 20_000)))
        roots[height] = ledger.executor.head_record.state_root
    assert store.unsynced == 5
    promised = ledger.executor.durable_height
    store.crash(survivors)
    again = Executor.open(store, ledger.genesis)
    assert again.height == min(survivors, 5) >= promised
    assert again.state.root == roots[again.height]
    assert again.durable_height == again.height


def test_heights_are_synced_when_asked_and_every_so_often() -> None:
    store = MemoryStore()
    ledger = Ledger(store)
    ledger.attest = False
    ledger.block()
    assert (ledger.executor.durable_height, store.unsynced) == (0, 1)
    ledger.executor.flush()
    assert (ledger.executor.durable_height, store.unsynced) == (1, 0)
    for _ in range(SYNC_HEIGHTS - 1):
        ledger.block()
    assert ledger.executor.durable_height == 1
    ledger.block()
    assert (ledger.executor.durable_height, store.unsynced) == (1 + SYNC_HEIGHTS, 0)


def test_the_store_of_another_chain_is_refused() -> None:
    store = MemoryStore()
    Executor.open(store, a_genesis())
    other = a_genesis(limits=replace(LIMITS, credit=1))
    with pytest.raises(StoreBroken, match="of chain"):
        Executor.open(store, other)


def test_the_store_of_another_format_is_refused() -> None:
    store = MemoryStore()
    Executor.open(store, a_genesis())
    store.write([(b"mformat", b"liqbon-0")], sync=True)
    with pytest.raises(StoreBroken, match="format"):
        Executor.open(store, a_genesis())


def _a_lost_state_entry(ledger: Ledger) -> list[Change]:
    return [(b"s" + account_key(ANN.account), None)]


def _an_older_value(ledger: Ledger) -> list[Change]:
    return [(b"s" + account_key(ANN.account), encode(Account(1, 1, 0, bytes(32))))]


def _a_lost_height(ledger: Ledger) -> list[Change]:
    return [(block_key(2), None)]


def _a_lost_head(ledger: Ledger) -> list[Change]:
    return [(b"mhead", height_bytes(9))]


@pytest.mark.parametrize(
    "hole", [_a_lost_state_entry, _an_older_value, _a_lost_height, _a_lost_head]
)
def test_a_store_with_a_hole_is_refused_with_what_helps(hole: object) -> None:
    store = MemoryStore()
    ledger = Ledger(store)
    ledger.fund(ANN)
    ledger.block()
    ledger.block()
    assert callable(hole)
    store.write(hole(ledger), sync=True)
    with pytest.raises(StoreBroken, match="fetches the chain"):
        Executor.open(store, ledger.genesis)
