"""What became of a transaction. Knows events and form; not why a contract decides.

Only a transaction that used its sequence has a receipt: done, or refused for good. Something that
fell due has one too; its origin is the digest of the due entry's key ([RCPT-1]).
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from primitives.amount import DailyCap
from primitives.codes import Code, Cycle, Place, Signed
from primitives.commerce import OrderStatus
from primitives.encoding import Count, Digest, Millis, Positive, Wire
from primitives.genesis import Rate
from primitives.governance import ProposalStatus, Protocol, VotedLimits
from primitives.membership import PartnerStatus, Role
from primitives.outcome import Outcome as Outcome
from primitives.outcome import Skip as Skip


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
