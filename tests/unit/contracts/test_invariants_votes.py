"""What a step may not do to partners, votes and terms is found, and told what it is.

[LEDGER-50] to [LEDGER-57], [LEDGER-61] to [LEDGER-70], [LEDGER-74]: each forbidden change is made
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
    Programme,
    PublishedTerms,
    Settlement,
    account_key,
    custodian_key,
    partner_key,
    programme_key,
    terms_key,
)
from primitives.genesis import Custodian
from primitives.governance import (
    PROTOCOL_KEY,
    Ballot,
    Planned,
    ProposalStatus,
    Protocol,
    ballot_key,
    proposal_key,
)
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
    DONE,
    NOW,
    OPEN,
    PASSED,
    SAID,
    Case,
    proposal,
    refused,
    stepped,
)
from tests.unit.contracts.busy import Breaks, Change, apply, both, changed, limits, put, terms
from tests.voting import QUIET, TIMELOCK, VOTING

STATUS = ProposalStatus
NORTH, EAST = ADMINS["north"], ADMINS["east"]
FOURTH = a_role("partner-4", "admin")
STRANGER = a_person("a stranger")
TIME, NOTICE = NOW.time, QUIET.rate_notice_ms
BONUS = programme_key("north", "bonus")
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


def opened(**fields: object) -> Breaks:
    """A further proposal of north's."""

    def step(ledger: Ledger) -> list[Change]:
        made = replace(
            ledger.proposal(OPEN), opened=TIME, deadline=TIME + VOTING, approved=0, opposed=0
        )
        count = ledger.partner("north").proposals + 1
        return [
            (proposal_key(ZERO_DIGEST), encode(replace(made, **fields))),
            *partner("north", proposals=count)(ledger),
        ]

    return step


def voted(code: str, *, approve: bool = True, **fields: object) -> Breaks:
    """A further vote on what is open."""
    return both(put(ballot_key(OPEN, code), Ballot(approve)), proposal(OPEN, **fields))


