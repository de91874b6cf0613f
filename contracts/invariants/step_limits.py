"""A step's limits: what may count more, and when. Knows delays and signatures; no bank."""

from __future__ import annotations

from contracts import limits as rules
from contracts.invariants.calendar import has_come
from contracts.invariants.change import Step
from contracts.invariants.facts import at_most, equal, holds
from contracts.invariants.whole_limits import check_limits
from primitives.entries import Limits, Position, limits_key, position_key
from primitives.governance import AssignCustodian, SetLimits


def limits_step(step: Step, code: str) -> None:
    """Earmarks and overdue payments are counted; what rises, rises late; what falls was signed."""
    old, new = step.limits(code), step.after(limits_key(code), Limits)
    moves = step.of(code)
    equal("what is held for disputes", new.earmarked - old.earmarked, moves.earmarked)
    equal("payments that are overdue", new.overdue - old.overdue, moves.overdue)
    _voted_step(step, code, old, new)
    if old == new:
        return
    check_limits(new)
    _caps_step(step, code, old, new)
    _reserve_step(step, code, old, new)
    _advance_step(step, code, old, new)


def _voted_step(step: Step, code: str, old: Limits, new: Limits) -> None:
    """What others set changes by vote, and credit ends with leaving ([LEDGER-53], [LEDGER-67])."""
    voted = [each.limits for each in step.done(SetLimits) if each.partner == code]
    sets = [(each.credit, each.haircut, each.reserve_ceiling, each.claim_bound) for each in voted]
    was, terms = old.terms, new.terms
    allowed = sets or [(was.credit, was.haircut, was.reserve_ceiling, was.claim_bound)]
    others = (terms.haircut, terms.reserve_ceiling)
    holds("what others set was voted", others in [each[1:3] for each in allowed], others)
    if step.left(code):
        equal("who leaves has no credit", terms.credit, 0)
    else:
        holds("credit was voted", (terms.credit, *others) in [e[:3] for e in allowed], terms)
    bounds = [each[3] for each in allowed]
    if terms.claim_bound not in bounds:
        at_most("K only falls", terms.claim_bound, max(bounds))
        holds("K fell by the admin's word", step.by_admin(code), code)


def _advance_step(step: Step, code: str, old: Limits, new: Limits) -> None:
    """What others paid for it grows by what they paid, and falls by what it paid ([LEDGER-56])."""
    if old.advance == new.advance:
        return
    moves = step.of(code)
    before = old.advance.amount if old.advance else 0
    after = new.advance.amount if new.advance else 0
    at_most("what others paid was paid", after - before, moves.late_paid)
    at_most("what was paid back was paid", before - after, moves.paid)
    if new.advance is not None and (old.advance is None or new.advance.cycle != old.advance.cycle):
        holds("others paid what was late", any(each.debtor == code for each in step.late), code)


def _caps_step(step: Step, code: str, old: Limits, new: Limits) -> None:
    """A cap falls by the admin's word, and rises once that was asked for long enough ago."""
    waited = old.pending_caps
    mint, refund = old.terms.mint_per_day, old.terms.refund_per_day
    if waited is not None and has_come(waited.since, step.context.time):
        mint, refund = max(mint, waited.mint_per_day), max(refund, waited.refund_per_day)
    at_most("a cap rises after its delay", new.terms.mint_per_day, mint)
    at_most("a cap rises after its delay", new.terms.refund_per_day, refund)
    if step.by_admin(code):
        pending = new.pending_caps
        if pending is not None and pending != waited:
            since = step.context.time + step.context.parameters.increase_delay_ms
            equal("when a raised cap counts", pending.since, since)
        return
    at_most("a cap fell without a word", old.terms.mint_per_day, new.terms.mint_per_day)
    at_most("a cap fell without a word", old.terms.refund_per_day, new.terms.refund_per_day)
    if new.pending_caps is None:
        come = waited is None or has_come(waited.since, step.context.time)
        holds("what was asked for was forgotten", come, waited)
    else:
        equal("a cap was asked for without a word", new.pending_caps, waited)


