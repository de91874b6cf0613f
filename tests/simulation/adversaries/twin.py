"""One key on two machines: twins that know nothing of each other, so that they contradict.

After Bano and others, "Twins: BFT systems made robust" (2021): a Byzantine member is two honest
ones with one key, and a schedule of who hears which. Honest software run twice equivocates in every
way that matters: two proposals, two NOTARIZE, FINALIZE beside NULLIFY, two batches of one seq.
"""

from __future__ import annotations

from random import Random

from tests.simulation.process import Process


class Twin:
    """Endpoints ``member`` and ``members`` are the twins. Each honest endpoint is in touch with
    one of them, or with both, and that changes; in the end everyone hears both."""

    def __init__(self, rng: Random, member: int, members: int, storm_ms: int) -> None:
        self._rng = rng
        self._twins = (member, members)
        self._friends: dict[int, int] = {}
        self._left = 0
        self._frames = 0
        self.acted = 0
        self.calm = False

    def corrupt(self, process: Process) -> None:
        pass

    def passes(self, sender: int, receiver: int, frame: bytes) -> bool:
        self._frames += 1
        if sender in self._twins and receiver in self._twins:
            return False
        if sender in self._twins:
            self.acted += 1
            return self._knows(receiver, sender)
        if receiver in self._twins:
            return self._knows(sender, receiver)
        return True

    def _knows(self, honest: int, twin: int) -> bool:
        if self.calm:
            return True
        if not self._left:
            self._left = self._rng.randint(50, 400)
            self._friends.clear()
        self._left -= 1
        if honest not in self._friends:
            self._friends[honest] = self._rng.choice((0, 1, 0, 1, 2))
        return self._friends[honest] in (self._twins.index(twin), 2)
