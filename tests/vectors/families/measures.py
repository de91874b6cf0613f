"""What partners can decide, each as it is proposed, refused, carried out or void: a block each."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from primitives.amount import MICRO
from primitives.genesis import Custodian, Genesis
from primitives.governance import (
    AdmitPartner,
    AssignCustodian,
    Declare,
    Measure,
    RemovePartner,
    ReplaceAdmin,
    SetCustodian,
    SetJudge,
    SetLimits,
    SetProtocol,
)
from primitives.membership import Role
from tests.builders import (
    CUSTODIAN,
    JUDGE,
    LIMITS,
    PARAMETERS,
    Person,
    a_person,
    a_role,
    an_id,
)
from tests.ledger import Ledger
from tests.vectors.deciding import (
    NORA,
    TILL,
    VOTED,
    admin,
    applied,
    done,
    founders,
    register,
    until_done,
)
from tests.vectors.recording import FIELDS as FIELDS
from tests.vectors.recording import record
from tests.voting import a_rotation, an_announcement, an_exit, executed, passed

ALICE = a_person("Alice")
SAFE, SAFE_TWO = a_person("another safe"), a_person("a second safe")
HEIR = a_person("who is to speak for a partner", keys=2, threshold=2)
VAULT, REFEREE = a_role(CUSTODIAN, "custodian"), a_role(JUDGE, "custodian")
CREDIT = 3 * LIMITS.credit
FEW: Final = founders(3, total_credit=CREDIT + VOTED.credit)
"""Three founders, and room for the credit of one newcomer."""

Prepared = Callable[[Ledger], Measure]
"""What is proposed, after all that must have happened before."""


def plainly(measure: Measure, *before: Callable[[Ledger], object]) -> Prepared:
    """The measure as it is, after others did something."""

    def prepared(ledger: Ledger) -> Measure:
        for step in before:
            step(ledger)
        return measure

    return prepared


def exits(code: str) -> Callable[[Ledger], None]:
    return lambda ledger: done(ledger, an_exit(ledger, code))


def passes(measure: Measure) -> Callable[[Ledger], object]:
    return lambda ledger: passed(ledger, measure)


def nothing(_: Ledger) -> None:
    """Nobody does anything meanwhile."""


def decides(measure: Measure) -> Callable[[Ledger], None]:
    return lambda ledger: executed(ledger, measure)


# --- who comes, and who goes -----------------------------------------------------------------


def admission(*between: Callable[[Ledger], object], **fields: object) -> Prepared:
    """Nora's, as she applied (``fields`` of her application); ``between`` that and the proposal."""

    def prepared(ledger: Ledger) -> Measure:
        id_ = applied(ledger, **fields)
        for step in between:
            step(ledger)
        return AdmitPartner(NORA.account, id_, VOTED)

    return prepared


def unapplied(_: Ledger) -> Measure:
    return AdmitPartner(NORA.account, bytes(32), VOTED)


def overtaken(ledger: Ledger) -> None:
    """Somebody else of the same code is admitted; then the next epoch begins."""
    other = applied(ledger, HEIR, issuer=HEIR.account, key="another key")
    executed(ledger, AdmitPartner(HEIR.account, other, replace(VOTED, credit=0)))


def applies_anew(ledger: Ledger) -> None:
    done(ledger, register(ledger, name="Nora, who thought again"))


def announces(key: str) -> Callable[[Ledger], None]:
    return lambda ledger: done(ledger, an_announcement(ledger, "north", key))


def too_much(prepared: Prepared) -> Prepared:
    """The same admission with a unit of credit too much."""

    def more(ledger: Ledger) -> Measure:
        measure = prepared(ledger)
        assert isinstance(measure, AdmitPartner)
        return replace(measure, limits=replace(VOTED, credit=VOTED.credit + 1))

    return more


def custodian(code: str, account: Person, partner: str | None = None) -> SetCustodian:
    return SetCustodian(code, code.capitalize(), account.account, partner)


