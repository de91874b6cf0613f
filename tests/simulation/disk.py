"""A disk that keeps what was synced, and of the rest what it likes. Knows crashes; no records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from tests.simulation.loop import Loop


class Disk:
    """``node.world.Disk`` for one machine; it outlives the machine's processes.

    A sync covers what was appended before it began, and is answered after ``latency_ms``. At a
    crash the unsynced tail is cut at a random byte, and what is left of it may be garbled. Deleted
    segments may come back, created ones vanish, unless something was synced afterwards. ``ambush``
    is called once, while the next sync is under way. A disk that is not honest only says that it
    synced.
    """

    def __init__(self, loop: Loop, rng: Random) -> None:
        self._loop = loop
        self._rng = rng
        self._files: dict[int, bytearray] = {}
        self._synced: dict[int, int] = {}
        self._deleted: dict[int, bytes] = {}
        self._life = 0
        self.latency_ms = (0, 4)
        self.is_honest = True
        self.ambush: Callable[[], None] | None = None
        self.answer: Callable[[int], None] = lambda _: None
        self.torn = 0

    def append(self, data: bytes) -> None:
        self._files[max(self._files)] += data

    def sync(self, token: int) -> None:
        number = max(self._files)
        size, life = len(self._files[number]), self._life
        if self.ambush is not None:
            ambush, self.ambush = self.ambush, None
            self._loop.after(0, ambush)

        def done() -> None:
            if life != self._life:
                return
            if self.is_honest:
                self._synced[number] = max(self._synced.get(number, 0), size)
                self._deleted.clear()
            self.answer(token)

        self._loop.after(self._rng.randint(*self.latency_ms), done)

    def segments(self) -> Sequence[int]:
        return sorted(self._files)

    def read(self, segment: int) -> bytes:
        return bytes(self._files[segment])

    def read_at(self, segment: int, offset: int, size: int) -> bytes:
        return bytes(self._files[segment][offset : offset + size])

    def truncate(self, segment: int, size: int) -> None:
        del self._files[segment][size:]
        self._synced[segment] = min(self._synced.get(segment, 0), size)

    def rotate(self) -> int:
        number = max(self._files, default=0) + 1
        self._files[number] = bytearray()
        return number

    def drop(self, segment: int) -> None:
        self._deleted[segment] = bytes(self._files.pop(segment))

    def copy(self) -> tuple[dict[int, bytes], dict[int, int]]:
        """A backup: all files as they are now, and how much of each is synced."""
        return {n: bytes(file) for n, file in self._files.items()}, dict(self._synced)

    def put_back(self, copy: tuple[dict[int, bytes], dict[int, int]]) -> None:
        """Have the files of a backup again, and no others."""
        files, synced = copy
        self._files = {n: bytearray(file) for n, file in files.items()}
        self._synced = {n: min(size, len(files[n])) for n, size in synced.items() if n in files}
        self._deleted.clear()

    def crash(self) -> None:
        """Lose power: what was not synced is at the disk's mercy."""
        self._life += 1
        for number, file in self._files.items():
            synced = self._synced.get(number, 0)
            tail = bytes(file[synced:])
            del file[synced:]
            if tail:
                self.torn += 1
                file += self._remains(tail)
        newest = max(self._files, default=0)
        if newest and newest not in self._synced and self._rng.random() < 0.5:
            del self._files[newest]
        for number, content in self._deleted.items():
            if self._rng.random() < 0.5:
                self._files[number] = bytearray(content)
                self._synced[number] = len(content)
        self._deleted.clear()

    def _remains(self, tail: bytes) -> bytes:
        left = bytearray(tail[: self._rng.randint(0, len(tail))])
        if left and self._rng.random() < 0.3:
            start, stop = sorted(self._rng.randrange(len(left) + 1) for _ in range(2))
            left[start:stop] = self._rng.randbytes(stop - start)
        return bytes(left)
