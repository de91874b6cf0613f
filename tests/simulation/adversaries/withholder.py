"""Shows its batches and proposals to some members only, and does not hand them out when asked."""

from __future__ import annotations

from random import Random

from consensus.messages import BatchSent, BlockSent, ChainSent, Propose, decode_message
from tests.simulation.process import Process


class Withholder:
    """Chooses anew, every so many frames, who may see what."""

    def __init__(self, rng: Random, member: int, members: int) -> None:
        self._rng = rng
        self._member = member
        self._others = [index for index in range(members) if index != member]
        self._seen_by: tuple[int, ...] = ()
        self._left = 0
        self._always_some = rng.random() < 0.5
        self.acted = 0

    def corrupt(self, process: Process) -> None:
        pass

    def passes(self, sender: int, receiver: int, frame: bytes) -> bool:
        if sender != self._member:
            return True
        if not self._left:
            self._left = self._rng.randint(20, 120)
            fewest = 1 if self._always_some else 0
            count = self._rng.randint(fewest, len(self._others) - 1)
            self._seen_by = tuple(self._rng.sample(self._others, count))
        self._left -= 1
        if receiver in self._seen_by:
            return True
        if isinstance(decode_message(frame), BatchSent | Propose | BlockSent | ChainSent):
            self.acted += 1
            return False
        return True
