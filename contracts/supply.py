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


def may_mint(entries: Entries, amount: int) -> bool:
    """Whether all that was ever minted, and what there is, stay in bounds.

    What is given back was redeemed before, so refunds cannot leave them.
    """
    totals = of(entries)
    return max(totals.minted, totals.supply) + amount <= MAX_SUPPLY


def may_redeem(entries: Entries, amount: int) -> bool:
    """Whether all that was ever redeemed stays in bounds; with it, all that is given back."""
    return of(entries).redeemed + amount <= MAX_SUPPLY


def add_minted(entries: Entries, amount: int) -> None:
    """``amount`` units came into being against a deposit."""
    totals = of(entries)
    entries.put(SUPPLY_KEY, replace(totals, minted=totals.minted + amount))


def add_redeemed(entries: Entries, amount: int) -> None:
    """``amount`` units were burnt for an invoice."""
    totals = of(entries)
    entries.put(SUPPLY_KEY, replace(totals, redeemed=totals.redeemed + amount))


def add_refunded(entries: Entries, amount: int) -> None:
    """``amount`` burnt units came back."""
    totals = of(entries)
    entries.put(SUPPLY_KEY, replace(totals, refunded=totals.refunded + amount))