ADMISSIONS: dict[str, Prepared] = {
    "an admission": admission(),
    "application_unknown": unapplied,
    "application_unknown as it is another by now": admission(applies_anew),
    "partner_exists of an admission": admission(overtaken),
    "custodian_invalid of an admission": admission(decides(custodian(CUSTODIAN, TILL))),
    "role_invalid of an admission": admission(decides(custodian(JUDGE, TILL))),
    "seat_taken of an admission": admission(announces("consensus of nora")),
    "credit_exceeded of an admission": too_much(admission()),
}

REMOVALS: dict[str, Prepared] = {
    "a removal": plainly(RemovePartner("east")),
    "partner_unknown of a removal": plainly(RemovePartner("nobody")),
    "partner_leaving of a removal": plainly(RemovePartner("east"), exits("east")),
    "last_partner of a removal": plainly(RemovePartner("north"), exits("east"), exits("south")),
}

# --- what they may do ------------------------------------------------------------------------

LOWER = SetLimits("east", replace(VOTED, reserve_ceiling=LIMITS.reserve - 1, claim_bound=0))
HIGHER = SetLimits("east", replace(VOTED, credit=LIMITS.credit + VOTED.credit))

LIMITS_SET: dict[str, Prepared] = {
    "limits": plainly(HIGHER),
    "partner_unknown of limits": plainly(SetLimits("nobody", VOTED)),
    "partner_leaving of limits": plainly(LOWER, exits("east")),
    "credit_exceeded of limits": plainly(
        SetLimits("east", replace(VOTED, credit=LIMITS.credit + VOTED.credit + 1))
    ),
}


def gives(role: Role, to: Person, partner: str = "east") -> Callable[[Ledger], None]:
    return lambda ledger: done(ledger, a_rotation(ledger, partner, role, to))


ADMINS: dict[str, Prepared] = {
    "another admin": plainly(ReplaceAdmin("east", HEIR.account)),
    "another admin for who is running off": plainly(
        ReplaceAdmin("east", HEIR.account), exits("east")
    ),
    "partner_unknown of an admin": plainly(ReplaceAdmin("nobody", HEIR.account)),
    "role_invalid as it is the admin": plainly(ReplaceAdmin("east", admin("east").account)),
    "role_invalid as it holds the reserve": plainly(ReplaceAdmin("east", VAULT.account)),
    "role_invalid as it judges": plainly(ReplaceAdmin("east", REFEREE.account)),
}

# --- who holds reserves, and who judges ------------------------------------------------------

CUSTODIANS: dict[str, Prepared] = {
    "a custodian": plainly(custodian("safe", SAFE)),
    "a custodian that belongs to a partner": plainly(custodian("safe", SAFE, "south")),
    "a custodian's other account": plainly(custodian(CUSTODIAN, SAFE)),
    "partner_unknown of a custodian": plainly(custodian("safe", SAFE, "nobody")),
    "custodian_invalid as another has the account": plainly(custodian("safe", VAULT)),
    "custodian_invalid as it would hold its owner's": plainly(custodian(CUSTODIAN, VAULT, "south")),
    "custodian_invalid as a partner would hold its own": plainly(
        custodian(CUSTODIAN, a_role("south", "cashier"))
    ),
    "custodian_invalid as a judge would belong to one": plainly(custodian(JUDGE, REFEREE, "east")),
    "custodian_invalid as a judge would have a role": plainly(
        custodian(JUDGE, a_role("south", "issuer"))
    ),
}
OWN, FREE = decides(custodian("own", SAFE, "east")), decides(custodian("free", SAFE_TWO))

ASSIGNMENTS: dict[str, Prepared] = {
    "another custodian of a reserve": plainly(AssignCustodian("east", "free"), FREE),
    "partner_unknown of a reserve": plainly(AssignCustodian("nobody", JUDGE)),
    "custodian_unknown of a reserve": plainly(AssignCustodian("east", "nobody")),
    "custodian_invalid as it holds the reserve": plainly(AssignCustodian("east", CUSTODIAN)),
    "custodian_invalid as it belongs to the partner": plainly(AssignCustodian("east", "own"), OWN),
    "custodian_invalid as it has a role of the partner": plainly(
        AssignCustodian("east", "free"), FREE, gives(Role.CASHIER, SAFE_TWO)
    ),
}

