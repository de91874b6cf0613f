"""Takes nothing in, and as leader orders nothing: its customers and its rivals' shall wait."""

from __future__ import annotations

from random import Random

from primitives.transaction import Decoded
from tests.simulation.process import Process


class Censor:
    """A member that votes as it should and otherwise lets nobody's transactions through."""

    def __init__(self, rng: Random, member: int) -> None:
        self.acted = 0

    def passes(self, sender: int, receiver: int, frame: bytes) -> bool:
        return True

    def corrupt(self, process: Process) -> None:
        """Swallow what clients hand in, and propose empty blocks only."""

        def swallow(transaction: Decoded) -> None:
            self.acted += 1

        process.submit = swallow  # type: ignore[method-assign]
        judge = process.replica.engine.simplex.judge
        judge.may_propose_contents = lambda height: False  # type: ignore[method-assign]
