"""Whose transaction is next: deficit round robin over senders. Knows weights; no ledger, no time.

After M. Shreedhar and G. Varghese, "Efficient Fair Queuing Using Deficit Round Robin" (1995): each
round a sender may send as much weight as its quantum, and keeps what it could not use while it has
something waiting. So a sender who floods waits behind itself alone. Favoured senders go first.
"""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

BASE_QUANTUM: Final = 8
"""Weight a round that everyone has: two plain transfers and some."""


class Item(NamedTuple):
    """A transaction that waits: id, canonical bytes, weight."""

    id: bytes
    raw: bytes
    weight: int


class _Sender:
    __slots__ = ("deficit", "items", "quantum")

    def __init__(self) -> None:
        self.items: deque[Item] = deque()
        self.quantum = BASE_QUANTUM
        self.deficit = 0


class _Ring:
    """Senders with something waiting, in the order of their turns."""

    __slots__ = ("_senders", "_turns")

    def __init__(self) -> None:
        self._senders: dict[bytes, _Sender] = {}
        self._turns: deque[bytes] = deque()

    def push(self, sender: bytes, item: Item, quantum: int) -> None:
        line = self._senders.get(sender)
        if line is None:
            line = self._senders[sender] = _Sender()
            self._turns.append(sender)
        line.quantum = max(1, quantum)
        line.items.append(item)

    def pop(self) -> Item | None:
        """The next item; rounds go by until the first sender can afford its first one."""
        while self._turns:
            sender = self._turns[0]
            line = self._senders[sender]
            item = line.items[0]
            if line.deficit < item.weight:
                line.deficit += line.quantum
                self._turns.rotate(-1)
                continue
            line.items.popleft()
            line.deficit -= item.weight
            if not line.items:
                self._turns.popleft()
                del self._senders[sender]
            return item
        return None


class FairQueue:
    """Items by sender. ``count`` and ``size`` (bytes) are of everything that waits."""

    def __init__(self) -> None:
        self._favoured = _Ring()
        self._others = _Ring()
        self.count = 0
        self.size = 0

    def push(self, sender: bytes, item: Item, quantum: int, favoured: bool) -> None:
        """Wait behind what the same sender has waiting. ``quantum``: weight a round, at least 1."""
        ring = self._favoured if favoured else self._others
        ring.push(sender, item, quantum)
        self.count += 1
        self.size += len(item.raw)

    def pop(self) -> Item | None:
        """The next item, favoured senders' first; None if nothing waits."""
        item = self._favoured.pop() or self._others.pop()
        if item is not None:
            self.count -= 1
            self.size -= len(item.raw)
        return item


def quantum_of(balance: int, sequence: int) -> int:
    """Weight a round by standing: the logarithms of units held and of transactions ever sent.

    Someone who splits a balance over a thousand fresh accounts gains turns, but loses at each.
    """
    return BASE_QUANTUM + balance.bit_length() // 4 + sequence.bit_length()
