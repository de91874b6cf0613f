"""What happens by itself, and what partners can decide on: as data, as in ``rulebook``.

An item falls due whoever is there, and is never refused; a measure that passed is carried out so,
too. Tests hold what is written here against the contracts and the golden vectors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from contracts import (
    campaigns,
    governance,
    limits,
    orders,
    programmes,
    reserves,
    settlement,
)
from contracts.context import BlockContext
from contracts.state import Draft
from primitives import entries as e
from primitives import governance as g
from primitives import receipt as r
from primitives.receipt import Outcome

o = Outcome


class Decision(NamedTuple):
    """What can be known beforehand of a measure.

    ``about`` says whom it is about; ``obstacles`` may stand in its way, in the order in which they
    are looked for; ``events`` are those that it may leave.
    """

    about: str
    obstacles: tuple[Outcome, ...]
    events: tuple[type[r.Event], ...]
    rules: tuple[str, ...]


MEASURES: Final[dict[type[g.Measure], Decision]] = {
    g.AdmitPartner: Decision(
        "nobody",
        (
            o.APPLICATION_UNKNOWN,
            o.PARTNER_EXISTS,
            o.CUSTODIAN_INVALID,
            o.ROLE_INVALID,
            o.SEAT_TAKEN,
            o.DIRECTORY_FULL,
            o.CREDIT_EXCEEDED,
        ),
        (r.AccountOpened, r.PartnerMoved, r.LimitsSet),
        ("LEDGER-64",),
    ),
    g.RemovePartner: Decision(
        "the partner",
        (o.PARTNER_UNKNOWN, o.PARTNER_LEAVING, o.LAST_PARTNER),
        (r.PartnerMoved,),
        ("LEDGER-65", "LEDGER-53"),
    ),
    g.ReplaceAdmin: Decision(
        "the partner",
        (o.PARTNER_UNKNOWN, o.ROLE_INVALID),
        (r.AccountOpened, r.RoleGiven),
        ("LEDGER-66",),
    ),
    g.SetLimits: Decision(
        "the partner",
        (o.PARTNER_UNKNOWN, o.PARTNER_LEAVING, o.CREDIT_EXCEEDED),
        (r.LimitsSet,),
        ("LEDGER-67",),
    ),
    g.SetCustodian: Decision(
        "the partners that the custodian belongs to, before and after",
        (o.PARTNER_UNKNOWN, o.CUSTODIANS_FULL, o.CUSTODIAN_INVALID),
        (r.AccountOpened, r.CustodianSet),
        ("LEDGER-68",),
    ),
    g.AssignCustodian: Decision(
        "the partner",
        (o.PARTNER_UNKNOWN, o.CUSTODIAN_UNKNOWN, o.CUSTODIAN_INVALID),
        (r.CustodianAssigned,),
        ("LEDGER-69",),
    ),
    g.SetJudge: Decision(
        "nobody",
        (o.CUSTODIAN_UNKNOWN, o.CUSTODIAN_INVALID),
        (r.JudgeSet,),
        ("LEDGER-70",),
    ),
    g.DecideDispute: Decision(
        "debtor and creditor",
        (o.OBLIGATION_UNKNOWN, o.NOT_DISPUTED),
        (r.ReserveDrawn, r.PositionShifted, r.ObligationSettled, r.ObligationOverdue),
        ("LEDGER-71", "LEDGER-31", "LEDGER-55"),
    ),
    g.ShareObligation: Decision(
        "the debtor",
        (
            o.OBLIGATION_UNKNOWN,
            o.PARTNER_STAYS,
            o.OBLIGATION_SETTLED,
            o.OBLIGATION_IN_TIME,
            o.NOBODY_TO_SHARE,
        ),
        (r.ObligationSettled, r.PositionShifted),
        ("LEDGER-72",),
    ),
    g.SharePosition: Decision(
        "the partner",
        (o.PARTNER_UNKNOWN, o.PARTNER_STAYS, o.POSITION_SMALLER, o.NOBODY_TO_SHARE),
        (r.PositionShifted,),
        ("LEDGER-73",),
    ),
    g.SetProtocol: Decision(
        "nobody",
        (o.HEIGHT_PASSED, o.VERSION_NOT_NEWER),
        (r.ProtocolPlanned,),
        ("LEDGER-74",),
    ),
    g.Declare: Decision("nobody", (), (), ("LEDGER-75",)),
}
"""What may be voted on."""

OBSTACLES: Final = tuple(dict.fromkeys(code for m in MEASURES.values() for code in m.obstacles))
_DECIDED: Final = tuple(dict.fromkeys(event for m in MEASURES.values() for event in m.events))


class Falling(NamedTuple):
    """What happens when an item falls due, the events that it may leave, and rules of docs/spec."""

    contract: Callable[[Draft, BlockContext, Any], None]
    events: tuple[type[r.Event], ...]
    rules: tuple[str, ...]


DUE: Final[dict[type[e.DueItem], Falling]] = {
    e.ReserveLapse: Falling(reserves.reserve_lapses, (r.ReserveLapsed,), ("LEDGER-10",)),
    e.RateStart: Falling(programmes.rate_starts, (r.RateChanged,), ("LEDGER-11",)),
    e.ReserveStart: Falling(reserves.reserve_starts, (r.ReserveChanged,), ("LEDGER-24",)),
    e.CapsStart: Falling(limits.caps_start, (r.DailyCapsChanged,), ("LEDGER-22",)),
    e.CycleClose: Falling(
        settlement.cycle_closes,
        (r.PartnerMoved, r.CycleClosed),
        ("LEDGER-27", "LEDGER-28", "LEDGER-29", "LEDGER-54"),
    ),
    e.ObligationDue: Falling(
        settlement.deadline_passes,
        (r.ReserveDrawn, r.PositionShifted, r.ObligationSettled, r.ObligationOverdue),
        ("LEDGER-30", "LEDGER-31", "LEDGER-32", "LEDGER-55"),
    ),
    e.CampaignEnd: Falling(campaigns.ends, (r.CampaignClosed,), ("LEDGER-42",)),
    e.OrderDue: Falling(orders.deadline_passes, (r.OrderEnded,), ("LEDGER-45", "LEDGER-47")),
    e.TermsStart: Falling(programmes.terms_start, (r.TermsChanged,), ("LEDGER-57",)),
    e.ProposalDue: Falling(
        governance.deadline_passes, (*_DECIDED, r.ProposalMoved), ("LEDGER-63", "LEDGER-64")
    ),
}
"""What happens when each kind of item falls due. A proposal leaves the events of its measure."""
