"""Cycles, obligations and redemptions as documents of ``client.views``. Asks nobody."""

from __future__ import annotations

from client import views
from client.fields import format_time
from primitives.amount import format_amount, format_signed
from primitives.entries import Obligation, ObligationStatus, SettlementCycle


def cycle_view(number: int, cycle: SettlementCycle) -> views.CycleView:
    """A closed cycle. What is claimed is what those who are owed are paid ([LEDGER-28])."""
    claims = sum(line.amount for line in cycle.lines if line.expected < 0)
    return views.CycleView(
        cycle=number,
        closed=format_time(cycle.closed),
        closed_at=cycle.height,
        claims=format_amount(claims),
        obligations=cycle.obligations,
        lines=[
            views.CycleLineView(
                partner=line.partner,
                expected=format_signed(line.expected),
                amount=format_amount(line.amount),
            )
            for line in cycle.lines
        ],
    )


def obligation_view(cycle: int, place: int, obligation: Obligation) -> views.ObligationView:
    """An obligation as it stands."""
    is_settled = obligation.status == ObligationStatus.SETTLED
    return views.ObligationView(
        cycle=cycle,
        place=place,
        debtor=obligation.debtor,
        creditor=obligation.creditor,
        amount=format_amount(obligation.amount),
        settled=format_amount(obligation.settled),
        outstanding=format_amount(obligation.outstanding),
        status=STATES[obligation.status],
        deadline=None if is_settled else format_time(obligation.deadline),
        reference=None if obligation.reference is None else obligation.reference.hex(),
        earmark=format_amount(obligation.earmark),
        late=obligation.late,
    )


STATES: dict[ObligationStatus, views.ObligationState] = {
    ObligationStatus.OPEN: "open",
    ObligationStatus.CLAIMED: "claimed",
    ObligationStatus.DISPUTED: "disputed",
    ObligationStatus.OVERDUE: "overdue",
    ObligationStatus.SETTLED: "settled",
}
