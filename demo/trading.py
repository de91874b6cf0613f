"""Scene: people like each other's work and buy from one another, with nobody in charge of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from hashlib import sha256
from typing import Final

from demo.commands import expect
from demo.proof import content_key, order_key
from demo.world import World, decimal_text, liqbon

REVIEW: Final = b"The lamps that Alice makes, by daylight and by night.\n"
LIKES: Final = {"boris": "0.5", "dora": "0.25"}
PRICE, SHARE = "5", "0.5"
"""Of a lamp; and what Cleo is promised out of it."""
RETURNED: Final = "2"
"""What the arbiter gives back for the broken one."""
RELEASED, JUDGED = ("0", "4.5", "0.5"), ("2", "2.7", "0.3")
"""What the buyer, the seller and the promoter get out of each order."""
EXPECTED: Final = {"alice": "14.7", "boris": "16", "cleo": "6.55", "dora": "2.75"}
"""What they hold at the end."""
OPEN, DONE = 1, 4
"""The status of an order that was just opened, and of one that has ended ([STATE-5])."""
STATUS, LOCKED, TO_BUYER, TO_PROMOTER = 2, 4, 6, 7
"""Where an order says so ([STATE-5])."""


def trade(world: World) -> None:
    """Two likes; and two orders, of which one is disputed."""
    stage, seen_by = world.stage, world.shops["care"]
    with stage.scene("People trade without an operator"):
        before = world.supply(seen_by)
        with ThreadPoolExecutor(max_workers=1) as beside:
            offered = beside.submit(_offer, world)
            world.content = _register(world)
        likes, given = _like(world)
        stage.say(
            f"""A like: Boris gives {LIKES["boris"]} LiqBon for what Cleo writes about Alice's
            lamps, Dora {LIKES["dora"]}. Cleo has it at once; the count is public: {likes} likes,
            {given} LiqBon."""
        )
        good, broken = world.orders = _buy_two(world, offered.result())
        _carry_out(world, good, broken)
        stage.say(
            f"""An order: Boris buys two of the lamps. Each price of {PRICE} LiqBon is locked, in
            nobody's wallet, until it is clear whose it is. Cleo, who brought him, gets a tenth of
            what he pays; Dora judges a dispute."""
        )
        rows = [
            ["arrives; Boris releases the price", *_ended(world, good, RELEASED)],
            ["arrives broken; Boris disputes, Dora judges", *_ended(world, broken, JUDGED)],
        ]
        stage.table(["a lamp", "back to Boris>", "to Alice>", "to Cleo>"], rows)
        _expect_balances(world)
        expect(world.supply(seen_by) == before, "LiqBon came from nowhere, or went there")
        hold = ", ".join(f"{name.capitalize()} {amount}" for name, amount in EXPECTED.items())
        stage.proven(f"nothing stays locked, nothing came or went; they hold: {hold}")


def _register(world: World) -> str:
    """What Cleo wrote, by its hash; the id under which it is liked."""
    file = world.directory / "lamps.txt"
    file.write_bytes(REVIEW)
    content: str = world.wallet("cleo", "content", "register", file).document["about"]
    value = world.prove(world.shops["miles"], content_key(content)).value
    expect(value[1:] == [sha256(REVIEW).digest(), 0, 0], f"another work: {value}")
    return content


def _like(world: World) -> tuple[int, str]:
    """The readers give; how often it was liked, and with how much."""
    with ThreadPoolExecutor(max_workers=len(LIKES)) as threads:
        list(
            threads.map(lambda name: world.wallet(name, "like", world.content, LIKES[name]), LIKES)
        )
    *_, likes, units = world.prove(world.shops["care"], content_key(world.content)).value
    given = sum(map(Decimal, LIKES.values()), Decimal(0))
    expect((likes, liqbon(units)) == (len(LIKES), decimal_text(given)), f"{likes}, {units}")
    return likes, liqbon(units)


def _offer(world: World) -> str:
    """What Alice offers, as a link."""
    arbiter, promoter = (world.person(name)["address"] for name in ("dora", "cleo"))
    terms = ["--price", PRICE, "--promoter", promoter, "--share", SHARE, "--arbiter", arbiter]
    answer = world.wallet("alice", "order", "offer", *terms, "--ship-within", "7d")
    uri: str = answer.document["uri"]
    return uri


def _buy_two(world: World, offer: str) -> list[str]:
    """Boris takes the offer twice; the orders, both prices locked."""
    asking = world.asking(world.shops["care"])
    orders = [
        str(world.wallet("boris", "order", "buy", offer, *more, *asking).document["about"])
        for more in ((), ("--another",))
    ]
    for order in orders:
        value = world.prove(world.shops["miles"], order_key(order)).value
        expect((value[STATUS], liqbon(value[LOCKED])) == (OPEN, PRICE), f"not locked: {value}")
    return orders


def _carry_out(world: World, good: str, broken: str) -> None:
    """Both are shipped; one is released, about the other they disagree."""
    world.wallet("alice", "order", "ship", good)
    with ThreadPoolExecutor(max_workers=1) as beside:
        released = beside.submit(world.wallet, "boris", "order", "release", good)
        world.wallet("alice", "order", "ship", broken)
        released.result()
    world.wallet("boris", "order", "dispute", broken)
    world.wallet("dora", "order", "resolve", broken, "--to-buyer", RETURNED)


def _ended(world: World, order: str, expected: tuple[str, str, str]) -> list[str]:
    """What buyer, seller and promoter got of an order that is over."""
    value = world.prove(world.shops["miles"], order_key(order)).value
    back, share = value[TO_BUYER], value[TO_PROMOTER]
    paid = int(Decimal(PRICE).scaleb(6)) - back - share
    got = [liqbon(units) for units in (back, paid, share)]
    expect((value[STATUS], value[LOCKED]) == (DONE, 0), f"not over: {value}")
    expect(got == list(expected), f"{got}, not {expected}")
    return got


def _expect_balances(world: World) -> None:
    """Everybody holds what they should, say the wallets."""
    with ThreadPoolExecutor(max_workers=2) as threads:
        held = dict(zip(EXPECTED, threads.map(world.held_by, EXPECTED), strict=True))
    expected = {name: Decimal(amount) for name, amount in EXPECTED.items()}
    expect(held == expected, f"they hold {held}")
