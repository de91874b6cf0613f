"""Proposals as the API tells them: what is voted, who voted how, what came of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import msgspec
import pytest

from client import views
from client.fields import Page, parse_time
from primitives.governance import (
    Ballot,
    Proposal,
    RemovePartner,
    SetCustodian,
    ballot_key,
    proposal_key,
)
from tests.builders import PARAMETERS, a_person
from tests.fakes import council
from tests.fakes.council import INGE
from tests.fakes.node import FakeNode, served
from tests.fakes.site import Site

SAFE = a_person("keeper of the safe")


@pytest.fixture
async def at() -> AsyncIterator[Site]:
    """Inge has an account."""
    node = FakeNode()
    node.ledger.fund(INGE)
    async with served(node) as url, aiohttp.ClientSession() as session:
        yield Site(node, session, url)


async def ids(site: Site, query: str = "") -> list[str]:
    page = await site.document(f"/v1/proposals{query}", Page[views.ProposalView])
    return [item.proposal for item in page.items]


# --- proposals ----------------------------------------------------------------------------------


async def test_a_proposal_says_and_proves_what_it_is_and_who_voted_how(at: Site) -> None:
    """[LEDGER-61], [LEDGER-62]"""
    ledger = at.node.ledger
    id_ = council.proposed(ledger, RemovePartner("west"))
    ledger.block(*council.votes(ledger, id_, ["south"]))
    ledger.block(*council.votes(ledger, id_, ["east"], approve=False))
    document = await at.document(f"/v1/proposals/{id_.hex()}?proof=1", views.ProposalDetail)
    told = document.proposal
    assert told.measure == views.RemovePartnerView(partner="west")
    assert [(each.partner, each.approves) for each in told.electors] == [
        ("north", None),
        ("east", False),
        ("south", True),
    ]
    assert (told.status, told.needed, told.approved, told.opposed) == ("rejected", 3, 1, 1)
    assert (told.deadline, told.obstacle) == (None, None)
    entry = at.proven(document, proposal_key(id_), Proposal)
    assert told.decided is not None
    assert (entry.decided, entry.opened) == (parse_time(told.decided), parse_time(told.opened))
    ballot = await at.document(
        f"/v1/state/{ballot_key(id_, 'south').hex()}?proof=1", views.EntryView
    )
    assert at.proven(ballot, ballot_key(id_, "south"), Ballot) == Ballot(approve=True)
    plain = await at.document(f"/v1/proposals/{id_.hex()}", views.ProposalDetail)
    assert (plain.proof, plain.proposal) == (None, told)


async def test_what_passed_says_when_it_is_carried_out_and_that_it_was(at: Site) -> None:
    """[LEDGER-62], [LEDGER-63]"""
    ledger = at.node.ledger
    id_ = council.proposed(ledger, SetCustodian("safe", "The Safe", SAFE.account, None))
    ledger.block(*council.votes(ledger, id_))
    path = f"/v1/proposals/{id_.hex()}"
    told = (await at.document(path, views.ProposalDetail)).proposal
    assert (told.status, told.decided is None) == ("passed", False)
    wait = parse_time(told.deadline) - parse_time(told.decided)
    assert wait == PARAMETERS.timelock_ms
    ledger.pass_time(council.TIMELOCK_MS)
    told = (await at.document(path, views.ProposalDetail)).proposal
    assert (told.status, told.deadline, told.obstacle) == ("executed", None, None)
    page = await at.document("/v1/custodians", Page[views.CustodianView])
    assert [each.code for each in page.items] == ["vault", "referee", "safe"]
    assert page.items[-1].address == at.named(SAFE)


async def test_what_could_not_be_carried_out_says_why(at: Site) -> None:
    """[LEDGER-63]"""
    ledger = at.node.ledger
    id_ = council.proposed(ledger, RemovePartner("west"))
    ledger.block(*council.votes(ledger, id_))
    ledger.block(council.leaving(ledger, "west"))
    ledger.pass_time(council.TIMELOCK_MS)
    told = (await at.document(f"/v1/proposals/{id_.hex()}", views.ProposalDetail)).proposal
    assert (told.status, told.obstacle) == ("void", "partner_leaving")


async def test_proposals_are_listed_newest_first_by_status_and_by_whom_they_concern(
    at: Site,
) -> None:
    ledger = at.node.ledger
    first = council.proposed(ledger, council.CHARTER)
    second = council.proposed(ledger, RemovePartner("west"), "east")
    third = council.proposed(ledger, SetCustodian("safe", "The Safe", SAFE.account, "west"))
    ledger.block(*council.votes(ledger, first))
    one, two, three = (id_.hex() for id_ in (first, second, third))
    assert await ids(at) == [three, two, one]
    assert await ids(at, "?status=open") == [three, two]
    assert await ids(at, "?status=passed") == [one]
    assert await ids(at, "?status=void") == []
    assert await ids(at, "?partner=north") == [three, one]
    assert await ids(at, "?partner=west") == [three, two]
    assert await ids(at, "?partner=west&status=open&limit=1") == [three]
    assert await at.refused("/v1/proposals?status=done") == (400, "parameter_malformed")
    assert await at.refused("/v1/proposals?partner=nobody") == (404, "partner_unknown")
    assert await at.refused("/v1/proposals?cursor=3") == (400, "cursor_malformed")
    assert await at.refused(f"/v1/proposals/{'00' * 32}") == (404, "proposal_unknown")
    assert await at.refused("/v1/proposals/00") == (400, "parameter_malformed")


@pytest.mark.parametrize(("limit", "query"), [(1, ""), (2, ""), (2, "&status=open")])
async def test_proposals_are_paged_without_gap_or_repetition(
    at: Site, limit: int, query: str
) -> None:
    ledger = at.node.ledger
    made = [council.proposed(ledger, council.CHARTER) for _ in range(5)]
    ledger.block(*council.votes(ledger, made[2]))
    joined: list[str] = []
    cursor = ""
    for _ in range(9):
        path = f"/v1/proposals?limit={limit}{query}{cursor}"
        page = await at.document(path, Page[views.ProposalView])
        joined += [item.proposal for item in page.items]
        if page.next is None:
            break
        cursor = f"&cursor={page.next}"
    expected = [id_.hex() for id_ in reversed(made) if not query or id_ != made[2]]
    assert joined == expected


async def test_a_list_ends_where_so_many_were_looked_at_and_goes_on_there(
    at: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.api.governance.SCANNED", 2)
    ledger = at.node.ledger
    first = council.proposed(ledger, council.CHARTER)
    for _ in range(3):
        council.proposed(ledger, council.CHARTER)
    ledger.block(*council.votes(ledger, first))
    page = await at.document("/v1/proposals?status=passed", Page[views.ProposalView])
    assert page.items == []
    assert page.next is not None
    path = f"/v1/proposals?status=passed&cursor={page.next}"
    page = await at.document(path, Page[views.ProposalView])
    assert [item.proposal for item in page.items] == [first.hex()]


async def test_so_many_votes_are_looked_at_for_one_page_and_no_more(
    at: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a hundred partners a page of a hundred proposals would be ten thousand look-ups."""
    monkeypatch.setattr("node.api.governance.SCANNED", 8)
    ledger = at.node.ledger
    made = [council.proposed(ledger, council.CHARTER) for _ in range(5)]
    sizes, joined, cursor = [], [], ""
    for _ in made:
        page = await at.document(f"/v1/proposals?limit=100{cursor}", Page[views.ProposalView])
        sizes.append(len(page.items))
        joined += [item.proposal for item in page.items]
        if page.next is None:
            break
        cursor = f"&cursor={page.next}"
    assert joined == [id_.hex() for id_ in reversed(made)]
    assert sizes == [2, 2, 1], "four electors each"


