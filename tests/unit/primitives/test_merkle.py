"""List roots and proofs: one shape, one count, one place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primitives.merkle import (
    MAX_COUNT,
    ListTree,
    leaf_hash,
    leaf_hashes,
    list_proof,
    list_root,
    verify_list_proof,
)
from tests.properties import reference

lists = st.lists(st.binary(max_size=40), max_size=40)


def items_of(count: int) -> list[bytes]:
    return [b"item %d" % number for number in range(count)]


@given(lists)
def test_roots_and_proofs_have_the_shape_of_rfc_6962(items: list[bytes]) -> None:
    """[TREE-1, TREE-2, TREE-3]"""
    tree = ListTree(leaf_hashes(items))
    assert tree.root == list_root(items) == reference.list_root(items)
    for index in range(len(items)):
        assert list(tree.proof(index)) == reference.audit_path(items, index)


@pytest.mark.parametrize("count", [*range(1, 40), 255, 256, 257])
def test_each_item_is_proven_at_its_place_and_no_other(count: int) -> None:
    """[TREE-4]"""
    items = items_of(count)
    root = list_root(items)
    for index in range(0, count, 1 if count < 40 else 37):
        proof = list_proof(items, index)
        assert verify_list_proof(root, count, index, items[index], proof)
        places = [place for place in range(-1, count + 2) if place != index]
        assert not any(verify_list_proof(root, count, p, items[index], proof) for p in places)


def test_the_root_commits_to_the_count() -> None:
    """[TREE-3] Also where the tree of one list is a subtree, or a leaf, of another."""
    items = items_of(9)
    assert len({list_root(items[:count]) for count in range(10)}) == 10
    inner = b"".join(leaf_hashes(items[:2]))
    assert list_root([inner]) != list_root(items[:2])
    for claimed in (0, 1, 7, 8, 10, 16, MAX_COUNT, MAX_COUNT + 1, 2**64):
        for index in (0, 8):
            proof = list_proof(items, index)
            assert not verify_list_proof(list_root(items), claimed, index, items[index], proof)


def test_an_empty_list_has_a_root_and_proves_nothing() -> None:
    """[TREE-3]"""
    assert list_root([]) == reference.list_root([])
    assert list_root([]) != list_root([b""])
    assert not verify_list_proof(list_root([]), 0, 0, b"", ())
    assert not verify_list_proof(list_root([]), 1, 0, b"", ())
    with pytest.raises(IndexError):
        list_proof([], 0)


@pytest.mark.parametrize("index", [-1, 5, 6])
def test_there_is_no_proof_outside_the_list(index: int) -> None:
    with pytest.raises(IndexError):
        list_proof(items_of(5), index)


@pytest.mark.parametrize(("count", "index"), [(1, 0), (2, 1), (7, 6), (7, 2), (13, 12), (16, 9)])
def test_no_change_of_a_proof_verifies(count: int, index: int) -> None:
    """[TREE-4] Every bit flipped; every element dropped, repeated, exchanged, cut or lengthened."""
    items = items_of(count)
    root, item, proof = list_root(items), items[index], list_proof(items, index)
    changed = [proof[:place] + proof[place + 1 :] for place in range(len(proof))]
    changed += [(*proof, extra) for extra in (b"", bytes(32), root, leaf_hash(item))]
    changed += [(extra, *proof) for extra in (b"", bytes(32), root, leaf_hash(item))]
    for place, sibling in enumerate(proof):
        others = [flipped(sibling, bit) for bit in range(256)]
        others += [sibling[:-1], sibling + b"\0", b"", sibling * 2, bytes(32), leaf_hash(item)]
        changed += [(*proof[:place], other, *proof[place + 1 :]) for other in others]
        changed.append((*proof[: place + 1], *proof[place:]))
        swapped = list(proof)
        swapped[place], swapped[place - 1] = swapped[place - 1], swapped[place]
        if tuple(swapped) != proof:
            changed.append(tuple(swapped))
    assert changed
    assert not any(verify_list_proof(root, count, index, item, other) for other in changed)
    for bit in range(256):
        assert not verify_list_proof(flipped(root, bit), count, index, item, proof)
    for other in (b"", item[:-1], item + b"\0", root, *items[:index], *items[index + 1 :]):
        assert not verify_list_proof(root, count, index, other, proof)


def test_bytes_cannot_move_between_siblings() -> None:
    """[TREE-4] Two hashes of 31 and 33 bytes join to the same 64."""
    items = items_of(2)
    left, right = leaf_hashes(items)
    forged = right[:31]
    assert not verify_list_proof(list_root(items), 2, 0, items[0], (forged,))
    assert not verify_list_proof(list_root(items), 2, 1, items[1], (left + right[:1],))


def flipped(data: bytes, bit: int) -> bytes:
    return (int.from_bytes(data, "big") ^ 1 << bit).to_bytes(len(data), "big")
