"""Partners, their programmes, and what they owe each other, as of the newest certified height."""

from __future__ import annotations

from client.fields import Page, format_time
from client.views import PartnerView, PositionsView, PositionView, ProgrammeView
from contracts.context import DAY_MS
from node.api.asking import Answer, Ask, cursor_place
from node.api.documents import (
    limits_view,
    page_of,
    partner_view,
    position_view,
    programme_view,
    supply_view,
)
from node.api.seams import Api
from primitives.entries import (
    SUPPLY_KEY,
    Day,
    Limits,
    Partner,
    Position,
    Programme,
    Supply,
    day_key,
    limits_key,
    position_key,
    programme_key,
)


async def partners(ask: Ask) -> Answer:
    """Every partner, in the order of admission."""
    found = ask.api.queries.partners()
    shown, following = page_of(found, cursor_place(ask), ask.values["limit"])
    items = [partner_view(partner, ask.api.network) for partner in shown]
    return Answer(Page[PartnerView](items=items, next=following))


async def programmes(ask: Ask) -> Answer:
    """Every programme, partner by partner."""
    pairs = [(p.code, code) for p in ask.api.queries.partners() for code in p.programmes]
    shown, following = page_of(pairs, cursor_place(ask), ask.values["limit"])
    items = []
    for partner, code in shown:
        programme = ask.api.queries.entry(programme_key(partner, code), Programme)
        assert programme is not None, (partner, code)
        items.append(programme_view(partner, programme))
    return Answer(Page[ProgrammeView](items=items, next=following))


async def positions(ask: Ask) -> Answer:
    """What each partner owes the pool or is owed, and the supply that it adds up to."""
    api = ask.api
    height, time = api.queries.as_of()
    supply = api.queries.entry(SUPPLY_KEY, Supply)
    assert supply is not None, "a state without a supply"
    found = api.queries.partners()
    shown, following = page_of(found, cursor_place(ask), ask.values["limit"])
    document = PositionsView(
        height=height,
        time=format_time(time),
        supply=supply_view(supply),
        items=[_position(api, partner, time) for partner in shown],
        next=following,
    )
    return Answer(document)


def _position(api: Api, partner: Partner, time: int) -> PositionView:
    position = api.queries.entry(position_key(partner.code), Position)
    limits = api.queries.entry(limits_key(partner.code), Limits)
    assert position is not None, partner.code
    assert limits is not None, partner.code
    today = time // DAY_MS
    day = api.queries.entry(day_key(partner.code), Day)
    if day is None or day.day != today:
        day = Day(today, 0, 0)
    return position_view(partner.code, position, limits_view(limits, day))