async def test_a_list_shows_votes_that_are_attested_and_none_newer(at: Site) -> None:
    ledger = at.node.ledger
    id_ = council.proposed(ledger, council.CHARTER)
    ledger.attest = False
    executed = ledger.block(*council.votes(ledger, id_, ["east"]))
    newer = council.proposing(ledger, council.CHARTER)
    ledger.block(newer)
    page = await at.document("/v1/proposals", Page[views.ProposalView])
    assert [(item.proposal, item.approved) for item in page.items] == [(id_.hex(), 0)]
    ledger.certify(executed)
    page = await at.document("/v1/proposals", Page[views.ProposalView])
    assert [(item.proposal, item.approved) for item in page.items] == [(id_.hex(), 1)]


# --- the stream ---------------------------------------------------------------------------------


async def test_whoever_follows_votes_hears_of_them_alone(at: Site) -> None:
    ledger = at.node.ledger
    query = "?from=2&events=proposal_opened,vote_counted,proposal_moved"
    async with at.session.ws_connect(at.url + "/v1/stream" + query) as stream:
        id_ = council.proposed(ledger, council.CHARTER)
        ledger.block(*council.votes(ledger, id_), ledger.transfer(INGE, (SAFE, 1_000_000)))
        heard: list[str] = []
        for _ in range(2):
            message = await stream.receive()
            item = msgspec.json.decode(message.data, type=views.StreamItem)
            heard += [
                type(event).__struct_config__.tag
                for receipt in item.receipts
                for event in receipt.events
            ]
    assert heard == [
        "proposal_opened",
        "vote_counted",
        "vote_counted",
        "vote_counted",
        "proposal_moved",
    ]
