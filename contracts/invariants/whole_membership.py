"""Partners of a whole state: who takes part, sits and keeps reserves. Knows no vote and no time.

A partner that left keeps its entries for ever; the directory names the others, and the membership
those of them that take part ([LEDGER-53], [LEDGER-54]).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from contracts.invariants.facts import at, at_most, equal, holds
from primitives.encoding import Wire
from primitives.entries import (
    DIRECTORY_KEY,
    SETTLEMENT_KEY,
    Directory,
    Limits,
    Partner,
    Position,
    Settlement,
    account_key,
    custodian_key,
    limits_key,
    partner_key,
    position_key,
)
from primitives.genesis import Custodian, Roles
from primitives.membership import (
    MEMBERSHIP_KEY,
    Application,
    Membership,
    PartnerStatus,
    application_key,
)


def all_codes(state: Mapping[bytes, Wire]) -> tuple[str, ...]:
    """Every partner that there ever was, by code."""
    return tuple(sorted(value.code for value in state.values() if isinstance(value, Partner)))


def check(state: Mapping[bytes, Wire], codes: tuple[str, ...], keys: Collection[bytes]) -> None:
    """Directory, members, roles and custodians agree; ``keys`` are those of all entries."""
    directory = at(state, DIRECTORY_KEY, Directory)
    equal("the directory", sorted(directory.partners), [c for c in codes if not _left(state, c)])
    for code in codes:
        partner = at(state, partner_key(code), Partner)
        check_roles(partner.roles, keys)
        if not partner.active:
            equal("who is leaving has no credit", _limits(state, code).terms.credit, 0)
        if partner.status == PartnerStatus.LEFT:
            check_square(at(state, position_key(code), Position), code)
    membership = at(state, MEMBERSHIP_KEY, Membership)
    active = [code for code in directory.partners if at(state, partner_key(code), Partner).active]
    equal("who takes part has a seat", [each.partner for each in membership.members], active)
    check_membership(membership)
    _check_custody(state, directory, keys)
    for key, value in state.items():
        if isinstance(value, Application):
            equal("the size of an application's key", len(key), len(application_key(bytes(32))))
            holds("who applies has a record", account_key(key[1:]) in keys, value.code)


def _left(state: Mapping[bytes, Wire], code: str) -> bool:
    return at(state, partner_key(code), Partner).status == PartnerStatus.LEFT


def _limits(state: Mapping[bytes, Wire], code: str) -> Limits:
    return at(state, limits_key(code), Limits)


def check_square(position: Position, code: str) -> None:
    """Who has left neither owes nor is owed anything ([LEDGER-54])."""
    open_ = (position.net, position.payable, position.receivable)
    equal(f"what {code} left behind", open_, (0, 0, 0))


def check_membership(membership: Membership) -> None:
    """Seats are held by different keys; an admission is a change of members."""
    keys = [member.key for member in membership.members]
    equal("a key has one seat", len(dict.fromkeys(keys)), len(keys))
    at_most("an admission changes the members", membership.admitted, membership.changed)


def accounts_of(roles: Roles) -> tuple[bytes, bytes, bytes]:
    """Who acts for a partner: admin, issuer, cashier."""
    return roles.admin, roles.issuer, roles.cashier


def check_roles(roles: Roles, keys: Collection[bytes]) -> None:
    """Whoever has a role has a record ([GEN-8])."""
    for account in accounts_of(roles):
        holds("a role has a record", account_key(account) in keys, account.hex())


def _check_custody(
    state: Mapping[bytes, Wire], directory: Directory, keys: Collection[bytes]
) -> None:
    """Nobody holds its own reserve or judges its own payments ([GEN-11])."""
    found = {key: value for key, value in state.items() if isinstance(value, Custodian)}
    equal("custodians", sorted(found), sorted(map(custodian_key, directory.custodians)))
    for key, custodian in found.items():
        equal("a custodian stands under its code", key, custodian_key(custodian.code))
        holds("a custodian has a record", account_key(custodian.account) in keys, custodian)
        if custodian.partner is not None:
            known = partner_key(custodian.partner) in state
            holds("a custodian belongs to a partner", known, custodian)
    accounts = [custodian.account for custodian in found.values()]
    equal("custodians have accounts of their own", len(dict.fromkeys(accounts)), len(accounts))
    head = at(state, SETTLEMENT_KEY, Settlement)
    judge = at(state, custodian_key(head.custodian), Custodian)
    equal("who judges payments belongs to nobody", judge.partner, None)
    for code in directory.partners:
        partner = at(state, partner_key(code), Partner)
        holder = at(state, custodian_key(partner.custodian), Custodian)
        holds("nobody holds its own reserve", holder.partner != code, code)
        for account in accounts_of(partner.roles):
            holds("nobody attests its own reserve", account != holder.account, code)
            holds("nobody judges its own payments", account != judge.account, code)