JUDGES: dict[str, Prepared] = {
    "another judge": plainly(SetJudge("free"), FREE),
    "a judge that holds reserves": plainly(SetJudge(CUSTODIAN)),
    "custodian_unknown of a judge": plainly(SetJudge("nobody")),
    "custodian_invalid as it judges already": plainly(SetJudge(JUDGE)),
    "custodian_invalid as the judge belongs to one": plainly(SetJudge("own"), OWN),
    "custodian_invalid as the judge has a role": plainly(
        SetJudge("free"), FREE, gives(Role.ISSUER, SAFE_TWO)
    ),
}

# --- what they say together ------------------------------------------------------------------

SAID: dict[str, Prepared] = {
    "a protocol version": plainly(SetProtocol(2, 2**53)),
    "a protocol version from the next block on": lambda ledger: SetProtocol(
        65_535, ledger.height + 2
    ),
    "height_passed": lambda ledger: SetProtocol(2, ledger.height + 1),
    "version_not_newer": plainly(SetProtocol(1, 2**53)),
    "version_not_newer than the one since planned": plainly(
        SetProtocol(2, 2**53),
        lambda ledger: executed(ledger, SetProtocol(2, ledger.height + 6)),
        lambda ledger: ledger.pass_time(1_000),
    ),
    "a declaration": plainly(Declare(an_id("a document"), "")),
}

PROPOSED: Final = {
    **ADMISSIONS,
    **REMOVALS,
    **LIMITS_SET,
    **ADMINS,
    **CUSTODIANS,
    **ASSIGNMENTS,
    **JUDGES,
    **SAID,
}


def crowded() -> Genesis:
    """As many custodians as there can be."""
    more = tuple(
        Custodian(f"safe-{i}", "A safe", a_person(f"safe {i}").account, None) for i in range(14)
    )
    return replace(FEW, custodians=(*FEW.custodians, *more))


def proposed() -> list[dict[str, object]]:
    """Each measure put to the vote, and everything that may stand in its way."""
    found = []
    for name, prepared in PROPOSED.items():
        ledger = Ledger(FEW)
        measure = prepared(ledger)
        ledger.epoch = 1
        found.append(record(name, ledger, [ledger.propose("north", measure)]))
    full, many = Ledger(crowded()), Ledger(founders(100, replace(LIMITS, credit=0)))
    another = plainly(custodian("safe", SAFE))(full)
    found.append(record("custodians_full", full, [full.propose("north", another)]))
    changed = plainly(custodian(CUSTODIAN, SAFE))(full)
    found.append(
        record("one of sixteen custodians changes", full, [full.propose("north", changed)])
    )
    newcomer = admission()(many)
    return [*found, record("directory_full", many, [many.propose("north", newcomer)])]


# --- carried out, or not ---------------------------------------------------------------------


def more_attested(ledger: Ledger, after_ms: int) -> None:
    """An increase of east's reserve waits."""
    ledger.pass_time(after_ms)
    done(ledger, ledger.attest("east", LIMITS.reserve + MICRO))


def owes(ledger: Ledger) -> None:
    ledger.give(ALICE, MICRO)


PLANNED = SetProtocol(2, 1_000)

CARRIED_OUT: dict[str, Prepared] = {
    "a newcomer is admitted": admission(),
    "a newcomer whose roles are one account is admitted": admission(cashier=NORA.account),
    "who owes something runs off, whether it wants to or not": plainly(
        RemovePartner("north"), owes
    ),
    "who owes nothing is out at once": plainly(RemovePartner("east")),
    "higher limits are in force": plainly(HIGHER),
    "a ceiling below the reserve is in force": plainly(LOWER),
    "another admin speaks for a partner": plainly(ReplaceAdmin("east", HEIR.account)),
    "a custodian is admitted": plainly(custodian("safe", SAFE, "south")),
    "a custodian that has a record is admitted": plainly(custodian("safe", ALICE), owes),
    "a custodian changes": plainly(custodian(JUDGE, SAFE)),
    "a reserve is assigned to another": plainly(AssignCustodian("east", "free"), FREE),
    "another judges": plainly(SetJudge("free"), FREE),
    "a protocol version is planned": plainly(PLANNED),
    "another takes its place": plainly(SetProtocol(3, 500), decides(PLANNED)),
    "a version after the one in force is planned": plainly(
        SetProtocol(3, 500), decides(SetProtocol(2, 20)), lambda ledger: ages(ledger, 20)
    ),
    "a declaration is made": plainly(Declare(an_id("a document"), "https://example.com")),
}


