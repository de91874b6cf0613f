"""The calendar and what falls due: [STATE-7], [STATE-8], [LEDGER-10], [LEDGER-11], [LEDGER-15]."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts import due
from contracts.invariants.calendar import Calendar, check_calendar, is_calendar
from contracts.state import Draft, State
from contracts.transition import next_due_ms
from primitives.amount import MAX_PER_DAY, MICRO
from primitives.entries import (
    DUE_PAGE_ITEMS,
    SETTLEMENT_KEY,
    DueItem,
    Limits,
    Programme,
    RateStart,
    ReserveLapse,
    Settlement,
    decode_entry,
    due_origin,
    limits_key,
    programme_key,
)
from primitives.genesis import LAST_DUE_MS, Rate
from primitives.receipt import CycleClosed, Outcome, RateChanged, Receipt, ReserveLapsed
from tests.builders import (
    BONUS,
    CODES,
    DAY_MS,
    GENESIS_TIME,
    HOUR_MS,
    LIMITS,
    PARAMETERS,
    SECOND_MS,
    a_genesis,
    a_person,
)
from tests.ledger import Ledger

ALICE = a_person("Alice")


def item(number: int) -> DueItem:
    return ReserveLapse("north", number)


def stored(state: State, base: dict[bytes, bytes]) -> dict[bytes, bytes]:
    """The committed entries after the state's changes."""
    after = dict(base)
    for key, value in state.changes():
        if value is None:
            del after[key]
        else:
            after[key] = value
    return after


def filled(*times: int) -> dict[bytes, bytes]:
    state = State({})
    for number, time in enumerate(times):
        due.insert(state, time, item(number))
    return stored(state, {})


def drained(entries: dict[bytes, bytes], now: int) -> tuple[list[due.Due], dict[bytes, bytes]]:
    state = State(entries)
    taken = []
    while (one := due.pop(state, now)) is not None:
        taken.append(one)
    return taken, stored(state, entries)


def test_an_empty_calendar_has_nothing_due_ever() -> None:
    assert due.earliest(State({})) is None
    assert due.pop(State({}), LAST_DUE_MS) is None
    assert next_due_ms({}) is None


def test_an_item_is_due_from_its_own_second_on_and_not_before() -> None:
    entries = filled(5_000_000)
    assert next_due_ms(entries) == 5_000_000
    assert due.pop(State(entries), 4_999_999) is None
    taken = due.pop(State(entries), 5_000_000)
    assert taken == due.Due(due_origin(5_000, 0, 0), item(0))


@pytest.mark.parametrize(
    ("time", "second"), [(0, 0), (1, 1), (999, 1), (1_000, 1), (1_001, 2), (LAST_DUE_MS, 2**32 - 1)]
)
def test_a_time_inside_a_second_waits_for_its_end(time: int, second: int) -> None:
    assert due.second_of(time) == second


def test_the_last_second_of_the_calendar_can_be_used() -> None:
    taken, left = drained(filled(LAST_DUE_MS, 0), LAST_DUE_MS)
    assert [one.item for one in taken] == [item(1), item(0)]
    assert left == {}


def test_items_come_by_second_and_within_it_in_the_order_they_were_put() -> None:
    entries = filled(9_000, 2_000, 9_000, 70_000_000, 2_000, 8_001)
    taken, _ = drained(entries, 100_000_000)
    assert [one.item for one in taken] == [item(n) for n in (1, 4, 0, 2, 5, 3)]


def test_one_second_holds_more_than_a_page() -> None:
    total = 2 * DUE_PAGE_ITEMS + 5
    entries = filled(*[9_000] * total)
    state = State(entries)
    pages = [due.waiting(state, 9, page) for page in range(4)]
    assert [len(page) for page in pages] == [DUE_PAGE_ITEMS, DUE_PAGE_ITEMS, 5, 0]
    taken, left = drained(entries, 9_000)
    assert [one.item for one in taken] == [item(n) for n in range(total)]
    assert left == {}
    assert len(dict.fromkeys(one.origin for one in taken)) == total


def test_what_a_block_leaves_is_still_there_for_the_next() -> None:
    entries = filled(*[9_000] * 40)
    state = State(entries)
    for _ in range(33):
        due.pop(state, 9_000)
    entries = stored(state, entries)
    assert due.waiting(State(entries), 9, 0) == ()
    assert due.waiting(State(entries), 9, 1) == tuple(item(n) for n in range(33, 40))
    assert next_due_ms(entries) == 9_000
    taken, left = drained(entries, 9_000)
    assert [one.item for one in taken] == [item(n) for n in range(33, 40)]
    assert left == {}


