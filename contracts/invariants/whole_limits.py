"""Limits of a whole state: what is held and what waits. Knows reserves and caps; not who attests.

The limit itself is no fact of a state: a reserve may lapse, or pay, below what was issued on it.
"""

from __future__ import annotations

from collections.abc import Mapping

from contracts.invariants.calendar import Alarms, check_alarm
from contracts.invariants.facts import at, at_most, equal, holds
from primitives.encoding import Wire
from primitives.entries import (
    SETTLEMENT_KEY,
    CapsStart,
    Limits,
    Obligation,
    ReserveLapse,
    ReserveStart,
    Settlement,
    limits_key,
)


def check(state: Mapping[bytes, Wire], codes: tuple[str, ...], alarms: Alarms) -> None:
    """Earmarks and overdue payments are those of the obligations; what waits is in the calendar."""
    closing = at(state, SETTLEMENT_KEY, Settlement).cycle
    earmarked = dict.fromkeys(codes, 0)
    overdue = dict.fromkeys(codes, 0)
    for value in state.values():
        if isinstance(value, Obligation):
            earmarked[value.debtor] += value.earmark
            overdue[value.debtor] += value.late
    for code in codes:
        limits = at(state, limits_key(code), Limits)
        equal(f"what is held for disputes of {code}", limits.earmarked, earmarked[code])
        equal(f"payments of {code} that are overdue", limits.overdue, overdue[code])
        check_limits(limits)
        if limits.advance is not None:
            at_most("others paid in a cycle that closed", limits.advance.cycle + 1, closing)
        _check_alarms(alarms, code, limits)


def check_limits(limits: Limits) -> None:
    """What waits is more than what is held, and of the same attestation.

    Both may stand above the ceiling, if it was lowered since: they count up to it ([LEDGER-67]).
    """
    terms, pending = limits.terms, limits.pending_reserve
    holds("what counts is there", terms.reserve > 0 or not limits.reserve_counts, limits)
    if pending is not None:
        at_most("an increase waits", terms.reserve, pending.amount)
        equal(
            "an increase is the newest that was attested", pending.attested, terms.reserve_attested
        )
    caps = limits.pending_caps
    if caps is not None:
        at_most("a raised cap waits", terms.mint_per_day, caps.mint_per_day)
        at_most("a raised cap waits", terms.refund_per_day, caps.refund_per_day)


def _check_alarms(alarms: Alarms, code: str, limits: Limits) -> None:
    attested, pending, caps = (
        limits.terms.reserve_attested,
        limits.pending_reserve,
        limits.pending_caps,
    )
    if limits.reserve_counts or pending is not None:
        holds("a reserve lapses by itself", ReserveLapse(code, attested) in alarms, limits)
    if pending is not None:
        check_alarm(alarms, ReserveStart(code, pending.attested), pending.since)
    if caps is not None:
        check_alarm(alarms, CapsStart(code, caps.since), caps.since)
