"""A step's limits: what may count more, and when. Knows delays and signatures; no bank."""

from __future__ import annotations

from contracts import limits as rules
from contracts.invariants.calendar import has_come
from contracts.invariants.change import Step
from contracts.invariants.facts import at_most, equal, holds
from contracts.invariants.whole_limits import check_limits
from primitives.entries import Limits, Position, limits_key, position_key


def limits_step(step: Step, code: str) -> None:
    """Earmarks and overdue payments are counted; what rises, rises late; what falls was signed."""
    key = limits_key(code)
    old, new = step.before(key, Limits), step.after(key, Limits)
    moves = step.of(code)
    equal("what is held for disputes", new.earmarked - old.earmarked, moves.earmarked)
    equal("payments that are overdue", new.overdue - old.overdue, moves.overdue)
    if old == new:
        return
    check_limits(new)
    was, terms = old.terms, new.terms
    voted = (was.credit, was.haircut, was.reserve_ceiling)
    equal("what others set", (terms.credit, terms.haircut, terms.reserve_ceiling), voted)
    if terms.claim_bound != was.claim_bound:
        at_most("K only falls", terms.claim_bound, was.claim_bound)
        holds("K fell by the admin's word", step.by_admin(code), code)
    _caps_step(step, code, old, new)
    _reserve_step(step, code, old, new)


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
    counted, held = rules.recognised(old), old.terms.reserve
    if pending is not None and has_come(pending.since, now):
        counted, held = max(counted, pending.amount), max(held, pending.amount)
    at_most("a reserve counts more after its delay", rules.recognised(new), counted)
    at_most("a reserve grows after its delay", new.terms.reserve, held)
    before, attested = old.terms.reserve_attested, new.terms.reserve_attested
    said = step.by_admin(code) or step.by_custodian(code)
    if attested != before:
        at_most("attestations move forward", max(before, old.moved) + 1, attested)
        at_most("an attestation is not of the future", attested, now)
        holds("an attestation was sent in", said, code)
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
    if old.terms.reserve - new.terms.reserve <= moves.paid:
        return
    holds("a reserve is handed back by the admin", step.by_admin(code), code)
    equal("handed back while an increase waits", new.pending_reserve, None)
    overdue = old.overdue + moves.late_first
    at_most("handed back while something is overdue", overdue, moves.in_time_again)
    # What is drawn afterwards lowers what is owed by as much, and the limit by no more.
    position = step.after(position_key(code), Position)
    owes = max(position.net + position.receivable, position.payable)
    at_most("what a reserve that was handed back stood behind", owes, rules.limit(new))


def _unsaid_reserve_step(step: Step, code: str, old: Limits, new: Limits) -> None:
    """Without a word a reserve starts, lapses, or pays what its partner owes, and no more."""
    now, pending = step.context.time, old.pending_reserve
    started = pending is not None and has_come(pending.since, now)
    held = pending.amount if pending is not None and started else old.terms.reserve
    fallen = max(0, min(held, old.terms.reserve) - new.terms.reserve)
    at_most("what left the reserve was paid", fallen, step.of(code).paid)
    if fallen:
        equal("when the reserve was last drawn", new.moved, now)
    if old.reserve_counts and not new.reserve_counts and new.terms.reserve:
        lapse = old.terms.reserve_attested + step.context.parameters.reserve_lapse_ms
        holds("a reserve lapsed before its time", has_come(lapse, now), code)