def ages(ledger: Ledger, blocks: int) -> None:
    for _ in range(blocks):
        ledger.pass_time(1_000)


VOID: dict[str, tuple[Prepared, Callable[[Ledger], object]]] = {
    "void: application_unknown": (admission(), applies_anew),
    "void: partner_leaving of a removal": (plainly(RemovePartner("east")), exits("east")),
    "void: role_invalid": (plainly(ReplaceAdmin("east", HEIR.account)), gives(Role.ADMIN, HEIR)),
    "void: partner_leaving of limits": (plainly(LOWER), exits("east")),
    "void: credit_exceeded": (plainly(HIGHER, passes(replace(HIGHER, partner="north"))), nothing),
    "void: custodian_invalid": (
        plainly(custodian("safe", SAFE), passes(custodian("free", SAFE))),
        nothing,
    ),
    "void: custodian_invalid of a reserve": (
        plainly(AssignCustodian("east", "free"), FREE),
        gives(Role.CASHIER, SAFE_TWO),
    ),
    "void: custodian_invalid of a judge": (
        plainly(SetJudge("free"), FREE),
        gives(Role.CASHIER, SAFE_TWO, "south"),
    ),
    "void: height_passed": (
        lambda ledger: SetProtocol(2, ledger.height + 7),
        lambda ledger: ages(ledger, 2),
    ),
    "void: version_not_newer": (
        lambda ledger: plainly(SetProtocol(2, 1_000), decides(SetProtocol(2, ledger.height + 12)))(
            ledger
        ),
        lambda ledger: ages(ledger, 10),
    ),
}
"""What is passed, and what happens before it would be carried out."""


def carried_out() -> list[dict[str, object]]:
    """In the block in which the timelock of what passed is over."""
    found = []
    for name, prepared in CARRIED_OUT.items():
        ledger = Ledger(FEW)
        measure = prepared(ledger)
        ledger.epoch = 1
        id_ = passed(ledger, measure)
        if isinstance(measure, AssignCustodian):
            more_attested(ledger, until_done(ledger, id_) - PARAMETERS.increase_delay_ms // 2)
        found.append(record(name, ledger, [], until_done(ledger, id_)))
    for name, (prepared, between) in VOID.items():
        ledger = Ledger(FEW)
        id_ = passed(ledger, prepared(ledger))
        between(ledger)
        found.append(record(name, ledger, [], until_done(ledger, id_)))
    return found


def two_newcomers() -> tuple[Ledger, bytes]:
    """One is admitted; the id of what passed about the other, a second later."""
    ledger = Ledger(founders(3))
    first = applied(ledger)
    second = applied(ledger, HEIR, code="heir", issuer=HEIR.account)
    none = replace(VOTED, credit=0)
    one = passed(ledger, AdmitPartner(NORA.account, first, none))
    other = passed(ledger, AdmitPartner(HEIR.account, second, none))
    ledger.pass_time(until_done(ledger, one))
    return ledger, other


def one_newcomer_an_epoch() -> list[dict[str, object]]:
    """The second waits, for the next epoch or until its time is over."""
    ledger, id_ = two_newcomers()
    found = [record("a second newcomer of an epoch waits", ledger, [], until_done(ledger, id_))]
    ledger.epoch = 1
    found.append(record("and is admitted in the next", ledger, [], until_done(ledger, id_)))
    ledger, id_ = two_newcomers()
    last = ledger.proposal(id_).decided + PARAMETERS.timelock_ms + PARAMETERS.voting_ms
    while ledger.proposal(id_).deadline < last:
        ledger.pass_time(until_done(ledger, id_))
    expired = record("and expires if there is none", ledger, [], until_done(ledger, id_))
    return [*found, expired]


def cases() -> Sequence[Mapping[str, object]]:
    return [*proposed(), *carried_out(), *one_newcomer_an_epoch()]
