"""A step's programmes: rates and terms only change forward. Knows notice; not who deposits."""

from __future__ import annotations

from msgspec.structs import replace

from contracts.invariants.change import Step, partner_in
from contracts.invariants.facts import at_most, equal, holds
from contracts.programmes import MAX_AHEAD_MS, is_worse
from primitives.encoding import Wire
from primitives.entries import (
    Programme,
    PublishedRate,
    PublishedTerms,
    programme_key,
    rate_key,
    terms_key,
)


def programme_step(step: Step, key: bytes, old: Wire | None, new: Programme) -> None:
    """Names stay; rates and terms are published by the admin, and begin when they said."""
    partner = partner_in(key)
    name = (partner, new.code)
    if old is None:
        holds("a programme is opened by the admin", step.by_admin(partner), name)
        _first_rate(step, name)
        _first_terms(step, name)
        old = replace(new, paused=False, place=-1, rate=None, published=0, terms_published=0)
    assert isinstance(old, Programme)
    kept = (old.code, old.name, old.point)
    equal("a programme stays", (new.code, new.name, new.point), kept)
    _terms_in_force(step, name, old, new)
    if new.paused != old.paused:
        holds("a programme is paused by the admin", step.by_admin(partner), name)
    at_most("a later rate follows", old.place, new.place)
    if new.place != old.place:
        published = step.after(rate_key(*name, new.place), PublishedRate)
        equal("the rate in force was published", new.rate, published.rate)
        at_most("a rate begins when it said", published.rate.since, step.context.time)
    else:
        equal("the rate in force stays", new.rate, old.rate)
    at_most("published rates stay", old.published, new.published)
    for place in range(old.published, new.published):
        equal("a rate is published once", step.old(rate_key(*name, place)), None)
    newest = step.after(rate_key(*name, new.published - 1), PublishedRate)
    equal("the newest rate", new.newest, newest.rate)


def _first_rate(step: Step, name: tuple[str, str]) -> None:
    first = step.after(rate_key(*name, 0), PublishedRate)
    equal("the first rate is in force at once", first.rate.since, step.context.time)


def _first_terms(step: Step, name: tuple[str, str]) -> None:
    first = step.after(terms_key(*name, 0), PublishedTerms)
    equal("the first terms are in force at once", first.since, step.context.time)


def _terms_in_force(step: Step, name: tuple[str, str], old: Programme, new: Programme) -> None:
    """Terms follow one another, each at its time; all that were published stay ([LEDGER-57])."""
    at_most("later terms follow", old.terms_place, new.terms_place)
    in_force = step.after(terms_key(*name, new.terms_place), PublishedTerms)
    terms = (in_force.terms_hash, in_force.terms_url)
    equal("the terms in force were published", (new.terms_hash, new.terms_url), terms)
    at_most("terms begin when they said", in_force.since, step.context.time)
    at_most("published terms stay", old.terms_published, new.terms_published)
    for place in range(old.terms_published, new.terms_published):
        equal("terms are published once", step.old(terms_key(*name, place)), None)
    newest = step.after(terms_key(*name, new.terms_published - 1), PublishedTerms)
    equal("when the newest terms start", new.terms_newest, newest.since)


def terms_step(step: Step, key: bytes, old: Wire | None, new: PublishedTerms) -> None:
    """Terms are published once, and start after notice, unless they are the first."""
    equal("what was published stays", old, None)
    partner = partner_in(key)
    place = int.from_bytes(key[-4:], "big")
    programme = key[3 + len(partner) : -4].decode("ascii")
    now = step.context.time
    holds("terms are published by the admin", step.by_admin(partner), programme)
    counted = step.after(programme_key(partner, programme), Programme).terms_published
    at_most("terms are of their programme's history", place + 1, counted)
    equal("when terms were published", new.published, now)
    if not place:
        return
    notice = step.context.parameters.rate_notice_ms
    before = step.after(terms_key(partner, programme, place - 1), PublishedTerms)
    at_most("terms start one after another", before.since + 1, new.since)
    at_most("terms are announced in time", notice, new.since - now)
    at_most("terms do not begin too far ahead", new.since, now + max(MAX_AHEAD_MS, notice))


def rate_step(step: Step, key: bytes, old: Wire | None, new: PublishedRate) -> None:
    """A rate is published once, for a time to come; a worse one with notice ([LEDGER-34])."""
    equal("what was published stays", old, None)
    partner = partner_in(key)
    place = int.from_bytes(key[-4:], "big")
    programme = key[3 + len(partner) : -4].decode("ascii")
    now = step.context.time
    holds("a rate is published by the admin", step.by_admin(partner), programme)
    counted = step.after(programme_key(partner, programme), Programme).published
    at_most("a rate is of its programme's history", place + 1, counted)
    equal("when a rate was published", new.published, now)
    at_most("a rate does not begin in the past", now, new.rate.since)
    at_most("a rate does not begin too far ahead", new.rate.since, now + MAX_AHEAD_MS)
    if not place:
        return
    before = step.after(rate_key(partner, programme, place - 1), PublishedRate).rate
    at_most("rates start one after another", before.since + 1, new.rate.since)
    if is_worse(new.rate, before):
        notice = step.context.parameters.rate_notice_ms
        at_most("a worse rate is announced in time", notice, new.rate.since - now)
