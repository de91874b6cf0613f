"""The demonstration compares what people gave and traded to the last unit."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from demo import giving, trading
from demo.commands import Answer, Unexpected
from demo.network import Network
from demo.proof import Proven, campaign_key, content_key, order_key
from demo.stage import Stage
from demo.trading import EXPECTED, JUDGED, LIKES, PRICE, RELEASED
from demo.world import World
from primitives.amount import MICRO
from primitives.commerce import Campaign, Content, Order, OrderStatus
from tests.builders import an_id

ID = an_id("what was made").hex()
OTHERS = Decimal(8)
"""What the shop gave, to Cleo and Dora."""


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(Stage(), Network(tmp_path, 7600), tmp_path)
    world.shops = {"care": "a", "miles": "b", "pages": "c"}
    world.content = ID
    return world


Shown = Callable[[bytes, list[Any]], None]


@pytest.fixture
def shown(world: World, monkeypatch: pytest.MonkeyPatch) -> Shown:
    """Let nodes prove a value under a key."""
    state: dict[bytes, list[Any]] = {}

    def prove(_: World, __: str, key: bytes) -> Proven:
        return Proven(state[key], 7, "", 0, (), 4)

    monkeypatch.setattr(World, "prove", prove)
    return state.__setitem__


def a_campaign(left: int = 0, claims: int = 1) -> list[Any]:
    return [b"sponsor", b"signer", 4 * MICRO, 0, left, 1, 2**40, claims, False]


def an_order(
    status: int = OrderStatus.DONE, locked: int = 0, back: int = 2_000_000, share: int = 300_000
) -> list[Any]:
    return [b"buyer", [], status, 0, locked, None, back, share]


def test_the_places_are_those_of_the_entries() -> None:
    """[STATE-5]"""
    campaign, order = Campaign.__struct_fields__, Order.__struct_fields__
    assert (campaign[giving.LEFT], campaign[giving.CLAIMS]) == ("left", "claims")
    assert len(a_campaign()) == len(campaign)
    places = (trading.STATUS, trading.LOCKED, trading.TO_BUYER, trading.TO_PROMOTER)
    names = [order[place] for place in places]
    assert names == ["status", "locked", "to_buyer", "to_promoter"]
    assert len(an_order()) == len(order)
    assert Content.__struct_fields__ == ("author", "hash", "likes", "units")
    assert (trading.OPEN, trading.DONE) == (OrderStatus.OPEN, OrderStatus.DONE)


def test_a_budget_of_which_all_was_claimed_once_is_paid_out(world: World, shown: Shown) -> None:
    shown(campaign_key(ID), a_campaign())
    giving._expect_paid_out(world, ID)


@pytest.mark.parametrize("wrong", [a_campaign(left=1), a_campaign(claims=0), a_campaign(claims=2)])
def test_one_of_which_a_unit_is_left_is_not(world: World, shown: Shown, wrong: list[Any]) -> None:
    shown(campaign_key(ID), wrong)
    with pytest.raises(Unexpected, match="not paid out once"):
        giving._expect_paid_out(world, ID)


def test_an_order_tells_what_each_got_of_it(world: World, shown: Shown) -> None:
    shown(order_key(ID), an_order())
    assert trading._ended(world, ID, JUDGED) == ["2", "2.7", "0.3"]
    shown(order_key(ID), an_order(back=0, share=500_000))
    assert trading._ended(world, ID, RELEASED) == ["0", "4.5", "0.5"]


@pytest.mark.parametrize(
    "wrong",
    [
        an_order(status=OrderStatus.DISPUTED),
        an_order(locked=1),
        an_order(back=1_999_999),
        an_order(share=300_001),
    ],
)
def test_one_that_is_not_over_or_paid_otherwise_is_not_taken(
    world: World, shown: Shown, wrong: list[Any]
) -> None:
    shown(order_key(ID), wrong)
    with pytest.raises(Unexpected):
        trading._ended(world, ID, JUDGED)


@pytest.mark.parametrize(("likes", "units"), [(1, 750_000), (3, 750_000), (2, 749_999)])
def test_a_count_that_is_not_what_was_given_is_not_taken(
    world: World, shown: Shown, monkeypatch: pytest.MonkeyPatch, likes: int, units: int
) -> None:
    given: list[str] = []

    def wallet(_: World, name: str, *words: str) -> Answer:
        assert words == ("like", ID, LIKES[name])
        given.append(name)
        return Answer(0, {}, "", 0)

    monkeypatch.setattr(World, "wallet", wallet)
    shown(content_key(ID), [b"author", b"hash", 2, 750_000])
    assert trading._like(world) == (2, "0.75")
    assert sorted(given) == sorted(LIKES)
    shown(content_key(ID), [b"author", b"hash", likes, units])
    with pytest.raises(Unexpected):
        trading._like(world)


def test_a_like_that_fails_is_not_passed_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wallet(_: World, name: str, *__: str) -> Answer:
        if name == "dora":
            raise Unexpected("exit status 4")
        return Answer(0, {}, "", 0)

    monkeypatch.setattr(World, "wallet", wallet)
    with pytest.raises(Unexpected, match="exit status 4"):
        trading._like(world)


def test_what_people_hold_is_all_that_they_had_and_were_given() -> None:
    """Nothing comes into being by a gift, a like or an order."""
    for shares in (RELEASED, JUDGED):
        assert sum(map(Decimal, shares)) == Decimal(PRICE)
    had = Decimal("7.5") + Decimal("24.5")  # as the scene before leaves Alice and Boris
    assert sum(map(Decimal, EXPECTED.values())) == had + OTHERS


@pytest.mark.parametrize("name", list(EXPECTED))
def test_a_balance_that_is_a_unit_off_is_not_taken(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    held = {each: Decimal(amount) for each, amount in EXPECTED.items()}
    monkeypatch.setattr(World, "held_by", lambda _, each: held[each])
    trading._expect_balances(world)
    held[name] += Decimal("0.000001")
    with pytest.raises(Unexpected, match="they hold"):
        trading._expect_balances(world)