def test_waiting_items_of_a_second_without_any_are_none() -> None:
    assert due.waiting(State(filled(9_000)), 8, 0) == ()


def test_a_full_first_page_is_not_reused_once_items_left_it() -> None:
    """Places on a page are never used twice, so that no two receipts have one origin [RCPT-3]."""
    state = State(filled(*[9_000] * DUE_PAGE_ITEMS))
    first = due.pop(state, 9_000)
    due.insert(state, 9_000, item(99))
    rest = [due.pop(state, 9_000) for _ in range(DUE_PAGE_ITEMS)]
    origins = [one.origin for one in [first, *rest] if one is not None]
    assert len(dict.fromkeys(origins)) == DUE_PAGE_ITEMS + 1
    assert rest[-1] == due.Due(due_origin(9, 1, 0), item(99))


def test_the_calendar_works_in_a_draft_that_is_thrown_away() -> None:
    entries = filled(9_000)
    state = State(entries)
    draft = Draft(state)
    due.insert(draft, 8_000, item(7))
    assert due.earliest(draft) == 8
    assert due.pop(draft, 8_000) == due.Due(due_origin(8, 0, 0), item(7))
    assert due.earliest(draft) == 9
    assert state.changes() == []


def test_a_draft_that_is_committed_put_its_items() -> None:
    state = State(filled(9_000))
    draft = Draft(state)
    due.insert(draft, 8_000, item(7))
    draft.commit()
    assert draft.created == 2, "a queue and a page; the bitmaps above them stood already"
    assert due.earliest(state) == 8


seconds = st.one_of(
    st.integers(0, 2**32 - 1), st.integers(0, 600), st.integers(2**24 - 3, 2**24 + 3)
)


@given(st.lists(st.tuples(seconds, st.booleans()), max_size=120))
def test_the_calendar_is_a_sorted_queue_that_leaves_no_trace(
    steps: list[tuple[int, bool]],
) -> None:
    """Against a sorted list; and at the end, empty, the state is what it was [STATE-8]."""
    base = filled(1_000_000)
    state = State(base)
    model: list[tuple[int, int]] = [(1_000, 0)]
    for number, (second, take) in enumerate(steps, start=1):
        if take and model:
            model.sort()
            expected = model.pop(0)
            taken = due.pop(state, LAST_DUE_MS)
            assert taken is not None
            assert taken.item == item(expected[1])
        else:
            due.insert(state, second * SECOND_MS, item(number))
            model.append((second, number))
        assert due.earliest(state) == min((entry[0] for entry in model), default=None)
    after = stored(state, base)
    calendar = Calendar()
    for key, raw in after.items():
        value = decode_entry(key, raw)
        if is_calendar(value):
            calendar.read(key, value)
    check_calendar(calendar)
    taken_after, left = drained(after, LAST_DUE_MS)
    assert [one.item for one in taken_after] == [item(number) for _, number in sorted(model)]
    assert left == {}


CLOSING = GENESIS_TIME + 400 * DAY_MS


def quiet_ledger(n: int = 4, due_per_block: int = 64) -> Ledger:
    """No settlement closes for as long as there may be none."""
    parameters = replace(
        PARAMETERS, settlement_cycle_ms=CLOSING - GENESIS_TIME, due_per_block=due_per_block
    )
    return Ledger(a_genesis(n=n, parameters=parameters))


def test_a_reserve_lapses_by_itself_and_only_minting_stops() -> None:
    """[LEDGER-10]"""
    terms = replace(LIMITS, credit=0, mint_per_day=MAX_PER_DAY)
    ledger = Ledger(a_genesis(limits=terms))
    ledger.give(ALICE, MICRO)
    lapse = GENESIS_TIME + PARAMETERS.reserve_lapse_ms
    quiet = ledger.pass_time(lapse - 1 - ledger.time).receipts
    assert [type(event) for receipt in quiet for event in receipt.events] == [CycleClosed]
    assert ledger.send(ledger.mint("north", ALICE, 1)) == Outcome.LIMIT_EXCEEDED
    assert ledger.last is not None
    lapses = [(ReserveLapsed(code),) for code in CODES]
    assert [receipt.events for receipt in ledger.last.receipts[:-1]][: len(CODES)] == lapses
    assert ledger.balance(ALICE) == MICRO
    assert ledger.send(ledger.transfer(ALICE, (a_person("Bob"), MICRO))) == Outcome.DONE
    assert ledger.last.next_due_ms == ledger.entry(SETTLEMENT_KEY, Settlement).closes  # type: ignore[union-attr]


