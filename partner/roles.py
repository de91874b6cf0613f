"""Which account of this home may do something, as the ledger proves it. Knows roles; signs nothing.

A partner's keystore holds its issuer as account 0, its cashier as 1 and its admin as 2, a
custodian's itself as account 0, unless told otherwise; which partner and which account it is in
fact, is read from the ledger.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Final, Literal, TypeVar

import click
import msgspec

from client.home import Home
from partner.books import Books
from primitives.entries import SETTLEMENT_KEY, Partner, Settlement, custodian_key
from primitives.genesis import Custodian, Roles
from primitives.receipt import Outcome
from shell.errors import KeyFault

F = TypeVar("F", bound=Callable[..., Any])
Role = Literal["issuer", "cashier", "admin"]
USUAL: Final[dict[Role, int]] = {"issuer": 0, "cashier": 1, "admin": 2}
_REFUSALS: Final = {
    "issuer": Outcome.NOT_ISSUER,
    "cashier": Outcome.NOT_CASHIER,
    "admin": Outcome.NOT_ADMIN,
}


class Key(msgspec.Struct, frozen=True):
    """An account of the home: its number and its 32-byte id."""

    account: int
    id: bytes


class Holder(msgspec.Struct, frozen=True):
    """A partner and the key that holds the asked role of it."""

    partner: Partner
    key: Key


def account_option(function: F) -> F:
    """``--account`` where an account is found by its role unless one is named."""
    return click.option(
        "--account",
        type=click.IntRange(0, 2**31 - 1),
        default=None,
        envvar="LIQBON_ACCOUNT",
        metavar="N",
        help="Which account of the home signs; found by its role unless told.  "
        "[env: LIQBON_ACCOUNT]",
    )(function)


async def holder(
    books: Books, home: Home, role: Role, account: int | None = None, code: str | None = None
) -> Holder:
    """The partner (``code``, if that is known) of which this home holds a role, with its key.

    ``KeyFault`` (``not_issuer``, ``not_cashier``, ``not_admin``) if there is none.
    """
    keys = _keys(home, account, USUAL[role])
    async for partner in _partners(books, home, role, keys, code):
        for key in keys:
            if getattr(partner.roles, role) == key.id:
                return Holder(partner, key)
    whose = "a partner's" if code is None else f"the {code} partner's"
    raise KeyFault(
        _REFUSALS[role].text,
        f"no account of this home is {whose} {role} (tried: {_numbers(keys)})",
        f"Name the home and the account of the {role}'s key with --home and --account; "
        "'liqbon-wallet address --account N' derives one that is not listed yet.",
    )


async def own_partner(books: Books, home: Home) -> Partner | None:
    """The partner of which this home holds any role."""
    ids = {key.id for key in _keys(home, None, 0)}
    founders = [p.code for p in home.genesis.partners if _is_held(p.roles, ids)]
    others = [code for code in await books.directory() if code not in founders]
    for code in (*founders, *others):
        partner = await books.partner(code)
        if _is_held(partner.roles, ids):
            return partner
    return None


async def custodian_of(books: Books, code: str) -> Custodian:
    """A custodian that a partner or the settlement names."""
    found = await books.entry(custodian_key(code), Custodian)
    assert found is not None, code
    return found


async def settlement_custodian(books: Books) -> Custodian:
    """Who says whether a disputed payment was made."""
    found = await books.entry(SETTLEMENT_KEY, Settlement)
    assert found is not None, "a ledger without settlement"
    return await custodian_of(books, found.custodian)


def custodian_key_of(home: Home, custodian: Custodian, account: int | None = None) -> Key:
    """The key that is a custodian's. ``KeyFault`` (``not_custodian``) if the home has none."""
    keys = _keys(home, account, 0)
    for key in keys:
        if key.id == custodian.account:
            return key
    raise KeyFault(
        Outcome.NOT_CUSTODIAN.text,
        f"no account of this home is the custodian {custodian.code} (tried: {_numbers(keys)})",
        "Name the home of the custodian's key with --home.",
    )


async def _partners(
    books: Books, home: Home, role: Role, keys: list[Key], code: str | None
) -> AsyncIterator[Partner]:
    """The partners that it may be, those first that were so at the genesis."""
    if code is not None:
        yield await books.partner(code)
        return
    ids = {key.id for key in keys}
    likely = [p.code for p in home.genesis.partners if getattr(p.roles, role) in ids]
    for likely_code in likely:
        yield await books.partner(likely_code)
    for other in await books.directory():
        if other not in likely:
            yield await books.partner(other)


def _is_held(roles: Roles, ids: set[bytes]) -> bool:
    return any(id_ in ids for id_ in (roles.issuer, roles.cashier, roles.admin))


def _keys(home: Home, account: int | None, usual: int) -> list[Key]:
    """The accounts to try: the one that was named, or all, the usual one first."""
    if account is not None:
        return [Key(account, home.account_id(account))]
    numbers = sorted((r.account for r in home.accounts), key=lambda n: (n != usual, n))
    return [Key(number, home.account_id(number)) for number in numbers]


def _numbers(keys: Iterable[Key]) -> str:
    return ", ".join(str(key.account) for key in keys) or "none"
