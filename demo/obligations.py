"""What retailers owe one another, and what is said of it. Knows the commands; tells no story.

An obligation is a node's document of it: cycle, place, debtor, creditor; and ``units``, proven by
another node than the one that lists it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from demo import api
from demo.commands import expect
from demo.proof import obligation_key
from demo.world import World

ROOM_S: Final = 5.0
"""More than shopping takes: it begins only if the cycle stays open for so long."""
CLOSING_TIMEOUT_S: Final = 60.0
SETTLED: Final = 5
"""The status of an obligation of which nothing is owed ([STATE-5])."""


def settlement(world: World) -> dict[str, Any]:
    """The present cycle, as a node tells of it."""
    view: dict[str, Any] = api.get(world.url(world.shops["basket"]), "/settlement")
    return view


def await_room(world: World) -> None:
    """Wait for the next cycle if this one is about to close, so that one closing has it all."""

    def look() -> bool:
        closes = datetime.fromisoformat(settlement(world)["closes"])
        return (closes - datetime.now(UTC)).total_seconds() > ROOM_S

    api.until("a cycle that just began", look, CLOSING_TIMEOUT_S)


def await_closing(world: World, cycle: int) -> list[dict[str, Any]]:
    """Wait until a cycle is closed; who owes whom then, of this cycle or an older one."""
    api.until(
        "the cycle closes", lambda: int(settlement(world)["cycle"]) > cycle, CLOSING_TIMEOUT_S
    )
    asked = "/obligations?status=open&limit=100"
    listed: list[dict[str, Any]] = api.get(world.url(world.shops["basket"]), asked)["items"]
    for each in listed:
        each["units"] = world.prove(world.shops["pages"], key_of(each)).value[2]
    return listed


def await_silence(world: World) -> int:
    """Wait until every payment of every cycle is settled; how many there were."""
    url = world.url(world.shops["basket"])

    def look() -> int | None:
        items = api.get(url, "/obligations?limit=100")["items"]
        done = [each for each in items if each["status"] == "settled"]
        return len(items) if items and len(done) == len(items) else None

    count: int = api.until("what nobody denied stands", look, CLOSING_TIMEOUT_S)
    return count


def pay(world: World, obligation: dict[str, Any]) -> None:
    """The debtor pays outside, in money, and names its payment here."""
    reference = f"transfer-{obligation['place']}"
    speak(world, obligation, "debtor", "pay", "--reference", reference)


def speak(world: World, obligation: dict[str, Any], side: str, *words: str) -> None:
    """``debtor`` or ``creditor`` says something: the verb of ``settle``, and its options."""
    verb, *rest = words
    world.partner(obligation[side], "settle", verb, *name_of(obligation), *rest, "--yes")


def rule_on(world: World, obligation: dict[str, Any], verdict: str) -> None:
    """The custodian says whether it was paid: ``--paid`` or ``--unpaid``."""
    world.custodian("settle", "state", *name_of(obligation), verdict, "--yes")


def expect_settled(world: World, obligation: dict[str, Any]) -> None:
    """Nothing of it is owed any more, shows the debtor's own node."""
    value = world.prove(obligation["debtor"], key_of(obligation)).value
    expect(value[4] == SETTLED and value[2] == value[3], f"not settled: {value}")


def key_of(obligation: dict[str, Any]) -> bytes:
    """Where it stands in the state."""
    return obligation_key(obligation["cycle"], obligation["place"])


def name_of(obligation: dict[str, Any]) -> list[str]:
    """How the commands call it: cycle, place."""
    return [str(obligation["cycle"]), str(obligation["place"])]
