"""Whatever is broken among partners and their votes is found in the state, and told what it is.

[LEDGER-50] to [LEDGER-57], [LEDGER-61] to [LEDGER-63], [LEDGER-74], [GEN-11]: each fact is broken
once, in a ledger where partners decide on each other (``assembly.py``).
"""

import pytest
from msgspec.structs import replace

from primitives.amount import MICRO
from primitives.entries import (
    DIRECTORY_KEY,
    SETTLEMENT_KEY,
    SUPPLY_KEY,
    Account,
    Advance,
    Directory,
    Partner,
    Position,
    Programme,
    PublishedTerms,
    Settlement,
    Supply,
    account_key,
    custodian_key,
    partner_key,
    position_key,
    programme_key,
    terms_key,
)
from primitives.genesis import Custodian, Roles
from primitives.governance import (
    PROTOCOL_KEY,
    Ballot,
    DecideDispute,
    Planned,
    ProposalStatus,
    Protocol,
    ballot_key,
    proposal_key,
)
from primitives.hashing import ZERO_DIGEST
from primitives.membership import MEMBERSHIP_KEY, Membership, application_key
from tests.builders import CUSTODIAN, a_role
from tests.ledger import Ledger
from tests.unit.contracts.assembly import (
    CARL,
    DONE,
    OPEN,
    PASSED,
    a_copy,
    an_assembly,
    proposal,
)
from tests.unit.contracts.busy import Breaks, apply, both, changed, drop, limits, put, terms

STATUS = ProposalStatus
BONUS, TERMS = programme_key("north", "bonus"), terms_key("north", "bonus", 1)
ROLES = Roles(*(a_role("north", role).account for role in ("admin", "issuer", "cashier")))
OTHERS = ("partner-4", "partner-5")


def partner(code: str, **fields: object) -> Breaks:
    return changed(partner_key(code), Partner, **fields)


def directory(**fields: object) -> Breaks:
    return changed(DIRECTORY_KEY, Directory, **fields)


def members(change: str) -> Breaks:
    """The seats of the next epoch, with something else about them."""

    def step(ledger: Ledger) -> list[tuple[bytes, bytes | None]]:
        seats = ledger.entry(MEMBERSHIP_KEY, Membership)
        assert seats is not None
        first, *others = seats.members
        made = {
            "one fewer": tuple(others),
            "another order": (*others, first),
            "one key twice": (replace(first, key=others[0].key), *others),
            "a stranger": (*seats.members, replace(first, partner="nobody", key=ZERO_DIGEST)),
            "who is leaving": (*seats.members, replace(first, partner="west", key=ZERO_DIGEST)),
        }[change]
        return changed(MEMBERSHIP_KEY, Membership, members=made)(ledger)

    return step


