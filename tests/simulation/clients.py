"""Customers who bring points, pay each other, spend, and insist. Knows no consensus.

A customer sends one transaction at a time, to any node, and asks again, perhaps another node, with
the same bytes, until it is final. So duplicates are ordered now and then, and must change nothing.
What a cashier gives back waits in the customer's own queue, behind what was spent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random

from primitives.transaction import Decoded
from tests.builders import a_code, a_mint, a_redeem, a_refund, a_transfer, an_invoice
from tests.simulation.keys import Keys
from tests.simulation.loop import Loop

POINTS = 2_000
"""20 LiqBon each."""
PAYMENT = 10_000
"""Units: the least that opens an account."""
PATIENCE_MS = 1_200
LOOK_MS = 60


class Customer:
    """A queue of transactions, the first of which is on its way."""

    def __init__(self, queue: list[Decoded], starts_ms: int) -> None:
        self.queue = queue
        self.again_ms = starts_ms


class Market:
    """Who is there, and what LiqBon will exist once everything that anyone wants was done."""

    def __init__(self, keys: Keys, chain: bytes, members: int, people: int) -> None:
        self.keys = keys
        self.chain = chain
        self.codes = [a_code(index) for index in range(members)]
        self.people = [keys.person(f"customer {place}") for place in range(people)]
        self.supply = 0

    def deposit(self, place: int, rng: Random) -> Decoded:
        """A customer's points, at one of the retailers."""
        code = rng.choice(self.codes)
        self.supply += POINTS * 10_000
        return a_mint(
            code,
            self.people[place],
            POINTS,
            f"deposit {place}",
            issuer=self.keys.person(f"issuer of {code}"),
            channel=place,
            chain=self.chain,
        )

    def payment(self, place: int, sequence: int, rng: Random) -> Decoded:
        """To another customer, perhaps to someone new as well."""
        outputs = [(rng.choice(self.people), PAYMENT * rng.randint(1, 9))]
        if rng.random() < 0.3:
            outputs.append((self.keys.person(f"stranger {place} {sequence}"), PAYMENT))
        return a_transfer(self.people[place], *outputs, sequence=sequence, chain=self.chain)

    def purchase(self, place: int, sequence: int, rng: Random) -> list[Decoded]:
        """Spent at any retailer; perhaps some of it is given back, in two parts or one.

        A cashier uses a channel of its own for each customer's one purchase.
        """
        code, buyer = rng.choice(self.codes), self.people[place]
        cashier = self.keys.person(f"cashier of {code}")
        amount = PAYMENT * rng.randint(1, 90)
        payer = buyer if rng.random() < 0.5 else None
        invoice = an_invoice(code, amount, id=f"purchase {place}", payer=payer)
        bought = a_redeem(buyer, invoice, cashier=cashier, sequence=sequence, chain=self.chain)
        self.supply -= amount
        given = []
        for part in range(rng.choice((0, 1, 1, 2))):
            back = rng.randint(1, amount // 2)
            self.supply += back
            given.append(
                a_refund(
                    code,
                    invoice.id,
                    back,
                    f"refund {place} {part}",
                    cashier=cashier,
                    channel=place,
                    sequence=part,
                    chain=self.chain,
                )
            )
        return [bought, *given]


class Clients:
    """All customers of a run, and whoever else has something to send."""

    def __init__(self, loop: Loop, rng: Random, submit: Callable[[Decoded], None]) -> None:
        self._loop = loop
        self._rng = rng
        self._submit = submit
        self.customers: list[Customer] = []
        self.intents: list[bytes] = []
        self.sent = 0

    def enrol(self, market: Market, transfers: int) -> None:
        """Draw who does what; signed now, so that a run spends no time on it."""
        rng = self._rng
        for place in range(len(market.people)):
            queue = [market.deposit(place, rng)]
            purchase = rng.randrange(transfers + 1)
            for sequence in range(transfers + 1):
                if sequence == purchase:
                    queue += market.purchase(place, sequence, rng)
                else:
                    queue.append(market.payment(place, sequence, rng))
            self.add(queue, rng.randint(20, 1_500))

    def add(self, queue: Iterable[Decoded], starts_ms: int) -> None:
        """Somebody who wants all of these to be final, one after the other."""
        customer = Customer(list(queue), starts_ms)
        self.intents += [transaction.id for transaction in customer.queue]
        self.customers.append(customer)

    @property
    def are_done(self) -> bool:
        """Whether everything that anyone wanted is final."""
        return not any(customer.queue for customer in self.customers)

    def look(self, is_final: Callable[[bytes], bool]) -> None:
        """Go on where something became final; lose patience where it did not."""
        now_ms = self._loop.now_ms
        for customer in self.customers:
            while customer.queue and is_final(customer.queue[0].id):
                customer.queue.pop(0)
                customer.again_ms = now_ms + self._rng.choice((0, 0, 100, 400))
            if customer.queue and now_ms >= customer.again_ms:
                customer.again_ms = now_ms + PATIENCE_MS
                self.sent += 1
                self._submit(customer.queue[0])
