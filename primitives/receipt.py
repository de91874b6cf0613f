"""What became of a transaction. Knows codes, events and form; not why a contract decides.

Only a transaction that used its sequence has a receipt: done, or refused for good. Something that
fell due has one too; its origin is the digest of the due entry's key ([RCPT-1]).
"""

from __future__ import annotations

from enum import IntEnum, unique
from typing import Annotated

import msgspec

from primitives.actions import Code
from primitives.encoding import Count, Digest, Positive, Wire
from primitives.genesis import Rate


@unique
class Outcome(IntEnum):
    """Stable codes in receipts. 0 is done; the rest say why a transaction was refused for good."""

    DONE = 0
    BALANCE_TOO_LOW = 1
    OUTPUT_BELOW_OPENING = 2
    AMOUNT_OVERFLOW = 3
    CHANNELS_NOT_MORE = 4
    PARTNER_UNKNOWN = 5
    PROGRAMME_UNKNOWN = 6
    PROGRAMME_PAUSED = 7
    NOT_ISSUER = 8
    RATE_MISMATCH = 9
    COMMITMENT_USED = 10
    LIMIT_EXCEEDED = 11
    DAILY_CAP_EXCEEDED = 12
    SUPPLY_EXCEEDED = 13
    RATE_NOT_IN_FORCE = 14

    @property
    def text(self) -> str:
        """The code as people and programs see it, e.g. ``balance_too_low``."""
        return self.name.lower()


@unique
class Skip(IntEnum):
    """Why a transaction wrote nothing at all. Never in a receipt; told at the door."""

    SENDER_UNKNOWN = 1
    CHANNEL_UNOPENED = 2
    SEQUENCE_STALE = 3
    SEQUENCE_EARLY = 4
    EXPIRED = 5
    VALID_TOO_LONG = 6
    LANE_EXHAUSTED = 7

    @property
    def text(self) -> str:
        """The code as people and programs see it, e.g. ``sequence_stale``."""
        return self.name.lower()


class AccountOpened(Wire, tag=1):
    """An output created the account's record."""

    account: Digest


class Minted(Wire, tag=2):
    """A partner's position grew by ``amount`` units; ``minted`` is its total so far."""

    partner: Code
    amount: Positive
    minted: Count


class ReserveLapsed(Wire, tag=3):
    """A reserve's attestation lapsed: from now on it does not count towards the limit."""

    partner: Code


class RateChanged(Wire, tag=4):
    """A published rate came into force."""

    partner: Code
    programme: Code
    rate: Rate


Event = AccountOpened | Minted | ReserveLapsed | RateChanged
MAX_EVENTS = 512


class Receipt(Wire):
    """One leaf of the receipts root. ``origin`` is a transaction id or a due entry's digest."""

    origin: Digest
    outcome: Outcome
    events: Annotated[tuple[Event, ...], msgspec.Meta(max_length=MAX_EVENTS)]
