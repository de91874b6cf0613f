"""Byzantine members. Each is a real validator that is tampered with, on the wire or within."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final, Protocol

from tests.simulation.adversaries.censor import Censor
from tests.simulation.adversaries.deserter import Deserter
from tests.simulation.adversaries.flooder import Flooder
from tests.simulation.adversaries.forger import Forger
from tests.simulation.adversaries.forker import Forker
from tests.simulation.adversaries.liar import Liar
from tests.simulation.adversaries.minter import Minter
from tests.simulation.adversaries.mute import Mute
from tests.simulation.adversaries.nuller import Nuller
from tests.simulation.adversaries.pusher import Pusher
from tests.simulation.adversaries.replayer import Replayer
from tests.simulation.adversaries.skipper import Skipper
from tests.simulation.adversaries.stale import Stale
from tests.simulation.adversaries.thief import Thief
from tests.simulation.adversaries.twin import Twin
from tests.simulation.adversaries.withholder import Withholder
from tests.simulation.plan import Plan
from tests.simulation.process import Process


class Adversary(Protocol):
    """Decides which frames of, and to, the Byzantine member pass."""

    acted: int

    def passes(self, sender: int, receiver: int, frame: bytes) -> bool:
        """Whether a frame passes from endpoint to endpoint. Called for every frame of a run."""

    def corrupt(self, process: Process) -> None:
        """Tamper with a process of the Byzantine member that has just started."""


ON_REQUEST: Final[dict[str, Callable[[Random, int], Adversary]]] = {
    "censor": Censor,
    "deserter": Deserter,
    "minter": Minter,
    "replayer": Replayer,
    "thief": Thief,
}
"""Those that a seed does not draw: each tries one thing, and a test says what must come of it."""


DRAWN: Final[dict[str, Callable[[Random, int], Adversary]]] = {
    "flooder": Flooder,
    "forger": Forger,
    "forker": Forker,
    "liar": Liar,
    "mute": Mute,
    "nuller": Nuller,
    "pusher": Pusher,
    "skipper": Skipper,
    "stale": Stale,
}
"""Those that a seed may draw, beside the twin and the withholder."""


class Nobody:
    """All are honest."""

    acted = 0

    def passes(self, sender: int, receiver: int, frame: bytes) -> bool:
        return True

    def corrupt(self, process: Process) -> None:
        pass


def adversary_of(plan: Plan) -> Adversary:
    """The adversary that a plan names; those that no seed draws are named by tests/attacks."""
    rng = Random(f"{plan.seed} adversary")
    chosen = ON_REQUEST.get(plan.adversary) or DRAWN.get(plan.adversary)
    if chosen is not None:
        return chosen(rng, plan.byzantine)
    match plan.adversary:
        case "twin":
            return Twin(rng, plan.byzantine, plan.partners, plan.storm_ms)
        case "withholder":
            return Withholder(rng, plan.byzantine, plan.members)
        case _:
            return Nobody()
