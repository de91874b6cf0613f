"""Partners, their roles and positions. Knows who may act for a partner; not what a rate is."""

from __future__ import annotations

from contracts.state import Entries
from primitives.entries import (
    DIRECTORY_KEY,
    Directory,
    Partner,
    Position,
    partner_key,
    position_key,
)

NO_POSITION = Position(0, 0, 0, 0, 0, 0)


def find(entries: Entries, code: str) -> Partner | None:
    """The partner of that code, if there is one."""
    return entries.entry(partner_key(code), Partner)


def directory(entries: Entries) -> tuple[str, ...]:
    """The codes of all partners, in the order of their admission."""
    found = entries.entry(DIRECTORY_KEY, Directory)
    assert found is not None, "a state without a directory"
    return found.partners


def position(entries: Entries, partner: Partner) -> Position:
    """The totals of a partner that exists ([LEDGER-3])."""
    found = entries.entry(position_key(partner.code), Position)
    assert found is not None, partner.code
    return found


def add_minted(entries: Entries, partner: Partner, amount: int) -> Position:
    """Grow what the partner owes the pool by ``amount`` units; gives the new totals."""
    p = position(entries, partner)
    grown = Position(p.minted + amount, p.redeemed, p.refunded, p.paid, p.received, p.assumed)
    entries.put(position_key(partner.code), grown)
    return grown