def _reserve_step(step: Step, code: str, old: Limits, new: Limits) -> None:
    """More counts only after the delay; the attestation moves forward, by who may say so."""
    now, parameters = step.context.time, step.context.parameters
    pending = old.pending_reserve
    held = held_most(step, old)
    started = pending is not None and has_come(pending.since, now)
    counted = held if old.reserve_counts or started else 0
    at_most("a reserve counts more after its delay", rules.recognised(new), counted)
    at_most("a reserve grows after its delay", new.terms.reserve, held)
    before, attested = old.terms.reserve_attested, new.terms.reserve_attested
    said = step.by_admin(code) or step.by_custodian(code)
    if attested != before:
        at_most("attestations move forward", max(before, old.moved) + 1, attested)
        at_most("an attestation is not of the future", attested, now)
        holds("an attestation was sent in", said, code)
        _check_ceiling(new)
    if new.moved != old.moved:
        equal("when the reserve was last drawn or handed back", new.moved, now)
    waits = new.pending_reserve
    if waits is not None and (pending is None or waits.since != pending.since):
        equal("when an increase counts", waits.since, now + parameters.increase_delay_ms)
        holds("an increase was attested", attested != before, code)
    if attested == before:
        _check_release(step, code, old, new)
    if not said:
        _unsaid_reserve_step(step, code, old, new)


def _check_release(step: Step, code: str, old: Limits, new: Limits) -> None:
    """What left the reserve beyond payments was handed back: not while something is overdue."""
    moves = step.of(code)
    if old.terms.reserve - new.terms.reserve <= _drawn_most(step, code):
        return
    holds("a reserve is handed back by the admin", step.by_admin(code), code)
    equal("handed back while an increase waits", new.pending_reserve, None)
    overdue = old.overdue + moves.late_first
    at_most("handed back while something is overdue", overdue, moves.in_time_again)
    # What is drawn afterwards lowers what is owed by as much, and the limit by no more; but for
    # what the judge has it pay for others. Who leaves has no credit and no haircut any more.
    position = step.after(position_key(code), Position)
    owes = max(position.net + position.receivable, position.payable)
    covered = rules.recognised(new) if step.left(code) else rules.limit(new)
    covered += max(0, -moves.assumed) if step.by_judge() else 0
    at_most("what a reserve that was handed back stood behind", owes, covered)


def held_most(step: Step, old: Limits) -> int:
    """The most that was held in the step: as it was, or with an increase that came to count."""
    pending = old.pending_reserve
    if pending is not None and has_come(pending.since, step.context.time):
        return max(old.terms.reserve, pending.amount)
    return old.terms.reserve


def _drawn_most(step: Step, code: str) -> int:
    """The most that was drawn from a reserve: what its partner paid, for itself and for others.

    What others paid for it is in ``paid`` and in ``assumed``; what it paid for them is in neither
    but as less assumed.
    """
    moves = step.of(code)
    return max(0, moves.paid - moves.assumed + step.shared)


def _check_ceiling(new: Limits) -> None:
    """What is attested is within the ceiling."""
    pending = new.pending_reserve
    waits = pending is not None and pending.attested == new.terms.reserve_attested
    amount = pending.amount if pending is not None and waits else new.terms.reserve
    at_most("a reserve is attested up to its ceiling", amount, new.terms.reserve_ceiling)


def _unsaid_reserve_step(step: Step, code: str, old: Limits, new: Limits) -> None:
    """Without a word a reserve starts, lapses, or pays what its partner owes, and no more."""
    now, pending = step.context.time, old.pending_reserve
    started = pending is not None and has_come(pending.since, now)
    held = pending.amount if pending is not None and started else old.terms.reserve
    fallen = max(0, min(held, old.terms.reserve) - new.terms.reserve)
    at_most("what left the reserve was paid", fallen, _drawn_most(step, code))
    if fallen:
        equal("when the reserve was last drawn", new.moved, now)
    if any(each.partner == code for each in step.done(AssignCustodian)):
        return
    if old.reserve_counts and not new.reserve_counts and new.terms.reserve:
        lapse = old.terms.reserve_attested + step.context.parameters.reserve_lapse_ms
        holds("a reserve lapsed before its time", has_come(lapse, now), code)
