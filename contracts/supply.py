"""How much LiqBon there is. Knows the three totals; not why they change ([LEDGER-2])."""

from __future__ import annotations

from msgspec.structs import replace

from contracts.state import Entries
from primitives.amount import MAX_SUPPLY
from primitives.entries import SUPPLY_KEY, Supply


def of(entries: Entries) -> Supply:
    """The totals."""
    found = entries.entry(SUPPLY_KEY, Supply)
    assert found is not None, "a state without a supply"
    return found


def add_minted(entries: Entries, amount: int) -> None:
    """``amount`` units came into being against a deposit."""
    totals = of(entries)
    _put(entries, replace(totals, minted=totals.minted + amount))


def add_redeemed(entries: Entries, amount: int) -> None:
    """``amount`` units were burnt for an invoice."""
    totals = of(entries)
    _put(entries, replace(totals, redeemed=totals.redeemed + amount))


def add_refunded(entries: Entries, amount: int) -> None:
    """``amount`` burnt units came back."""
    totals = of(entries)
    _put(entries, replace(totals, refunded=totals.refunded + amount))


def _put(entries: Entries, totals: Supply) -> None:
    """What a day adds is bounded, so that no user can bring the totals here ([LEDGER-9])."""
    assert totals.refunded <= totals.redeemed <= totals.minted + totals.refunded, totals
    assert totals.minted + totals.refunded <= MAX_SUPPLY, totals
    entries.put(SUPPLY_KEY, totals)
