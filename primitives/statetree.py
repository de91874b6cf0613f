"""The state's trie of hashes. Knows which entries stand, by hash; the values are kept elsewhere.

A compact binary trie ([TREE-5] to [TREE-7]; the hashes are written down in primitives.stateproof).
Its nodes are immutable: a change makes new nodes along its path and shares all others, so that the
root of an older version goes on being a whole tree, and an exception leaves everything as it was.

    empty     EMPTY, 32 zero bytes
    leaf      bytes: hash || key hash || value hash; one entry, at the highest place where it is
              alone
    branch    tuple: (hash, left, right); two or more entries below

The hash of the first two is their first 32 bytes. After signatures this is the ledger's hottest
code, so these are bare bytes and tuples and not classes. A flat array of the upper levels over
packed buckets was measured too: it was no faster (10.6 against 9.5 us a changed key among 20,000
entries), and it needs undo layers, growth in steps, and a rule for full buckets.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import pairwise
from typing import Final, TypeAlias

from primitives.hashing import TREE_KEY, TREE_LEAF, TREE_NODE, TREE_VALUE, ZERO_DIGEST
from primitives.stateproof import MAX_DEPTH, StateLeaf, StateProof

Branch: TypeAlias = "tuple[bytes, Node, Node]"
Node: TypeAlias = "bytes | Branch"

EMPTY: Final = ZERO_DIGEST

_KEY: Final = TREE_KEY.prefix
_VALUE: Final = TREE_VALUE.prefix
_LEAF: Final = TREE_LEAF.prefix
_NODE: Final = TREE_NODE.prefix

_TOP: Final = MAX_DEPTH - 1
"""The shift that brings a key's first bit down; one less a level further."""
_WHOLE: Final = 2**62
"""More keys than any update changes."""


