"""What became of a transaction. Knows codes, events and form; not why a contract decides.

Only a transaction that used its sequence has a receipt: done, or refused for good. Something that
fell due has one too; its origin is the digest of the due entry's key ([RCPT-1]).
"""

from __future__ import annotations

from enum import IntEnum, unique
from typing import Annotated

import msgspec

from primitives.amount import DailyCap
from primitives.codes import Code, Cycle, Place, Signed
from primitives.commerce import OrderStatus
from primitives.encoding import Count, Digest, Millis, Positive, Wire
from primitives.genesis import Rate
from primitives.governance import ProposalStatus, Protocol, VotedLimits
from primitives.membership import PartnerStatus, Role


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
    # 13 is not used and never will be.
    RATE_NOT_IN_FORCE = 14
    NOT_ADMIN = 15
    NOT_CASHIER = 16
    NOT_CUSTODIAN = 17
    MINTING_SUSPENDED = 18
    INVOICE_EXPIRED = 19
    INVOICE_FOR_ANOTHER = 20
    INVOICE_USED = 21
    INVOICE_UNKNOWN = 22
    CLAIM_BOUND_EXCEEDED = 23
    REFUND_USED = 24
    REFUND_EXCEEDED = 25
    PROGRAMME_EXISTS = 26
    PROGRAMMES_FULL = 27
    PROGRAMME_UNCHANGED = 28
    RATE_UNORDERED = 29
    RATE_NOTICE_SHORT = 30
    RATE_TOO_FAR = 31
    CLAIM_BOUND_NOT_LOWER = 32
    CEILING_EXCEEDED = 33
    ATTESTATION_STALE = 34
    ATTESTATION_EARLY = 35
    RELEASE_STALE = 36
    RESERVE_NEEDED = 37
    OBLIGATION_UNKNOWN = 38
    OBLIGATION_SETTLED = 39
    NOT_DEBTOR = 40
    NOT_CREDITOR = 41
    PAYMENT_CLAIMED = 42
    PAYMENT_NOT_CLAIMED = 43
    NOT_DISPUTED = 44
    DEADLINE_INVALID = 45
    BUDGET_TOO_SMALL = 46
    CAMPAIGN_UNKNOWN = 47
    CAMPAIGN_ENDED = 48
    NOT_SPONSOR = 49
    NOT_SIGNER = 50
    VOUCHER_FOR_ANOTHER = 51
    VOUCHER_EXPIRED = 52
    VOUCHER_USED = 53
    REFERRER_INVALID = 54
    CLAIMS_EXCEEDED = 55
    BUDGET_EXHAUSTED = 56
    NOT_SELLER = 57
    OFFER_EXPIRED = 58
    ARBITER_INVALID = 59
    PROMOTER_INVALID = 60
    ACCOUNT_UNKNOWN = 61
    ORDER_UNKNOWN = 62
    ORDER_STATUS_WRONG = 63
    NOT_BUYER = 64
    NOT_ARBITER = 65
    CONTENT_EXISTS = 66
    CONTENT_UNKNOWN = 67
    OWN_CONTENT = 68
    PARTNER_LEAVING = 69
    NO_TILL = 70
    PARTNER_EXISTS = 71
    ROLE_INVALID = 72
    CUSTODIAN_UNKNOWN = 73
    CUSTODIAN_INVALID = 74
    CUSTODIANS_FULL = 75
    SEAT_TAKEN = 76
    LAST_PARTNER = 77
    TERMS_UNORDERED = 78
    TERMS_TOO_FAR = 79
    PROPOSALS_FULL = 80
    ELECTORS_MISSING = 81
    PROPOSAL_UNKNOWN = 82
    PROPOSAL_CLOSED = 83
    NOT_ELECTOR = 84
    VOTE_UNCHANGED = 85
    APPLICATION_UNKNOWN = 86
    DIRECTORY_FULL = 87
    CREDIT_EXCEEDED = 88
    OBLIGATION_IN_TIME = 89
    POSITION_SMALLER = 90
    NOBODY_TO_SHARE = 91
    HEIGHT_PASSED = 92
    VERSION_NOT_NEWER = 93
    PARTNER_STAYS = 94

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


class Redeemed(Wire, tag=5):
    """LiqBon were burnt for an invoice; ``redeemed``: the partner's total so far."""

    partner: Code
    amount: Positive
    redeemed: Count


class Refunded(Wire, tag=6):
    """LiqBon were given back for an invoice; ``refunded``: the partner's total so far."""

    partner: Code
    amount: Positive
    refunded: Count


class ProgrammeOpened(Wire, tag=7):
    """Points of a further programme can be deposited."""

    partner: Code
    programme: Code


class RatePublished(Wire, tag=8):
    """A rate was published, in force from its ``since`` on."""

    partner: Code
    programme: Code
    rate: Rate


class ProgrammePaused(Wire, tag=9):
    """New deposits stop, or are taken again."""

    partner: Code
    programme: Code
    paused: bool


class ReserveChanged(Wire, tag=10):
    """From now on this reserve, in units, counts towards the limit."""

    partner: Code
    reserve: Count


class ReserveReleased(Wire, tag=11):
    """A part of a reserve, in units, was handed back to its partner."""

    partner: Code
    amount: Positive


class ReserveDrawn(Wire, tag=12):
    """A part of the debtor's reserve, in units, pays an obligation."""

    partner: Code
    cycle: Cycle
    place: Place
    amount: Positive


class DailyCapsChanged(Wire, tag=13):
    """These daily caps, in units, are in force."""

    partner: Code
    mint_per_day: DailyCap
    refund_per_day: DailyCap


