"""Two scenes: a customer pays another, and both spend at rivals of their own shops."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any, Final

from demo.commands import expect
from demo.obligations import await_room, settlement
from demo.world import World, decimal_text

GIFT: Final = "2.5"
FLIGHT: Final = "190"
BOOKS: Final = "170"
RETURNED: Final = "12"


def pay(world: World) -> None:
    """Boris asks, Alice pays; both sides are proven by nodes that did not take the payment."""
    stage = world.stage
    first, *others = world.network.nodes.values()
    with stage.scene("Alice pays Boris"):
        asked = world.wallet("boris", "request", GIFT).document
        answer = world.wallet("alice", "pay", asked["uri"], "--node", first.url).document
        world.payment, proof = answer["transaction"], answer["proof"]
        with ThreadPoolExecutor(max_workers=2) as threads:
            alice, boris = threads.map(
                lambda name, node: world.held_by(name, node.url), ("alice", "boris"), others
            )
        expect((alice, boris) == (Decimal("197.5"), Decimal("182.5")), f"{alice}, {boris}")
        stage.say(f"Boris's wallet asks for {GIFT} LiqBon by a liqbon: link, Alice's pays.")
        stage.proven(
            f"""final after {answer["elapsed_ms"]} ms, signed by {proof["attested"]} of
            {proof["members"]}; two other nodes prove that Alice holds {decimal_text(alice)} and
            Boris {decimal_text(boris)}"""
        )


def spend(world: World) -> None:
    """Groceries' points buy a flight, the pharmacy's drops buy books; a part is given back."""
    stage = world.stage
    airline, books = world.shops["miles"], world.shops["pages"]
    with stage.scene("Points of one shop are spent at another"):
        before = world.supply(airline)
        with ThreadPoolExecutor(max_workers=2) as threads:
            flight = threads.submit(invoice, world, "alice", airline, FLIGHT)
            novels = threads.submit(invoice, world, "boris", books, BOOKS)
            asked = (flight.result(), novels.result())
            await_room(world)
            flown = threads.submit(redeem, world, "alice", asked[0], *world.asking(airline))
            bought = redeem(world, "boris", asked[1], *world.asking(books))
            flown.result()
        back = ("refund", bought["invoice"], RETURNED, "--reference", "a torn page", "--yes")
        world.partner(books, *back)
        world.shopping_cycle = int(settlement(world)["cycle"])
        after = world.supply(airline)
        burnt = Decimal(FLIGHT) + Decimal(BOOKS) - Decimal(RETURNED)
        expect(before - after == burnt, f"{before} became {after}")
        alice, boris = world.held_by("alice"), world.held_by("boris")
        expect((alice, boris) == (Decimal("7.5"), Decimal("24.5")), f"{alice}, {boris}")
        stage.say(
            f"""Alice's grocery points buy a flight from {world.name(airline)} ({FLIGHT} LiqBon).
            Boris's pharmacy points buy books from {world.name(books)} ({BOOKS}); he returns one and
            gets {RETURNED} back."""
        )
        stage.proven(
            f"""{decimal_text(burnt)} LiqBon fewer exist, as much as was spent; Alice keeps
            {decimal_text(alice)}, Boris {decimal_text(boris)}"""
        )


def invoice(world: World, name: str, code: str, amount: str) -> str:
    """What a shop's cashier asks of a customer, as a link."""
    issued = world.partner(code, "invoice", amount, "--reference", f"{name}'s receipt")
    uri: str = issued.document["invoice"]["uri"]
    return uri


def redeem(world: World, name: str, uri: str, *asking: str) -> dict[str, Any]:
    """The customer's wallet redeems an invoice, asking these nodes."""
    done: dict[str, Any] = world.wallet(name, "redeem", uri, *asking).document
    return done
