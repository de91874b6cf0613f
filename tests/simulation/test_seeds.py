"""Two hundred networks, none of which may fork, stall, or prove nothing."""

from __future__ import annotations

import pytest

from tests.simulation.cluster import Cluster
from tests.simulation.plan import plan_of
from tests.simulation.verdict import Verdict

SEEDS = 200
CHUNK = 10


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_every_seed_agrees(first: int) -> None:
    """[SAFE-5] [LIVE-7] Ten seeds at a time, so that they spread over processes."""
    outcomes = [Cluster(plan_of(seed)).run() for seed in range(first, first + CHUNK)]
    bad = [outcome.text() for outcome in outcomes if outcome.verdict is not Verdict.AGREED]
    assert bad == []


def test_the_seeds_cover_what_they_claim_to() -> None:
    plans = [plan_of(seed) for seed in range(SEEDS)]
    faults = {type(fault).__name__ for plan in plans for fault in plan.faults}
    assert faults == {"Crash", "Partition", "Jump", "Storm"}
    assert {plan.adversary for plan in plans} == {
        *("none", "twin", "withholder", "mute", "skipper", "forger")
    }
    assert {plan.members for plan in plans} == {1, 4, 7}
    assert any(plan.real_keys for plan in plans)
    assert any(plan.parameters.lag_bound == 1 for plan in plans)
    blackouts = [
        fault
        for plan in plans
        for fault in plan.faults
        if type(fault).__name__ == "Crash" and len(fault.endpoints) == plan.endpoints > 1  # type: ignore[union-attr]
    ]
    assert blackouts, "power cuts that take every node"
