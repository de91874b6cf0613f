"""The wire form of every action, in one closed table. Knows shapes and bounds; no rule, no state.

Only the tags that ``Action`` lists decode (``primitives.tags`` numbers them); another is refused as
``action_unknown``: it may be one of a later release ([TX-7], docs/spec/transactions.md).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, get_args

import msgspec

from primitives.amount import DailyCap
from primitives.codes import MAX_CODE as MAX_CODE
from primitives.codes import Code as Code
from primitives.codes import Cycle as Cycle
from primitives.codes import Name as Name
from primitives.codes import Place as Place
from primitives.codes import Term as Term
from primitives.codes import Url as Url
from primitives.commerce import CampaignClaim as CampaignClaim
from primitives.commerce import CampaignClose as CampaignClose
from primitives.commerce import CampaignCreate as CampaignCreate
from primitives.commerce import ContentLike as ContentLike
from primitives.commerce import ContentRegister as ContentRegister
from primitives.commerce import OrderDispute as OrderDispute
from primitives.commerce import OrderOpen as OrderOpen
from primitives.commerce import OrderRefund as OrderRefund
from primitives.commerce import OrderRelease as OrderRelease
from primitives.commerce import OrderResolve as OrderResolve
from primitives.commerce import OrderShip as OrderShip
from primitives.commerce import offer_message, voucher_message
from primitives.encoding import Count, Digest, Millis, Positive, Wire, encode
from primitives.endorsement import Endorsement
from primitives.governance import CastVote as CastVote
from primitives.governance import Propose as Propose
from primitives.hashing import (
    ATTESTATION_SIGNATURE,
    INVOICE_SIGNATURE,
    RELEASE_SIGNATURE,
    Domain,
)
from primitives.keys import Check
from primitives.membership import PartnerExit as PartnerExit
from primitives.membership import PartnerRegister as PartnerRegister
from primitives.membership import PartnerRotateKeys as PartnerRotateKeys
from primitives.membership import ValidatorAnnounceKey as ValidatorAnnounceKey
from primitives.membership import role_message, seat_check
from primitives.tags import Tag as Tag

MAX_OUTPUTS: Final = 256
MAX_POINTS: Final = 2**63 - 1


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


class ProgrammeSetTerms(Wire, tag=int(Tag.PROGRAMME_SET_TERMS)):
    """Publish a programme's next terms, in force from ``since``, or as soon as notice is over."""

    partner: Code
    programme: Code
    terms_hash: Digest
    terms_url: Url
    since: Millis


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
    | ProgrammeSetTerms
    | PartnerRegister
    | PartnerRotateKeys
    | PartnerExit
    | ValidatorAnnounceKey
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
    | Propose
    | CastVote
    | CampaignCreate
    | CampaignClaim
    | CampaignClose
    | OrderOpen
    | OrderShip
    | OrderRelease
    | OrderRefund
    | OrderDispute
    | OrderResolve
    | ContentRegister
    | ContentLike
)

KNOWN_TAGS: Final = frozenset(int(tag) for tag in Tag)


def outputs_of(action: Action) -> int:
    """How many account entries the action may touch besides the sender's: part of its weight."""
    match action:
        case Transfer():
            return len(action.outputs)
        case Mint() | Refund() | ContentLike() | CampaignClose() | PartnerRotateKeys():
            return 1
        case CampaignClaim():
            return 2
        case OrderRelease() | OrderRefund() | OrderResolve():
            return 3
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


_Carried = tuple[Endorsement, bytes]
_ENDORSED: Final[dict[type, Callable[[Any, bytes], _Carried]]] = {
    Redeem: lambda a, chain: (a.cashier, invoice_message(chain, a.invoice)),
    ReserveAttest: lambda a, chain: (a.custodian, attestation_message(chain, a.attestation)),
    ReserveRelease: lambda a, chain: (a.custodian, release_message(chain, a.release)),
    CampaignClaim: lambda a, chain: (a.signer, voucher_message(chain, a.voucher)),
    OrderOpen: lambda a, chain: (a.seller, offer_message(chain, a.offer)),
    PartnerRotateKeys: lambda a, chain: (a.holder, role_message(chain, a.partner, a.role)),
}
_SEATS: Final[dict[type, Callable[[Any, bytes], Check]]] = {
    PartnerRegister: lambda a, chain: seat_check(chain, a.application.code, a.application.seat),
    ValidatorAnnounceKey: lambda a, chain: seat_check(chain, a.partner, a.seat),
}
BARE: Final = frozenset(get_args(Action)) - _ENDORSED.keys() - _SEATS.keys()
"""Kinds of actions that carry no signature of their own: most, and most of all there is."""


def endorsed(action: Action, chain: bytes) -> _Carried | None:
    """The endorsement that an action carries, and the message under it; None for most."""
    found = _ENDORSED.get(type(action))
    return None if found is None else found(action, chain)


def seat_of(action: Action, chain: bytes) -> Check | None:
    """The check that a consensus key which an action brings is somebody's; None for most."""
    found = _SEATS.get(type(action))
    return None if found is None else found(action, chain)
