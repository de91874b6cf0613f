"""Loads of several kinds of transactions: transfers, payments into one till, mints, redemptions.

Each node gets the same kinds in the same order, a cycle over and over. Knows what each kind is made
of, and whose key signs it; no network.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final, Literal, NamedTuple, assert_never

from benchmarks.funding import bank
from benchmarks.population import AMOUNT, Holder, Terms, sender, signed, transfer
from client.builder import endorse
from primitives.actions import Invoice, Mint, Output, Redeem, Transfer, invoice_message
from primitives.genesis import GenesisPartner

Kind = Literal["transfer", "till", "mint", "redeem"]
Cycle = tuple[Kind, ...]

TRANSFERS: Final[Cycle] = ("transfer",)
MINTS: Final[Cycle] = ("mint",)
REDEMPTIONS: Final[Cycle] = ("redeem",)
TILL: Final[Cycle] = ("till",)
"""Every transfer pays into one account: a partner's till on its best day."""
MIXED: Final[Cycle] = (
    "transfer",
    "redeem",
    "transfer",
    "mint",
    "transfer",
    "transfer",
    "redeem",
    "transfer",
    "mint",
    "transfer",
)


class Shop(NamedTuple):
    """A founder: its terms, and the keys of its issuer, who has signed one mint before, and of its
    cashier."""

    partner: GenesisPartner
    issuer: Holder
    cashier: Holder


class Next(NamedTuple):
    """Where a run goes on: the number of the next customer's transaction, over all nodes, and of
    each issuer's next one."""

    customer: int
    issuer: int


def made(
    terms: Terms, shops: Sequence[Shop], cycle: Cycle, begun: Next, count: int
) -> tuple[list[bytes], Next]:
    """``count`` transactions, a multiple of the nodes; place p is for node p % nodes, whose founder
    is ``shops[p % nodes]``. And where to go on."""
    nodes = len(shops)
    assert not count % nodes, "each node gets as many"
    till = bank(shops[0].partner.code).account
    raws: list[bytes] = []
    customer, issuer = begun
    for turn in range(count // nodes):
        kind = cycle[turn % len(cycle)]
        for node, shop in enumerate(shops):
            number, rival = customer + node, shops[(node + 1) % nodes]
            sequence, place = divmod(number, terms.senders)
            match kind:
                case "transfer":
                    raws.append(transfer(terms, number))
                case "till":
                    pay = Transfer((Output(till, AMOUNT),))
                    raws.append(signed(sender(place), terms, sequence, pay))
                case "redeem":
                    redeem = _redeem(terms, number, rival)
                    raws.append(signed(sender(place), terms, sequence, redeem))
                case "mint":
                    mint = _mint(shop, issuer, sender(place).account)
                    raws.append(signed(shop.issuer, terms, issuer, mint))
                case _:
                    assert_never(kind)
        if kind == "mint":
            issuer += 1
        else:
            customer += nodes
    return raws, Next(customer, issuer)


def _redeem(terms: Terms, number: int, shop: Shop) -> Redeem:
    id_ = sha256(b"a benchmark's invoice %d" % number).digest()
    invoice = Invoice(shop.partner.code, AMOUNT, terms.valid_until, id_, None)
    return Redeem(invoice, endorse(shop.cashier.key, invoice_message(terms.chain, invoice)))


def _mint(shop: Shop, number: int, to: bytes) -> Mint:
    """One point."""
    partner = shop.partner
    [programme] = partner.programmes
    rate = programme.rates[0]
    deposit = sha256(b"a benchmark's deposit %d" % number).digest()
    amount = rate.numerator // rate.denominator
    return Mint(partner.code, programme.code, 1, amount, deposit, to)
