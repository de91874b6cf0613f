"""Every JSON document of the HTTP API. Knows shapes and spellings; no socket, no ledger rule.

The node encodes these, clients decode them, and the OpenAPI description is generated from them, so
there is one definition of each (docs/reference/api.md); spellings are those of ``client.fields``.

Everything beside a proof is a courtesy to people: whoever does not trust the node derives every
value from the proof's bytes alone. A document may gain fields; a client ignores those it does not
know.
"""

from __future__ import annotations

from client.chain_views import (
    BatchSummary,
    BatchView,
    BlockDetail,
    BlockView,
    CertificateView,
    EpochView,
    GenesisView,
    PeerView,
    StatusView,
    ValidatorsView,
    ValidatorView,
)
from client.commerce_views import (
    CampaignClaimView,
    CampaignCloseView,
    CampaignCreateView,
    CampaignDetail,
    CampaignView,
    ClaimsView,
    ContentDetail,
    ContentLikeView,
    ContentRegisterView,
    ContentView,
    OfferView,
    OrderDetail,
    OrderDisputeView,
    OrderOpenView,
    OrderRefundView,
    OrderReleaseView,
    OrderResolveView,
    OrderShipView,
    OrderState,
    OrderView,
)
from client.event_views import (
    AccountOpenedView,
    CampaignClosedView,
    CampaignOpenedView,
    ClaimBoundLoweredView,
    ContentLikedView,
    ContentRegisteredView,
    CustodianAssignedView,
    CustodianSetView,
    CycleClosedView,
    DailyCapsChangedView,
    EventView,
    JudgeSetView,
    LimitsSetView,
    MintedView,
    ObligationOverdueView,
    ObligationSettledView,
    OrderEndedView,
    OrderMovedView,
    PartnerAppliedView,
    PartnerMovedView,
    PaymentClaimedView,
    PaymentDisputedView,
    PositionShiftedView,
    ProgrammeOpenedView,
    ProgrammePausedView,
    ProposalMovedView,
    ProposalOpenedView,
    ProtocolPlannedView,
    RateChangedView,
    RatePublishedView,
    RateView,
    RedeemedView,
    RefundedView,
    ReserveChangedView,
    ReserveDrawnView,
    ReserveLapsedView,
    ReserveReleasedView,
    RewardPaidView,
    RoleGivenView,
    SeatAnnouncedView,
    TermsChangedView,
    TermsPublishedView,
    VoteCountedView,
)
from client.fields import (
    AddressText,
    AmountText,
    Base64Text,
    DigestText,
    Height,
    HexText,
    Page,
    TimeText,
    View,
)
from client.governance_views import (
    ApplicantView,
    ApplicationDetail,
    ApplicationView,
    ElectorView,
    MembershipView,
    MemberView,
    PartnerExitView,
    PartnerKindName,
    PartnerRegisterView,
    PartnerRotateKeysView,
    PartnerState,
    PlannedView,
    ProposalDetail,
    ProposalState,
    ProposalView,
    ProposeView,
    ProtocolView,
    RoleName,
    ValidatorAnnounceKeyView,
    VoteView,
)
from client.ledger_views import (
    ActionView,
    LowerClaimBoundView,
    MintView,
    OpenChannelsView,
    OutputView,
    ProgrammeOpenView,
    ProgrammePauseView,
    ProgrammeSetRateView,
    ProgrammeSetTermsView,
    ReceiptView,
    RedeemView,
    RefundView,
    ReserveAttestView,
    ReserveReleaseView,
    SetDailyCapsView,
    SettlementConfirmView,
    SettlementDisputeView,
    SettlementPayView,
    SettlementStatementView,
    TransferView,
)
from client.measure_views import (
    AdmitPartnerView,
    AssignCustodianView,
    DecideDisputeView,
    DeclareView,
    MeasureView,
    RemovePartnerView,
    ReplaceAdminView,
    SetCustodianView,
    SetJudgeView,
    SetLimitsView,
    SetProtocolView,
    ShareObligationView,
    SharePositionView,
    VotedLimitsView,
)
from client.partner_views import (
    AdvanceView,
    CustodianView,
    LimitsView,
    PartnerDetail,
    PartnerView,
    PendingCapsView,
    PendingReserveView,
    PositionsView,
    PositionView,
    ProgrammeView,
    PublishedRateView,
    PublishedTermsView,
    RolesView,
    SupplyView,
)
from client.settlement_views import (
    CycleDetail,
    CycleLineView,
    CycleView,
    ObligationDetail,
    ObligationState,
    ObligationView,
    RedemptionView,
    SettlementView,
)
from client.transaction_views import (
    FellDueView,
    HistoryItem,
    Submission,
    SubmissionResult,
    SubmittedView,
    TransactionStatus,
    TransactionView,
)

