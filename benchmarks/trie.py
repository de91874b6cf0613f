"""What the state's trie costs, natively and by the reference: time a changed key, memory an entry.

    python -m benchmarks.trie [--entries 20000 200000 1000000]

Each kind at each size has a process of its own, so that one's memory is not the other's. A round
changes 1,000 keys, keeps the version and drops the nineteenth before it, as a node does.
"""

from __future__ import annotations

import argparse
import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from time import process_time_ns
from typing import Final

from primitives.statetree import StateTree
from primitives.trie import ReferenceTrie
from shell.native import library_name
from shell.trie import EMPTY_TRIE

KEEP: Final = 18
CHANGED: Final = 1_000
ROUNDS: Final = 60
NATIVE: Final = "native"
REFERENCE: Final = "reference"
_STATUS: Final = Path("/proc/self/status")


def memory() -> int:
    """Bytes of this process that are in memory."""
    resident = _STATUS.read_text().split("VmRSS:")[1].split()[0]
    return int(resident) * 1024


def entries(count: int) -> Iterator[tuple[bytes, bytes]]:
    """As many entries as there are to be, made as they are taken."""
    for number in range(count):
        yield _key(number), b"balance"


def _key(number: int) -> bytes:
    return b"\x10" + number.to_bytes(32, "big")


def measure(kind: str, count: int) -> str:
    """One line: what loading, keeping and changing cost."""
    empty = EMPTY_TRIE if kind == NATIVE else ReferenceTrie()
    tree, random, spent_ns = StateTree(KEEP, empty), Random(count), []
    gc.disable()
    before, began_ns = memory(), process_time_ns()
    tree.load(entries(count))
    load_us = (process_time_ns() - began_ns) / count / 1000
    gc.collect()
    kept = (memory() - before) / count
    for version in range(ROUNDS):
        changes = [(_key(random.randrange(count)), b"%d" % version) for _ in range(CHANGED)]
        began_ns = process_time_ns()
        tree.commit(version, changes)
        spent_ns.append(process_time_ns() - began_ns)
    spent_ns.sort()
    least, middle = (ns / CHANGED / 1000 for ns in (spent_ns[0], spent_ns[ROUNDS // 2]))
    return (
        f"{count:>9,} {kind:9}  {kept:5.0f} bytes an entry, loaded in {load_us:5.2f} us; "
        f"a changed key {least:5.2f} us at best, {middle:5.2f} in the middle"
    )


def main() -> None:
    """Read the options; measure each in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trie", description=__doc__)
    parser.add_argument("--entries", type=int, nargs="+", default=[20_000, 200_000, 1_000_000])
    parser.add_argument("--kind", choices=(NATIVE, REFERENCE), help="this one alone, here")
    options = parser.parse_args()
    if options.kind is not None:
        print(measure(options.kind, options.entries[0]))
        return
    kinds = (NATIVE, REFERENCE) if library_name() else (REFERENCE,)
    for count in options.entries:
        for kind in kinds:
            words = ["-m", "benchmarks.trie", "--kind", kind, "--entries", str(count)]
            subprocess.run([sys.executable, *words], check=True)


if __name__ == "__main__":
    main()
