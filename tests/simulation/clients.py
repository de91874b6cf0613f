"""Customers who are minted LiqBon and pay each other, and who insist. Knows no consensus.

A customer sends one transaction at a time, to any node, and asks again, perhaps another node, with
the same bytes, until it is final. So duplicates are ordered now and then, and must change nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from primitives.transaction import Decoded
from tests.builders import a_code, a_mint, a_transfer
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


class Clients:
    """All customers of a run."""

    def __init__(self, loop: Loop, rng: Random, submit: Callable[[Decoded], None]) -> None:
        self._loop = loop
        self._rng = rng
        self._submit = submit
        self.customers: list[Customer] = []
        self.intents: list[bytes] = []
        self.sent = 0

    def enrol(self, keys: Keys, chain: bytes, members: int, people: int, transfers: int) -> None:
        """Draw who pays whom; signed now, so that a run spends no time on it."""
        rng = self._rng
        named = [keys.person(f"customer {i}") for i in range(people)]
        for place, person in enumerate(named):
            code = a_code(rng.randrange(members))
            issuer = keys.person(f"issuer of {code}")
            queue = [
                a_mint(
                    code,
                    person,
                    POINTS,
                    f"deposit {place}",
                    issuer=issuer,
                    channel=place,
                    chain=chain,
                )
            ]
            for sequence in range(transfers):
                outputs = [(rng.choice(named), PAYMENT * rng.randint(1, 9))]
                if rng.random() < 0.3:
                    outputs.append((keys.person(f"stranger {place} {sequence}"), PAYMENT))
                queue.append(a_transfer(person, *outputs, sequence=sequence, chain=chain))
            self.intents += [transaction.id for transaction in queue]
            self.customers.append(Customer(queue, rng.randint(20, 1_500)))

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
