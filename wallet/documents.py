"""The JSON document of every wallet command (docs/reference/cli). Knows shapes and spellings.

Amounts are decimal strings in LiqBon, times RFC 3339 in UTC, ids lower-case hex. What a ``proof``
member covers was verified by this wallet; everything else says that it is somebody's word.
"""

from __future__ import annotations

import msgspec

from client.answers import Freshness
from client.errors import Blame
from client.event_views import EventView
from client.fields import format_time
from client.trust import Believed
from client.views import ProposalView
from primitives.certificate import StateCertificate


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document. Members may be added, never renamed or left out."""


class Proof(Document, frozen=True):
    """Who attested it: ``attested`` of ``members`` validators, at ``height``, at ``time``."""

    height: int
    time: str
    attested: int
    members: int


class WalletDocument(Document, frozen=True):
    """new, restore: ``mnemonic`` is shown once, by new; null when it went to a file, or was given.

    ``path`` is the folder of keys, not the derivation path.
    """

    home: str
    network: str
    chain: str
    address: str
    derivation: str
    mnemonic: str | None
    mnemonic_file: str | None


class AddressDocument(Document, frozen=True):
    """address."""

    account: int
    address: str
    derivation: str


class AccountBalance(Document, frozen=True):
    """An account as proven. ``fresh``: ``as_of`` is within a minute of this machine's clock."""

    account: int
    address: str
    exists: bool
    balance: str
    sequence: int
    as_of: str
    fresh: bool
    proof: Proof


class BalanceDocument(Document, frozen=True):
    """balance: ``total`` is the sum over ``accounts``; ``fresh`` only if each of them is."""

    accounts: list[AccountBalance]
    total: str
    fresh: bool
    blames: list[Blame]


class SendDocument(Document, frozen=True):
    """send: a final transfer. ``repeated``: the payment was pending from before, and sent again.

    ``elapsed_ms`` from the send to the verified state certificate that covers the receipt.
    """

    transaction: str
    sender: str
    to: str
    amount: str
    outcome: str
    repeated: bool
    elapsed_ms: int
    proof: Proof
    blames: list[Blame]


class RedeemDocument(Document, frozen=True):
    """redeem: a final redemption. ``repeated``: by an earlier command, which paid; nothing was paid
    now. ``elapsed_ms`` is then 0, or counts from sending the same bytes again."""

    transaction: str
    sender: str
    partner: str
    name: str
    invoice: str
    amount: str
    outcome: str
    repeated: bool
    elapsed_ms: int
    proof: Proof
    blames: list[Blame]


class RequestDocument(Document, frozen=True):
    """request: a URI that asks to be paid. Nothing was sent anywhere."""

    uri: str
    account: int
    address: str
    amount: str | None
    memo: str | None


class HistoryEntry(Document, frozen=True):
    """One transaction. ``proof`` is null where it was not asked for: then it is a node's word.

    ``partner``: whom a deposit, a redemption or a refund was at; ``invoice``: which one. ``about``:
    the id of the campaign, order or content. Null for everything else.
    """

    transaction: str
    height: int
    time: str
    type: str
    outcome: str
    change: str
    sender: str
    to: list[str]
    partner: str | None
    invoice: str | None
    about: str | None
    channel: int
    sequence: int
    memo: str | None
    proof: Proof | None


class DueEntry(Document, frozen=True):
    """What nobody sent: an ``event`` that fell due by itself and changed the balance. ``origin`` is
    its receipt's."""

    origin: str
    height: int
    time: str
    event: EventView
    change: str
    proof: Proof | None


class HistoryDocument(Document, frozen=True):
    """history, newest first; ``due`` is what fell due by itself. ``sent_complete``: proven that no
    transaction that this account sent is missing from the list (null: not checked, or the list was
    cut at the limit). ``oldest`` is set where the node has let go of all that is older than this
    height, so that older ones may be missing."""

    account: int
    address: str
    entries: list[HistoryEntry]
    due: list[DueEntry]
    verified: bool
    sent_complete: bool | None
    more: bool
    oldest: int | None
    blames: list[Blame]


class NodeEntry(Document, frozen=True):
    """A node: ``height`` is the newest it proves; null with ``fault`` where it proved none."""

    url: str
    partner: str | None
    height: int | None
    proof: Proof | None
    fault: str | None


class NetworkDocument(Document, frozen=True):
    """network: the pinned genesis, and what each node proves of the newest height. ``validators``
    are the partners with a seat in ``epoch``, the newest that was followed."""

    chain: str
    network: str
    name: str
    validators: list[str]
    verified_height: int
    epoch: int
    nodes: list[NodeEntry]


class MemberEntry(Document, frozen=True):
    """A partner as proven. ``spend``: LiqBon can be spent there; ``deposit``: it takes points.
    ``remark`` says what a holder should know of one that is leaving or has left, else null."""

    code: str
    name: str
    kind: str
    status: str
    spend: bool
    deposit: bool
    remark: str | None


class MembersDocument(Document, frozen=True):
    """partners: those that take part, those that are leaving, and founders that have left."""

    partners: list[MemberEntry]
    as_of: str
    fresh: bool
    proof: Proof
    blames: list[Blame]


class VotesDocument(Document, frozen=True):
    """votes: the newest proposals, each proven; that they are all, and whether there are ``more``,
    is a node's word. A proposal is spelled as the API spells it."""

    proposals: list[ProposalView]
    more: bool
    as_of: str
    fresh: bool
    proof: Proof
    blames: list[Blame]


def proof_of(believed: Believed, certificate: StateCertificate) -> Proof:
    """Who attested a certificate that was checked."""
    attestation = certificate.attestation
    attested, members = believed.signers(certificate)
    return Proof(
        height=attestation.height,
        time=format_time(attestation.time),
        attested=attested,
        members=members,
    )


def told(proof: Proof) -> str:
    """A proof in words: ``height 812, attested by 3 of 4``."""
    return f"height {proof.height}, attested by {proof.attested} of {proof.members}"


def told_freshness(freshness: Freshness) -> str:
    """As of when: ``now``, or ``as of 2026-...``, which a person has to read."""
    if freshness.is_fresh:
        return "now"
    return f"as of {format_time(freshness.as_of_ms)}: nothing newer could be proven"
