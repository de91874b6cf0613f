"""Roots of lists, and proofs that an item stands at a place. Knows order and count; not meaning.

The tree has the shape of RFC 6962, section 2.1 (the left subtree of n items holds the largest power
of two below n), with leaves, inner nodes and the root hashed under domains of their own. The root
commits to the count too, so that no list has the root of another ([TREE-1] to [TREE-4]).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final, TypeAlias

from primitives.hashing import DIGEST_SIZE, LIST_LEAF, LIST_NODE, LIST_ROOT, ZERO_DIGEST

ListProof: TypeAlias = tuple[bytes, ...]
"""The 32-byte hashes beside the item's path, from the item upwards; at most 63 of them."""

MAX_COUNT: Final = 2**63 - 1

_LEAF: Final = LIST_LEAF.prefix
_NODE: Final = LIST_NODE.prefix


def leaf_hash(item: bytes) -> bytes:
    """32 bytes that stand for an item in a list ([TREE-1])."""
    return sha256(_LEAF + item).digest()


def leaf_hashes(items: Iterable[bytes]) -> list[bytes]:
    """``leaf_hash`` of each item; for whoever needs them more than once."""
    prefix = _LEAF
    return [sha256(prefix + item).digest() for item in items]


class ListTree:
    """A list's whole hash tree: its root at once, and each proof in a few steps.

    About 0.7 us a leaf (half a microsecond a hash). Build it once a list: the proofs of all the
    receipts of a block then cost no hashing.
    """

    __slots__ = ("_levels", "root")

    def __init__(self, leaves: Sequence[bytes]) -> None:
        """From ``leaf_hashes``: 32 bytes an item."""
        level = list(leaves)
        self._levels = [level]
        while len(level) > 1:
            level = _parents(level)
            self._levels.append(level)
        self.root = _seal(len(leaves), level[0] if level else ZERO_DIGEST)

    def proof(self, index: int) -> ListProof:
        """The proof of the item at ``index``. IndexError outside the list."""
        if not 0 <= index < len(self._levels[0]):
            raise IndexError(f"item {index} of {len(self._levels[0])}")
        siblings = []
        for level in self._levels[:-1]:
            sibling = index ^ 1
            if sibling < len(level):  # else the last of an odd level: it rises as it is
                siblings.append(level[sibling])
            index >>= 1
        return tuple(siblings)


def list_root(items: Iterable[bytes]) -> bytes:
    """The 32-byte root of a list of byte strings; an empty list has one too ([TREE-3])."""
    return ListTree(leaf_hashes(items)).root


def list_proof(items: Iterable[bytes], index: int) -> ListProof:
    """The proof of one item. IndexError outside the list. For many, build a ``ListTree``."""
    return ListTree(leaf_hashes(items)).proof(index)


def verify_list_proof(
    root: bytes, count: int, index: int, item: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether ``item`` is the one at ``index`` of the ``count`` items under ``root`` ([TREE-4]).

    The path's shape comes from ``count`` and ``index`` alone, never from the proof, all of which
    must be used. Never raises, whatever the bytes and numbers.
    """
    if not 0 <= index < count <= MAX_COUNT:
        return False
    if any(len(sibling) != DIGEST_SIZE for sibling in proof):
        return False
    node, place, width, used = leaf_hash(item), index, count, 0
    while width > 1:
        if place ^ 1 < width:
            if used == len(proof):
                return False
            sibling = proof[used]
            used += 1
            pair = sibling + node if place & 1 else node + sibling
            node = sha256(_NODE + pair).digest()
        place >>= 1
        width = (width + 1) >> 1
    return used == len(proof) and _seal(count, node) == root


def _parents(level: list[bytes]) -> list[bytes]:
    """The level above. Pairing from the left, the odd one rising, gives RFC 6962's shape."""
    prefix = _NODE
    pairs = iter(level)
    parents = [
        sha256(prefix + left + right).digest() for left, right in zip(pairs, pairs, strict=False)
    ]
    if len(level) & 1:
        parents.append(level[-1])
    return parents


def _seal(count: int, top: bytes) -> bytes:
    return LIST_ROOT.digest(count.to_bytes(8, "big"), top)
