"""The ledger of one node through several epochs: when each ends, and how it is found again."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from consensus.config import Before
from contracts.epochs import Epoch
from node.archive import certificate_key, epoch_key
from node.executor import Executor
from node.store import MemoryStore, StoreBroken
from primitives.actions import ValidatorAnnounceKey
from primitives.batch import EMPTY_TIP
from primitives.encoding import encode
from primitives.keys import ED25519
from primitives.proof import follow_epoch, trust_genesis
from primitives.transaction import Decoded
from tests.builders import SECOND_MS, a_person
from tests.fakes import council
from tests.fakes.chains import BOUND, LEAST_MS, Chain, a_changing_chain

FIXED = LEAST_MS // SECOND_MS
"""h: each block is a second, and north's key is lost before."""
LAST = FIXED + BOUND
ANN = a_person("ann")


def lost(chain: Chain, code: str, key: str) -> Decoded:
    chain.seat(key)
    announced = ValidatorAnnounceKey(code, council.a_seat(chain, code, key), True)
    return chain.act(council.admin(code), announced)


def begun() -> Chain:
    """North's key is lost at height 1."""
    chain = a_changing_chain()
    chain.block([lost(chain, "north", "north's second")])
    return chain


def reopened(chain: Chain) -> Executor:
    return Executor.open(chain.executor.store, chain.genesis)


def test_the_end_is_due_as_soon_as_a_change_is_recorded() -> None:
    """[EPOCH-1] A network that is quiet makes a block for it."""
    chain = a_changing_chain()
    genesis = chain.genesis
    executor = chain.executor
    without = executor.head_record.next_due_ms
    assert without is None or without < genesis.time + genesis.parameters.epoch_maximum_ms
    chain.block([lost(chain, "north", "north's second")])
    assert executor.head_record.next_due_ms == genesis.time + LEAST_MS
    assert executor.head().next_due_ms == genesis.time + LEAST_MS
    chain.until(FIXED)
    due = executor.head_record.next_due_ms
    assert due is None or due > genesis.time + LEAST_MS, "fixed: nothing more is due for it"


def test_the_end_is_fixed_once_and_told_from_then_on() -> None:
    """[EPOCH-1], [EPOCH-4] h is the first height of that age, E is B above it."""
    chain = begun()
    executor = chain.executor
    for height in range(2, LAST + 1):
        assert executor.epoch.number == 0
        chain.block()
        told = executor._chronicle.outcome(executor.head_record)
        assert told.last == (LAST if height >= FIXED else None)
        seats = chain.epochs[0]
        if height < LAST:
            assert told.next_validators == seats.validators.hash
            assert executor.epoch.last == told.last
    assert told.next_validators == chain.epochs[1].validators.hash
    assert told.next_validators != chain.epochs[0].validators.hash
    assert executor.epoch == chain.epochs[1]
    assert executor.epoch_at(LAST) == chain.epochs[0]


def uncertified(chain: Chain, *heights: int) -> list[bytes]:
    """Takes certificates away, as a crash may; what they were."""
    store = chain.executor.store
    taken = [store.get(certificate_key(height)) for height in heights]
    store.write([(certificate_key(height), None) for height in heights], sync=True)
    return [each for each in taken if each is not None]


def test_the_head_is_handed_over_only_once_every_height_is_certified() -> None:
    """[EPOCH-5] Until then the old members have to be asked, and to vote again."""
    chain = begun()
    chain.until(LAST)
    old, new = chain.epochs
    head = chain.executor.head()
    record = chain.executor.head_record
    assert (head.header.epoch, head.header.view, head.header.height) == (1, 0, LAST)
    assert head.header.cut == (EMPTY_TIP,) * 4
    assert (head.digest, head.members, head.last) == (record.digest, new.validators, None)
    assert head.before == Before(old.validators, record.header.cut, LAST)
    [gone] = uncertified(chain, LAST)
    assert chain.executor.head().header == record.header
    assert (chain.executor.head().members, chain.executor.head().last) == (old.validators, LAST)
    assert chain.executor.head().before is None
    chain.executor.store.write([(certificate_key(LAST), gone)], sync=True)
    assert chain.executor.head() == head
    uncertified(chain, LAST - 1)
    again = reopened(chain)
    assert [each.height for each in again.uncertified()] == [LAST - 1]
    assert (again.head().header, again.head().last) == (record.header, LAST)


