"""The JSON document of every partner command (docs/reference/cli). Knows shapes and spellings."""

from __future__ import annotations

import msgspec

from client.errors import Blame
from client.fields import format_time
from client.finality import Settled
from partner.outbox import Entry
from primitives.address import address
from primitives.amount import format_amount


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document. Members may be added, never renamed or left out."""


class Proof(Document, frozen=True):
    """A proven transaction: which one, at ``height``, attested by whom."""

    transaction: str
    height: int
    time: str
    attested: int
    members: int


class Standing(Document, frozen=True):
    """Of when a proven answer is: the oldest certificate behind it, and whether that is now."""

    height: int
    time: str
    attested: int
    members: int
    as_of: str
    fresh: bool


class DepositDocument(Document, frozen=True):
    """A deposit and what became of it. ``state``: open, minted or refused; ``code`` says why.

    ``salt`` is null unless it was asked to be revealed: with it and the other members anyone can
    check the commitment, so it is shown to nobody by default.
    """

    reference: str
    partner: str
    programme: str
    points: str
    to: str
    commitment: str
    salt: str | None
    created: str
    state: str
    code: str | None
    amount: str | None
    proof: Proof | None


class MintedDocument(Document, frozen=True):
    """deposit: ``repeated`` when it was minted before this command ran; then nothing was sent."""

    deposit: DepositDocument
    repeated: bool
    elapsed_ms: int
    blames: list[Blame]


class ImportDocument(Document, frozen=True):
    """import: counts of rows, and every row that was not minted.

    ``already``: minted before. ``total`` is what the rows that were not are worth, in LiqBon.
    """

    file: str
    dry_run: bool
    rows: int
    already: int
    minted: int
    refused: int
    open: int
    total: str
    elapsed_ms: int
    stopped: str | None
    not_minted: list[DepositDocument]
    blames: list[Blame]


class DepositsDocument(Document, frozen=True):
    """deposits, newest first; ``counts`` are over all of them."""

    deposits: list[DepositDocument]
    counts: dict[str, int]


def deposit_document(entry: Entry, network_hrp: str, *, reveal: bool = False) -> DepositDocument:
    """A stored deposit."""
    deposit = entry.deposit
    return DepositDocument(
        reference=deposit.reference,
        partner=entry.partner,
        programme=deposit.programme,
        points=str(deposit.points),
        to=address(deposit.to, network_hrp),
        commitment=entry.commitment.hex(),
        salt=entry.salt.hex() if reveal else None,
        created=format_time(entry.created_ms),
        state=entry.state,
        code=entry.code,
        amount=None if entry.amount is None else format_amount(entry.amount),
        proof=_proof(entry),
    )


def told_standing(standing: Standing) -> str:
    """As a line of text."""
    proven = f"proven at height {standing.height}, attested by {standing.attested} of "
    since = "" if standing.fresh else f"; as of {standing.as_of}, not of this minute"
    return f"{proven}{standing.members}{since}"


def settled_proof(settled: Settled) -> Proof:
    """The proof of a transaction whose receipt was verified now."""
    return Proof(
        transaction=settled.id.hex(),
        height=settled.height,
        time=format_time(settled.time_ms),
        attested=settled.attested,
        members=settled.members,
    )


def told_proof(proof: Proof, elapsed_ms: int | None) -> list[str]:
    """As lines of text; ``elapsed_ms`` from sending to the proof, None if it was proven before."""
    timing = "" if elapsed_ms is None else f"; proven {elapsed_ms / 1000:.3f} s after sending"
    return [
        f"final at height {proof.height}, attested by {proof.attested} of {proof.members}{timing}",
        f"transaction {proof.transaction}",
    ]


def _proof(entry: Entry) -> Proof | None:
    if entry.minted_by is None or entry.height is None or entry.time_ms is None:
        return None
    return Proof(
        transaction=entry.minted_by.hex(),
        height=entry.height,
        time=format_time(entry.time_ms),
        attested=entry.attested or 0,
        members=entry.members or 0,
    )
