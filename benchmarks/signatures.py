"""What a signature check costs, alone and in batches: ``python -m benchmarks.signatures``.

    python -m benchmarks.signatures [--rounds 40] [--pool-seconds 5] [--result FILE]

Single checks by ``primitives.keys`` against batches by ``liqbon_native``, on one core, with all
good, with one bad in each batch and with all bad: what an honest network pays, and the most that
somebody can make it pay. Then the two ways to keep checks off the loop (``benchmarks.pooling``).
Leaves docs/results/signatures.json.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import process_time_ns
from typing import Final

import msgspec

from benchmarks import machine
from benchmarks.auditor import ROOT
from benchmarks.machine import Machine
from benchmarks.pooling import Pooled, compare
from benchmarks.population import sender
from benchmarks.processes import Others
from primitives.keys import ED25519, Check
from shell.scheme import SCHEME, batch_library

RESULT: Final = ROOT / "docs" / "results" / "signatures.json"
SIZES: Final = (1, 8, 16, 64, 256, 1024)
SIGNERS: Final = max(SIZES)
SINGLE: Final = 256
POOL_ROUNDS: Final = 3
_DOMAIN: Final = b"as long as what a transaction's signature is over: its domain, then "


class Row(msgspec.Struct, frozen=True):
    """Batches of one size: microseconds a signature, and those as parts of a single check's."""

    size: int
    good_us: float
    one_bad_us: float
    all_bad_us: float
    good_of_single: float
    one_bad_of_single: float
    all_bad_of_single: float


class SignaturesResult(msgspec.Struct, frozen=True):
    """One run."""

    machine: Machine
    date: str
    commit: str
    library: str
    cpu_share_of_others: float
    rounds: int
    single_us: float
    batches: list[Row]
    pool: list[Pooled]


class Least:
    """The least that anything took, in processor time: what disturbs a run only adds to it."""

    def __init__(self) -> None:
        self._us: dict[tuple[int, str], float] = {}

    def time(self, name: tuple[int, str], signatures: int, work: Callable[[], object]) -> None:
        """Do the work once, on so many signatures."""
        begun = process_time_ns()
        work()
        us = (process_time_ns() - begun) / signatures / 1000
        self._us[name] = min(us, self._us.get(name, us))

    def us(self, size: int, pattern: str) -> float:
        """A signature's, to a tenth of a microsecond."""
        return round(self._us[size, pattern], 1)


def signed(number: int) -> Check:
    """By a signer of their own, over a digest's length."""
    key, message = sender(number).key, _DOMAIN + number.to_bytes(32, "big")
    return Check(key.public_key, message, key.sign(message))


def spoilt(batch: Sequence[Check], places: Sequence[int]) -> list[Check]:
    """The same with another message where it says."""
    return [
        check._replace(message=check.message + b"\0") if place in places else check
        for place, check in enumerate(batch)
    ]


def patterns(good: Sequence[Check], size: int) -> dict[str, list[list[Check]]]:
    """Batches of a size by what is bad in them, all signers in each pattern."""
    batches = [list(good[first : first + size]) for first in range(0, len(good), size)]
    return {
        "good": batches,
        "one bad": [spoilt(each, [number % size]) for number, each in enumerate(batches)],
        "all bad": [spoilt(each, range(size)) for each in batches],
    }


def measure(rounds: int) -> tuple[float, list[Row]]:
    """The cost of a single check, and a row a size."""
    good = [signed(number) for number in range(SIGNERS)]
    drawn = {size: patterns(good, size) for size in SIZES}
    least = Least()
    for _ in range(rounds):
        least.time((0, "single"), SINGLE, lambda: ED25519.verify_many(good[:SINGLE]))
        for size, by_pattern in drawn.items():
            for pattern, batches in by_pattern.items():
                least.time((size, pattern), SIGNERS, lambda b=batches: _verified(b))  # type: ignore[misc]
    single = least.us(0, "single")
    return single, [_row(least, size, single) for size in SIZES]


def _verified(batches: list[list[Check]]) -> None:
    for batch in batches:
        SCHEME.verify_many(batch)


def _row(least: Least, size: int, single_us: float) -> Row:
    good, one_bad, all_bad = (least.us(size, name) for name in ("good", "one bad", "all bad"))
    ratios = (round(us / single_us, 2) for us in (good, one_bad, all_bad))
    return Row(size, good, one_bad, all_bad, *ratios)


def table(result: SignaturesResult) -> str:
    """The document as people read it."""
    lines = [
        f"{result.machine.cores} x {result.machine.processor}, {result.date}, {result.library}",
        f"a single check: {result.single_us:.1f} us; others used {result.cpu_share_of_others:.0%}",
        "",
        "microseconds a signature in a batch (and as a part of a single check's)",
        "batch of    all good       one bad       all bad",
    ]
    for row in result.batches:
        cells = (
            (row.good_us, row.good_of_single),
            (row.one_bad_us, row.one_bad_of_single),
            (row.all_bad_us, row.all_bad_of_single),
        )
        lines.append(f"{row.size:8}" + "".join(f"{us:7.1f} ({of:.2f})" for us, of in cells))
    lines += ["", "checked in  transactions/s  us a transaction  loop late, median  p99"]
    lines += [
        f"{row.by:10}  {row.transactions_per_second:14.0f}  {row.cpu_us_per_transaction:16.1f}"
        f"  {row.late_ms_p50:14.2f} ms  {row.late_ms_p99:.2f} ms"
        for row in result.pool
    ]
    return "\n".join(lines)


def main() -> int:
    """Measure, write the document, print the table; 2 without the library."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.signatures")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--pool-seconds", type=float, default=5.0, help="for each run of each way")
    parser.add_argument("--result", type=Path, default=RESULT, help="where the document goes")
    options = parser.parse_args()
    library = batch_library()
    if library is None:
        print("liqbon-native is not installed: make native", file=sys.stderr)
        return 2
    others = Others()
    single, rows = measure(options.rounds)
    pool = asyncio.run(compare(options.pool_seconds, POOL_ROUNDS))
    result = SignaturesResult(
        machine=machine.describe(),
        date=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        commit=machine.commit(ROOT),
        library=library,
        cpu_share_of_others=round(others.share(), 2),
        rounds=options.rounds,
        single_us=single,
        batches=rows,
        pool=pool,
    )
    options.result.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
    print(table(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
