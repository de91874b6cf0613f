"""The state trie against its slow reference, through histories of changes and kept versions."""

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from primitives.stateproof import MAX_DEPTH, value_hash, verify_state_proof
from primitives.statetree import StateTree
from primitives.trie import EMPTY, ReferenceTrie
from tests.properties import reference

keys = st.integers(0, 60).map(lambda number: b"key %d" % number)
values = st.binary(max_size=6)
changes = st.lists(st.tuples(keys, st.none() | values), max_size=30)
KEEP = 4


def apply(state: dict[bytes, bytes], changed: list[tuple[bytes, bytes | None]]) -> None:
    for key, value in changed:
        if value is None:
            state.pop(key, None)
        else:
            state[key] = value


@given(st.dictionaries(keys, values), changes)
def test_the_root_depends_on_contents_alone(
    state: dict[bytes, bytes], changed: list[tuple[bytes, bytes | None]]
) -> None:
    """[TREE-6, TREE-7]"""
    tree = StateTree()
    assert tree.load(state.items()) == reference.state_root(state)
    apply(state, changed)
    assert tree.update(changed) == reference.state_root(state)
    assert tree.count == len(state)
    one_by_one = StateTree()
    for key in sorted(state, reverse=True):
        one_by_one.update([(key, state[key])])
    assert one_by_one.root == tree.root


