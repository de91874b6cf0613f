"""Typed entries over bytes, for a block and for a transaction: [STATE-2], [STATE-3], [STATE-4]."""

import pytest

from contracts.state import Draft, State
from primitives.encoding import encode
from primitives.entries import Account, Channel, LaneDay, account_key, channel_key, lane_day_key
from primitives.hashing import ZERO_DIGEST

ID = bytes(range(32))
KEY = account_key(ID)
RICH = Account(5, 1, 0, ZERO_DIGEST)
POOR = Account(4, 1, 1, ID)


class Counting:
    """A reader that says what it was asked."""

    def __init__(self, entries: dict[bytes, bytes]) -> None:
        self.entries = entries
        self.asked: list[bytes] = []

    def get(self, key: bytes, /) -> bytes | None:
        self.asked.append(key)
        return self.entries.get(key)


@pytest.fixture
def reader() -> Counting:
    return Counting({KEY: encode(RICH)})


def test_an_entry_is_read_once_by_its_exact_key(reader: Counting) -> None:
    state = State(reader)
    assert [state.entry(KEY, Account) for _ in range(3)] == [RICH] * 3
    assert state.entry(lane_day_key(0), LaneDay) is None
    assert state.entry(lane_day_key(0), LaneDay) is None
    assert reader.asked == [KEY, lane_day_key(0)]


def test_changes_are_new_values_by_ascending_key(reader: Counting) -> None:
    state = State(reader)
    other = channel_key(ID, 1)
    state.entry(other, Channel)
    state.entry(KEY, Account)
    state.put(other, Channel(1, ID))
    state.put(KEY, POOR)
    changes = state.changes()
    assert changes == [(KEY, encode(POOR)), (other, encode(Channel(1, ID)))]
    assert state.before(changes) == {KEY: encode(RICH), other: None}
    assert reader.entries == {KEY: encode(RICH)}


def test_what_was_changed_back_is_no_change(reader: Counting) -> None:
    state = State(reader)
    state.entry(KEY, Account)
    state.put(KEY, POOR)
    state.put(KEY, Account(5, 1, 0, ZERO_DIGEST))
    assert state.changes() == []


def test_an_entry_created_and_removed_was_never_there() -> None:
    state = State({})
    state.entry(KEY, Account)
    state.put(KEY, RICH)
    state.delete(KEY)
    assert state.changes() == []


def test_a_removed_entry_is_a_change_to_nothing(reader: Counting) -> None:
    state = State(reader)
    state.entry(KEY, Account)
    state.delete(KEY)
    assert state.changes() == [(KEY, None)]
    assert state.entry(KEY, Account) is None


def test_nothing_is_written_that_was_not_asked_for_before() -> None:
    with pytest.raises(AssertionError):
        State({}).put(KEY, RICH)


def test_nothing_is_removed_that_is_not_there() -> None:
    state = State({})
    state.entry(KEY, Account)
    with pytest.raises(AssertionError):
        state.delete(KEY)


def test_a_state_is_itself_a_reader_of_the_present(reader: Counting) -> None:
    state = State(reader)
    assert state.get(KEY) == encode(RICH)
    state.entry(KEY, Account)
    state.put(KEY, POOR)
    assert state.get(KEY) == encode(POOR)
    state.delete(KEY)
    assert state.get(KEY) is None
    assert State(state).entry(KEY, Account) is None


def test_a_draft_sees_its_own_writes_and_the_state_does_not(reader: Counting) -> None:
    state = State(reader)
    draft = Draft(state)
    assert draft.entry(KEY, Account) == RICH
    draft.put(KEY, POOR)
    assert draft.entry(KEY, Account) == POOR
    assert state.entry(KEY, Account) == RICH
    assert state.changes() == []
    draft.commit()
    assert state.entry(KEY, Account) == POOR


def test_a_draft_counts_each_entry_it_creates_once(reader: Counting) -> None:
    draft = Draft(State(reader))
    for key, kind, value in [
        (KEY, Account, POOR),
        (lane_day_key(0), LaneDay, LaneDay(1, 1)),
        (lane_day_key(0), LaneDay, LaneDay(1, 2)),
        (lane_day_key(1), LaneDay, LaneDay(1, 1)),
    ]:
        draft.entry(key, kind)
        draft.put(key, value)
    assert (draft.created, draft.changed) == (2, 3)


def test_a_draft_can_remove_and_commit_it(reader: Counting) -> None:
    state = State(reader)
    draft = Draft(state)
    draft.entry(KEY, Account)
    draft.delete(KEY)
    assert draft.entry(KEY, Account) is None
    draft.commit()
    assert state.changes() == [(KEY, None)]
