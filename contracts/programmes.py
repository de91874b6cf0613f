"""Loyalty programmes and their rates. Knows what points are worth; not who may deposit them.

A rate only changes forward: a better one may start at once, a worse one after notice, and every one
ever published stays in the state. What was minted is not touched by any of them.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from contracts import due as calendar
from contracts import partners
from contracts.context import DAY_MS, BlockContext
from contracts.state import Draft, Entries
from primitives.actions import (
    ProgrammeOpen,
    ProgrammePause,
    ProgrammeSetRate,
    ProgrammeSetTerms,
)
from primitives.entries import (
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
from primitives.genesis import Rate
from primitives.receipt import (
    Outcome,
    ProgrammeOpened,
    ProgrammePaused,
    RateChanged,
    RatePublished,
    TermsChanged,
    TermsPublished,
)
from primitives.transaction import Decoded

MAX_PROGRAMMES: Final = 16
MAX_AHEAD_MS: Final = 366 * DAY_MS
"""How far ahead a rate may be published: so far the next one could not come before it."""


def find(entries: Entries, partner: str, code: str) -> Programme | None:
    """The programme of that code, if the partner has one."""
    return entries.entry(programme_key(partner, code), Programme)


def worth(points: int, rate: Rate) -> int:
    """Units of 10^-6 LiqBon for whole points, rounded down to a unit ([LEDGER-7])."""
    return points * rate.numerator // rate.denominator


def is_worse(rate: Rate, than: Rate) -> bool:
    """Whether a point is worth less; compared exactly."""
    return rate.numerator * than.denominator < than.numerator * rate.denominator


def open_programme(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """Take deposits of a further programme, at once ([LEDGER-33])."""
    action = decoded.transaction.action
    assert isinstance(action, ProgrammeOpen)
    refusal = partners.active_admin_refusal(draft, action.partner, decoded)
    if refusal is not None:
        return refusal
    if find(draft, action.partner, action.programme) is not None:
        return Outcome.PROGRAMME_EXISTS
    partner = partners.find(draft, action.partner)
    assert partner is not None, action.partner
    if len(partner.programmes) >= MAX_PROGRAMMES:
        return Outcome.PROGRAMMES_FULL
    programmes = (*partner.programmes, action.programme)
    draft.put(partner_key(action.partner), replace(partner, programmes=programmes))
    rate = Rate(context.time, action.numerator, action.denominator)
    opened = Programme(
        code=action.programme,
        name=action.name,
        point=action.point,
        terms_hash=action.terms_hash,
        terms_url=action.terms_url,
        paused=False,
        place=0,
        rate=rate,
        published=1,
        newest=rate,
        terms_place=0,
        terms_published=1,
        terms_newest=context.time,
    )
    name = (action.partner, action.programme)
    draft.put(programme_key(*name), opened)
    record(draft, name, 0, PublishedRate(rate, context.time))
    terms = PublishedTerms(action.terms_hash, action.terms_url, context.time, context.time)
    record_terms(draft, name, 0, terms)
    draft.events.append(ProgrammeOpened(action.partner, action.programme))
    return Outcome.DONE


def set_rate(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """Publish the next rate: a worse one with notice, none before another ([LEDGER-34]).

    It is compared with the newest that was published, which is in force when it starts.
    """
    action = decoded.transaction.action
    assert isinstance(action, ProgrammeSetRate)
    refusal = partners.active_admin_refusal(draft, action.partner, decoded)
    if refusal is not None:
        return refusal
    programme = find(draft, action.partner, action.programme)
    if programme is None:
        return Outcome.PROGRAMME_UNKNOWN
    rate = Rate(max(action.since, context.time), action.numerator, action.denominator)
    refusal = _rate_refusal(context, programme, rate)
    if refusal is not None:
        return refusal
    place = programme.published
    key = programme_key(action.partner, action.programme)
    programme = replace(programme, published=place + 1, newest=rate)
    name = (action.partner, action.programme)
    record(draft, name, place, PublishedRate(rate, context.time))
    draft.events.append(RatePublished(*name, rate))
    if rate.since > context.time:
        calendar.insert(draft, rate.since, RateStart(*name, place))
    else:
        programme = replace(programme, place=place, rate=rate)
        draft.events.append(RateChanged(*name, rate))
    draft.put(key, programme)
    return Outcome.DONE


def _rate_refusal(context: BlockContext, programme: Programme, rate: Rate) -> Outcome | None:
    if rate.since <= programme.newest.since:
        return Outcome.RATE_UNORDERED
    if rate.since > context.time + MAX_AHEAD_MS:
        return Outcome.RATE_TOO_FAR
    notice = rate.since - context.time
    if is_worse(rate, programme.newest) and notice < context.parameters.rate_notice_ms:
        return Outcome.RATE_NOTICE_SHORT
    return None


def pause(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:  # noqa: ARG001  a contract's signature
    """Stop new deposits, or take them again; nothing that was minted notices ([LEDGER-35])."""
    action = decoded.transaction.action
    assert isinstance(action, ProgrammePause)
    refusal = partners.active_admin_refusal(draft, action.partner, decoded)
    if refusal is not None:
        return refusal
    programme = find(draft, action.partner, action.programme)
    if programme is None:
        return Outcome.PROGRAMME_UNKNOWN
    if programme.paused == action.paused:
        return Outcome.PROGRAMME_UNCHANGED
    changed = replace(programme, paused=action.paused)
    draft.put(programme_key(action.partner, action.programme), changed)
    draft.events.append(ProgrammePaused(action.partner, action.programme, action.paused))
    return Outcome.DONE


def set_terms(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """Publish the next terms, which start after notice: nobody can tell whether they are worse.

    What was deposited under the terms before is LiqBon, and does not notice ([LEDGER-57]).
    """
    action = decoded.transaction.action
    assert isinstance(action, ProgrammeSetTerms)
    refusal = partners.active_admin_refusal(draft, action.partner, decoded)
    if refusal is not None:
        return refusal
    name = (action.partner, action.programme)
    programme = find(draft, *name)
    if programme is None:
        return Outcome.PROGRAMME_UNKNOWN
    since = max(action.since, context.time + context.parameters.rate_notice_ms)
    if since <= programme.terms_newest:
        return Outcome.TERMS_UNORDERED
    if since > context.time + max(MAX_AHEAD_MS, context.parameters.rate_notice_ms):
        return Outcome.TERMS_TOO_FAR
    place = programme.terms_published
    terms = PublishedTerms(action.terms_hash, action.terms_url, since, context.time)
    record_terms(draft, name, place, terms)
    draft.put(
        programme_key(*name), replace(programme, terms_published=place + 1, terms_newest=since)
    )
    calendar.insert(draft, since, TermsStart(*name, place))
    draft.events.append(TermsPublished(*name, action.terms_hash, since))
    return Outcome.DONE


def record(entries: Entries, name: tuple[str, str], place: int, rate: PublishedRate) -> None:
    """Keep a rate for ever in the history of the programme ``name`` (partner, programme)."""
    key = rate_key(*name, place)
    assert entries.entry(key, PublishedRate) is None, key.hex()
    entries.put(key, rate)


def record_terms(
    entries: Entries, name: tuple[str, str], place: int, terms: PublishedTerms
) -> None:
    """Keep a version of the terms for ever in the history of the programme ``name``."""
    key = terms_key(*name, place)
    assert entries.entry(key, PublishedTerms) is None, key.hex()
    entries.put(key, terms)


def terms_start(draft: Draft, context: BlockContext, item: TermsStart) -> None:  # noqa: ARG001  as all that falls due
    """Put published terms into force; they start one after another ([LEDGER-57])."""
    name = (item.partner, item.programme)
    programme = find(draft, *name)
    assert programme is not None, name
    published = draft.entry(terms_key(*name, item.place), PublishedTerms)
    assert published is not None, item
    started = replace(
        programme,
        terms_hash=published.terms_hash,
        terms_url=published.terms_url,
        terms_place=item.place,
    )
    draft.put(programme_key(*name), started)
    draft.events.append(TermsChanged(*name, published.terms_hash))


def rate_starts(draft: Draft, context: BlockContext, item: RateStart) -> None:  # noqa: ARG001  as all that falls due
    """Put a published rate into force, unless a later one is already ([LEDGER-11])."""
    programme = find(draft, item.partner, item.programme)
    assert programme is not None, (item.partner, item.programme)
    if item.place <= programme.place:
        return
    published = draft.entry(rate_key(item.partner, item.programme, item.place), PublishedRate)
    assert published is not None, item
    key = programme_key(item.partner, item.programme)
    draft.put(key, replace(programme, place=item.place, rate=published.rate))
    draft.events.append(RateChanged(item.partner, item.programme, published.rate))
