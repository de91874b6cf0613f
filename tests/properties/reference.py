"""The hashes of docs/spec/trees.md, written a second time: slow, obvious, from the text alone.

Imports nothing of the product, so that a mistake in its constants or its shapes shows as a
difference. [TREE-1] to [TREE-8] are the rules; [ENC-5] is the form of every digest.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256


def digest(name: str, *parts: bytes) -> bytes:
    """[ENC-5]"""
    return sha256(b"LiqBon/" + name.encode() + b"\x00" + b"".join(parts)).digest()


def list_root(items: Sequence[bytes]) -> bytes:
    """[TREE-3]"""
    return digest("list/root", len(items).to_bytes(8, "big"), subtree(items))


def subtree(items: Sequence[bytes]) -> bytes:
    """[TREE-1, TREE-2] RFC 6962, section 2.1, with other hashes."""
    if not items:
        return bytes(32)
    if len(items) == 1:
        return digest("list/leaf", items[0])
    middle = 1
    while middle * 2 < len(items):
        middle *= 2
    return digest("list/node", subtree(items[:middle]), subtree(items[middle:]))


def audit_path(items: Sequence[bytes], index: int) -> list[bytes]:
    """RFC 6962, section 2.1.1: the hashes beside the path, from the item upwards."""
    if len(items) == 1:
        return []
    middle = 1
    while middle * 2 < len(items):
        middle *= 2
    if index < middle:
        return [*audit_path(items[:middle], index), subtree(items[middle:])]
    return [*audit_path(items[middle:], index - middle), subtree(items[:middle])]


def state_root(state: Mapping[bytes, bytes]) -> bytes:
    """[TREE-6]"""
    return trie(
        {digest("tree/key", key): digest("tree/value", value) for key, value in state.items()}, 0
    )


def trie(entries: Mapping[bytes, bytes], depth: int) -> bytes:
    """The hash of the subtree of these key hashes, alike in their first ``depth`` bits."""
    if not entries:
        return bytes(32)
    if len(entries) == 1:
        [(key_hash, value_hash)] = entries.items()
        return digest("tree/leaf", key_hash, value_hash)
    left = {key: value for key, value in entries.items() if not bit(key, depth)}
    right = {key: value for key, value in entries.items() if bit(key, depth)}
    return digest("tree/node", trie(left, depth + 1), trie(right, depth + 1))


def bit(key_hash: bytes, depth: int) -> int:
    """[TREE-5] The bit at ``depth``, the most significant of the first byte being the first."""
    return key_hash[depth // 8] >> (7 - depth % 8) & 1


def state_proof_holds(
    root: bytes, key: bytes, value: bytes | None, siblings: Sequence[bytes], end: object
) -> bool:
    """[TREE-8]"""
    asked = digest("tree/key", key)
    if len(siblings) > 256 or any(len(sibling) != 32 for sibling in siblings):
        return False
    if end is None:
        node, found, beside = bytes(32), None, True
    else:
        assert isinstance(end, list | tuple)
        key_hash, value_hash = end
        node = digest("tree/leaf", key_hash, value_hash)
        found = value_hash if key_hash == asked else None
        beside = all(bit(asked, i) == bit(key_hash, i) for i in range(len(siblings)))
    for depth in reversed(range(len(siblings))):
        pair = (siblings[depth], node) if bit(asked, depth) else (node, siblings[depth])
        node = digest("tree/node", *pair)
    wanted = None if value is None else digest("tree/value", value)
    return beside and found == wanted and node == root
