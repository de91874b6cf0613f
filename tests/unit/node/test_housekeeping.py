"""A running node's housekeeping: it lets go little by little, and the disk really gets smaller."""

from __future__ import annotations

import asyncio
import os
import secrets
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from node import housekeeping, pruning
from node.archive import DEAD_KEY
from node.executor import Executor
from node.housekeeping import Housekeeping
from node.pruning import Pruner
from node.store import LevelStore
from tests.builders import SECOND_MS, a_person
from tests.fakes.ordering import Ledger
from tests.pruned import LEAST, of_few_heights

ANN, BOB = a_person("ann"), a_person("bob")
BLOCKS = 30
MIB = 1024 * 1024


@pytest.fixture
def store(tmp_path: Path) -> LevelStore:
    return LevelStore.open(tmp_path / "data")


@pytest.fixture
async def ledger(store: LevelStore) -> AsyncIterator[Ledger]:
    ledger = Ledger(store)
    ledger.fund(ANN)
    for _ in range(BLOCKS):
        ledger.block(ledger.transfer(ANN, (BOB, 20_000)))
    ledger.executor.flush()
    yield ledger
    store.close()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.005)


def nothing(reason: str) -> None:
    raise AssertionError(reason)


async def test_what_is_too_old_goes_while_blocks_come(ledger: Ledger, store: LevelStore) -> None:
    """[SYNC-4]"""
    executor = ledger.executor
    with of_few_heights(), patch.object(housekeeping, "LOOK_S", 0.01):
        keeper = Housekeeping(Pruner.open(executor, 5 * SECOND_MS), store, nothing)
        keeper.start()
        await until(lambda: executor.oldest == executor.height - 5)
        ledger.block(ledger.transfer(ANN, (BOB, 20_000)))
        executor.flush()
        await until(lambda: executor.oldest == executor.height - 5)
        await keeper.stop()
    assert Executor.open(store, ledger.genesis).oldest == executor.oldest


async def test_an_archive_lets_go_of_nothing(ledger: Ledger, store: LevelStore) -> None:
    with of_few_heights():
        pruner = Pruner.open(ledger.executor, None)
        assert not pruner.is_due()
        assert list(pruner.run()) == []
    assert (ledger.executor.oldest, pruner.dead) == (0, 0)


async def test_the_disk_gets_smaller_by_itself(ledger: Ledger, store: LevelStore) -> None:
    """Deleting alone frees nothing; what is left must be found afterwards."""
    directory, rows = store.directory, {}
    for _ in range(16):
        part = {b"b" + secrets.token_bytes(32): os.urandom(1_000) for _ in range(1_000)}
        store.write(list(part.items()), sync=False)
        rows |= part
    kept = dict(list(rows.items())[::4])
    store.write([(key, None) for key in rows if key not in kept], sync=True)

    def on_disk() -> int:
        return sum(file.stat().st_size for file in directory.iterdir())

    before = on_disk()
    pruner = Pruner.open(ledger.executor, None)
    pruner.dead = 12 * MIB
    keeper = Housekeeping(pruner, store, nothing)
    keeper.start()
    await until(lambda: keeper.compactions)
    await keeper.stop()
    assert on_disk() < before / 2
    assert pruner.dead == 0
    assert int.from_bytes(store.get(DEAD_KEY) or b"", "big") == 0
    assert {key: store.get(key) for key in kept} == kept
    assert ledger.executor.archive.block(BLOCKS) is not None


async def test_how_much_is_deleted_outlives_a_restart(ledger: Ledger, store: LevelStore) -> None:
    with of_few_heights():
        pruner = Pruner.open(ledger.executor, SECOND_MS)
        for _ in pruner.run():
            pass
    again = Pruner.open(Executor.open(store, ledger.genesis), SECOND_MS)
    assert again.dead == pruner.dead > 1_000
    assert not again.wants_compacting(0), "too little to bother"
    again.dead = 100 * MIB
    assert again.wants_compacting(400 * MIB)
    assert not again.wants_compacting(401 * MIB)


@pytest.mark.parametrize("size", [0, 100 * MIB, 10**10, 10**13])
async def test_every_row_that_may_be_deleted_is_in_a_range(ledger: Ledger, size: int) -> None:
    pruner = Pruner.open(ledger.executor, SECOND_MS)
    before = {key for key, _ in ledger.store.scan(b"", b"\xff")}
    with of_few_heights():
        for _ in pruner.run():
            pass
    ranges = pruner.ranges(size)
    gone = before - {key for key, _ in ledger.store.scan(b"", b"\xff")}
    assert len(gone) > 4 * (BLOCKS - LEAST)
    for key in (*gone, *(bytes([place]) + b"\xff" * 32 for place in b"bta")):
        assert sum(start <= key < stop for start, stop in ranges) == 1, key
    assert all(start < stop for start, stop in ranges)


async def test_a_stop_waits_for_the_piece_and_begins_no_other(
    ledger: Ledger, store: LevelStore
) -> None:
    """The store must not be closed under a thread that writes it."""
    begun, may_end, ended = threading.Event(), threading.Event(), []

    class Slow:
        def size(self) -> int:
            return 0

        def compact(self, start: bytes, stop: bytes) -> None:
            begun.set()
            assert may_end.wait(10)
            ended.append((start, stop))

    pruner = Pruner.open(ledger.executor, None)
    pruner.dead = 2 * MIB
    keeper = Housekeeping(pruner, Slow(), nothing)
    keeper.start()
    await until(begun.is_set)
    stopping = asyncio.create_task(keeper.stop())
    await asyncio.sleep(0.02)
    assert not stopping.done()
    may_end.set()
    await stopping
    assert len(ended) == 1
    assert pruner.dead == 2 * MIB, "the next start begins anew"


async def test_a_disk_that_fails_stops_the_node(ledger: Ledger, store: LevelStore) -> None:
    told: list[str] = []
    with of_few_heights(), patch.object(pruning, "locate", side_effect=OSError(28, "no space")):
        keeper = Housekeeping(Pruner.open(ledger.executor, SECOND_MS), store, told.append)
        keeper.start()
        await until(lambda: told)
        await keeper.stop()
    assert told[0].startswith("disk_full: the store")
    assert ledger.executor.oldest == 1, "height 1, with the first transaction, is whole"
