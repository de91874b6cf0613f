"""Histories are whole, in order and of the asked account alone; places are found again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from client.changes import changes_of, named_by
from node.index import Location, history, index_changes, locate, touched
from node.queries import Queries
from node.store import MemoryStore
from primitives.encoding import Wire
from primitives.entries import Redemption, redemption_key
from primitives.receipt import Outcome, Receipt
from primitives.transaction import Transaction
from tests.builders import (
    a_mint,
    a_person,
    a_redeem,
    a_refund,
    a_role,
    a_transfer,
    an_id,
    an_invoice,
    an_open_channels,
)
from tests.fakes.ordering import Ledger

ANN, BOB, CARL = (a_person(name) for name in ("ann", "bob", "carl"))


def becomes(transaction: Transaction, outcome: Outcome, named: Wire | None = None) -> list[bytes]:
    """Whom a transaction of this outcome touched."""
    return touched(transaction, Receipt(bytes(32), outcome, ()), named)


def test_a_transfer_touches_its_sender_first_and_nobody_twice() -> None:
    payment = a_transfer(ANN, (BOB, 1), (CARL, 2), (BOB, 3), (ANN, 4)).transaction
    everyone = [ANN.account, BOB.account, CARL.account]
    assert becomes(payment, Outcome.DONE) == everyone
    assert list(changes_of(payment, Receipt(bytes(32), Outcome.DONE, ()), None)) == everyone
    assert becomes(payment, Outcome.BALANCE_TOO_LOW) == [ANN.account]


def test_a_mint_touches_issuer_and_customer() -> None:
    issuer = a_role("north", "issuer").account
    mint, opening = a_mint("north", ANN, 5).transaction, an_open_channels(ANN, 2).transaction
    assert becomes(mint, Outcome.DONE) == [issuer, ANN.account]
    assert becomes(opening, Outcome.DONE) == [ANN.account]


def test_a_redemption_touches_customer_and_cashier() -> None:
    cashier = a_role("south", "cashier")
    spent = a_redeem(ANN, an_invoice("south", 5)).transaction
    assert becomes(spent, Outcome.DONE) == [ANN.account, cashier.account]
    assert becomes(spent, Outcome.INVOICE_USED) == [ANN.account]


def test_a_refund_touches_the_cashier_and_who_redeemed() -> None:
    cashier = a_role("south", "cashier")
    given = a_refund("south", an_id("invoice 1"), 3).transaction
    assert named_by(given.action) == (redemption_key("south", an_id("invoice 1")), Redemption)
    redeemed = Redemption(ANN.account, 5, 0, bytes(32), 1)
    assert becomes(given, Outcome.DONE, redeemed) == [cashier.account, ANN.account]
    assert becomes(given, Outcome.REFUND_USED) == [cashier.account]


heights = st.integers(0, 2**64 - 1)
places = st.builds(
    Location,
    heights,
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**16 - 1),
    st.integers(0, 2**16 - 1),
)


@given(st.lists(places, unique_by=lambda at: at[:2], max_size=12))
def test_a_history_is_every_place_newest_first_from_wherever_it_is_resumed(
    found: list[Location],
) -> None:
    store = MemoryStore()
    payment = a_transfer(ANN, (BOB, 1))
    for at in found:
        both = (ANN.account, BOB.account)
        store.write(index_changes(payment.id, both, at), sync=False)
    newest_first = sorted(found, key=lambda at: at[:2], reverse=True)
    for account in (ANN.account, BOB.account):
        assert list(history(store, account, None)) == newest_first
        for place, at in enumerate(newest_first):
            following = list(history(store, account, (at.height, at.receipt)))
            assert following == newest_first[place + 1 :]
    assert list(history(store, CARL.account, None)) == []
    assert locate(store, payment.id) == (found[-1] if found else None)
    assert list(history(store, ANN.account, (2**99, 2**99))) == newest_first


def a_busy_ledger() -> Ledger:
    ledger = Ledger()
    ledger.fund(ANN, BOB)
    for round_ in range(4):
        ledger.block(
            ledger.transfer(ANN, (BOB, 20_000 + round_), (CARL, 20_000)),
            ledger.transfer(BOB, (ANN, 10**12)),
            ledger.transfer(BOB, (CARL, 1_000), (BOB, 5)),
        )
    return ledger


def test_the_changes_of_a_history_add_up_to_the_balance() -> None:
    ledger = a_busy_ledger()
    queries = Queries(ledger.executor)
    for person in (ANN, BOB, CARL):
        items = queries.history(person.account, None, 100)
        places = [(found.location.height, found.location.receipt) for found in items]
        assert places == sorted(places, reverse=True)
        changes = [found.changes[person.account] for found in items]
        assert sum(changes) == ledger.executor.account(person.account).balance


def test_a_redemption_and_its_refunds_stand_in_the_histories_of_all_whom_they_touched() -> None:
    """One refund follows in the block of the redemption itself, another later."""
    ledger = Ledger()
    ledger.fund(ANN)
    fields = {"chain": ledger.executor.chain}
    spent = a_redeem(ANN, an_invoice("south", 50_000), **fields)
    invoice = an_id("invoice 1")
    at_once = a_refund("south", invoice, 20_000, "refund 1", **fields)
    later = a_refund("south", invoice, 5_000, "refund 2", sequence=1, **fields)
    ledger.block(spent, at_once)
    ledger.block(later)
    queries = Queries(ledger.executor)
    for person in (ANN, a_role("south", "cashier")):
        found = queries.history(person.account, None, 3)
        assert [each.decoded.id for each in found] == [later.id, at_once.id, spent.id]
        assert {each.receipt.outcome for each in found} == {Outcome.DONE}
        assert queries.touching(person.account, 2) == [0, 1]
    assert ledger.executor.account(ANN.account).balance == 100_000_000 - 25_000
    changes = [f.changes[ANN.account] for f in queries.history(ANN.account, None, 9)]
    assert changes == [5_000, 20_000, -50_000, 100_000_000]


def test_a_history_has_what_the_account_sent_and_was_refused() -> None:
    ledger = a_busy_ledger()
    items = Queries(ledger.executor).history(BOB.account, None, 100)
    refused = [found for found in items if found.receipt.outcome != Outcome.DONE]
    assert len(refused) == 4
    sent = [
        f.decoded.transaction.sequence for f in items if f.decoded.transaction.sender == BOB.account
    ]
    assert sent == list(range(7, -1, -1))


def test_pages_join_to_the_whole() -> None:
    ledger = a_busy_ledger()
    queries = Queries(ledger.executor)
    whole = queries.history(ANN.account, None, 100)
    joined, before = [], None
    while page := queries.history(ANN.account, before, 3):
        assert len(page) <= 3
        joined += page
        before = (page[-1].location.height, page[-1].location.receipt)
    assert [found.decoded.id for found in joined] == [found.decoded.id for found in whole]


def test_the_receipts_of_a_height_that_touched_an_account_are_found() -> None:
    ledger = a_busy_ledger()
    queries = Queries(ledger.executor)
    assert queries.touching(ANN.account, 2) == [0]
    assert queries.touching(BOB.account, 2) == [0, 1, 2]
    assert queries.touching(CARL.account, 5) == [0, 2]
    assert queries.touching(CARL.account, 1) == []


def test_partners_come_in_the_order_of_their_admission() -> None:
    ledger = Ledger()
    codes = [partner.code for partner in Queries(ledger.executor).partners()]
    assert codes == ["north", "east", "south", "west"]
