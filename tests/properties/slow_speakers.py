"""Who speaks for whom, and what a partner may owe, told slowly from docs/spec/ledger.md.

Every other part of the slow ledger asks here. Shares no rule with ``contracts``.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import floor
from typing import NamedTuple

from primitives.membership import Role
from tests.properties.slow_book import Desk


class Keeper(NamedTuple):
    """A custodian as it stands."""

    name: str
    account: bytes
    partner: str | None


def keeper(desk: Desk, code: str) -> Keeper | None:
    found = desk.book.word("custodian", code)
    assert found is None or isinstance(found, Keeper)
    return found


def custodian_of(desk: Desk, partner: str) -> bytes:
    """Who holds the partner's reserve."""
    found = keeper(desk, desk.book.word("held by", partner))
    assert found is not None
    return found.account


def judge(desk: Desk) -> bytes:
    """The settlement custodian's account."""
    found = keeper(desk, desk.book.word("judge"))
    assert found is not None
    return found.account


def account_of(desk: Desk, partner: str, role: Role) -> bytes:
    return bytes(desk.book.word("role", partner, role))


def roles_of(desk: Desk, partner: str) -> list[bytes]:
    return [account_of(desk, partner, role) for role in Role]


def not_its_admin(desk: Desk, code: str, sender: bytes) -> str | None:
    if code not in desk.codes():
        return "partner_unknown"
    return None if sender == account_of(desk, code, Role.ADMIN) else "not_admin"


def not_its_active_admin(desk: Desk, code: str, sender: bytes) -> str | None:
    refusal = not_its_admin(desk, code, sender)
    if refusal is None and code not in desk.active():
        return "partner_leaving"
    return refusal


def recognised(desk: Desk, code: str) -> int:
    """[LEDGER-8]"""
    return min(desk.counting(code), int(desk.book.word("voted", code).reserve_ceiling))


def limit(desk: Desk, code: str) -> int:
    """L [LEDGER-8]"""
    voted = desk.book.word("voted", code)
    credit = voted.credit if code in desk.active() else 0  # [LEDGER-53]
    return int(credit + recognised(desk, code) * (10_000 - voted.haircut) // 10_000)


def has_room(desk: Desk, code: str, amount: int) -> bool:
    return desk.position(code) + desk.receivable(code) + amount <= limit(desk, code)


def in_proportion(amount: int, weights: Mapping[str, int]) -> dict[str, int]:
    """The amount, split exactly; units that are left go to the largest remainders, then by code."""
    whole = sum(weights.values())
    exact = {code: Fraction(amount * weight, whole) for code, weight in weights.items()}
    parts = {code: floor(share) for code, share in exact.items()}
    for code in sorted(weights, key=lambda c: (floor(exact[c]) - exact[c], c)):
        if sum(parts.values()) < amount:
            parts[code] += 1
    return {code: parts[code] for code in sorted(parts) if parts[code]}
