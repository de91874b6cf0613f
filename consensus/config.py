"""What the engine is told once: who takes part, by which constants, and where it starts."""

from __future__ import annotations

import msgspec

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


class Anchor(msgspec.Struct, frozen=True):
    """The newest executed block: final, and its state committed. Genesis at first."""

    header: Header
    digest: bytes
    certificate: StateCertificate | None
    next_due_ms: int | None = None
    """When something falls due next, by the state after this block."""
