"""The issuer's channels and what is in flight on each. Knows slots and order; sends nothing.

A channel takes its transactions strictly in sequence; several channels go side by side. What is
signed stands in the outbox before it stands here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from client.builder import Slot, build
from partner.outbox import Attempt, Entry, Outbox
from primitives.actions import Mint
from primitives.encoding import encode
from primitives.keys import Signer

WINDOW = 32
"""Mints in flight on one channel."""


class Lane:
    """One channel: the next free sequence, and the attempts on their way, in sequence."""

    def __init__(self, channel: int, sequence: int) -> None:
        self.channel = channel
        self.next_sequence = sequence
        self.flight: deque[Attempt] = deque()

    @property
    def room(self) -> int:
        """How many more may be signed; none before half of the last ones are through."""
        return WINDOW - len(self.flight) if len(self.flight) <= WINDOW // 2 else 0

    def resume(self, attempts: Iterable[Attempt]) -> list[Attempt]:
        """Take up attempts from before, as far as they follow one another; return the others."""
        left = []
        for attempt in attempts:
            if attempt.sequence == self.next_sequence:
                self.flight.append(attempt)
                self.next_sequence += 1
            else:
                left.append(attempt)
        return left

    def cut(self, sequence: int) -> list[Attempt]:
        """Take back everything from ``sequence`` on, so that its slots are signed anew."""
        taken = [attempt for attempt in self.flight if attempt.sequence >= sequence]
        self.flight = deque(a for a in self.flight if a.sequence < sequence)
        self.next_sequence = sequence
        return taken


class Press:
    """Signs mints for lanes: which partner, by which key, at what worth."""

    def __init__(self, key: Signer, chain: bytes, partner: str) -> None:
        self._key = key
        self._chain = chain
        self._partner = partner

    def fill(
        self, outbox: Outbox, lanes: list[Lane], queue: deque[tuple[Entry, int]], until_ms: int
    ) -> list[Attempt]:
        """Sign from the queue of (deposit, units) into every lane's room; all stored at once."""
        signed = []
        for lane in lanes:
            for _ in range(min(lane.room, len(queue))):
                entry, units = queue.popleft()
                slot = Slot(self._chain, lane.channel, lane.next_sequence, until_ms)
                transaction = build(self._key, slot, self._mint(entry, units))
                signed.append((entry.number, transaction, encode(transaction.signed)))
                lane.next_sequence += 1
        attempts = outbox.attempt(signed) if signed else []
        by_channel = {lane.channel: lane for lane in lanes}
        for attempt in attempts:
            by_channel[attempt.channel].flight.append(attempt)
        return attempts

    def _mint(self, entry: Entry, units: int) -> Mint:
        deposit = entry.deposit
        return Mint(
            partner=self._partner,
            programme=deposit.programme,
            points=deposit.points,
            amount=units,
            commitment=entry.commitment,
            to=deposit.to,
        )
