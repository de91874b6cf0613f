"""Who validates, and when that changed. Knows epochs as a quorum attests them; tells no story."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from demo import api
from demo.commands import expect
from demo.proof import Epoch
from demo.world import World

TIMEOUT_S: Final = 60.0


def await_epoch(world: World, number: int, members: Sequence[str]) -> Epoch:
    """Wait until a quorum handed over to an epoch, and all nodes of its ``members``, of whom there
    are no others, validate in it."""

    def handed_over() -> bool:
        world.follow(members[0])
        return world.pinned.newest.number >= number

    def entered() -> bool:
        seen = [api.get(world.url(code), "/status") for code in members]
        told = [(each["epoch"], each["partner"], each["index"] is not None) for each in seen]
        return told == [(number, code, True) for code in members]

    api.until(f"epoch {number} begins", handed_over, TIMEOUT_S)
    epoch = world.pinned.epochs[number]
    seats = [name for name, _ in epoch.members]
    expect(sorted(seats) == sorted(members), f"epoch {number} has the members {seats}")
    api.until(f"all validate in epoch {number}", entered, TIMEOUT_S)
    return epoch