# What the API speaks of; the documents of the other modules are re-exported.
# fmt: off
__all__ = (
    "Page", "View", "AccountOpenedView", "MintedView", "RedeemedView", "RefundedView", "RateView",
    "RateChangedView", "RatePublishedView", "ProgrammeOpenedView", "ProgrammePausedView",
    "ReserveLapsedView", "ReserveChangedView", "ReserveReleasedView", "ReserveDrawnView",
    "DailyCapsChangedView", "ClaimBoundLoweredView", "CycleClosedView", "PaymentClaimedView",
    "PaymentDisputedView", "ObligationSettledView", "ObligationOverdueView", "EventView",
    "OutputView", "TransferView", "OpenChannelsView", "MintView", "ProgrammeOpenView",
    "ProgrammeSetRateView", "ProgrammePauseView", "LowerClaimBoundView", "SetDailyCapsView",
    "ReserveAttestView", "ReserveReleaseView", "RedeemView", "RefundView", "SettlementPayView",
    "SettlementConfirmView", "SettlementDisputeView", "SettlementStatementView", "ActionView",
    "ReceiptView", "RolesView", "PartnerView", "CustodianView", "PublishedRateView",
    "ProgrammeView", "PendingReserveView", "PendingCapsView", "LimitsView", "PositionView",
    "SupplyView", "PositionsView", "ObligationState", "RedemptionView", "SettlementView",
    "CycleLineView", "CycleView", "ObligationView", "CycleDetail", "ObligationDetail",
    "TransactionStatus", "Problem", "Submission", "TransactionView", "SubmittedView",
    "SubmissionResult", "HistoryItem", "AccountView", "EntryView", "PeerView", "StatusView",
    "ValidatorView", "ValidatorsView", "GenesisView", "EpochView", "BlockView", "BatchSummary",
    "BlockDetail", "BatchView", "CertificateView", "EvidenceView", "StreamItem", "HealthView",
    "EntriesView", "EntryItem", "CampaignCreateView", "CampaignClaimView", "CampaignCloseView",
    "OrderOpenView", "OrderShipView", "OrderReleaseView", "OrderRefundView", "OrderDisputeView",
    "OrderResolveView", "ContentRegisterView", "ContentLikeView", "OfferView", "CampaignView",
    "CampaignDetail", "ClaimsView", "OrderState", "OrderView", "OrderDetail", "ContentView",
    "ContentDetail", "CampaignOpenedView", "RewardPaidView", "CampaignClosedView",
    "OrderMovedView", "OrderEndedView", "ContentRegisteredView", "ContentLikedView",
    "FellDueView", "ProgrammeSetTermsView", "PartnerRegisterView", "PartnerRotateKeysView",
    "PartnerExitView", "ValidatorAnnounceKeyView", "ProposeView", "VoteView", "ApplicantView",
    "ApplicationView", "ApplicationDetail", "ElectorView", "ProposalView", "ProposalDetail",
    "ProposalState", "MemberView", "MembershipView", "PlannedView", "ProtocolView",
    "PartnerKindName", "PartnerState", "RoleName", "PartnerDetail", "PublishedTermsView",
    "AdvanceView", "MeasureView", "VotedLimitsView", "AdmitPartnerView", "RemovePartnerView",
    "ReplaceAdminView", "SetLimitsView", "SetCustodianView", "AssignCustodianView",
    "SetJudgeView", "DecideDisputeView", "ShareObligationView", "SharePositionView",
    "SetProtocolView", "DeclareView", "PartnerAppliedView", "PartnerMovedView", "RoleGivenView",
    "SeatAnnouncedView", "PositionShiftedView", "TermsPublishedView", "TermsChangedView",
    "ProposalOpenedView", "VoteCountedView", "ProposalMovedView", "LimitsSetView",
    "CustodianSetView", "CustodianAssignedView", "JudgeSetView", "ProtocolPlannedView",
)
# fmt: on


class Problem(View, frozen=True):
    """RFC 9457. ``code`` is stable and says what was wrong; ``detail`` is for people. ``oldest`` is
    set where the answer may be elsewhere: this node keeps nothing below that height."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    transaction: DigestText | None = None
    oldest: Height | None = None


# --- accounts and state --------------------------------------------------------------------------


class AccountView(View, frozen=True):
    """An account as of ``height``, the newest certified one.

    ``sequence`` and ``last`` are those of the asked ``channel``; ``next_sequence`` also counts what
    this node holds pending. ``proof`` is the ``EntryProof`` of the account's entry (or of its
    absence), ``channel_proof`` that of the channel's, for channels above 0; ``beat`` is a
    ``BeatCertificate`` that shows that no later height existed.
    """

    address: AddressText
    exists: bool
    balance: AmountText
    channels: int
    channel: int
    sequence: int
    next_sequence: int
    last: DigestText | None
    height: Height
    time: TimeText
    proof: Base64Text | None
    channel_proof: Base64Text | None
    beat: Base64Text | None


class EntryView(View, frozen=True):
    """A state entry as of ``height``: canonical value, null when absent; ``proof``: EntryProof."""

    key: HexText
    value: Base64Text | None
    height: Height
    time: TimeText
    proof: Base64Text | None
    beat: Base64Text | None


class EntryItem(View, frozen=True):
    """One of several entries: canonical value, null when absent; ``proof``: EntryProof."""

    key: HexText
    value: Base64Text | None
    proof: Base64Text | None


class EntriesView(View, frozen=True):
    """Several state entries as of one ``height``, in the order asked for."""

    items: list[EntryItem]
    height: Height
    time: TimeText
    beat: Base64Text | None


# --- evidence -----------------------------------------------------------------------------------


class EvidenceView(View, frozen=True):
    """Proof that a validator broke a rule; ``raw`` is the canonical ``Evidence``."""

    offence: str
    epoch: int
    accused: int
    partner: str
    raw: Base64Text


# --- the stream and health -----------------------------------------------------------------------


class StreamItem(View, frozen=True):
    """What the WebSocket sends for each height, in order: the block and the receipts asked for.
    A height is sent once it is certified; ``certificate`` is its ``StateCertificate``, or null if
    only a later one's is here."""

    block: BlockView
    receipts: list[ReceiptView]
    certificate: Base64Text | None


class HealthView(View, frozen=True):
    """``ok``, or why not."""

    ok: bool
    reason: str | None
