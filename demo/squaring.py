"""Fifth scene: the retailers square their accounts, and one of them denies that it was paid."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from demo import api
from demo.commands import expect
from demo.minting import balances
from demo.proof import obligation_key, position_key
from demo.world import World, liqbon

CYCLE_MS: Final = 8_000
"""So often a cycle closes in this story; a real network waits a week or a month."""
CONFIRMATION_MS: Final = 15_000
"""So long a creditor may deny a payment here; on a real network, three days."""
ROOM_S: Final = 4.0
"""What the shopping before takes, about: it begins only if the cycle stays open for so long."""
CLOSING_TIMEOUT_S: Final = 60.0
SETTLED: Final = 5
"""The status of an obligation of which nothing is owed ([STATE-5])."""
PAID, RECEIVED = 3, 4
"""Where a position says what a partner paid to others, and received from them ([STATE-5])."""


def await_room(world: World) -> None:
    """Wait for the next cycle if this one is about to close, so that one closing has it all."""

    def look() -> bool:
        closes = datetime.fromisoformat(_settlement(world)["closes"])
        return (closes - datetime.now(UTC)).total_seconds() > ROOM_S

    api.until("a cycle that just began", look, CLOSING_TIMEOUT_S)


def square(world: World) -> None:
    """Wait for the cycle, pay, deny, judge; then see that positions moved and balances did not."""
    stage = world.stage
    with stage.scene("The retailers settle with one another"):
        cycle = int(_settlement(world)["cycle"])
        held = balances(world)
        owed = _closed(world, cycle)
        before = _positions(world)
        first, second, *rest = owed
        _pay(world, first)
        _speak(world, first, "creditor", "confirm")
        _pay(world, second)
        _speak(world, second, "creditor", "dispute")
        world.custodian("settle", "state", *_name(second), "--paid", "--yes")
        world.denied = second
        for each in (first, second):
            _expect_settled(world, each)
        _expect_moved(world, before, _positions(world), [first, second])
        for each in rest:
            _pay(world, each)
        expect(balances(world) == held, "a customer's balance changed")
        _tell(world, first, second, rest)
        stage.proven(
            f"""a payment changes what two retailers owe, and not one of {len(held):,} customers'
            balances"""
        )


def _settlement(world: World) -> dict[str, Any]:
    """The present cycle, as a node tells of it."""
    view: dict[str, Any] = api.get(world.url(world.shops["basket"]), "/settlement")
    return view


def _closed(world: World, cycle: int) -> list[dict[str, Any]]:
    """Wait until it is closed; who pays whom, each proven by another node than the one that
    lists."""
    api.until(
        "the cycle closes", lambda: int(_settlement(world)["cycle"]) > cycle, CLOSING_TIMEOUT_S
    )
    asked = "/obligations?status=open&limit=100"
    listed: list[dict[str, Any]] = api.get(world.url(world.shops["basket"]), asked)["items"]
    expect(len(listed) >= 2, f"two payments were expected: {listed}")
    for each in listed:
        each["units"] = world.prove(world.shops["pages"], _key(each)).value[2]
    return listed


def _positions(world: World) -> dict[str, Any]:
    asked = world.shops["care"]
    return {code: world.prove(asked, position_key(code)).value for code in world.retailers}


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


def _expect_settled(world: World, obligation: dict[str, Any]) -> None:
    value = world.prove(obligation["debtor"], _key(obligation)).value
    expect(value[4] == SETTLED and value[2] == value[3], f"not settled: {value}")


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
    silent = f"not answered: stands after {CONFIRMATION_MS // 1000} s"
    ends = ["confirmed", judged, *[silent] * len(rest)]
    rows = [
        [world.name(each["debtor"]), world.name(each["creditor"]), liqbon(each["units"]), end]
        for each, end in zip(owed, ends, strict=True)
    ]
    world.stage.table(["pays", "is paid", "LiqBon>", "the payment is"], rows)


def await_silence(world: World) -> int:
    """Wait until every payment of every cycle is settled; how many there were."""
    url = world.url(world.shops["basket"])

    def look() -> int | None:
        items = api.get(url, "/obligations?limit=100")["items"]
        done = [each for each in items if each["status"] == "settled"]
        return len(items) if items and len(done) == len(items) else None

    count: int = api.until("what nobody denied stands", look, CLOSING_TIMEOUT_S)
    return count
