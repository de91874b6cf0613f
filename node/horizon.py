"""How far back the journal has to remember. Knows heights; no records, no votes ([DUR-2])."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Protocol

from node.journal import Executed, Orphans, executed_at
from primitives.block import Header


class Durability(Protocol):
    """The part of ``node.world.History`` that says what a crash cannot undo."""

    @property
    def durable_height(self) -> int:
        """The highest height whose state commit is synced."""


class Horizon:
    """Executed heights between the durable one and the newest, and those not provably certified.

    A certificate is in the store for good once a state commit was synced after it was handed over.
    """

    def __init__(self, history: Durability) -> None:
        self._history = history
        self._executed: deque[Header] = deque()
        self._unproven: dict[int, int | None] = {}
        self._told = -1
        self.orphans: Orphans | None = None
        """What is still to be sealed again of the epoch before the present one."""

    def begin(self, head: Header, uncertified: Iterable[int]) -> Executed:
        """Where the store stands at start: that much need not be recovered."""
        self._executed.append(head)
        self._unproven = dict.fromkeys(uncertified)
        return self._floor(head)

    def executed(self, header: Header) -> None:
        """A height was executed."""
        self._executed.append(header)
        self._unproven.setdefault(header.height, None)

    def certified(self, height: int) -> None:
        """A height's certificate was handed to the store."""
        self._unproven[height] = self._history.durable_height

    def has_moved(self) -> bool:
        """Whether a higher block than the one that was told last is durable."""
        return self._told < self.durable().height <= self._history.durable_height

    def durable(self) -> Header:
        """The newest block that a crash cannot undo: what the store began with, until something
        later is durable."""
        durable = self._history.durable_height
        while len(self._executed) > 1 and self._executed[1].height <= durable:
            self._executed.popleft()
        return self._executed[0]

    def floor(self) -> tuple[Header, Executed]:
        """The newest durable block, and what the journal may forget because of it."""
        header = self.durable()
        self._told = header.height
        return header, self._floor(header)

    def _floor(self, header: Header) -> Executed:
        durable = self._history.durable_height
        self._unproven = {
            height: handed
            for height, handed in self._unproven.items()
            if handed is None or handed >= durable
        }
        floor = executed_at(header, min(self._unproven, default=header.height + 1) - 1)
        orphans = self.orphans
        if orphans is None or floor.epoch != orphans.epoch + 1:
            return floor  # while the floor is in the epoch before, all of it is kept
        return floor._replace(orphans=orphans)
