"""Real purchases become points of four retailers. Knows the log and each shop's rule; no network.

The log is of one shop; four are wanted. So its customers are dealt out by number, modulo four, and
each retailer gives points by a rule of its own. Who gives how many points for a dollar is the
retailer's own business: no ledger knows it, and these rules stand nowhere but here.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

LOG: Final = Path(__file__).parent / "data" / "purchases.txt"

POINTS_PER_100_DOLLARS: Final = {"basket": 100, "care": 50, "miles": 400, "pages": 20}
"""By programme. At the rates of the development network each gives back one percent in LiqBon."""

SHOPS: Final = tuple(POINTS_PER_100_DOLLARS)
"""Programmes in the order in which the customers are dealt out: customer 1 is the first one's."""

COLUMNS: Final = ("reference", "points", "address", "programme")
"""What ``liqbon-partner import`` reads."""


class Purchase(NamedTuple):
    """A line of the log. ``place`` counts a customer's purchases; with it they are told apart."""

    customer: int
    place: int
    date: str
    cents: int


class Deposit(NamedTuple):
    """Points that a purchase earned, to be turned into LiqBon."""

    programme: str
    customer: int
    points: int
    reference: str


def read_log(lines: Iterable[str]) -> Iterator[Purchase]:
    """The purchases of a log, a line of heads first. Raises ``ValueError`` with the line."""
    seen: dict[int, int] = {}
    for number, line in enumerate(lines, 1):
        if number == 1:
            continue
        try:
            customer, date, _, dollars = line.split()
            whole, _, fraction = dollars.partition(".")
            cents = int(whole) * 100 + int(fraction.ljust(2, "0"))
            place = seen[int(customer)] = seen.get(int(customer), 0) + 1
            yield Purchase(int(customer), place, date, cents)
        except ValueError:
            raise ValueError(f"line {number} is no purchase: {line!r}") from None


def programme_of(customer: int) -> str:
    """Whose customer this is."""
    return SHOPS[(customer - 1) % len(SHOPS)]


def deposit_of(purchase: Purchase) -> Deposit | None:
    """What a purchase earned, whole points only; None if not even one."""
    programme = programme_of(purchase.customer)
    points = purchase.cents * POINTS_PER_100_DOLLARS[programme] // 10_000
    if points == 0:
        return None
    reference = f"cdnow-{purchase.customer:05d}-{purchase.place:03d}-{purchase.date}"
    return Deposit(programme, purchase.customer, points, reference)


def deposits(purchases: Iterable[Purchase]) -> dict[str, list[Deposit]]:
    """The deposits of each programme, in the order of the log."""
    dealt: dict[str, list[Deposit]] = {programme: [] for programme in SHOPS}
    for purchase in purchases:
        deposit = deposit_of(purchase)
        if deposit is not None:
            dealt[deposit.programme].append(deposit)
    return dealt


def customers_of(dealt: Sequence[Deposit]) -> list[int]:
    """The customers, each once, in the order of their first deposit."""
    return list(dict.fromkeys(deposit.customer for deposit in dealt))


def write_csv(path: Path, dealt: Iterable[Deposit], addresses: dict[int, str]) -> None:
    """The file that a retailer's clerk would export, for ``liqbon-partner import``."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for deposit in dealt:
            address = addresses[deposit.customer]
            writer.writerow((deposit.reference, deposit.points, address, deposit.programme))
