"""Scene: an auditor who trusts nobody replays everything, and a node that lies to it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from demo import api
from demo.commands import Answer, expect, run
from demo.forgery import rewritten_block
from demo.liar import lying
from demo.obligations import await_silence
from demo.world import World, decimal_text

NOT_PROVEN: Final = 9
"""Exit status of an auditor that found something wrong."""


def audit(world: World) -> None:
    """Replay one node's chain from genesis; then a chain in which a payment was rewritten."""
    stage = world.stage
    count = await_silence(world)
    with stage.scene("An auditor who trusts nobody"):
        home = world.directory / "auditor"
        node = next(iter(world.network.nodes.values()))
        with ThreadPoolExecutor(max_workers=1) as beside:
            lied_to = beside.submit(_lied_to, world, home.with_name("lied-to"), node.url)
            verified = _verify(world, home, node.url).document
            refused = lied_to.result()
        total, run_ = verified["total"], verified["run"]
        expect(verified["violation"] is None, str(verified["violation"]))
        epochs = int(verified["verified"]["epoch"]) + 1
        expect(epochs == len(world.pinned.epochs), f"{epochs} epochs, {world.pinned.epochs}")
        stage.say(
            f"""liqbon-audit replays the node of {world.name(node.partner)} from genesis in
            {run_["seconds"]:.1f} s: {total["blocks"]:,} blocks of {epochs} epochs,
            {total["transactions"]:,} transactions, every signature and rule. No balance fell
            unless its owner signed. A node that makes Alice's payment ten times larger is caught at
            height {refused["height"]:,}: {refused["code"]}."""
        )
        supply, reserve = _reserves(world, home, Decimal(verified["sums"]["supply"]))
        _expect_all_settled(home, count)
        stage.proven(
            f"""{decimal_text(supply)} LiqBon exist, the retailers owe as much, a custodian
            attests reserves of {decimal_text(reserve)}; all {count} payments are settled"""
        )


def _verify(world: World, home: Path, url: str, **expected: Any) -> Answer:
    genesis = world.network.document["genesis"]
    words = ["verify", "--genesis", genesis, "--node", url, "--home", home]
    return run("liqbon-audit", *words, **expected)


def _lied_to(world: World, home: Path, url: str) -> dict[str, Any]:
    """The violation that the auditor names: at the very height of the rewritten payment."""
    with lying(url) as liar:
        liar.on_block = rewritten_block
        refused = _verify(world, home, liar.url, expect=(NOT_PROVEN,)).document
    found: dict[str, Any] = refused["violation"]
    doctored = int(api.get(url, f"/transactions/{world.payment}")["height"])
    expect(liar.told > 0 and found is not None, f"a doctored chain was taken: {refused}")
    expect(int(found["height"]) == doctored, f"{found['height']}, not {doctored}")
    expect(found["code"] == "batch_forged", str(found))
    return found


def _reserves(world: World, home: Path, supply: Decimal) -> tuple[Decimal, Decimal]:
    """Supply and reserves; what is owed is as much, and a quorum attests the same supply."""
    totals = run("liqbon-audit", "reserves", "--home", home).document["totals"]
    reserve = Decimal(totals["reserve"])
    expect(Decimal(totals["net"]) == supply, f"{totals['net']} owed, {supply} exist")
    expect(reserve >= supply, f"reserves of {reserve} for {supply}")
    proven = world.supply(world.shops["miles"])
    expect(proven == supply, f"the auditor finds {supply}, {proven} is attested")
    return supply, reserve


def _expect_all_settled(home: Path, count: int) -> None:
    listed = run("liqbon-audit", "settlement", "--home", home, "--list").document["cycles"]
    expect(all(Decimal(cycle["outstanding"]) == 0 for cycle in listed), f"{listed}")
    expect(sum(cycle["obligations"] for cycle in listed) == count, f"{count} in {listed}")
