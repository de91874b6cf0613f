"""The native trie is the reference's: roots, counts and ways, through any history."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primitives.encoding import encode
from primitives.stateproof import verify_state_proof
from primitives.statetree import StateTree
from primitives.trie import ReferenceTrie, Trie
from shell.native import library_name
from shell.trie import EMPTY_TRIE
from tests.fuzz.tries import Histories
from tests.properties import reference

pytestmark = pytest.mark.skipif(
    library_name() is None,
    reason="liqbon-native is not installed; make native builds it where there is a cargo",
)

keys = st.integers(0, 40).map(lambda number: b"key %d" % number)
changes = st.lists(st.tuples(keys, st.none() | st.binary(max_size=6)), max_size=30)
GOLDEN: Final = Path(__file__).resolve().parents[2] / "vectors" / "golden" / "state.json"


def contents(history: Sequence[Sequence[tuple[bytes, bytes | None]]]) -> dict[bytes, bytes]:
    state: dict[bytes, bytes | None] = {}
    for changed in history:
        state.update(changed)
    return {key: value for key, value in state.items() if value is not None}


def whole(trie: Trie, changed: Any) -> Trie:
    ready = trie.changes(changed)
    return trie.updated(ready, 0, len(ready))


@given(st.lists(changes, max_size=8), keys)
def test_any_history_has_the_reference_roots_and_ways(
    history: list[list[tuple[bytes, bytes | None]]], key: bytes
) -> None:
    """[TREE-6, TREE-7, TREE-8]"""
    ours: Trie = EMPTY_TRIE
    theirs: Trie = ReferenceTrie()
    kept: list[tuple[Trie, Trie]] = []
    for changed in history:
        kept.append((ours, theirs))
        ours, theirs = whole(ours, changed), whole(theirs, changed)
    assert ours.root == reference.state_root(contents(history))
    for mine, plain in [*kept, (ours, theirs)]:
        assert (mine.root, mine.count) == (plain.root, plain.count)
        assert mine.path(key) == plain.path(key)


@given(changes, changes, st.integers(1, 12))
def test_parts_of_an_update_come_to_the_whole(
    first: list[tuple[bytes, bytes | None]], then: list[tuple[bytes, bytes | None]], size: int
) -> None:
    """[TREE-7]"""
    before = whole(EMPTY_TRIE, first)
    ready = before.changes(then)
    assert len(ready) == len(dict(then))
    assert ready.repeats == (len(dict(then)) < len(then))
    parts = before
    for low in range(0, len(ready), size):
        parts = parts.updated(ready, low, low + size)
    assert parts.root == before.updated(ready, 0, len(ready)).root
    assert parts.root == reference.state_root(contents([first, then]))


def test_what_is_no_change_is_refused_and_what_is_beyond_the_end_is_nothing() -> None:
    for wrong in (5, [5], [(b"key", "text")], [("key", b"")], [(None, b"")]):
        with pytest.raises(TypeError):
            EMPTY_TRIE.changes(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="length 2"):
        EMPTY_TRIE.changes([(b"key",)])  # type: ignore[list-item]
    ready = EMPTY_TRIE.changes([(b"a", b"1"), (b"b", b"2")])
    for low, high in ((2, 3), (5, 9), (1, 1), (2**63, 2**64 - 1), (1, 0)):
        assert EMPTY_TRIE.updated(ready, low, high).count == 0
    with pytest.raises(OverflowError):
        EMPTY_TRIE.updated(ready, -1, 1)
    assert EMPTY_TRIE.updated(ready, 1, 2**63).count == 1
    assert EMPTY_TRIE.count == 0, "a trie never changes"


def test_a_tree_of_it_proves_every_kept_version() -> None:
    """[TREE-8]"""
    tree, state = StateTree(3, EMPTY_TRIE), {b"%d" % n: b"value" for n in range(1000)}
    tree.load(state.items())
    for version in (1, 2, 3):
        tree.commit(version, [(b"7", b"%d" % version), (b"%d" % version, None)])
    for version in (1, 2, 3):
        root = tree.root_at(version)
        assert verify_state_proof(root, b"7", b"%d" % version, tree.prove(b"7", version))
        assert verify_state_proof(root, b"%d" % version, None, tree.prove(b"%d" % version, version))
        assert verify_state_proof(root, b"absent", None, tree.prove(b"absent", version))
    with pytest.raises(ValueError, match="twice"):
        StateTree(1, EMPTY_TRIE).load([(b"a", b"1"), (b"a", b"2")])


def test_the_golden_vectors_have_their_roots() -> None:
    """[TREE-6]"""
    for case in json.loads(GOLDEN.read_bytes())["cases"]:
        tree = StateTree(1, EMPTY_TRIE)
        pairs = [tuple(map(bytes.fromhex, pair)) for pair in case["entries"]]
        assert tree.load((key, value) for key, value in pairs).hex() == case["root"]
        for proof in case["proofs"]:
            found = tree.prove(bytes.fromhex(proof["key"]))
            assert encode(found).hex() == proof["proof"]


def test_a_seed_of_the_fuzzer_finds_no_difference() -> None:
    histories = Histories(7)
    for _ in range(40):
        histories.step()
    assert histories.compared > 40
