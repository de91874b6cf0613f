"""The JSON documents of partners and their keys (docs/reference/cli). Knows shapes."""

from __future__ import annotations

from typing import NamedTuple

from client.errors import Blame
from partner.documents import Document, Proof, Standing
from primitives.address import address
from primitives.entries import Partner
from primitives.membership import Membership
from primitives.validators import ValidatorSet


class MemberDocument(Document, frozen=True):
    """A partner. ``kind`` and ``status`` as in the specification; the roles are addresses.

    ``seat`` is the consensus key with which it validates from the next epoch on, ``validates`` the
    one with which it does in the newest that was followed; null if it does not.
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
    validates: str | None


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


class Seats(NamedTuple):
    """Who validates now, and who from the next epoch on: consensus keys by partner."""

    now: dict[str, bytes]
    ahead: dict[str, bytes]


def seats(present: ValidatorSet, membership: Membership) -> Seats:
    """Of the newest epoch that was followed, and as the ledger proves them."""
    now = {member.partner: member.key for member in present.members}
    return Seats(now, {member.partner: member.key for member in membership.members})


def member_document(partner: Partner, seated: Seats, network: str) -> MemberDocument:
    """As the ledger proves it."""
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
        seat=_hex(seated.ahead.get(partner.code)),
        validates=_hex(seated.now.get(partner.code)),
    )


def _hex(key: bytes | None) -> str | None:
    return None if key is None else key.hex()


def told_seat(shown: MemberDocument) -> str:
    """Whether it validates, and whether the next epoch changes that."""
    if shown.seat == shown.validates:
        return "no" if shown.seat is None else "yes"
    if shown.validates is None:
        return "from the next epoch on"
    return "until this epoch ends" if shown.seat is None else "yes, another key next"


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
        ("validates", told_seat(shown)),
        *([("next key", shown.seat)] if shown.seat not in (None, shown.validates) else []),
    ]
