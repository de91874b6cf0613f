"""What a transfer makes one validator do, in operations and not in seconds.

    python -m benchmarks.operations             counts, beside what the budget allows
    python -m benchmarks.operations --budget    write the budget anew

The same few blocks of transfers as ever go through the stages of ``benchmarks.profile``, and the
same recording through a validator in a world that stands still (``benchmarks.still``), under a
profiler that counts: the same code makes the same counts on every machine, however busy. A test
holds them to ``benchmarks/budget.json``, so that a change which hashes, encodes, reads, writes or
calls more is noticed in CI. Fewer is always allowed; where native code does the work there are.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

import msgspec

from benchmarks import founders
from benchmarks.funding import Till, funding
from benchmarks.population import Terms, transfers
from benchmarks.profile import CHECK, LANE, Chain, Meter, measure
from benchmarks.recording import PEERS, record
from benchmarks.still import Count, Still
from node.executor import Executor
from node.store import LevelStore
from node.world import Store
from primitives.genesis import chain_id
from primitives.transaction import decode_signed, signatures

BUDGET: Final = Path(__file__).with_name("budget.json")
SENDERS: Final = 600
BLOCKS: Final = 3
SIZE: Final = 200
"""Transfers a block."""
_ROUNDED: Final = 0.005
"""What rounding may add: else counts are exact, and the same in Python 3.11 and 3.12."""
_OWN_SCOPES: Final = ("<listcomp>", "<setcomp>", "<dictcomp>")
"""A function of its own in Python 3.11 and none in 3.12."""
_CODECS: Final = {"encode": msgspec.msgpack.Encoder, "decode": msgspec.msgpack.Decoder}

BLOCK: Final = "carry a block of three transfers, from its batches to its certificate"
SMALL_BLOCKS: Final = 20
FEW_SENDERS: Final = 60

Operations = dict[str, dict[str, float]]
"""By stage, by operation: how many a transfer; at ``BLOCK``, a block."""


class Counts:
    """Counts operations by stage, as ``profile.Costs`` counts time."""

    def __init__(self) -> None:
        self._by_stage: dict[str, Counter[str]] = {}
        self._now: Counter[str] = Counter()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what happens inside, but for the garbage collector, which runs whatever others in
        this process gave it to call."""
        self._now = self._by_stage.setdefault(name, Counter())
        gc.disable()
        sys.setprofile(self._saw)
        try:
            yield
        finally:
            sys.setprofile(None)
            gc.enable()

    def add(self, operation: str, count: int) -> None:
        """Something that the profiler does not see."""
        if sys.getprofile() is not None:
            self._now[operation] += count

    def a_transfer(self, transfers: int) -> Operations:
        """What each of so many took."""
        return {
            stage: {name: round(counts[name] / transfers, 3) for name in sorted(counts)}
            for stage, counts in self._by_stage.items()
            if stage != CHECK
        }

    def _saw(self, frame: FrameType, event: str, what: Any) -> None:
        if event == "call" and frame.f_code.co_name not in _OWN_SCOPES:
            self._now["calls"] += 1
        elif event == "c_call":
            name = what.__name__
            if name.endswith("sha256"):
                self._now["sha256"] += 1
            elif name in _CODECS and isinstance(what.__self__, _CODECS[name]):
                self._now[f"{name}s"] += 1


