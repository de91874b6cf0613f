"""Proposes from the future: as far ahead as voters bear, or much further ([BLOCK-4])."""

from __future__ import annotations

from random import Random

from tests.simulation.process import Process

AHEAD_MS = (300, 450, 520, 5_000)


class Pusher:
    """Tampers with the clock of its own proposals."""

    def __init__(self, rng: Random, member: int) -> None:
        self._rng = rng
        self.acted = 0

    def passes(self, sender: int, receiver: int, frame: bytes) -> bool:
        return True

    def corrupt(self, process: Process) -> None:
        """Have the engine propose by a clock that is fast."""
        simplex = process.replica.engine.simplex
        honest = simplex.propose

        def propose(now_ms: int) -> None:
            before = len(simplex.out)
            honest(now_ms + self._rng.choice(AHEAD_MS))
            self.acted += len(simplex.out) > before

        simplex.propose = propose  # type: ignore[method-assign]
