"""Programmes, their rates and terms, told slowly from docs/spec/ledger.md.

Each function says what becomes of an action in the words of the spec, and notes it. Shares no rule
with ``contracts``.
"""

from __future__ import annotations

from fractions import Fraction

from primitives.actions import ProgrammeOpen, ProgrammePause, ProgrammeSetRate, ProgrammeSetTerms
from primitives.genesis import Rate
from tests.properties.slow_book import DAY, Desk
from tests.properties.slow_speakers import not_its_active_admin

YEAR_AND_A_DAY = 366 * DAY


def rate_in_force(desk: Desk, partner: str, programme: str) -> Rate | None:
    begun = desk.book.notes("begun", partner, programme)
    history = desk.book.notes("rates", partner, programme)
    return history[begun[-1]][0] if begun else None


def publish(desk: Desk, name: tuple[str, str], rate: Rate, published: int) -> int:
    place = len(desk.book.notes("rates", *name))
    desk.book.note("rates", *name, value=(rate, published))
    desk.create("rate", *name, place)
    return place


def open_at(desk: Desk, name: tuple[str, str], terms_hash: bytes, terms_url: str, at: int) -> None:
    """A programme, with the terms that are in force from the start."""
    desk.book.note("programmes", name[0], value=name[1])
    desk.book.note("paused", *name, value=False)
    desk.create("programme", *name)
    desk.book.note("terms", *name, value=(terms_hash, terms_url, at, at))
    desk.create("terms", *name, 0)
    desk.book.note("terms begun", *name, value=0)


def open_programme(desk: Desk, sender: bytes, action: ProgrammeOpen) -> str:
    """[LEDGER-33]"""
    refusal = not_its_active_admin(desk, action.partner, sender)
    if refusal is not None:
        return refusal
    name = (action.partner, action.programme)
    names = desk.book.notes("programmes", action.partner)
    if action.programme in names:
        return "programme_exists"
    if len(names) == 16:
        return "programmes_full"
    open_at(desk, name, action.terms_hash, action.terms_url, desk.time)
    publish(desk, name, Rate(desk.time, action.numerator, action.denominator), desk.time)
    desk.book.note("begun", *name, value=0)
    desk.tell("ProgrammeOpened", *name)
    return "done"


def set_rate(desk: Desk, sender: bytes, action: ProgrammeSetRate) -> str:
    """[LEDGER-34]"""
    refusal = not_its_active_admin(desk, action.partner, sender)
    if refusal is not None:
        return refusal
    name = (action.partner, action.programme)
    if action.programme not in desk.book.notes("programmes", action.partner):
        return "programme_unknown"
    start = action.since if action.since > desk.time else desk.time
    newest, _ = desk.book.word("rates", *name)
    if start <= newest.since:
        return "rate_unordered"
    if start - desk.time > YEAR_AND_A_DAY:
        return "rate_too_far"
    worse = Fraction(action.numerator, action.denominator) < Fraction(
        newest.numerator, newest.denominator
    )
    if worse and start - desk.time < desk.genesis.parameters.rate_notice_ms:
        return "rate_notice_short"
    rate = Rate(start, action.numerator, action.denominator)
    place = publish(desk, name, rate, desk.time)
    desk.tell("RatePublished", *name, rate)
    if start == desk.time:
        rate_begins(desk, *name, place)
    else:
        desk.plan(start, "rate", *name, place)
    return "done"


def rate_begins(desk: Desk, partner: str, programme: str, place: int) -> None:
    """[LEDGER-11]"""
    begun = desk.book.notes("begun", partner, programme)
    if any(later >= place for later in begun):
        return
    desk.book.note("begun", partner, programme, value=place)
    rate, _ = desk.book.notes("rates", partner, programme)[place]
    desk.tell("RateChanged", partner, programme, rate)


def set_terms(desk: Desk, sender: bytes, action: ProgrammeSetTerms) -> str:
    """[LEDGER-57]"""
    refusal = not_its_active_admin(desk, action.partner, sender)
    if refusal is not None:
        return refusal
    name = (action.partner, action.programme)
    if action.programme not in desk.book.notes("programmes", action.partner):
        return "programme_unknown"
    notice = desk.genesis.parameters.rate_notice_ms
    start = max(action.since, desk.time + notice)
    *_, newest, _ = desk.book.word("terms", *name)
    if start <= newest:
        return "terms_unordered"
    if start - desk.time > max(YEAR_AND_A_DAY, notice):
        return "terms_too_far"
    place = len(desk.book.notes("terms", *name))
    said = (action.terms_hash, action.terms_url, start, desk.time)
    desk.book.note("terms", *name, value=said)
    desk.create("terms", *name, place)
    desk.tell("TermsPublished", *name, action.terms_hash, start)
    desk.plan(start, "terms", *name, place)
    return "done"


def terms_begin(desk: Desk, partner: str, programme: str, place: int) -> None:
    """[LEDGER-57]"""
    desk.book.note("terms begun", partner, programme, value=place)
    terms_hash, *_ = desk.book.notes("terms", partner, programme)[place]
    desk.tell("TermsChanged", partner, programme, terms_hash)


def pause(desk: Desk, sender: bytes, action: ProgrammePause) -> str:
    """[LEDGER-35]"""
    refusal = not_its_active_admin(desk, action.partner, sender)
    if refusal is not None:
        return refusal
    name = (action.partner, action.programme)
    if action.programme not in desk.book.notes("programmes", action.partner):
        return "programme_unknown"
    if desk.book.word("paused", *name) is action.paused:
        return "programme_unchanged"
    desk.book.note("paused", *name, value=action.paused)
    desk.tell("ProgrammePaused", *name, action.paused)
    return "done"
