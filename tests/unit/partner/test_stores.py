"""What lies in the outbox's file: synced before it is used, kept across releases, said once."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from client.builder import Slot, build, endorse
from partner.database import FILE, open_database
from partner.deposits import Deposit
from partner.outbox import Outbox
from partner.payments import Payments
from partner.sent import Sent
from partner.till import Given, Issued, Returned, Till
from primitives.actions import Invoice, ProgrammePause, invoice_message
from primitives.encoding import encode
from primitives.hashing import COMMITMENT
from primitives.transaction import Decoded
from shell.errors import CommandError
from tests.builders import a_key, a_person, an_id

CHAIN = bytes(32)
KEY = a_key("admin")
INVOICE = Invoice("north", 5_000_000, 10**12, an_id("invoice 1"), None)
REFUND = Returned(an_id("refund 1"), "north", INVOICE.id, 1_000_000, "back-1", 7, "open")


def issued(invoice: Invoice = INVOICE, reference: str | None = "r-1") -> Issued:
    return Issued(invoice, endorse(KEY, invoice_message(CHAIN, invoice)), reference, 7)


def signed(sequence: int = 0) -> Decoded:
    slot = Slot(CHAIN, 255, sequence, 10**12)
    return build(KEY, slot, ProgrammePause("north", "bonus", True))


class TestFile:
    def test_an_outbox_of_the_first_release_keeps_its_deposits(self, tmp_path: Path) -> None:
        """Its tables are those of version 1, and only the others are added."""
        [entry] = Outbox(tmp_path).enter(
            "north", [Deposit("r-1", "bonus", 5, a_person("alice").account)], 1
        )
        with closing(sqlite3.connect(tmp_path / FILE)) as db:
            for table in ("invoices", "refunds", "payments", "sent"):
                db.execute(f"DROP TABLE {table}")
            db.execute("PRAGMA user_version = 1")
        with closing(open_database(tmp_path)) as db:
            assert Till(db).issue(issued()).invoice == INVOICE
            assert db.execute("PRAGMA user_version").fetchone() == (2,)
        assert Outbox(tmp_path).find("r-1") == entry

    def test_two_that_open_a_new_file_make_one(self, tmp_path: Path) -> None:
        with closing(open_database(tmp_path)) as one, closing(open_database(tmp_path)) as other:
            Till(one).issue(issued())
            assert Till(other).invoice(INVOICE.id) is not None

    @pytest.mark.parametrize("what", ["invoice", "refund", "payment", "transaction"])
    def test_what_is_shown_or_sent_is_synced_before(self, tmp_path: Path, what: str) -> None:
        """In WAL mode FULL syncs each commit."""
        said: list[str] = []
        with closing(open_database(tmp_path)) as db:
            db.set_trace_callback(said.append)
            {
                "invoice": lambda: Till(db).issue(issued()),
                "refund": lambda: Till(db).refund(REFUND),
                "payment": lambda: Payments(db).enter(1, 0, "SEPA 1", 7),
                "transaction": lambda: Sent(db, CHAIN).add(signed(), 7),
            }[what]()
            assert [line for line in said if line.startswith("PRAGMA")] == [
                "PRAGMA synchronous = FULL"
            ]
            assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


class TestTill:
    def test_an_invoice_comes_back_as_it_was_signed(self, tmp_path: Path) -> None:
        payer = replace(INVOICE, id=an_id("2"), payer=a_person("alice").account)
        with closing(open_database(tmp_path)) as db:
            till = Till(db)
            till.issue(issued())
            till.issue(issued(payer, None))
            assert till.invoices(9) == [issued(payer, None), issued()]
            assert till.invoice_named("r-1") == issued()
            assert till.invoice(an_id("nobody's")) is None

    @pytest.mark.parametrize(
        "other",
        [
            replace(INVOICE, amount=1),
            replace(INVOICE, partner="east"),
            replace(INVOICE, payer=bytes(32)),
        ],
    )
    def test_a_reference_asks_for_one_thing(self, tmp_path: Path, other: Invoice) -> None:
        with closing(open_database(tmp_path)) as db:
            till = Till(db)
            till.issue(issued())
            again = replace(INVOICE, id=an_id("2"), expires=1)
            assert till.issue(issued(again)).invoice == INVOICE, "the first one"
            with pytest.raises(CommandError) as caught:
                till.issue(issued(replace(other, id=an_id("3"))))
            assert caught.value.code == "reference_conflict"
            assert len(till.invoices(9)) == 1

    def test_a_refund_keeps_its_id_until_it_is_proven(self, tmp_path: Path) -> None:
        with closing(open_database(tmp_path)) as db:
            till = Till(db)
            till.refund(REFUND)
            till.refused(REFUND.id, "limit_exceeded")
            again = replace(REFUND, id=an_id("refund 2"))
            known = till.known_refund(again)
            assert known is not None
            assert (known.id, known.state, known.code) == (REFUND.id, "refused", "limit_exceeded")
            with pytest.raises(CommandError, match="another run"):
                till.refund(again)
            till.refund(known)
            assert till.find_refund(REFUND.id).state == "open"
            till.refunded(REFUND.id, Given(an_id("tx"), 9, 10, 3, 4))
            till.refused(REFUND.id, "too late to say so")
            done = till.find_refund(REFUND.id)
            assert (done.state, done.code, done.height) == ("done", None, 9)

    def test_without_a_reference_only_what_is_not_proven_is_the_same(self, tmp_path: Path) -> None:
        nameless = replace(REFUND, reference=None)
        with closing(open_database(tmp_path)) as db:
            till = Till(db)
            till.refund(nameless)
            other = replace(nameless, id=an_id("refund 2"))
            known = till.known_refund(other)
            assert known is not None
            assert known.id == nameless.id
            till.refunded(nameless.id, Given(an_id("tx"), 9, 10, 3, 4))
            assert till.known_refund(other) is None
            till.refund(other)
            assert [one.state for one in till.refunds(INVOICE.id)] == ["done", "open"]


class TestPayments:
    def test_a_payment_keeps_its_salt_and_is_found_by_its_digest(self, tmp_path: Path) -> None:
        with closing(open_database(tmp_path)) as db:
            first = Payments(db).enter(3, 1, "SEPA 1", 7)
        with closing(open_database(tmp_path)) as db:
            payments = Payments(db)
            assert payments.enter(3, 1, "SEPA 1", 8) == first
            other = payments.enter(3, 1, "SEPA 2", 9)
            assert other.salt != first.salt
            assert payments.behind(3, 1, first.digest) == first
            assert payments.behind(3, 0, first.digest) is None

    def test_the_digest_is_what_the_reference_says(self, tmp_path: Path) -> None:
        """H("commitment", salt, ["payment", cycle, place, reference])"""
        with closing(open_database(tmp_path)) as db:
            payment = Payments(db).enter(3, 1, "SEPA 1", 7)
        assert payment.digest == COMMITMENT.digest(
            payment.salt, encode(["payment", 3, 1, "SEPA 1"])
        )


class TestSent:
    def test_only_what_has_no_proven_end_is_sent_again(self, tmp_path: Path) -> None:
        with closing(open_database(tmp_path)) as db:
            sent = Sent(db, CHAIN)
            transactions = [signed(sequence) for sequence in range(4)]
            for transaction in transactions:
                sent.add(transaction, 7)
            account = transactions[0].transaction.sender
            sent.final(transactions[0].id, "done")
            sent.dead(transactions[1].id, "expired")
            sent.replaced(transactions[2].id, "not_admin")
            assert [one.id for one in sent.open(account)] == [transactions[3].id]
            assert sent.open(bytes(32)) == []

    def test_bytes_of_another_chain_are_damage_not_a_transaction(self, tmp_path: Path) -> None:
        with closing(open_database(tmp_path)) as db:
            Sent(db, CHAIN).add(signed(), 7)
            with pytest.raises(CommandError) as caught:
                Sent(db, b"\1" * 32).open(signed().transaction.sender)
            assert caught.value.code == "outbox_broken"
