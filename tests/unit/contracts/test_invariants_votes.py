"""What a step may not do to votes and terms is found, and told what it is.

[LEDGER-57], [LEDGER-61] to [LEDGER-63], [LEDGER-74]: each forbidden change is made once, to a
ledger where partners decide on each other (``assembly.py``).
"""

import pytest
from msgspec.structs import replace

from primitives.encoding import encode
from primitives.entries import (
    Partner,
    Programme,
    PublishedTerms,
    partner_key,
    programme_key,
    terms_key,
)
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
from tests.builders import a_role
from tests.ledger import Ledger
from tests.unit.contracts.assembly import (
    ADMINS,
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
from tests.unit.contracts.busy import Breaks, Change, apply, both, changed, put, terms
from tests.voting import QUIET, TIMELOCK, VOTING

STATUS = ProposalStatus
NORTH, EAST = ADMINS["north"], ADMINS["east"]
FOURTH = a_role("partner-4", "admin")
TIME, NOTICE = NOW.time, QUIET.rate_notice_ms
BONUS = programme_key("north", "bonus")
VOTERS = ("north", "east", "partner-4", "partner-5")


def partner(code: str, **fields: object) -> Breaks:
    return changed(partner_key(code), Partner, **fields)


def once(before: Breaks, then: Breaks) -> Breaks:
    """Something in a state that was another."""

    def step(ledger: Ledger) -> list[Change]:
        apply(ledger, before(ledger))
        return then(ledger)

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
BAD_STEPS = VOTES | TERMS
GOOD_STEPS: dict[str, Case] = {
    "a proposal": (opened(), [NORTH], ""),
    "a vote": (voted("partner-4", approved=2), [FOURTH], ""),
    "terms": (published(), [NORTH], ""),
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
