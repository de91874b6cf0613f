"""Cycles and obligations as the ledger proves them. Knows where they stand; signs nothing."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from client.fields import format_time
from partner.books import Books
from primitives.entries import (
    SETTLEMENT_KEY,
    Obligation,
    ObligationStatus,
    Position,
    Settlement,
    SettlementCycle,
    cycle_key,
    obligation_key,
)
from primitives.receipt import Outcome
from shell.errors import CommandError, Status


class Wish(msgspec.Struct, frozen=True):
    """What to list: one ``cycle`` or the newest ``limit``; only what is open; of whom, or all."""

    cycle: int | None
    limit: int
    only_open: bool
    us: str | None


class Found(msgspec.Struct, frozen=True):
    """Closed cycles, newest first, and the asked obligations of them by (cycle, place)."""

    cycles: list[tuple[int, SettlementCycle]]
    obligations: list[tuple[tuple[int, int], Obligation]]


async def settlement(books: Books) -> Settlement:
    """Which cycle closes next, and when."""
    found = await books.entry(SETTLEMENT_KEY, Settlement)
    assert found is not None, "a ledger without settlement"
    return found


async def obligation(books: Books, name: tuple[int, int]) -> Obligation:
    """Raises ``CommandError`` (``obligation_unknown``)."""
    found = await books.entry(obligation_key(*name), Obligation)
    if found is None:
        raise CommandError(
            Outcome.OBLIGATION_UNKNOWN.text,
            f"cycle {name[0]} has no obligation {name[1]}",
            "'settle list' names cycle and place of each.",
            Status.NOT_FOUND,
        )
    return found


async def search(books: Books, wish: Wish) -> Found:
    """Look from the newest cycle back.

    What is open may be as old as it likes: the positions say how much of it there is, and so when
    all of it is found. Raises ``CommandError`` (``cycle_unknown``).
    """
    head = await settlement(books)
    if wish.cycle is not None and wish.cycle >= head.cycle:
        raise CommandError(
            "cycle_unknown",
            f"cycle {wish.cycle} is not closed; {head.cycle} is next, at "
            f"{format_time(head.closes)}",
            status=Status.NOT_FOUND,
        )
    found = Found([], [])
    searching_open = wish.only_open and wish.cycle is None
    codes = (wish.us,) if wish.us is not None else await books.directory()
    left = await _open_sum(books, codes) if searching_open else 0
    numbers = range(head.cycle - 1, 0, -1) if wish.cycle is None else [wish.cycle]
    for number in numbers:
        if left <= 0 if searching_open else len(found.cycles) >= wish.limit:
            break
        here = await _cycle(books, number, wish, found)
        left -= sum(_counts(one, codes) for one in here)
    return found


async def _cycle(books: Books, number: int, wish: Wish, found: Found) -> list[Obligation]:
    """Add one cycle to what is found; gives all its obligations."""
    cycle = await books.entry(cycle_key(number), SettlementCycle)
    if cycle is None:
        raise CommandError("cycle_unknown", f"cycle {number} was not closed by then")
    owed = [await obligation(books, (number, place)) for place in range(cycle.obligations)]
    shown = [((number, place), one) for place, one in enumerate(owed) if _is_wanted(one, wish)]
    if shown or not wish.only_open:
        found.cycles.append((number, cycle))
    found.obligations.extend(shown)
    return owed


def _is_wanted(one: Obligation, wish: Wish) -> bool:
    if wish.only_open and one.status == ObligationStatus.SETTLED:
        return False
    return wish.us is None or wish.us in (one.debtor, one.creditor)


async def _open_sum(books: Books, codes: Sequence[str]) -> int:
    """Units that these partners owe and are owed, an obligation between two of them twice."""
    positions: list[Position] = [await books.position(code) for code in codes]
    return sum(position.payable + position.receivable for position in positions)


def _counts(one: Obligation, codes: Sequence[str]) -> int:
    return one.outstanding * ((one.debtor in codes) + (one.creditor in codes))
