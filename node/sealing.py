"""When what was taken in becomes a batch. Knows the queue, the lane's room and time; no ledger.

Just before the next block may be proposed, and at once where that is possible already, so that a
lone payment does not wait. While a batch of the lane waits for a block the next one gathers for
100 ms, and twice as long with each further one: each costs every validator signatures, a job and a
record, and does not bring forward what waits for a block anyway. What fills a batch never waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Final, NamedTuple, Protocol

from node.fairness import FairQueue, Item, quantum_of
from node.pending import claimed_from
from primitives.batch import MAX_TRANSACTIONS, SEAL_BYTES
from primitives.entries import NO_ACCOUNT, Account
from primitives.transaction import Transaction

SEAL_AFTER_S: Final = 0.1
"""The longest that a transaction waits for company while one batch, or none, waits for a block."""
MOST_DOUBLINGS: Final = 4
"""Each further batch that waits for a block doubles that, up to 1.6 s."""
LEAD_MS: Final = 30
"""How long before a block may be proposed its batches are sealed: they have to be synced, sent, and
checked by everyone. A later one is in the block after it."""
LOOK_AGAIN_S: Final = 0.010
"""How soon to look whether a lane without room has some again, should nobody say so."""


class Ahead(NamedTuple):
    """Before a batch: how many of its lane wait for a block, and how long nobody will propose the
    next block (negative: somebody may)."""

    unordered: int
    until_block_ms: int


class Lane(Protocol):
    """The own lane, as the replica keeps it."""

    def can_seal(self) -> bool:
        """Whether the lane has room for a batch."""

    def ahead(self) -> Ahead:
        """What the next batch has before it."""

    def seal(self, transactions: tuple[bytes, ...], weight: int) -> None:
        """Make a batch of checked transactions."""


class Standing(NamedTuple):
    """What a sender's turns depend on."""

    sender: bytes
    quantum: int
    favoured: bool


def standing_of(
    transaction: Transaction, account: Account | None, favoured: Collection[bytes]
) -> Standing:
    """Of a sender; ``account`` is None where it has no record. Newcomers cost nothing to make, so
    those of one campaign wait in one line."""
    sender = transaction.sender
    known = NO_ACCOUNT if account is None else account
    line = claimed_from(transaction) if account is None else None
    quantum = quantum_of(known.balance, known.sequence)
    return Standing(line or sender, quantum, sender in favoured)


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
            now_s = loop.time()
            wait_s = self._due_s(now_s) - now_s
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
            now_s >= self._due_s(now_s)
            or self._queue.size >= SEAL_BYTES
            or self._queue.count >= MAX_TRANSACTIONS
        )

    def _due_s(self, now_s: float) -> float:
        """Until when the oldest waits for company."""
        unordered, until_block_ms = self._lane.ahead()
        doublings = min(max(0, unordered - 1), MOST_DOUBLINGS)
        longest_s = self._oldest_s + SEAL_AFTER_S * (1 << doublings)
        if unordered:
            return longest_s
        return min(longest_s, now_s + (until_block_ms - LEAD_MS) / 1000)

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
