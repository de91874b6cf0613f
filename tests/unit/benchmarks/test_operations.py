"""The budget of operations: what a transfer may cost, on every machine alike."""

import sys
from hashlib import sha256

import pytest

from benchmarks.operations import BLOCK, Counts, Operations, beyond, count, read_budget, told
from benchmarks.profile import CHECK, EXECUTE
from primitives.encoding import encode


@pytest.fixture(scope="module")
def counted() -> Operations:
    before = sys.getprofile()
    try:
        return count()
    finally:
        sys.setprofile(before)


def test_a_transfer_costs_no_more_operations_than_budgeted(counted: Operations) -> None:
    assert beyond(counted, read_budget()) == [], (
        "if it has to: python -m benchmarks.operations --budget"
    )


def test_what_is_budgeted_is_still_counted(counted: Operations) -> None:
    assert counted.keys() == read_budget().keys()
    assert counted[CHECK] == {"checks": 1.0}
    assert counted[BLOCK]["frames_sent"] >= 9
    assert counted[BLOCK]["checks"] >= 9
    assert counted[EXECUTE]["writes"] > 1
    assert counted[EXECUTE]["bytes_written"] > 200


def test_one_operation_more_is_beyond_the_budget() -> None:
    budget = {"execute": {"sha256": 13.0, "calls": 100.0}}
    assert beyond({"execute": {"sha256": 13.0, "calls": 100.0}}, budget) == []
    assert beyond({"execute": {"sha256": 12.0, "calls": 50.0}}, budget) == []
    assert len(beyond({"execute": {"sha256": 13.1, "calls": 101.0}}, budget)) == 2
    assert len(beyond({"execute": {"encodes": 1.0}, "more": {"sha256": 1.0}}, budget)) == 2


def test_operations_are_counted_where_they_are_made() -> None:
    def twice() -> None:
        sha256(b"one").digest()
        encode([1])

    counts = Counts()
    twice()
    with counts.stage("here"):
        twice()
        twice()
        counts.add("writes", 3)
    counts.add("writes", 5)
    found = counts.a_transfer(2)["here"]
    assert (found["sha256"], found["encodes"], found["writes"]) == (1, 1, 1.5)
    assert 2 <= found["calls"] <= 3


def test_a_reader_sees_the_budget_where_it_differs() -> None:
    text = told(
        {"execute": {"sha256": 13.0, "reads": 1.0}}, {"execute": {"sha256": 14.0, "reads": 1.0}}
    )
    assert "13  sha256, of 14" in text
    assert "1  reads\n" in text + "\n"
