"""A step's programmes: rates only change forward. Knows notice and history; not who deposits."""

from __future__ import annotations

from msgspec.structs import replace

from contracts.invariants.change import Step, partner_in
from contracts.invariants.facts import at_most, equal, holds
from contracts.programmes import MAX_AHEAD_MS, is_worse
from primitives.encoding import Wire
from primitives.entries import (
    Partner,
    Programme,
    PublishedRate,
    programme_key,
    rate_key,
)


def partner_step(step: Step, old: Wire | None, new: Partner) -> None:
    """A partner gains programmes by its admin's word; nothing else of it changes."""
    assert isinstance(old, Partner)
    count = len(old.programmes)
    equal("a partner stays who it is", replace(new, programmes=old.programmes), old)
    equal("programmes stay", new.programmes[:count], old.programmes)
    holds("a programme is opened by the admin", step.by_admin(new.code), new.code)
    for code in new.programmes[count:]:
        equal("a programme is opened once", step.old(programme_key(new.code, code)), None)


def programme_step(step: Step, key: bytes, old: Wire | None, new: Programme) -> None:
    """Names and terms stay, rates are published by the admin, and begin when they said."""
    partner = partner_in(key)
    name = (partner, new.code)
    if old is None:
        holds("a programme is opened by the admin", step.by_admin(partner), name)
        _first_rate(step, name)
        old = replace(new, paused=False, place=-1, rate=None, published=0)
    assert isinstance(old, Programme)
    kept = (old.code, old.name, old.point, old.terms_hash, old.terms_url)
    equal("a programme stays", (new.code, new.name, new.point, new.terms_hash, new.terms_url), kept)
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
