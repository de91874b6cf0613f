"""State proofs: what is proven, and that nothing else ever is ([TREE-8])."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primitives.encoding import Malformed, decode, encode
from primitives.hashing import TREE_LEAF, TREE_NODE
from primitives.stateproof import (
    MAX_DEPTH,
    MAX_STATE_PROOF,
    StateLeaf,
    StateProof,
    key_hash,
    value_hash,
    verify_state_proof,
)
from primitives.statetree import StateTree
from tests.properties import reference

STATE = {b"key %d" % number: b"value %d" % number for number in range(40)}
TREE = StateTree()
ROOT = TREE.load(STATE.items())
ABSENT = [b"absent %d" % number for number in range(40)]
EMPTY_ENDS = [key for key in ABSENT if TREE.prove(key).end is None]
OTHER_ENDS = [key for key in ABSENT if TREE.prove(key).end is not None]


def test_absence_is_shown_both_ways_here() -> None:
    assert len(EMPTY_ENDS) > 3
    assert len(OTHER_ENDS) > 3


@pytest.mark.parametrize("key", [*STATE, *ABSENT])
def test_an_entry_or_its_absence_is_proven(key: bytes) -> None:
    value, proof = STATE.get(key), TREE.prove(key)
    assert verify_state_proof(ROOT, key, value, proof)
    end = proof.end and (proof.end.key_hash, proof.end.value_hash)
    assert reference.state_proof_holds(ROOT, key, value, proof.siblings, end)


@pytest.mark.parametrize("key", [*list(STATE)[:10], *ABSENT[:10]])
def test_no_other_claim_has_that_proof(key: bytes) -> None:
    proof, held = TREE.prove(key), STATE.get(key)
    for claim in (None, b"", b"value", *STATE.values(), value_hash(held or b"")):
        assert verify_state_proof(ROOT, key, claim, proof) == (claim == held)


def test_a_proof_serves_no_other_key_of_another_path() -> None:
    """It may show the absence of a key on the same path, which is then true."""
    for key in STATE:
        proof = TREE.prove(key)
        for other in [*STATE, *ABSENT]:
            for claim in (None, STATE[key], STATE.get(other)):
                if verify_state_proof(ROOT, other, claim, proof):
                    assert claim == STATE.get(other)


def test_proofs_of_empty_and_of_single_states() -> None:
    empty = StateTree()
    assert empty.prove(b"key") == StateProof((), None)
    assert verify_state_proof(bytes(32), b"key", None, StateProof((), None))
    assert not verify_state_proof(ROOT, b"key", None, StateProof((), None))
    single = StateTree()
    root = single.update([(b"key", b"")])
    assert single.prove(b"key").siblings == ()
    assert verify_state_proof(root, b"key", b"", single.prove(b"key"))
    assert verify_state_proof(root, b"other", None, single.prove(b"other"))
    assert not verify_state_proof(root, b"key", None, single.prove(b"key"))


def changed_proofs(proof: StateProof) -> list[StateProof]:
    """Every bit flipped; every element dropped, repeated, cut, lengthened, moved; other ends."""
    siblings, end = proof.siblings, proof.end
    found = [StateProof((*siblings, extra), end) for extra in (b"", bytes(32), ROOT)]
    found += [StateProof((extra, *siblings), end) for extra in (b"", bytes(32), ROOT)]
    for place, sibling in enumerate(siblings):
        before, after = siblings[:place], siblings[place + 1 :]
        others = [flipped(sibling, bit) for bit in range(256)]
        others += [b"", sibling[:-1], sibling + b"\0", sibling * 2, ROOT]
        others += [bytes(32)] if any(sibling) else []
        found += [StateProof((*before, other, *after), end) for other in others]
        found.append(StateProof((*before, *after), end))
        found.append(StateProof((*before, sibling, sibling, *after), end))
        if place and sibling != siblings[place - 1]:
            pair = (sibling, siblings[place - 1])
            found.append(StateProof((*siblings[: place - 1], *pair, *after), end))
    ends: list[StateLeaf | None] = [None] if end is not None else []
    if end is not None:
        for bit in range(256):
            ends.append(StateLeaf(flipped(end.key_hash, bit), end.value_hash))
            ends.append(StateLeaf(end.key_hash, flipped(end.value_hash, bit)))
        ends.append(StateLeaf(end.value_hash, end.key_hash))
        ends.append(StateLeaf(end.key_hash[:-1], end.key_hash[-1:] + end.value_hash))
        ends.append(StateLeaf(b"", b""))
    ends += [StateLeaf(key_hash(key), value_hash(value)) for key, value in STATE.items()]
    found += [StateProof(siblings, other) for other in ends if other != end]
    return found


@pytest.mark.parametrize("key", [*list(STATE)[:3], EMPTY_ENDS[0], OTHER_ENDS[0], OTHER_ENDS[1]])
def test_no_change_of_a_proof_verifies(key: bytes) -> None:
    for changed in changed_proofs(TREE.prove(key)):
        for claim in (STATE.get(key), None, b"value 1"):
            assert not verify_state_proof(ROOT, key, claim, changed), changed


@pytest.mark.parametrize("key", [next(iter(STATE)), EMPTY_ENDS[0], OTHER_ENDS[0]])
def test_no_change_of_any_byte_of_an_encoded_proof_verifies(key: bytes) -> None:
    raw, decoded = encode(TREE.prove(key)), 0
    for place in range(len(raw)):
        for byte in range(256):
            if byte == raw[place]:
                continue
            try:
                proof = decode(StateProof, raw[:place] + bytes([byte]) + raw[place + 1 :])
            except Malformed:
                continue
            decoded += 1
            assert not verify_state_proof(ROOT, key, STATE.get(key), proof)
            assert not verify_state_proof(ROOT, key, b"forged", proof)
    assert decoded > 1_000


def test_an_inner_node_is_no_entry() -> None:
    """Were leaves and nodes hashed alike, the two halves of a node could pose as an entry."""
    proof = TREE.prove(next(iter(STATE)))
    left, right = proof.siblings[0], TREE_NODE.digest(bytes(32), bytes(32))
    assert TREE_NODE.digest(left, right) != TREE_LEAF.digest(left, right)
    forged = StateProof((), StateLeaf(left, right))
    assert not verify_state_proof(TREE_NODE.digest(left, right), b"absent", None, forged)


def test_another_entry_must_share_the_path() -> None:
    """[TREE-8] Even under a root made for it: an entry that could not stand there shows nothing."""
    asked = key_hash(b"asked")
    key = next(key for key in STATE if reference.bit(key_hash(key), 0) != reference.bit(asked, 0))
    end = StateLeaf(key_hash(key), value_hash(b""))
    leaf = TREE_LEAF.digest(end.key_hash, end.value_hash)
    pair = (bytes(32), leaf) if reference.bit(asked, 0) else (leaf, bytes(32))
    root = TREE_NODE.digest(*pair)
    assert not verify_state_proof(root, b"asked", None, StateProof((bytes(32),), end))


def test_depth_is_bounded() -> None:
    """[TREE-8]"""
    siblings = (bytes(32),) * (MAX_DEPTH + 1)
    root = reference_root(b"key", siblings)
    assert not verify_state_proof(root, b"key", None, StateProof(siblings, None))
    longest = StateProof(siblings[1:], None)
    assert verify_state_proof(reference_root(b"key", siblings[1:]), b"key", None, longest)
    with pytest.raises(Malformed):
        decode(StateProof, encode(StateProof(siblings, None)))
    largest = StateProof(siblings[1:], StateLeaf(bytes(32), bytes(32)))
    assert len(encode(largest)) == MAX_STATE_PROOF
    assert decode(StateProof, encode(largest), MAX_STATE_PROOF) == largest


@given(
    st.binary(min_size=32, max_size=32),
    st.binary(max_size=8),
    st.none() | st.binary(max_size=8),
    st.lists(st.binary(max_size=33) | st.just(bytes(32)), max_size=300),
    st.none() | st.tuples(st.binary(max_size=33), st.binary(max_size=33)),
)
def test_verification_never_raises(
    root: bytes,
    key: bytes,
    value: bytes | None,
    siblings: list[bytes],
    end: tuple[bytes, bytes] | None,
) -> None:
    proof = StateProof(tuple(siblings), None if end is None else StateLeaf(*end))
    true = (root, value, siblings, end) == (bytes(32), None, [], None)  # the empty state
    assert verify_state_proof(root, key, value, proof) == true


def reference_root(key: bytes, siblings: tuple[bytes, ...]) -> bytes:
    """The root above an empty end, with a path that goes on in zeros below the 256th bit."""
    path = key_hash(key) + bytes(1)
    node = bytes(32)
    for depth in reversed(range(len(siblings))):
        side = reference.bit(path, depth)
        node = TREE_NODE.digest(*((siblings[depth], node) if side else (node, siblings[depth])))
    return node


def flipped(data: bytes, bit: int) -> bytes:
    return (int.from_bytes(data, "big") ^ 1 << bit).to_bytes(len(data), "big")
