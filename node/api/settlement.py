"""What was spent and what is owed for it: invoices, cycles, obligations. Knows keys; no rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from client.fields import Page, format_time
from client.views import (
    CycleDetail,
    CycleView,
    ObligationDetail,
    ObligationView,
    RedemptionView,
    SettlementView,
)
from node.api.asking import Answer, Ask, cursor_place
from node.api.problems import ApiProblem
from node.api.reading import expect_partner, read, shown
from node.api.settlement_documents import cycle_view, obligation_view
from node.queries import Queries
from primitives.address import address
from primitives.amount import format_amount
from primitives.entries import (
    SETTLEMENT_KEY,
    Obligation,
    Redemption,
    Settlement,
    SettlementCycle,
    cycle_key,
    obligation_key,
    redemption_key,
)

SCANNED: Final = 500
"""Places that are looked at for one page; a cursor goes on where they end."""


async def invoice(ask: Ask) -> Answer:
    """An invoice that was redeemed: by whom, and what was given back since."""
    api, partner, id_ = ask.api, ask.values["partner"], ask.values["invoice"]
    expect_partner(ask.api, partner)
    entry = read(api, redemption_key(partner, id_), ask.values["proof"])
    redemption = entry.decoded(Redemption)
    if redemption is None:
        raise ApiProblem("invoice_unknown")
    document = RedemptionView(
        partner=partner,
        invoice=id_.hex(),
        payer=address(redemption.payer, api.network),
        amount=format_amount(redemption.amount),
        refunded=format_amount(redemption.refunded),
        transaction=redemption.transaction.hex(),
        redeemed_at=redemption.height,
        **shown(api, entry),
    )
    return Answer(document)


async def settlement(ask: Ask) -> Answer:
    """Which settlement cycle closes next, and when."""
    entry = read(ask.api, SETTLEMENT_KEY, ask.values["proof"])
    head = entry.decoded(Settlement)
    assert head is not None, "a state without a settlement"
    document = SettlementView(
        cycle=head.cycle,
        closes=format_time(head.closes),
        custodian=head.custodian,
        **shown(ask.api, entry),
    )
    return Answer(document)


async def cycles(ask: Ask) -> Answer:
    """Closed settlement cycles, newest first; the cursor is the first one to show."""
    queries, limit = ask.api.queries, ask.values["limit"]
    top = _newest(queries)
    if ask.values["cursor"] is not None:
        top = min(top, cursor_place(ask))
    numbers = range(top, max(0, top - limit), -1)
    found = [(number, queries.expect(cycle_key(number), SettlementCycle)) for number in numbers]
    items = [cycle_view(number, cycle) for number, cycle in found]
    following = str(top - limit) if top - limit >= 1 else None
    return Answer(Page[CycleView](items=items, next=following))


async def cycle(ask: Ask) -> Answer:
    """A closed settlement cycle with its obligations."""
    number, queries = ask.values["cycle"], ask.api.queries
    entry = read(ask.api, cycle_key(number), ask.values["proof"])
    closed = entry.decoded(SettlementCycle)
    if closed is None:
        raise ApiProblem("cycle_unknown")
    found = [
        (place, queries.expect(obligation_key(number, place), Obligation))
        for place in range(closed.obligations)
    ]
    document = CycleDetail(
        cycle=cycle_view(number, closed),
        obligations=[obligation_view(number, place, each) for place, each in found],
        **shown(ask.api, entry),
    )
    return Answer(document)


async def obligations(ask: Ask) -> Answer:
    """Obligations, those of the newest cycle first. A page may be short, or empty, and yet have a
    next one: so many are looked at for one question, and no more."""
    values = ask.values
    if values["partner"] is not None:
        expect_partner(ask.api, values["partner"])
    items: list[ObligationView] = []
    for count, (number, place) in enumerate(_places(ask)):
        if count == SCANNED or len(items) == values["limit"]:
            return Answer(Page[ObligationView](items=items, next=f"{number}-{place}"))
        found = ask.api.queries.entry(obligation_key(number, place), Obligation)
        if found is not None and _is_asked_for(found, values):
            items.append(obligation_view(number, place, found))
    return Answer(Page[ObligationView](items=items, next=None))


async def obligation(ask: Ask) -> Answer:
    """An obligation as it stands."""
    number, place = ask.values["cycle"], ask.values["place"]
    entry = read(ask.api, obligation_key(number, place), ask.values["proof"])
    found = entry.decoded(Obligation)
    if found is None:
        raise ApiProblem("obligation_unknown")
    document = ObligationDetail(
        obligation=obligation_view(number, place, found), **shown(ask.api, entry)
    )
    return Answer(document)


def _newest(queries: Queries) -> int:
    """The newest closed cycle; 0: none yet."""
    return queries.expect(SETTLEMENT_KEY, Settlement).cycle - 1


def _is_asked_for(obligation: Obligation, values: dict[str, Any]) -> bool:
    status, partner = values["status"], values["partner"]
    if status is not None and obligation.status != status:
        return False
    return partner is None or partner in (obligation.debtor, obligation.creditor)


def _places(ask: Ask) -> Iterator[tuple[int, int]]:
    """Where obligations stand, from the cursor on: newest cycle first, by place in each.

    The place behind a cycle's last one counts too: so many cycles without any are a bounded walk.
    """
    queries, cursor, only = ask.api.queries, ask.values["cursor"], ask.values["cycle"]
    newest = _newest(queries)
    if cursor is not None and (len(cursor) != 2 or cursor[0] > newest):
        raise ApiProblem("cursor_malformed", "take it from the page before")
    top, start = (newest, 0) if cursor is None else cursor
    numbers = range(top, 0, -1)
    if only is not None:
        numbers = range(only, only - 1, -1) if 0 < only <= top else range(0)
    for number in numbers:
        closed = queries.expect(cycle_key(number), SettlementCycle)
        first = start if number == top else 0
        for place in range(first, closed.obligations + 1):
            yield number, place
