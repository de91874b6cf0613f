"""The JSON documents of partners and their keys (docs/reference/cli). Knows shapes."""

from __future__ import annotations

from client.errors import Blame
from partner.documents import Document, Proof, Standing
from primitives.address import address
from primitives.entries import Partner
from primitives.membership import Membership


class MemberDocument(Document, frozen=True):
    """A partner. ``kind`` and ``status`` as in the specification; the roles are addresses.

    ``seat`` is the consensus key with which it validates from the next epoch on; null if it does
    not.
    """

    code: str
    name: str
    currency: str
    kind: str
    status: str
    admin: str
    issuer: str
    cashier: str
    custodian: str
    programmes: list[str]
    seat: str | None


class MembersDocument(Document, frozen=True):
    """members: those that have not left, in the order of admission."""

    members: list[MemberDocument]
    proven: Standing
    blames: list[Blame]


class MemberChangedDocument(Document, frozen=True):
    """keys give, keys seat, leave: the partner afterwards."""

    member: MemberDocument
    repeated: bool
    elapsed_ms: int
    proof: Proof
    proven: Standing
    blames: list[Blame]


class TakenDocument(Document, frozen=True):
    """keys take: ``token`` goes to the partner's admin."""

    partner: str
    role: str
    address: str
    token: str


class AppliedDocument(Document, frozen=True):
    """apply: what partners vote on, and its id, which a proposal to admit it names."""

    applicant: str
    application: str
    code: str
    name: str
    currency: str
    kind: str
    issuer: str
    cashier: str
    custodian: str
    seat: str
    mint_per_day: str
    refund_per_day: str
    repeated: bool
    elapsed_ms: int
    proof: Proof
    blames: list[Blame]


def member_document(partner: Partner, membership: Membership, network: str) -> MemberDocument:
    """As the ledger proves it."""
    seats = {member.partner: member.key for member in membership.members}
    key = seats.get(partner.code)
    return MemberDocument(
        code=partner.code,
        name=partner.name,
        currency=partner.currency,
        kind=partner.kind.text,
        status=partner.status.text,
        admin=address(partner.roles.admin, network),
        issuer=address(partner.roles.issuer, network),
        cashier=address(partner.roles.cashier, network),
        custodian=partner.custodian,
        programmes=list(partner.programmes),
        seat=None if key is None else key.hex(),
    )


def told_status(shown: MemberDocument) -> str:
    """In words: active, run off, left."""
    return shown.status.replace("_", " ")


def told_member(shown: MemberDocument) -> list[tuple[str, str]]:
    """As named values."""
    return [
        ("partner", f"{shown.code}, {shown.name} ({shown.kind}, {shown.currency})"),
        ("status", told_status(shown)),
        ("admin", shown.admin),
        ("issuer", shown.issuer),
        ("cashier", shown.cashier),
        ("reserve held by", shown.custodian),
        ("seat", shown.seat or "none from the next epoch on"),
    ]
