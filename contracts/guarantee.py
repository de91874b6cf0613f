"""What the others' reserves stand for when a partner does not pay. Knows shares; no deadline.

A genesis share of each partner's reserve guarantees the payments of the others. It pays what a
debtor's own reserve could not, a payment term after that; the debtor goes on owing the pool as much
as before, and those who paid are owed it: the next cycle squares them ([LEDGER-55]).
"""

from __future__ import annotations

from msgspec.structs import replace

from contracts import limits as rules
from contracts import netting, partners, reserves
from contracts.context import BlockContext
from contracts.state import Draft
from primitives.entries import Advance, Obligation
from primitives.genesis import BASIS_POINTS
from primitives.receipt import ReserveDrawn


def pay(
    draft: Draft,
    context: BlockContext,
    name: tuple[int, int],
    obligation: Obligation,
    paid: int,
) -> int:
    """Pay what is outstanding beyond ``paid`` as far as the shares go; gives the units.

    Only the cycles of a debtor's first default are guaranteed until it paid that back: what it owes
    in later ones is what it owes to those who paid, and would go in a circle ([LEDGER-56]).
    """
    debtor = obligation.debtor
    limits = rules.of(draft, debtor)
    before = limits.advance
    if before is not None and name[0] > before.cycle:
        return 0
    shares = _shares(draft, context, (debtor, obligation.creditor))
    amount = min(obligation.outstanding - paid, sum(shares.values()))
    if not amount:
        return 0
    for code, units in netting.apportion(amount, shares).items():
        without = reserves.without(rules.of(draft, code), context, units)
        rules.put(draft, code, without)
        draft.events.append(ReserveDrawn(code, *name, units))
        partners.shift(draft, code, -units)
    partners.shift(draft, debtor, amount)
    advance = Advance(amount, name[0])
    if before is not None:
        advance = Advance(before.amount + amount, before.cycle)
    rules.put(draft, debtor, replace(limits, advance=advance))
    return amount


def repay(draft: Draft, debtor: str, cycle: int, amount: int) -> None:
    """The debtor paid ``amount`` units of an obligation of ``cycle`` by itself ([LEDGER-56])."""
    limits = rules.of(draft, debtor)
    advance = limits.advance
    if advance is None or cycle <= advance.cycle:
        return
    left = advance.amount - amount
    advance = Advance(left, advance.cycle) if left > 0 else None
    rules.put(draft, debtor, replace(limits, advance=advance))


def _shares(draft: Draft, context: BlockContext, but: tuple[str, ...]) -> dict[str, int]:
    """What each other partner stands for: a share of its reserve that no dispute holds."""
    share = context.parameters.guarantee_share
    found = {}
    for code in partners.active(draft):
        units = reserves.available(rules.of(draft, code)) * share // BASIS_POINTS
        if units and code not in but:
            found[code] = units
    return found
