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
        self.pruning_rng = Random(f"{seed} pruning {endpoint}")
        self.endpoint = endpoint
        self.partner = partner
        self.disk = Disk(loop, self.rng)
        self.store = MemoryStore()
        self.pace = Pace()
        self.skew_ms = 0
        self.flush_every = self.rng.randint(1, 8)
        self.is_fragile = False
        """Whether a crash may take a write from the midst of its store: then that is lost."""
        self.is_holed = False
        self.keep_ms: int | None = None
        """How much of the past its node keeps; None: everything."""
        self.knows = 1
        """The newest protocol version of the release that is installed."""
        self.segment_bytes = self.rng.choice((4_000, 16_000, 1 << 20))

    def set_pace(self, pace: Pace) -> None:
        """Be as fast as that from now on."""
        self.pace = pace
        self.disk.latency_ms = pace.sync

    def now_ms(self) -> int:
        """This machine's clock."""
        return START_MS + self.loop.now_ms + self.skew_ms

    def crash(self) -> None:
        """Lose power. Of what the store had not synced the newest writes are lost, and of a fragile
        one another in the midst of those that are left."""
        self.disk.crash()
        survivors = self.rng.randint(0, self.store.unsynced)
        self.is_holed = self.is_fragile and survivors > 1
        self.store.crash(survivors, self.rng.randrange(survivors - 1) if self.is_holed else None)

    def move_store_away(self) -> None:
        """What the operator of a node does whose store is damaged: the journal stays."""
        self.store, self.is_holed = MemoryStore(), False