class ClaimBoundLowered(Wire, tag=14):
    """Others may come to owe the partner at most this, in units."""

    partner: Code
    claim_bound: Count


class CycleClosed(Wire, tag=15):
    """A settlement cycle closed: ``claims`` units are to be paid in ``obligations`` payments."""

    cycle: Cycle
    claims: Count
    obligations: Count


class PaymentClaimed(Wire, tag=16):
    """The debtor says that it paid."""

    cycle: Cycle
    place: Place
    reference: Digest


class PaymentDisputed(Wire, tag=17):
    """The creditor denies the payment; ``earmark`` units of the debtor's reserve are held."""

    cycle: Cycle
    place: Place
    earmark: Count


class ObligationSettled(Wire, tag=18):
    """Nothing of the obligation is owed any more; ``amount`` units moved positions now."""

    cycle: Cycle
    place: Place
    amount: Count


class ObligationOverdue(Wire, tag=19):
    """The obligation was not paid in time: its debtor mints nothing until it is settled."""

    cycle: Cycle
    place: Place
    outstanding: Positive


class CampaignOpened(Wire, tag=20):
    """A budget, in units, is locked for claims."""

    campaign: Digest
    budget: Positive


class RewardPaid(Wire, tag=21):
    """A campaign paid a claimant, or who brought it."""

    campaign: Digest
    account: Digest
    amount: Positive


class CampaignClosed(Wire, tag=22):
    """What was left, in units, returned to the sponsor."""

    campaign: Digest
    returned: Count


class OrderMoved(Wire, tag=23):
    """An order was opened, shipped or disputed."""

    order: Digest
    status: OrderStatus


class OrderEnded(Wire, tag=24):
    """An order is done: what returned to the buyer and what its promoter got, in units."""

    order: Digest
    to_buyer: Count
    to_promoter: Count


class ContentRegistered(Wire, tag=25):
    """A work can be liked."""

    content: Digest


class ContentLiked(Wire, tag=26):
    """How often a content was liked, and with how many units, so far."""

    content: Digest
    likes: Positive
    units: Positive


class PartnerApplied(Wire, tag=27):
    """Somebody asks to become a partner, in these words: the id of its application."""

    account: Digest
    partner: Code
    application: Digest


class PartnerMoved(Wire, tag=28):
    """A partner was admitted, is leaving, or has left."""

    partner: Code
    status: PartnerStatus


class RoleGiven(Wire, tag=29):
    """From now on this account acts for the partner in this role."""

    partner: Code
    role: Role
    account: Digest


class SeatAnnounced(Wire, tag=30):
    """From the next epoch on the partner validates with this key; ``lost``: that should be soon."""

    partner: Code
    key: Digest
    lost: bool


class PositionShifted(Wire, tag=31):
    """What a partner owes the pool grew by ``amount`` units that others do not owe any more."""

    partner: Code
    amount: Signed


class TermsPublished(Wire, tag=32):
    """A programme's next terms, in force from ``since`` on."""

    partner: Code
    programme: Code
    terms_hash: Digest
    since: Millis


class TermsChanged(Wire, tag=33):
    """Published terms came into force."""

    partner: Code
    programme: Code
    terms_hash: Digest


class ProposalOpened(Wire, tag=34):
    """Something was put to the vote; ``needed`` of ``electors`` must approve."""

    proposal: Digest
    electors: Positive
    needed: Positive


class VoteCounted(Wire, tag=35):
    """A partner voted; so many approve and oppose so far."""

    proposal: Digest
    partner: Code
    approved: Count
    opposed: Count


class ProposalMoved(Wire, tag=36):
    """A proposal was decided, carried out, or came to nothing; ``obstacle`` says why (0: none)."""

    proposal: Digest
    status: ProposalStatus
    obstacle: Outcome


class LimitsSet(Wire, tag=37):
    """What others let a partner owe and be owed."""

    partner: Code
    limits: VotedLimits


class CustodianSet(Wire, tag=38):
    """A custodian was admitted or changed."""

    custodian: Code
    account: Digest


class CustodianAssigned(Wire, tag=39):
    """Another custodian holds a partner's reserve."""

    partner: Code
    custodian: Code


class JudgeSet(Wire, tag=40):
    """Another custodian says which payments were made."""

    custodian: Code


class ProtocolPlanned(Wire, tag=41):
    """Which protocol version is in force, and which one will be from when on."""

    protocol: Protocol


Event = (
    AccountOpened
    | Minted
    | ReserveLapsed
    | RateChanged
    | Redeemed
    | Refunded
    | ProgrammeOpened
    | RatePublished
    | ProgrammePaused
    | ReserveChanged
    | ReserveReleased
    | ReserveDrawn
    | DailyCapsChanged
    | ClaimBoundLowered
    | CycleClosed
    | PaymentClaimed
    | PaymentDisputed
    | ObligationSettled
    | ObligationOverdue
    | CampaignOpened
    | RewardPaid
    | CampaignClosed
    | OrderMoved
    | OrderEnded
    | ContentRegistered
    | ContentLiked
    | PartnerApplied
    | PartnerMoved
    | RoleGiven
    | SeatAnnounced
    | PositionShifted
    | TermsPublished
    | TermsChanged
    | ProposalOpened
    | VoteCounted
    | ProposalMoved
    | LimitsSet
    | CustodianSet
    | CustodianAssigned
    | JudgeSet
    | ProtocolPlanned
)
MAX_EVENTS = 512


class Receipt(Wire):
    """One leaf of the receipts root. ``origin`` is a transaction id or a due entry's digest."""

    origin: Digest
    outcome: Outcome
    events: Annotated[tuple[Event, ...], msgspec.Meta(max_length=MAX_EVENTS)]
