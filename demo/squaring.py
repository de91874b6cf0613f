"""Fifth scene: the retailers square their accounts, and one of them denies that it was paid."""

from __future__ import annotations

from typing import Any, Final

from demo import api
from demo.commands import expect
from demo.proof import obligation_key, position_key
from demo.world import World, liqbon

CYCLE_MS: Final = 12_000
"""So often a cycle closes in this story; a real network waits a week or a month."""
CONFIRMATION_MS: Final = 15_000
"""So long a creditor may deny a payment here; on a real network, three days."""
CLOSING_TIMEOUT_S: Final = 60.0
SETTLED: Final = 5
"""The status of an obligation of which nothing is owed ([STATE-5])."""


def square(world: World) -> None:
    """Wait for the cycle, pay, deny, judge; then see that positions moved and balances did not."""
    stage = world.stage
    with stage.scene("The retailers square their accounts"):
        cycle = _closed(world)
        owed = _obligations(world, cycle["cycle"])
        claims = sum(each["units"] for each in owed)
        stage.say(
            f"""Cycle {cycle["cycle"]} closed by itself: who redeemed more than it minted is owed
            {liqbon(claims)} LiqBon, and {len(owed)} payments square all {len(world.retailers)}."""
        )
        first, second, *rest = owed
        _pay(world, first)
        _speak(world, first, "creditor", "confirm")
        _pay(world, second)
        _deny(world, second)
        for each in rest:
            _pay(world, each)
        _tell(world, owed, rest)
        for each in (first, second):
            _expect_settled(world, each)
        stage.proven(
            """positions moved by what was settled, and no customer's balance moved at all"""
        )


def _closed(world: World) -> dict[str, Any]:
    """The first cycle of which anything is owed."""
    url = world.url(world.shops["basket"])

    def look() -> dict[str, Any] | None:
        cycles = api.get(url, "/settlement/cycles?limit=5")["items"]
        return next((cycle for cycle in cycles if cycle["obligations"]), None)

    found: dict[str, Any] = api.until("a cycle closes", look, CLOSING_TIMEOUT_S)
    return found


def _obligations(world: World, cycle: int) -> list[dict[str, Any]]:
    """Who pays whom, each proven by another node than the one that listed it."""
    listed = api.get(world.url(world.shops["basket"]), f"/obligations?cycle={cycle}")["items"]
    for each in listed:
        each["units"] = world.prove(world.shops["pages"], _key(each)).value[2]
    return list(listed)


def _key(obligation: dict[str, Any]) -> bytes:
    return obligation_key(obligation["cycle"], obligation["place"])


def _name(obligation: dict[str, Any]) -> list[str]:
    return [str(obligation["cycle"]), str(obligation["place"])]


def _pay(world: World, obligation: dict[str, Any]) -> None:
    """The debtor pays outside, in money, and names its payment here."""
    reference = f"transfer-{obligation['place']}"
    _speak(world, obligation, "debtor", "pay", "--reference", reference)


def _speak(world: World, obligation: dict[str, Any], side: str, *words: str) -> None:
    verb, *rest = words
    world.partner(obligation[side], "settle", verb, *_name(obligation), *rest, "--yes")


def _deny(world: World, obligation: dict[str, Any]) -> None:
    """The creditor says that no money came. The settlement custodian saw it come."""
    _speak(world, obligation, "creditor", "dispute")
    before = world.prove(obligation["debtor"], position_key(obligation["creditor"])).value
    world.custodian("settle", "state", *_name(obligation), "--paid", "--yes")
    after = world.prove(obligation["debtor"], position_key(obligation["creditor"])).value
    moved = after[4] - before[4]
    expect(moved == obligation["units"], f"{moved} units moved, not {obligation['units']}")


def _tell(world: World, owed: list[dict[str, Any]], rest: list[dict[str, Any]]) -> None:
    ends = ["the creditor confirms", "denied; the custodian's statement settles it"]
    ends += [f"nobody denies it: stands by itself in {CONFIRMATION_MS // 1000} s"] * len(rest)
    rows = [
        [world.name(each["debtor"]), world.name(each["creditor"]), liqbon(each["units"]), end]
        for each, end in zip(owed, ends, strict=True)
    ]
    world.stage.table(["pays", "is paid", "LiqBon>", "and then"], rows)


def _expect_settled(world: World, obligation: dict[str, Any]) -> None:
    value = world.prove(obligation["debtor"], _key(obligation)).value
    expect(value[4] == SETTLED and value[2] == value[3], f"not settled: {value}")


def await_silence(world: World) -> int:
    """Wait until every payment of every cycle is settled; how many there were."""
    url = world.url(world.shops["basket"])

    def look() -> int | None:
        items = api.get(url, "/obligations?limit=100")["items"]
        done = [each for each in items if each["status"] == "settled"]
        return len(items) if items and len(done) == len(items) else None

    count: int = api.until("what nobody denied stands", look, CLOSING_TIMEOUT_S)
    return count
