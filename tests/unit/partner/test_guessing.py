"""What a partner's commands let the chain say of receipts, to whoever tries all their numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator

from partner.outbox import Outbox
from primitives.actions import Redeem
from primitives.address import address
from tests.attacks.guessing import UNSALTED, Fields, on_chain, sealed, search
from tests.builders import a_person
from tests.unit.partner.conftest import Market
from tests.unit.partner.test_till import request

ALICE = a_person("alice")
RECEIPT = "receipt 4711"
POINTS = 600


def receipts() -> Iterator[str]:
    """Ten thousand numbers of a till."""
    return (f"receipt {number:04d}" for number in range(10_000))


def of_a_deposit(name: str) -> list[object]:
    return ["north", "bonus", name, POINTS, ALICE.account]


def of_an_invoice(name: str) -> list[object]:
    return ["north", 5_000_000, name]


def of_a_refund(name: str) -> list[object]:
    return ["north", 1_000_000, name]


def chain_of(market: Market) -> set[bytes]:
    """All that the ledger holds."""
    executor = market.network.ledger.executor
    return on_chain([], dict(market.network.call(lambda: list(executor.archive.state()))))


def test_no_receipt_s_number_is_found_after_a_purchase_and_its_return(market: Market) -> None:
    """[LEDGER-12, LEDGER-17, LEDGER-19] though every step was given it as a reference."""
    to = address(ALICE.account, "tlqb")
    given = ("--programme", "bonus", "--points", str(POINTS), "--to", to)
    market.north.done("deposit", *given, "--reference", RECEIPT)
    result = market.north.invoice("5", "--reference", RECEIPT, "--output", "json")
    document = json.loads(result.stdout)["invoice"]
    found = request(market, document["uri"])
    market.act(ALICE, Redeem(found.invoice, found.cashier))
    market.north.done("refund", document["id"], "1", "--reference", RECEIPT)
    chain = chain_of(market)
    assert found.invoice.id in chain
    sought: tuple[Fields, ...] = (of_a_deposit, of_an_invoice, of_a_refund)
    for fields in sought:
        assert search(receipts(), fields, UNSALTED.values(), chain) is None
    entry = Outbox(market.north.path).find(RECEIPT)
    assert entry is not None
    assert search(receipts(), of_a_deposit, [sealed(entry.salt)], chain) == RECEIPT
