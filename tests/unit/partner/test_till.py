"""LiqBon at the till: invoices that are asked once, refunds that are given once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from typing import Any

import pytest

from client.home import exclusive
from client.uri import InvoiceRequest, parse_uri
from partner.database import open_database
from partner.session import OUTBOX_LOCK
from partner.till import Till
from partner.till_documents import request_of
from primitives.actions import Redeem, invoice_message
from primitives.address import address
from primitives.endorsement import checks
from primitives.entries import Redemption, redemption_key
from primitives.keys import ED25519
from tests.architecture.source import ROOT
from tests.builders import Person, a_person
from tests.unit.partner.conftest import Market, Office, id_of

ALICE = a_person("alice")
MILLION = 1_000_000


def asked(office: Office, amount: str, *more: str) -> Any:
    """The document of a new invoice."""
    result = office.invoice(amount, *more, "--output", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def request(market: Market, uri: str) -> InvoiceRequest:
    found = parse_uri(uri, market.chain, "tlqb")
    assert isinstance(found, InvoiceRequest)
    return found


def redeem(market: Market, uri: str, person: Person = ALICE) -> InvoiceRequest:
    """As a wallet does it."""
    found = request(market, uri)
    market.act(person, Redeem(found.invoice, found.cashier))
    return found


def redeemed(market: Market, amount: str = "5", *more: str) -> str:
    """The id of an invoice of north that Alice redeemed."""
    market.give(market.east, ALICE, 1_000)
    document = asked(market.north, amount, *more)
    redeem(market, document["invoice"]["uri"])
    return str(document["invoice"]["id"])


class TestInvoice:
    def test_it_is_what_the_till_said_signed_by_the_cashier(self, market: Market) -> None:
        """[LEDGER-17] The endorsement is the cashier's, over this chain's invoice."""
        document = asked(market.north, "12.5", "--reference", "receipt-4711", "--expires", "5")
        found = request(market, document["invoice"]["uri"])
        assert (found.invoice.partner, found.invoice.amount) == ("north", 12_500_000)
        assert found.cashier.account == id_of(
            "legal winner thank year wave sausage worth useful legal winner thank yellow", 1
        )
        message = invoice_message(market.chain, found.invoice)
        assert ED25519.verify_many(
            checks(found.cashier.policy, found.cashier.signatures, message)
        ) == [True]
        left_ms = found.invoice.expires - time.time() * 1000
        assert 4 * 60_000 < left_ms <= 5 * 60_000
        assert document["invoice"]["state"] == "open"
        assert document["proven"]["attested"] == 3

    def test_the_reference_is_not_in_what_the_customer_gets(self, market: Market) -> None:
        document = asked(market.north, "1", "--reference", "card-4929")
        found = request(market, document["invoice"]["uri"])
        assert b"card-4929" not in invoice_message(market.chain, found.invoice)
        assert document["invoice"]["reference"] == "card-4929"

    def test_one_reference_asks_once(self, market: Market) -> None:
        first = asked(market.north, "3", "--reference", "r-1")
        again = asked(market.north, "3", "--reference", "r-1")
        assert again["repeated"] is True
        assert again["invoice"]["uri"] == first["invoice"]["uri"]
        other = market.north.invoice("4", "--reference", "r-1")
        assert other.exit_code == 1
        assert "reference_conflict" in other.stderr
        assert len({asked(market.north, "3")["invoice"]["id"] for _ in range(3)}) == 3

    def test_it_waits_for_the_proof_that_it_was_redeemed(self, market: Market) -> None:
        market.give(market.east, ALICE, 1_000)

        def customer() -> None:
            with closing(open_database(market.north.path)) as db:
                until = time.monotonic() + 20
                while not (stored := Till(db).invoices(1)) and time.monotonic() < until:
                    time.sleep(0.05)
            redeem(market, request_of(stored[0], market.chain))

        paying = threading.Thread(target=customer)
        paying.start()
        document = asked(market.north, "5", "--wait", "30")
        paying.join()
        assert document["invoice"]["state"] == "redeemed"
        assert document["proven"]["height"] >= document["invoice"]["redemption"]["height"]
        assert document["invoice"]["redemption"]["payer"] == address(ALICE.account, "tlqb")
        assert market.balance(ALICE) == 5 * MILLION

    def test_a_sale_does_not_wait_for_an_import(self, market: Market) -> None:
        """Minting a file may take minutes; a customer at the till does not."""
        with exclusive(market.north.path, OUTBOX_LOCK):
            assert asked(market.north, "5")["invoice"]["state"] == "open"

    def test_what_nobody_redeemed_is_status_7_and_open(self, market: Market) -> None:
        result = market.north.invoice("5", "--wait", "0.3", "--output", "json")
        assert result.exit_code == 7
        document = json.loads(result.stdout)
        assert document["invoice"]["state"] == "open"
        assert document["invoice"]["uri"] in result.stderr, "the customer saw it before the wait"

    @pytest.mark.parametrize(
        ("arguments", "status", "code"),
        [
            (["0"], 2, "amount_zero"),
            (["-1"], 2, "usage"),
            (["1.0"], 2, "amount_malformed"),
            (["1e3"], 2, "amount_malformed"),
            (["99999999999999999999"], 2, "amount_overflow"),
            (["5", "--payer", "tlqb1qqqq"], 2, "address_malformed"),
            (["5", "--expires", "0"], 2, "usage"),
            (["5", "--reference", "=1+1"], 2, "reference_formula"),
            (["50000.000001"], 5, "claim_bound_exceeded"),
            (["5", "--account", "0"], 8, "not_cashier"),
            (["5", "--account", "9"], 8, "account_unknown"),
        ],
    )
    def test_what_cannot_be_asked_is_refused_and_stores_nothing(
        self, market: Market, arguments: list[str], status: int, code: str
    ) -> None:
        result = market.north.invoice(*arguments, "--output", "json")
        assert result.exit_code == status, result.output
        assert json.loads(result.stdout)["error"]["code"] == code
        assert market.north.read("invoices")["invoices"] == []

    def test_a_home_without_a_cashier_is_status_8(self, market: Market) -> None:
        result = market.vault.invoice("5")
        assert result.exit_code == 8
        assert "not_cashier" in result.stderr

    def test_a_text_shows_a_code_where_it_is_wanted(self, market: Market) -> None:
        result = market.north.invoice("5", "--qr")
        assert "\N{FULL BLOCK}" in result.stdout
        assert "liqbon:invoice/" in result.stdout
        assert "\N{FULL BLOCK}" not in market.north.invoice("5").stdout


class TestInvoices:
    def test_each_state_is_shown_by_proof(self, market: Market) -> None:
        paid = redeemed(market, "5", "--reference", "paid")
        asked(market.north, "6", "--reference", "late", "--expires", "1")
        market.pass_time(2 * 60_000)
        asked(market.north, "7", "--reference", "new")
        shown = {one["reference"]: one for one in market.north.read("invoices")["invoices"]}
        assert {name: one["state"] for name, one in shown.items()} == {
            "paid": "redeemed",
            "late": "expired",
            "new": "open",
        }
        assert shown["paid"]["id"] == paid
        assert shown["paid"]["redemption"]["amount"] == "5"
        [only] = market.north.read("invoices", "--state", "expired")["invoices"]
        assert only["reference"] == "late"
        again = market.north.invoice("6", "--reference", "late")
        assert again.exit_code == 1
        assert "invoice_expired" in again.stderr

    def test_one_is_found_by_id_or_reference_and_an_unknown_one_is_status_3(
        self, market: Market
    ) -> None:
        document = asked(market.north, "5", "--reference", "r-1")
        for question in (["--invoice", document["invoice"]["id"]], ["--reference", "r-1"]):
            [one] = market.north.read("invoices", *question)["invoices"]
            assert one["uri"] == document["invoice"]["uri"]
        result = market.north.run("invoices", "--reference", "r-2")
        assert result.exit_code == 2, "it takes no passphrase"


class TestRefund:
    def test_it_goes_to_the_payer_and_never_beyond_what_was_redeemed(self, market: Market) -> None:
        """[LEDGER-19] Refunds are at most what was redeemed, and single use."""
        paid = redeemed(market, "5")
        assert market.balance(ALICE) == 5 * MILLION
        document = market.north.done("refund", paid, "2", "--reference", "back-1")
        assert (document["left"], document["repeated"]) == ("3", False)
        assert document["refund"]["proof"]["attested"] == 3
        assert market.balance(ALICE) == 7 * MILLION
        again = market.north.done("refund", paid, "2", "--reference", "back-1")
        assert again["repeated"] is True
        assert again["refund"]["proof"] == document["refund"]["proof"]
        assert market.balance(ALICE) == 7 * MILLION
        error = market.north.refused(5, "refund", paid, "3.000001")
        assert error["code"] == "refund_exceeded"
        market.north.done("refund", paid, "3")
        assert market.north.refused(5, "refund", paid, "0.000001")["code"] == "refund_exceeded"
        [shown] = market.north.read("invoices", "--invoice", paid)["invoices"]
        assert shown["redemption"]["refunded"] == "5"
        assert [one["state"] for one in shown["refunds"]] == ["done", "done"]
        assert market.check().supply == 10 * MILLION

    def test_without_a_reference_each_run_is_a_refund_of_its_own(self, market: Market) -> None:
        paid = redeemed(market, "5")
        for _ in range(2):
            assert market.north.done("refund", paid, "1")["repeated"] is False
        assert market.balance(ALICE) == 7 * MILLION

    @pytest.mark.parametrize(
        ("invoice", "amount", "more", "status", "code"),
        [
            ("ab" * 32, "1", [], 3, "invoice_unknown"),
            ("xyz", "1", [], 2, "id_malformed"),
            (None, "0", [], 2, "amount_zero"),
            (None, "1", ["--account", "2"], 8, "not_cashier"),
            (None, "20000.1", [], 5, "refund_exceeded"),
        ],
    )
    def test_what_cannot_be_given_back_is_refused(
        self,
        market: Market,
        invoice: str | None,
        amount: str,
        more: list[str],
        status: int,
        code: str,
    ) -> None:
        paid = redeemed(market, "5")
        error = market.north.refused(status, "refund", invoice or paid, amount, *more)
        assert error["code"] == code
        assert market.balance(ALICE) == 5 * MILLION

    def test_a_rivals_invoice_is_not_ours_to_refund(self, market: Market) -> None:
        paid = redeemed(market, "5")
        assert market.east.refused(3, "refund", paid, "1")["code"] == "invoice_unknown"

    def test_a_reference_names_one_refund(self, market: Market) -> None:
        paid = redeemed(market, "5")
        market.north.done("refund", paid, "1", "--reference", "back-1")
        error = market.north.refused(1, "refund", paid, "2", "--reference", "back-1")
        assert error["code"] == "reference_conflict"
        assert market.balance(ALICE) == 6 * MILLION

    def test_an_unknown_end_is_status_7_and_the_next_run_proves_the_same(
        self, market: Market
    ) -> None:
        paid = redeemed(market, "5")
        ledger = market.network.ledger
        ledger.attest = False
        for arguments in (["refund", paid, "2"], ["refund", paid, "2"]):
            error = market.north.refused(7, *arguments, "--timeout", "1")
            assert error["code"] == "finality_unknown"
        ledger.attest = True
        market.network.call(
            lambda: [ledger.certify(executed) for executed in ledger.executor.uncertified()]
        )
        document = market.north.done("refund", paid, "2")
        assert document["repeated"] is True
        assert market.balance(ALICE) == 7 * MILLION, "given back once"


@pytest.mark.parametrize("seam", ["before", "after"])
def test_kill_9_around_the_send_gives_back_once(market: Market, seam: str) -> None:
    """[LEDGER-19] It dies by its own SIGKILL where the outbox is ahead of the ledger, or behind."""
    paid = redeemed(market, "5")
    died = dying(market.north, seam, "refund", paid, "2", "--reference", "back-1")
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert (market.balance(ALICE) == 7 * MILLION) is (seam == "after")
    document = market.north.done("refund", paid, "2", "--reference", "back-1")
    assert document["repeated"] is True, "the bytes that were signed before the crash did it"
    assert market.balance(ALICE) == 7 * MILLION


def test_kill_9_before_an_invoice_is_shown_leaves_it_on_disk(market: Market) -> None:
    """What the customer could have seen is what the next run shows."""
    program = (
        "import os, signal, sys\n"
        "from partner import cli_invoice\n"
        "from partner.cli import cli\n"
        "cli_invoice._show = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "cli.main(sys.argv[1:])\n"
    )
    arguments = ["invoice", "5", "--reference", "r-1", *market.north.options(yes=False)]
    died = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, timeout=60, capture_output=True
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    [stored] = market.north.read("invoices")["invoices"]
    again = asked(market.north, "5", "--reference", "r-1")
    assert again["invoice"]["uri"] == stored["uri"]
    found = redeem_after_funding(market, stored["uri"])
    key = redemption_key("north", found.invoice.id)
    assert market.entry(key, Redemption) is not None


def redeem_after_funding(market: Market, uri: str) -> InvoiceRequest:
    market.give(market.east, ALICE, 1_000)
    return redeem(market, uri)


def dying(office: Office, seam: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command that kills itself before or after it first hands a transaction to a node."""
    program = (
        "import os, signal, sys\n"
        "from client.http import HttpNode\n"
        "from partner.cli import cli\n"
        "send = HttpNode.submit\n"
        "async def dying(self, raw, wait_s):\n"
        f"    if {seam!r} == 'after':\n"
        "        await send(self, raw, wait_s)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "HttpNode.submit = dying\n"
        "cli.main(sys.argv[1:])\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *arguments, *office.options()],
        cwd=ROOT,
        timeout=60,
        capture_output=True,
        env=dict(os.environ),
    )
