"""A stream of bytes as frames: a length of 4 bytes, big-endian, then that many bytes.

Knows lengths; not what is in a frame. A frame of length zero says only that the peer is alive.
"""

from __future__ import annotations

from typing import Final

from primitives.encoding import Malformed

LENGTH_SIZE: Final = 4
KEEPALIVE: Final = bytes(LENGTH_SIZE)
_INITIAL: Final = 64 * 1024


def framed(body: bytes) -> bytes:
    """A frame as it travels."""
    return len(body).to_bytes(LENGTH_SIZE, "big") + body


class Splitter:
    """Collects received bytes and yields whole frames; holds at most one unfinished frame.

    Made for ``asyncio.BufferedProtocol``: bytes are received in place. ``limit`` is the largest
    body in bytes, and may be raised between frames.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._buffer = bytearray(_INITIAL)
        self._start = 0
        self._end = 0

    def space(self) -> memoryview:
        """Where the next bytes may be written; never empty."""
        if self._end == len(self._buffer):
            self._make_room()
        return memoryview(self._buffer)[self._end :]

    def received(self, size: int) -> list[bytes]:
        """Account for ``size`` bytes written into ``space``; the frames that are complete now.

        Raises ``Malformed`` (``oversized``) as soon as a length says so.
        """
        self._end += size
        frames = []
        while self._end - self._start >= LENGTH_SIZE:
            body = self._start + LENGTH_SIZE
            stop = body + self._length()
            if stop > self._end:
                break
            frames.append(bytes(self._buffer[body:stop]))
            self._start = stop
        if self._start == self._end:
            self._start = self._end = 0
        return frames

    def _length(self) -> int:
        head = self._buffer[self._start : self._start + LENGTH_SIZE]
        length = int.from_bytes(head, "big")
        if length > self.limit:
            raise Malformed("oversized", f"a frame of {length} bytes, at most {self.limit}")
        return length

    def _make_room(self) -> None:
        """Move the unfinished frame to the front of a buffer in which it can be completed."""
        held = self._buffer[self._start : self._end]
        needed = _INITIAL
        if len(held) >= LENGTH_SIZE:
            needed = max(needed, LENGTH_SIZE + self._length() + LENGTH_SIZE)
        self._buffer = bytearray(needed)
        self._buffer[: len(held)] = held
        self._start, self._end = 0, len(held)