class CountingStore:
    """A store whose reads and writes are counted."""

    def __init__(self, store: Store, count: Count) -> None:
        self._store = store
        self._count = count

    def get(self, key: bytes) -> bytes | None:
        """One read."""
        self._count("reads", 1)
        return self._store.get(key)

    def write(self, changes: Sequence[tuple[bytes, bytes | None]], sync: bool) -> None:
        """As many writes as keys."""
        self._count("writes", len(changes))
        written = sum(len(key) + len(value or b"") for key, value in changes)
        self._count("bytes_written", written)
        self._store.write(changes, sync)

    def scan(
        self, start: bytes, stop: bytes, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Not counted: no transfer needs one."""
        return self._store.scan(start, stop, reverse)


def count() -> Operations:
    """Operations a transfer, by stage."""
    counts = Counts()
    with tempfile.TemporaryDirectory(prefix="liqbon-operations-") as directory:
        store = LevelStore.open(Path(directory))
        try:
            _run(Executor.open(CountingStore(store, counts.add), founders.genesis()), counts)
        finally:
            store.close()
    found = counts.a_transfer(BLOCKS * SIZE)
    counts = Counts()
    carry(counts, counts.add)
    return found | {CHECK: {"checks": float(_checks())}} | counts.a_transfer(SMALL_BLOCKS)


def _run(executor: Executor, counts: Counts) -> None:
    genesis = founders.genesis()
    terms = Terms(chain_id(genesis), SENDERS, founders.START_MS + 24 * founders.HOUR_MS)
    chain = Chain(executor)
    till = Till(genesis.partners[LANE], founders.issuer(LANE))
    for money in funding(terms, till, range(SENDERS)):
        chain.execute(chain.batch([money]))
    for block in range(BLOCKS):
        measure(counts, chain, transfers(terms, range(block * SIZE, (block + 1) * SIZE)))


def carry(meter: Meter, count: Count = lambda *_: None) -> None:
    """Take SMALL_BLOCKS blocks through a validator; most of it does not depend on what they order.
    RuntimeError if it comes to another state than the recording."""
    genesis, few = founders.genesis(), range(SMALL_BLOCKS * len(PEERS))
    with tempfile.TemporaryDirectory(prefix="liqbon-operations-") as directory:
        place = Path(directory) / "made"
        recording = record(
            place, genesis, FEW_SENDERS, len(PEERS), lambda terms: transfers(terms, few)
        )
        store = LevelStore.open(Path(directory) / "heard")
        try:
            executor = Executor.open(CountingStore(store, count), genesis)
            still = Still(genesis, executor, count)
            for block in recording.funding:
                still.hear(block)
            with meter.stage(BLOCK):
                for block in recording.blocks:
                    still.hear(block)
            if executor.head_record.state_root != recording.root:
                raise RuntimeError("the recording was not carried out as it was made")
        finally:
            store.close()


def _checks() -> int:
    """Signatures that a transfer has. How they are checked differs with and without native code."""
    terms = Terms(bytes(32), SENDERS, founders.START_MS)
    [raw] = transfers(terms, range(1))
    return len(signatures(decode_signed(raw, terms.chain)))


def beyond(found: Operations, budget: Operations) -> list[str]:
    """Whatever is more than the budget allows, as sentences."""
    lines = []
    for stage, counts in found.items():
        for name, value in counts.items():
            allowed = budget.get(stage, {}).get(name, 0.0)
            if value > allowed + _ROUNDED:
                lines.append(f"{stage}: {value:g} {name} a transfer, {allowed:g} are budgeted")
    return lines


def read_budget() -> Operations:
    """What is allowed."""
    return msgspec.json.decode(BUDGET.read_bytes(), type=Operations)


def told(found: Operations, budget: Operations) -> str:
    """Counts as people read them, with the budget where it differs."""
    lines = []
    for stage, counts in found.items():
        lines.append(stage)
        for name, value in counts.items():
            allowed = budget.get(stage, {}).get(name, 0.0)
            lines.append(f"{value:12g}  {name}" + (f", of {allowed:g}" if allowed != value else ""))
    return "\n".join(lines)


def main() -> int:
    """Count and tell; 1 if the budget does not allow it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.operations")
    parser.add_argument("--budget", action="store_true", help="write what is counted as the budget")
    options = parser.parse_args()
    found = count()
    if options.budget:
        BUDGET.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    budget = read_budget()
    print(told(found, budget))
    for line in beyond(found, budget):
        print(f"over the budget: {line}", file=sys.stderr)
    return 1 if beyond(found, budget) else 0


if __name__ == "__main__":
    sys.exit(main())
