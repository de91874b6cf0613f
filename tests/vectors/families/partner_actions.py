"""Transactions by which partners come, go and decide, what their seats sign; and refused ones."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from primitives.actions import (
    Action,
    CastVote,
    PartnerExit,
    PartnerRegister,
    PartnerRotateKeys,
    ProgrammeSetTerms,
    Propose,
    ValidatorAnnounceKey,
)
from primitives.amount import MAX_PER_DAY
from primitives.endorsement import Endorsement
from primitives.governance import (
    AdmitPartner,
    AssignCustodian,
    DecideDispute,
    Declare,
    Measure,
    RemovePartner,
    ReplaceAdmin,
    SetCustodian,
    SetJudge,
    SetLimits,
    SetProtocol,
    ShareObligation,
    SharePosition,
    VotedLimits,
)
from primitives.membership import (
    Application,
    PartnerKind,
    Role,
    Seat,
    application_id,
    role_message,
    seat_message,
)
from tests.builders import Person, a_chain, a_key, a_person, a_role, an_id, seed_of
from tests.vectors.families import actions

FIELDS = {
    **actions.FIELDS,
    "possessor": "private key of the seat that the action brings, or null",
    "possession": "what that key signs, or null",
    "application": "the id of the application that the action brings, or null",
}

ADMIN = a_role("north", "admin")
NORA = a_person("Nora", keys=3, threshold=2)
TILL = a_person("till", keys=3, threshold=2)
MOST, LATEST = 2**63 - 1, 2**53
LONGEST = "n" * 32
KEY = "consensus of nora"
OF_NOBODY = bytes(32)
"""A consensus key of small order: anybody could sign with it."""


def seat(code: str) -> Seat:
    """With the key ``KEY``, for a partner of that code."""
    key = a_key(KEY)
    return Seat(key.public_key, key.sign(seat_message(a_chain(), code, key.public_key)))


def application(code: str = "nora", **fields: object) -> Application:
    plain = Application(
        code=code,
        name="Nora and daughters",
        currency="EUR",
        kind=PartnerKind.SHOP,
        issuer=NORA.account,
        cashier=TILL.account,
        custodian="vault",
        seat=seat(code),
        mint_per_day=20 * 10**6,
        refund_per_day=0,
    )
    return replace(plain, **fields)


def register(code: str = "nora", **fields: object) -> PartnerRegister:
    return PartnerRegister(application(code, **fields))


def rotate(role: Role, to: Person, partner: str = "north") -> PartnerRotateKeys:
    return PartnerRotateKeys(partner, role, to.endorse(role_message(a_chain(), partner, role)))


def announce(partner: str, *, lost: bool) -> ValidatorAnnounceKey:
    return ValidatorAnnounceKey(partner, seat(partner), lost)


VOTED = VotedLimits(credit=MOST, reserve_ceiling=0, haircut=10_000, claim_bound=1)
MEASURES: dict[str, Measure] = {
    "an admission": AdmitPartner(NORA.account, an_id("an application"), VOTED),
    "a removal": RemovePartner("east"),
    "an admin": ReplaceAdmin("east", NORA.account),
    "limits": SetLimits("east", VOTED),
    "a custodian": SetCustodian("safe", "\U0001f44d" * 64, NORA.account, None),
    "a partner's custodian": SetCustodian(LONGEST, "S", NORA.account, "east"),
    "a reserve": AssignCustodian("east", "safe"),
    "a judge": SetJudge("safe"),
    "a dispute": DecideDispute(1, 0, paid=False),
    "the last dispute": DecideDispute(2**32 - 1, 98, paid=True),
    "a loss": ShareObligation(2**32 - 1, 98),
    "a position": SharePosition("east", MOST),
    "a protocol": SetProtocol(2, 1),
    "the last protocol": SetProtocol(65_535, LATEST),
    "a declaration": Declare(an_id("a document"), ""),
    "a declaration with a long place": Declare(an_id("a document"), "u" * 200),
}


def accepted() -> list[tuple[str, Person, Action, Person | None]]:
    """(what is special, who signs, the action, who endorsed what it carries)."""
    terms = (an_id("terms"), "https://example.com/terms")
    widest = {"currency": "ZZZ", "kind": PartnerKind.COALITION, "refund_per_day": MAX_PER_DAY}
    return [
        ("terms", ADMIN, ProgrammeSetTerms("north", "bonus", *terms, 0), None),
        ("terms at their edges", ADMIN, ProgrammeSetTerms(LONGEST, "b", *terms, LATEST), None),
        ("an application", NORA, register(), None),
        ("an application at its edges", NORA, register(LONGEST, name="N" * 64, **widest), None),
        ("an admin's role", ADMIN, rotate(Role.ADMIN, NORA), NORA),
        ("an issuer's role", ADMIN, rotate(Role.ISSUER, a_person("Ben")), a_person("Ben")),
        ("a cashier's role", ADMIN, rotate(Role.CASHIER, TILL, LONGEST), TILL),
        ("an exit", ADMIN, PartnerExit("north"), None),
        ("another key", ADMIN, announce("north", lost=False), None),
        ("a lost key", ADMIN, announce(LONGEST, lost=True), None),
        *(
            (f"a proposal: {name}", ADMIN, Propose("north", measure), None)
            for name, measure in MEASURES.items()
        ),
        ("a vote for it", ADMIN, CastVote("north", an_id("a proposal"), approve=True), None),
        ("a vote against it", ADMIN, CastVote(LONGEST, bytes(32), approve=False), None),
    ]


def described(
    name: str, person: Person, action: Action, endorser: Person | None
) -> dict[str, object]:
    brought: tuple[str, Seat] | None = None
    id_ = None
    if isinstance(action, PartnerRegister):
        brought = (action.application.code, action.application.seat)
        id_ = application_id(person.account, action.application).hex()
    elif isinstance(action, ValidatorAnnounceKey):
        brought = (action.partner, action.seat)
    return {
        **actions.described(name, person, action, endorser),
        "possessor": brought and seed_of(KEY).hex(),
        "possession": brought and seat_message(a_chain(), brought[0], brought[1].key).hex(),
        "application": id_,
    }


def refused() -> list[Action]:
    """Seats and endorsements whose form is broken, and fields out of their bounds."""
    good = rotate(Role.ISSUER, TILL)
    one, two = good.holder.signatures
    anybody_s = Seat(OF_NOBODY, bytes(64))

    def voted(**fields: int) -> Propose:
        return Propose("north", SetLimits("east", replace(VOTED, **fields)))

    return [
        register(seat=anybody_s),
        ValidatorAnnounceKey("north", anybody_s, lost=False),
        register(seat=Seat(a_key(KEY).public_key, bytes(63))),
        replace(good, holder=Endorsement(TILL.policy, (one,))),
        replace(good, holder=Endorsement(TILL.policy, (two, one))),
        replace(good, holder=Endorsement(replace(TILL.policy, threshold=4), (one, two))),
        replace(good, role=0),  # type: ignore[arg-type]
        replace(good, role=4),  # type: ignore[arg-type]
        register("Nora"),
        register(name=""),
        register(currency="eur"),
        register(kind=0),
        register(kind=7),
        register(mint_per_day=MAX_PER_DAY + 1),
        register(refund_per_day=-1),
        PartnerExit("n" * 33),
        ProgrammeSetTerms("north", "bonus", bytes(31), "", 0),
        ProgrammeSetTerms("north", "bonus", bytes(32), "u" * 201, 0),
        ProgrammeSetTerms("north", "bonus", bytes(32), "", LATEST + 1),
        voted(credit=-1),
        voted(haircut=10_001),
        voted(claim_bound=MOST + 1),
        Propose("north", SharePosition("east", 0)),
        Propose("north", SetProtocol(0, 1)),
        Propose("north", SetProtocol(65_536, 1)),
        Propose("north", SetProtocol(2, 0)),
        Propose("north", SetProtocol(2, LATEST + 1)),
        Propose("north", ShareObligation(0, 0)),
        Propose("north", DecideDispute(1, 99, paid=True)),
        Propose("north", SetCustodian("safe", "Safe", bytes(31), None)),
        Propose("north", Declare(bytes(32), "u" * 201)),
        CastVote("north", bytes(33), approve=True),
    ]


def cases() -> Sequence[Mapping[str, object]]:
    return [*(described(*case) for case in accepted()), *map(actions.refusal, refused())]