def published(hash_: bytes = ZERO_DIGEST, since: int = TIME + 2 * NOTICE) -> Breaks:
    """Further terms of north's bonus."""
    return both(
        put(terms_key("north", "bonus", 2), PublishedTerms(hash_, "", since, TIME)),
        changed(BONUS, Programme, terms_published=3, terms_newest=since),
    )


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
VOTES: dict[str, Case] = {
    "a proposal of another's": (opened(), [EAST], "a proposal is made by the admin"),
    "a proposal without an elector": (
        opened(electors=VOTERS[:3], needed=3),
        [NORTH],
        "who takes part has a vote",
    ),
    "a proposal with a vote for who is leaving": (
        opened(electors=("north", "east", "west", "partner-4", "partner-5"), needed=4),
        [NORTH],
        "who is leaving has no vote",
    ),
    "electors in another order": (
        opened(electors=("east", "north", "partner-4", "partner-5")),
        [NORTH],
        "electors stand in the order of admission",
    ),
    "a proposal for longer": (
        opened(deadline=TIME + VOTING + 1),
        [NORTH],
        "voting lasts as long as it was to",
    ),
    "a proposal of the past": (opened(opened=TIME - 1), [NORTH], "a proposal stays"),
    "a proposal that nobody counted": (
        lambda ledger: opened()(ledger)[:1],
        [NORTH],
        "proposals of north that wait",
    ),
    "another measure": (
        proposal(OPEN, measure=replace(SAID, url="")),
        [NORTH],
        "a proposal stays",
    ),
    "another proposer": (proposal(OPEN, proposer="east"), [NORTH, EAST], "a proposal stays"),
    "a vote of nobody's": (voted("partner-4", approved=2), [NORTH], "a vote is cast by the admin"),
    "a vote of who has none": (voted("west", approved=2), [ADMINS["west"]], "an elector votes"),
    "a vote counted twice": (
        voted(
            "partner-4",
            approved=3,
            status=STATUS.PASSED,
            decided=TIME,
            deadline=TIME + TIMELOCK,
        ),
        [FOURTH],
        "votes on",
    ),
    "a vote that is not counted": (
        put(ballot_key(OPEN, "partner-4"), Ballot(True)),
        [FOURTH],
        "votes on",
    ),
    "a vote counted for the other side": (
        voted("partner-4", approve=False, approved=2),
        [FOURTH],
        "votes on",
    ),
    "a vote on what was decided": (
        put(ballot_key(PASSED, "partner-5"), Ballot(True)),
        [a_role("partner-5", "admin")],
        "what is open is voted on",
    ),
    "a longer vote": (
        proposal(OPEN, deadline=TIME + 10 * VOTING),
        [NORTH],
        "voting lasts as long as it was to",
    ),
    "voting cut short": (
        proposal(OPEN, status=STATUS.EXPIRED),
        [NORTH],
        "it expires at its time",
    ),
    "something carried out that nobody decided on": (
        proposal(OPEN, status=STATUS.EXECUTED, decided=TIME),
        [NORTH],
        "enough approved",
    ),
    "something carried out before its time": (
        both(proposal(PASSED, status=STATUS.EXECUTED), partner("north", proposals=1)),
        [],
        "nothing happens before its time",
    ),
    "something void before its time": (
        both(proposal(PASSED, status=STATUS.VOID, obstacle=1), partner("north", proposals=1)),
        [],
        "nothing happens before its time",
    ),
    "something that waits longer": (
        proposal(PASSED, deadline=TIME + 10 * TIMELOCK),
        [],
        "nothing happens before its time",
    ),
    "something done that is done again": (
        proposal(DONE, status=STATUS.PASSED),
        [],
        "what is over stays as it is",
    ),
    "another version": (
        put(PROTOCOL_KEY, Protocol(1, Planned(3, 1_000))),
        [NORTH, EAST],
        "a version is planned by vote",
    ),
}
TERMS: dict[str, Case] = {
    "terms published by another": (published(), [EAST], "terms are published by the admin"),
    "terms at short notice": (
        once(
            both(
                changed(terms_key("north", "bonus", 1), PublishedTerms, since=TIME + 5),
                changed(BONUS, Programme, terms_newest=TIME + 5),
            ),
            published(since=TIME + NOTICE - 1),
        ),
        [NORTH],
        "terms are announced in time",
    ),
    "terms before others": (
        published(since=TIME + 1),
        [NORTH],
        "terms start one after another",
    ),
    "terms in the far future": (
        published(since=TIME + 366 * 86_400_000 + 1),
        [NORTH],
        "terms do not begin too far ahead",
    ),
    "terms that were rewritten": (
        changed(
            terms_key("north", "bonus", 1), PublishedTerms, terms_hash=SAID.hash, terms_url="x"
        ),
        [NORTH],
        "what was published stays",
    ),
    "terms in force before their time": (
        changed(BONUS, Programme, terms_hash=SAID.hash, terms_url="", terms_place=1),
        [NORTH],
        "terms begin when they said",
    ),
    "terms published at another time": (
        both(
            put(
                terms_key("north", "bonus", 2),
                PublishedTerms(ZERO_DIGEST, "", TIME + 2 * NOTICE, TIME - 1),
            ),
            changed(BONUS, Programme, terms_published=3, terms_newest=TIME + 2 * NOTICE),
        ),
        [NORTH],
        "when terms were published",
    ),
    "terms of nobody's history": (
        put(
            terms_key("north", "bonus", 2),
            PublishedTerms(ZERO_DIGEST, "", TIME + 2 * NOTICE, TIME),
        ),
        [NORTH],
        "terms are of their programme's history",
    ),
}
LATER: dict[str, Case] = {
    "a decision taken back": (
        proposal(PASSED, status=STATUS.OPEN, approved=2, decided=0),
        [NORTH],
        "votes are over",
    ),
    "a vote that was carried out and did nothing": (
        both(proposal(PASSED, status=STATUS.EXECUTED), partner("north", proposals=1)),
        [],
        "what others set was voted",
    ),
    "a vote that was carried out in another way": (
        both(
            proposal(PASSED, status=STATUS.EXECUTED),
            partner("north", proposals=1),
            terms("east", credit=1),
        ),
        [],
        "what others set was voted",
    ),
    "a vote put off": (
        proposal(PASSED, deadline=TIME + 10 * TIMELOCK),
        [],
        "only newcomers wait for their turn",
    ),
    "a vote that expired after all": (
        both(proposal(PASSED, status=STATUS.EXPIRED), partner("north", proposals=1)),
        [],
        "what passed is carried out",
    ),
}
BAD_STEPS = COMING_AND_GOING | KEYS | VOTES | TERMS
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
    "a proposal": (opened(), [NORTH], ""),
    "a vote": (voted("partner-4", approved=2), [FOURTH], ""),
    "terms": (published(), [NORTH], ""),
    "an application": (application(ALICE.account), [ALICE], ""),
}


@pytest.mark.parametrize("name", BAD_STEPS)
def test_a_step_is_found_broken_by(name: str) -> None:
    refused(BAD_STEPS[name])


@pytest.mark.parametrize("name", LATER)
def test_when_its_time_has_come_a_step_is_found_broken_by(name: str) -> None:
    refused(LATER[name], after_ms=TIMELOCK)


@pytest.mark.parametrize("name", GOOD_STEPS)
def test_what_may_happen_is_not_found_broken(name: str) -> None:
    """So the steps above fail for what is wrong with them alone."""
    stepped(GOOD_STEPS[name])
