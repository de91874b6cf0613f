"""Scene: payments while a node is killed, and what it holds when it is back."""

from __future__ import annotations

import time
from decimal import Decimal

from demo import api
from demo.commands import expect
from demo.proof import SUPPLY_KEY
from demo.world import World

SMALL = "0.05"
BEFORE, WHILE, AFTER = 2, 4, 1
"""Payments of the stream: before the kill, while the node is dead, after it is back."""
CATCH_UP_TIMEOUT_S = 60.0


def survive(world: World) -> str:
    """Kill a node in the middle of a stream of payments; its partner's code is returned."""
    stage = world.stage
    victim = list(world.network.nodes)[-1]
    with stage.scene("A node is killed in the middle of business"):
        name = world.name(victim)
        earlier = world.held_by("boris", world.url(next(iter(world.network.nodes))))
        for _ in range(BEFORE):
            _small_payment(world, victim)
        world.network.kill(victim)
        down = [_small_payment(world, victim) for _ in range(WHILE)]
        stage.say(
            f"""{name}'s node is killed while Alice pays through it. Her wallet turns to the next
            one by itself: the slowest payment took {max(down):,} ms."""
        )
        started = time.monotonic()
        world.network.restart(victim)
        _catch_up(world, victim)
        took_s = time.monotonic() - started
        for _ in range(AFTER):
            _small_payment(world, victim)
        paid = (BEFORE + WHILE + AFTER) * Decimal(SMALL)
        boris = world.held_by("boris", world.url(victim))
        expect(boris == earlier + paid, f"Boris had {earlier}, got {paid}, has {boris}")
        stage.proven(
            f"""{took_s:.1f} s after its restart it holds the same books as the others; of
            {BEFORE + WHILE + AFTER} payments none was lost or made twice"""
        )
    return victim


def _small_payment(world: World, first: str) -> int:
    """Milliseconds from sending to the checked proof; ``first`` is the node asked first."""
    boris = world.person("boris")["address"]
    answer = world.wallet("alice", "send", boris, SMALL, *world.asking(first))
    return int(answer.document["elapsed_ms"])


def _catch_up(world: World, partner: str) -> None:
    """Wait until a node meets all others and has what they have, the same state to the last bit."""

    def caught_up() -> bool:
        seen = {code: api.get(node.url, "/status") for code, node in world.network.nodes.items()}
        heights = {code: int(status["certified_height"]) for code, status in seen.items()}
        connected = all(peer["connected"] for peer in seen[partner]["peers"])
        return connected and heights[partner] >= max(heights.values())

    api.until(f"{partner} catches up", caught_up, CATCH_UP_TIMEOUT_S)
    proven = world.prove(partner, SUPPLY_KEY)
    for node in world.network.nodes.values():
        block = api.get(node.url, f"/blocks/{proven.height}")["block"]
        expect(
            block["state_root"] == proven.state_root,
            f"{node.partner} has another state at height {proven.height}",
        )
