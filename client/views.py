"""Every JSON document of the HTTP API. Knows shapes and spellings; no socket, no ledger rule.

The node encodes these, clients decode them, and the OpenAPI description is generated from them, so
there is one definition of each (docs/reference/api.md). Spellings are the same everywhere:

    amounts     decimal strings in LiqBon, ``"12.5"``; signed quantities may start with ``-``
    ids         lower-case hex
    addresses   bech32m, ``lqb1...`` or ``tlqb1...``
    times       RFC 3339 in UTC with milliseconds, ``"2026-11-01T00:00:00.000Z"``
    proofs      base64 (standard alphabet, padded) of the canonical bytes of a type of
                ``primitives.proof`` or ``primitives.certificate``

Everything beside a proof is a courtesy to people: whoever does not trust the node derives every
value from the proof's bytes alone. A document may gain fields; a client ignores those it does not
know.
"""

from __future__ import annotations

from typing import Annotated, Generic, Literal, TypeAlias, TypeVar

import msgspec

Item = TypeVar("Item")

MAX_PAGE = 100
"""Items of the longest page."""
MAX_SUBMISSIONS = 1_000
"""Transactions of the longest bulk submission."""

AmountText = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(0|[1-9][0-9]{0,12})(\.[0-9]{0,5}[1-9])?$",
        description="An amount in LiqBon: at most six decimals, no trailing zeros.",
        examples=["12.5"],
    ),
]
SignedText = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^-?(0|[1-9][0-9]{0,12})(\.[0-9]{0,5}[1-9])?$",
        description="A signed quantity in LiqBon.",
        examples=["-0.25"],
    ),
]
NumberText = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(0|[1-9][0-9]{0,18})$",
        description="A whole number that may exceed 2^53.",
    ),
]
HexText = Annotated[
    str, msgspec.Meta(pattern=r"^([0-9a-f]{2})*$", description="Bytes in lower-case hex.")
]
DigestText = Annotated[
    str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$", description="32 bytes in lower-case hex.")
]
AddressText = Annotated[
    str,
    msgspec.Meta(pattern=r"^t?lqb1[02-9ac-hj-np-z]{58}$", description="An account, in bech32m."),
]
TimeText = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$",
        description="RFC 3339, UTC, milliseconds.",
    ),
]
Base64Text = Annotated[
    str, msgspec.Meta(description="Canonical bytes in base64.", extra={"content": "base64"})
]
Height = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A document. Absent values are null, never left out."""


class Page(View, Generic[Item], frozen=True):
    """Some of a list, in its order. ``next`` is the cursor of what follows; null at the end."""

    items: list[Item]
    next: str | None


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


ActionView: TypeAlias = TransferView | OpenChannelsView | MintView


class AccountOpenedView(View, frozen=True, tag="account_opened", tag_field="type"):
    """An account's record was created."""

    address: AddressText


class MintedView(View, frozen=True, tag="minted", tag_field="type"):
    """A partner minted ``amount``; ``minted`` is its total so far."""

    partner: str
    amount: AmountText
    minted: AmountText


class ReserveLapsedView(View, frozen=True, tag="reserve_lapsed", tag_field="type"):
    """A partner's attested reserve stopped counting."""

    partner: str


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


EventView: TypeAlias = AccountOpenedView | MintedView | ReserveLapsedView | RateChangedView

TransactionStatus = Literal["pending", "executed", "final", "dead"]
"""pending: in the node's hands. executed: it has a receipt whose certificate is under way. final:
the certificate is there. dead: it can never have a receipt; ``code`` says why."""


class ReceiptView(View, frozen=True):
    """What became of a transaction (or of something due): ``outcome`` is ``done`` or a refusal."""

    origin: DigestText
    outcome: str
    events: list[EventView]


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


# --- the network ---------------------------------------------------------------------------------


class PeerView(View, frozen=True):
    """Another validator as this node sees it."""

    partner: str
    index: int
    connected: bool


class StatusView(View, frozen=True):
    """Where a node stands. ``certificate`` is its newest ``StateCertificate``, ``beat`` the newest
    ``BeatCertificate`` of that height, if any."""

    chain: DigestText
    network: str
    name: str
    software: str
    protocol: int
    partner: str | None
    index: int | None
    epoch: int
    view: int
    final_height: Height
    executed_height: Height
    certified_height: Height
    time: TimeText
    state_root: DigestText
    ready: bool
    halted: str | None
    pending: int
    peers: list[PeerView]
    certificate: Base64Text | None
    beat: Base64Text | None


