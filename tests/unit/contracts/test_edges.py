"""Edges that surviving mutants pointed at: where one more unit, or none, makes the difference.

[LEDGER-2], [LEDGER-24], [LEDGER-26], [STATE-7]; each was a line that could be broken unnoticed.
"""

import pytest
from msgspec.structs import replace

from contracts import due, reserves, supply, token
from contracts.state import Draft, State
from primitives.encoding import encode
from primitives.entries import (
    DUE_PAGE_ITEMS,
    SUPPLY_KEY,
    DueNode,
    DuePage,
    Limits,
    PendingReserve,
    ReserveLapse,
    ReserveStart,
    Supply,
    due_node_key,
    due_page_key,
    limits_key,
)
from tests.builders import GENESIS_TIME, LIMITS, a_person
from tests.ledger import Ledger

CONTEXT = Ledger().context()


def limits(reserve: int, pending: int | None = None, earmarked: int = 0) -> Limits:
    """A reserve that counts, and perhaps another that waits."""
    terms = replace(LIMITS, reserve=reserve)
    waits = PendingReserve(pending, GENESIS_TIME, CONTEXT.time) if pending is not None else None
    return Limits(terms, True, earmarked, 0, 0, waits, None, None)


def test_who_has_no_record_holds_nothing() -> None:
    assert token.balance(State({}), a_person("Nobody").account) == 0


# --- reserves ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reserve", "earmarked", "free"), [(7, 5, 2), (5, 5, 0), (5, 6, 0), (5, 9, 0)]
)
def test_what_disputes_hold_beyond_the_reserve_is_no_debt(
    reserve: int, earmarked: int, free: int
) -> None:
    """A later attestation may say that there is less than what was held for a dispute."""
    assert reserves.available(limits(reserve, earmarked=earmarked)) == free


@pytest.mark.parametrize(("left", "counts"), [(2, True), (1, True), (0, False)])
def test_a_reserve_counts_down_to_its_last_unit(left: int, counts: bool) -> None:
    """[LEDGER-26]"""
    after = reserves.without(limits(9), CONTEXT, 9 - left)
    assert (after.terms.reserve, after.reserve_counts) == (left, counts)


@pytest.mark.parametrize(("pending", "left"), [(9, 1), (8, 0), (7, 0)])
def test_an_increase_that_waits_shrinks_to_nothing_and_no_further(pending: int, left: int) -> None:
    """[LEDGER-26]"""
    after = reserves.without(limits(8, pending), CONTEXT, 8).pending_reserve
    assert after is not None
    assert after.amount == left


@pytest.mark.parametrize(("amount", "counts"), [(2, True), (1, True), (0, False)])
def test_an_increase_that_was_drawn_before_it_began_does_not_count(
    amount: int, counts: bool
) -> None:
    """[LEDGER-24]"""
    key = limits_key("north")
    draft = Draft(State({key: encode(limits(0, amount))}))
    reserves.reserve_starts(draft, CONTEXT, ReserveStart("north", GENESIS_TIME))
    after = draft.entry(key, Limits)
    assert after is not None
    assert (after.terms.reserve, after.reserve_counts) == (amount, counts)


# --- what would be our own mistake ---------------------------------------------------------------


def test_more_is_never_burnt_than_there_is() -> None:
    """[LEDGER-2]"""
    state = State({SUPPLY_KEY: encode(Supply(5, 4, 0))})
    supply.add_redeemed(state, 1)
    with pytest.raises(AssertionError):
        supply.add_redeemed(state, 1)


def test_more_never_comes_back_than_was_burnt() -> None:
    """[LEDGER-2]"""
    state = State({SUPPLY_KEY: encode(Supply(5, 4, 3))})
    supply.add_refunded(state, 1)
    with pytest.raises(AssertionError):
        supply.add_refunded(state, 1)


def a_calendar(items: int) -> dict[bytes, bytes]:
    """One second with so many items."""
    state = State({})
    for number in range(items):
        due.insert(state, 9_000, ReserveLapse("north", number))
    return {key: value for key, value in state.changes() if value is not None}


def test_only_the_first_page_of_a_second_was_begun() -> None:
    """[STATE-7]"""
    entries = a_calendar(DUE_PAGE_ITEMS + 2)
    state = State(entries)
    due.pop(state, 9_000)
    assert len(due.waiting(state, 9, 0)) == DUE_PAGE_ITEMS - 1
    assert len(due.waiting(state, 9, 1)) == 2


def test_a_page_of_no_queue_holds_nothing() -> None:
    page = encode(DuePage((ReserveLapse("north", 1),)))
    assert due.waiting(State({due_page_key(9, 0): page}), 9, 0) == ()


def test_a_page_that_nobody_put_there_stops_the_node() -> None:
    """[STATE-7] a queue knows its last page."""
    page = encode(DuePage((ReserveLapse("north", 99),)))
    state = State({**a_calendar(DUE_PAGE_ITEMS), due_page_key(9, 1): page})
    with pytest.raises(AssertionError):
        due.insert(state, 9_000, ReserveLapse("north", 100))


def test_a_node_without_children_stops_the_node() -> None:
    """[STATE-8] it should have gone with its last child."""
    with pytest.raises(AssertionError, match="children"):
        due.earliest(State({due_node_key(b""): encode(DueNode(bytes(32)))}))


def test_a_draft_that_removes_what_is_not_there_is_not_committed() -> None:
    """[STATE-3]"""
    draft = Draft(State({}))
    assert draft.entry(SUPPLY_KEY, Supply) is None
    draft.delete(SUPPLY_KEY)
    with pytest.raises(AssertionError):
        draft.commit()


def test_a_gap_in_the_calendar_stops_the_node() -> None:
    """[STATE-7] a calendar that lost its middle is not an empty one."""
    entries = a_calendar(1)
    del entries[due_node_key(b"\0")]
    with pytest.raises(AssertionError):
        due.earliest(State(entries))
