"""What stands in the way of a measure: when it is proposed, and when its time has come.

[LEDGER-63] to [LEDGER-70], [LEDGER-74]: each obstacle once, and those that come up meanwhile.
"""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from primitives.governance import (
    AdmitPartner,
    AssignCustodian,
    Measure,
    ProposalStatus,
    RemovePartner,
    ReplaceAdmin,
    SetCustodian,
    SetJudge,
    SetLimits,
    SetProtocol,
    VotedLimits,
)
from primitives.membership import Role
from primitives.receipt import (
    Outcome,
)
from tests.builders import (
    CUSTODIAN,
    DAY_MS,
    JUDGE,
    LIMITS,
    a_genesis,
    a_person,
    a_role,
)
from tests.ledger import Ledger
from tests.settling import done
from tests.voting import (
    GRANTED,
    QUIET,
    TIMELOCK,
    a_rotation,
    an_admission,
    an_exit,
    executed,
    passed,
)

HEIR, SAFE = a_person("an heir"), a_role("safe", "custodian")
VAULT, REFEREE = a_role(CUSTODIAN, "custodian"), a_role(JUDGE, "custodian")
AS_IS = VotedLimits(LIMITS.credit, LIMITS.reserve_ceiling, LIMITS.haircut, LIMITS.claim_bound)
SAFE_ADMITTED = SetCustodian("safe", "Safe", SAFE.account, None)


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(a_genesis(parameters=QUIET))


def second_custodian(ledger: Ledger) -> None:
    executed(ledger, SAFE_ADMITTED)


Makes = Callable[[Ledger], Measure]


def after(prepare: Callable[[Ledger], object], measure: Measure) -> Makes:
    """A measure, once something was done."""

    def made(ledger: Ledger) -> Measure:
        prepare(ledger)
        return measure

    return made


def just(measure: Measure) -> Makes:
    return lambda _: measure


def fourteen_more(ledger: Ledger) -> None:
    """As many custodians as there may be."""
    for number in range(14):
        account = a_role(f"safe-{number}", "custodian").account
        executed(ledger, SetCustodian(f"safe-{number}", "Safe", account, None))


def west_left(ledger: Ledger) -> None:
    done(ledger, an_exit(ledger, "west"))


def all_left_but_north(ledger: Ledger) -> None:
    for code in ("east", "south", "west"):
        done(ledger, an_exit(ledger, code))


def of_west(ledger: Ledger) -> None:
    executed(ledger, SetCustodian("safe", "Safe", SAFE.account, "west"))


UNKNOWN, INVALID = Outcome.PARTNER_UNKNOWN, Outcome.CUSTODIAN_INVALID
ISSUER = a_role("north", "issuer").account
OBSTACLES: dict[str, tuple[Outcome, Makes]] = {
    "an applicant that never applied": (
        Outcome.APPLICATION_UNKNOWN,
        just(AdmitPartner(HEIR.account, bytes(32), GRANTED)),
    ),
    "an application in other words": (
        Outcome.APPLICATION_UNKNOWN,
        lambda ledger: replace(an_admission(ledger), application=bytes(32)),
    ),
    "a removal of nobody": (UNKNOWN, just(RemovePartner("nobody"))),
    "a removal of who is leaving": (
        Outcome.PARTNER_LEAVING,
        after(west_left, RemovePartner("west")),
    ),
    "a removal of the last": (
        Outcome.LAST_PARTNER,
        after(all_left_but_north, RemovePartner("north")),
    ),
    "an admin of nobody": (UNKNOWN, just(ReplaceAdmin("nobody", HEIR.account))),
    "the admin that there is": (
        Outcome.ROLE_INVALID,
        just(ReplaceAdmin("north", a_role("north", "admin").account)),
    ),
    "an admin that holds its reserve": (
        Outcome.ROLE_INVALID,
        just(ReplaceAdmin("north", VAULT.account)),
    ),
    "an admin that judges": (Outcome.ROLE_INVALID, just(ReplaceAdmin("north", REFEREE.account))),
    "limits of nobody": (UNKNOWN, just(SetLimits("nobody", AS_IS))),
    "limits of who is leaving": (
        Outcome.PARTNER_LEAVING,
        after(west_left, SetLimits("west", AS_IS)),
    ),
    "credit beyond all": (
        Outcome.CREDIT_EXCEEDED,
        just(SetLimits("north", replace(AS_IS, credit=QUIET.total_credit - 3 * LIMITS.credit + 1))),
    ),
    "a custodian of nobody's": (
        UNKNOWN,
        just(SetCustodian("safe", "Safe", SAFE.account, "nobody")),
    ),
    "a custodian too many": (Outcome.CUSTODIANS_FULL, after(fourteen_more, SAFE_ADMITTED)),
    "a custodian with another's account": (
        INVALID,
        just(SetCustodian("safe", "Safe", VAULT.account, None)),
    ),
    "a custodian that belongs to whom it serves": (
        INVALID,
        just(SetCustodian(CUSTODIAN, "Vault", VAULT.account, "north")),
    ),
    "a custodian that acts for whom it serves": (
        INVALID,
        just(SetCustodian(CUSTODIAN, "Vault", ISSUER, None)),
    ),
    "a judge that belongs to somebody": (
        INVALID,
        just(SetCustodian(JUDGE, "Referee", REFEREE.account, "north")),
    ),
    "a judge that acts for somebody": (
        INVALID,
        just(SetCustodian(JUDGE, "Referee", ISSUER, None)),
    ),
    "a reserve of nobody": (UNKNOWN, just(AssignCustodian("nobody", CUSTODIAN))),
    "a reserve that nobody holds": (
        Outcome.CUSTODIAN_UNKNOWN,
        just(AssignCustodian("north", "nobody")),
    ),
    "a reserve that stays where it is": (INVALID, just(AssignCustodian("north", CUSTODIAN))),
    "a reserve held by its owner": (INVALID, after(of_west, AssignCustodian("west", "safe"))),
    "a judge that is none": (Outcome.CUSTODIAN_UNKNOWN, just(SetJudge("nobody"))),
    "the judge that there is": (INVALID, just(SetJudge(JUDGE))),
    "a partisan judge": (INVALID, after(of_west, SetJudge("safe"))),
    "a height that has passed": (Outcome.HEIGHT_PASSED, just(SetProtocol(2, 1))),
    "a version that is in force": (
        Outcome.VERSION_NOT_NEWER,
        lambda ledger: SetProtocol(1, ledger.height + 100),
    ),
}


