"""What is due when, and at which node."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.load import Plan, due_by, schedule


@given(
    rate=st.floats(1, 5_000),
    seconds=st.floats(0.5, 20),
    nodes=st.integers(1, 7),
)
def test_every_place_is_due_once_at_its_own_node(rate: float, seconds: float, nodes: int) -> None:
    requests = schedule(Plan(rate, seconds), nodes)
    places = [place for request in requests for place in request.places]
    assert sorted(places) == list(range(len(places)))
    for request in requests:
        assert {place % nodes for place in request.places} == {request.node}


@given(rate=st.floats(100, 5_000), nodes=st.integers(1, 5))
def test_a_nodes_places_are_due_in_order(rate: float, nodes: int) -> None:
    requests = schedule(Plan(rate, 3.0), nodes)
    for node in range(nodes):
        own = [request for request in requests if request.node == node]
        assert [r.due_s for r in own] == sorted(r.due_s for r in own)
        places = [place for request in own for place in request.places]
        assert places == sorted(places)


@pytest.mark.parametrize("rate", [50.0, 750.0, 1_500.0, 3_333.0])
def test_the_rate_is_what_was_asked_for_in_every_second(rate: float) -> None:
    due = list(due_by(schedule(Plan(rate, 20.0), 4)))
    by_second = [
        max((total for at, total in due if at < second), default=0) for second in range(21)
    ]
    for earlier, later in pairwise(by_second):
        assert later - earlier == pytest.approx(rate, abs=8)


def test_some_are_timed_at_every_node() -> None:
    requests = schedule(Plan(1_000.0, 5.0), 4)
    timed = {request.node for request in requests if request.is_sampled}
    assert timed == {0, 1, 2, 3}
