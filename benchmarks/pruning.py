"""What pruning costs, and how much of the disk it frees: ``python -m benchmarks.pruning``.

    python -m benchmarks.pruning --transfers 400000 [--result FILE]

A chain is made (``benchmarks.solo``), and then pruned to the newest heights by a node's own
housekeeping on an event loop, while a task on the same loop notes how late it wakes. The size is
that of all files. Leaves docs/results/pruning.json.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from benchmarks import machine
from benchmarks.auditor import ROOT
from benchmarks.machine import Machine
from benchmarks.population import Workshop
from benchmarks.solo import Solo
from node import stages
from node.executor import Executor
from node.housekeeping import Housekeeping
from node.pruning import Pruner
from node.store import LevelStore

RESULT: Final = ROOT / "docs" / "results" / "pruning.json"
SENDERS: Final = 10_000
KEPT_MS: Final = 1_000
TICK_S: Final = 0.002
IDLE_S: Final = 5.0


class Late(msgspec.Struct, frozen=True):
    """Milliseconds: the median, the 99th percentile, the worst."""

    p50: float
    p99: float
    worst: float


class PruningResult(msgspec.Struct, frozen=True):
    """One run. ``pruning_us`` is processor time of the loop's thread a pruned transfer. How late a
    task that sleeps 2 ms woke: ``idle_late_ms`` before, ``late_ms`` while it was pruned."""

    machine: Machine
    date: str
    commit: str
    transfers: int
    heights: int
    pruned_heights: int
    seconds: float
    pruning_us: float
    idle_late_ms: Late
    late_ms: Late
    bytes_before: int
    bytes_after: int
    state_root_unchanged: bool


def main() -> int:
    """Make, prune, look; 0 if the ledger is the same and smaller."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pruning")
    parser.add_argument("--transfers", type=int, default=400_000)
    parser.add_argument("--result", type=Path, default=RESULT, help="where the document goes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="liqbon-pruning-") as temporary:
        directory = Path(temporary) / "chain"
        solo, workshop = Solo(directory, SENDERS), Workshop()
        try:
            solo.fund()
            solo.transfers(workshop, options.transfers, lambda made: _say(f"{made} made"))
        finally:
            workshop.close()
            solo.close()
        result = asyncio.run(_measure(directory, solo, options.transfers))
    text = msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n"
    options.result.write_bytes(text)
    print(text.decode(), end="")
    return 0 if result.state_root_unchanged and result.bytes_after < result.bytes_before else 1


async def _measure(directory: Path, solo: Solo, transfers: int) -> PruningResult:
    store = LevelStore.open(directory)
    executor = Executor.open(store, solo.genesis)
    pruner, before = Pruner.open(executor, KEPT_MS), _size(directory)
    keeper = Housekeeping(pruner, store, _say)
    stages.start()
    idle_until_s = time.monotonic() + IDLE_S
    idle = await _lateness(lambda: time.monotonic() < idle_until_s)
    spent_ns, begun_s = stages.STORE.spent_ns, time.monotonic()
    keeper.start()
    late = await _lateness(lambda: pruner.is_due() or not keeper.compactions)
    seconds = time.monotonic() - begun_s
    spent_us = (stages.STORE.spent_ns - spent_ns) / 1_000
    await keeper.stop()
    executor.flush()
    store.close()
    again = LevelStore.open(directory)
    root = Executor.open(again, solo.genesis).state.root
    again.close()
    top, oldest = executor.height, executor.oldest
    return PruningResult(
        machine=machine.describe(),
        date=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        commit=machine.commit(ROOT),
        transfers=transfers,
        heights=top,
        pruned_heights=oldest,
        seconds=round(seconds, 1),
        pruning_us=round(spent_us / (transfers * oldest / top), 1),
        idle_late_ms=idle,
        late_ms=late,
        bytes_before=before,
        bytes_after=_size(directory),
        state_root_unchanged=root == solo.executor.state.root,
    )


async def _lateness(goes_on: Callable[[], bool]) -> Late:
    """How late the loop wakes a sleeper, again and again."""
    late_s = []
    while goes_on():
        due_s = time.monotonic() + TICK_S
        await asyncio.sleep(TICK_S)
        late_s.append(time.monotonic() - due_s)
    late_s.sort()
    places = (len(late_s) // 2, len(late_s) * 99 // 100, -1)
    return Late(*(round(late_s[place] * 1_000, 1) for place in places))


def _size(directory: Path) -> int:
    return sum(file.stat().st_size for file in directory.iterdir())


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
