"""Who pays whom so that every claim is met. Knows sums of whole units; no state, no partner's rule.

Claims are met in full. What each debtor pays is its share of them by largest remainder (Hamilton's
method), which is as near to exact proportion as whole units can be. Payments are then as few as
they can be while few parties take part, and at most one fewer than the parties always.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

EXACT_PARTIES: Final = 12
"""Up to so many parties payments are the fewest possible. Finding them takes 2^parties steps."""


class Payment(msgspec.Struct, frozen=True):
    """``amount`` units, at least one, that one party pays another."""

    debtor: str
    creditor: str
    amount: int


def shares(expected: Mapping[str, int]) -> dict[str, int]:
    """What each party pays (positive) or is paid (negative), in units; the sum is zero.

    ``expected`` is E of each party; its sum is not negative ([LEDGER-28]). Creditors, those below
    zero, are paid in full; debtors, above zero, pay in proportion. Parties that neither pay nor are
    paid are left out.
    """
    claims = {party: -e for party, e in expected.items() if e < 0}
    debts = {party: e for party, e in expected.items() if e > 0}
    total, owed = sum(claims.values()), sum(debts.values())
    assert owed >= total, (owed, total)
    if not total:
        return {}
    moves = apportion(total, debts) | {party: -claim for party, claim in claims.items()}
    return dict(sorted(moves.items()))


def apportion(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """``total`` units among the parties, in proportion to ``weights``; who gets none is left out.

    The weights are not negative, and one is above zero. Each gets its share rounded down; the units
    that are left go one each to the largest remainders, ties by name.
    """
    whole = sum(weights.values())
    given = {party: total * weight // whole for party, weight in weights.items()}
    left = total - sum(given.values())
    by_remainder = sorted(weights, key=lambda party: (-(total * weights[party] % whole), party))
    for party in by_remainder[:left]:
        given[party] += 1
    return {party: given[party] for party in sorted(given) if given[party]}


def payments(moves: Mapping[str, int]) -> list[Payment]:
    """Payments that carry out ``moves`` (as ``shares`` gives them), in a fixed order ([LEDGER-29]).

    Parties whose moves cancel out among themselves square their accounts among themselves: each
    such group saves one payment. With up to ``EXACT_PARTIES`` parties as many groups as possible
    are found; beyond, parties that cancel out in pairs are, and the others form one group.
    """
    assert not sum(moves.values()), moves
    parties = sorted(party for party, move in moves.items() if move)
    groups = _groups(parties, moves) if len(parties) <= EXACT_PARTIES else _pairs(parties, moves)
    found = [payment for group in groups for payment in _within(group, moves)]
    return sorted(found, key=lambda p: (p.debtor, p.creditor))


def _within(group: Iterable[str], moves: Mapping[str, int]) -> list[Payment]:
    """At most one payment fewer than there are parties: each one squares a debtor or a creditor.

    The largest debtor pays the largest creditor, ties by name.
    """
    ranked = sorted(group, key=lambda party: (-abs(moves[party]), party))
    debtors = [party for party in ranked if moves[party] > 0]
    creditors = [party for party in ranked if moves[party] < 0]
    left = {party: abs(moves[party]) for party in ranked}
    found: list[Payment] = []
    d = c = 0
    while d < len(debtors) and c < len(creditors):
        debtor, creditor = debtors[d], creditors[c]
        amount = min(left[debtor], left[creditor])
        found.append(Payment(debtor, creditor, amount))
        left[debtor] -= amount
        left[creditor] -= amount
        d += not left[debtor]
        c += not left[creditor]
    assert not any(left.values()), moves
    return found


def _groups(parties: Sequence[str], moves: Mapping[str, int]) -> list[list[str]]:
    """As many groups as possible whose moves cancel out.

    ``best[mask]`` is how often the running sum of the parties of ``mask``, in the best order, is
    zero: the stretches between zeros are the groups. Of the parties that may come last the lowest
    is taken, so that all find the same groups.
    """
    count = len(parties)
    sums = [0] * (1 << count)
    best = [0] * (1 << count)
    last = [0] * (1 << count)
    for mask in range(1, 1 << count):
        low = (mask & -mask).bit_length() - 1
        sums[mask] = sums[mask & (mask - 1)] + moves[parties[low]]
        chosen = -1
        for place in range(count):
            if mask >> place & 1 and best[mask ^ (1 << place)] > chosen:
                chosen = best[mask ^ (1 << place)]
                last[mask] = place
        best[mask] = chosen + (not sums[mask])
    groups: list[list[str]] = []
    mask = (1 << count) - 1
    while mask:
        if not sums[mask]:
            groups.append([])
        groups[-1].append(parties[last[mask]])
        mask ^= 1 << last[mask]
    return groups


def _pairs(parties: Sequence[str], moves: Mapping[str, int]) -> list[list[str]]:
    """Pairs that cancel out, first come first matched; then all others together."""
    waiting: dict[int, list[str]] = {}
    groups: list[list[str]] = []
    for party in parties:
        partners = waiting.get(-moves[party])
        if partners:
            groups.append([partners.pop(0), party])
        else:
            waiting.setdefault(moves[party], []).append(party)
    rest = [party for same in waiting.values() for party in same]
    return [*groups, rest] if rest else groups
