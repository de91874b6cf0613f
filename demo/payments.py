"""Fourth and fifth scene: a payment between two customers, and payments while a node is killed."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

from demo import api
from demo.commands import expect
from demo.proof import SUPPLY_KEY
from demo.stage import spread, told
from demo.world import World, decimal_text

GIFT = "2.5"
SMALL = "0.05"
BEFORE, WHILE, AFTER = 4, 6, 2
"""Payments of the stream: before the kill, while the node is dead, after it is back."""
VIEW_TIMEOUT_MS = 1_000
"""After which a silent leader's turn ends: a parameter of the genesis."""
CATCH_UP_TIMEOUT_S = 60.0


def pay(world: World) -> None:
    """Alice pays Boris; both sides are proven by nodes that did not take the payment."""
    stage = world.stage
    first, *others = world.network.nodes.values()
    with stage.scene("A customer pays another, and sees proof"):
        boris = world.person("boris")["address"]
        before = _balance(world, "alice", others[0].url)
        answer = world.wallet("alice", "send", boris, GIFT, "--node", first.url)
        sent = answer.document
        proof = sent["proof"]
        stage.say(f"Alice sends Boris {GIFT} LiqBon through {_name(world, first.partner)}'s node.")
        stage.proven(
            f"""final at height {proof["height"]}, attested by {proof["attested"]} of
            {proof["members"]}, {sent["elapsed_ms"]} ms from sending to the checked proof"""
        )
        alice = _balance(world, "alice", others[0].url)
        his = _balance(world, "boris", others[1].url)
        expect(alice == before - Decimal(GIFT), f"Alice had {before}, has {alice}")
        expect(his == Decimal(GIFT), f"Boris has {his}")
        stage.proven(
            f"""Alice now holds {decimal_text(alice)}, as {_name(world, others[0].partner)}'s node
            proves, and Boris {decimal_text(his)}, as {_name(world, others[1].partner)}'s does"""
        )
        poor = world.wallet("boris", "send", boris, "1000000", "--node", first.url, expect=(4,))
        expect(bool(poor.document["error"]["code"]), "an error without a code")
        stage.say(
            f"""Boris tries to spend a million that he does not have: exit status {poor.status},
            {poor.document["error"]["code"]}."""
        )


def survive(world: World) -> str:
    """Kill a node in the middle of a stream of payments; its partner's code is returned."""
    stage = world.stage
    victim = list(world.network.nodes)[-1]
    with stage.scene("A node is killed in the middle of business"):
        name = _name(world, victim)
        earlier = _balance(world, "boris", world.url(next(iter(world.network.nodes))))
        before = [_small_payment(world, victim) for _ in range(BEFORE)]
        stage.say(
            f"""{BEFORE} payments of {SMALL} LiqBon, {name}'s node asked first: {spread(before)}."""
        )
        height = int(api.get(world.url(victim), "/status")["executed_height"])
        world.network.kill(victim)
        stage.say(f"SIGKILL: {name}'s process is gone, at height {height}, without a last word.")
        down = [_small_payment(world, victim) for _ in range(WHILE)]
        stage.say(
            f"{WHILE} payments more; the wallet turns to the next node by itself: {spread(down)}."
        )
        if max(down) >= VIEW_TIMEOUT_MS:
            stage.say(
                """The slowest waited for a turn that was the dead node's to lead; a leader that
                fails is skipped from then on."""
            )
        started = time.monotonic()
        world.network.restart(victim)
        head = _catch_up(world, victim)
        took_s = time.monotonic() - started
        stage.say(
            f"""{name} starts its node again (liqbon-node start) from what its disk holds. It reads
            its journal, meets the others, fetches what it missed, and stands with them at height
            {head["height"]} after {took_s:.1f} s."""
        )
        after = [_small_payment(world, victim) for _ in range(AFTER)]
        stage.say(f"{AFTER} payments through the node that came back: {told(after)}.")
        stage.proven(
            f"""at height {head["height"]} all four nodes hold the same books: state root
            {head["state_root"][:16]}, attested by {head["attested"]} of {head["members"]}"""
        )
        paid = (BEFORE + WHILE + AFTER) * Decimal(SMALL)
        boris = _balance(world, "boris", world.url(victim))
        expect(boris == earlier + paid, f"Boris had {earlier}, got {paid}, has {boris}")
        stage.proven(
            f"""Boris holds {decimal_text(boris)}, says the node that was dead: none of
            {BEFORE + WHILE + AFTER} payments was lost, none was made twice"""
        )
    return victim


def _small_payment(world: World, first: str) -> int:
    """Milliseconds from sending to the checked proof; ``first`` is the node asked first."""
    boris = world.person("boris")["address"]
    answer = world.wallet("alice", "send", boris, SMALL, *world.asking(first))
    return int(answer.document["elapsed_ms"])


def _balance(world: World, name: str, url: str) -> Decimal:
    """What one node alone proves that a customer holds."""
    return Decimal(world.wallet(name, "balance", "--node", url).document["total"])


def _name(world: World, partner: str) -> str:
    return world.retailers[partner].name


def _catch_up(world: World, partner: str) -> dict[str, Any]:
    """Wait until a node meets all others and has what they have; its head, compared with theirs."""

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
    return {
        "height": proven.height,
        "state_root": proven.state_root,
        "attested": proven.attested,
        "members": proven.members,
    }
