"""The JSON documents of limits and reserve (docs/reference/cli). Knows shapes and arithmetic."""

from __future__ import annotations

import msgspec

from client.errors import Blame
from client.fields import format_time
from partner.documents import Document, Proof, Standing
from partner.terms import limit_of, recognised, room_under, suspended
from primitives.amount import format_amount, format_signed
from primitives.entries import Day, Limits, Partner, Position


class PendingReserveDocument(Document, frozen=True):
    """A reserve that was attested and counts from ``since`` on."""

    amount: str
    attested: str
    since: str


class PendingCapsDocument(Document, frozen=True):
    """Daily caps that were raised and are in force from ``since`` on."""

    mint_per_day: str
    refund_per_day: str
    since: str


class PositionDocument(Document, frozen=True):
    """Totals in LiqBon; ``net`` is D, ``expected`` what D becomes once all that is open is paid."""

    minted: str
    redeemed: str
    refunded: str
    paid: str
    received: str
    assumed: str
    net: str
    payable: str
    receivable: str
    expected: str


class LimitsDocument(Document, frozen=True):
    """What a partner may owe and be owed, all of it from proven entries.

    ``limit`` is L, ``room`` what it leaves; ``claim_bound`` is K, ``claim_room`` how much more
    others may come to owe it. ``suspended``: it mints nothing, as ``overdue`` obligations were not
    paid, or as the others' reserves paid ``advance`` for it. ``recognised`` of the reserve counts.
    ``haircut`` in basis points. ``lapses``: when the reserve's attestation does; ``moved``: when a
    part of the reserve last left it.
    """

    partner: str
    custodian: str
    position: PositionDocument
    limit: str
    room: str
    credit: str
    reserve: str
    reserve_counts: bool
    recognised: str
    reserve_ceiling: str
    haircut: int
    attested: str
    lapses: str
    moved: str | None
    earmarked: str
    claim_bound: str
    claim_room: str
    mint_per_day: str
    minted_today: str
    refund_per_day: str
    refunded_today: str
    overdue: int
    advance: str | None
    suspended: bool
    pending_reserve: PendingReserveDocument | None
    pending_caps: PendingCapsDocument | None


class ShownLimitsDocument(Document, frozen=True):
    """limits show."""

    limits: LimitsDocument
    proven: Standing
    blames: list[Blame]


class ChangedLimitsDocument(Document, frozen=True):
    """limits lower-claim-bound, daily-caps; reserve attest, release: the limits afterwards."""

    limits: LimitsDocument
    repeated: bool
    elapsed_ms: int
    proof: Proof
    proven: Standing
    blames: list[Blame]


class EndorsedDocument(Document, frozen=True):
    """reserve endorse: ``token`` goes to the partner. ``kind``: attestation or release.

    ``as_of`` is an attestation's; ``reserve`` and ``attested`` are a release's; else null.
    """

    kind: str
    partner: str
    amount: str
    as_of: str | None
    reserve: str | None
    attested: str | None
    custodian: str
    token: str


class Figures(msgspec.Struct, frozen=True):
    """Everything of one partner that these documents tell."""

    partner: Partner
    limits: Limits
    position: Position
    today: Day
    lapse_ms: int


def limits_document(of: Figures) -> LimitsDocument:
    """As the ledger proves it."""
    limits, terms = of.limits, of.limits.terms
    pending, caps = limits.pending_reserve, limits.pending_caps
    return LimitsDocument(
        partner=of.partner.code,
        custodian=of.partner.custodian,
        position=_position(of.position),
        limit=format_amount(limit_of(limits)),
        room=format_amount(room_under(limits, of.position)),
        credit=format_amount(terms.credit),
        reserve=format_amount(terms.reserve),
        reserve_counts=limits.reserve_counts,
        recognised=format_amount(recognised(limits)),
        reserve_ceiling=format_amount(terms.reserve_ceiling),
        haircut=terms.haircut,
        attested=format_time(terms.reserve_attested),
        lapses=format_time(terms.reserve_attested + of.lapse_ms),
        moved=format_time(limits.moved) if limits.moved else None,
        earmarked=format_amount(limits.earmarked),
        claim_bound=format_amount(terms.claim_bound),
        claim_room=format_amount(max(0, terms.claim_bound - of.position.owed)),
        mint_per_day=format_amount(terms.mint_per_day),
        minted_today=format_amount(of.today.minted),
        refund_per_day=format_amount(terms.refund_per_day),
        refunded_today=format_amount(of.today.refunded),
        overdue=limits.overdue,
        advance=None if limits.advance is None else format_amount(limits.advance.amount),
        suspended=suspended(limits) is not None,
        pending_reserve=None
        if pending is None
        else PendingReserveDocument(
            amount=format_amount(pending.amount),
            attested=format_time(pending.attested),
            since=format_time(pending.since),
        ),
        pending_caps=None
        if caps is None
        else PendingCapsDocument(
            mint_per_day=format_amount(caps.mint_per_day),
            refund_per_day=format_amount(caps.refund_per_day),
            since=format_time(caps.since),
        ),
    )


def _position(position: Position) -> PositionDocument:
    return PositionDocument(
        minted=format_amount(position.minted),
        redeemed=format_amount(position.redeemed),
        refunded=format_amount(position.refunded),
        paid=format_amount(position.paid),
        received=format_amount(position.received),
        assumed=format_signed(position.assumed),
        net=format_signed(position.net),
        payable=format_amount(position.payable),
        receivable=format_amount(position.receivable),
        expected=format_signed(position.expected),
    )


def told_limits(shown: LimitsDocument) -> list[tuple[str, str]]:
    """As named values."""
    at = shown.position
    counts = "counts" if shown.reserve_counts else "does not count"
    so_far = f"minted {at.minted}, redeemed {at.redeemed}, refunded {at.refunded}"
    rows = [
        ("partner", shown.partner),
        ("position", f"{at.net} ({so_far})"),
        ("to pay, to be paid", f"{at.payable}, {at.receivable}"),
        ("limit", f"{shown.limit}: room for {shown.room} more"),
        ("reserve", f"{shown.reserve} at {shown.custodian}, {counts}; lapses {shown.lapses}"),
        ("attested", f"{shown.attested}; ceiling {shown.reserve_ceiling}"),
        ("held for disputes", shown.earmarked),
        ("credit", shown.credit),
        ("claim bound", f"{shown.claim_bound}: others may come to owe {shown.claim_room} more"),
        ("minted today", f"{shown.minted_today} of {shown.mint_per_day}"),
        ("refunded today", f"{shown.refunded_today} of {shown.refund_per_day}"),
    ]
    if shown.pending_reserve is not None:
        coming = shown.pending_reserve
        rows.append(("reserve to come", f"{coming.amount} counts from {coming.since} on"))
    if shown.pending_caps is not None:
        caps = shown.pending_caps
        told = f"mint {caps.mint_per_day}, refund {caps.refund_per_day} from {caps.since} on"
        rows.append(("caps to come", told))
    if shown.overdue:
        rows.append(("overdue", f"{shown.overdue}: nothing is minted until they are settled"))
    if shown.advance is not None:
        rows.append(("paid by others", f"{shown.advance}: nothing is minted until it is paid back"))
    return rows
