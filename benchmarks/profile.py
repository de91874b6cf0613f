"""What a transfer costs one validator without a network: verify, admit, execute, write.

    python -m benchmarks.profile [--blocks 20] [--size 1000] [--senders 20000] [--functions]

The same transfers go through every stage on one core, with a store on disk. What the network adds
(frames, votes, HTTP) is measured by ``python -m benchmarks``.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from time import process_time_ns
from typing import Final, Protocol

from benchmarks import founders
from benchmarks.funding import Till, funding
from benchmarks.population import Terms, Workshop
from node.executor import Executor
from node.store import LevelStore
from primitives.batch import (
    EMPTY_TIP,
    Batch,
    Tip,
    batch_digest,
    batch_message,
    decode_batch,
    header_after,
    tip_of,
)
from primitives.block import VERSION, Header, block_digest
from primitives.encoding import encode
from primitives.genesis import chain_id
from primitives.receipt import Outcome, Skip
from primitives.transaction import decode_signed, signatures, weight_of
from shell.scheme import SCHEME

BLOCK_MS: Final = 500
LANE: Final = 0
DECODE: Final = "decode a transaction (form, policy, id)"
CHECK: Final = "check its signature"
ADMIT: Final = "admit it (dry run)"
SEAL: Final = "seal it in a batch"
DECODE_BATCH: Final = "decode it in a batch (root and all)"
EXECUTE: Final = "execute it and write the height"
FUNCTIONS_SHOWN: Final = 45


class Costs:
    """Processor time by stage, in the order in which stages first ran."""

    def __init__(self) -> None:
        self._spent_ns: dict[str, int] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what happens inside."""
        begun = process_time_ns()
        yield
        self._spent_ns[name] = self._spent_ns.get(name, 0) + process_time_ns() - begun

    def a_transfer(self, transfers: int) -> dict[str, float]:
        """Microseconds a transfer, by stage."""
        return {name: round(ns / transfers / 1000, 2) for name, ns in self._spent_ns.items()}

    def table(self, transfers: int) -> str:
        """A line a stage, in microseconds a transfer."""
        rows = [(name, ns / transfers / 1000) for name, ns in self._spent_ns.items()]
        rows.append(("in all", sum(us for _, us in rows)))
        return "\n".join(f"{us:8.1f} us  {name}" for name, us in rows)


class Chain:
    """One lane of batches and the blocks that order them, one batch a block."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.tip = EMPTY_TIP
        self.block_ms = BLOCK_MS

    def batch(self, raws: Sequence[bytes]) -> Batch:
        """The lane's next batch, signed."""
        contents = tuple(raws)
        decoded = [decode_signed(raw, self.executor.chain) for raw in contents]
        weight = sum(weight_of(each.signed, each.size) for each in decoded)
        header = header_after(self.tip, 0, LANE, contents, weight)
        digest = batch_digest(self.executor.chain, header)
        self.tip = tip_of(digest, header)
        return Batch(header, contents, founders.validator(LANE).key.sign(batch_message(digest)))

    def header(self, tip: Tip) -> Header:
        """The next block's, whose cut moves the lane to ``tip``."""
        head = self.executor.head_record
        height, time = head.header.height + 1, head.header.time + self.block_ms
        cut = tuple(tip if lane == LANE else EMPTY_TIP for lane in range(len(founders.CODES)))
        return Header(VERSION, 0, height, height, head.digest, time, 0, cut)

    def execute(self, batch: Batch) -> None:
        """Carry out a block of this batch."""
        tip = tip_of(batch_digest(self.executor.chain, batch.header), batch.header)
        header = self.header(tip)
        digest = block_digest(self.executor.chain, header)
        for _ in self.executor.execute(header, digest, ((LANE, batch),)):
            pass


class Meter(Protocol):
    """Counts something by stage."""

    def stage(self, name: str) -> AbstractContextManager[None]:
        """Count what happens inside."""


def measure(costs: Meter, chain: Chain, raws: Sequence[bytes]) -> None:
    """Take one block of transfers through every stage."""
    executor = chain.executor
    with costs.stage(DECODE):
        decoded = [decode_signed(raw, executor.chain) for raw in raws]
    with costs.stage(CHECK):
        valid = SCHEME.verify_many([check for each in decoded for check in signatures(each)])
    assert all(valid)
    now_ms = executor.head_record.header.time + 1
    with costs.stage(ADMIT):
        trial = executor.trial(LANE, now_ms)
        verdicts = [trial.judge(each) for each in decoded]
    assert all(verdict == Outcome.DONE and not isinstance(verdict, Skip) for verdict in verdicts)
    with costs.stage(SEAL):
        wire = encode(chain.batch(raws))
    with costs.stage(DECODE_BATCH):
        batch = decode_batch(wire)
    with costs.stage(EXECUTE):
        chain.execute(batch)
    receipts = executor.archive.receipts(executor.height)
    assert receipts is not None
    assert len(receipts.receipts) == len(raws)


def profile(
    blocks: int, size: int, senders: int, directory: Path, profiler: cProfile.Profile | None = None
) -> tuple[Costs, int]:
    """Fund the senders, sign the transfers, and measure all of them; and how many they were."""
    genesis = founders.genesis()
    terms = Terms(chain_id(genesis), senders, founders.START_MS + 24 * founders.HOUR_MS)
    workshop = Workshop()
    raws = workshop.transfers(terms, 0, blocks * size)
    workshop.close()
    store = LevelStore.open(directory)
    ledger = Chain(Executor.open(store, genesis))
    till = Till(genesis.partners[LANE], founders.issuer(LANE))
    money = funding(terms, till, range(senders))
    ledger.execute(ledger.batch(money[:1]))
    for first in range(1, len(money), 50):
        ledger.execute(ledger.batch(money[first : first + 50]))
    gc.collect()
    gc.freeze()
    costs = Costs()
    for first in range(0, len(raws), size):
        with profiler or nullcontext():
            measure(costs, ledger, raws[first : first + size])
    store.close()
    return costs, len(raws)


def main() -> None:
    """Read the options and run in a temporary directory."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__)
    parser.add_argument("--blocks", type=int, default=20)
    parser.add_argument("--size", type=int, default=1000, help="transfers a block")
    parser.add_argument("--senders", type=int, default=20_000)
    parser.add_argument("--functions", action="store_true", help="profile by function (slower)")
    options = parser.parse_args()
    profiler = cProfile.Profile() if options.functions else None
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory) / "data"
        costs, count = profile(options.blocks, options.size, options.senders, place, profiler)
    print(f"{count} transfers in {options.blocks} blocks, {options.senders} senders, one core")
    print(costs.table(count))
    if profiler is not None:
        pstats.Stats(profiler, stream=sys.stdout).sort_stats("tottime").print_stats(FUNCTIONS_SHOWN)


if __name__ == "__main__":
    main()
