"""Every fault ends, the end is quiet, and when a quorum is connected is what people would say."""

from __future__ import annotations

from itertools import combinations

import pytest

from benchmarks.proxy import Weather
from tests.chaos.plan import (
    NODES,
    RECOVERY_MS,
    TAIL_MS,
    WAYS,
    Cut,
    Fault,
    Freeze,
    Kill,
    Plan,
    Resets,
    Slow,
    connected,
    end_of,
    inside,
    moment,
    moments,
    plan_of,
    stalled_by,
)

SEEDS = range(60)
WELL = {way: Weather() for way in WAYS}


def a_plan(*faults: Fault, seconds: int = 60) -> Plan:
    return Plan(0, seconds, 40, faults)


@pytest.mark.parametrize("seconds", [60, 600])
def test_every_fault_ends_and_all_is_well_long_before_the_load_ends(seconds: int) -> None:
    for seed in SEEDS:
        plan = plan_of(seed, seconds, 40)
        assert plan == plan_of(seed, seconds, 40)
        assert all(fault.lasts_ms > 0 for fault in plan.faults)
        assert max(map(end_of, plan.faults)) <= seconds * 1000 - TAIL_MS
        last = moments(plan)[-1][1]
        assert not last.killed | last.frozen | last.resets
        assert last.weather == WELL
        assert inside(connected(plan), seconds * 1000 - 1)


def test_nobody_is_struck_twice_at_once() -> None:
    """One who is killed cannot be frozen, nor started before it was killed."""
    for seed in SEEDS:
        struck = [f for f in plan_of(seed, 600, 40).faults if isinstance(f, Kill | Freeze)]
        for one, other in combinations(struck, 2):
            apart = end_of(one) <= other.at_ms or end_of(other) <= one.at_ms
            assert apart or not set(one.nodes) & set(other.nodes)


def test_a_long_plan_has_everything_and_a_quorum_for_most_of_it() -> None:
    for seed in SEEDS:
        plan = plan_of(seed, 600, 40)
        assert {type(fault) for fault in plan.faults} == {Kill, Freeze, Cut, Resets, Slow}
        kills = [fault.nodes for fault in plan.faults if isinstance(fault, Kill)]
        assert {node for nodes in kills for node in nodes} == set(range(NODES))
        assert max(map(len, kills)) == NODES
        spans = connected(plan)
        assert len(spans) >= 8, "it was lost and found again and again"
        assert sum(end - begin for begin, end in spans) >= 300_000


def test_too_few_seconds_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        plan_of(1, 14, 40)


@pytest.mark.parametrize(
    "fault",
    [
        Kill(5_000, 2_000, (1,)),
        Freeze(5_000, 2_000, (3,)),
        Cut(5_000, 2_000, (0,), "both"),
        Cut(5_000, 2_000, (0,), "to"),
        Resets(5_000, 2_000, (2,)),
        Slow(5_000, 2_000, Weather(delay_ms=60)),
    ],
)
def test_one_of_four_is_not_missed(fault: Fault) -> None:
    assert connected(a_plan(fault)) == [(0, 60_000)]


@pytest.mark.parametrize(
    "fault",
    [
        Kill(5_000, 2_000, (1, 2)),
        Kill(5_000, 2_000, (0, 1, 2, 3)),
        Freeze(5_000, 2_000, (0, 3)),
        Cut(5_000, 2_000, (0, 1), "both"),
        Cut(5_000, 2_000, (0, 1), "from"),
        Resets(5_000, 2_000, (1, 3)),
    ],
)
def test_without_two_of_four_there_is_no_quorum_until_they_had_time_to_recover(
    fault: Fault,
) -> None:
    assert connected(a_plan(fault)) == [(0, 5_000), (7_000 + RECOVERY_MS, 60_000)]


def test_a_second_victim_counts_while_the_first_recovers_and_not_after() -> None:
    first = Kill(5_000, 2_000, (1,))
    hasty = Freeze(8_000, 1_000, (2,))
    found = connected(a_plan(first, hasty))
    assert found == [(0, 8_000), (7_000 + RECOVERY_MS, 60_000)]
    patient = Freeze(7_000 + RECOVERY_MS, 1_000, (2,))
    assert connected(a_plan(first, patient)) == [(0, 60_000)]
    same = Freeze(8_000, 1_000, (1,))
    assert connected(a_plan(first, same)) == [(0, 60_000)]


def test_who_is_killed_and_who_is_cut_off_make_two() -> None:
    found = connected(a_plan(Kill(5_000, 4_000, (1,)), Cut(6_000, 1_000, (2,), "to")))
    assert found == [(0, 6_000), (7_000 + RECOVERY_MS, 60_000)]


def test_an_outage_that_outlasts_the_load_leaves_no_span_behind_it() -> None:
    assert connected(a_plan(Kill(5_000, 2_000, (0, 1)), seconds=9)) == [(0, 5_000)]


def test_a_one_way_cut_holds_one_direction() -> None:
    out = {(0, 1), (0, 2), (0, 3)}
    into = {(b, a) for a, b in out}
    for one_way, ways in (("from", out), ("to", into), ("both", out | into)):
        assert set(stalled_by(Cut(0, 1, (0,), one_way))) == ways


def test_bad_weather_goes_on_where_a_cut_holds() -> None:
    slow = Weather(delay_ms=20, jitter_ms=5, lost_permille=10, bytes_per_second=9)
    plan = a_plan(Slow(0, 3_000, slow), Cut(1_000, 1_000, (0,), "from"))
    both = moment(plan, 1_500).weather
    assert both[1, 0] == slow
    assert both[0, 1] == Weather(20, 5, 10, 9, stalled=True)
    assert moment(plan, 2_000).weather[0, 1] == slow, "a fault is over at its end"
    assert [at_ms for at_ms, _ in moments(plan)] == [0, 1_000, 2_000, 3_000]
