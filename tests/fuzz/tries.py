"""The native trie against the reference's: ``python -m tests.fuzz.tries --minutes 5 --seed 1``.

Draws histories of changes and holds on to older tries as a node does; after each change all that a
trie can be asked has to be the same in both. A seed draws the same again; the first difference
ends the run and says where it was.
"""

from __future__ import annotations

import argparse
import sys
import time
from random import Random
from typing import Final

from primitives.trie import ReferenceTrie, Trie
from shell.native import library_name
from shell.trie import EMPTY_TRIE

KEPT: Final = 6
"""Older tries that are looked at again after each change."""
KEYS: Final = (3, 40, 1_000, 30_000)
"""How many keys a history draws from: few, so that most come and go, up to a real ledger's."""
SIZES: Final = (0, 1, 1, 2, 3, 10, 100, 700)
STEPS: Final = 60
"""Changes of one history."""
ASKED: Final = 8


class Differs(Exception):
    """Where the two do not say the same."""


class Histories:
    """Histories, one after another, of a seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._seed = seed
        self.compared = 0
        self.changed = 0
        self._begin()

    def _begin(self) -> None:
        self._left = STEPS
        self._keys = self._random.choice(KEYS)
        self._removing = self._random.choice((0.0, 0.1, 0.5, 0.9))
        self._pairs: list[tuple[Trie, ReferenceTrie]] = [(EMPTY_TRIE, ReferenceTrie())]

    def step(self) -> None:
        """Change both, whole or in parts, and compare. Raises ``Differs``."""
        if not self._left:
            self._begin()
        self._left -= 1
        changes = [self._change() for _ in range(self._random.choice(SIZES))]
        native, plain = self._pairs[-1]
        ready, sorted_ = native.changes(changes), plain.changes(changes)
        self._same("changes", (len(ready), ready.repeats), (len(sorted_), sorted_.repeats))
        part = self._random.choice((1, 7, 64, 1_000_000))
        for low in range(0, len(ready), part):
            native = native.updated(ready, low, low + part)
        self._pairs.append((native, plain.updated(sorted_, 0, len(sorted_))))
        self._pairs = self._pairs[-KEPT:]
        self.changed += len(changes)
        for pair in self._pairs:
            self._compare(*pair)

    def _compare(self, native: Trie, plain: ReferenceTrie) -> None:
        self._same("root", native.root, plain.root)
        self._same("count", native.count, plain.count)
        for _ in range(ASKED):
            key = self._key()
            self._same(f"way of {key!r}", native.path(key), plain.path(key))
        self.compared += 1

    def _same(self, what: str, found: object, expected: object) -> None:
        if found != expected:
            at = f"seed {self._seed}, comparison {self.compared}"
            raise Differs(f"{at}: {what} is {found!r}, by the reference {expected!r}")

    def _key(self) -> bytes:
        return b"key %d" % self._random.randrange(self._keys)

    def _change(self) -> tuple[bytes, bytes | None]:
        removed = self._random.random() < self._removing
        return self._key(), None if removed else self._random.randbytes(self._random.randrange(80))


def main() -> int:
    """Compare until the time is over: 0 if both said the same of everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.tries", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    library = library_name()
    if library is None:
        print("liqbon-native is not installed: make native", file=sys.stderr)
        return 2
    histories, ends_s = Histories(options.seed), time.monotonic() + 60 * options.minutes
    try:
        while time.monotonic() < ends_s:
            histories.step()
    except Differs as difference:
        print(difference, file=sys.stderr)
        return 1
    print(f"{library}: {histories.compared} tries compared, {histories.changed} changes, all alike")
    return 0


if __name__ == "__main__":
    sys.exit(main())
