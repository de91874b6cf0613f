"""Third and fourth scene: a customer pays another, and both spend at rivals of their own shops."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from demo.commands import expect
from demo.proof import SUPPLY_KEY
from demo.world import World, decimal_text, liqbon

GIFT: Final = "2.5"
FLIGHT: Final = "190"
BOOKS: Final = "170"
RETURNED: Final = "12"


def pay(world: World) -> None:
    """Boris asks, Alice pays; both sides are proven by nodes that did not take the payment."""
    stage = world.stage
    first, *others = world.network.nodes.values()
    with stage.scene("A customer pays another, and sees proof"):
        asked = world.wallet("boris", "request", GIFT).document
        answer = world.wallet("alice", "pay", asked["uri"], "--node", first.url).document
        world.payment, proof = answer["transaction"], answer["proof"]
        stage.say(f"Boris's wallet shows a QR code: {asked['uri'][:28]}...?amount={GIFT}")
        alice = Decimal(_asked(world, "alice", others[0].url))
        boris = Decimal(_asked(world, "boris", others[1].url))
        stage.proven(
            f"""paid, final {answer["elapsed_ms"]} ms after sending, attested by
            {proof["attested"]} of {proof["members"]}. Alice holds {decimal_text(alice)}, Boris
            {decimal_text(boris)}: so say other nodes than the one that took the payment"""
        )
        expect((alice, boris) == (Decimal("197.5"), Decimal("182.5")), f"{alice}, {boris}")


def _asked(world: World, name: str, url: str) -> str:
    """What one node alone proves that a customer holds."""
    total: str = world.wallet(name, "balance", "--node", url).document["total"]
    return total


def spend(world: World) -> None:
    """Groceries' points buy a flight, the pharmacy's drops buy books; a part is given back."""
    stage = world.stage
    airline, books = world.shops["miles"], world.shops["pages"]
    with stage.scene("Points of one shop are spent at its rivals"):
        before = world.prove(airline, SUPPLY_KEY).value
        flight = _redeem(world, "alice", airline, FLIGHT)
        bought = _redeem(world, "boris", books, BOOKS)
        stage.say(
            f"""Alice's grocery points buy a flight from {world.name(airline)} ({FLIGHT} LiqBon),
            Boris's pharmacy drops buy books from {world.name(books)} ({BOOKS}). The cashier signs
            an invoice, the wallet checks whose it is, and what is spent is burnt. Boris returns a
            book and gets {RETURNED} back."""
        )
        back = ("refund", bought["invoice"], RETURNED, "--reference", "a torn page", "--yes")
        world.partner(books, *back)
        after = world.prove(airline, SUPPLY_KEY).value
        burnt = Decimal(FLIGHT) + Decimal(BOOKS) - Decimal(RETURNED)
        fell = before[0] - before[1] + before[2] - (after[0] - after[1] + after[2])
        expect(liqbon(fell) == decimal_text(burnt), f"{before} became {after}")
        alice, boris = world.held_by("alice"), world.held_by("boris")
        expect((alice, boris) == (Decimal("7.5"), Decimal("24.5")), f"{alice}, {boris}")
        stage.proven(
            f"""final after {flight["elapsed_ms"]} and {bought["elapsed_ms"]} ms; supply fell by
            {decimal_text(burnt)}; Alice keeps {decimal_text(alice)}, Boris {decimal_text(boris)}"""
        )


def _redeem(world: World, name: str, code: str, amount: str) -> dict[str, Any]:
    """An invoice at the till, and the customer's wallet that redeems it."""
    issued = world.partner(code, "invoice", amount, "--reference", f"receipt of {name}")
    uri = world.invoices[name] = issued.document["invoice"]["uri"]
    done: dict[str, Any] = world.wallet(name, "redeem", uri, *world.asking(code)).document
    return done
