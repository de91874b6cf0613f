"""Sixth scene: a node lies to a customer, in three ways, and is caught each time."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from demo.commands import expect
from demo.liar import Liar, Lie, lying
from demo.world import World, decimal_text

PROOF_INVALID = 9
"""Exit status of a wallet that could prove nothing because it was lied to."""


def lie(world: World) -> None:
    """Put a liar before an honest node, and let Alice's wallet ask it."""
    stage = world.stage
    behind, honest, *_ = world.network.nodes.values()
    with stage.scene("A node lies about a balance"), lying(behind.url) as liar:
        truth = Decimal(world.wallet("alice", "balance", "--node", honest.url).document["total"])
        address = world.person("alice")["address"]
        liar.remember(f"/v1/accounts/{address}?proof=1&channel=0")
        stage.say(
            f"""Alice holds {decimal_text(truth)} LiqBon. A dishonest retailer now answers her
            wallet at {liar.url}. It forges the figure; then the figure inside the proof; and at
            last it forges nothing, but repeats what was true before her next payment."""
        )
        rows = []
        for kind in Lie:
            if kind is Lie.YESTERDAY:
                truth = _pay_once_more(world, honest.url, truth)
            liar.lie = kind
            rows.append(_caught(world, liar, honest.url, truth))
        heads = ["it shows", "the wallet says", "asked alone", "with an honest node"]
        stage.table(heads, rows)
        expect(liar.told >= 2 * len(Lie), f"the liar was asked {liar.told} times only")
        stage.proven(
            f"""the wallet names the liar, shows no figure that it could not prove, and gets
            {decimal_text(truth)} from {world.retailers[honest.partner].name}"""
        )


def _pay_once_more(world: World, url: str, truth: Decimal) -> Decimal:
    """Make an answer old; what Alice holds afterwards, which her wallet remembers having seen."""
    boris = world.person("boris")["address"]
    world.wallet("alice", "send", boris, "0.5", "--node", url)
    now = Decimal(world.wallet("alice", "balance", "--node", url).document["total"])
    expect(now == truth - Decimal("0.5"), f"Alice had {truth}, paid 0.5, has {now}")
    return now


def _caught(world: World, liar: Liar, honest: str, truth: Decimal) -> list[str]:
    """How Alice's wallet fares with the liar alone, and with an honest node beside it."""
    alone = world.wallet("alice", "balance", "--node", liar.url, expect=(PROOF_INVALID,))
    expect("error" in alone.document, f"a lie was believed: {alone.document}")
    both = world.wallet("alice", "balance", "--node", liar.url, "--node", honest)
    found = Decimal(both.document["total"])
    expect(found == truth, f"{found} was believed, {truth} is true")
    blame = _blame(both.document, liar.url)
    return [
        liar.lie.value,
        blame["code"],
        f"exit {alone.status}, no figure",
        f"exit {both.status}, {decimal_text(found)} LiqBon",
    ]


def _blame(document: dict[str, Any], url: str) -> dict[str, Any]:
    """What the wallet holds against a node. Raises ``Unexpected`` if it does not call it a lie."""
    blames = [blame for blame in document["blames"] if blame["node"] == url]
    expect(len(blames) == 1 and blames[0]["lie"], f"the liar is not named: {document['blames']}")
    blame: dict[str, Any] = blames[0]
    return blame
