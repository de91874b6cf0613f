"""The demonstration compares positions to the last unit, and knows when a cycle has room."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo import obligations, squaring
from demo.books import signed
from demo.commands import Unexpected
from demo.deadlines import CYCLE_MS, PAYMENT_TERM_MS, parameters
from demo.network import Network
from demo.obligations import SETTLED
from demo.proof import obligation_key
from demo.squaring import PAID, RECEIVED
from demo.stage import Stage
from demo.world import Retailer, World
from node import ceremony
from node.ceremony import with_parameters
from primitives import entries
from primitives.genesis import TEST, check_parameters

OWED = [
    {"debtor": "a", "creditor": "c", "units": 30},
    {"debtor": "b", "creditor": "c", "units": 12},
]
BEFORE = {"a": [90, 0, 0, 0, 0, 0, 30, 0], "b": [50, 0, 0, 0, 0, 0, 12, 0]}
BEFORE |= {"c": [10, 60, 8, 0, 0, 0, 0, 42]}
AFTER = {"a": [90, 0, 0, 30, 0, 0, 0, 0], "b": [50, 0, 0, 12, 0, 0, 0, 0]}
AFTER |= {"c": [10, 60, 8, 0, 42, 0, 0, 0]}


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(Stage(), Network(tmp_path, 7600), tmp_path)
    world.retailers = {code: Retailer(code, code, "p", "P", "point", 1, 1) for code in "abc"}
    world.shops = {"basket": "a", "care": "b", "pages": "c"}
    return world


def test_the_places_are_those_of_a_position() -> None:
    """[STATE-5]"""
    fields = list(entries.Position.__struct_fields__)
    assert (fields[PAID], fields[RECEIVED]) == ("paid", "received")
    assert SETTLED == entries.ObligationStatus.SETTLED
    assert obligation_key(7, 2) == entries.obligation_key(7, 2)


def test_positions_that_moved_by_what_was_settled_are_taken(world: World) -> None:
    squaring._expect_moved(world, BEFORE, AFTER, OWED)


@pytest.mark.parametrize(("code", "place"), [(c, p) for c in "abc" for p in range(6)])
def test_a_unit_too_many_anywhere_is_not(world: World, code: str, place: int) -> None:
    wrong = {each: list(value) for each, value in AFTER.items()}
    wrong[code][place] += 1
    with pytest.raises(Unexpected, match=f"^{code}: "):
        squaring._expect_moved(world, BEFORE, wrong, OWED)


def test_shopping_begins_when_the_cycle_has_room(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    def settlement(_: World) -> dict[str, Any]:
        left = 1 if not asked else CYCLE_MS / 1000
        asked.append(left)
        return {"closes": (datetime.now(UTC) + timedelta(seconds=left)).isoformat()}

    monkeypatch.setattr(obligations, "settlement", settlement)
    obligations.await_room(world)
    assert len(asked) == 2


def test_the_deadlines_are_parameters_that_a_test_network_takes() -> None:
    """[GEN-5]"""
    wishes = {name: str(value) for name, value in parameters(0.2).items()}
    agreed = with_parameters(ceremony.PARAMETERS, wishes)
    check_parameters(agreed, TEST, 0)
    assert agreed.settlement_cycle_ms == CYCLE_MS


def test_a_slow_machine_has_more_time_to_pay() -> None:
    terms = [parameters(command_s)["payment_term_ms"] for command_s in (0.1, 0.5, 2.5)]
    assert terms == [PAYMENT_TERM_MS, PAYMENT_TERM_MS, 150_000]


def test_amounts_below_zero_keep_their_sign() -> None:
    assert [signed(units) for units in (-71_862_500, 0, 1_000_000_000)] == [
        "-71.8625",
        "0",
        "1,000",
    ]
