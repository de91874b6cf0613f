"""What of a validator outlives its processes: disk, store, clock. Knows no protocol."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from node.store import MemoryStore
from tests.builders import GENESIS_TIME
from tests.simulation.disk import Disk
from tests.simulation.loop import Loop

START_MS = GENESIS_TIME + 1_000
"""What an exact clock shows when a run begins."""


class Pace(NamedTuple):
    """How fast a machine is, in milliseconds; each a range."""

    sync: tuple[int, int] = (0, 4)
    check: tuple[int, int] = (0, 5)
    execute: tuple[int, int] = (0, 3)


class Machine:
    """An endpoint of the network, and the partner whose node runs on it."""

    def __init__(self, loop: Loop, seed: int, endpoint: int, partner: str) -> None:
        self.loop = loop
        self.rng = Random(f"{seed} machine {endpoint}")
        self.endpoint = endpoint
        self.partner = partner
        self.disk = Disk(loop, self.rng)
        self.store = MemoryStore()
        self.pace = Pace()
        self.skew_ms = 0
        self.flush_every = self.rng.randint(1, 8)
        self.segment_bytes = self.rng.choice((4_000, 16_000, 1 << 20))

    def set_pace(self, pace: Pace) -> None:
        """Be as fast as that from now on."""
        self.pace = pace
        self.disk.latency_ms = pace.sync

    def now_ms(self) -> int:
        """This machine's clock."""
        return START_MS + self.loop.now_ms + self.skew_ms

    def crash(self) -> None:
        """Lose power."""
        self.disk.crash()
        self.store.crash(self.rng.randint(0, self.store.unsynced))
