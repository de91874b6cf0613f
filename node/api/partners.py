"""Partners, their programmes, and what they owe each other, as of the newest certified height."""

from __future__ import annotations

from typing import Final

from client.fields import Page, format_time
from client.views import (
    CustodianView,
    PartnerDetail,
    PartnerView,
    PositionsView,
    PositionView,
    ProgrammeView,
    PublishedRateView,
    PublishedTermsView,
)
from contracts.context import DAY_MS
from node.api.asking import Answer, Ask, cursor_place
from node.api.documents import page_of
from node.api.partner_documents import (
    custodian_view,
    partner_view,
    position_view,
    programme_view,
    published_rate_view,
    published_terms_view,
    supply_view,
)
from node.api.problems import ApiProblem
from node.api.reading import expect_partner, read, shown
from node.api.seams import Api
from primitives.entries import (
    DIRECTORY_KEY,
    SETTLEMENT_KEY,
    SUPPLY_KEY,
    Day,
    Directory,
    Limits,
    Partner,
    Position,
    Programme,
    PublishedRate,
    PublishedTerms,
    Settlement,
    Supply,
    custodian_key,
    day_key,
    limits_key,
    partner_key,
    position_key,
    programme_key,
    rate_key,
    terms_key,
)
from primitives.genesis import Custodian

RECENT: Final = 8
"""Rates, and terms, of a programme that stand in its document; the others are asked for by page."""


async def partners(ask: Ask) -> Answer:
    """Every partner that has not left, in the order of admission."""
    found = ask.api.queries.partners()
    page, following = page_of(found, cursor_place(ask), ask.values["limit"])
    items = [partner_view(partner, ask.api.network) for partner in page]
    return Answer(Page[PartnerView](items=items, next=following))


async def partner(ask: Ask) -> Answer:
    """A partner, also one that left."""
    entry = read(ask.api, partner_key(ask.values["partner"]), ask.values["proof"])
    found = entry.decoded(Partner)
    if found is None:
        raise ApiProblem("partner_unknown")
    view = partner_view(found, ask.api.network)
    return Answer(PartnerDetail(partner=view, **shown(ask.api, entry)))


async def custodians(ask: Ask) -> Answer:
    """Every custodian, in the order of admission."""
    queries = ask.api.queries
    codes = queries.expect(DIRECTORY_KEY, Directory).custodians
    judge = queries.expect(SETTLEMENT_KEY, Settlement).custodian
    page, following = page_of(codes, cursor_place(ask), ask.values["limit"])
    found = [queries.expect(custodian_key(code), Custodian) for code in page]
    items = [custodian_view(custodian, judge, ask.api.network) for custodian in found]
    return Answer(Page[CustodianView](items=items, next=following))


async def programmes(ask: Ask) -> Answer:
    """Every programme, partner by partner."""
    pairs = [(p.code, code) for p in ask.api.queries.partners() for code in p.programmes]
    page, following = page_of(pairs, cursor_place(ask), ask.values["limit"])
    items = []
    for name in page:
        programme = ask.api.queries.expect(programme_key(*name), Programme)
        rates = _rates(ask.api, name, programme.published - 1, RECENT)
        terms = _terms(ask.api, name, programme.terms_published - 1, RECENT)
        items.append(programme_view(name[0], programme, rates, terms))
    return Answer(Page[ProgrammeView](items=items, next=following))


async def rates(ask: Ask) -> Answer:
    """Every rate that a programme ever published, newest first."""
    name, programme = _programme(ask)
    top, following = _downwards(ask, programme.published)
    items = _rates(ask.api, name, top, ask.values["limit"])
    return Answer(Page[PublishedRateView](items=items, next=following))


async def terms(ask: Ask) -> Answer:
    """All terms that a programme ever published, newest first."""
    name, programme = _programme(ask)
    top, following = _downwards(ask, programme.terms_published)
    items = _terms(ask.api, name, top, ask.values["limit"])
    return Answer(Page[PublishedTermsView](items=items, next=following))


async def positions(ask: Ask) -> Answer:
    """What each partner owes the pool or is owed, and the supply that it adds up to."""
    api = ask.api
    height, time = api.queries.as_of()
    found = api.queries.partners()
    page, following = page_of(found, cursor_place(ask), ask.values["limit"])
    document = PositionsView(
        height=height,
        time=format_time(time),
        supply=supply_view(api.queries.expect(SUPPLY_KEY, Supply)),
        items=[_position(api, partner.code, time) for partner in page],
        next=following,
    )
    return Answer(document)


def _programme(ask: Ask) -> tuple[tuple[str, str], Programme]:
    """The programme that is asked about, with its name."""
    name = (ask.values["partner"], ask.values["programme"])
    expect_partner(ask.api, name[0])
    programme = ask.api.queries.entry(programme_key(*name), Programme)
    if programme is None:
        raise ApiProblem("programme_unknown")
    return name, programme


def _downwards(ask: Ask, count: int) -> tuple[int, str | None]:
    """The place where a page of ``count`` things, newest first, begins, and the next cursor."""
    top = count - 1
    if ask.values["cursor"] is not None:
        top = min(top, cursor_place(ask))
    below = top - ask.values["limit"]
    return top, str(below) if below >= 0 else None


def _rates(api: Api, name: tuple[str, str], top: int, limit: int) -> list[PublishedRateView]:
    """At most ``limit`` rates of a programme from place ``top`` down."""
    places = range(top, max(-1, top - limit), -1)
    found = [(place, api.queries.expect(rate_key(*name, place), PublishedRate)) for place in places]
    return [published_rate_view(place, rate) for place, rate in found]


def _terms(api: Api, name: tuple[str, str], top: int, limit: int) -> list[PublishedTermsView]:
    """At most ``limit`` terms of a programme from place ``top`` down."""
    places = range(top, max(-1, top - limit), -1)
    keys = ((place, terms_key(*name, place)) for place in places)
    found = [(place, api.queries.expect(key, PublishedTerms)) for place, key in keys]
    return [published_terms_view(place, terms) for place, terms in found]


def _position(api: Api, partner: str, time: int) -> PositionView:
    position = api.queries.expect(position_key(partner), Position)
    limits = api.queries.expect(limits_key(partner), Limits)
    today = time // DAY_MS
    day = api.queries.entry(day_key(partner), Day)
    if day is None or day.day != today:
        day = Day(today, 0, 0)
    return position_view(partner, position, limits, day)
