"""When a rate counts as sustained, shown on chains made by hand."""

from collections.abc import Callable

import pytest

from benchmarks.load import Offered, Plan, Request, Sample, Sight, schedule
from benchmarks.verdict import Step, cumulative, judge, percentiles

RATE = 1_000.0
WARM_UP_S = 5.0
WINDOW_S = 60.0
PLAN = Plan(RATE, WARM_UP_S + WINDOW_S)
NODES = 4
BLOCK_S = 0.2


def sights() -> list[Sight]:
    """A look every half second, when a block stands every fifth of one."""
    return [Sight(k * 0.5, int(k * 0.5 / BLOCK_S)) for k in range(int(PLAN.seconds * 2) + 1)]


def chain(final_by: Callable[[float], float]) -> list[int]:
    """Transfers final up to each height, if ``final_by`` says how many are at a time."""
    return [max(0, int(final_by(height * BLOCK_S))) for height in range(1_000)]


def verdict(
    *chains: list[int], refused: dict[str, int] | None = None, samples: list[Sample] | None = None
) -> Step:
    requests: list[Request] = schedule(PLAN, NODES)
    refusals = sum((refused or {}).values())
    offered = Offered(
        plan=PLAN,
        sent=sum(len(request.places) for request in requests),
        refused=list(range(refusals)),
        codes=refused or {},
        samples=samples or [],
        sights=[sights() for _ in range(NODES)],
        most_late_ms=1.0,
        cpu_s=1.0,
    )
    return judge(offered, requests, list(chains), WARM_UP_S)


def keeping_up(at_s: float) -> float:
    return (at_s - 0.25) * RATE


def test_a_network_that_keeps_up_sustains_the_rate() -> None:
    step = verdict(*[chain(keeping_up)] * NODES)
    assert step.sustained
    assert step.duration_s >= WINDOW_S - 1
    assert step.final_per_second == pytest.approx(RATE, rel=0.01)
    assert step.blocks_per_second == pytest.approx(1 / BLOCK_S, rel=0.02)


def test_one_node_that_falls_behind_is_enough_to_fail() -> None:
    behind = chain(lambda at_s: 0.97 * (at_s - 0.25) * RATE)
    good = chain(keeping_up)
    step = verdict(good, good, behind, good)
    assert not step.sustained
    assert [node.is_sustained for node in step.nodes] == [True, True, False, True]


def test_a_backlog_that_grows_by_more_than_one_percent_fails() -> None:
    def slipping(at_s: float) -> float:
        return keeping_up(at_s) - max(0.0, at_s - 10) * 0.018 * RATE

    assert not verdict(*[chain(slipping)] * NODES).sustained


def test_a_backlog_that_stands_does_not_fail() -> None:
    assert verdict(*[chain(lambda at_s: (at_s - 2.0) * RATE)] * NODES).sustained


def test_a_refusal_at_the_door_fails_even_if_all_became_final() -> None:
    step = verdict(*[chain(keeping_up)] * NODES, refused={"node_busy": 1})
    assert not step.sustained
    assert step.refused == {"node_busy": 1}


def test_a_node_that_stops_fails() -> None:
    stopped = chain(lambda at_s: keeping_up(min(at_s, 40.0)))
    assert not verdict(*[stopped] * NODES).sustained


def test_a_node_that_does_not_answer_fails() -> None:
    requests = schedule(PLAN, 1)
    offered = Offered(PLAN, 100, [], {}, [], [[]], 0.0, 1.0)
    assert not judge(offered, requests, [[0]], WARM_UP_S).sustained


def test_a_node_that_was_out_of_sight_for_long_fails() -> None:
    requests = schedule(PLAN, 1)
    sent = sum(len(request.places) for request in requests)
    seen = [sight for sight in sights() if sight.at_s < 40]
    for looks, verdict_is in ((sights(), True), (seen, False)):
        offered = Offered(PLAN, sent, [], {}, [], [looks], 0.0, 1.0)
        assert judge(offered, requests, [chain(keeping_up)], WARM_UP_S).sustained is verdict_is


def test_latencies_of_the_warm_up_do_not_count() -> None:
    samples = [Sample(1.0, 900.0), Sample(6.0, 100.0), Sample(7.0, 200.0), Sample(8.0, None)]
    step = verdict(*[chain(keeping_up)] * NODES, samples=samples)
    assert step.finality_ms is not None
    assert (step.finality_ms.samples, step.finality_ms.most) == (2, 200.0)
    assert step.unanswered == 1


def test_percentiles_are_by_nearest_rank() -> None:
    found = percentiles([float(n) for n in range(1, 101)])
    assert found is not None
    assert (found.p50, found.p99, found.most) == (51.0, 100.0, 100.0)
    assert percentiles([]) is None


def test_what_came_before_is_not_counted() -> None:
    assert cumulative([3, 0, 2, 5], before=3) == [0, 0, 2, 7]
