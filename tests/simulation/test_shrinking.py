"""A plan that fails becomes less of it that fails in the same way, and can be run again."""

from __future__ import annotations

import pytest

from consensus import repeats
from tests.simulation.__main__ import main
from tests.simulation.cluster import Cluster
from tests.simulation.plan import Crash, Plan, Storm, plan_of
from tests.simulation.shrinking import parsed, parts_of, reduced, shrink
from tests.simulation.verdict import Outcome, Verdict

QUIET = plan_of(0)._replace(faults=(), turnover=(), adversary="none", byzantine=-1)


def silence(_: str) -> None:
    pass


def an_outcome(verdict: Verdict) -> Outcome:
    return Outcome(0, verdict, "", 4, "none", 9, 9, 9, 9_000, "00")


def a_seed_that(wanted: str) -> Plan:
    return next(plan for plan in map(plan_of, range(500)) if plan.adversary == wanted)


def test_what_does_not_fail_is_not_shrunk() -> None:
    agreed = an_outcome(Verdict.AGREED)
    assert shrink(QUIET, (), silence, run=lambda _: agreed) is None


def test_only_what_the_failure_needs_is_left() -> None:
    guilty = Crash(1_000, (2,), 300, in_sync=False)
    storm = plan_of(0).faults[0]
    assert isinstance(storm, Storm)
    plan = QUIET._replace(faults=(storm, Crash(500, (1,), 300, in_sync=True), guilty))

    def run(tried: Plan) -> Outcome:
        fails = guilty in tried.faults and tried.people > 1
        return an_outcome(Verdict.STALLED if fails else Verdict.AGREED)

    found = shrink(plan, (), silence, run=run)
    assert found is not None
    left = reduced(plan, found.without)
    assert left.faults == (guilty,)
    assert left.people == plan.people, "without them it agrees"
    assert set(left.skews_ms) == {0}


def test_another_failure_is_not_taken_for_the_same() -> None:
    def run(tried: Plan) -> Outcome:
        whole = tried.skews_ms == QUIET.skews_ms
        return an_outcome(Verdict.STALLED if whole else Verdict.DIVERGED)

    found = shrink(QUIET, (), silence, run=run)
    assert found is not None
    assert "skews" not in found.without


def test_every_part_can_be_left_out_of_any_plan() -> None:
    """The other half of a twin, and a newcomer, may be named by what is left."""
    for plan in (a_seed_that("twin"), a_seed_that("stale"), *map(plan_of, range(60))):
        for part in parts_of(plan):
            less = reduced(plan, parsed(part))
            assert less != plan or part in ("skews", "paces", "pruning")
            named = [e for fault in less.faults for e in getattr(fault, "endpoints", ())]
            assert all(endpoint < less.endpoints for endpoint in named)


def test_a_broken_rule_is_shrunk_to_a_run_that_anyone_can_repeat(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """[LIVE-4] Everything is said once."""
    monkeypatch.setattr(repeats, "at_standstill", lambda parts: [])
    seeds = (s for s in range(100) if Cluster(plan_of(s)).run().verdict is Verdict.STALLED)
    seed = next(seeds)
    assert main(["--shrink", str(seed)]) == 1
    command = capsys.readouterr().out.splitlines()[-1].split()
    assert command[:3] == ["python", "-m", "tests.simulation"]
    without = parsed(command[-1])
    assert without, "nothing of a whole plan could be spared"
    assert main(command[3:]) == 1
    assert "Stalled" in capsys.readouterr().out
    again = Cluster(reduced(plan_of(seed), without)).run()
    assert again == Cluster(reduced(plan_of(seed), without)).run()


def test_names_of_no_part_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in ("fault", "weather", "fault1x", "turn", "people2"):
        with pytest.raises(ValueError, match="no part of a plan"):
            parsed(wrong)
    with pytest.raises(SystemExit) as refusal:
        main(["--seed", "0", "--without", "weather"])
    assert refusal.value.code == 2
    assert "no part of a plan" in capsys.readouterr().err
