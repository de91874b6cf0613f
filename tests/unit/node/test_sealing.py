"""A lone payment is sealed at once; a busy lane waits for company, within bounds."""

from __future__ import annotations

import asyncio
import time

from node.fairness import Item
from node.sealing import LEAD_MS, SEAL_AFTER_S, Ahead, Sealer, Standing
from primitives.batch import MAX_TRANSACTIONS, SEAL_BYTES

SOMEONE = Standing(b"someone", 1_000, favoured=False)


class FakeLane:
    """A lane whose room, and what of it is to be ordered, a test sets."""

    def __init__(self, room: bool = True, unordered: int = 0) -> None:
        self.room = room
        self.unordered = unordered
        self.until_block_ms = 0
        self.batches: list[tuple[tuple[bytes, ...], int]] = []
        self.sealed = asyncio.Event()

    def can_seal(self) -> bool:
        return self.room

    def ahead(self) -> Ahead:
        return Ahead(self.unordered, self.until_block_ms)

    def seal(self, transactions: tuple[bytes, ...], weight: int) -> None:
        self.batches.append((transactions, weight))
        self.unordered += 1
        self.sealed.set()


def a_sealer(lane: FakeLane, most_weight: int = 10**6) -> Sealer:
    return Sealer(lane, most_weight, lambda _: True)


def push(sealer: Sealer, count: int, size: int = 100, weight: int = 3, first: int = 0) -> None:
    for place in range(first, first + count):
        sealer.push(Item(b"%d" % place, b"%08d" % place + b"x" * (size - 8), weight), SOMEONE)


async def test_a_lone_transaction_is_sealed_at_once_in_an_idle_lane() -> None:
    lane = FakeLane()
    sealer = a_sealer(lane)
    push(sealer, 1)
    sealer.poke()
    assert [(len(batch), weight) for batch, weight in lane.batches] == [(1, 3)]
    assert sealer.count == 0


async def test_a_busy_lane_waits_for_company_but_not_for_long() -> None:
    lane = FakeLane(unordered=1)
    sealer = a_sealer(lane)
    started = time.monotonic()
    push(sealer, 2)
    sealer.poke()
    push(sealer, 3, first=2)
    sealer.poke()
    assert lane.batches == []
    await asyncio.wait_for(lane.sealed.wait(), 5)
    assert SEAL_AFTER_S * 0.9 < time.monotonic() - started < 1
    assert [len(batch) for batch, _ in lane.batches] == [5]


async def test_an_idle_lane_seals_just_before_the_next_block_may_be_proposed() -> None:
    lane = FakeLane()
    lane.until_block_ms = LEAD_MS + 70
    sealer = a_sealer(lane)
    push(sealer, 1)
    sealer.poke()
    assert lane.batches == []
    lane.until_block_ms = LEAD_MS
    push(sealer, 1, first=1)
    sealer.poke()
    assert [len(batch) for batch, _ in lane.batches] == [2]


async def test_a_block_that_seems_far_away_holds_nothing_up() -> None:
    """Its time may be of a faster clock."""
    lane = FakeLane()
    lane.until_block_ms = 3_600_000
    sealer = a_sealer(lane)
    push(sealer, 1)
    sealer.poke()
    assert lane.batches == []
    await asyncio.wait_for(lane.sealed.wait(), 5)


async def test_the_more_is_to_be_ordered_the_longer_a_batch_gathers() -> None:
    lane = FakeLane(unordered=2)
    sealer = a_sealer(lane)
    started = time.monotonic()
    push(sealer, 1)
    sealer.poke()
    await asyncio.wait_for(lane.sealed.wait(), 5)
    assert time.monotonic() - started > 2 * SEAL_AFTER_S * 0.9
    lane.unordered = 1_000
    push(sealer, 1)
    sealer.poke()
    assert len(lane.batches) == 1
    lane.unordered = 0
    sealer.poke()
    assert len(lane.batches) == 2, "what was ordered meanwhile ends the wait"


async def test_a_busy_lane_seals_what_fills_a_batch() -> None:
    lane = FakeLane(unordered=1)
    sealer = a_sealer(lane)
    push(sealer, MAX_TRANSACTIONS - 1, size=20)
    sealer.poke()
    assert lane.batches == []
    push(sealer, 1, size=20)
    sealer.poke()
    assert [len(batch) for batch, _ in lane.batches] == [MAX_TRANSACTIONS]
    push(sealer, SEAL_BYTES // 10_000 + 1, size=10_000)
    sealer.poke()
    assert sum(len(each) for each in lane.batches[1][0]) >= SEAL_BYTES
    assert sum(len(each) for each in lane.batches[1][0]) < SEAL_BYTES + 10_000


async def test_a_lane_without_room_is_asked_again() -> None:
    lane = FakeLane(room=False)
    sealer = a_sealer(lane)
    push(sealer, 1)
    sealer.poke()
    await asyncio.sleep(3 * SEAL_AFTER_S)
    assert lane.batches == []
    lane.room = True
    await asyncio.wait_for(lane.sealed.wait(), 5)


async def test_no_batch_is_heavier_than_a_block_takes_of_a_lane() -> None:
    lane = FakeLane()
    sealer = a_sealer(lane, most_weight=10)
    push(sealer, 7)
    while sealer.count:
        lane.unordered = 0
        sealer.poke()
    assert [weight for _, weight in lane.batches] == [9, 9, 3]
    assert sorted(raw for batch, _ in lane.batches for raw in batch) == sorted(
        b"%08d" % place + b"x" * 92 for place in range(7)
    )


async def test_what_nobody_wants_any_more_is_left_out() -> None:
    lane = FakeLane()
    sealer = Sealer(lane, 10**6, lambda id_: id_ == b"1")
    push(sealer, 3)
    sealer.poke()
    assert [batch for batch, _ in lane.batches] == [(b"%08d" % 1 + b"x" * 92,)]
    push(sealer, 1)
    lane.unordered = 0
    sealer.poke()
    assert len(lane.batches) == 1, "an empty batch is not sealed"


async def test_a_cleared_sealer_seals_nothing_of_before() -> None:
    lane = FakeLane(unordered=1)
    sealer = a_sealer(lane)
    push(sealer, 1)
    sealer.poke()
    sealer.clear()
    await asyncio.sleep(2 * SEAL_AFTER_S)
    assert lane.batches == []
