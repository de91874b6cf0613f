"""Programmes and rates of a whole state: every history complete. Knows no customer and no time."""

from __future__ import annotations

from collections.abc import Mapping

from contracts.invariants.calendar import Alarms, check_alarm
from contracts.invariants.facts import at, at_most, equal, holds
from contracts.programmes import MAX_PROGRAMMES
from primitives.encoding import Wire
from primitives.entries import (
    Partner,
    Programme,
    PublishedRate,
    RateStart,
    partner_key,
    programme_key,
    rate_key,
)


def check(state: Mapping[bytes, Wire], codes: tuple[str, ...], alarms: Alarms) -> None:
    """Partners list their programmes, and each has every rate that it ever published."""
    expected: list[bytes] = []
    for code in codes:
        programmes = at(state, partner_key(code), Partner).programmes
        equal("a programme is listed once", len(dict.fromkeys(programmes)), len(programmes))
        at_most("a partner's programmes", len(programmes), MAX_PROGRAMMES)
        for name in programmes:
            key = programme_key(code, name)
            programme = at(state, key, Programme)
            equal("a programme stands under its code", programme.code, name)
            expected.append(key)
            expected.extend(_check_rates(state, (code, name), programme, alarms))
    kinds = (Programme, PublishedRate)
    found = [key for key, value in state.items() if isinstance(value, kinds)]
    equal("programmes and rates are those that are listed", sorted(found), sorted(expected))


def _check_rates(
    state: Mapping[bytes, Wire], name: tuple[str, str], programme: Programme, alarms: Alarms
) -> list[bytes]:
    """The keys of the history: complete, ascending; what is not in force yet will be."""
    keys: list[bytes] = []
    history: list[PublishedRate] = []
    for place in range(programme.published):
        keys.append(rate_key(*name, place))
        history.append(at(state, keys[-1], PublishedRate))
        if place:
            before, after = history[-2:]
            at_most("rates start one after another", before.rate.since + 1, after.rate.since)
            at_most("rates are published one after another", before.published, after.published)
        if place > programme.place:
            check_alarm(alarms, RateStart(*name, place), history[-1].rate.since)
    equal("the newest rate", programme.newest, history[-1].rate)
    holds("the rate in force was published", programme.place < len(history), programme)
    in_force = history[programme.place].rate if programme.place >= 0 else None
    equal("the rate in force", programme.rate, in_force)
    return keys
