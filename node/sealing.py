"""When what was taken in becomes a batch. Knows the queue, the lane's room and time; no ledger.

At once while the lane is idle, so that a lone payment does not wait; otherwise by size, or when the
oldest has waited for company: 100 ms, and twice as long with each further batch that still waits to
be ordered. Each batch costs every validator signatures, a job and a record, and one more does not
bring forward what waits for a block anyway.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from node.fairness import FairQueue, Item
from primitives.batch import MAX_TRANSACTIONS, SEAL_BYTES

SEAL_AFTER_S: Final = 0.1
"""How long a transaction waits for company while one batch of the lane is to be ordered."""
MOST_DOUBLINGS: Final = 4
"""More batches than one double that, up to 1.6 s."""
LOOK_AGAIN_S: Final = 0.010
"""How soon to look whether a lane without room has some again, should nobody say so."""


class Lane(Protocol):
    """The own lane, as the replica keeps it."""

    def can_seal(self) -> bool:
        """Whether the lane has room for a batch."""

    @property
    def unordered(self) -> int:
        """How many own batches are still to be ordered."""

    def seal(self, transactions: tuple[bytes, ...], weight: int) -> None:
        """Make a batch of checked transactions."""


class Standing(NamedTuple):
    """What a sender's turns depend on."""

    sender: bytes
    quantum: int
    favoured: bool


class Sealer:
    """Transactions that wait for a batch. ``is_alive`` says whether one is still wanted.

    ``most_weight`` is what a block may order of one lane: a heavier batch would never be ordered.
    """

    def __init__(self, lane: Lane, most_weight: int, is_alive: Callable[[bytes], bool]) -> None:
        self._lane = lane
        self._most_weight = most_weight
        self._is_alive = is_alive
        self._queue = FairQueue()
        self._first: Item | None = None
        self._oldest_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.batches = 0
        self.transactions = 0

    @property
    def count(self) -> int:
        """Transactions that wait."""
        return self._queue.count + (self._first is not None)

    def push(self, item: Item, standing: Standing) -> None:
        """Wait for a batch; ``poke`` must follow."""
        if not self.count:
            self._oldest_s = asyncio.get_running_loop().time()
        self._queue.push(standing.sender, item, standing.quantum, standing.favoured)

    def poke(self) -> None:
        """Something changed: seal what is due, and come back when the rest may be."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self.count:
            return
        loop = asyncio.get_running_loop()
        while self.count and self._lane.can_seal() and self._is_due(loop.time()):
            transactions, weight = self._take()
            if transactions:
                self.batches += 1
                self.transactions += len(transactions)
                self._lane.seal(transactions, weight)
            self._oldest_s = loop.time()
        if self.count:
            wait_s = self._due_s() - loop.time()
            self._timer = loop.call_later(max(wait_s, LOOK_AGAIN_S), self.poke)

    def clear(self) -> None:
        """Forget what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._queue = FairQueue()
        self._first = None

    def _is_due(self, now_s: float) -> bool:
        return (
            now_s >= self._due_s()
            or self._queue.size >= SEAL_BYTES
            or self._queue.count >= MAX_TRANSACTIONS
        )

    def _due_s(self) -> float:
        """Until when the oldest waits for company."""
        unordered = self._lane.unordered
        if not unordered:
            return self._oldest_s
        return self._oldest_s + SEAL_AFTER_S * (1 << min(unordered - 1, MOST_DOUBLINGS))

    def _take(self) -> tuple[tuple[bytes, ...], int]:
        """The next batch: up to its bounds in count, bytes and weight."""
        taken: list[bytes] = []
        size = weight = 0
        while len(taken) < MAX_TRANSACTIONS and size < SEAL_BYTES:
            item = self._first or self._queue.pop()
            self._first = None
            if item is None:
                break
            if not self._is_alive(item.id):
                continue
            if weight + item.weight > self._most_weight:
                self._first = item
                break
            taken.append(item.raw)
            size += len(item.raw)
            weight += item.weight
        return tuple(taken), weight
