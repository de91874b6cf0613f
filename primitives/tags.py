"""The tag of every action. Knows numbers; not what an action holds.

A tag is one byte: the high half names the contract, the low half the action ([TX-7],
docs/spec/transactions.md). Every tag that the whole economy needs is reserved from the start, so
that no later contract renumbers an earlier one.
"""

from __future__ import annotations

from enum import IntEnum, unique


@unique
class Tag(IntEnum):
    """Every action of the economy. Values never change and are never used again."""

    TRANSFER = 0x10
    OPEN_CHANNELS = 0x11
    MINT = 0x20
    PROGRAMME_OPEN = 0x30
    PROGRAMME_SET_RATE = 0x31
    PROGRAMME_PAUSE = 0x32
    PROGRAMME_SET_TERMS = 0x33
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
