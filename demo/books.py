"""Scene: the books are closed, from proven entries alone; and what they know of a customer."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Final

from demo import api
from demo.commands import expect
from demo.minting import TILL_REFERENCE, balances
from demo.proof import SUPPLY_KEY, position_key
from demo.world import World, decimal_text, liqbon

TOLD: Final = {"type", "partner", "programme", "points", "amount", "commitment", "to"}
"""All that stands on the ledger of a deposit."""


def close(world: World, returned: str) -> None:
    """Sum up everything, as shown by the node that was killed."""
    stage = world.stage
    with stage.scene("The books"):
        supply = world.prove(returned, SUPPLY_KEY)
        minted, redeemed, refunded = supply.value
        rows, owed = [], 0
        for code, retailer in world.retailers.items():
            position = world.prove(returned, position_key(code))
            own_minted, own_redeemed, own_refunded, paid, received, assumed = position.value[:6]
            net = own_minted + own_refunded + received + assumed - own_redeemed - paid
            expect(liqbon(own_minted) == decimal_text(world.expected[code]), f"{code}: {position}")
            row = [own_minted, own_redeemed - own_refunded, received - paid, assumed, net]
            rows.append([retailer.name, *map(signed, row)])
            owed += net
        rows.append(["together", *map(signed, [minted, redeemed - refunded, 0, 0, owed])])
        stage.table(
            ["retailer", "minted>", "- spent at it>", "+ settled>", "+ borne>", "= still owes>"],
            rows,
        )
        expect(owed == minted - redeemed + refunded, f"{owed} owed, {supply.value} exist")
        held = sum(map(Decimal, balances(world)), Decimal(0))
        expect(decimal_text(held) == liqbon(owed), f"{held} are held, {owed} units are owed")
        stage.proven(
            f"""customers hold {decimal_text(held)} = what exists = what the retailers owe, says
            the node that was killed"""
        )
        _tell_what_the_chain_knows(world, returned)


def signed(units: int) -> str:
    """Units as people read them, below zero too."""
    return liqbon(units) if units >= 0 else f"-{liqbon(-units)}"


def _tell_what_the_chain_knows(world: World, returned: str) -> None:
    """One deposit as everybody can read it; and whose word lowered the customer's balance."""
    address = world.person("alice")["address"]
    listed = api.get(world.url(returned), f"/accounts/{address}/transactions?limit=100")
    expect(listed["next"] is None, "not all of her history was read")
    items: list[dict[str, Any]] = listed["items"]
    mint = next(item["action"] for item in items if item["action"]["type"] == "mint")
    expect(set(mint) == TOLD, f"the ledger tells more of a deposit: {mint}")
    expect(TILL_REFERENCE not in json.dumps(items), "the shop's own reference is on the ledger")
    lowered = [item for item in items if Decimal(item["change"]) < 0]
    expect(bool(lowered), "she never paid anything")
    expect(all(item["sender"] == address for item in lowered), f"somebody else paid: {lowered}")
    world.stage.say(
        f"""Of Alice's deposit the ledger knows {int(mint["points"]):,} points of the programme
        {mint["programme"]}, {mint["amount"]} LiqBon, an address and a sealed mark: no name, no
        receipt. Her balance fell {len(lowered)} times, each time by her signature. Nobody can take,
        freeze or expire the rest."""
    )
