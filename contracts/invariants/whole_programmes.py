"""Programmes of a whole state: all rates and terms are there. Knows no customer and no time."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from contracts.invariants.calendar import Alarms, check_alarm
from contracts.invariants.facts import at, at_most, equal, holds
from contracts.programmes import MAX_PROGRAMMES
from primitives.encoding import Wire
from primitives.entries import (
    Partner,
    Programme,
    PublishedRate,
    PublishedTerms,
    RateStart,
    TermsStart,
    partner_key,
    programme_key,
    rate_key,
    terms_key,
)


def check(state: Mapping[bytes, Wire], codes: tuple[str, ...], alarms: Alarms) -> None:
    """Partners list their programmes; each has all rates and terms that it ever published."""
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
            expected.extend(_check_terms(state, (code, name), programme, alarms))
    kinds = (Programme, PublishedRate, PublishedTerms)
    found = [key for key, value in state.items() if isinstance(value, kinds)]
    equal("programmes, rates and terms are those that are listed", sorted(found), sorted(expected))


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


def _check_terms(
    state: Mapping[bytes, Wire], name: tuple[str, str], programme: Programme, alarms: Alarms
) -> list[bytes]:
    """The keys of all terms: what is not in force yet will be ([LEDGER-57])."""
    keys = [terms_key(*name, place) for place in range(programme.terms_published)]
    history = [at(state, key, PublishedTerms) for key in keys]
    for before, after in pairwise(history):
        at_most("terms start one after another", before.since + 1, after.since)
        at_most("terms are published one after another", before.published, after.published)
    at_most("the terms in force were published", programme.terms_place + 1, len(history))
    for place in range(programme.terms_place + 1, len(history)):
        check_alarm(alarms, TermsStart(*name, place), history[place].since)
    in_force = history[programme.terms_place]
    terms = (programme.terms_hash, programme.terms_url)
    equal("the terms in force", terms, (in_force.terms_hash, in_force.terms_url))
    equal("when the newest terms start", programme.terms_newest, history[-1].since)
    return keys
