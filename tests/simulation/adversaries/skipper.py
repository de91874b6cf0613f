"""Leads as if the last notarized block had never been: builds on its final one, and skips it.

Its proposals skip views without the nullifications that would allow it ([SAFE-7]). If two honest
quorums could be had for both branches the ledger would fork; so nobody may vote for them.
"""

from __future__ import annotations

from random import Random

from consensus.chain import Block
from tests.simulation.process import Process


class Skipper:
    """Tampers with its own engine, not with the wire."""

    def __init__(self, rng: Random, member: int) -> None:
        self._rng = rng
        self._member = member
        self._often = rng.choice((1, 2, 4))
        self.acted = 0

    def passes(self, sender: int, receiver: int, frame: bytes) -> bool:
        return True

    def corrupt(self, process: Process) -> None:
        """Have the engine propose on the final block."""
        chain = process.replica.engine.simplex.chain
        honest = chain.parent_for

        def parent_for(view: int) -> Block | None:
            parent = honest(view)
            if parent is not chain.final and not self._rng.randrange(self._often):
                self.acted += 1
                return chain.final
            return parent

        chain.parent_for = parent_for  # type: ignore[method-assign]
