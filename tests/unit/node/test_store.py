"""Both stores change all at once, scan in order, and lose only what was never synced."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.store import Change, LevelStore, MemoryStore, StoreBroken
from node.world import Store


@pytest.fixture(params=["level", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    level = LevelStore.open(tmp_path / "data")
    yield level
    level.close()


def test_what_was_written_is_read(store: Store) -> None:
    store.write([(b"a", b"1"), (b"b", b"")], sync=True)
    assert (store.get(b"a"), store.get(b"b"), store.get(b"c")) == (b"1", b"", None)


def test_the_last_change_of_a_key_counts(store: Store) -> None:
    store.write([(b"a", b"1"), (b"a", None), (b"b", None), (b"b", b"2")], sync=False)
    assert (store.get(b"a"), store.get(b"b")) == (None, b"2")


def test_nothing_is_written_when_one_change_is_impossible(store: Store) -> None:
    store.write([(b"a", b"old")], sync=True)
    broken: list[Change] = [(b"a", b"new"), (b"b", "text")]  # type: ignore[list-item]
    with pytest.raises(TypeError):
        store.write(broken, sync=False)
    assert (store.get(b"a"), store.get(b"b")) == (b"old", None)


def test_a_scan_has_its_start_and_not_its_stop_in_either_direction(store: Store) -> None:
    store.write([(bytes([i]), b"%d" % i) for i in (5, 1, 3, 4, 2)], sync=False)
    ascending = [(b"\x02", b"2"), (b"\x03", b"3")]
    assert list(store.scan(b"\x02", b"\x04")) == ascending
    assert list(store.scan(b"\x02", b"\x04", reverse=True)) == ascending[::-1]
    assert list(store.scan(b"\x06", b"\x09")) == []


def test_a_scan_does_not_see_what_is_written_meanwhile(store: Store) -> None:
    store.write([(b"a", b"1"), (b"b", b"2")], sync=False)
    entries = store.scan(b"a", b"z")
    store.write([(b"b", None), (b"c", b"3")], sync=False)
    assert list(entries) == [(b"a", b"1"), (b"b", b"2")]
    assert [key for key, _ in store.scan(b"a", b"z")] == [b"a", b"c"]


def test_a_reopened_store_holds_everything(tmp_path: Path) -> None:
    first = LevelStore.open(tmp_path)
    first.write([(b"a", b"1")], sync=False)
    first.close()
    second = LevelStore.open(tmp_path)
    assert second.get(b"a") == b"1"
    second.close()


def test_one_process_at_a_time_holds_a_store(tmp_path: Path) -> None:
    first = LevelStore.open(tmp_path)
    with pytest.raises(StoreBroken, match="does not open"):
        LevelStore.open(tmp_path)
    first.close()


def test_a_flipped_byte_in_the_log_is_refused_and_not_skipped(tmp_path: Path) -> None:
    store = LevelStore.open(tmp_path)
    for place in range(3):
        store.write([(b"key %d" % place, b"value" * 50)], sync=True)
    store.close()
    [log] = tmp_path.glob("*.log")
    damaged = bytearray(log.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    log.write_bytes(damaged)
    with pytest.raises(StoreBroken, match="move the store away"):
        LevelStore.open(tmp_path)


def test_the_size_on_disk_grows_with_what_is_stored(tmp_path: Path) -> None:
    store = LevelStore.open(tmp_path)
    assert store.size() == 0
    for first in range(0, 200, 10):
        chunk: list[Change] = [
            (b"%08d" % i, bytes([i]) * 200_000) for i in range(first, first + 10)
        ]
        store.write(chunk, sync=False)
    assert store.size() > 10_000_000
    store.close()


def test_a_crash_loses_unsynced_writes_from_the_end() -> None:
    store = MemoryStore()
    store.write([(b"a", b"1"), (b"b", b"1")], sync=True)
    store.write([(b"a", b"2"), (b"b", None)], sync=False)
    store.write([(b"a", b"3"), (b"c", b"3")], sync=False)
    assert store.unsynced == 2
    store.crash(survivors=1)
    assert list(store.scan(b"a", b"z")) == [(b"a", b"2")]
    assert store.unsynced == 0
    store.crash(survivors=0)
    assert store.get(b"a") == b"2"


def test_a_synced_write_makes_those_before_it_durable() -> None:
    store = MemoryStore()
    store.write([(b"a", b"1")], sync=False)
    store.write([(b"b", b"1")], sync=True)
    store.crash(survivors=0)
    assert (store.get(b"a"), store.get(b"b")) == (b"1", b"1")


keys = st.binary(min_size=1, max_size=2)
writes = st.lists(
    st.lists(st.tuples(keys, st.one_of(st.none(), st.binary(max_size=3))), max_size=5), max_size=8
)


@given(before=writes, after=writes, survivors=st.integers(0, 8))
def test_what_survives_a_crash_is_what_was_written_until_then(
    before: list[list[Change]], after: list[list[Change]], survivors: int
) -> None:
    store, expected = MemoryStore(), dict[bytes, bytes]()
    for place, changes in enumerate([*before, *after]):
        store.write(changes, sync=place < len(before))
        if place < len(before) + survivors:
            for key, value in changes:
                expected.pop(key, None)
                if value is not None:
                    expected[key] = value
    store.crash(survivors)
    assert list(store.scan(b"", b"\xff" * 3)) == sorted(expected.items())
