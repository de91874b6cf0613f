"""Documents of what the ledger does: actions and receipts. Knows shapes; no HTTP, no rule.

Part of ``client.views``, from where everything here is imported.
"""

from __future__ import annotations

from typing import TypeAlias

from client.commerce_views import (
    CampaignClaimView,
    CampaignCloseView,
    CampaignCreateView,
    ContentLikeView,
    ContentRegisterView,
    OrderDisputeView,
    OrderOpenView,
    OrderRefundView,
    OrderReleaseView,
    OrderResolveView,
    OrderShipView,
)
from client.event_views import EventView
from client.fields import AddressText, AmountText, DigestText, NumberText, TimeText, View
from client.governance_views import (
    PartnerExitView,
    PartnerRegisterView,
    PartnerRotateKeysView,
    ProposeView,
    ValidatorAnnounceKeyView,
    VoteView,
)


class OutputView(View, frozen=True):
    """Who gets how much."""

    to: AddressText
    amount: AmountText


class TransferView(View, frozen=True, tag="transfer", tag_field="type"):
    """LiqBon moves from the sender to the outputs."""

    outputs: list[OutputView]


class OpenChannelsView(View, frozen=True, tag="open_channels", tag_field="type"):
    """The sender has this many sequences from now on."""

    channels: int


class MintView(View, frozen=True, tag="mint", tag_field="type"):
    """LiqBon is issued against points deposited at a partner."""

    partner: str
    programme: str
    points: NumberText
    amount: AmountText
    commitment: DigestText
    to: AddressText


# --- programmes ----------------------------------------------------------------------------------


class ProgrammeOpenView(View, frozen=True, tag="programme_open", tag_field="type"):
    """Points of a further programme may be deposited, at numerator / denominator units a point."""

    partner: str
    programme: str
    name: str
    point: str
    terms_hash: DigestText
    terms_url: str
    numerator: int
    denominator: int


class ProgrammeSetRateView(View, frozen=True, tag="programme_set_rate", tag_field="type"):
    """A programme's next rate is published; ``since`` null: in force at once."""

    partner: str
    programme: str
    numerator: int
    denominator: int
    since: TimeText | None


class ProgrammePauseView(View, frozen=True, tag="programme_pause", tag_field="type"):
    """New deposits into a programme stop, or are taken again."""

    partner: str
    programme: str
    paused: bool


class ProgrammeSetTermsView(View, frozen=True, tag="programme_set_terms", tag_field="type"):
    """A programme's next terms are published; ``since`` null: in force once notice is over."""

    partner: str
    programme: str
    terms_hash: DigestText
    terms_url: str
    since: TimeText | None


# --- limits and reserves -------------------------------------------------------------------------


class LowerClaimBoundView(View, frozen=True, tag="limit_lower_claim_bound", tag_field="type"):
    """Others may come to owe the partner at most ``claim_bound``."""

    partner: str
    claim_bound: AmountText


class SetDailyCapsView(View, frozen=True, tag="limit_set_daily_caps", tag_field="type"):
    """What the partner's keys can mint and refund in a day at most."""

    partner: str
    mint_per_day: AmountText
    refund_per_day: AmountText


class ReserveAttestView(View, frozen=True, tag="reserve_attest", tag_field="type"):
    """``custodian``, an account, signed that it holds ``amount`` for a partner as of a moment."""

    partner: str
    amount: AmountText
    as_of: TimeText
    custodian: AddressText


class ReserveReleaseView(View, frozen=True, tag="reserve_release", tag_field="type"):
    """``custodian``, an account, consents to hand back ``amount`` out of exactly this reserve."""

    partner: str
    amount: AmountText
    reserve: AmountText
    attested: TimeText
    custodian: AddressText


# --- spending ------------------------------------------------------------------------------------


class RedeemView(View, frozen=True, tag="redeem", tag_field="type"):
    """The sender spends LiqBon on an invoice that ``cashier``, an account, signed.

    ``payer`` null: whoever came first could pay it.
    """

    partner: str
    amount: AmountText
    invoice: DigestText
    expires: TimeText
    payer: AddressText | None
    cashier: AddressText


class RefundView(View, frozen=True, tag="refund", tag_field="type"):
    """A part of what was redeemed on an invoice goes back to who redeemed it."""

    partner: str
    invoice: DigestText
    refund: DigestText
    amount: AmountText


# --- settlement ----------------------------------------------------------------------------------


class SettlementPayView(View, frozen=True, tag="settlement_pay", tag_field="type"):
    """The debtor says that it paid; ``reference`` is opaque."""

    cycle: int
    place: int
    reference: DigestText


class SettlementConfirmView(View, frozen=True, tag="settlement_confirm", tag_field="type"):
    """The creditor says that it was paid."""

    cycle: int
    place: int


class SettlementDisputeView(View, frozen=True, tag="settlement_dispute", tag_field="type"):
    """The creditor says that it was not paid."""

    cycle: int
    place: int


class SettlementStatementView(View, frozen=True, tag="settlement_statement", tag_field="type"):
    """The settlement custodian says whether it was paid."""

    cycle: int
    place: int
    paid: bool


ActionView: TypeAlias = (
    TransferView
    | OpenChannelsView
    | MintView
    | ProgrammeOpenView
    | ProgrammeSetRateView
    | ProgrammePauseView
    | ProgrammeSetTermsView
    | PartnerRegisterView
    | PartnerRotateKeysView
    | PartnerExitView
    | ValidatorAnnounceKeyView
    | LowerClaimBoundView
    | SetDailyCapsView
    | ReserveAttestView
    | ReserveReleaseView
    | RedeemView
    | RefundView
    | SettlementPayView
    | SettlementConfirmView
    | SettlementDisputeView
    | SettlementStatementView
    | ProposeView
    | VoteView
    | CampaignCreateView
    | CampaignClaimView
    | CampaignCloseView
    | OrderOpenView
    | OrderShipView
    | OrderReleaseView
    | OrderRefundView
    | OrderDisputeView
    | OrderResolveView
    | ContentRegisterView
    | ContentLikeView
)


class ReceiptView(View, frozen=True):
    """What became of a transaction (or of something due): ``outcome`` is ``done`` or a refusal."""

    origin: DigestText
    outcome: str
    events: list[EventView]
