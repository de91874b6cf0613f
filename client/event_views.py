"""Documents of what happened: the events of receipts. Knows shapes; no HTTP, no rule.

Part of ``client.views``, from where everything here is imported.
"""

from __future__ import annotations

from typing import TypeAlias

from client.commerce_views import OrderState
from client.fields import AddressText, AmountText, DigestText, SignedText, TimeText, View
from client.governance_views import PartnerState, PlannedView, ProposalState, RoleName
from client.measure_views import VotedLimitsView


class AccountOpenedView(View, frozen=True, tag="account_opened", tag_field="type"):
    """An account's record was created."""

    address: AddressText


class MintedView(View, frozen=True, tag="minted", tag_field="type"):
    """A partner minted ``amount``; ``minted`` is its total so far."""

    partner: str
    amount: AmountText
    minted: AmountText


class RedeemedView(View, frozen=True, tag="redeemed", tag_field="type"):
    """``amount`` was spent at a partner; ``redeemed`` is the partner's total so far."""

    partner: str
    amount: AmountText
    redeemed: AmountText


class RefundedView(View, frozen=True, tag="refunded", tag_field="type"):
    """A partner gave ``amount`` back; ``refunded`` is its total so far."""

    partner: str
    amount: AmountText
    refunded: AmountText


# --- programmes ----------------------------------------------------------------------------------


class RateView(View, frozen=True):
    """LiqBon units = points * numerator / denominator (10^-6 LiqBon), from ``since`` on."""

    since: TimeText
    numerator: int
    denominator: int


class RateChangedView(View, frozen=True, tag="rate_changed", tag_field="type"):
    """A published rate came into force."""

    partner: str
    programme: str
    rate: RateView


class RatePublishedView(View, frozen=True, tag="rate_published", tag_field="type"):
    """A rate was published, in force from its ``since`` on."""

    partner: str
    programme: str
    rate: RateView


class ProgrammeOpenedView(View, frozen=True, tag="programme_opened", tag_field="type"):
    """Points of a further programme can be deposited."""

    partner: str
    programme: str


class ProgrammePausedView(View, frozen=True, tag="programme_paused", tag_field="type"):
    """New deposits stop, or are taken again."""

    partner: str
    programme: str
    paused: bool


class TermsPublishedView(View, frozen=True, tag="terms_published", tag_field="type"):
    """A programme's next terms, in force from ``since`` on."""

    partner: str
    programme: str
    terms_hash: DigestText
    since: TimeText


class TermsChangedView(View, frozen=True, tag="terms_changed", tag_field="type"):
    """Published terms came into force."""

    partner: str
    programme: str
    terms_hash: DigestText


# --- limits and reserves -------------------------------------------------------------------------


class ReserveLapsedView(View, frozen=True, tag="reserve_lapsed", tag_field="type"):
    """A partner's attested reserve stopped counting."""

    partner: str


class ReserveChangedView(View, frozen=True, tag="reserve_changed", tag_field="type"):
    """From now on this reserve counts."""

    partner: str
    reserve: AmountText


class ReserveReleasedView(View, frozen=True, tag="reserve_released", tag_field="type"):
    """A part of a reserve was handed back to its partner."""

    partner: str
    amount: AmountText


class ReserveDrawnView(View, frozen=True, tag="reserve_drawn", tag_field="type"):
    """A part of a reserve, the debtor's or one that stands behind its payments, pays an
    obligation."""

    partner: str
    cycle: int
    place: int
    amount: AmountText


class DailyCapsChangedView(View, frozen=True, tag="daily_caps_changed", tag_field="type"):
    """These daily caps are in force."""

    partner: str
    mint_per_day: AmountText
    refund_per_day: AmountText


class ClaimBoundLoweredView(View, frozen=True, tag="claim_bound_lowered", tag_field="type"):
    """Others may come to owe the partner at most this."""

    partner: str
    claim_bound: AmountText


# --- settlement ----------------------------------------------------------------------------------


class CycleClosedView(View, frozen=True, tag="cycle_closed", tag_field="type"):
    """A settlement cycle closed: ``claims`` is to be paid in so many ``obligations``."""

    cycle: int
    claims: AmountText
    obligations: int


class PaymentClaimedView(View, frozen=True, tag="payment_claimed", tag_field="type"):
    """The debtor says that it paid."""

    cycle: int
    place: int
    reference: DigestText


class PaymentDisputedView(View, frozen=True, tag="payment_disputed", tag_field="type"):
    """The creditor denies it; ``earmark`` of the debtor's reserve is held."""

    cycle: int
    place: int
    earmark: AmountText


class ObligationSettledView(View, frozen=True, tag="obligation_settled", tag_field="type"):
    """Nothing of it is owed any more; ``amount`` moved positions now."""

    cycle: int
    place: int
    amount: AmountText


class ObligationOverdueView(View, frozen=True, tag="obligation_overdue", tag_field="type"):
    """It was not paid in time: its debtor mints nothing until it is settled."""

    cycle: int
    place: int
    outstanding: AmountText


# --- campaigns, orders, contents -----------------------------------------------------------------


