"""Scene: four competitors start a node each, and what they agreed on is pinned."""

from __future__ import annotations

from typing import Any

from demo import api
from demo.commands import expect
from demo.world import Retailer, World


def found(world: World, base_port: int) -> None:
    """Start the network, and read who is in it."""
    stage, network = world.stage, world.network
    with stage.scene("Four competing retailers start a node each"):
        if network.base_port != base_port:
            stage.say(f"Ports from {base_port} are in use: this network takes {network.base_port}.")
        network.start()
        world.pin()
        world.retailers = _retailers(world)
        for node in network.nodes.values():
            status = api.get(node.url, "/status")
            expect(status["chain"] == world.pinned.chain.hex(), f"{node.partner}: another chain")
        founders = world.pinned.newest
        *names, last = [world.name(code) for code in network.nodes]
        stage.say(
            f"""{", ".join(names)} and {last} each run a node and keep their own books. What counts
            is signed by {founders.quorum} of the {len(founders.members)}."""
        )


def _retailers(world: World) -> dict[str, Retailer]:
    """The founders, from a node's own documents."""
    url = next(iter(world.network.nodes.values())).url
    names = {partner["code"]: partner["name"] for partner in _items(url, "/partners")}
    programmes = _items(url, "/programmes")
    return {
        programme["partner"]: Retailer(
            code=programme["partner"],
            name=names[programme["partner"]],
            programme=programme["code"],
            programme_name=programme["name"],
            point=programme["point"],
            numerator=programme["rate"]["numerator"],
            denominator=programme["rate"]["denominator"],
        )
        for programme in programmes
    }


def _items(url: str, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = api.get(url, path)["items"]
    return items
