"""The wire form of every action, in one closed table. Knows shapes and bounds; no rule, no state.

A tag is one byte: the high half names the contract, the low half the action. Every tag that the
whole economy needs is reserved from the start, so that no later contract renumbers an earlier one
([TX-7], docs/spec/transactions.md). Only the tags that ``Action`` lists decode; the others are
refused as ``action_unknown`` until their contract is built.
"""

from __future__ import annotations

from enum import IntEnum, unique
from typing import Annotated, Final

import msgspec

from primitives.encoding import Count, Digest, Positive, Wire

MAX_OUTPUTS: Final = 256
MAX_POINTS: Final = 2**63 - 1
MAX_CODE: Final = 32

Code = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?\Z")]
"""The name of a partner or a programme on chain: 1..32 of a-z, 0-9 and inner hyphens."""


@unique
class Tag(IntEnum):
    """Every action of the economy. Values never change and are never used again."""

    TRANSFER = 0x10
    OPEN_CHANNELS = 0x11
    MINT = 0x20
    PROGRAMME_OPEN = 0x30
    PROGRAMME_SET_RATE = 0x31
    PROGRAMME_PAUSE = 0x32
    PARTNER_REGISTER = 0x40
    PARTNER_ROTATE_KEYS = 0x41
    PARTNER_EXIT = 0x42
    VALIDATOR_ANNOUNCE_KEY = 0x43
    LIMIT_LOWER_CLAIM_BOUND = 0x50
    LIMIT_SET_DAILY_CAPS = 0x51
    RESERVE_ATTEST = 0x52
    RESERVE_RELEASE = 0x53
    REDEEM = 0x60
    REFUND = 0x61
    SETTLEMENT_PAY = 0x70
    SETTLEMENT_CONFIRM = 0x71
    SETTLEMENT_DISPUTE = 0x72
    SETTLEMENT_STATEMENT = 0x73
    PROPOSE = 0x80
    VOTE = 0x81
    CAMPAIGN_CREATE = 0x90
    CAMPAIGN_CLAIM = 0x91
    CAMPAIGN_CLOSE = 0x92
    ORDER_OPEN = 0xA0
    ORDER_SHIP = 0xA1
    ORDER_RELEASE = 0xA2
    ORDER_REFUND = 0xA3
    ORDER_DISPUTE = 0xA4
    ORDER_RESOLVE = 0xA5
    CONTENT_REGISTER = 0xB0
    CONTENT_LIKE = 0xB1


class Output(Wire):
    """An amount (units of 10^-6 LiqBon, at least one) for an account."""

    account: Digest
    amount: Positive


class Transfer(Wire, tag=int(Tag.TRANSFER)):
    """Move LiqBon from the sender to 1..256 outputs."""

    outputs: Annotated[tuple[Output, ...], msgspec.Meta(min_length=1, max_length=MAX_OUTPUTS)]


class OpenChannels(Wire, tag=int(Tag.OPEN_CHANNELS)):
    """Have ``channels`` sequences (2..16) instead of as many as are open now."""

    channels: Annotated[int, msgspec.Meta(ge=2, le=16)]


class Mint(Wire, tag=int(Tag.MINT)):
    """Issue LiqBon against ``points`` (whole points of the programme) deposited at a partner.

    ``amount`` is what the issuer and the customer saw: it must equal floor(points * rate) under
    the rate in force. ``commitment`` hides the deposit's reference behind a salt that stays with
    the issuer.
    """

    partner: Code
    programme: Code
    points: Positive
    amount: Positive
    commitment: Digest
    to: Digest


Action = Transfer | OpenChannels | Mint

RESERVED_TAGS: Final = frozenset(int(tag) for tag in Tag)


def outputs_of(action: Action) -> int:
    """How many account entries the action may touch besides the sender's: part of its weight."""
    match action:
        case Transfer():
            return len(action.outputs)
        case Mint():
            return 1
        case OpenChannels():
            return 0


__all__ = [
    "Action",
    "Code",
    "Count",
    "MAX_OUTPUTS",
    "MAX_POINTS",
    "Mint",
    "OpenChannels",
    "Output",
    "RESERVED_TAGS",
    "Tag",
    "Transfer",
    "outputs_of",
]