class CampaignOpenedView(View, frozen=True, tag="campaign_opened", tag_field="type"):
    """A sponsor locked ``budget`` for claims."""

    campaign: DigestText
    budget: AmountText


class RewardPaidView(View, frozen=True, tag="reward_paid", tag_field="type"):
    """A campaign paid a claimant, or who brought it."""

    campaign: DigestText
    address: AddressText
    amount: AmountText


class CampaignClosedView(View, frozen=True, tag="campaign_closed", tag_field="type"):
    """A campaign ended; what was left returned to its sponsor."""

    campaign: DigestText
    returned: AmountText


class OrderMovedView(View, frozen=True, tag="order_moved", tag_field="type"):
    """An order was opened, shipped or disputed."""

    order: DigestText
    status: OrderState


class OrderEndedView(View, frozen=True, tag="order_ended", tag_field="type"):
    """An order is done: what returned to the buyer, and what its promoter got; the seller got the
    rest of the price."""

    order: DigestText
    to_buyer: AmountText
    to_promoter: AmountText


class ContentRegisteredView(View, frozen=True, tag="content_registered", tag_field="type"):
    """A work can be liked."""

    content: DigestText


class ContentLikedView(View, frozen=True, tag="content_liked", tag_field="type"):
    """How often a content was liked so far, and with how much in all."""

    content: DigestText
    likes: int
    amount: AmountText


# --- partners together ---------------------------------------------------------------------------


class PartnerAppliedView(View, frozen=True, tag="partner_applied", tag_field="type"):
    """An account asks to become a partner of this code; ``application`` is the id of its words."""

    address: AddressText
    partner: str
    application: DigestText


class PartnerMovedView(View, frozen=True, tag="partner_moved", tag_field="type"):
    """A partner was admitted, is leaving, or has left."""

    partner: str
    status: PartnerState


class RoleGivenView(View, frozen=True, tag="role_given", tag_field="type"):
    """From now on this account acts for the partner in this role."""

    partner: str
    role: RoleName
    address: AddressText


class SeatAnnouncedView(View, frozen=True, tag="seat_announced", tag_field="type"):
    """From the next epoch on the partner validates with this key."""

    partner: str
    validator: DigestText
    lost: bool


class PositionShiftedView(View, frozen=True, tag="position_shifted", tag_field="type"):
    """What a partner owes the pool grew by ``amount``, or fell, and that of others the other way:
    its reserve paid for another, another's for it, or a loss is shared."""

    partner: str
    amount: SignedText


class ProposalOpenedView(View, frozen=True, tag="proposal_opened", tag_field="type"):
    """Something was put to the vote; ``needed`` of so many ``electors`` must approve."""

    proposal: DigestText
    electors: int
    needed: int


class VoteCountedView(View, frozen=True, tag="vote_counted", tag_field="type"):
    """A partner voted; so many approve and oppose so far."""

    proposal: DigestText
    partner: str
    approved: int
    opposed: int


class ProposalMovedView(View, frozen=True, tag="proposal_moved", tag_field="type"):
    """A proposal was decided, carried out, or came to nothing; ``obstacle`` is the code of what
    stood in its way, if anything did."""

    proposal: DigestText
    status: ProposalState
    obstacle: str | None


class LimitsSetView(View, frozen=True, tag="limits_set", tag_field="type"):
    """What others let a partner owe and be owed was voted."""

    partner: str
    limits: VotedLimitsView


class CustodianSetView(View, frozen=True, tag="custodian_set", tag_field="type"):
    """A custodian was admitted or changed."""

    custodian: str
    address: AddressText


class CustodianAssignedView(View, frozen=True, tag="custodian_assigned", tag_field="type"):
    """Another custodian holds a partner's reserve."""

    partner: str
    custodian: str


class JudgeSetView(View, frozen=True, tag="judge_set", tag_field="type"):
    """Another custodian says which payments were made."""

    custodian: str


class ProtocolPlannedView(View, frozen=True, tag="protocol_planned", tag_field="type"):
    """Which protocol version is in force, and which one will be from when on."""

    version: int
    planned: PlannedView | None


EventView: TypeAlias = (
    AccountOpenedView
    | MintedView
    | RedeemedView
    | RefundedView
    | RateChangedView
    | RatePublishedView
    | ProgrammeOpenedView
    | ProgrammePausedView
    | ReserveLapsedView
    | ReserveChangedView
    | ReserveReleasedView
    | ReserveDrawnView
    | DailyCapsChangedView
    | ClaimBoundLoweredView
    | CycleClosedView
    | PaymentClaimedView
    | PaymentDisputedView
    | ObligationSettledView
    | ObligationOverdueView
    | CampaignOpenedView
    | RewardPaidView
    | CampaignClosedView
    | OrderMovedView
    | OrderEndedView
    | ContentRegisteredView
    | ContentLikedView
    | PartnerAppliedView
    | PartnerMovedView
    | RoleGivenView
    | SeatAnnouncedView
    | PositionShiftedView
    | TermsPublishedView
    | TermsChangedView
    | ProposalOpenedView
    | VoteCountedView
    | ProposalMovedView
    | LimitsSetView
    | CustodianSetView
    | CustodianAssignedView
    | JudgeSetView
    | ProtocolPlannedView
)
