"""Eighth scene: an auditor who trusts nobody replays everything, and a node that lies to it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from demo.commands import Answer, expect, run
from demo.liar import Lie, lying
from demo.squaring import await_silence
from demo.world import World, decimal_text

PROOF_INVALID: Final = 9


def audit(world: World) -> None:
    """Replay one node's chain from genesis; then a chain in which a payment was rewritten."""
    stage = world.stage
    count = await_silence(world)
    with stage.scene("An auditor who trusts nobody"):
        home = world.directory / "auditor"
        url = next(iter(world.network.nodes.values())).url
        verified = _verify(world, home, url).document
        total, sums, run_ = verified["total"], verified["sums"], verified["run"]
        expect(verified["violation"] is None, str(verified["violation"]))
        stage.say(
            f"""liqbon-audit replays {total["blocks"]} blocks of {world.name(_first(world))}'s node
            from genesis: {total["done"]:,} transactions, every signature, receipt, root and rule,
            in {run_["seconds"]:.1f} s."""
        )
        reserves = run("liqbon-audit", "reserves", "--home", home).document
        statement = run("liqbon-audit", "settlement", "--home", home, "--list").document
        paid = [cycle for cycle in statement["cycles"] if cycle["obligations"]]
        expect(all(cycle["outstanding"] == "0" for cycle in paid), f"{paid}")
        totals = reserves["totals"]
        stage.proven(
            f"""nothing is wrong up to height {verified["verified"]["height"]}: {sums["supply"]}
            LiqBon in all accounts = what partners owe together; reserves of
            {decimal_text(Decimal(totals["reserve"]))} stand behind
            {decimal_text(Decimal(totals["owed_to_pool"]))}; all {count} payments between partners
            are settled, the last one by silence"""
        )
        _lied_to(world, home.with_name("lied-to"), url)


def _first(world: World) -> str:
    return next(iter(world.network.nodes))


def _verify(world: World, home: Path, url: str, **expected: Any) -> Answer:
    genesis = world.network.document["genesis"]
    words = ["verify", "--genesis", genesis, "--node", url, "--home", home]
    return run("liqbon-audit", *words, **expected)


def _lied_to(world: World, home: Path, url: str) -> None:
    """The same node, and somebody before it who made Alice's payment ten times as large."""
    with lying(url) as liar:
        liar.lie = Lie.HISTORY
        refused = _verify(world, home, liar.url, expect=(PROOF_INVALID,)).document
    found = refused["violation"]
    expect(found is not None and liar.told > 0, f"a doctored chain was taken: {refused}")
    expect(found["height"] == liar.doctored, f"{found['height']}, not {liar.doctored}")
    world.stage.say(
        f"""A node that makes Alice's payment to Boris ten times as large is refused at height
        {found["height"]}: {found["code"]}."""
    )