def test_a_lapse_of_an_older_attestation_is_no_lapse() -> None:
    """[LEDGER-10]"""
    ledger = quiet_ledger()
    limits = ledger.entry(limits_key("north"), Limits)
    assert limits is not None
    renewed = replace(limits, terms=replace(limits.terms, reserve_attested=GENESIS_TIME + 1))
    state = State(ledger.state)
    assert state.entry(limits_key("north"), Limits) == limits
    state.put(limits_key("north"), renewed)
    ledger.state = stored(state, ledger.state)
    result = ledger.pass_time(PARAMETERS.reserve_lapse_ms)
    assert [len(receipt.events) for receipt in result.receipts] == [0, 1, 1, 1]
    assert ledger.entry(limits_key("north"), Limits) == renewed


def test_a_published_rate_begins_by_itself_before_the_block_s_transactions() -> None:
    """[LEDGER-11], [LEDGER-15]: the mint beside it in the block is held to the new rate."""
    start = GENESIS_TIME + HOUR_MS
    rates = (Rate(GENESIS_TIME, 10_000, 1), Rate(start, 20_000, 1))
    ledger = Ledger(a_genesis(programmes=[replace(BONUS, rates=rates)]))
    valid = {"valid_until": start + HOUR_MS}
    old = ledger.mint("north", ALICE, 5, amount=50_000, **valid)
    assert ledger.send(old, after_ms=HOUR_MS - 1) == Outcome.DONE
    new = ledger.mint("north", ALICE, 5, amount=100_000, **valid)
    [verdict] = ledger.block(new, after_ms=1)
    assert isinstance(verdict, Receipt)
    assert verdict.outcome == Outcome.DONE
    assert ledger.last is not None
    changed = [(RateChanged(code, "bonus", rates[1]),) for code in CODES]
    assert [receipt.events for receipt in ledger.last.receipts[:-1]] == changed
    assert ledger.last.receipts[-1] == verdict
    assert ledger.send(ledger.mint("north", ALICE, 5, amount=50_000)) == Outcome.RATE_MISMATCH


def test_two_rates_of_one_second_begin_in_the_order_of_their_times() -> None:
    start = GENESIS_TIME + HOUR_MS
    rates = (Rate(GENESIS_TIME, 1, 1), Rate(start + 1, 2, 1), Rate(start + 2, 3, 1))
    ledger = Ledger(a_genesis(n=1, programmes=[replace(BONUS, rates=rates)]))
    ledger.pass_time(HOUR_MS + SECOND_MS)
    programme = ledger.entry(programme_key("north", "bonus"), Programme)
    assert programme is not None
    assert programme.rate == rates[2]


def test_a_rate_that_was_overtaken_does_not_come_back() -> None:
    ledger = Ledger(
        a_genesis(programmes=[replace(BONUS, rates=(BONUS.rates[0], Rate(GENESIS_TIME + 1, 2, 1)))])
    )
    ledger.pass_time(SECOND_MS)
    state = State(ledger.state)
    due.insert(state, ledger.time + 1, RateStart("north", "bonus", 0))
    ledger.state = stored(state, ledger.state)
    result = ledger.pass_time(SECOND_MS)
    assert [receipt.events for receipt in result.receipts] == [()]
    programme = ledger.entry(programme_key("north", "bonus"), Programme)
    assert programme is not None
    assert programme.place == 1


def test_a_block_carries_out_at_most_its_bound_and_the_rest_is_late_not_lost() -> None:
    """[LEDGER-15]"""
    ledger = quiet_ledger(n=7, due_per_block=3)
    lapse = GENESIS_TIME + PARAMETERS.reserve_lapse_ms
    counts = []
    for _ in range(4):
        result = ledger.pass_time(PARAMETERS.reserve_lapse_ms if not counts else SECOND_MS)
        counts.append(len(result.receipts))
        expected = lapse if sum(counts) < 7 else CLOSING
        assert result.next_due_ms == expected == next_due_ms(ledger.state)
        ledger.scan()
    assert counts == [3, 3, 1, 0]


def test_the_receipt_of_what_fell_due_names_its_place_in_the_calendar() -> None:
    """[RCPT-3]"""
    ledger = quiet_ledger()
    result = ledger.pass_time(40 * DAY_MS)
    second = (GENESIS_TIME + PARAMETERS.reserve_lapse_ms) // SECOND_MS
    assert [r.origin for r in result.receipts] == [due_origin(second, 0, i) for i in range(4)]
