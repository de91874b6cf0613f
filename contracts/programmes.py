"""Loyalty programmes and their rates. Knows what points are worth; not who may deposit them."""

from __future__ import annotations

from contracts.state import Draft, Entries
from primitives.entries import Partner, Programme, RateStart, programme_key
from primitives.genesis import Rate
from primitives.receipt import RateChanged


def find(entries: Entries, partner: Partner, code: str) -> Programme | None:
    """The programme of that code, if the partner has one."""
    return entries.entry(programme_key(partner.code, code), Programme)


def worth(points: int, rate: Rate) -> int:
    """Units of 10^-6 LiqBon for whole points, rounded down to a unit ([LEDGER-7])."""
    return points * rate.numerator // rate.denominator


def rate_starts(draft: Draft, item: RateStart) -> None:
    """Put a published rate into force, unless a later one is already ([LEDGER-11])."""
    key = programme_key(item.partner, item.programme)
    programme = draft.entry(key, Programme)
    assert programme is not None, (item.partner, item.programme)
    if item.place <= programme.in_force:
        return
    draft.put(key, Programme(programme.terms, item.place, programme.paused))
    rate = programme.terms.rates[item.place]
    draft.events.append(RateChanged(item.partner, item.programme, rate))
