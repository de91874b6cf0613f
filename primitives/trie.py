"""The state's trie of hashes. Knows which entries stand, by hash; the values are kept elsewhere.

A compact binary trie ([TREE-5] to [TREE-7]; the hashes are written down in primitives.stateproof).
A trie is a value: a change makes new nodes along its path and shares all others, so that an older
version goes on being a whole tree, and an exception leaves everything as it was.

    empty     EMPTY, 32 zero bytes
    leaf      bytes: hash || key hash || value hash; one entry, at the highest place where it is
              alone
    branch    tuple: (hash, left, right); two or more entries below

The hash of the first two is their first 32 bytes. These are bare bytes and tuples and not classes,
for after signatures this is the ledger's hottest code where ``liqbon_native`` (``native/``) is not
installed; that has the same value in other clothes, and this one is the reference. A flat array of
the upper levels over packed buckets was measured too: it was no faster (10.6 against 9.5 us a
changed key among 20,000 entries), and it needs undo layers, growth in steps, and a rule for full
buckets.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Final, Protocol, Self, TypeAlias

from primitives.hashing import TREE_KEY, TREE_LEAF, TREE_NODE, TREE_VALUE, ZERO_DIGEST
from primitives.stateproof import MAX_DEPTH

Branch: TypeAlias = "tuple[bytes, Node, Node]"
Node: TypeAlias = "bytes | Branch"

EMPTY: Final = ZERO_DIGEST

_KEY: Final = TREE_KEY.prefix
_VALUE: Final = TREE_VALUE.prefix
_LEAF: Final = TREE_LEAF.prefix
_NODE: Final = TREE_NODE.prefix

_TOP: Final = MAX_DEPTH - 1
"""The shift that brings a key's first bit down; one less a level further."""


class Changes(Protocol):
    """Changes made ready for a trie, by ascending key hash; the last one of a key counts."""

    @property
    def repeats(self) -> bool:
        """Whether a key was named more than once."""

    def __len__(self) -> int:
        """How many keys change."""


class Trie(Protocol):
    """Entries by the hashes of their keys, and the root over them: a value, which never changes."""

    @property
    def root(self) -> bytes:
        """32 bytes."""

    @property
    def count(self) -> int:
        """Entries that stand."""

    def changes(self, items: Iterable[tuple[bytes, bytes | None]], /) -> Changes:
        """Keys and their new values, None to remove one, made ready for a trie of this kind."""

    def updated(self, changes: Any, low: int, high: int, /) -> Self:
        """The trie with the changes from ``low`` up to ``high`` made, each touched node hashed
        once. Removing what is not there changes nothing."""

    def path(self, key: bytes, /) -> tuple[list[bytes], bytes]:
        """The sibling hashes on the way of a key, from the top; and the key hash and value hash of
        the one entry at its end, 64 bytes, or none where nothing stands."""


class ReferenceTrie:
    """The trie in Python.

    Measured on one core: 10 us a changed key in a batch of 1,000 among 20,000 entries, 16 among
    200,000, and 2 us more to free a version that is no longer kept; 390 bytes an entry, and 1 to
    1.3 KiB for each key that a kept version changed.
    """

    __slots__ = ("_node", "count")

    def __init__(self, node: Node = EMPTY, count: int = 0) -> None:
        self._node = node
        self.count = count

    @property
    def root(self) -> bytes:
        """32 bytes: the root of the contents."""
        return _hash_of(self._node)

    @staticmethod
    def changes(items: Iterable[tuple[bytes, bytes | None]]) -> ReferenceChanges:
        """Keys and their new values, None to remove one, made ready for ``updated``."""
        return ReferenceChanges(items)

    def updated(self, changes: ReferenceChanges, low: int, high: int) -> ReferenceTrie:
        """The trie with the changes from ``low`` up to ``high`` made."""
        high = min(high, len(changes.keys))
        if low >= high:
            return self
        update = _Update(changes)
        node = update.apply(self._node, low, high, _TOP)
        return self if node is self._node else ReferenceTrie(node, self.count + update.grown)

    def path(self, key: bytes) -> tuple[list[bytes], bytes]:
        """The sibling hashes on the way of a key, from the top, and the entry at its end."""
        number = int.from_bytes(sha256(_KEY + key).digest(), "big")
        siblings, node, shift = [], self._node, _TOP
        while isinstance(node, tuple):
            _, left, right = node
            node, sibling = (right, left) if number >> shift & 1 else (left, right)
            siblings.append(_hash_of(sibling))
            shift -= 1
        return siblings, node[32:]


class ReferenceChanges:
    """Changes in the order of their key hashes."""

    __slots__ = ("keys", "leaves", "repeats")

    def __init__(self, items: Iterable[tuple[bytes, bytes | None]]) -> None:
        """``keys`` are the key hashes as integers, ascending; ``leaves`` what is to stand there."""
        given = 0
        hashes: dict[bytes, bytes] = {}
        for key, value in items:
            given += 1
            hash_ = b"" if value is None else sha256(_VALUE + value).digest()
            hashes[sha256(_KEY + key).digest()] = hash_
        places = sorted(hashes)  # made before the leaves, so that memory is given back in one piece
        self.repeats = len(places) < given
        self.keys = [int.from_bytes(place, "big") for place in places]
        self.leaves = [
            _leaf(place + hash_) if (hash_ := hashes[place]) else EMPTY for place in places
        ]

    def __len__(self) -> int:
        """How many keys change."""
        return len(self.keys)


