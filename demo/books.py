"""Last scene: the books are closed, from proven entries alone; and what to try next."""

from __future__ import annotations

from demo import api
from demo.commands import expect
from demo.minting import crowd_total
from demo.proof import SUPPLY_KEY, position_key
from demo.world import World, decimal_text, liqbon


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
            row = [own_minted, own_redeemed - own_refunded, received - paid, net]
            rows.append([retailer.name, *map(signed, row)])
            owed += net
        rows.append(["together", *map(signed, [minted, redeemed - refunded, 0, owed])])
        stage.table(["retailer", "minted>", "spent at it>", "settled>", "owes the pool>"], rows)
        expect(owed == minted - redeemed + refunded, f"{owed} owed, {supply.value} exist")
        held = crowd_total(world) + world.held_by("alice") + world.held_by("boris")
        expect(decimal_text(held) == liqbon(owed), f"{held} are held, {owed} units are owed")
        stage.proven(
            f"""what customers hold ({decimal_text(held)}) = what exists = what the retailers owe
            together, at height {supply.height}, attested by {supply.attested} of
            {supply.members}"""
        )
        _tell_what_the_chain_knows(world, returned)


def signed(units: int) -> str:
    """Units as people read them, below zero too."""
    return liqbon(units) if units >= 0 else f"-{liqbon(-units)}"


def _tell_what_the_chain_knows(world: World, returned: str) -> None:
    """One deposit as everybody can read it."""
    address = world.person("alice")["address"]
    items = api.get(world.url(returned), f"/accounts/{address}/transactions?limit=100")["items"]
    mint = next(item["action"] for item in items if item["action"]["type"] == "mint")
    world.stage.say(
        f"""All that anyone reads about Alice's deposit: {int(mint["points"]):,} points of
        {mint["programme"]}, {mint["amount"]} LiqBon to {mint["to"][:14]}..., a sealed mark
        {mint["commitment"][:8]}... No name, no card, no receipt. And nobody, by vote or key, can
        take it from her, make it expire or change it."""
    )


def invite(world: World) -> None:
    """What a person can type while the network is up."""
    stage, document = world.stage, world.network.document
    alice, boris = world.person("alice"), world.person("boris")
    url = next(iter(world.network.nodes.values())).url
    stage.line()
    stage.say("The network stays up until you press Ctrl-C. In another terminal:")
    stage.line()
    keys = f"--home {alice['home']}"
    stage.command(f"export PATH={_scripts()}:$PATH")
    stage.command(f"liqbon-wallet balance {keys}")
    stage.command(
        f"liqbon-wallet send {boris['address']} 1.25 {keys} "
        f"--passphrase-file {alice['passphrase_file']}"
    )
    stage.command(f"liqbon-wallet history --verify {keys}")
    stage.command(f"liqbon-wallet network {keys}")
    partner = document["partners"][0]
    retailer = world.retailers[partner["code"]]
    stage.command(
        f"liqbon-partner deposit --programme {retailer.programme} --points 500 "
        f"--to {boris['address']} --reference my-first-deposit --home {partner['home']} "
        f"--passphrase-file {partner['passphrase_file']}"
    )
    stage.command(f"curl -s {url}/v1/positions")
    stage.line()


def _scripts() -> str:
    from demo.commands import find

    return str(find("liqbon-wallet").parent)