@pytest.mark.parametrize("name", OBSTACLES)
def test_it_is_not_even_proposed(ledger: Ledger, name: str) -> None:
    """[LEDGER-61]"""
    outcome, makes = OBSTACLES[name]
    measure = makes(ledger)
    ledger.refuse(ledger.propose("north", measure), outcome)


def safe_acts_for(ledger: Ledger) -> None:
    """Who would hold north's reserve becomes its cashier."""
    done(ledger, a_rotation(ledger, "north", Role.CASHIER, SAFE))


def heir_holds(ledger: Ledger) -> None:
    """Who would be north's admin comes to hold its reserve."""
    executed(ledger, SetCustodian(CUSTODIAN, "Vault", HEIR.account, None))


def credit_is_given_away(ledger: Ledger) -> None:
    rest = replace(AS_IS, credit=QUIET.total_credit - 3 * LIMITS.credit)
    executed(ledger, SetLimits("east", rest))


MEANWHILE: dict[str, tuple[Outcome, Makes, Callable[[Ledger], object]]] = {
    "it left by itself": (Outcome.PARTNER_LEAVING, just(RemovePartner("west")), west_left),
    "its limits are over": (Outcome.PARTNER_LEAVING, just(SetLimits("west", AS_IS)), west_left),
    "the others left first": (
        Outcome.LAST_PARTNER,
        just(RemovePartner("north")),
        all_left_but_north,
    ),
    "all credit was given away": (
        Outcome.CREDIT_EXCEEDED,
        just(SetLimits("north", replace(AS_IS, credit=LIMITS.credit + 1))),
        credit_is_given_away,
    ),
    "the heir holds the reserve": (
        Outcome.ROLE_INVALID,
        just(ReplaceAdmin("north", HEIR.account)),
        heir_holds,
    ),
    "the custodian acts for it": (
        INVALID,
        after(second_custodian, AssignCustodian("north", "safe")),
        safe_acts_for,
    ),
    "the judge to be acts for somebody": (
        INVALID,
        after(second_custodian, SetJudge("safe")),
        safe_acts_for,
    ),
    "the height has passed": (
        Outcome.HEIGHT_PASSED,
        lambda ledger: SetProtocol(2, ledger.height + 5),
        lambda ledger: ledger.pass_time(1_000),
    ),
}


@pytest.mark.parametrize("name", MEANWHILE)
def test_it_is_void_if_meanwhile(name: str) -> None:
    """[LEDGER-63] What could be done when it was voted for cannot be any more."""
    ledger = Ledger(a_genesis(parameters=replace(QUIET, timelock_ms=10 * DAY_MS)))
    outcome, makes, happens = MEANWHILE[name]
    measure = makes_at_once(ledger, makes)
    id_ = passed(ledger, measure, "north")
    waiting = ledger.proposal(id_).deadline
    ledger.genesis = replace(ledger.genesis, parameters=replace(QUIET, timelock_ms=TIMELOCK))
    happens(ledger)
    ledger.pass_time(waiting - ledger.time)
    over = ledger.proposal(id_)
    assert (over.status, Outcome(over.obstacle)) == (ProposalStatus.VOID, outcome)
    ledger.scan()


def makes_at_once(ledger: Ledger, makes: Makes) -> Measure:
    """What has to be there first is voted on with the usual timelock."""
    slow = ledger.genesis
    ledger.genesis = replace(slow, parameters=replace(QUIET, timelock_ms=TIMELOCK))
    measure = makes(ledger)
    ledger.genesis = slow
    return measure
