"""What a step may not do to partners, seats and roles is found, and told what it is.

[LEDGER-50] to [LEDGER-54], [LEDGER-66] to [LEDGER-70], [GEN-11]: each forbidden change is made
once, to a ledger where partners decide on each other (``assembly.py``).
"""

import pytest
from msgspec.structs import replace

from primitives.encoding import encode
from primitives.entries import (
    DIRECTORY_KEY,
    SETTLEMENT_KEY,
    Account,
    Directory,
    Partner,
    Settlement,
    account_key,
    custodian_key,
    partner_key,
)
from primitives.genesis import Custodian
from primitives.hashing import ZERO_DIGEST
from primitives.membership import (
    MEMBERSHIP_KEY,
    Application,
    Member,
    Membership,
    PartnerStatus,
    application_key,
)
from tests.builders import CUSTODIAN, JUDGE, a_key, a_person, a_role
from tests.ledger import Ledger
from tests.unit.contracts.assembly import (
    ADMINS,
    ALICE,
    CARL,
    NOW,
    Case,
    refused,
    stepped,
)
from tests.unit.contracts.busy import Breaks, Change, apply, both, changed, limits, put, terms

NORTH, EAST = ADMINS["north"], ADMINS["east"]
FOURTH = a_role("partner-4", "admin")
STRANGER = a_person("a stranger")
VOTERS = ("north", "east", "partner-4", "partner-5")


def partner(code: str, **fields: object) -> Breaks:
    return changed(partner_key(code), Partner, **fields)


def role(code: str, **accounts: bytes) -> Breaks:
    """A partner with other accounts in its roles."""
    return lambda ledger: partner(code, roles=replace(ledger.partner(code).roles, **accounts))(
        ledger
    )


def members(**fields: object) -> Breaks:
    return changed(MEMBERSHIP_KEY, Membership, **fields)


def seats(ledger: Ledger, but: str = "") -> tuple[Member, ...]:
    found = ledger.entry(MEMBERSHIP_KEY, Membership)
    assert found is not None
    return tuple(member for member in found.members if member.partner != but)


def leaves(code: str, status: PartnerStatus = PartnerStatus.RUN_OFF) -> Breaks:
    """All that is written when a partner begins to run off."""
    return lambda ledger: both(
        partner(code, status=status),
        terms(code, credit=0),
        members(members=seats(ledger, code), changed=NOW.epoch),
    )(ledger)


def new_key(**fields: object) -> Breaks:
    """North's seat with another key."""

    def step(ledger: Ledger) -> list[Change]:
        first, *others = seats(ledger)
        key = a_key("another").public_key
        return members(members=(replace(first, key=key), *others), **fields)(ledger)

    return step


def once(before: Breaks, then: Breaks) -> Breaks:
    """Something in a state that was another."""

    def step(ledger: Ledger) -> list[Change]:
        apply(ledger, before(ledger))
        return then(ledger)

    return step


def application(account: bytes, **fields: object) -> Breaks:
    """Carl's application, under another account or in other words."""

    def step(ledger: Ledger) -> list[Change]:
        wish = ledger.entry(application_key(CARL.account), Application)
        assert wish is not None
        return [(application_key(account), encode(replace(wish, **fields)))]

    return step


