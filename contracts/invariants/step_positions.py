"""A step's positions, redemptions and single-use ids. Knows where each figure must come from."""

from __future__ import annotations

from msgspec.structs import replace

from contracts import limits as rules
from contracts.invariants.calendar import has_come
from contracts.invariants.change import Moves, Step, partner_in
from contracts.invariants.facts import at_most, equal, holds
from primitives.encoding import Wire
from primitives.entries import (
    Day,
    Limits,
    Mark,
    MarkKind,
    Position,
    Redemption,
    day_key,
    limits_key,
    position_key,
)


def mark_step(step: Step, key: bytes, old: Wire | None, new: Mark) -> None:
    """A single-use id is used once, now, by who may use its partner's ids ([LEDGER-12])."""
    equal("a mark is made once", old, None)
    equal("a mark is of its block", new.height, step.context.height)
    code = partner_in(key)
    kind = key[2 + len(code)]
    moves, roles = step.of(code), step.roles(code)
    if kind == MarkKind.COMMITMENT:
        holds("a deposit is noted by the issuer", roles.issuer in step.signed, code)
        moves.deposits += 1
    else:
        equal("the kind of a mark", kind, MarkKind.REFUND)
        holds("a refund is noted by the cashier", roles.cashier in step.signed, code)
        moves.refunds += 1


def redemption_step(step: Step, key: bytes, old: Wire | None, new: Redemption) -> None:
    """An invoice is redeemed once, by who signed; after that only refunds grow ([LEDGER-18])."""
    moves = step.of(partner_in(key))
    at_most("refunds of an invoice within what was redeemed", new.refunded, new.amount)
    if old is None:
        holds("who redeemed signed", new.payer in step.signed, new.payer.hex())
        equal("a redemption is of its block", new.height, step.context.height)
        moves.redeemed += new.amount
        moves.refunded += new.refunded
        return
    assert isinstance(old, Redemption)
    kept = (old.payer, old.amount, old.transaction, old.height)
    equal("a redemption stays", (new.payer, new.amount, new.transaction, new.height), kept)
    at_most("refunds only grow", old.refunded, new.refunded)
    moves.refunded += new.refunded - old.refunded


def position_step(step: Step, code: str) -> None:
    """A position moves by what was redeemed, refunded and settled, and within the limit."""
    key = position_key(code)
    old, new = step.before(key, Position), step.after(key, Position)
    moves = step.of(code)
    moved = (
        new.redeemed - old.redeemed,
        new.refunded - old.refunded,
        new.paid - old.paid,
        new.received - old.received,
        new.payable - old.payable,
        new.receivable - old.receivable,
        new.assumed - old.assumed,
    )
    counted = (
        moves.redeemed,
        moves.refunded,
        moves.paid,
        moves.received,
        moves.payable,
        moves.receivable,
        0,
    )
    equal(f"what moved the position of {code}", moved, counted)
    minted = new.minted - old.minted
    equal("minted is what was deposited", minted > 0, moves.deposits > 0)
    equal("refunded is what was noted", moves.refunded > 0, moves.refunds > 0)
    _day_step(step, code, minted, moves.refunded)
    if minted or moves.refunded:
        _check_room(step, code, new)
    if minted:
        _check_in_time(step, code, moves)
    if moves.redeemed:
        bound = step.before(limits_key(code), Limits).terms.claim_bound
        at_most("what others owe within K", new.owed, bound)


def _day_step(step: Step, code: str, minted: int, refunded: int) -> None:
    """The day counts what was issued, and no day but today changes ([LEDGER-9])."""
    key = day_key(code)
    old, new = step.old(key), step.new(key)
    if old == new:
        equal("issued without being counted", (minted, refunded), (0, 0))
        return
    assert isinstance(new, Day)
    equal("a day is counted in which it is", new.day, step.context.day)
    same = isinstance(old, Day) and old.day == new.day
    before = (old.minted, old.refunded) if same and isinstance(old, Day) else (0, 0)
    grown = (new.minted - before[0], new.refunded - before[1])
    equal("what was counted today", grown, (minted, refunded))


def _check_room(step: Step, code: str, position: Position) -> None:
    """D and open receivables within the most that the limit was in the step, caps likewise."""
    key = limits_key(code)
    old, new = step.before(key, Limits), step.after(key, Limits)
    now = step.context.time
    most = max(rules.limit(old), rules.limit(new))
    pending = old.pending_reserve
    if pending is not None and has_come(pending.since, now):
        most = max(most, rules.limit(_started(old, pending.amount)))
    at_most("D and receivables within the limit", position.net + position.receivable, most)
    day = step.after(day_key(code), Day)
    mint = max(old.terms.mint_per_day, new.terms.mint_per_day)
    refund = max(old.terms.refund_per_day, new.terms.refund_per_day)
    caps = old.pending_caps
    if caps is not None and has_come(caps.since, now):
        mint, refund = max(mint, caps.mint_per_day), max(refund, caps.refund_per_day)
    if position.minted > step.before(position_key(code), Position).minted:
        at_most("minted today within the cap", day.minted, mint)
    if position.refunded > step.before(position_key(code), Position).refunded:
        at_most("refunded today within the cap", day.refunded, refund)


def _started(limits: Limits, reserve: int) -> Limits:
    return replace(limits, terms=replace(limits.terms, reserve=reserve), reserve_counts=True)


def _check_in_time(step: Step, code: str, moves: Moves) -> None:
    """Nobody mints while something is overdue from beginning to end ([LEDGER-31])."""
    overdue = step.before(limits_key(code), Limits).overdue + moves.late_first
    at_most("minted while something is overdue", overdue, moves.in_time_again)
