"""Proofs that a state holds an entry, or none. Knows the trie's hashes; not how a node keeps it.

The state root is the hash of a compact binary trie over key hashes ([TREE-5] to [TREE-8]):

    empty subtree           32 zero bytes
    one entry               H("tree/leaf", key hash, value hash)
    two or more entries     H("tree/node", left, right)

A proof is the hashes beside the path, from the root down, and what stands at its end. The way down
is read from the asked key's hash, never from the proof, so a proof cannot choose where it leads.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Final

import msgspec

from primitives.encoding import Digest, Wire
from primitives.hashing import (
    DIGEST_SIZE,
    TREE_KEY,
    TREE_LEAF,
    TREE_NODE,
    TREE_VALUE,
    ZERO_DIGEST,
)

MAX_DEPTH: Final = 256
"""Bits of a key hash: no path is longer."""

MAX_STATE_PROOF: Final = 4 + MAX_DEPTH * 34 + 69
"""Bytes of the longest canonical ``StateProof``."""


class StateLeaf(Wire):
    """The single entry of a subtree, by the hashes of its key and value."""

    key_hash: Digest
    value_hash: Digest


class StateProof(Wire):
    """What leads from a state root to the place where a key would stand.

    ``siblings`` from the root downwards, at most 256; ``end`` is the single entry that stands
    there, or None where the subtree is empty.
    """

    siblings: Annotated[tuple[Digest, ...], msgspec.Meta(max_length=MAX_DEPTH)]
    end: StateLeaf | None


def key_hash(key: bytes) -> bytes:
    """32 bytes whose bits, most significant first, are the key's place in the trie."""
    return TREE_KEY.digest(key)


def value_hash(value: bytes) -> bytes:
    """32 bytes that stand for a value in the trie."""
    return TREE_VALUE.digest(value)


def verify_state_proof(root: bytes, key: bytes, value: bytes | None, proof: StateProof) -> bool:
    """Whether the state under ``root`` holds ``value`` at ``key``, or nothing if it is None.

    Nothing is there when the path ends in an empty subtree, or in the single entry of another key
    on the same path ([TREE-8]). Never raises for a ``StateProof``, whatever it holds.
    """
    siblings, end = proof.siblings, proof.end
    if len(siblings) > MAX_DEPTH or any(len(sibling) != DIGEST_SIZE for sibling in siblings):
        return False
    asked = key_hash(key)
    if end is None:
        if value is not None:
            return False
        node = ZERO_DIGEST
    else:
        if len(end.key_hash) != DIGEST_SIZE or len(end.value_hash) != DIGEST_SIZE:
            return False
        if not _answers(asked, value, end, len(siblings)):
            return False
        node = TREE_LEAF.digest(end.key_hash, end.value_hash)
    return _climb(asked, node, siblings) == root


def _answers(asked: bytes, value: bytes | None, end: StateLeaf, depth: int) -> bool:
    """Whether this single entry at this depth says about ``asked`` what is claimed."""
    if value is not None:
        return end.key_hash == asked and end.value_hash == value_hash(value)
    if end.key_hash == asked:
        return False
    differing = int.from_bytes(asked, "big") ^ int.from_bytes(end.key_hash, "big")
    return differing >> (MAX_DEPTH - depth) == 0


def _climb(asked: bytes, node: bytes, siblings: tuple[bytes, ...]) -> bytes:
    """The root that a subtree's hash leads to, along the path of ``asked``."""
    prefix = TREE_NODE.prefix
    path = int.from_bytes(asked, "big") >> (MAX_DEPTH - len(siblings))
    for sibling in reversed(siblings):
        pair = sibling + node if path & 1 else node + sibling
        node = sha256(prefix + pair).digest()
        path >>= 1
    return node
