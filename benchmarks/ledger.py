"""The cost ledger: what a transfer costs one validator, by stage, and the floor under each stage.

    python -m benchmarks.ledger [--blocks 20] [--size 400] [--senders 10000]

The floor of a stage is what its operations alone would take: as many digests, encodings, checks,
reads and writes as it makes (``benchmarks.operations``), each at what it costs bare
(``benchmarks.bare``). What is above the floor is Python between them. Stages that only exist in a
network come from the last ``make bench``, if its document is there. Leaves
benchmarks/results/ledger.json, and prints the table that docs/explanation/capacity.md shows.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from benchmarks import machine
from benchmarks.auditor import ROOT
from benchmarks.bare import Pieces, pieces
from benchmarks.machine import Machine
from benchmarks.operations import BLOCK, SMALL_BLOCKS, Operations, carry, count
from benchmarks.processes import Others
from benchmarks.profile import CHECK, EXECUTE, Costs, profile
from benchmarks.report import Document

LATEST: Final = ROOT / "benchmarks" / "results" / "latest.json"
RESULT: Final = ROOT / "benchmarks" / "results" / "ledger.json"
JOURNAL_BYTES: Final = 230
"""Of a transfer, in its batch's record."""
SYNC_BYTES: Final = 4_096


class Line(msgspec.Struct, frozen=True):
    """A stage: microseconds a transfer, the floor, and what the floor consists of."""

    stage: str
    cost_us: float
    floor_us: float
    operations: dict[str, float]

    @property
    def times(self) -> float:
        """How many times the floor it costs; 0 if nothing is irreducible here."""
        return self.cost_us / self.floor_us if self.floor_us else 0.0


class LedgerResult(msgspec.Struct, frozen=True):
    """One run. ``network`` is read off the document of ``network_commit``."""

    machine: Machine
    date: str
    commit: str
    cpu_share_of_others: float
    bare: Pieces
    alone: list[Line]
    block: Line
    network: list[Line]
    network_commit: str


def floor_us(operations: dict[str, float], bare: Pieces) -> float:
    """What these operations take bare."""
    costs = {
        "checks": bare.batched_check_us,
        "sha256": bare.sha256_us,
        "encodes": bare.encode_us,
        "decodes": bare.decode_us,
        "reads": bare.read_us,
        "writes": bare.write_us,
    }
    return sum(many * costs[name] for name, many in operations.items() if name in costs)


def a_block(cost_us: float, counted: Operations, bare: Pieces) -> Line:
    """What a block of three transfers costs, whose votes are checked one by one."""
    one_by_one = msgspec.structs.replace(bare, batched_check_us=bare.check_us)
    return Line(BLOCK, cost_us, round(floor_us(counted[BLOCK], one_by_one), 2), counted[BLOCK])


def alone(costs: dict[str, float], counted: Operations, bare: Pieces) -> list[Line]:
    """A line for each stage of the profile."""
    return [
        Line(stage, us, round(floor_us(counted[stage], bare), 2), counted[stage])
        for stage, us in costs.items()
    ]


def network(document: Document, counted: Operations, bare: Pieces) -> list[Line]:
    """A line for each stage of a network, dearest first. Only three of them do what cannot be
    spared: they check, execute, and make durable; the rest serves the protocol and its peers.

    What is synced shares bare syncs of SYNC_BYTES of the document's own run, whose time is not the
    processor's.
    """
    sync_us = 1e6 / document.bare_syncs_per_second
    costs = document.cpu_us_per_transfer_and_validator
    needed = {
        "verifiers": counted[CHECK] | {"decodes": 1.0, "encodes": 1.0, "sha256": 1.0},
        "execute": counted[EXECUTE],
    }
    lines = []
    for stage, us in sorted(costs.items(), key=lambda item: -item[1]):
        operations = needed.get(stage, {})
        floor = floor_us(operations, bare)
        if stage == "threads":
            operations = {"bytes_synced": float(JOURNAL_BYTES)}
            floor = JOURNAL_BYTES / SYNC_BYTES * sync_us
        lines.append(Line(stage, us, round(floor, 2), operations))
    return lines


def told(result: LedgerResult) -> str:
    """The document as people read it."""
    lines = []
    for head, rows in (("alone, in one process", result.alone), ("in a network", result.network)):
        if not rows:
            continue
        lines.append(f"{head:<42}{'us':>9}{'floor':>9}{'times':>7}")
        for row in rows:
            times = f"{row.times:7.1f}" if row.floor_us else f"{'-':>7}"
            lines.append(f"{row.stage:<42}{row.cost_us:9.1f}{row.floor_us:9.1f}{times}")
        cost, floor = sum(row.cost_us for row in rows), sum(row.floor_us for row in rows)
        lines += [f"{'in all':<42}{cost:9.1f}{floor:9.1f}{cost / floor:7.1f}", ""]
    row = result.block
    head = f"{row.cost_us:9.1f}{row.floor_us:9.1f}{row.times:7.1f}"
    lines += [f"{'a block of three transfers':<42}{head}", ""]
    bare = msgspec.structs.asdict(result.bare)
    named = [f"{name.removesuffix('_us').replace('_', ' ')} {us:.2f}" for name, us in bare.items()]
    return "\n".join([*lines, f"bare, in microseconds: {', '.join(named)}"])


def main() -> int:
    """Measure, write the document, print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger")
    parser.add_argument("--blocks", type=int, default=20)
    parser.add_argument("--size", type=int, default=400, help="transfers a block")
    parser.add_argument("--senders", type=int, default=10_000)
    parser.add_argument("--latest", type=Path, default=LATEST, help="the document of make bench")
    parser.add_argument("--result", type=Path, default=RESULT, help="where the document goes")
    options = parser.parse_args()
    others, bare, counted = Others(), pieces(), count()
    with tempfile.TemporaryDirectory(prefix="liqbon-ledger-") as directory:
        costs, _ = profile(options.blocks, options.size, options.senders, Path(directory) / "data")
    of_blocks = Costs()
    carry(of_blocks)
    measured: Document | None = None
    if options.latest.exists():
        measured = msgspec.json.decode(options.latest.read_bytes(), type=Document)
    result = LedgerResult(
        machine=machine.describe(),
        date=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        commit=machine.commit(ROOT),
        cpu_share_of_others=round(others.share(), 2),
        bare=bare,
        alone=alone(costs.a_transfer(options.blocks * options.size), counted, bare),
        block=a_block(of_blocks.a_transfer(SMALL_BLOCKS)[BLOCK], counted, bare),
        network=network(measured, counted, bare) if measured else [],
        network_commit=measured.commit if measured else "",
    )
    options.result.parent.mkdir(parents=True, exist_ok=True)
    options.result.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
    print(told(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
