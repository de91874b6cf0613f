"""The five things a replica reaches the world by. Knows no implementation: asyncio or simulated.

The replica calls these and awaits nothing; what takes time is answered by a later call of the
replica's own ``on_...`` methods. The simulator implements them with seeds, the driver for real.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol


class Disk(Protocol):
    """An append-only file of frames in segments, whose unsynced tail may be lost at a crash."""

    def append(self, data: bytes) -> None:
        """Add bytes to the end; not durable until a sync that starts later has finished."""

    def sync(self, token: int) -> None:
        """Start making durable what was appended; then the replica's ``on_synced(token)``."""

    def segments(self) -> Sequence[int]:
        """Numbers of the segments there are, ascending."""

    def read(self, segment: int) -> bytes:
        """All bytes of a segment, as they were found at start or have been appended since."""

    def truncate(self, segment: int, size: int) -> None:
        """Cut a segment's torn tail at recovery."""

    def rotate(self) -> int:
        """Begin a new segment; later appends go there. Answers its number."""

    def drop(self, segment: int) -> None:
        """Delete a segment that is no longer needed."""


class Store(Protocol):
    """An ordered key-value store; ``write`` is atomic. The executor alone writes."""

    def get(self, key: bytes) -> bytes | None:
        """The value, or None."""

    def write(self, changes: Sequence[tuple[bytes, bytes | None]], sync: bool) -> None:
        """Apply all changes (None deletes) or none; durable before it returns if ``sync``."""

    def scan(
        self, start: bytes, stop: bytes, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Entries with start <= key < stop in key order (or its reverse)."""


class Network(Protocol):
    """Frames to peers; may lose, repeat and reorder. Receiving calls ``on_frame``."""

    def send(self, peer: int, frame: bytes) -> None:
        """Hand over one frame for a member; dropped if its queue is full or it is away."""


class Clock(Protocol):
    """Milliseconds since 1970-01-01 UTC. May drift and jump; the engine tolerates both."""

    def now_ms(self) -> int:
        """Now."""


class Timers(Protocol):
    """One wake-up call: the replica's ``on_timer``."""

    def wake_at(self, at_ms: int | None) -> None:
        """Replace the last request; None cancels."""
