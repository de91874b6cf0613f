"""What customers and tills do in random histories, the right way and every wrong way.

Each move makes one transaction against the ledger as it stands. Knows what is worth trying; judges
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from primitives.amount import MAX_PER_DAY, MAX_SUPPLY, MICRO
from primitives.membership import Role
from primitives.transaction import Decoded
from tests.builders import an_id
from tests.ledger import Ledger
from tests.properties.cast import APPLICANTS, CROWD, EDGES, Town, a_newcomer


@dataclass
class Hands:
    """Whoever pays, deposits, spends and gives back."""

    town: Town
    given: int = 0

    @property
    def ledger(self) -> Ledger:
        return self.town.ledger

    # --- customers -------------------------------------------------------------------------------

    def pay(self, who: int, whom: int, size: int) -> Decoded:
        sender, to = CROWD[who % 6], CROWD[whom % 6]
        held = self.ledger.balance(sender)
        amounts = (1, held // 3, MICRO, held, held + 1, 9_999, 10_000, EDGES[who % 6])
        return self.ledger.transfer(sender, (to, max(1, amounts[size % 8])))

    def pay_many(self, who: int, whom: int, size: int) -> Decoded:
        sender = CROWD[who % 6]
        people = [*CROWD, a_newcomer(whom), a_newcomer(size), APPLICANTS[who % 5]]
        chosen = [people[(whom + i * size) % len(people)] for i in range(1 + size % 4)]
        amounts = (10_000, 5, 20_000, MICRO)
        return self.ledger.transfer(
            sender, *((to, amounts[(who + i) % 4]) for i, to in enumerate(chosen))
        )

    def overflow(self, who: int, whom: int, size: int) -> Decoded:
        """More than can be written, and the most that can."""
        second = (MAX_SUPPLY, 1, MAX_SUPPLY - 1, 2**62)[size % 4]
        return self.ledger.transfer(
            CROWD[who % 6], (CROWD[whom % 6], MAX_SUPPLY), (CROWD[size % 6], second)
        )

    def open_channels(self, who: int, whom: int, size: int) -> Decoded:
        return self.ledger.open_channels(CROWD[who % 6], 2 + size % 15)

    def pay_by_channel(self, who: int, whom: int, size: int) -> Decoded:
        issuer = self.town.holder(self.town.partner(who), Role.ISSUER)
        sender = (CROWD[who % 6], issuer)[size % 2]
        return self.ledger.transfer(sender, (CROWD[whom % 6], 1 + size), channel=1 + whom % 6)

    def replay(self, who: int, whom: int, size: int) -> Decoded:
        return self.town.sent[(who * 256 + size) % len(self.town.sent)]

    def mistime(self, who: int, whom: int, size: int) -> Decoded:
        sender, now = CROWD[who % 6], self.town.now()
        limit = self.ledger.genesis.parameters.validity_limit_ms
        sequence = self.ledger.sequence(sender)
        fields: dict[str, object] = (
            {"sequence": sequence + 1},
            {"sequence": max(0, sequence - 1)},
            {"sequence": 2**53},
            {"valid_until": now - 1},
            {"valid_until": now},
            {"valid_until": now + limit},
            {"valid_until": now + limit + 1},
            {"channel": 255},
        )[size % 8]
        return self.ledger.transfer(sender, (CROWD[whom % 6], 1), **fields)

    # --- deposits and spending -------------------------------------------------------------------

    def deposit(self, who: int, whom: int, size: int) -> Decoded:
        to = (CROWD[whom % 6], a_newcomer(whom))[size % 5 % 2]
        name, points = (
            ("bonus", 1),
            ("par", 10 * MICRO),
            ("bonus", 6_000),
            ("par", 45 * MICRO),
            ("par", 25 * MICRO),
        )[size % 5]
        return self.town.deposit_to(self.town.giver(who), to, points, programme=name)

    def odd_deposit(self, who: int, whom: int, size: int) -> Decoded:
        code = self.town.partner(whom)
        points = 1 + size
        fields: dict[str, object] = (
            {"programme": "later"},
            {"programme": "miles"},
            {"amount": 1 + size},
            {"reference": f"deposit {1 + size % 5}"},
            {"issuer": CROWD[who % 5]},
            {"issuer": self.town.stranger(code, Role.ISSUER, who)},
            {"programme": "par"},
            {"amount": EDGES[who % 6]},
        )[size % 8]
        if size % 8 == 7:
            points = EDGES[whom % 6]
        return self.town.deposit_to(code, CROWD[who % 6], points, **fields)

    def flood(self, who: int, whom: int, size: int) -> Decoded:
        """As much as a day may bring, where the reserve is endless."""
        code = "west" if size % 4 == 0 else self.town.desk.codes()[-1]
        return self.town.deposit_to(code, CROWD[who % 6], MAX_PER_DAY - size, programme="par")

    def redeem(self, who: int, whom: int, size: int) -> Decoded:
        """The richest customer in reach spends a good part."""
        sender = max(CROWD[who % 3 :], key=self.ledger.balance)
        held = min(self.ledger.balance(sender), 100 * MICRO)
        amount = max(1, (held // 2, held // 8, 15 * MICRO, held // 5)[size % 4])
        code = self.town.taker(whom)
        cashier = self.town.holder(code, Role.CASHIER)
        return self.ledger.redeem(sender, self.ledger.invoice(code, amount), cashier=cashier)

    def odd_redeem(self, who: int, whom: int, size: int) -> Decoded:
        sender, code = CROWD[who % 6], self.town.partner(whom)
        held, spent = self.ledger.balance(sender), self.town.spent
        wrong: dict[str, object] = (
            {"payer": CROWD[(who + 1) % 6]},
            {"payer": sender},
            {"expires": self.town.now() - 1},
            {"expires": self.town.now()},
            {"id": spent[size % len(spent)][1] if spent else "first"},
            {},
            {},
            {},
        )[size % 8]
        if size % 8 == 4 and spent and who % 3:
            code = spent[size % len(spent)][0]
        amount = held + 1 if size % 8 == 5 else max(1, held // 9)
        amount = (70 * MICRO, EDGES[who % 6])[size // 8 % 2] if size % 8 == 7 else amount
        invoice = self.ledger.invoice(code, min(amount, MAX_SUPPLY), **wrong)
        right = self.town.holder(code, Role.CASHIER)
        rival = self.town.stranger(code, Role.CASHIER, who)
        return self.ledger.redeem(sender, invoice, cashier=rival if size % 8 == 6 else right)

    def refund(self, who: int, whom: int, size: int) -> Decoded:
        code, invoice, amount = self._some_invoice(who * 256 + whom)
        part = (amount, amount // 2, 1, amount + 1)[size % 4]
        cashier = self.town.holder(code, Role.CASHIER)
        return self.ledger.refund(code, invoice, max(1, min(part, MAX_SUPPLY)), cashier=cashier)

    def odd_refund(self, who: int, whom: int, size: int) -> Decoded:
        code, invoice, amount = self._some_invoice(who)
        self.given += size % 2
        code = (code, self.town.partner(whom), code)[size % 5 % 3]
        right = self.town.holder(code, Role.CASHIER)
        fields: dict[str, object] = (
            {"refund": f"an old one {self.given % 3}", "cashier": right},
            {"cashier": self.town.stranger(code, Role.CASHIER, whom)},
            {"cashier": right},
        )[size % 3]
        part = EDGES[whom % 6] if size % 11 == 0 else max(1, amount // 50)
        return self.ledger.refund(code, invoice, part, **fields)

    def _some_invoice(self, choice: int) -> tuple[str, bytes, int]:
        if not self.town.spent or choice % 13 == 0:
            return self.town.partner(choice), an_id(f"no invoice {choice}"), MICRO
        return self.town.spent[-1 - choice % min(12, len(self.town.spent))]


CUSTOMERS_DO: tuple[Callable[[Hands, int, int, int], Decoded], ...] = (
    Hands.pay,
    Hands.pay_many,
    Hands.open_channels,
    Hands.pay_by_channel,
    Hands.replay,
    Hands.mistime,
    Hands.overflow,
    Hands.redeem,
    Hands.redeem,
    Hands.redeem,
    Hands.redeem,
    Hands.redeem,
    Hands.redeem,
    Hands.odd_redeem,
    Hands.odd_redeem,
)
TILLS_DO: tuple[Callable[[Hands, int, int, int], Decoded], ...] = (
    Hands.deposit,
    Hands.deposit,
    Hands.deposit,
    Hands.deposit,
    Hands.odd_deposit,
    Hands.flood,
    Hands.refund,
    Hands.refund,
    Hands.odd_refund,
)
