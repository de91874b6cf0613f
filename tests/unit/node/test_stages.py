"""Time spent by stage: exclusive, whole, and never counted twice."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from node import stages

TICK = 1_000


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The thread's time, in a list of one; stages count from 0."""
    now = [0]
    monkeypatch.setattr(stages, "thread_time_ns", lambda: now[0])
    monkeypatch.setattr(stages, "_since_ns", None)
    for stage in stages.ALL:
        monkeypatch.setattr(stage, "spent_ns", 0)
    stages.start()
    yield now
    assert stages._outer == [stages.LOOP]


def test_a_stage_gets_what_passes_inside_it_and_the_loop_the_rest(clock: list[int]) -> None:
    clock[0] += 5 * TICK
    with stages.EXECUTE:
        clock[0] += 7 * TICK
    clock[0] += 2 * TICK
    spent = stages.spent_ns()
    assert spent["execute"] == 7 * TICK
    assert spent["loop"] == 7 * TICK


def test_a_stage_inside_another_is_counted_once(clock: list[int]) -> None:
    with stages.CONSENSUS:
        clock[0] += 1 * TICK
        with stages.JOURNAL:
            clock[0] += 10 * TICK
        clock[0] += 100 * TICK
    spent = stages.spent_ns()
    assert (spent["consensus"], spent["journal"]) == (101 * TICK, 10 * TICK)
    assert sum(spent.values()) == clock[0]


def test_a_stage_that_raises_is_left(clock: list[int]) -> None:
    def fail() -> None:
        with stages.STORE:
            clock[0] += 3 * TICK
            raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        fail()
    clock[0] += 4 * TICK
    assert stages.spent_ns()["store"] == 3 * TICK


def test_asking_within_a_stage_charges_it_up_to_now(clock: list[int]) -> None:
    with stages.API:
        clock[0] += 6 * TICK
        assert stages.spent_ns()["api"] == 6 * TICK
        clock[0] += 6 * TICK
    assert stages.spent_ns()["api"] == 12 * TICK


async def test_a_coroutine_counts_while_it_runs_and_not_while_it_waits(clock: list[int]) -> None:
    async def work() -> str:
        clock[0] += 3 * TICK
        await asyncio.sleep(0.001)
        clock[0] += 4 * TICK
        return "done"

    async def others() -> None:
        clock[0] += 50 * TICK

    outcome, _ = await asyncio.gather(stages.API.over(work()), others())
    spent = stages.spent_ns()
    assert outcome == "done"
    assert (spent["api"], spent["loop"]) == (7 * TICK, 50 * TICK)


async def test_what_a_coroutine_waits_for_may_fail_or_be_cancelled(clock: list[int]) -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        raise ValueError("boom")

    async def work() -> str:
        try:
            await fail()
        except ValueError:
            return "caught"
        return "missed"

    assert await stages.API.over(work()) == "caught"
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(stages.API.over(asyncio.sleep(60)), 0.001)
    with pytest.raises(ValueError, match="boom"):
        await stages.API.over(fail())


def test_nothing_is_counted_before_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "_since_ns", None)
    before = {stage.name: stage.spent_ns for stage in stages.ALL}
    with stages.TRANSPORT:
        sum(range(1000))
    assert stages.spent_ns() == before


def test_the_sum_is_the_threads_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "_since_ns", None)
    before = sum(stages.spent_ns().values())
    begun = time.thread_time_ns()
    stages.start()
    for stage in stages.ALL[1:]:
        with stage:
            sum(range(20_000))
    counted = sum(stages.spent_ns().values()) - before
    passed = time.thread_time_ns() - begun
    monkeypatch.setattr(stages, "_since_ns", None)
    assert 0 <= passed - counted < 0.2 * passed
