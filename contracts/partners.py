"""Partners, their roles and positions. Knows who may act for a partner; not what a rate is."""

from __future__ import annotations

from msgspec.structs import replace

from contracts.state import Entries
from primitives.entries import (
    DIRECTORY_KEY,
    Directory,
    Partner,
    Position,
    custodian_key,
    partner_key,
    position_key,
)
from primitives.genesis import Custodian
from primitives.receipt import Outcome
from primitives.transaction import Decoded

NO_POSITION = Position(0, 0, 0, 0, 0, 0, 0, 0)


def find(entries: Entries, code: str) -> Partner | None:
    """The partner of that code, if there is one."""
    return entries.entry(partner_key(code), Partner)


def directory(entries: Entries) -> tuple[str, ...]:
    """The codes of all partners, in the order of their admission."""
    found = entries.entry(DIRECTORY_KEY, Directory)
    assert found is not None, "a state without a directory"
    return found.partners


def custodian(entries: Entries, code: str) -> Custodian:
    """A custodian that exists."""
    found = entries.entry(custodian_key(code), Custodian)
    assert found is not None, code
    return found


def position(entries: Entries, partner: str) -> Position:
    """The totals of a partner that exists ([LEDGER-3])."""
    found = entries.entry(position_key(partner), Position)
    assert found is not None, partner
    return found


def add_minted(entries: Entries, partner: str, amount: int) -> Position:
    """Grow what the partner owes the pool by ``amount`` units; gives the new totals."""
    p = position(entries, partner)
    return _put(entries, partner, replace(p, minted=p.minted + amount))


def add_redeemed(entries: Entries, partner: str, amount: int) -> Position:
    """Lower what the partner owes the pool by ``amount`` units; gives the new totals."""
    p = position(entries, partner)
    return _put(entries, partner, replace(p, redeemed=p.redeemed + amount))


def add_refunded(entries: Entries, partner: str, amount: int) -> Position:
    """Grow what the partner owes the pool by ``amount`` units; gives the new totals."""
    p = position(entries, partner)
    return _put(entries, partner, replace(p, refunded=p.refunded + amount))


def owe(entries: Entries, debtor: str, creditor: str, amount: int) -> None:
    """Note an obligation of ``amount`` units: no D moves yet ([LEDGER-28])."""
    d = position(entries, debtor)
    _put(entries, debtor, replace(d, payable=d.payable + amount))
    c = position(entries, creditor)
    _put(entries, creditor, replace(c, receivable=c.receivable + amount))


def settle(entries: Entries, debtor: str, creditor: str, amount: int) -> None:
    """``amount`` units of an obligation were paid: both D move, and nothing else ([LEDGER-31])."""
    d = position(entries, debtor)
    _put(entries, debtor, replace(d, paid=d.paid + amount, payable=d.payable - amount))
    c = position(entries, creditor)
    moved = replace(c, received=c.received + amount, receivable=c.receivable - amount)
    _put(entries, creditor, moved)


def _put(entries: Entries, partner: str, position: Position) -> Position:
    entries.put(position_key(partner), position)
    return position


def admin_refusal(entries: Entries, code: str, decoded: Decoded) -> Outcome | None:
    """Why the sender may not speak for the partner; None if it is the partner's admin."""
    partner = find(entries, code)
    if partner is None:
        return Outcome.PARTNER_UNKNOWN
    if decoded.transaction.sender != partner.roles.admin:
        return Outcome.NOT_ADMIN
    return None
