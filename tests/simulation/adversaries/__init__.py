"""Byzantine members. Each is a real validator whose words are tampered with on the wire."""

from __future__ import annotations

from random import Random
from typing import Protocol

from tests.simulation.adversaries.mute import Mute
from tests.simulation.adversaries.twin import Twin
from tests.simulation.adversaries.withholder import Withholder
from tests.simulation.plan import Plan


class Adversary(Protocol):
    """Decides which frames of, and to, the Byzantine member pass."""

    acted: int

    def passes(self, sender: int, receiver: int, frame: bytes) -> bool:
        """Whether a frame passes from endpoint to endpoint. Called for every frame of a run."""


class Nobody:
    """All are honest."""

    acted = 0

    def passes(self, sender: int, receiver: int, frame: bytes) -> bool:
        return True


def adversary_of(plan: Plan) -> Adversary:
    """The adversary that a plan names."""
    rng = Random(f"{plan.seed} adversary")
    match plan.adversary:
        case "twin":
            return Twin(rng, plan.byzantine, plan.members, plan.storm_ms)
        case "withholder":
            return Withholder(rng, plan.byzantine, plan.members)
        case "mute":
            return Mute(rng, plan.byzantine)
        case _:
            return Nobody()
