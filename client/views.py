"""Every JSON document of the HTTP API. Knows shapes and spellings; no socket, no ledger rule.

The node encodes these, clients decode them, and the OpenAPI description is generated from them, so
there is one definition of each (docs/reference/api.md); spellings are those of ``client.fields``.

Everything beside a proof is a courtesy to people: whoever does not trust the node derives every
value from the proof's bytes alone. A document may gain fields; a client ignores those it does not
know.
"""

from __future__ import annotations

from typing import Literal

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
    CycleClosedView,
    DailyCapsChangedView,
    EventView,
    MintedView,
    ObligationOverdueView,
    ObligationSettledView,
    OrderEndedView,
    OrderMovedView,
    PaymentClaimedView,
    PaymentDisputedView,
    ProgrammeOpenedView,
    ProgrammePausedView,
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
)
from client.fields import (
    AddressText,
    AmountText,
    Base64Text,
    DigestText,
    Height,
    HexText,
    Page,
    SignedText,
    TimeText,
    View,
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
from client.partner_views import (
    CustodianView,
    LimitsView,
    PartnerView,
    PendingCapsView,
    PendingReserveView,
    PositionsView,
    PositionView,
    ProgrammeView,
    PublishedRateView,
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
    "FellDueView",
)
# fmt: on


class Problem(View, frozen=True):
    """RFC 9457. ``code`` is stable and says what was wrong; ``detail`` is for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    transaction: DigestText | None = None


# --- transactions --------------------------------------------------------------------------------


class Submission(View, frozen=True, forbid_unknown_fields=True):
    """A signed transaction's canonical bytes."""

    transaction: Base64Text


TransactionStatus = Literal["pending", "executed", "final", "skipped"]
"""pending: in the node's hands. executed: it has a receipt whose certificate is under way. final:
the certificate is there. skipped: this node had it ordered and it wrote nothing; ``code`` says why.
Whether it can still come true only the account's proven sequence tells."""


class TransactionView(View, frozen=True):
    """A transaction, and what became of it as far as this node knows.

    ``raw`` is the signed transaction, ``proof`` a ``ReceiptProof`` (asked for with ``proof=1``,
    and there once the status is ``final``). Of something that fell due there is no raw transaction.
    """

    id: DigestText
    status: TransactionStatus
    code: str | None
    sender: AddressText
    channel: int
    sequence: int
    valid_until: TimeText
    action: ActionView
    memo: DigestText | None
    height: Height | None
    index: int | None
    time: TimeText | None
    receipt: ReceiptView | None
    raw: Base64Text
    proof: Base64Text | None


class SubmittedView(View, frozen=True):
    """A transaction that the node took in and will order; ask for it by its id."""

    id: DigestText
    status: Literal["pending"]


class SubmissionResult(View, frozen=True):
    """One result of a bulk submission, in the order sent. ``status`` as HTTP says it for one:
    202 taken in, 409 known already, 4xx refused with ``code``, 429 or 503 busy: send it again."""

    id: DigestText | None
    status: int
    code: str | None
    detail: str | None


class HistoryItem(View, frozen=True):
    """A final or executed transaction that touched an account.

    ``change`` is what it did to that account's balance. ``raw`` and ``proof`` as in
    ``TransactionView``. The list is the node's word: proofs show that each item happened, the
    account's sequence shows that none that it sent is missing; nothing shows that none that it
    received is.
    """

    id: DigestText
    height: Height
    index: int
    time: TimeText
    status: TransactionStatus
    sender: AddressText
    sequence: int
    channel: int
    action: ActionView
    memo: DigestText | None
    outcome: str
    change: SignedText
    raw: Base64Text
    proof: Base64Text | None


class FellDueView(View, frozen=True):
    """Something that fell due by itself, of which an account got ``change``: what was left of its
    campaign, or its part of an order whose deadline passed.

    ``origin`` is its receipt's; ``proof`` a ``ReceiptProof``. As ``HistoryItem``, the list is the
    node's word.
    """

    origin: DigestText
    height: Height
    index: int
    time: TimeText
    status: TransactionStatus
    event: EventView
    change: SignedText
    proof: Base64Text | None


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