@given(st.dictionaries(keys, values), changes, st.integers(1, 12))
def test_an_update_in_steps_ends_at_the_same_root(
    state: dict[bytes, bytes], changed: list[tuple[bytes, bytes | None]], size: int
) -> None:
    """[TREE-7]"""
    tree = StateTree(KEEP)
    tree.load(state.items())
    kept = tree.commit(1)
    steps = sum(1 for _ in tree.updating(changed, size))
    assert steps == -(-len(dict(changed)) // size)
    assert tree.root_at(1) == kept == reference.state_root(state)
    apply(state, changed)
    assert tree.root == reference.state_root(state)
    assert tree.count == len(state)


@given(st.lists(st.integers(0, 2**10 - 1), max_size=24), st.data())
def test_long_common_prefixes_make_deep_paths(numbers: list[int], data: st.DataObject) -> None:
    """[TREE-6] Key hashes alike in up to 255 bits, which no known key gives: so made by hand."""
    shapes = st.sampled_from([0, 1, 100, 246])
    hashes = [(number << data.draw(shapes)).to_bytes(32, "big") for number in numbers]
    entries = dict.fromkeys(hashes, b"\x01" * 32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("primitives.trie.sha256", PlainKeys)
        tree = StateTree()
        tree.update((key, b"value") for key in entries)
        assert tree.count == len(entries)
        expected = reference.trie(
            {key: reference.digest("tree/value", b"value") for key in entries}, 0
        )
        assert tree.root == expected
        for key in hashes:
            assert len(tree.prove(key).siblings) <= MAX_DEPTH
        tree.update((key, None) for key in hashes[1:])
        rest = {key: reference.digest("tree/value", b"value") for key in hashes[:1]}
        rest = {key: value for key, value in rest.items() if key not in hashes[1:]}
        assert tree.root == reference.trie(rest, 0)


class PlainKeys:
    """SHA-256, but a key of 32 bytes is its own hash."""

    def __init__(self, data: bytes) -> None:
        prefix = b"LiqBon/tree/key\0"
        self.data = data
        self.own = data[len(prefix) :] if data.startswith(prefix) else None

    def digest(self) -> bytes:
        return self.own if self.own is not None else sha256(self.data).digest()


def test_an_empty_tree_has_the_zero_root() -> None:
    """[TREE-6]"""
    tree = StateTree()
    assert tree.root == bytes(32) == EMPTY
    assert (tree.count, tree.get(b"key")) == (0, None)
    assert tree.update([(b"key", None)]) == bytes(32)
    tree.update([(b"key", b"value")])
    assert tree.update([(b"key", None)]) == bytes(32)
    assert tree.count == 0


def test_the_last_change_of_a_key_counts() -> None:
    """[TREE-7]"""
    tree = StateTree()
    tree.update([(b"a", b"1"), (b"b", b"2"), (b"a", None), (b"b", b"3"), (b"c", None)])
    assert tree.root == reference.state_root({b"b": b"3"})
    assert tree.get(b"b") == value_hash(b"3")
    assert tree.get(b"a") is None


def test_what_changes_nothing_makes_no_node() -> None:
    tree = StateTree()
    tree.load((b"%d" % number, b"value") for number in range(100))
    before = tree._trie
    assert isinstance(before, ReferenceTrie)
    tree.update([(b"%d" % number, b"value") for number in range(50)])
    tree.update([(b"absent %d" % number, None) for number in range(50)])
    assert tree._trie is before


def test_a_change_that_cannot_be_made_leaves_all_as_it_was() -> None:
    tree = StateTree()
    tree.commit(1, [(b"a", b"1")])
    root = tree.root
    broken: Any = [(b"b", b"2"), (b"c", "text")]
    with pytest.raises(TypeError):
        tree.commit(2, broken)
    assert (tree.root, tree.count, tree.versions) == (root, 1, (1,))


def test_only_an_empty_tree_is_loaded_and_no_key_twice() -> None:
    tree = StateTree()
    with pytest.raises(ValueError, match="twice"):
        tree.load([(b"a", b"1"), (b"a", b"1")])
    tree.load([(b"a", b"1")])
    with pytest.raises(ValueError, match="empty"):
        tree.load([(b"b", b"1")])


def test_versions_rise_and_the_oldest_go() -> None:
    tree = StateTree(keep=3)
    roots = {version: tree.commit(version, [(b"k", b"%d" % version)]) for version in (1, 2, 5, 9)}
    assert tree.versions == (2, 5, 9)
    assert [tree.root_at(version) for version in (2, 5, 9)] == [roots[v] for v in (2, 5, 9)]
    for gone in (0, 1, 3, 10):
        with pytest.raises(KeyError):
            tree.root_at(gone)
        with pytest.raises(KeyError):
            tree.prove(b"k", gone)
    for old in (9, 8, -1):
        with pytest.raises(ValueError, match="not after"):
            tree.commit(old)
    assert tree.commit(10) == roots[9]


def test_a_tree_keeps_at_least_one_version() -> None:
    with pytest.raises(ValueError, match="at least one"):
        StateTree(keep=0)


class Histories(RuleBasedStateMachine):
    """Any history of commits: each kept version goes on proving what it held."""

    def __init__(self) -> None:
        super().__init__()
        self.tree = StateTree(keep=KEEP)
        self.state: dict[bytes, bytes] = {}
        self.held: dict[int, dict[bytes, bytes]] = {}
        self.version = 0

    @rule(changed=changes, step=st.integers(1, 3))
    def commit(self, changed: list[tuple[bytes, bytes | None]], step: int) -> None:
        self.version += step
        self.tree.commit(self.version, changed)
        apply(self.state, changed)
        self.held[self.version] = dict(self.state)
        self.held = dict(list(self.held.items())[-KEEP:])

    @rule(changed=changes)
    def update(self, changed: list[tuple[bytes, bytes | None]]) -> None:
        self.tree.update(changed)
        apply(self.state, changed)

    @rule(key=keys)
    def prove(self, key: bytes) -> None:
        for version, state in self.held.items():
            proof = self.tree.prove(key, version)
            root = self.tree.root_at(version)
            assert verify_state_proof(root, key, state.get(key), proof)
        assert verify_state_proof(self.tree.root, key, self.state.get(key), self.tree.prove(key))

    @invariant()
    def all_versions_are_what_they_were(self) -> None:
        assert self.tree.versions == tuple(self.held)
        for version, state in self.held.items():
            assert self.tree.root_at(version) == reference.state_root(state)
        assert self.tree.root == reference.state_root(self.state)
        assert self.tree.count == len(self.state)


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=40, stateful_step_count=12, deadline=None)
