"""The state is provable at every kept height, however far execution has gone on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.archive import STATE, Archive
from node.state import Cache, LedgerState
from node.store import Change, MemoryStore
from primitives.stateproof import verify_state_proof
from primitives.statetree import StateTree

KEEP = 4

changes_of_a_height = st.dictionaries(
    st.binary(min_size=1, max_size=1),
    st.one_of(st.none(), st.binary(min_size=1, max_size=2)),
    max_size=6,
)


def a_state(store: MemoryStore, keep: int = KEEP) -> LedgerState:
    state = LedgerState(store, keep, cached_values=4)
    state.load(Archive(store), 0)
    return state


def advance(store: MemoryStore, state: LedgerState, height: int, changes: list[Change]) -> None:
    for _ in state.stage(changes):
        pass
    before = {key: state.get(key) for key, _ in changes}
    store.write([(STATE + key, value) for key, value in changes], sync=False)
    state.commit(height, changes, before)


@given(heights=st.lists(changes_of_a_height, max_size=12))
def test_every_kept_height_has_its_root_its_values_and_their_proofs(
    heights: list[dict[bytes, bytes | None]],
) -> None:
    store = MemoryStore()
    state = a_state(store)
    contents: dict[bytes, bytes] = {}
    history = [dict(contents)]
    for height, changes in enumerate(heights, 1):
        advance(store, state, height, sorted(changes.items()))
        for key, value in changes.items():
            contents.pop(key, None)
            if value is not None:
                contents[key] = value
        history.append(dict(contents))
    provable = [height for height in range(len(history)) if state.is_provable(height)]
    assert provable == list(range(len(history)))[-len(provable) :]
    assert len(provable) >= min(KEEP, len(history))
    for height in provable:
        root = StateTree().load(history[height].items())
        assert state.root_at(height) == root
        for key in (bytes([i]) for i in range(0, 256, 17)):
            value = state.at(height, key)
            assert value == history[height].get(key)
            assert verify_state_proof(root, key, value, state.prove(height, key))


def test_heights_that_change_nothing_use_up_no_version() -> None:
    store = MemoryStore()
    state = a_state(store)
    advance(store, state, 1, [(b"a", b"1")])
    for height in range(2, 100):
        advance(store, state, height, [])
    assert state.is_provable(1)
    assert state.at(50, b"a") == b"1"
    assert state.root_at(99) == state.root_at(1) == state.root


def test_a_height_that_is_no_longer_kept_is_not_proven() -> None:
    store = MemoryStore()
    state = a_state(store, keep=2)
    for height in (1, 2, 3):
        advance(store, state, height, [(b"a", b"%d" % height)])
    assert not state.is_provable(1)
    with pytest.raises(KeyError):
        state.prove(1, b"a")
    with pytest.raises(KeyError):
        state.at(1, b"a")
    assert state.at(2, b"a") == b"2"


def test_what_is_staged_is_not_seen() -> None:
    store = MemoryStore()
    state = a_state(store)
    advance(store, state, 1, [(b"a", b"1")])
    staging = state.stage([(b"a", b"2")])
    next(staging)
    assert state.get(b"a") == b"1"
    proof = state.prove(1, b"a")
    assert verify_state_proof(state.root_at(1), b"a", b"1", proof)


@given(st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c", b"d", b"e"]), st.binary(max_size=1))))
def test_a_cache_never_holds_an_old_value(puts: list[tuple[bytes, bytes]]) -> None:
    cache, newest = Cache(4), dict[bytes, bytes]()
    for key, value in puts:
        cache.put(key, value)
        newest[key] = value
        for other in newest:
            assert cache.get(other) in (None, newest[other])
        assert cache.get(key) == value
        if value == b"\0":
            cache.renew([(key, None), (b"f", b"\1")])
            del newest[key]
            newest[b"f"] = b"\1"
            assert cache.get(key) is None


def test_a_cache_is_bounded() -> None:
    cache = Cache(100)
    for place in range(10_000):
        cache.put(b"%d" % place, b"")
    assert sum(cache.get(b"%d" % place) is not None for place in range(10_000)) <= 100
