"""How much a partner may come to owe. Knows reserve, haircut, credit, caps; not who may mint.

L = recognised reserve * (1 - haircut) + credit, in units, the reserve's part rounded down. A
partner may issue while D + open receivables + amount <= L ([LEDGER-8]): what it will be paid makes
it owe the pool again. Nothing here ever lowers a balance.
"""

from __future__ import annotations

from msgspec.structs import replace

from contracts import due as calendar
from contracts import partners
from contracts.context import BlockContext
from contracts.state import Draft, Entries
from primitives.actions import LowerClaimBound, SetDailyCaps
from primitives.entries import (
    CapsStart,
    Day,
    Limits,
    PendingCaps,
    Position,
    day_key,
    limits_key,
)
from primitives.genesis import BASIS_POINTS
from primitives.receipt import ClaimBoundLowered, DailyCapsChanged, Outcome
from primitives.transaction import Decoded


def of(entries: Entries, partner: str) -> Limits:
    """The limits of a partner that exists."""
    found = entries.entry(limits_key(partner), Limits)
    assert found is not None, partner
    return found


def put(entries: Entries, partner: str, limits: Limits) -> None:
    """Replace the limits of a partner that exists."""
    entries.put(limits_key(partner), limits)


def recognised(limits: Limits) -> int:
    """The reserve that counts, in units: what is held, as far as the others recognise it."""
    terms = limits.terms
    return min(terms.reserve, terms.reserve_ceiling) if limits.reserve_counts else 0


def limit(limits: Limits) -> int:
    """L in units: the most that the partner may owe the pool."""
    terms = limits.terms
    return terms.credit + recognised(limits) * (BASIS_POINTS - terms.haircut) // BASIS_POINTS


def suspended(limits: Limits) -> bool:
    """Whether the partner mints nothing: it did not pay in time, or others paid for it."""
    return limits.overdue > 0 or limits.advance is not None


def has_room(limits: Limits, position: Position, amount: int) -> bool:
    """Whether the partner may owe ``amount`` units more ([LEDGER-8])."""
    return position.net + position.receivable + amount <= limit(limits)


def covers(limits: Limits, position: Position) -> bool:
    """Whether the limit covers what the partner owes or may come to owe by what was agreed on.

    That is D once all receivables came in, or once the partner was paid for all it sold and paid
    nothing of what it has to: ``payable``, however low D is meanwhile ([LEDGER-25]).
    """
    return max(position.net + position.receivable, position.payable) <= limit(limits)


def day_of(entries: Entries, context: BlockContext, partner: str) -> Day:
    """What the partner minted and refunded so far in the day of block time ([LEDGER-9])."""
    day = entries.entry(day_key(partner), Day)
    return day if day is not None and day.day == context.day else Day(context.day, 0, 0)


def add_minted(entries: Entries, context: BlockContext, partner: str, amount: int) -> None:
    """Count ``amount`` minted units into the partner's day."""
    day = day_of(entries, context, partner)
    entries.put(day_key(partner), Day(day.day, day.minted + amount, day.refunded))


def add_refunded(entries: Entries, context: BlockContext, partner: str, amount: int) -> None:
    """Count ``amount`` refunded units into the partner's day."""
    day = day_of(entries, context, partner)
    entries.put(day_key(partner), Day(day.day, day.minted, day.refunded + amount))


def lower_claim_bound(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:  # noqa: ARG001  a contract's signature
    """Let others come to owe the sender's partner less, at once ([LEDGER-21])."""
    action = decoded.transaction.action
    assert isinstance(action, LowerClaimBound)
    refusal = partners.admin_refusal(draft, action.partner, decoded)
    if refusal is not None:
        return refusal
    limits = of(draft, action.partner)
    if action.claim_bound >= limits.terms.claim_bound:
        return Outcome.CLAIM_BOUND_NOT_LOWER
    terms = replace(limits.terms, claim_bound=action.claim_bound)
    put(draft, action.partner, replace(limits, terms=terms))
    draft.events.append(ClaimBoundLowered(action.partner, action.claim_bound))
    return Outcome.DONE


def set_daily_caps(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """Bound a day's minting and refunding: a lower cap at once, a higher one later ([LEDGER-22]).

    Caps that were raised before and are not in force yet are forgotten.
    """
    action = decoded.transaction.action
    assert isinstance(action, SetDailyCaps)
    refusal = partners.admin_refusal(draft, action.partner, decoded)
    if refusal is not None:
        return refusal
    limits = of(draft, action.partner)
    terms = limits.terms
    mint = min(action.mint_per_day, terms.mint_per_day)
    refund = min(action.refund_per_day, terms.refund_per_day)
    pending = None
    if (mint, refund) != (action.mint_per_day, action.refund_per_day):
        since = context.time + context.parameters.increase_delay_ms
        pending = PendingCaps(action.mint_per_day, action.refund_per_day, since)
        calendar.insert(draft, since, CapsStart(action.partner, since))
    lowered = replace(terms, mint_per_day=mint, refund_per_day=refund)
    put(draft, action.partner, replace(limits, terms=lowered, pending_caps=pending))
    if lowered != terms:
        draft.events.append(DailyCapsChanged(action.partner, mint, refund))
    return Outcome.DONE


def caps_start(draft: Draft, context: BlockContext, item: CapsStart) -> None:  # noqa: ARG001  as all that falls due
    """Put raised caps into force, unless others were asked for since ([LEDGER-22])."""
    limits = of(draft, item.partner)
    pending = limits.pending_caps
    if pending is None or pending.since != item.since:
        return
    caps = (pending.mint_per_day, pending.refund_per_day)
    terms = replace(limits.terms, mint_per_day=caps[0], refund_per_day=caps[1])
    put(draft, item.partner, replace(limits, terms=terms, pending_caps=None))
    draft.events.append(DailyCapsChanged(item.partner, *caps))
