"""Roots of lists of byte strings, and the proof of each item."""

from collections.abc import Mapping, Sequence

from primitives.merkle import ListTree, leaf_hashes

FIELDS = {
    "items": "the list",
    "root": "its root, which commits to the count",
    "proofs": "for each item in turn the hashes beside its path, from the item upwards",
}

COUNTS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17)


def items(count: int) -> list[bytes]:
    """Distinct items of 0 to ``count - 1`` bytes."""
    return [bytes([count]) * size for size in range(count)]


def cases() -> Sequence[Mapping[str, object]]:
    found = []
    for count in COUNTS:
        tree = ListTree(leaf_hashes(items(count)))
        found.append(
            {
                "items": [item.hex() for item in items(count)],
                "root": tree.root.hex(),
                "proofs": [[one.hex() for one in tree.proof(i)] for i in range(count)],
            }
        )
    return found
