"""Listens, and says nothing: from the start, or after a while; everything, or votes only."""

from __future__ import annotations

from random import Random

from consensus.messages import Voted, decode_message
from tests.simulation.process import Process


class Mute:
    """Swallows what the member says."""

    def __init__(self, rng: Random, member: int) -> None:
        self._member = member
        self._patience = rng.choice((0, 0, 20, 60))
        self._votes_only = rng.random() < 0.3
        self.acted = 0

    def corrupt(self, process: Process) -> None:
        pass

    def passes(self, sender: int, receiver: int, frame: bytes) -> bool:
        if sender != self._member:
            return True
        if self._patience:
            self._patience -= 1
            return True
        if self._votes_only and not isinstance(decode_message(frame), Voted):
            return True
        self.acted += 1
        return False
