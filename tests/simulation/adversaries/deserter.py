"""A retailer that closes its doors one day, its node with them, and never comes back."""

from __future__ import annotations

from random import Random

from tests.simulation.process import Process


class Deserter:
    """Honest until it is gone: from then on nothing reaches it and nothing leaves it."""

    def __init__(self, rng: Random, member: int) -> None:
        self._member = member
        self._leaves_ms = rng.randint(500, 2_500)
        self._process: Process | None = None
        self.acted = 0

    def passes(self, sender: int, receiver: int, frame: bytes) -> bool:
        if self._member not in (sender, receiver) or not self._is_gone():
            return True
        self.acted += 1
        return False

    def corrupt(self, process: Process) -> None:
        self._process = process

    def _is_gone(self) -> bool:
        process = self._process
        return process is not None and process.machine.loop.now_ms >= self._leaves_ms