@pytest.mark.parametrize("height", [FIXED - 1, FIXED, FIXED + 1, LAST, LAST + 1, LAST + 3])
def test_a_store_is_found_again_wherever_it_stood(height: int) -> None:
    """[DUR-2] At h, between h and E, at E, and after."""
    chain = begun()
    chain.until(height)
    again = reopened(chain)
    assert again.epoch == chain.executor.epoch == chain.epoch
    assert again.head() == chain.executor.head()
    assert again.head_record.last == (LAST if FIXED <= height <= LAST else None)
    chain.executor = again
    chain.until(LAST + 4)
    assert chain.epoch.number == 1
    assert again.epoch == chain.epoch


@pytest.mark.parametrize("height", [FIXED, LAST, LAST + 1])
def test_a_store_that_lost_what_it_said_of_its_epoch_is_refused(height: int) -> None:
    """[EPOCH-1] An older write that is gone must not lengthen an epoch, or end one twice."""
    chain = begun()
    chain.until(height)
    store, number = chain.executor.store, chain.epoch.number
    kept = store.get(epoch_key(number))
    store.write([(epoch_key(number), None)], sync=True)
    with pytest.raises(StoreBroken, match=f"height {height} says of its epoch"):
        reopened(chain)
    store.write([(epoch_key(number), kept)], sync=True)
    reopened(chain)
    if height != LAST + 1:
        earlier: Epoch = replace(chain.epochs[0], last=None, following=())
        store.write([(epoch_key(0), encode(earlier))], sync=True)
        with pytest.raises(StoreBroken, match="of its epoch"):
            reopened(chain)


def test_steps_lead_from_epoch_to_epoch() -> None:
    """[EPOCH-4], [PROOF-3] None before the last height's certificate is here."""
    chain = begun()
    executor = chain.executor
    assert executor.step_after(0) is None
    chain.until(FIXED)
    assert executor.step_after(0) is None, "fixed, and not executed"
    chain.until(LAST)
    chain.block([lost(chain, "east", "east's second")])
    chain.end_epoch()
    trust = trust_genesis(chain.genesis)
    for number in (0, 1):
        step = executor.step_after(number)
        assert step == chain.steps[number]
        trust = follow_epoch(trust, ED25519, step)
    assert trust.members == executor.epoch.validators
    assert executor.step_after(2) is None
    assert executor.step_after(9) is None
    uncertified(chain, LAST)
    assert executor.step_after(0) is None
    assert executor.step_after(1) is not None


def test_a_chain_is_handed_out_in_parts_of_one_epoch() -> None:
    """[SYNC-2], [EPOCH-6] Whoever catches up knows one epoch's keys at a time."""
    chain = begun()
    chain.until(LAST + 3)
    executor = chain.executor
    found = executor.chain_from(LAST - 1, 64)
    assert found is not None
    assert [header.height for header in found[0]] == [LAST - 1, LAST]
    assert found[1][-1].attestation.last
    rest = executor.chain_from(LAST + 1, 64)
    assert rest is not None
    assert [header.height for header in rest[0]] == [LAST + 1, LAST + 2, LAST + 3]
    assert {header.epoch for header in rest[0]} == {1}


def test_lanes_begin_anew_and_money_moves_on() -> None:
    """[EPOCH-5] A batch of seq 1 of one epoch is not that of another."""
    chain = begun()
    chain.block([chain.mint(ANN, 100, "r-1")])
    chain.until(LAST)
    chain.block([chain.mint(ANN, 100, "r-2")])
    executor = chain.executor
    assert executor.account(ANN.account).balance == 2 * 1_000_000
    assert executor.head_record.header.cut[0].seq == 1
    assert reopened(chain).account(ANN.account) == executor.account(ANN.account)


def test_an_empty_store_begins_with_the_founders() -> None:
    """[EPOCH-1]"""
    chain = a_changing_chain()
    executor = Executor.open(MemoryStore(), chain.genesis)
    assert executor.epoch == chain.epochs[0]
    head = executor.head()
    assert (head.members.epoch, head.last, head.before) == (0, None, None)
