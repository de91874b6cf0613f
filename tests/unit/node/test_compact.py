"""compact: a stopped node's ledger gets smaller, and is the same ledger."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from node import config
from node.assembly import Node
from node.cli import cli
from node.config import HomeLock
from node.executor import Executor
from node.pruning import Pruner
from node.store import LevelStore
from tests.pruned import LEAST, of_few_heights
from tests.unit.node.homes import Homes, run


def compacted(home: Path, keep_ms: int | None = None) -> tuple[int, dict[str, object]]:
    """Exit status and document; ``keep_ms`` stands for a setting that no network allows."""
    with pytest.MonkeyPatch.context() as patched, of_few_heights():
        if keep_ms is not None:
            patched.setattr(config, "kept_ms", lambda home: keep_ms)
        words = ["--home", str(home), "--output", "json"]
        outcome = CliRunner().invoke(cli, ["compact", *words])
    document = json.loads(outcome.stdout)
    return outcome.exit_code, document.get("error", document)


def test_an_archive_loses_nothing(homes: Homes, home: Path) -> None:
    status, told = compacted(home)
    assert status == 0
    assert (told["history"], told["pruned"], told["oldest_height"]) == ("everything", 0, 0)
    assert told["after"] == size(home)
    assert asyncio.run(run(home, homes.keys, 1)).keys() >= homes.roots.keys()


def test_what_need_not_stay_goes_and_the_node_goes_on(homes: Homes, home: Path) -> None:
    top = max(homes.roots)
    status, told = compacted(home, keep_ms=0)
    assert (status, told["pruned"], told["oldest_height"]) == (0, top - LEAST + 1, top - LEAST + 1)
    again, same = compacted(home, keep_ms=0)
    assert (again, same["pruned"], same["oldest_height"]) == (0, 0, top - LEAST + 1)
    roots = asyncio.run(run(home, homes.keys, 2))
    assert {height: homes.roots[height] for height in roots if height <= top} == {
        height: root for height, root in roots.items() if height <= top
    }
    assert min(roots) == top - LEAST + 1


def test_it_goes_on_where_it_was_interrupted(homes: Homes, home: Path) -> None:
    store = LevelStore.open(home / "data")
    executor = Executor.open(store, config.open_home(home).genesis)
    with of_few_heights(slice_=1):
        running = Pruner.open(executor, 0).run()
        while executor.oldest < 2:
            next(running)
    store.close()
    status, told = compacted(home, keep_ms=0)
    assert (status, told["pruned"]) == (0, max(homes.roots) - LEAST - 1)


def test_a_running_node_a_home_without_ledger_and_a_broken_one(homes: Homes, home: Path) -> None:
    lock = HomeLock(home)
    lock.acquire()
    try:
        status, told = compacted(home)
        assert (status, told["code"]) == (1, "home_in_use")
    finally:
        lock.release()
    status, told = compacted(homes.fresh)
    assert (status, told["code"]) == (1, "store_missing")
    assert not (homes.fresh / "data").exists()
    (home / "data" / "CURRENT").write_text("nothing\n")
    status, told = compacted(home)
    assert (status, told["code"]) == (1, "store_broken")
    assert config.running_process(home) is None, "and the lock is free again"


async def test_a_node_says_at_start_what_it_keeps(homes: Homes, home: Path) -> None:
    await asyncio.to_thread(compacted, home, 0)
    node = Node(config.open_home(home), homes.keys)
    await node.start()
    try:
        assert node.api.history == "everything"
        assert node.executor.oldest == max(homes.roots) - LEAST + 1
    finally:
        await node.stop()
    assert node.failure is None


def size(home: Path) -> int:
    return sum(file.stat().st_size for file in (home / "data").iterdir())