COMING_AND_GOING: dict[str, Case] = {
    "a partner that nobody voted in": (
        lambda ledger: [(partner_key("new"), encode(replace(ledger.partner("north"), code="new")))],
        [NORTH],
        "nobody comes but by vote",
    ),
    "a partner of another currency": (partner("north", currency="USD"), [NORTH], "a partner stays"),
    "a partner sent away by another": (leaves("north"), [EAST], "who leaves said so"),
    "a partner that keeps its seat": (
        both(partner("north", status=2), terms("north", credit=0)),
        [NORTH],
        "who is leaving has no seat",
    ),
    "a partner that keeps its credit": (
        lambda ledger: both(
            partner("north", status=2),
            members(members=seats(ledger, "north"), changed=NOW.epoch),
        )(ledger),
        [NORTH],
        "who is leaving has no credit",
    ),
    "a partner that leaves more than it covers": (
        once(limits("north", reserve_counts=False), leaves("north")),
        [NORTH],
        "who leaves by itself leaves what it owes",
    ),
    "a partner that comes back": (partner("west", status=1), [], "nobody comes back"),
    "a partner that left and owes": (partner("west", status=3), [], "what west left behind"),
    "a partner that left and is listed": (
        leaves("partner-4", PartnerStatus.LEFT),
        [FOURTH],
        "who has left is struck off",
    ),
    "a partner struck off": (
        changed(DIRECTORY_KEY, Directory, partners=("north", "east", "west", "partner-4")),
        [],
        "partners",
    ),
    "a partner out of nowhere": (
        changed(DIRECTORY_KEY, Directory, partners=(*VOTERS, "west", "seventh")),
        [],
        "partners",
    ),
    "a custodian struck off": (
        changed(DIRECTORY_KEY, Directory, custodians=(CUSTODIAN, JUDGE)),
        [],
        "custodians stay",
    ),
    "a custodian out of nowhere": (
        changed(DIRECTORY_KEY, Directory, custodians=(CUSTODIAN, JUDGE, "safe", "new")),
        [],
        f"the entry under {custodian_key('new').hex()}",
    ),
    "another account of a custodian's": (
        changed(custodian_key("safe"), Custodian, account=ALICE.account),
        [EAST],
        "a custodian is as was voted",
    ),
    "a reserve given to another": (
        partner("north", custodian="safe"),
        [NORTH],
        "another holds the reserve by vote",
    ),
    "another judge": (
        changed(SETTLEMENT_KEY, Settlement, custodian=CUSTODIAN),
        [],
        "who judges payments was voted",
    ),
    "an application in another's name": (
        application(ALICE.account),
        [CARL],
        "who applies signed",
    ),
    "an application under a code that was used": (
        application(CARL.account, code="south"),
        [CARL],
        "a code is used once",
    ),
}
KEYS: dict[str, Case] = {
    "a role given by another": (
        role("north", cashier=ALICE.account),
        [EAST],
        "a role was given away by the admin",
    ),
    "an admin given by the cashier": (
        role("north", admin=ALICE.account),
        [a_role("north", "cashier")],
        "a role was given away by the admin",
    ),
    "a role of who holds the reserve": (
        role("north", cashier=a_role(CUSTODIAN, "custodian").account),
        [NORTH],
        "nobody attests or judges for itself",
    ),
    "a role of who judges": (
        role("north", admin=a_role(JUDGE, "custodian").account),
        [NORTH],
        "nobody attests or judges for itself",
    ),
    "a role without a record": (
        role("north", cashier=STRANGER.account),
        [NORTH],
        f"the entry under {account_key(STRANGER.account).hex()}",
    ),
    "a record for no role": (
        put(account_key(STRANGER.account), Account(0, 256, 0, ZERO_DIGEST)),
        [NORTH],
        "an account opens with enough",
    ),
    "channels for no role": (
        changed(account_key(ALICE.account), Account, channels=256),
        [NORTH],
        "channels opened though their owner did not sign",
    ),
    "a seat's key changed by another": (
        new_key(),
        [EAST],
        "a seat's key is changed by the admin",
    ),
    "a seat lost": (
        lambda ledger: members(members=seats(ledger, "east"), changed=NOW.epoch)(ledger),
        [EAST],
        "who has a seat",
    ),
    "members that changed in another epoch": (
        members(changed=NOW.epoch + 1),
        [NORTH],
        "when members changed",
    ),
    "an admission of nobody": (
        members(admitted=NOW.epoch, changed=NOW.epoch),
        [NORTH],
        "when somebody came",
    ),
}
BAD_STEPS = COMING_AND_GOING | KEYS
GOOD_STEPS: dict[str, Case] = {
    "an exit": (leaves("north"), [NORTH], ""),
    "a role": (role("north", cashier=ALICE.account), [NORTH], ""),
    "a record for a role": (
        both(
            role("north", cashier=STRANGER.account),
            put(account_key(STRANGER.account), Account(0, 256, 0, ZERO_DIGEST)),
        ),
        [NORTH],
        "",
    ),
    "another key": (new_key(), [NORTH], ""),
    "a lost key": (new_key(changed=NOW.epoch), [NORTH], ""),
    "an application": (application(ALICE.account), [ALICE], ""),
}


@pytest.mark.parametrize("name", BAD_STEPS)
def test_a_step_is_found_broken_by(name: str) -> None:
    refused(BAD_STEPS[name])


@pytest.mark.parametrize("name", GOOD_STEPS)
def test_what_may_happen_is_not_found_broken(name: str) -> None:
    """So the steps above fail for what is wrong with them alone."""
    stepped(GOOD_STEPS[name])
