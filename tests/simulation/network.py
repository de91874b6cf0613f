"""Frames between endpoints: late, twice, out of order, or never. Knows no message.

An endpoint is a process; two of them may share one member index (twins). Who hears whom is a
function that an adversary or a partition may replace.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from tests.simulation.loop import Loop, Trace


class Weather(NamedTuple):
    """How bad the network is. Probabilities in thousandths."""

    delay_ms: tuple[int, int] = (1, 8)
    slow_ms: int = 0
    slow: int = 0
    lost: int = 0
    twice: int = 0


CALM = Weather()


class Network:
    """Carries frames from endpoint to endpoint."""

    def __init__(self, loop: Loop, rng: Random, trace: Trace) -> None:
        self._loop = loop
        self._rng = rng
        self._trace = trace
        self.weather = CALM
        self.counts: Counter[str] = Counter()
        self._cuts: dict[tuple[int, int], int] = {}

    def cut(self, left: int, right: int) -> None:
        """No frame passes from endpoint ``left`` to ``right``, until as many ``join``s."""
        self._cuts[left, right] = self._cuts.get((left, right), 0) + 1

    def join(self, left: int, right: int) -> None:
        """Take one cut back."""
        self._cuts[left, right] -= 1
        if not self._cuts[left, right]:
            del self._cuts[left, right]

    def is_cut(self, left: int, right: int) -> bool:
        """Whether nothing passes."""
        return (left, right) in self._cuts

    def carry(self, link: tuple[int, int], frame: bytes, deliver: Callable[[], None]) -> None:
        """Deliver a frame over ``link``, as the weather is."""
        if link in self._cuts:
            self.counts["cut"] += 1
            return
        rng, weather = self._rng, self.weather
        if weather.lost and rng.randrange(1000) < weather.lost:
            self.counts["lost"] += 1
            return
        copies = 1
        if weather.twice and rng.randrange(1000) < weather.twice:
            self.counts["twice"] += 1
            copies = 2
        for _ in range(copies):
            delay = rng.randint(*weather.delay_ms)
            if weather.slow and rng.randrange(1000) < weather.slow:
                self.counts["slow"] += 1
                delay += rng.randint(0, weather.slow_ms)
            self._loop.after(delay, deliver)
