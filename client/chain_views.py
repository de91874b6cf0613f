"""Documents of the network and its blocks: status, members, genesis, epochs, blocks. Knows shapes.

Part of ``client.views``, from where everything here is imported.
"""

from __future__ import annotations

from client.fields import Base64Text, DigestText, Height, TimeText, View
from client.ledger_views import ReceiptView

# --- the network ---------------------------------------------------------------------------------


class PeerView(View, frozen=True):
    """Another validator as this node sees it."""

    partner: str
    index: int
    connected: bool


class StatusView(View, frozen=True):
    """Where a node stands. ``certificate`` is its newest ``StateCertificate``, ``beat`` the newest
    ``BeatCertificate`` of that height, if any. ``protocol`` is the version of the rules of the
    newest executed height; ``halted`` a code and a sentence, null if all is well. ``history`` is
    how much of the past it keeps: ``everything``, or a span of block time like ``90d``;
    ``oldest_height`` is the lowest height of which everything is there."""

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
    history: str
    oldest_height: Height
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
    custodians: list[str]
    settlement_custodian: str
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
    """The ``StateCertificate`` of a height; the roots stand in it too. ``signers`` are member
    indices of its epoch."""

    height: Height
    epoch: int
    block: DigestText
    time: TimeText
    state_root: DigestText
    receipts_root: DigestText
    signers: list[int]
    certificate: Base64Text
