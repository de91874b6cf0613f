"""Partners that decide together, on a ledger in memory: applications, proposals, votes.

The founders' admins speak for them; Inge would like her inn to be a partner. Knows who signs what;
no HTTP, and not what follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from primitives.actions import (
    CastVote,
    PartnerExit,
    PartnerRegister,
    PartnerRotateKeys,
    ProgrammeSetTerms,
    Propose,
    ValidatorAnnounceKey,
)
from primitives.amount import MICRO
from primitives.governance import AdmitPartner, Declare, Measure, VotedLimits
from primitives.membership import (
    Application,
    PartnerKind,
    Role,
    Seat,
    application_id,
    role_message,
    seat_message,
)
from primitives.transaction import Decoded
from tests.builders import (
    CODES,
    CUSTODIAN,
    PARAMETERS,
    SECOND_MS,
    Person,
    a_key,
    a_person,
    a_role,
    an_id,
)
from tests.fakes.market import Desk
from tests.fakes.ordering import Ledger

INGE, TILL = a_person("inge of the inn"), a_person("till of the inn")
INN: Final = "inn"
LIMITS: Final = VotedLimits(500 * MICRO, 2_000 * MICRO, 1_000, 300 * MICRO)
CHARTER: Final = Declare(an_id("a charter"), "https://example.com/charter")
TIMELOCK_MS: Final = PARAMETERS.timelock_ms + SECOND_MS
"""After so long what was decided is carried out, in whichever second that is."""
VOTING_MS: Final = PARAMETERS.voting_ms + SECOND_MS


def stock(ledger: Ledger, newcomer: Person) -> None:
    """Somebody applies, and something is put to the vote; two blocks."""
    charter = proposing(ledger, CHARTER)
    ledger.block(applying(ledger, newcomer), charter)
    ledger.block(*votes(ledger, charter.id, CODES[:1]))


def admin(code: str) -> Person:
    """Who speaks for a founder."""
    return a_role(code, "admin")


def a_seat(desk: Desk, partner: str, name: str = "a new node") -> Seat:
    """A consensus key whose holder says that it is this partner's."""
    key = a_key(name)
    message = seat_message(desk.executor.chain, partner, key.public_key)
    return Seat(key.public_key, key.sign(message))


def wish(desk: Desk, **fields: object) -> Application:
    """What Inge says of her inn; ``fields`` of the application."""
    code = str(fields.get("code", INN))
    plain = Application(
        code=code,
        name="The Inn",
        currency="EUR",
        kind=PartnerKind.SERVICE,
        issuer=TILL.account,
        cashier=TILL.account,
        custodian=CUSTODIAN,
        seat=a_seat(desk, code, f"consensus of {code}"),
        mint_per_day=100 * MICRO,
        refund_per_day=50 * MICRO,
    )
    return replace(plain, **fields)


def applying(desk: Desk, by: Person = INGE, **fields: object) -> Decoded:
    """Inge's, or another's, who has money on the ledger."""
    return desk.act(by, PartnerRegister(wish(desk, **fields)))


def admission(desk: Desk) -> AdmitPartner:
    """To let the inn in, as Inge said."""
    return AdmitPartner(INGE.account, application_id(INGE.account, wish(desk)), LIMITS)


def proposing(desk: Desk, measure: Measure, by: str = CODES[0]) -> Decoded:
    """By the partner's admin; its id is the proposal's."""
    return desk.act(admin(by), Propose(by, measure))


def proposed(ledger: Ledger, measure: Measure, by: str = CODES[0]) -> bytes:
    """The id of a proposal that was made just now; a block."""
    made = proposing(ledger, measure, by)
    ledger.block(made)
    return made.id


def votes(
    desk: Desk, proposal: bytes, by: Sequence[str] = CODES[:3], *, approve: bool = True
) -> list[Decoded]:
    """Of these partners; three of four are enough."""
    return [desk.act(admin(code), CastVote(code, proposal, approve)) for code in by]


def leaving(desk: Desk, code: str) -> Decoded:
    """A partner's own word."""
    return desk.act(admin(code), PartnerExit(code))


def giving_role(desk: Desk, code: str, role: Role, to: Person) -> Decoded:
    """Another account takes a role of a partner, and signs that it does."""
    signed = to.endorse(role_message(desk.executor.chain, code, role))
    return desk.act(admin(code), PartnerRotateKeys(code, role, signed))


def announcing(desk: Desk, code: str, *, lost: bool = False) -> Decoded:
    """A partner's node will have another key."""
    return desk.act(admin(code), ValidatorAnnounceKey(code, a_seat(desk, code), lost))


def new_terms(desk: Desk, code: str, digest: bytes, since: int = 0) -> Decoded:
    """Of the programme that every founder has."""
    url = "https://example.com/next"
    return desk.act(admin(code), ProgrammeSetTerms(code, "bonus", digest, url, since))
