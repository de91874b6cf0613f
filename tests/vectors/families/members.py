"""Partners that apply, give their roles and seats to others, and leave: a block each."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from primitives.actions import (
    LowerClaimBound,
    ProgrammeOpen,
    ProgrammePause,
    ProgrammeSetRate,
    ProgrammeSetTerms,
    SetDailyCaps,
)
from primitives.amount import MICRO
from primitives.membership import PartnerKind, Role
from primitives.transaction import Decoded
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
    Case,
    admin,
    after,
    done,
    founders,
    leaving,
    register,
    until,
)
from tests.vectors.recording import FIELDS as FIELDS
from tests.vectors.recording import record
from tests.voting import a_rotation, an_announcement, an_exit

ALICE = a_person("Alice")
VAULT, REFEREE = a_role(CUSTODIAN, "custodian"), a_role(JUDGE, "custodian")
ISSUER = a_role("north", "issuer")
OWED = 30 * MICRO
COVERED = replace(LIMITS, credit=50 * MICRO, reserve=OWED, haircut=5_000)
"""North may owe 65 LiqBon, and leaves a reserve behind that pays 30."""
SPENT = an_id("an invoice that was redeemed")


def the_ledger(**parameters: int) -> Ledger:
    """Three founders; Nora and Alice have what north owes, as much as its reserve."""
    ledger = Ledger(founders(limits=COVERED, **parameters))
    ledger.give(NORA, MICRO)
    ledger.give(ALICE, 31 * MICRO)
    done(ledger, ledger.redeem(ALICE, ledger.invoice("north", 2 * MICRO, id=SPENT)))
    return ledger


def applying(by: Person = NORA, **fields: object) -> Case:
    return lambda ledger: [register(ledger, by, **fields)]


def rotating(role: Role, to: Person, partner: str = "north", by: Person | None = None) -> Case:
    return lambda ledger: [a_rotation(ledger, partner, role, to, sender=by)]


def announcing(
    key: str, partner: str = "north", by: Person | None = None, *, lost: bool = False
) -> Case:
    return lambda ledger: [an_announcement(ledger, partner, key, lost=lost, sender=by)]


def minting(units: int, issuer: Person = ISSUER) -> Case:
    return lambda ledger: [ledger.mint("north", ALICE, units // 10_000, issuer=issuer)]


def giving_back(ledger: Ledger) -> list[Decoded]:
    return [ledger.refund("north", SPENT, MICRO // 100)]


APPLICATIONS: dict[str, Case] = {
    "an application": applying(),
    "an application in place of an earlier one": after(applying())(
        applying(name="Nora, who makes things", kind=PartnerKind.MANUFACTURER)
    ),
    "an application by who is a partner's admin": applying(by=admin("east"), code="east-two"),
    "an application with a key that a partner sat with": after(announcing("another"))(
        applying(key="consensus of north")
    ),
    "partner_exists": applying(code="east"),
    "partner_exists of one that left": after(leaving("south"))(applying(code="south")),
    "custodian_unknown of an application": applying(custodian="nobody"),
    "custodian_invalid of an issuer": applying(issuer=VAULT.account),
    "custodian_invalid of an admin": applying(by=VAULT),
    "role_invalid of a cashier": applying(cashier=REFEREE.account),
    "role_invalid of an admin": applying(by=REFEREE),
    "seat_taken of an application": applying(key="consensus of north"),
    "seat_taken by a key that waits": after(announcing("consensus of nora"))(applying()),
}

ROLES: dict[str, Case] = {
    "an issuer's role given to a new account": rotating(Role.ISSUER, TILL),
    "a cashier's role given to who has an account": rotating(Role.CASHIER, ALICE),
    "an admin's role given to two of three keys": rotating(Role.ADMIN, NORA),
    "one account for two roles": rotating(Role.CASHIER, ISSUER),
    "a role of who is running off": after(leaving("north"))(rotating(Role.CASHIER, TILL)),
    "not_admin any more": after(rotating(Role.ADMIN, NORA))(rotating(Role.CASHIER, TILL)),
    "not_issuer any more": after(rotating(Role.ISSUER, TILL))(minting(MICRO)),
    "partner_unknown of a role": rotating(Role.ADMIN, TILL, "nobody", admin("north")),
    "not_admin of a role": rotating(Role.ISSUER, TILL, by=ISSUER),
    "role_invalid as the account has it": rotating(Role.ISSUER, ISSUER),
    "role_invalid as the account holds the reserve": rotating(Role.CASHIER, VAULT),
    "role_invalid as the account judges": rotating(Role.CASHIER, REFEREE),
}

SEATS: dict[str, Case] = {
    "another consensus key": announcing("another"),
    "a consensus key that was lost": announcing("another", lost=True),
    "a key back that was given up": after(announcing("another"))(announcing("consensus of north")),
    "partner_unknown of a seat": announcing("another", "nobody", admin("north")),
    "not_admin of a seat": announcing("another", by=ISSUER),
    "partner_leaving of a seat": after(leaving("north"))(announcing("another")),
    "seat_taken of one's own": announcing("consensus of north"),
    "seat_taken of another's": announcing("consensus of east"),
}

EXITS: dict[str, Case] = {
    "who owes nothing has left at once": leaving("south"),
    "who owes leaves a reserve behind": leaving("north"),
    "partner_unknown of an exit": leaving("nobody", admin("north")),
    "not_admin of an exit": leaving("north", ISSUER),
    "partner_leaving as it is running off": after(leaving("north"))(leaving("north")),
    "partner_leaving as it has left": after(leaving("south"))(leaving("south")),
    "last_partner": after(leaving("south"), leaving("north"))(leaving("east")),
    "reserve_needed to leave": after(minting(10_000))(leaving("north")),
}


def by_north(action: object) -> Case:
    return lambda ledger: [ledger.act(admin("north"), action)]  # type: ignore[arg-type]


def opening(ledger: Ledger) -> list[Decoded]:
    terms = (an_id("terms"), "https://example.com/miles")
    return by_north(ProgrammeOpen("north", "miles", "Miles", "mile", *terms, 1, 1))(ledger)


def spending(ledger: Ledger) -> list[Decoded]:
    return [ledger.redeem(ALICE, ledger.invoice("north", MICRO))]


def lower_reserve(ledger: Ledger) -> list[Decoded]:
    return [ledger.attest("north", 29 * MICRO)]


RUNNING_OFF: dict[str, Case] = {
    "partner_leaving of a mint": minting(MICRO),
    "partner_leaving of a redemption": spending,
    "partner_leaving of a programme": opening,
    "partner_leaving of a rate": by_north(ProgrammeSetRate("north", "bonus", 20_000, 1, 0)),
    "partner_leaving of a pause": by_north(ProgrammePause("north", "bonus", paused=True)),
    "partner_leaving of terms": by_north(ProgrammeSetTerms("north", "bonus", bytes(32), "", 0)),
    "limit_exceeded of a refund without credit": giving_back,
    "who is running off attests less": lower_reserve,
    "who is running off lowers its claim bound": by_north(LowerClaimBound("north", 0)),
    "who is running off lowers its caps": by_north(SetDailyCaps("north", 0, 0)),
}
"""What north does once it leaves, owing 30 LiqBon."""


def south_has_left(ledger: Ledger) -> list[Decoded]:
    """It sold something and gave some of it back before."""
    invoice = ledger.invoice("south", MICRO)
    done(ledger, ledger.redeem(ALICE, invoice), ledger.refund("south", invoice.id, MICRO))
    done(ledger, an_exit(ledger, "south"))
    return [ledger.refund("south", invoice.id, 1)]


def given_back_by_east(ledger: Ledger) -> list[Decoded]:
    """East is owed for what it sold, and leaves."""
    invoice = ledger.invoice("east", MICRO)
    done(ledger, ledger.redeem(ALICE, invoice), an_exit(ledger, "east"))
    return [ledger.refund("east", invoice.id, MICRO)]


def running_off() -> list[dict[str, object]]:
    """North pays east what it owes, customers what they get back; then it has left."""
    ledger = the_ledger(settlement_cycle_ms=PARAMETERS.settlement_cycle_ms)
    cycle = PARAMETERS.settlement_cycle_ms
    done(ledger, ledger.redeem(ALICE, ledger.invoice("east", 28 * MICRO)))
    done(ledger, ledger.redeem(NORA, ledger.invoice("east", MICRO)))
    found = [record("who owes leaves before the cycle closes", ledger, [an_exit(ledger, "north")])]
    found.append(record("a cycle closes with who is running off", ledger, [], cycle))
    found.append(record("reserve_needed of who is running off", ledger, release(ledger)))
    found.append(record("who is running off names a payment", ledger, [ledger.pay(1, 0)]))
    found.append(record("who is running off is paid for", ledger, [ledger.confirm(1, 0)]))
    done(ledger, ledger.redeem(ALICE, ledger.invoice("south", MICRO)))
    closes = until(ledger, ledger.genesis.time + 2 * cycle)
    found.append(record("the last that it owes is in an obligation", ledger, [], closes))
    found.append(record("and confirmed", ledger, [ledger.confirm(2, 0)]))
    found.append(record("who owes nothing takes all back", ledger, release(ledger)))
    closes = until(ledger, ledger.genesis.time + 3 * cycle)
    found.append(record("who owes nothing has left before the cycle closes", ledger, [], closes))
    return found


def release(ledger: Ledger) -> list[Decoded]:
    return [ledger.release("north", OWED)]


def to_be_paid() -> list[dict[str, object]]:
    """North sold for as much as it owes, but has still to pay: its reserve must cover that."""
    ledger = the_ledger(settlement_cycle_ms=PARAMETERS.settlement_cycle_ms)
    done(ledger, *minting(10 * MICRO)(ledger))
    done(ledger, ledger.redeem(ALICE, ledger.invoice("east", 39 * MICRO)))
    ledger.pass_time(until(ledger, ledger.genesis.time + PARAMETERS.settlement_cycle_ms))
    assert ledger.position("north").payable == 39 * MICRO
    done(ledger, *leaving("south")(ledger))
    return [record("reserve_needed for what is payable", ledger, [an_exit(ledger, "north")])]


def cases() -> Sequence[Mapping[str, object]]:
    found = []
    for name, case in {**APPLICATIONS, **ROLES, **SEATS, **EXITS}.items():
        ledger = the_ledger()
        ledger.epoch = 3
        found.append(record(name, ledger, case(ledger)))
    for name, case in RUNNING_OFF.items():
        ledger = the_ledger()
        done(ledger, an_exit(ledger, "north"))
        found.append(record(name, ledger, case(ledger)))
    for name, case in {
        "partner_leaving of a refund": south_has_left,
        "a refund of who is running off": given_back_by_east,
    }.items():
        ledger = the_ledger()
        found.append(record(name, ledger, case(ledger)))
    return [*found, *running_off(), *to_be_paid()]
