"""Every broken rule is caught: by some seed of the first hundred, in the way that it should be."""

from __future__ import annotations

import pytest

from tests.simulation.cluster import Cluster
from tests.simulation.mutants import MUTANTS, Mutant
from tests.simulation.plan import plan_of
from tests.simulation.verdict import Outcome, Verdict

MOST_SEEDS = 100


def caught(mutant: Mutant) -> Outcome | None:
    """The first run that ended as it should."""
    for seed in range(MOST_SEEDS):
        outcome = mutant.cluster(Cluster(plan_of(seed))).run()
        failed = outcome.verdict in (Verdict.DIVERGED, Verdict.STALLED)
        if failed and mutant.says in outcome.reason:
            return outcome
    return None


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_broken_rule_is_caught(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant.apply(monkeypatch)
    assert caught(mutant) is not None, f"{MOST_SEEDS} seeds agreed without the rule"


def test_an_open_guard_alone_breaks_nothing() -> None:
    """The engine's rules suffice by themselves: the guard is the second lock."""
    unguarded = Mutant("nothing", lambda patch: None, "", guarded=False)
    outcomes = [unguarded.cluster(Cluster(plan_of(seed))).run() for seed in range(10)]
    assert {outcome.verdict for outcome in outcomes} == {Verdict.AGREED}
