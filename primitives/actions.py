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

from primitives.amount import DailyCap
from primitives.encoding import Count, Digest, Millis, Positive, Wire, encode
from primitives.endorsement import Endorsement
from primitives.hashing import (
    ATTESTATION_SIGNATURE,
    INVOICE_SIGNATURE,
    RELEASE_SIGNATURE,
    Domain,
)

MAX_OUTPUTS: Final = 256
MAX_POINTS: Final = 2**63 - 1
MAX_CODE: Final = 32

Code = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?\Z")]
"""The name of a partner or a programme on chain: 1..32 of a-z, 0-9 and inner hyphens."""
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Url = Annotated[str, msgspec.Meta(max_length=200)]
Term = Annotated[int, msgspec.Meta(ge=1, le=2**32 - 1)]
"""One half of a rate."""
Cycle = Annotated[int, msgspec.Meta(ge=1, le=2**32 - 1)]
"""The number of a settlement cycle, from 1."""
Place = Annotated[int, msgspec.Meta(ge=0, le=98)]
"""The place of an obligation in its cycle: at most one fewer than there are partners."""


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


class ProgrammeOpen(Wire, tag=int(Tag.PROGRAMME_OPEN)):
    """Let points of a further programme be deposited, at numerator / denominator units a point."""

    partner: Code
    programme: Code
    name: Name
    point: Name
    terms_hash: Digest
    terms_url: Url
    numerator: Term
    denominator: Term


class ProgrammeSetRate(Wire, tag=int(Tag.PROGRAMME_SET_RATE)):
    """Publish a programme's next rate, in force from ``since`` (0: at once)."""

    partner: Code
    programme: Code
    numerator: Term
    denominator: Term
    since: Millis


class ProgrammePause(Wire, tag=int(Tag.PROGRAMME_PAUSE)):
    """Stop taking new deposits into a programme, or take them again."""

    partner: Code
    programme: Code
    paused: bool


class LowerClaimBound(Wire, tag=int(Tag.LIMIT_LOWER_CLAIM_BOUND)):
    """Let others come to owe this partner less: a smaller K, in units."""

    partner: Code
    claim_bound: Count


class SetDailyCaps(Wire, tag=int(Tag.LIMIT_SET_DAILY_CAPS)):
    """Bound what a stolen key could do in a day, in units; what is raised is raised later."""

    partner: Code
    mint_per_day: DailyCap
    refund_per_day: DailyCap


class Attestation(Wire):
    """What a custodian says that it holds for a partner, in units, as of a moment."""

    partner: Code
    amount: Count
    as_of: Millis


class ReserveAttest(Wire, tag=int(Tag.RESERVE_ATTEST)):
    """Have a reserve recognised that the partner's custodian attests."""

    attestation: Attestation
    custodian: Endorsement


class Release(Wire):
    """A custodian's consent to hand back ``amount`` units out of exactly this reserve."""

    partner: Code
    amount: Positive
    reserve: Count
    attested: Millis


class ReserveRelease(Wire, tag=int(Tag.RESERVE_RELEASE)):
    """Take a part of the reserve back that nothing needs."""

    release: Release
    custodian: Endorsement


class Invoice(Wire):
    """What a cashier asks for; ``id`` is random and used once, ``payer`` nil for whoever comes."""

    partner: Code
    amount: Positive
    expires: Millis
    id: Digest
    payer: Digest | None


class Redeem(Wire, tag=int(Tag.REDEEM)):
    """Spend the sender's LiqBon at a partner: they are burnt, and the partner is owed for them."""

    invoice: Invoice
    cashier: Endorsement


class Refund(Wire, tag=int(Tag.REFUND)):
    """Give back ``amount`` units of what was redeemed on an invoice, to who redeemed it."""

    partner: Code
    invoice: Digest
    refund: Digest
    amount: Positive


class SettlementPay(Wire, tag=int(Tag.SETTLEMENT_PAY)):
    """The debtor says that it paid an obligation; ``reference`` is opaque, salted, never text."""

    cycle: Cycle
    place: Place
    reference: Digest


class SettlementConfirm(Wire, tag=int(Tag.SETTLEMENT_CONFIRM)):
    """The creditor says that it was paid."""

    cycle: Cycle
    place: Place


class SettlementDispute(Wire, tag=int(Tag.SETTLEMENT_DISPUTE)):
    """The creditor says that it was not paid, whatever the debtor said."""

    cycle: Cycle
    place: Place


class SettlementStatement(Wire, tag=int(Tag.SETTLEMENT_STATEMENT)):
    """The settlement custodian says whether an obligation was paid."""

    cycle: Cycle
    place: Place
    paid: bool


Action = (
    Transfer
    | OpenChannels
    | Mint
    | ProgrammeOpen
    | ProgrammeSetRate
    | ProgrammePause
    | LowerClaimBound
    | SetDailyCaps
    | ReserveAttest
    | ReserveRelease
    | Redeem
    | Refund
    | SettlementPay
    | SettlementConfirm
    | SettlementDispute
    | SettlementStatement
)

RESERVED_TAGS: Final = frozenset(int(tag) for tag in Tag)


def outputs_of(action: Action) -> int:
    """How many account entries the action may touch besides the sender's: part of its weight."""
    match action:
        case Transfer():
            return len(action.outputs)
        case Mint() | Refund():
            return 1
        case _:
            return 0


def _said(domain: Domain, chain: bytes, what: Wire) -> bytes:
    return domain.message(chain, encode(what))


def invoice_message(chain: bytes, invoice: Invoice) -> bytes:
    """What a cashier signs ([LEDGER-17])."""
    return _said(INVOICE_SIGNATURE, chain, invoice)


def attestation_message(chain: bytes, attestation: Attestation) -> bytes:
    """What a custodian signs to say what it holds ([LEDGER-23])."""
    return _said(ATTESTATION_SIGNATURE, chain, attestation)


def release_message(chain: bytes, release: Release) -> bytes:
    """What a custodian signs to hand a reserve back ([LEDGER-25])."""
    return _said(RELEASE_SIGNATURE, chain, release)


def endorsed(action: Action, chain: bytes) -> tuple[Endorsement, bytes] | None:
    """The endorsement that an action carries, and the message under it; None for most."""
    match action:
        case Redeem():
            return action.cashier, invoice_message(chain, action.invoice)
        case ReserveAttest():
            return action.custodian, attestation_message(chain, action.attestation)
        case ReserveRelease():
            return action.custodian, release_message(chain, action.release)
        case _:
            return None
