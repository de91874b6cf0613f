"""Scene: the retailers square their accounts, and one of them denies that it was paid."""

from __future__ import annotations

from typing import Any

from demo.commands import expect
from demo.deadlines import CONFIRMATION_MS
from demo.minting import balances
from demo.obligations import await_closing, expect_settled, pay, rule_on, speak
from demo.proof import position_key
from demo.world import World, liqbon

PAID, RECEIVED = 3, 4
"""Where a position says what a partner paid to others, and received from them ([STATE-5])."""


def square(world: World) -> None:
    """Wait for the cycle, pay, deny, judge; then see that positions moved and balances did not."""
    stage = world.stage
    with stage.scene("The retailers settle with one another"):
        held = balances(world)
        owed = await_closing(world, world.shopping_cycle)
        expect(len(owed) >= 2, f"two payments were expected: {owed}")
        before = _positions(world)
        first, second, *rest = owed
        pay(world, first)
        speak(world, first, "creditor", "confirm")
        pay(world, second)
        speak(world, second, "creditor", "dispute")
        rule_on(world, second, "--paid")
        world.denied = second
        for each in (first, second):
            expect_settled(world, each)
        _expect_moved(world, before, _positions(world), [first, second])
        for each in rest:
            pay(world, each)
        expect(balances(world) == held, "a customer's balance changed")
        _tell(world, first, second, rest)
        stage.proven(
            f"""a payment changes what two retailers owe, and not one of {len(held):,} customers'
            balances"""
        )


def _positions(world: World) -> dict[str, Any]:
    asked = world.shops["care"]
    return {code: world.prove(asked, position_key(code)).value for code in world.retailers}


def _expect_moved(
    world: World, before: dict[str, Any], after: dict[str, Any], settled: list[dict[str, Any]]
) -> None:
    """What was settled is what positions moved by, and nothing else moved."""
    for code in world.retailers:
        paid = sum(each["units"] for each in settled if each["debtor"] == code)
        received = sum(each["units"] for each in settled if each["creditor"] == code)
        expected = list(before[code])
        expected[PAID] += paid
        expected[RECEIVED] += received
        expect(after[code][:6] == expected[:6], f"{code}: {before[code]} became {after[code]}")


def _tell(
    world: World, first: dict[str, Any], second: dict[str, Any], rest: list[dict[str, Any]]
) -> None:
    owed = [first, second, *rest]
    claims = liqbon(sum(each["units"] for each in owed))
    creditors = dict.fromkeys(world.name(each["creditor"]) for each in owed)
    world.stage.say(
        f"""The cycle ends. {" and ".join(creditors)} took in {claims} LiqBon more than they
        issued; the books say who pays them, in money."""
    )
    judged = f"denied; {world.judge['name']} confirms"
    silent = f"not answered; stands after {CONFIRMATION_MS // 1000} s"
    ends = ["confirmed", judged, *[silent] * len(rest)]
    rows = [
        [world.name(each["debtor"]), world.name(each["creditor"]), liqbon(each["units"]), end]
        for each, end in zip(owed, ends, strict=True)
    ]
    world.stage.table(["pays", "is paid", "LiqBon>", "the payment is"], rows)
