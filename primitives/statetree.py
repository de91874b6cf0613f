"""The current state's trie and those of the versions that can still be proven. Knows no node.

Which trie it is, the reference in Python or the native one, is the caller's choice: all of them
have the same roots ([TREE-7]) and are values, so that a version is kept by holding it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from primitives.stateproof import StateLeaf, StateProof, key_hash
from primitives.trie import EMPTY, ReferenceTrie, Trie

_WHOLE: Final = 2**62
"""More keys than any update changes."""


class StateTree:
    """The current state's trie, and those of the last ``keep`` committed versions."""

    __slots__ = ("_keep", "_trie", "_versions")

    def __init__(self, keep: int = 1, empty: Trie | None = None) -> None:
        """An empty tree. ``keep`` is how many versions can be proven; at least one. ``empty`` is
        the empty trie that it starts from; None is the reference's."""
        if keep < 1:
            raise ValueError("a tree keeps at least one version")
        self._keep = keep
        self._trie: Trie = ReferenceTrie() if empty is None else empty
        self._versions: dict[int, Trie] = {}

    @property
    def root(self) -> bytes:
        """32 bytes: the root of the current contents."""
        return self._trie.root

    @property
    def count(self) -> int:
        """Entries in the current contents."""
        return self._trie.count

    @property
    def versions(self) -> tuple[int, ...]:
        """The versions that can be proven, oldest first."""
        return tuple(self._versions)

    def get(self, key: bytes) -> bytes | None:
        """The 32-byte value hash at a key in the current contents, or None."""
        end = self._trie.path(key)[1]
        return end[32:] if end[:32] == key_hash(key) else None

    def update(self, changes: Iterable[tuple[bytes, bytes | None]]) -> bytes:
        """The root after all changes at once: key and value, None to remove it.

        The last change of a key counts; removing what is not there changes nothing. Each touched
        node is hashed once.
        """
        for _ in self.updating(changes, _WHOLE):
            pass
        return self._trie.root

    def updating(self, changes: Iterable[tuple[bytes, bytes | None]], size: int) -> Iterator[None]:
        """``update`` in steps of at most ``size`` changed keys, with a rest after each.

        Until the last one the current contents are neither the old nor the new ones; kept versions
        are whole all the time. Neighbouring keys go together, so that few nodes are hashed twice.
        """
        ready = self._trie.changes(changes)
        for low in range(0, len(ready), size):
            self._trie = self._trie.updated(ready, low, low + size)
            yield

    def load(self, entries: Iterable[tuple[bytes, bytes]]) -> bytes:
        """The root of an empty tree filled with keys, all distinct, and their values.

        About 7 us an entry with the reference. The cyclic collector finds nothing here, and a
        caller that switches it off meanwhile saves 2 us more.
        """
        if self._trie.root != EMPTY:
            raise ValueError("only an empty tree is loaded")
        ready = self._trie.changes(entries)
        if ready.repeats:
            raise ValueError("a key is loaded twice")
        self._trie = self._trie.updated(ready, 0, len(ready))
        return self._trie.root

    def commit(self, version: int, changes: Iterable[tuple[bytes, bytes | None]] = ()) -> bytes:
        """``update``, and keep the outcome as ``version``, which must exceed the newest kept."""
        if self._versions and version <= next(reversed(self._versions)):
            raise ValueError(f"version {version} is not after {next(reversed(self._versions))}")
        root = self.update(changes)
        self._versions[version] = self._trie
        while len(self._versions) > self._keep:
            del self._versions[next(iter(self._versions))]
        return root

    def root_at(self, version: int) -> bytes:
        """The root of a kept version. KeyError for any other."""
        return self._versions[version].root

    def prove(self, key: bytes, version: int | None = None) -> StateProof:
        """The proof of what a version holds at a key, or of nothing there; None is the current.

        KeyError for a version that is not kept.
        """
        trie = self._trie if version is None else self._versions[version]
        siblings, end = trie.path(key)
        return StateProof(tuple(siblings), StateLeaf(end[:32], end[32:]) if end else None)
