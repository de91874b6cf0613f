"""Cycles and obligations between partners, as the state holds them. Knows shapes and keys; no rule.

``primitives.entries`` hands them on. Amounts are in units of 10^-6 LiqBon.
"""

from __future__ import annotations

from enum import IntEnum, unique
from typing import Annotated, Final

import msgspec

from primitives.codes import Code, Cycle, Signed
from primitives.encoding import Count, Digest, Millis, Positive, Wire


class Settlement(Wire):
    """Which cycle closes next, when, and the custodian that says what was paid."""

    cycle: Cycle
    closes: Millis
    custodian: Code


class CycleLine(Wire):
    """A partner at the closing of a cycle: its E, and what it pays (E > 0) or is paid (E < 0)."""

    partner: Code
    expected: Signed
    amount: Count


class SettlementCycle(Wire):
    """A closed cycle: when, the partners whose E was not zero, and how many obligations arose."""

    closed: Millis
    height: Count
    lines: Annotated[tuple[CycleLine, ...], msgspec.Meta(max_length=100)]
    obligations: Annotated[int, msgspec.Meta(ge=0, le=99)]


@unique
class ObligationStatus(IntEnum):
    """Where an obligation stands ([LEDGER-30])."""

    OPEN = 1
    CLAIMED = 2
    DISPUTED = 3
    OVERDUE = 4
    SETTLED = 5

    @property
    def text(self) -> str:
        """As people and programs see it, e.g. ``claimed``."""
        return self.name.lower()


class Obligation(Wire):
    """What one partner owes another after a cycle, in units; it is never deleted.

    ``settled`` of the ``amount`` has moved positions. At ``deadline`` something happens by itself,
    unless the status changed before. ``earmark`` of the debtor's reserve is held while disputed.
    ``late``: it was overdue once and is not settled yet.
    """

    debtor: Code
    creditor: Code
    amount: Positive
    settled: Count
    status: ObligationStatus
    deadline: Millis
    reference: Digest | None
    earmark: Count
    late: bool

    @property
    def outstanding(self) -> int:
        """What is still owed, in units."""
        return self.amount - self.settled


SETTLEMENT_KEY: Final = bytes([0x73])
CYCLE_PREFIX: Final = 0x70
OBLIGATION_PREFIX: Final = 0x71


def cycle_key(cycle: int) -> bytes:
    """A closed settlement cycle (4 bytes, from 1)."""
    return bytes([CYCLE_PREFIX]) + cycle.to_bytes(4, "big")


def obligation_key(cycle: int, place: int) -> bytes:
    """The obligation at ``place`` (1 byte) of a cycle (4 bytes)."""
    return bytes([OBLIGATION_PREFIX]) + cycle.to_bytes(4, "big") + bytes([place])
