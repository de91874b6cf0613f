"""A disk of byte strings for the journal's tests; knows nothing of crashes."""

from __future__ import annotations

from collections.abc import Callable, Sequence


class MemoryDisk:
    """``files`` may be tampered with between two journals; ``answer`` is told of each sync."""

    def __init__(self) -> None:
        self.files: dict[int, bytearray] = {}
        self.syncs: list[int] = []
        self.answer: Callable[[int], None] | None = None

    def append(self, data: bytes) -> None:
        self.files[max(self.files)] += data

    def sync(self, token: int) -> None:
        self.syncs.append(token)
        if self.answer is not None:
            self.answer(token)

    def segments(self) -> Sequence[int]:
        return sorted(self.files)

    def read(self, segment: int) -> bytes:
        return bytes(self.files[segment])

    def read_at(self, segment: int, offset: int, size: int) -> bytes:
        return bytes(self.files[segment][offset : offset + size])

    def truncate(self, segment: int, size: int) -> None:
        del self.files[segment][size:]

    def rotate(self) -> int:
        number = max(self.files, default=0) + 1
        self.files[number] = bytearray()
        return number

    def drop(self, segment: int) -> None:
        del self.files[segment]
