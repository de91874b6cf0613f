"""What the ledger lets this partner mint now, as proven. Knows limits and rates; mints nothing.

The ledger is the judge. This looks before anything is signed, so that a file which cannot be minted
whole is refused whole.
"""

from __future__ import annotations

import msgspec

from client.errors import RefusedByLedger
from partner.books import Books
from primitives.amount import format_amount
from primitives.entries import Limits, Position, Programme, programme_key
from primitives.genesis import BASIS_POINTS, Rate
from primitives.receipt import Outcome
from shell.errors import CommandError, Status


class Room(msgspec.Struct, frozen=True):
    """Units that may still be minted: under the limit, and today under the own cap."""

    under_limit: int
    today: int


async def rate_of(books: Books, partner: str, programme: str) -> Rate:
    """The rate in force. Raises ``CommandError``: ``programme_unknown``, ``programme_paused``,
    ``rate_not_in_force``."""
    found = await books.entry(programme_key(partner, programme), Programme)
    if found is None:
        raise CommandError(
            Outcome.PROGRAMME_UNKNOWN.text,
            f"{partner} has no programme {programme!r}",
            status=Status.NOT_FOUND,
        )
    if found.paused:
        raise RefusedByLedger(Outcome.PROGRAMME_PAUSED.text, f"{programme} takes no new deposits")
    if found.rate is None:
        raise RefusedByLedger("rate_not_in_force", f"no rate of {programme} is in force yet")
    return found.rate


def recognised(limits: Limits) -> int:
    """The reserve that counts, in units: at most what the others recognise ([LEDGER-8])."""
    terms = limits.terms
    return min(terms.reserve, terms.reserve_ceiling) if limits.reserve_counts else 0


def limit_of(limits: Limits) -> int:
    """L in units: the most that the partner may owe the pool ([LEDGER-8])."""
    terms = limits.terms
    return terms.credit + recognised(limits) * (BASIS_POINTS - terms.haircut) // BASIS_POINTS


def suspended(limits: Limits) -> str | None:
    """Why the partner mints nothing until something is settled; None if it may ([LEDGER-56])."""
    if limits.overdue:
        return f"has {limits.overdue} overdue payments"
    if limits.advance is not None:
        return f"owes others {format_amount(limits.advance.amount)} LiqBon that they paid for it"
    return None


def room_under(limits: Limits, position: Position) -> int:
    """Units that L leaves, what others will pay the partner counted in; never below zero."""
    return max(0, limit_of(limits) - position.net - position.receivable)


async def room_of(books: Books, partner: str) -> Room:
    """What limit and daily cap leave now. ``RefusedByLedger`` (``minting_suspended``)."""
    limits = await books.limits(partner)
    why = suspended(limits)
    if why is not None:
        raise RefusedByLedger(
            Outcome.MINTING_SUSPENDED.text,
            f"{partner} {why} and mints nothing until that is settled",
            "See 'settle list --open', and pay.",
        )
    day = await books.today(partner)
    under_limit = room_under(limits, await books.position(partner))
    return Room(under_limit, max(0, limits.terms.mint_per_day - day.minted))


def check_room(room: Room, total: int) -> None:
    """Raise ``RefusedByLedger`` when ``total`` units do not fit: ``limit_exceeded``,
    ``daily_cap_exceeded``."""
    if total > room.under_limit:
        raise RefusedByLedger(
            Outcome.LIMIT_EXCEEDED.text,
            f"{format_amount(total)} LiqBon to mint, the limit leaves "
            f"{format_amount(room.under_limit)}",
            "Settle, or have more reserve attested. Nothing was done.",
        )
    if total > room.today:
        raise RefusedByLedger(
            Outcome.DAILY_CAP_EXCEEDED.text,
            f"{format_amount(total)} LiqBon to mint, today's own cap leaves "
            f"{format_amount(room.today)}",
            "Wait for the next day (UTC), or import fewer rows. Nothing was done.",
        )
