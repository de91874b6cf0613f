"""A step's positions, redemptions and single-use ids. Knows where each figure must come from."""

from __future__ import annotations

from msgspec.structs import replace

from contracts import limits as rules
from contracts.invariants.calendar import has_come
from contracts.invariants.change import Moves, Step, partner_in
from contracts.invariants.facts import at_most, equal, holds
from contracts.invariants.step_limits import held_most
from primitives.encoding import Wire
from primitives.entries import (
    Day,
    Limits,
    Mark,
    MarkKind,
    Obligation,
    Position,
    Redemption,
    day_key,
    limits_key,
    obligation_key,
    position_key,
)
from primitives.genesis import BASIS_POINTS
from primitives.governance import SetLimits, ShareObligation, SharePosition, VotedLimits
from primitives.membership import Role


def mark_step(step: Step, key: bytes, old: Wire | None, new: Mark) -> None:
    """A single-use id is used once, now, by who may use its partner's ids ([LEDGER-12])."""
    equal("a mark is made once", old, None)
    equal("a mark is of its block", new.height, step.context.height)
    code = partner_in(key)
    kind = key[2 + len(code)]
    moves = step.of(code)
    if kind == MarkKind.COMMITMENT:
        holds("a deposit is noted by the issuer", step.by_role(code, Role.ISSUER), code)
        moves.deposits += 1
    else:
        equal("the kind of a mark", kind, MarkKind.REFUND)
        holds("a refund is noted by the cashier", step.by_role(code, Role.CASHIER), code)
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
    old, new = step.position(code), step.after(position_key(code), Position)
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
        moves.assumed,
    )
    equal(f"what moved the position of {code}", moved, counted)
    minted = new.minted - old.minted
    equal("minted is what was deposited", minted > 0, moves.deposits > 0)
    equal("refunded is what was noted", moves.refunded > 0, moves.refunds > 0)
    if moves.assumed:
        _check_assumed(step, code, moves)
    _day_step(step, code, minted, moves.refunded)
    if minted or moves.refunded:
        _check_room(step, code, new)
    if minted:
        holds("who is leaving mints nothing", step.partner(code).active, code)
        _check_in_time(step, code, moves)
    if moves.redeemed:
        _check_sale(step, code, new)


def _check_sale(step: Step, code: str, position: Position) -> None:
    """LiqBon is spent where there is a till, up to K ([LEDGER-17])."""
    partner = step.partner(code)
    holds("who sells takes part and has a till", partner.active and partner.kind.has_till, code)
    limits = (step.limits(code), step.after(limits_key(code), Limits))
    voted = [each.limits.claim_bound for each in step.done(SetLimits) if each.partner == code]
    bound = max(*(each.terms.claim_bound for each in limits), *voted)
    # What others' reserves paid after the sale by the judge's word is owed beyond it.
    since = max(0, -step.of(code).assumed) if step.by_judge() else 0
    at_most("what others owe within K", position.owed - since, bound)


def _check_assumed(step: Step, code: str, moves: Moves) -> None:
    """A position is shifted where reserves paid for others, and where losses are shared.

    Who did not pay assumes what others' reserves paid of its late obligations ([LEDGER-55]); who
    paid is relieved, by no more than its reserve lost. By what losses are shared is looked at
    where only they are (``step_governance``).
    """
    if moves.assumed > 0:
        at_most("what others paid for it", moves.assumed, moves.late_paid + step.shared)
        _check_noted(step, code, moves)
        return
    paid = -moves.assumed
    relieved = sum(m.amount for m in step.done(SharePosition) if m.partner == code)
    for measure in step.done(ShareObligation):
        key = obligation_key(measure.cycle, measure.place)
        obligation = step.before(key, Obligation)
        relieved += obligation.outstanding if obligation.creditor == code else 0
    paid -= relieved
    if paid <= 0:
        return
    limits, after = step.limits(code), step.after(limits_key(code), Limits)
    held = held_most(step, limits)
    at_most("what its reserve paid for others", paid, held - after.terms.reserve)
    equal("when its reserve last paid", after.moved, step.context.time)
    holds("who stands for others takes part", step.was_active(code), code)
    strangers = [each for each in step.late if code not in (each.debtor, each.creditor)]
    at_most("a reserve stands for payments of others", 1, len(strangers))
    # To be drawn again in the same block an obligation has to be claimed, denied and judged.
    draws = len(strangers) * (1 + step.transactions // 3)
    share = -(-held * step.context.parameters.guarantee_share // BASIS_POINTS)
    at_most("a share of its reserve stands for others", paid, draws * share)


def _check_noted(step: Step, code: str, moves: Moves) -> None:
    """What others paid for it is its advance, less what it paid back of it ([LEDGER-56]).

    What it paid by itself is what was paid less what others paid: so that counts twice.
    """
    old, new = step.limits(code).advance, step.after(limits_key(code), Limits).advance
    noted = (new.amount if new else 0) - (old.amount if old else 0)
    paid = moves.assumed - step.shared
    at_most("what others paid is noted", 2 * paid, noted + moves.paid)


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
    old, new = step.limits(code), step.after(limits_key(code), Limits)
    now = step.context.time
    most = max(rules.limit(each) for each in (old, new, *_between(step, code, old)))
    at_most("D and receivables within the limit", position.net + position.receivable, most)
    day = step.after(day_key(code), Day)
    mint = max(old.terms.mint_per_day, new.terms.mint_per_day)
    refund = max(old.terms.refund_per_day, new.terms.refund_per_day)
    caps = old.pending_caps
    if caps is not None and has_come(caps.since, now):
        mint, refund = max(mint, caps.mint_per_day), max(refund, caps.refund_per_day)
    if position.minted > step.position(code).minted:
        at_most("minted today within the cap", day.minted, mint)
    if position.refunded > step.position(code).refunded:
        at_most("refunded today within the cap", day.refunded, refund)


def _between(step: Step, code: str, old: Limits) -> list[Limits]:
    """What the limits may have been in the step: as voted, with a reserve that began to count."""
    voted = [each.limits for each in step.done(SetLimits) if each.partner == code]
    found = [old, *(_as_voted(old, each) for each in voted)]
    pending = old.pending_reserve
    if pending is not None and has_come(pending.since, step.context.time):
        found += [_started(each, pending.amount) for each in found]
    return found


def _as_voted(limits: Limits, voted: VotedLimits) -> Limits:
    terms = replace(
        limits.terms,
        credit=voted.credit,
        reserve_ceiling=voted.reserve_ceiling,
        haircut=voted.haircut,
    )
    return replace(limits, terms=terms)


def _started(limits: Limits, reserve: int) -> Limits:
    return replace(limits, terms=replace(limits.terms, reserve=reserve), reserve_counts=True)


def _check_in_time(step: Step, code: str, moves: Moves) -> None:
    """Nobody mints while something is overdue, or others paid for it ([LEDGER-31], [LEDGER-56])."""
    old, new = step.limits(code), step.after(limits_key(code), Limits)
    overdue = old.overdue + moves.late_first
    at_most("minted while something is overdue", overdue, moves.in_time_again)
    if old.advance is not None:
        at_most("minted before others were paid back", old.advance.amount, moves.paid)
    if new.advance is not None:
        holds("minted while others pay for it", step.by_judge(), code)
