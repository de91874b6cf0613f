"""What the others' reserves stand for when a partner does not pay. Knows shares; no deadline.

A genesis share of the partners' reserves guarantees the payments of the others. It pays what a
debtor's own reserve could not, a payment term after that; the debtor goes on owing the pool as much
as before, and those who paid are owed it: the next cycle squares them ([LEDGER-55]). What was paid
and not paid back counts against the share, or a debt that stays would eat up whole reserves.
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
    free = _free(draft, (debtor, obligation.creditor))
    amount = min(obligation.outstanding - paid, _room(draft, context, sum(free.values())))
    if amount <= 0:
        return 0
    for code, units in netting.apportion(amount, free).items():
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


def _free(draft: Draft, but: tuple[str, ...]) -> dict[str, int]:
    """What no dispute holds of the reserve of each partner that stands for the others, in units."""
    units = {code: reserves.available(rules.of(draft, code)) for code in partners.active(draft)}
    return {code: free for code, free in units.items() if free and code not in but}


def _room(draft: Draft, context: BlockContext, free: int) -> int:
    """How much more the share allows: of all that is free, and that was paid and is not back."""
    codes = partners.directory(draft).partners
    advances = [rules.of(draft, code).advance for code in codes]
    paid = sum(advance.amount for advance in advances if advance is not None)
    return (free + paid) * context.parameters.guarantee_share // BASIS_POINTS - paid
