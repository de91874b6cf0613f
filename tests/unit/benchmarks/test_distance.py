"""What finality is aimed at behind a delay, and what is said of it."""

import pytest
from msgspec.structs import replace

from benchmarks.distance import Behind, in_delays, target_ms, told
from benchmarks.verdict import Percentiles


@pytest.mark.parametrize(("one_way_ms", "at_most"), [(10, 100), (50, 300), (100, 550)])
def test_the_target_is_five_delays_and_fifty_milliseconds(one_way_ms: int, at_most: int) -> None:
    assert target_ms(one_way_ms) == at_most


def a_row(p50: float) -> Behind:
    spread = Percentiles(p50, 2 * p50, 2 * p50, 99)
    return Behind(
        one_way_ms=100,
        offered_per_second=50.0,
        finality_ms=spread,
        delays=in_delays(spread, 100),
        ordering_ms=None,
        ordering_delays=0.0,
        lone_ms=None,
        lone_delays=0.0,
        lone_ordering_delays=0.0,
        lone_heights=1.0,
        target_ms=target_ms(100),
        cpu_share_of_others=0.0,
    )


@pytest.mark.parametrize(("p50", "is_met"), [(550.0, True), (550.1, False)])
def test_a_median_at_the_target_is_within_it(p50: float, is_met: bool) -> None:
    assert a_row(p50).is_met is is_met


def test_nothing_timed_is_no_delay_and_no_target_met() -> None:
    assert in_delays(None, 100) == 0
    assert in_delays(Percentiles(1.0, 1.0, 1.0, 1), 0) == 0
    assert not replace(a_row(1.0), finality_ms=None).is_met


def test_a_reader_sees_the_median_in_delays_and_the_verdict() -> None:
    text = told([a_row(480.0), a_row(600.0)])
    assert "480 ms (4.8)" in text
    assert text.count("550 ms met") == text.count("550 ms MISSED") == 1
