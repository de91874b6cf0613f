"""What may be said about a programme's rate, and when it counts. Knows the rules; signs nothing.

The ledger is the judge ([LEDGER-34]). This tells a person in words what it will say.
"""

from __future__ import annotations

from math import gcd
from typing import Final

import msgspec

from client.errors import RefusedByLedger
from client.fields import format_time
from partner.arguments import told_duration, units_of
from partner.books import DAY_MS, Books
from partner.programme_documents import told_rate
from primitives.actions import Action, ProgrammeSetRate, ProgrammeSetTerms
from primitives.entries import Programme, PublishedRate, programme_key, rate_key
from primitives.genesis import Rate
from primitives.receipt import Outcome
from shell.errors import CommandError, Status, UsageError

MAX_TERM: Final = 2**32 - 1
MAX_AHEAD_MS: Final = 366 * DAY_MS
WAY_MS: Final = 60_000
"""What is added to a notice for the way to the ledger: a minute, of short ones a quarter."""


class Plan(msgspec.Struct, frozen=True):
    """A rate to be published: ``since`` 0 means at once. ``change`` from the newest published."""

    rate: Rate
    change: str


def ratio_of(points: int, worth: str) -> tuple[int, int]:
    """(numerator, denominator) in units a point: as it was typed, or in lowest terms if it must be.

    Raises ``UsageError`` (``rate_out_of_range``).
    """
    units = units_of(worth, "--worth")
    common = 1 if max(units, points) <= MAX_TERM else gcd(units, points)
    numerator, denominator = units // common, points // common
    if max(numerator, denominator) > MAX_TERM:
        raise UsageError(
            "rate_out_of_range",
            f"{points} points for {worth} LiqBon are {numerator}/{denominator} in lowest terms, "
            f"and neither may exceed {MAX_TERM}",
        )
    return numerator, denominator


def start_after(now_ms: int, notice_ms: int) -> int:
    """When a rate starts that is to start ``notice_ms`` after it reached the ledger."""
    return now_ms + notice_ms + min(WAY_MS, notice_ms // 4)


def same_but_start(action: ProgrammeSetRate | ProgrammeSetTerms, other: Action) -> bool:
    """Whether ``other`` does the same: its start may have been counted from another moment."""
    return isinstance(other, ProgrammeSetRate | ProgrammeSetTerms) and (
        msgspec.structs.replace(other, since=0) == msgspec.structs.replace(action, since=0)
    )


async def programme_of(books: Books, partner: str, code: str) -> Programme:
    """Raises ``CommandError`` (``programme_unknown``)."""
    found = await books.entry(programme_key(partner, code), Programme)
    if found is None:
        raise CommandError(
            Outcome.PROGRAMME_UNKNOWN.text,
            f"{partner} has no programme {code!r}",
            status=Status.NOT_FOUND,
        )
    return found


async def newest_rates(
    books: Books, partner: str, programme: Programme, limit: int
) -> list[tuple[int, PublishedRate]]:
    """Up to ``limit`` published rates with their places, newest first; the one in force always."""
    last = programme.published - 1
    places = list(range(last, max(-1, last - limit), -1))
    if 0 <= programme.place < last - limit + 1:
        places.append(programme.place)
    found = []
    for place in places:
        rate = await books.entry(rate_key(partner, programme.code, place), PublishedRate)
        assert rate is not None, (partner, programme.code, place)
        found.append((place, rate))
    return found


def change_of(rate: Rate, newest: Rate) -> str:
    """better, same or worse: of what a point is worth, compared exactly."""
    ours = rate.numerator * newest.denominator
    theirs = newest.numerator * rate.denominator
    if ours == theirs:
        return "same"
    return "better" if ours > theirs else "worse"


def check_rate(programme: Programme, rate: Rate, now_ms: int, notice_ms: int) -> None:
    """Raise ``RefusedByLedger`` as the ledger would: ``rate_unordered``, ``rate_too_far``,
    ``rate_notice_short``."""
    start = max(rate.since, now_ms)
    newest = programme.newest
    if start <= newest.since:
        raise _refused(
            Outcome.RATE_UNORDERED,
            f"a rate is published that starts at {format_time(newest.since)} "
            f"({told_rate(newest)}), and the next one starts after it",
            "What was announced stays: whoever read it counts on it. Give a later --since.",
        )
    if start > now_ms + MAX_AHEAD_MS:
        raise _refused(
            Outcome.RATE_TOO_FAR, "a rate starts within 366 days", "Give an earlier one."
        )
    if change_of(rate, newest) == "worse" and start - now_ms < notice_ms:
        raise _refused(
            Outcome.RATE_NOTICE_SHORT,
            f"that is worse than the newest rate ({told_rate(newest)}) and needs a notice of "
            f"{told_duration(notice_ms)}: {format_time(now_ms + notice_ms)} at the earliest",
            f"Publish it with --after {_spelled(notice_ms)}. A better rate may start at once.",
        )


def told_plan(rate: Rate, programme: Programme, now_ms: int, notice_ms: int) -> list[str]:
    """In words: what it is compared with, when it counts, and what notice it needs."""
    change = change_of(rate, programme.newest)
    compared = {
        "better": "better for the customer than",
        "same": "worth the same as",
        "worse": "worse for the customer than",
    }[change]
    when = "at once" if rate.since <= now_ms else f"from {format_time(rate.since)} on"
    needed = (
        f"it needs a notice of {told_duration(notice_ms)}"
        if change == "worse"
        else ("it needs no notice")
    )
    return [
        f"{told_rate(rate)}: {compared} the newest rate ({told_rate(programme.newest)})",
        f"in force {when}; {needed}. What was minted before is not touched.",
    ]


def _spelled(millis: int) -> str:
    """As ``--after`` takes it."""
    number, name = told_duration(millis).split()
    return number + {"days": "d", "hours": "h", "minutes": "m", "s": "s", "ms": "ms"}[name]


def _refused(outcome: Outcome, why: str, hint: str) -> RefusedByLedger:
    return RefusedByLedger(outcome.text, why, f"{hint} Nothing was sent.")
