"""Contents of a state, its root, and proofs of entries and of absence."""

from collections.abc import Mapping, Sequence

from primitives.encoding import encode
from primitives.stateproof import verify_state_proof
from primitives.statetree import StateTree

FIELDS = {
    "entries": "pairs of key and value, in no order that matters",
    "root": "the state root",
    "proofs": "key; value, or null where the key is absent; the canonical bytes of the proof",
}


def entries(count: int) -> dict[bytes, bytes]:
    """Keys ``k0``, ``k1``, ...; values of growing length, the first empty."""
    return {f"k{i}".encode(): bytes([i % 256]) * (i % 40) for i in range(count)}


def case(held: dict[bytes, bytes], asked: list[bytes]) -> dict[str, object]:
    tree = StateTree()
    tree.load(held.items())
    proofs = [(key, held.get(key), tree.prove(key)) for key in asked]
    assert all(verify_state_proof(tree.root, key, value, proof) for key, value, proof in proofs)
    return {
        "entries": [[key.hex(), value.hex()] for key, value in held.items()],
        "root": tree.root.hex(),
        "proofs": [
            {
                "key": key.hex(),
                "value": None if value is None else value.hex(),
                "proof": encode(proof).hex(),
            }
            for key, value, proof in proofs
        ],
    }


def cases() -> Sequence[Mapping[str, object]]:
    absent = [b"", b"a", b"nobody", b"k-1"]
    return [
        case(held, [*list(held)[:5], *absent])
        for held in map(entries, (0, 1, 2, 3, 4, 7, 16, 33, 200))
    ]