class _Update:
    """One pass that makes changes; ``grown`` says by how many entries a tree has grown."""

    __slots__ = ("grown", "keys", "leaves")

    def __init__(self, changes: ReferenceChanges) -> None:
        self.grown = 0
        self.keys = changes.keys
        self.leaves = changes.leaves

    def apply(self, node: Node, low: int, high: int, shift: int) -> Node:
        """A subtree with the changes from ``low`` up to ``high``, of which there is one or more.

        ``shift`` brings down the bit that parts its two sides.
        """
        if high - low == 1:
            return self._apply_one(node, self.keys[low], self.leaves[low], shift)
        if isinstance(node, bytes):
            return self._merge(node, low, high, shift)
        _, left, right = node
        keys = self.keys
        middle = bisect_left(keys, (keys[low] >> shift | 1) << shift, low, high)
        new_left = self.apply(left, low, middle, shift - 1) if middle > low else left
        new_right = self.apply(right, middle, high, shift - 1) if middle < high else right
        if new_left is left and new_right is right:
            return node
        if isinstance(new_left, tuple) and isinstance(new_right, tuple):
            return (sha256(_NODE + new_left[0] + new_right[0]).digest(), new_left, new_right)
        return _join(new_left, new_right)

    def _apply_one(self, top: Node, key: int, leaf: bytes, shift: int) -> Node:
        """A subtree with one change: down to its place, then up again with new hashes."""
        path: list[Branch] = []
        node = top
        while isinstance(node, tuple):
            path.append(node)
            node = node[2] if key >> shift & 1 else node[1]
            shift -= 1
        new = self._place(node, key, leaf, shift)
        if new is node:
            return top
        while path and isinstance(new, bytes):  # a leaf may rise here; further up nothing can
            _, left, right = path.pop()
            shift += 1
            new = _join(left, new) if key >> shift & 1 else _join(new, right)
        digest = new[0] if isinstance(new, tuple) else EMPTY
        path.reverse()
        for _, left, right in path:
            shift += 1
            if key >> shift & 1:
                other = left[0] if isinstance(left, tuple) else left[:32]
                digest = sha256(_NODE + other + digest).digest()
                new = (digest, left, new)
            else:
                other = right[0] if isinstance(right, tuple) else right[:32]
                digest = sha256(_NODE + digest + other).digest()
                new = (digest, new, right)
        return new

    def _place(self, node: bytes, key: int, leaf: bytes, shift: int) -> Node:
        """What stands where one change ends, given the leaf or nothing that stood there."""
        if node is EMPTY:
            self.grown += leaf is not EMPTY
            return leaf
        if node[32:64] == leaf[32:64]:
            return node if leaf == node else leaf
        own = int.from_bytes(node[32:64], "big")
        if own == key:
            self.grown -= 1
            return leaf
        if leaf is EMPTY:
            return node
        self.grown += 1
        if own < key:
            return _build([own, key], [node, leaf], 0, 2, shift)
        return _build([key, own], [leaf, node], 0, 2, shift)

    def _merge(self, node: bytes, low: int, high: int, shift: int) -> Node:
        """What stands where several changes meet one leaf, or nothing."""
        keys, leaves = self.keys[low:high], self.leaves[low:high]
        if node is not EMPTY:
            self.grown -= 1
            own = int.from_bytes(node[32:64], "big")
            place = bisect_left(keys, own)
            if place == len(keys) or keys[place] != own:
                keys.insert(place, own)
                leaves.insert(place, node)
        if EMPTY in leaves:
            keys = [key for key, leaf in zip(keys, leaves, strict=True) if leaf is not EMPTY]
            leaves = [leaf for leaf in leaves if leaf is not EMPTY]
        self.grown += len(keys)
        return _build(keys, leaves, 0, len(keys), shift)


def _leaf(entry: bytes) -> bytes:
    """The leaf of a key hash and a value hash."""
    return sha256(_LEAF + entry).digest() + entry


def _build(keys: list[int], leaves: list[bytes], low: int, high: int, shift: int) -> Node:
    """The subtree of these entries alone; ``keys`` ascend, and no leaf is EMPTY."""
    if high - low == 1:
        return leaves[low]
    if high == low:
        return EMPTY
    middle = _split(keys, low, high, shift)
    left = _build(keys, leaves, low, middle, shift - 1)
    return _join(left, _build(keys, leaves, middle, high, shift - 1))


def _split(keys: list[int], low: int, high: int, shift: int) -> int:
    """The first of ascending keys, alike above ``shift``, that has the bit there set."""
    return bisect_left(keys, (keys[low] >> shift | 1) << shift, low, high)


def _join(left: Node, right: Node) -> Node:
    """The subtree of two sides: nothing, a leaf that is now alone and rises, or a branch."""
    if isinstance(left, bytes):
        if right is EMPTY:
            return left
        if left is EMPTY and isinstance(right, bytes):
            return right
    return (sha256(_NODE + _hash_of(left) + _hash_of(right)).digest(), left, right)


def _hash_of(node: Node) -> bytes:
    return node[:32] if isinstance(node, bytes) else node[0]
