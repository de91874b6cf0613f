"""Partners, their roles and positions. Knows who may act for one; not how it comes or goes."""

from __future__ import annotations

from msgspec.structs import replace

from contracts.state import Draft, Entries
from primitives.entries import (
    DIRECTORY_KEY,
    NO_ACCOUNT,
    Account,
    Directory,
    Partner,
    Position,
    account_key,
    custodian_key,
    partner_key,
    position_key,
)
from primitives.genesis import Custodian
from primitives.receipt import AccountOpened, Outcome, PositionShifted
from primitives.transaction import MAX_CHANNELS, Decoded

NO_POSITION = Position(0, 0, 0, 0, 0, 0, 0, 0)


def find(entries: Entries, code: str) -> Partner | None:
    """The partner of that code, if there is one."""
    return entries.entry(partner_key(code), Partner)


def known(entries: Entries, code: str) -> Partner:
    """A partner that exists."""
    found = find(entries, code)
    assert found is not None, code
    return found


def put(entries: Entries, partner: Partner) -> None:
    """Create a partner, or replace what is known of it."""
    entries.put(partner_key(partner.code), partner)


def directory(entries: Entries) -> Directory:
    """All partners that have not left, and all custodians."""
    found = entries.entry(DIRECTORY_KEY, Directory)
    assert found is not None, "a state without a directory"
    return found


def active(entries: Entries) -> tuple[str, ...]:
    """The codes of the partners that take part, in the order of their admission."""
    codes = directory(entries).partners
    return tuple(code for code in codes if known(entries, code).active)


def find_custodian(entries: Entries, code: str) -> Custodian | None:
    """The custodian of that code, if there is one."""
    return entries.entry(custodian_key(code), Custodian)


def custodian(entries: Entries, code: str) -> Custodian:
    """A custodian that exists."""
    found = find_custodian(entries, code)
    assert found is not None, code
    return found


def open_role(draft: Draft, account: bytes) -> None:
    """Let an account speak for somebody: it has a record, and all channels ([GEN-8])."""
    key = account_key(account)
    record = draft.entry(key, Account)
    if record is None:
        draft.events.append(AccountOpened(account))
        record = NO_ACCOUNT
    draft.put(key, replace(record, channels=MAX_CHANNELS))


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


def shift(draft: Draft, partner: str, amount: int) -> None:
    """The partner owes the pool ``amount`` units more (less, if negative), others as much less."""
    p = position(draft, partner)
    _put(draft, partner, replace(p, assumed=p.assumed + amount))
    draft.events.append(PositionShifted(partner, amount))


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


def active_admin_refusal(entries: Entries, code: str, decoded: Decoded) -> Outcome | None:
    """As ``admin_refusal``, of a partner that takes part."""
    refusal = admin_refusal(entries, code, decoded)
    if refusal is None and not known(entries, code).active:
        return Outcome.PARTNER_LEAVING
    return refusal
