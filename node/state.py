"""The ledger's state as it is now, and as it was at the heights that can still be proven.

Knows entries, roots and versions; not what an entry means, nor what is attested. The tree of hashes
is kept in memory and built anew at each start, which also shows that the store lost nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from node.archive import STATE, Archive
from node.store import Change
from node.world import Store
from primitives.stateproof import StateProof
from primitives.statetree import StateTree
from shell.trie import EMPTY_TRIE, SLICE

CACHED_VALUES: Final = 262_144
"""Entries at most whose values are kept in memory; about 60 MB of accounts."""


class Cache:
    """Values that were used lately, in two generations: what nobody asked for in one is dropped."""

    __slots__ = ("_half", "_old", "_young")

    def __init__(self, capacity: int) -> None:
        self._half = max(1, capacity // 2)
        self._young: dict[bytes, bytes] = {}
        self._old: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        """The value, or None if it is not in memory."""
        value = self._young.get(key)
        if value is None:
            value = self._old.pop(key, None)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: bytes, value: bytes) -> None:
        """Remember a value."""
        self._young[key] = value
        self._age()

    def renew(self, changes: Iterable[Change]) -> None:
        """Remember all of these, and forget what was removed."""
        young = self._young
        for key, value in changes:
            if value is None:
                young.pop(key, None)
                self._old.pop(key, None)
            else:
                young[key] = value
        self._age()

    def _age(self) -> None:
        if len(self._young) >= self._half:
            self._old = self._young
            self._young = {}


class LedgerState:
    """Current values by exact key, and proofs at kept heights.

    ``keep`` is how many heights that changed something stay provable; heights that changed nothing
    share the version of the one before.
    """

    def __init__(self, store: Store, keep: int, cached_values: int = CACHED_VALUES) -> None:
        self._store = store
        self._tree = StateTree(keep, EMPTY_TRIE)
        self._cache = Cache(cached_values)
        self._undo: dict[int, dict[bytes, bytes | None]] = {}

    def load(self, archive: Archive, height: int) -> bytes:
        """Build the tree of what the store holds at ``height``; answers its root."""
        root = self._tree.load(archive.state())
        self._tree.commit(height)
        return root

    @property
    def root(self) -> bytes:
        """32 bytes: the root after the newest committed height."""
        return self._tree.root

    @property
    def count(self) -> int:
        """Entries there are."""
        return self._tree.count

    def get(self, key: bytes, /) -> bytes | None:
        """The current value; this is what contracts read."""
        value = self._cache.get(key)
        if value is None:
            value = self._store.get(STATE + key)
            if value is not None:
                self._cache.put(key, value)
        return value

    def stage(self, changes: Sequence[Change]) -> Iterator[None]:
        """Hash the changes into the tree, a slice at a time; ``commit`` must follow.

        Until then ``root`` means nothing; ``get`` and all proofs go on as before.
        """
        return self._tree.updating(changes, SLICE)

    def commit(
        self, height: int, changes: Sequence[Change], before: dict[bytes, bytes | None]
    ) -> None:
        """The staged changes are the state of ``height``, and were written. Cannot fail.

        ``before`` are the values that they replaced.
        """
        if not changes:
            return
        self._tree.commit(height)
        self._undo[height] = before
        oldest = self._tree.versions[0]
        for version in [known for known in self._undo if known <= oldest]:
            del self._undo[version]
        self._cache.renew(changes)

    def is_provable(self, height: int) -> bool:
        """Whether the state of this executed height can still be proven."""
        return height >= self._tree.versions[0]

    def at(self, height: int, key: bytes) -> bytes | None:
        """The value at a provable height. KeyError for any other."""
        self._version(height)
        for version, before in self._undo.items():
            if version > height and key in before:
                return before[key]
        return self.get(key)

    def prove(self, height: int, key: bytes) -> StateProof:
        """What leads from the root of a provable height to the key. KeyError for any other."""
        return self._tree.prove(key, self._version(height))

    def root_at(self, height: int) -> bytes:
        """The root of a provable height. KeyError for any other."""
        return self._tree.root_at(self._version(height))

    def _version(self, height: int) -> int:
        versions = self._tree.versions
        place = bisect_right(versions, height)
        if not place:
            raise KeyError(height)
        return versions[place - 1]
