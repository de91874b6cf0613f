"""What random histories met, and what of all that could be met they did not. Knows the rulebook."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple, get_args

from contracts.rulebook import RULES
from primitives.governance import Measure, ProposalStatus
from tests.properties.histories import History

ACTIONS = sorted(kind.__name__ for kind in RULES)
MEASURES = sorted(kind.__name__ for kind in get_args(Measure))
NOT_REACHED = {
    ("ContentLike", "amount_overflow"): "2^63 units are given more slowly than a history lasts",
}
"""(action, code) of the rulebook -> why no history of this length comes to it."""
OF_A_FULL_HOUSE = {("Propose", "directory_full"), ("Propose", "custodians_full")}
"""(action, code) that takes as many partners and custodians as there may be."""
EVERY_DEADLINE = (
    "AccountOpened",
    "CampaignClosed",
    "CustodianAssigned",
    "CustodianSet",
    "CycleClosed",
    "DailyCapsChanged",
    "JudgeSet",
    "LimitsSet",
    "ObligationOverdue",
    "ObligationSettled",
    "OrderEnded",
    "PartnerMoved",
    "PositionShifted",
    "ProposalMoved",
    "ProtocolPlanned",
    "RateChanged",
    "ReserveChanged",
    "ReserveDrawn",
    "ReserveLapsed",
    "RoleGiven",
    "TermsChanged",
)
"""What happens by itself."""


class Met(NamedTuple):
    """How often, in all histories together; as ``History`` counts."""

    told: Counter[tuple[str, str]]
    left: Counter[tuple[str, str]]
    voted: Counter[tuple[str, str]]
    edges: Counter[tuple[str, str]]

    def add(self, history: History) -> None:
        """Count one more."""
        for kind in self._fields:
            getattr(self, kind).update(getattr(history, kind))


def nothing_met() -> Met:
    """To begin with."""
    return Met(Counter(), Counter(), Counter(), Counter())


def missed_refusals(met: Met, action: str) -> set[tuple[str, str]]:
    """What the rulebook says that an action may be refused with, and never was."""
    [rule] = [rule for kind, rule in RULES.items() if kind.__name__ == action]
    return {(action, code.text) for code in rule.refusals if not met.told[action, code.text]}


def told_events(action: str) -> set[str]:
    """What the rulebook says that an action may leave."""
    [rule] = [rule for kind, rule in RULES.items() if kind.__name__ == action]
    return {event.__name__ for event in rule.events}


def missing(met: Met) -> list[str]:
    """Every action, refusal, event, deadline and measure that the histories came to too seldom."""
    found = [f"{action} done" for action in ACTIONS if not met.told[action, "done"]]
    for action in ACTIONS:
        refusals = missed_refusals(met, action) - set(NOT_REACHED) - OF_A_FULL_HOUSE
        found += [f"{action} {code}" for _, code in sorted(refusals)]
        left = {event for of, event in met.left if of == action}
        found += [f"{action} {event}" for event in sorted(told_events(action) - left)]
    found += [f"{event} by itself" for event in EVERY_DEADLINE if not met.told["(due)", event]]
    found += [f"{each} executed" for each in MEASURES if not met.voted[each, "executed"]]
    ends = {status for _, status in met.voted}
    over = [status.text for status in ProposalStatus if status > ProposalStatus.PASSED]
    return found + [f"proposals {status}" for status in over if status not in ends]
