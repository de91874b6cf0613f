"""What the engine is told once: who takes part, by which constants, and where it starts."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from primitives.batch import EMPTY_TIP, Tip
from primitives.block import Header
from primitives.certificate import StateCertificate
from primitives.genesis import Parameters
from primitives.validators import ValidatorSet


class Config(msgspec.Struct, frozen=True):
    """``me`` is the own member index; None for an observer, which never signs."""

    chain: bytes
    members: ValidatorSet
    me: int | None
    parameters: Parameters

    def own_tip(self, cut: tuple[Tip, ...]) -> Tip:
        """Where the own lane stands in a cut; an observer has an empty one."""
        return EMPTY_TIP if self.me is None else cut[self.me]


class Before(msgspec.Struct, frozen=True):
    """The members of an epoch that is over, the tips up to which it ordered their lanes, and its
    last height."""

    members: ValidatorSet
    cut: tuple[Tip, ...]
    last: int


class Anchor(msgspec.Struct, frozen=True):
    """Where an engine starts: the newest executed block, final and its state committed.

    That is genesis, a block of ``members``' epoch, or the last one of the epoch before: then its
    header stands there as that of view 0, with the empty cut of the new lanes ([EPOCH-5]), and
    only ``digest`` is the block's own.
    """

    header: Header
    digest: bytes
    certificate: StateCertificate | None
    members: ValidatorSet
    next_due_ms: int | None = None
    """When something falls due next, by the state after this block."""
    last: int | None = None
    """The epoch's last height, once it is fixed."""
    before: Before | None = None
    """How the epoch before ended; None in epoch 0."""
    bare: tuple[tuple[Header, bytes], ...] = ()
    """Executed blocks below this one, with their digests, that no certificate proves yet, oldest
    first: others may lack them, and nobody hands out what is not proven."""


def handed_over(header: Header, epoch: int, lanes: int) -> Header:
    """The last block of an epoch as the next one's members see it ([EPOCH-5])."""
    return replace(header, epoch=epoch, view=0, cut=(EMPTY_TIP,) * lanes)