class StateTree:
    """The current state's trie, and those of the last ``keep`` committed versions.

    Measured on one core: 10 us a changed key in a batch of 1,000 among 20,000 entries, 16 among
    200,000, and 2 us more to free a version that is no longer kept; 360 bytes an entry, and 1 to
    1.3 KiB for each key that a kept version changed.
    """

    __slots__ = ("_count", "_keep", "_node", "_versions")

    def __init__(self, keep: int = 1) -> None:
        """An empty tree. ``keep`` is how many versions can be proven; at least one."""
        if keep < 1:
            raise ValueError("a tree keeps at least one version")
        self._keep = keep
        self._node: Node = EMPTY
        self._count = 0
        self._versions: dict[int, Node] = {}

    @property
    def root(self) -> bytes:
        """32 bytes: the root of the current contents."""
        return _hash_of(self._node)

    @property
    def count(self) -> int:
        """Entries in the current contents."""
        return self._count

    @property
    def versions(self) -> tuple[int, ...]:
        """The versions that can be proven, oldest first."""
        return tuple(self._versions)

    def get(self, key: bytes) -> bytes | None:
        """The 32-byte value hash at a key in the current contents, or None."""
        digest = sha256(_KEY + key).digest()
        end = _descend(self._node, int.from_bytes(digest, "big"))[1]
        return end[64:] if end[32:64] == digest else None

    def update(self, changes: Iterable[tuple[bytes, bytes | None]]) -> bytes:
        """The root after all changes at once: key and value, None to remove it.

        The last change of a key counts; removing what is not there changes nothing. Each touched
        node is hashed once.
        """
        for _ in self.updating(changes, _WHOLE):
            pass
        return _hash_of(self._node)

    def updating(self, changes: Iterable[tuple[bytes, bytes | None]], size: int) -> Iterator[None]:
        """``update`` in steps of at most ``size`` changed keys, with a rest after each.

        Until the last one the current contents are neither the old nor the new ones; kept versions
        are whole all the time. Neighbouring keys go together, so that few nodes are hashed twice.
        """
        batch = _Batch(changes)
        for low in range(0, len(batch.keys), size):
            self._node = batch.apply(self._node, low, min(low + size, len(batch.keys)))
            yield
        self._count += batch.grown

    def load(self, entries: Iterable[tuple[bytes, bytes]]) -> bytes:
        """The root of an empty tree filled with keys, all distinct, and their values.

        About 7 us an entry. The cyclic collector finds nothing here, and a caller that switches
        it off meanwhile saves 2 us more.
        """
        if self._node is not EMPTY:
            raise ValueError("only an empty tree is loaded")
        hashes = [
            sha256(_KEY + key).digest() + sha256(_VALUE + value).digest() for key, value in entries
        ]
        hashes.sort()
        keys = [int.from_bytes(entry[:32], "big") for entry in hashes]
        if any(left == right for left, right in pairwise(keys)):
            raise ValueError("a key is loaded twice")
        leaves = [sha256(_LEAF + entry).digest() + entry for entry in hashes]
        del hashes
        self._node = _build(keys, leaves, 0, len(keys), _TOP)
        self._count = len(keys)
        return _hash_of(self._node)

    def commit(self, version: int, changes: Iterable[tuple[bytes, bytes | None]] = ()) -> bytes:
        """``update``, and keep the outcome as ``version``, which must exceed the newest kept."""
        if self._versions and version <= next(reversed(self._versions)):
            raise ValueError(f"version {version} is not after {next(reversed(self._versions))}")
        root = self.update(changes)
        self._versions[version] = self._node
        while len(self._versions) > self._keep:
            del self._versions[next(iter(self._versions))]
        return root

    def root_at(self, version: int) -> bytes:
        """The root of a kept version. KeyError for any other."""
        return _hash_of(self._versions[version])

    def prove(self, key: bytes, version: int | None = None) -> StateProof:
        """The proof of what a version holds at a key, or of nothing there; None is the current.

        KeyError for a version that is not kept.
        """
        node = self._node if version is None else self._versions[version]
        digest = sha256(_KEY + key).digest()
        siblings, end = _descend(node, int.from_bytes(digest, "big"))
        leaf = None if end is EMPTY else StateLeaf(end[32:64], end[64:])
        return StateProof(tuple(siblings), leaf)


class _Batch:
    """Changes in the order of their key hashes, and the one pass that applies them."""

    __slots__ = ("grown", "keys", "leaves")

    def __init__(self, changes: Iterable[tuple[bytes, bytes | None]]) -> None:
        """``keys`` are the key hashes as integers, ascending; ``leaves`` what is to stand there."""
        self.grown = 0
        items = []
        for key, value in dict(changes).items():
            key_hash = sha256(_KEY + key).digest()
            if value is None:
                leaf = EMPTY
            else:
                entry = key_hash + sha256(_VALUE + value).digest()
                leaf = sha256(_LEAF + entry).digest() + entry
            items.append((int.from_bytes(key_hash, "big"), leaf))
        items.sort()
        self.keys = [key for key, _ in items]
        self.leaves = [leaf for _, leaf in items]

    def apply(self, node: Node, low: int, high: int) -> Node:
        """The tree ``node`` with the changes from ``low`` up to ``high`` made, one at least.

        ``grown`` says by how many entries all trees so far have grown.
        """
        return self._apply(node, low, high, _TOP)

    def _apply(self, node: Node, low: int, high: int, shift: int) -> Node:
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
        new_left = self._apply(left, low, middle, shift - 1) if middle > low else left
        new_right = self._apply(right, middle, high, shift - 1) if middle < high else right
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


def _descend(node: Node, key: int) -> tuple[list[bytes], bytes]:
    """The sibling hashes on the way of a key, from the top, and the leaf or EMPTY at its end."""
    siblings = []
    shift = _TOP
    while isinstance(node, tuple):
        _, left, right = node
        node, sibling = (right, left) if key >> shift & 1 else (left, right)
        siblings.append(_hash_of(sibling))
        shift -= 1
    return siblings, node