BROKEN: dict[str, tuple[Breaks, str]] = {
    "a partner that is struck off and has not left": (
        directory(partners=("north", "west", *OTHERS)),
        "the directory",
    ),
    "a partner that left and is not struck off": (
        directory(partners=("north", "east", "south", "west", *OTHERS)),
        "the directory",
    ),
    "a partner that is listed twice": (
        directory(partners=("north", "north", "east", "west", *OTHERS)),
        "the directory",
    ),
    "a partner that left and is owed": (
        changed(position_key("south"), Position, assumed=-1),
        "positions are the supply",
    ),
    "somebody who left with something to pay": (
        both(
            changed(position_key("south"), Position, assumed=1),
            changed(position_key("north"), Position, assumed=-1),
        ),
        "what south left behind",
    ),
    "positions that were shifted out of nothing": (
        both(
            changed(position_key("north"), Position, assumed=1),
            changed(SUPPLY_KEY, Supply, minted=6 * MICRO + 1),
            changed(account_key(CARL.account), Account, balance=MICRO + 1),
        ),
        "what some assume others are relieved of",
    ),
    "somebody who is leaving and has credit": (
        terms("west", credit=1),
        "who is leaving has no credit",
    ),
    "a seat fewer": (members("one fewer"), "who takes part has a seat"),
    "seats in another order": (members("another order"), "who takes part has a seat"),
    "a seat of nobody": (members("a stranger"), "who takes part has a seat"),
    "a seat of who is leaving": (members("who is leaving"), "who takes part has a seat"),
    "two seats of one key": (members("one key twice"), "a key has one seat"),
    "an admission that changed nothing": (
        changed(MEMBERSHIP_KEY, Membership, admitted=1, changed=0),
        "an admission changes the members",
    ),
    "a role without a record": (
        partner("north", roles=replace(ROLES, issuer=ZERO_DIGEST)),
        "a role has a record",
    ),
    "a reserve that its own account attests": (
        partner("north", roles=replace(ROLES, cashier=a_role(CUSTODIAN, "custodian").account)),
        "nobody attests its own reserve",
    ),
    "payments that their own account judges": (
        partner("north", roles=replace(ROLES, cashier=a_role("referee", "custodian").account)),
        "nobody judges its own payments",
    ),
    "a judge that belongs to somebody": (
        changed(SETTLEMENT_KEY, Settlement, custodian="safe"),
        "who judges payments belongs to nobody",
    ),
    "a reserve held by its owner": (partner("east", custodian="safe"), "nobody holds its own"),
    "a custodian in no directory": (directory(custodians=(CUSTODIAN, "referee")), "custodians"),
    "a custodian that is none": (
        directory(custodians=(CUSTODIAN, "referee", "safe", "nobody")),
        "custodians",
    ),
    "two custodians with one account": (
        changed(custodian_key("safe"), Custodian, account=a_role(CUSTODIAN, "custodian").account),
        "custodians have accounts of their own",
    ),
    "an application of nobody": (
        lambda ledger: [
            (application_key(ZERO_DIGEST), ledger.state[application_key(CARL.account)])
        ],
        "who applies has a record",
    ),
    "a ballot of who has no vote": (
        put(ballot_key(OPEN, "west"), Ballot(True)),
        "electors vote",
    ),
    "a ballot of nobody": (put(ballot_key(OPEN, "nobody"), Ballot(True)), "electors vote"),
    "a ballot on nothing": (
        put(ballot_key(ZERO_DIGEST, "north"), Ballot(True)),
        "ballots are of a proposal",
    ),
    "a ballot that was lost": (drop(ballot_key(OPEN, "east")), "votes are ballots"),
    "a ballot that was changed": (
        put(ballot_key(OPEN, "east"), Ballot(False)),
        "votes are ballots",
    ),
    "a vote that nobody cast": (proposal(OPEN, approved=2), "votes are ballots"),
    "an elector named twice": (
        proposal(OPEN, electors=("north", "east", "east")),
        "an elector is named once",
    ),
    "an elector that never was": (
        proposal(OPEN, electors=("north", "east", "nobody")),
        "who proposes and votes is a partner",
    ),
    "a proposer that never was": (
        proposal(OPEN, proposer="nobody"),
        "who proposes and votes is a partner",
    ),
    "a vote in its own matter": (
        both(
            proposal(PASSED, electors=("north", "east", *OTHERS)),
            drop(ballot_key(PASSED, "north")),
            put(ballot_key(PASSED, "east"), Ballot(True)),
        ),
        "whom it is about has no vote",
    ),
    "a simple majority": (proposal(OPEN, needed=2), "who must approve"),
    "more than all": (proposal(OPEN, needed=4), "who must approve"),
    "a decision that nobody took": (
        proposal(OPEN, status=STATUS.PASSED, decided=1),
        "enough approved",
    ),
    "a rejection that nobody voted for": (
        proposal(OPEN, status=STATUS.REJECTED, decided=1),
        "too many opposed",
    ),
    "a decision that is still open": (
        proposal(PASSED, status=STATUS.OPEN, decided=0),
        "what is decided is not open",
    ),
    "what passed and expired": (
        proposal(PASSED, status=STATUS.EXPIRED),
        "what passed is carried out",
    ),
    "a decision at no time": (proposal(PASSED, decided=0), "when it was decided"),
    "a decision before it was proposed": (
        proposal(PASSED, decided=1),
        "decided after it was opened",
    ),
    "an open proposal that was decided": (proposal(OPEN, decided=1), "when it was decided"),
    "something in the way of what is done": (
        proposal(DONE, obstacle=1),
        "what stood in the way",
    ),
    "void for no reason": (proposal(DONE, status=STATUS.VOID), "what stood in the way"),
    "a deadline before it was opened": (
        proposal(DONE, deadline=1),
        "a deadline is after the opening",
    ),
    "a proposal that time passes by": (
        proposal(OPEN, deadline=10**13),
        "what is to happen is in the calendar",
    ),
    "what passed and will not come": (
        proposal(PASSED, deadline=10**13),
        "what is to happen is in the calendar",
    ),
    "proposals that nobody counted": (partner("north", proposals=1), "proposals of north"),
    "proposals that are over and counted": (partner("east", proposals=1), "proposals of east"),
    "a measure about nothing that there is": (
        proposal(OPEN, measure=DecideDispute(7, 0, paid=True)),
        "the entry under 710000000700",
    ),
    "an older version that is planned": (
        put(PROTOCOL_KEY, Protocol(2, Planned(2, 1_000))),
        "a newer version is planned",
    ),
    "others' payments in a cycle to come": (
        limits("north", advance=Advance(1, 1)),
        "others paid in a cycle that closed",
    ),
    "terms that vanished": (drop(TERMS), f"the entry under {TERMS.hex()}"),
    "terms beyond the history": (
        put(terms_key("north", "bonus", 2), PublishedTerms(ZERO_DIGEST, "", 1, 1)),
        "programmes, rates and terms are those that are listed",
    ),
    "terms before the ones before": (
        changed(TERMS, PublishedTerms, since=1),
        "terms start one after another",
    ),
    "terms published before the ones before": (
        changed(TERMS, PublishedTerms, published=1),
        "terms are published one after another",
    ),
    "terms that never start": (
        both(
            changed(TERMS, PublishedTerms, since=10**13),
            changed(BONUS, Programme, terms_newest=10**13),
        ),
        "what is to happen is in the calendar",
    ),
    "terms in force that nobody published": (
        changed(BONUS, Programme, terms_hash=ZERO_DIGEST, terms_url="x"),
        "the terms in force",
    ),
    "terms in force beyond the history": (
        changed(BONUS, Programme, terms_place=2),
        "the terms in force were published",
    ),
    "another start of the newest terms": (
        changed(BONUS, Programme, terms_newest=1),
        "when the newest terms start",
    ),
}


def test_an_assembly_is_sound() -> None:
    totals = an_assembly().scan()
    assert totals.supply == 6 * MICRO


@pytest.mark.parametrize("name", BROKEN)
def test_a_state_is_found_broken_by(name: str) -> None:
    ledger = a_copy()
    breaks, why = BROKEN[name]
    apply(ledger, breaks(ledger))
    with pytest.raises(AssertionError) as error:
        ledger.scan()
    assert str(error.value).startswith(why)


def test_an_application_stands_under_an_account() -> None:
    """[LEDGER-50]"""
    ledger = a_copy()
    wish = ledger.state[application_key(CARL.account)]
    ledger.state[application_key(CARL.account) + b"x"] = wish
    with pytest.raises(AssertionError, match="the size of an application's key"):
        ledger.scan()


def test_a_proposal_stands_under_an_id() -> None:
    ledger = a_copy()
    ledger.state[proposal_key(OPEN) + b"x"] = ledger.state[proposal_key(OPEN)]
    with pytest.raises(AssertionError, match="the key of a proposal"):
        ledger.scan()
