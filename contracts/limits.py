"""How much a partner may come to owe. Knows reserve, haircut, credit, caps; not who may mint.

L = recognised reserve * (1 - haircut) + credit, in units, the reserve's part rounded down. A
partner may issue while D + amount <= L ([LEDGER-8]); nothing here ever lowers a balance.
"""

from __future__ import annotations

from contracts.context import BlockContext
from contracts.state import Draft, Entries
from primitives.entries import Day, Limits, Partner, ReserveLapse, day_key, limits_key
from primitives.genesis import BASIS_POINTS
from primitives.receipt import ReserveLapsed


def of(entries: Entries, partner: Partner) -> Limits:
    """The limits of a partner that exists."""
    found = entries.entry(limits_key(partner.code), Limits)
    assert found is not None, partner.code
    return found


def limit(limits: Limits) -> int:
    """L in units: the most that the partner may owe the pool."""
    terms = limits.terms
    if not limits.reserve_counts:
        return terms.credit
    return terms.credit + terms.reserve * (BASIS_POINTS - terms.haircut) // BASIS_POINTS


def day_of(entries: Entries, context: BlockContext, partner: Partner) -> Day:
    """What the partner minted and refunded so far in the day of block time ([LEDGER-9])."""
    day = entries.entry(day_key(partner.code), Day)
    return day if day is not None and day.day == context.day else Day(context.day, 0, 0)


def add_minted(entries: Entries, context: BlockContext, partner: Partner, amount: int) -> None:
    """Count ``amount`` units into the partner's day."""
    day = day_of(entries, context, partner)
    entries.put(day_key(partner.code), Day(day.day, day.minted + amount, day.refunded))


def reserve_lapses(draft: Draft, item: ReserveLapse) -> None:
    """Stop counting a reserve, unless it was attested anew since ([LEDGER-10])."""
    key = limits_key(item.partner)
    limits = draft.entry(key, Limits)
    assert limits is not None, item.partner
    if not limits.reserve_counts or limits.terms.reserve_attested != item.attested:
        return
    draft.put(key, Limits(limits.terms, reserve_counts=False))
    draft.events.append(ReserveLapsed(item.partner))
