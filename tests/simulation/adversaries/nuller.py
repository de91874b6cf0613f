"""Gives up on every view at once, whoever leads it ([LIVE-6])."""

from __future__ import annotations

from random import Random

from tests.simulation.process import Process


class Nuller:
    """Tampers with its own engine, not with the wire."""

    def __init__(self, rng: Random, member: int) -> None:
        self._often = rng.choice((1, 1, 2))
        self._rng = rng
        self.acted = 0

    def passes(self, sender: int, receiver: int, frame: bytes) -> bool:
        return True

    def corrupt(self, process: Process) -> None:
        """Have the engine take every turn for one that is to be skipped."""

        def skipped(view: int) -> bool:
            self.acted += 1
            return view % self._often == 0

        process.replica.engine.simplex.leaders.skipped = skipped  # type: ignore[method-assign]
