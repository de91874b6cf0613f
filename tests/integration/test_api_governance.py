"""Partners together as the API tells them: who applies, what is voted, who leaves, which rules."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import msgspec
import pytest

from client import views
from client.fields import Page, from_base64, parse_time
from primitives.address import address
from primitives.encoding import Wire, decode
from primitives.entries import Partner, PublishedTerms, partner_key, terms_key
from primitives.governance import (
    PROTOCOL_KEY,
    Ballot,
    Proposal,
    Protocol,
    RemovePartner,
    SetCustodian,
    SetProtocol,
    ballot_key,
    proposal_key,
)
from primitives.keys import ED25519
from primitives.membership import (
    MEMBERSHIP_KEY,
    Application,
    Membership,
    application_id,
    application_key,
)
from primitives.proof import EntryProof, check_entry_proof, trust_genesis
from primitives.vote import PROTOCOL_VERSION
from tests.builders import CODES, PARAMETERS, Person, a_person, an_id
from tests.fakes import council
from tests.fakes.council import INGE
from tests.fakes.node import FakeNode, served
from tests.fakes.ordering import Ledger
from tests.fakes.site import Site

SAFE = a_person("keeper of the safe")


@pytest.fixture
async def at() -> AsyncIterator[Site]:
    """Inge has an account."""
    node = FakeNode()
    node.ledger.fund(INGE)
    async with served(node) as url, aiohttp.ClientSession() as session:
        yield Site(node, session, url)


def named(person: Person) -> str:
    return address(person.account, "tlqb")


def proven(site: Site, document: Any, key: bytes, kind: type[Wire]) -> Any:
    """What a document proves to stand under ``key``."""
    proof = decode(EntryProof, from_base64(document.proof))
    check_entry_proof(trust_genesis(site.node.ledger.genesis), ED25519, proof)
    assert proof.key == key == bytes.fromhex(document.key)
    assert proof.certificate.attestation.height == document.height
    assert proof.value is not None
    return decode(kind, proof.value)


async def refused(site: Site, path: str) -> tuple[int, str]:
    status, body = await site.get(path)
    problem = msgspec.json.decode(body, type=views.Problem)
    assert problem.status == status
    return status, problem.code


def proposed(ledger: Ledger, measure: Any, by: str = "north") -> bytes:
    """The id of a proposal that was made just now."""
    made = council.proposing(ledger, measure, by)
    ledger.block(made)
    return made.id


async def ids(site: Site, query: str = "") -> list[str]:
    page = await site.document(f"/v1/proposals{query}", Page[views.ProposalView])
    return [item.proposal for item in page.items]


# --- proposals ----------------------------------------------------------------------------------


async def test_a_proposal_says_and_proves_what_it_is_and_who_voted_how(at: Site) -> None:
    """[LEDGER-61], [LEDGER-62]"""
    ledger = at.node.ledger
    id_ = proposed(ledger, RemovePartner("west"))
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
    entry = proven(at, document, proposal_key(id_), Proposal)
    assert told.decided is not None
    assert (entry.decided, entry.opened) == (parse_time(told.decided), parse_time(told.opened))
    ballot = await at.document(
        f"/v1/state/{ballot_key(id_, 'south').hex()}?proof=1", views.EntryView
    )
    assert proven(at, ballot, ballot_key(id_, "south"), Ballot) == Ballot(approve=True)
    plain = await at.document(f"/v1/proposals/{id_.hex()}", views.ProposalDetail)
    assert (plain.proof, plain.proposal) == (None, told)


async def test_what_passed_says_when_it_is_carried_out_and_that_it_was(at: Site) -> None:
    """[LEDGER-62], [LEDGER-63]"""
    ledger = at.node.ledger
    id_ = proposed(ledger, SetCustodian("safe", "The Safe", SAFE.account, None))
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
    assert page.items[-1].address == named(SAFE)


async def test_what_could_not_be_carried_out_says_why(at: Site) -> None:
    """[LEDGER-63]"""
    ledger = at.node.ledger
    id_ = proposed(ledger, RemovePartner("west"))
    ledger.block(*council.votes(ledger, id_))
    ledger.block(council.leaving(ledger, "west"))
    ledger.pass_time(council.TIMELOCK_MS)
    told = (await at.document(f"/v1/proposals/{id_.hex()}", views.ProposalDetail)).proposal
    assert (told.status, told.obstacle) == ("void", "partner_leaving")


async def test_proposals_are_listed_newest_first_by_status_and_by_whom_they_concern(
    at: Site,
) -> None:
    ledger = at.node.ledger
    first = proposed(ledger, council.CHARTER)
    second = proposed(ledger, RemovePartner("west"), "east")
    third = proposed(ledger, SetCustodian("safe", "The Safe", SAFE.account, "west"))
    ledger.block(*council.votes(ledger, first))
    one, two, three = (id_.hex() for id_ in (first, second, third))
    assert await ids(at) == [three, two, one]
    assert await ids(at, "?status=open") == [three, two]
    assert await ids(at, "?status=passed") == [one]
    assert await ids(at, "?status=void") == []
    assert await ids(at, "?partner=north") == [three, one]
    assert await ids(at, "?partner=west") == [three, two]
    assert await ids(at, "?partner=west&status=open&limit=1") == [three]
    assert await refused(at, "/v1/proposals?status=done") == (400, "parameter_malformed")
    assert await refused(at, "/v1/proposals?partner=nobody") == (404, "partner_unknown")
    assert await refused(at, "/v1/proposals?cursor=3") == (400, "cursor_malformed")
    assert await refused(at, f"/v1/proposals/{'00' * 32}") == (404, "proposal_unknown")
    assert await refused(at, "/v1/proposals/00") == (400, "parameter_malformed")


@pytest.mark.parametrize(("limit", "query"), [(1, ""), (2, ""), (2, "&status=open")])
async def test_proposals_are_paged_without_gap_or_repetition(
    at: Site, limit: int, query: str
) -> None:
    ledger = at.node.ledger
    made = [proposed(ledger, council.CHARTER) for _ in range(5)]
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
    first = proposed(ledger, council.CHARTER)
    for _ in range(3):
        proposed(ledger, council.CHARTER)
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
    made = [proposed(ledger, council.CHARTER) for _ in range(5)]
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
    id_ = proposed(ledger, council.CHARTER)
    ledger.attest = False
    executed = ledger.block(*council.votes(ledger, id_, ["east"]))
    newer = council.proposing(ledger, council.CHARTER)
    ledger.block(newer)
    page = await at.document("/v1/proposals", Page[views.ProposalView])
    assert [(item.proposal, item.approved) for item in page.items] == [(id_.hex(), 0)]
    ledger.certify(executed)
    page = await at.document("/v1/proposals", Page[views.ProposalView])
    assert [(item.proposal, item.approved) for item in page.items] == [(id_.hex(), 1)]


# --- applications and members -------------------------------------------------------------------


async def test_an_application_says_and_proves_the_words_that_a_vote_names(at: Site) -> None:
    """[LEDGER-50]"""
    ledger = at.node.ledger
    ledger.block(council.applying(ledger))
    path = f"/v1/applications/{named(INGE)}"
    document = await at.document(path + "?proof=1", views.ApplicationDetail)
    told = document.application
    entry = proven(at, document, application_key(INGE.account), Application)
    assert told.application == application_id(INGE.account, entry).hex()
    assert (told.address, told.taken, told.applicant.code) == (named(INGE), False, "inn")
    assert told.applicant.validator == entry.seat.key.hex()
    nobody = a_person("nobody")
    assert await refused(at, f"/v1/applications/{named(nobody)}") == (404, "application_unknown")
    assert await refused(at, "/v1/applications/lqb1") == (400, "address_malformed")


async def test_who_applies_again_is_listed_once_with_its_last_words(at: Site) -> None:
    ledger = at.node.ledger
    other = a_person("otto of the oven")
    ledger.fund(other)
    ledger.block(council.applying(ledger))
    ledger.block(council.applying(ledger, other, code="oven", name="The Oven"))
    ledger.block(council.applying(ledger, name="The Old Inn"), council.applying(ledger))

    async def listed() -> list[tuple[str, str]]:
        page = await at.document("/v1/applications", Page[views.ApplicationView])
        assert page.next is None
        return [(item.address, item.applicant.name) for item in page.items]

    assert await listed() == [(named(INGE), "The Inn"), (named(other), "The Oven")]
    ledger.attest = False
    ledger.block(council.applying(ledger, other, code="oven", name="The Newer Oven"))
    assert await listed() == [(named(INGE), "The Inn"), (named(other), "The Oven")]


async def test_a_newcomer_is_a_partner_with_a_seat_from_the_next_epoch_on(at: Site) -> None:
    """[LEDGER-64]"""
    ledger = at.node.ledger
    ledger.block(council.applying(ledger))
    before = await at.document("/v1/membership?proof=1", views.MembershipView)
    assert [seat.partner for seat in before.members] == list(CODES)
    assert (before.changed, before.admitted) == (None, None)
    id_ = proposed(ledger, council.admission(ledger))
    ledger.block(*council.votes(ledger, id_))
    ledger.pass_time(council.TIMELOCK_MS)
    after = await at.document("/v1/membership?proof=1", views.MembershipView)
    assert [seat.partner for seat in after.members] == [*CODES, "inn"]
    assert (after.changed, after.admitted) == (0, 0)
    entry = proven(at, after, MEMBERSHIP_KEY, Membership)
    assert [seat.validator for seat in after.members] == [each.key.hex() for each in entry.members]
    detail = await at.document("/v1/partners/inn?proof=1", views.PartnerDetail)
    told = detail.partner
    assert (told.name, told.kind, told.status, told.proposals) == (
        "The Inn",
        "service",
        "active",
        0,
    )
    assert proven(at, detail, partner_key("inn"), Partner).roles.admin == INGE.account
    page = await at.document("/v1/positions", views.PositionsView)
    limits = page.items[-1].limits
    assert (limits.credit, limits.recognised, limits.limit) == ("500", "0", "500")
    application = await at.document(f"/v1/applications/{named(INGE)}", views.ApplicationDetail)
    assert application.application.taken


async def test_a_partner_that_left_is_in_no_list_and_can_be_asked_for(at: Site) -> None:
    """[LEDGER-53], [LEDGER-54]"""
    ledger = at.node.ledger
    ledger.block(council.leaving(ledger, "west"))
    page = await at.document("/v1/partners", Page[views.PartnerView])
    assert [(each.code, each.status) for each in page.items] == [
        (code, "active") for code in CODES[:3]
    ]
    told = await at.document("/v1/partners/west", views.PartnerDetail)
    assert (told.partner.status, told.proof) == ("left", None)
    ledger.block(council.leaving(ledger, "north"))  # owes the pool, and its reserve covers it
    page = await at.document("/v1/partners", Page[views.PartnerView])
    assert (page.items[0].code, page.items[0].status) == ("north", "run_off")
    assert await refused(at, "/v1/partners/nobody") == (404, "partner_unknown")
    assert await refused(at, "/v1/partners/No") == (400, "parameter_malformed")


# --- terms and the protocol ---------------------------------------------------------------------


async def test_a_programme_shows_its_terms_and_those_to_come(at: Site) -> None:
    """[LEDGER-57]"""
    ledger = at.node.ledger
    digests = [an_id(f"terms {number}") for number in range(2)]
    head = ledger.executor.head_record.header.time
    notice = PARAMETERS.rate_notice_ms
    ledger.block(council.new_terms(ledger, "north", digests[0]))
    ledger.block(council.new_terms(ledger, "north", digests[1], head + 2 * notice))
    page = await at.document("/v1/programmes", Page[views.ProgrammeView])
    told = page.items[0]
    assert (told.terms_place, told.terms_published) == (0, 3)
    assert [each.place for each in told.terms] == [2, 1, 0]
    assert [each.terms_hash for each in told.terms[:2]] == [digests[1].hex(), digests[0].hex()]
    assert told.terms_hash == told.terms[2].terms_hash
    path = "/v1/programmes/north/bonus/terms"
    first = await at.document(path + "?limit=2", Page[views.PublishedTermsView])
    rest = await at.document(f"{path}?cursor={first.next}", Page[views.PublishedTermsView])
    assert ([*first.items, *rest.items], rest.next) == (told.terms, None)
    entry = at.node.api.queries.expect(terms_key("north", "bonus", 1), PublishedTerms)
    assert parse_time(told.terms[1].since) == entry.since == entry.published + notice
    ledger.pass_time(notice + 2_000)
    told = (await at.document("/v1/programmes", Page[views.ProgrammeView])).items[0]
    assert (told.terms_place, told.terms_hash) == (1, digests[0].hex())
    assert await refused(at, "/v1/programmes/north/none/terms") == (404, "programme_unknown")
    assert await refused(at, "/v1/programmes/nobody/bonus/terms") == (404, "partner_unknown")


async def test_a_planned_protocol_is_told_before_it_is_in_force(at: Site) -> None:
    """[LEDGER-74]"""
    ledger = at.node.ledger
    path = "/v1/protocol"
    told = await at.document(path, views.ProtocolView)
    assert (told.version, told.planned, told.supported) == (
        PROTOCOL_VERSION,
        None,
        PROTOCOL_VERSION,
    )
    id_ = proposed(ledger, SetProtocol(PROTOCOL_VERSION + 1, 1_000))
    ledger.block(*council.votes(ledger, id_))
    ledger.pass_time(council.TIMELOCK_MS)
    document = await at.document(path + "?proof=1", views.ProtocolView)
    planned = views.PlannedView(version=PROTOCOL_VERSION + 1, from_height=1_000)
    assert (document.version, document.planned) == (PROTOCOL_VERSION, planned)
    assert proven(at, document, PROTOCOL_KEY, Protocol).planned.height == 1_000


# --- the stream ---------------------------------------------------------------------------------


async def test_whoever_follows_votes_hears_of_them_alone(at: Site) -> None:
    ledger = at.node.ledger
    query = "?from=2&events=proposal_opened,vote_counted,proposal_moved"
    async with at.session.ws_connect(at.url + "/v1/stream" + query) as stream:
        id_ = proposed(ledger, council.CHARTER)
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
