"""Members as the API tells them: who comes and goes, by which limits, terms and rules."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from msgspec.structs import replace

from client import views
from client.fields import Page, parse_time
from primitives.actions import SettlementConfirm
from primitives.entries import Partner, PublishedTerms, partner_key, terms_key
from primitives.governance import (
    PROTOCOL_KEY,
    Protocol,
    SetLimits,
    SetProtocol,
)
from primitives.membership import (
    MEMBERSHIP_KEY,
    Application,
    Membership,
    application_id,
    application_key,
)
from primitives.vote import PROTOCOL_VERSION
from tests.builders import CODES, DAY_MS, PARAMETERS, a_genesis, a_person, an_id
from tests.fakes import council
from tests.fakes.council import INGE
from tests.fakes.node import FakeNode, served
from tests.fakes.ordering import Ledger
from tests.fakes.site import Site
from tests.settling import OWED, SHORT


@pytest.fixture
async def at() -> AsyncIterator[Site]:
    """Inge has an account."""
    node = FakeNode()
    node.ledger.fund(INGE)
    async with served(node) as url, aiohttp.ClientSession() as session:
        yield Site(node, session, url)


# --- applications and members -------------------------------------------------------------------


async def test_an_application_says_and_proves_the_words_that_a_vote_names(at: Site) -> None:
    """[LEDGER-50]"""
    ledger = at.node.ledger
    ledger.block(council.applying(ledger))
    path = f"/v1/applications/{at.named(INGE)}"
    document = await at.document(path + "?proof=1", views.ApplicationDetail)
    told = document.application
    entry = at.proven(document, application_key(INGE.account), Application)
    assert told.application == application_id(INGE.account, entry).hex()
    assert (told.address, told.taken, told.applicant.code) == (at.named(INGE), False, "inn")
    assert told.applicant.validator == entry.seat.key.hex()
    nobody = a_person("nobody")
    assert await at.refused(f"/v1/applications/{at.named(nobody)}") == (404, "application_unknown")
    assert await at.refused("/v1/applications/lqb1") == (400, "address_malformed")


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

    assert await listed() == [(at.named(INGE), "The Inn"), (at.named(other), "The Oven")]
    ledger.attest = False
    ledger.block(council.applying(ledger, other, code="oven", name="The Newer Oven"))
    assert await listed() == [(at.named(INGE), "The Inn"), (at.named(other), "The Oven")]


async def test_a_newcomer_is_a_partner_with_a_seat_from_the_next_epoch_on(at: Site) -> None:
    """[LEDGER-64]"""
    ledger = at.node.ledger
    ledger.block(council.applying(ledger))
    before = await at.document("/v1/membership?proof=1", views.MembershipView)
    assert [seat.partner for seat in before.members] == list(CODES)
    assert (before.changed, before.admitted) == (None, None)
    id_ = council.proposed(ledger, council.admission(ledger))
    ledger.block(*council.votes(ledger, id_))
    ledger.pass_time(council.TIMELOCK_MS)
    after = await at.document("/v1/membership?proof=1", views.MembershipView)
    assert [seat.partner for seat in after.members] == [*CODES, "inn"]
    assert (after.changed, after.admitted) == (0, 0)
    entry = at.proven(after, MEMBERSHIP_KEY, Membership)
    assert [seat.validator for seat in after.members] == [each.key.hex() for each in entry.members]
    detail = await at.document("/v1/partners/inn?proof=1", views.PartnerDetail)
    told = detail.partner
    assert (told.name, told.kind, told.status, told.proposals) == (
        "The Inn",
        "service",
        "active",
        0,
    )
    assert at.proven(detail, partner_key("inn"), Partner).roles.admin == INGE.account
    page = await at.document("/v1/positions", views.PositionsView)
    limits = page.items[-1].limits
    assert (limits.credit, limits.recognised, limits.limit) == ("500", "0", "500")
    application = await at.document(f"/v1/applications/{at.named(INGE)}", views.ApplicationDetail)
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
    assert await at.refused("/v1/partners/nobody") == (404, "partner_unknown")
    assert await at.refused("/v1/partners/No") == (400, "parameter_malformed")


# --- limits -------------------------------------------------------------------------------------


async def test_limits_tell_what_the_others_paid_and_how_much_of_a_reserve_counts() -> None:
    """[LEDGER-8], [LEDGER-55], [LEDGER-56], [LEDGER-67]: north owes east 30, its reserve has 20,
    and a tenth of what south and west have stands for it."""
    parameters = replace(
        PARAMETERS, settlement_cycle_ms=100 * DAY_MS, reserve_lapse_ms=400 * DAY_MS
    )
    node = FakeNode(Ledger(genesis=a_genesis(limits=SHORT, parameters=parameters)))
    ledger = node.ledger
    ledger.fund(INGE, points=3_000)
    ledger.block(ledger.redeem(INGE, ledger.invoice("east", OWED, "a coat")))
    ledger.pass_time(parameters.settlement_cycle_ms)
    async with served(node) as url, aiohttp.ClientSession() as session:
        site = Site(node, session, url)

        async def limits(code: str) -> views.LimitsView:
            page = await site.document("/v1/positions", views.PositionsView)
            [found] = [each.limits for each in page.items if each.partner == code]
            assert isinstance(found, views.LimitsView)
            return found

        assert ((await limits("north")).advance, (await limits("north")).recognised) == (None, "20")
        ledger.pass_time(parameters.payment_term_ms)
        ledger.pass_time(parameters.payment_term_ms)
        told = await limits("north")
        assert told.advance == views.AdvanceView(amount="4", cycle=1)
        assert (told.overdue, told.minting_suspended, told.reserve) == (1, True, "0")
        ledger.block(ledger.act(council.admin("east"), SettlementConfirm(1, 0)))
        told = await limits("north")
        assert (told.overdue, told.minting_suspended) == (0, True), "what others paid is not back"
        lowered = replace(council.LIMITS, reserve_ceiling=10_000_000, haircut=0)
        id_ = council.proposed(ledger, SetLimits("south", lowered))
        ledger.block(*council.votes(ledger, id_, ["north", "east", "west"]))
        ledger.pass_time(council.TIMELOCK_MS)
        told = await limits("south")
        assert (told.reserve, told.recognised, told.credit, told.limit) == (
            "18",
            "10",
            "500",
            "510",
        )


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
    assert await at.refused("/v1/programmes/north/none/terms") == (404, "programme_unknown")
    assert await at.refused("/v1/programmes/nobody/bonus/terms") == (404, "partner_unknown")


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
    id_ = council.proposed(ledger, SetProtocol(PROTOCOL_VERSION + 1, 1_000))
    ledger.block(*council.votes(ledger, id_))
    ledger.pass_time(council.TIMELOCK_MS)
    document = await at.document(path + "?proof=1", views.ProtocolView)
    planned = views.PlannedView(version=PROTOCOL_VERSION + 1, from_height=1_000)
    assert (document.version, document.planned) == (PROTOCOL_VERSION, planned)
    assert at.proven(document, PROTOCOL_KEY, Protocol).planned.height == 1_000
