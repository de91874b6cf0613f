"""From a plan that fails to less of it that fails in the same way. Knows plans; judges nothing.

What is left out has a name, so that a shrunk plan is a seed and a list of names, and anyone can run
it. Each kind of chance in a run has a stream of its own, so leaving a part out moves the others as
little as can be; still it is another run, and is kept only if it fails with the same verdict.
After Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input" (2002), greedily.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from tests.simulation.cluster import Cluster
from tests.simulation.machine import Pace
from tests.simulation.plan import Crash, Fault, Jump, Partition, Plan, Storm
from tests.simulation.verdict import Outcome, Verdict

MOST_RUNS: Final = 200
_WHOLE: Final[dict[str, Callable[[Plan], Plan]]] = {
    "adversary": lambda plan: plan._replace(adversary="none", byzantine=-1),
    "skews": lambda plan: plan._replace(skews_ms=(0,) * len(plan.skews_ms)),
    "paces": lambda plan: plan._replace(paces=(Pace(),) * len(plan.paces)),
    "pruning": lambda plan: plan._replace(keeps_ms=(None,) * len(plan.keeps_ms)),
    "people": lambda plan: plan._replace(people=1, transfers=1),
}
"""Parts that there is one of."""
_COUNTED: Final = ("fault", "turn")


class Shrunk(NamedTuple):
    """The parts without which it still fails, and how."""

    without: tuple[str, ...]
    outcome: Outcome


def parsed(text: str) -> tuple[str, ...]:
    """Names of parts, as a command line gives them. Raises ``ValueError``."""
    names = tuple(name for name in text.split(",") if name != "-")
    for name in names:
        kind = name.rstrip("0123456789")
        if name not in _WHOLE and (kind not in _COUNTED or kind == name):
            known = ", ".join([*_WHOLE, *(f"{kind}0, {kind}1..." for kind in _COUNTED)])
            raise ValueError(f"{name!r} is no part of a plan: {known}")
    return names


def reduced(plan: Plan, without: Sequence[str]) -> Plan:
    """The plan without some of its parts."""
    faults = [fault for i, fault in enumerate(plan.faults) if f"fault{i}" not in without]
    turns = [turn for i, turn in enumerate(plan.turnover) if f"turn{i}" not in without]
    plan = plan._replace(faults=tuple(faults), turnover=tuple(turns))
    for name, simplify in _WHOLE.items():
        if name in without:
            plan = simplify(plan)
    left = [_within(fault, plan.endpoints) for fault in plan.faults]
    return plan._replace(faults=tuple(fault for fault in left if fault is not None))


def parts_of(plan: Plan) -> list[str]:
    """Names of all that could be left out, what says most about a failure first."""
    turns = [f"turn{i}" for i in range(len(plan.turnover))]
    faults = [f"fault{i}" for i in range(len(plan.faults))]
    return [*(["adversary"] if plan.byzantine >= 0 else []), *turns, *faults, *list(_WHOLE)[1:]]


def shrink(
    plan: Plan,
    without: Sequence[str],
    tell: Callable[[str], None],
    run: Callable[[Plan], Outcome] = lambda plan: Cluster(plan).run(),
) -> Shrunk | None:
    """Leave out one part after the other, until none is left that can be spared; None if the plan
    does not fail. ``tell`` is given a line a run."""
    outcome = run(reduced(plan, without))
    if outcome.verdict is Verdict.AGREED:
        return None
    found, runs, moved = Shrunk(tuple(without), outcome), 0, True
    while moved and runs < MOST_RUNS:
        moved = False
        for part in parts_of(plan):
            if part in found.without or runs == MOST_RUNS:
                continue
            less = (*found.without, part)
            outcome, runs = run(reduced(plan, less)), runs + 1
            fails = outcome.verdict is found.outcome.verdict
            tell(f"without {part}: {outcome.verdict.value}{', left out' if fails else ''}")
            if fails:
                found, moved = Shrunk(less, outcome), True
    return found


def _within(fault: Fault, endpoints: int) -> Fault | None:
    """The fault where fewer endpoints are left: a twin's other half or a newcomer may be gone."""
    match fault:
        case Crash(endpoints=struck):
            left = tuple(e for e in struck if e < endpoints)
            return fault._replace(endpoints=left) if left else None
        case Partition():
            left = tuple(e for e in fault.side if e < endpoints)
            return fault._replace(side=left) if left else None
        case Jump():
            return fault if fault.endpoint < endpoints else None
        case Storm():
            return fault