class ValidatorView(View, frozen=True):
    """A seat of an epoch."""

    index: int
    partner: str
    key: DigestText


class ValidatorsView(View, frozen=True):
    """The members of the epoch, ``quorum`` of which certify."""

    epoch: int
    quorum: int
    faults: int
    hash: DigestText
    members: list[ValidatorView]


class GenesisView(View, frozen=True):
    """``raw`` is the canonical genesis; its digest is ``chain``. The rest is in it too."""

    chain: DigestText
    network: str
    name: str
    time: TimeText
    partners: list[str]
    parameters: dict[str, int]
    raw: Base64Text


class EpochView(View, frozen=True):
    """An epoch; ``step`` is the ``EpochStep`` that ended it, null while it lasts."""

    epoch: int
    validators: DigestText
    last_height: Height | None
    step: Base64Text | None


class BlockView(View, frozen=True):
    """A final, executed block. The roots are in force after it; ``certified`` says whether a state
    certificate of this height is here."""

    height: Height
    digest: DigestText
    parent: DigestText
    epoch: int
    view: int
    time: TimeText
    proposer: str
    receipts: int
    transactions: int
    state_root: DigestText
    receipts_root: DigestText
    certified: bool


class BatchSummary(View, frozen=True):
    """A batch that a block orders."""

    lane: int
    partner: str
    digest: DigestText
    seq: int
    transactions: int


class BlockDetail(View, frozen=True):
    """A block with what it ordered, in order, and what became of it. Skipped transactions have no
    receipt. ``certificate`` is the ``StateCertificate`` of the height."""

    block: BlockView
    batches: list[BatchSummary]
    receipts: list[ReceiptView]
    certificate: Base64Text | None


class BatchView(View, frozen=True):
    """A batch: the ids of its transactions, and its canonical bytes."""

    digest: DigestText
    epoch: int
    author: int
    seq: int
    previous: DigestText
    weight: int
    transactions: list[DigestText]
    raw: Base64Text


class CertificateView(View, frozen=True):
    """The ``StateCertificate`` of a height; the roots stand in it too."""

    height: Height
    block: DigestText
    time: TimeText
    state_root: DigestText
    receipts_root: DigestText
    signers: list[int]
    certificate: Base64Text


# --- partners ------------------------------------------------------------------------------------


class RolesView(View, frozen=True):
    """Who may act for a partner, in what."""

    admin: AddressText
    issuer: AddressText
    cashier: AddressText
    custodian: AddressText


class PartnerView(View, frozen=True):
    """A partner and the codes of its programmes."""

    code: str
    name: str
    currency: str
    roles: RolesView
    programmes: list[str]


class ProgrammeView(View, frozen=True):
    """A loyalty programme: terms, every rate there was or is announced, and the one in force."""

    partner: str
    code: str
    name: str
    point: str
    terms_hash: DigestText
    terms_url: str
    rates: list[RateView]
    rate: RateView | None
    paused: bool


class LimitsView(View, frozen=True):
    """What bounds a partner. ``limit`` = counted reserve less haircut, and credit."""

    limit: AmountText
    credit: AmountText
    reserve: AmountText
    haircut_basis_points: int
    reserve_attested: TimeText
    reserve_counts: bool
    claim_bound: AmountText
    mint_per_day: AmountText
    refund_per_day: AmountText
    minted_today: AmountText
    refunded_today: AmountText


class PositionView(View, frozen=True):
    """What a partner owes the pool (``net`` above zero) or is owed, and why."""

    partner: str
    minted: AmountText
    redeemed: AmountText
    refunded: AmountText
    paid: AmountText
    received: AmountText
    assumed: SignedText
    net: SignedText
    limits: LimitsView


class SupplyView(View, frozen=True):
    """LiqBon in existence: ``supply`` = minted + refunded - redeemed = the sum of all ``net``."""

    minted: AmountText
    redeemed: AmountText
    refunded: AmountText
    supply: AmountText


class PositionsView(View, frozen=True):
    """Every partner's position as of ``height``, and their sum."""

    height: Height
    time: TimeText
    supply: SupplyView
    items: list[PositionView]
    next: str | None


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
    ``certificate`` is its ``StateCertificate``: a height is sent once it is certified."""

    block: BlockView
    receipts: list[ReceiptView]
    certificate: Base64Text


class HealthView(View, frozen=True):
    """``ok``, or why not."""

    ok: bool
    reason: str | None
