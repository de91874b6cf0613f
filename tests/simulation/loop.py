"""Time as a heap of calls. Knows order; no randomness, no nodes."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from hashlib import blake2b

Call = Callable[[], None]


class Loop:
    """Runs calls in order of their time in milliseconds, and of asking for equal times."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.calls = 0
        self._heap: list[tuple[int, int, Call]] = []
        self._asked = 0

    def after(self, delay_ms: int, call: Call) -> None:
        """Run ``call`` when ``delay_ms`` have passed."""
        self._asked += 1
        heapq.heappush(self._heap, (self.now_ms + max(0, delay_ms), self._asked, call))

    def run_until(self, at_ms: int) -> None:
        """Run everything that is due by ``at_ms``; then it is that late."""
        heap = self._heap
        while heap and heap[0][0] <= at_ms:
            self.now_ms, _, call = heapq.heappop(heap)
            self.calls += 1
            call()
        self.now_ms = at_ms


class Trace:
    """What happened, as lines if anyone wants them, and always as one running digest."""

    def __init__(self, loop: Loop, keep: bool) -> None:
        self._loop = loop
        self._hash = blake2b(digest_size=16)
        self._keep = keep
        self.lines: list[str] = []

    def note(self, what: str, content: bytes = b"") -> None:
        """Add an event; its bytes count in the digest alone."""
        line = f"{self._loop.now_ms:>7} {what}"
        self._hash.update(line.encode())
        self._hash.update(content)
        if self._keep:
            self.lines.append(line)

    @property
    def digest(self) -> str:
        """Equal for equal runs."""
        return self._hash.hexdigest()
