"""Spending at a partner over real HTTP: what is checked first, and that an invoice is paid once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from msgspec.structs import replace

import wallet.sending as wallet_sending
from client.fields import from_base64
from client.uri import InvoiceRequest, invoice_uri, parse_uri
from primitives.actions import Invoice
from primitives.address import address
from primitives.amount import MICRO
from primitives.entries import redemption_key
from tests.builders import Person, a_person, a_role
from tests.fakes.network import Network
from tests.fakes.wallet import Till, Wallet, the_owner

BOB = a_person("bob at the till")


def balance(wallet: Wallet) -> float:
    return float(wallet.json("balance")["total"])


def refused(wallet: Wallet, status: int, *arguments: str) -> str:
    """The code of a refusal that came before anything was signed."""
    result = wallet.run(*arguments, "--yes", "--output", "json")
    assert result.exit_code == status, (result.stdout, result.stderr)
    assert "Traceback" not in result.stderr
    assert pending(wallet) == []
    return str(json.loads(result.stdout)["error"]["code"])


def pending(wallet: Wallet) -> list[Any]:
    file = wallet.path / "pending.json"
    return list(json.loads(file.read_text())) if file.exists() else []


@contextmanager
def unattested(network: Network) -> Iterator[None]:
    """Blocks are made, and nobody shows a certificate until the end."""
    ledger = network.ledger
    ledger.attest = False
    try:
        yield
    finally:
        ledger.attest = True

        def certify() -> None:
            for executed in ledger.executor.uncertified():
                ledger.certify(executed)

        network.call(certify)


class TestRedeem:
    """[LEDGER-17, LEDGER-18, URI-5]"""

    def test_an_invoice_is_paid_with_its_proof(self, wallet: Wallet, till: Till) -> None:
        before = balance(wallet)
        invoice = till.invoice(2 * MICRO)
        document = wallet.json("redeem", till.uri(invoice), "--yes")
        assert (document["partner"], document["name"]) == ("north", "North")
        assert (document["amount"], document["outcome"]) == ("2", "done")
        assert document["invoice"] == invoice.id.hex()
        assert document["sender"] == wallet.name(the_owner())
        assert document["proof"]["attested"] == 3
        assert (document["repeated"], document["blames"]) == (False, [])
        assert before - balance(wallet) == pytest.approx(2)
        assert pending(wallet) == []

    def test_text_names_the_partner_and_who_attested(self, wallet: Wallet, till: Till) -> None:
        result = wallet.run("redeem", till.uri(till.invoice(MICRO)), "--yes")
        assert result.exit_code == 0, result.stderr
        assert "redeemed 1 LiqBon at North (north)" in result.stdout
        assert "attested by 3 of 4" in result.stdout

    def test_it_asks_first_with_the_proven_name(self, wallet: Wallet, till: Till) -> None:
        result = wallet.run("redeem", till.uri(till.invoice(MICRO)))
        assert result.exit_code == 2
        assert "Redeem 1 LiqBon at North (north) from account 0" in result.stderr
        assert "confirmation_needed" in result.stderr
        assert pending(wallet) == []

    def test_an_invoice_comes_as_text_file_or_standard_input(
        self, wallet: Wallet, till: Till, tmp_path: Path
    ) -> None:
        bare = till.uri(till.invoice(MICRO)).removeprefix("liqbon:invoice/")
        assert wallet.json("redeem", bare, "--yes")["outcome"] == "done"
        file = tmp_path / "invoice.txt"
        file.write_text(till.uri(till.invoice(MICRO)) + "\n")
        assert wallet.json("redeem", str(file), "--yes")["outcome"] == "done"
        typed = wallet.run("redeem", "-", "--yes", stdin=till.uri(till.invoice(MICRO)) + "\n")
        assert typed.exit_code == 0, typed.stderr

    def test_one_that_names_its_payer_is_paid_by_that_one(self, wallet: Wallet, till: Till) -> None:
        invoice = till.invoice(MICRO, payer=the_owner())
        assert wallet.json("redeem", till.uri(invoice), "--yes")["outcome"] == "done"


class TestOnce:
    """However often, and whenever it is killed."""

    def test_running_it_again_pays_nothing_and_proves_the_first(
        self, wallet: Wallet, till: Till
    ) -> None:
        uri = till.uri(till.invoice(MICRO))
        first = wallet.json("redeem", uri, "--yes")
        held = balance(wallet)
        again = wallet.json("redeem", uri, "--yes")
        assert (first["repeated"], again["repeated"]) == (False, True)
        assert again["transaction"] == first["transaction"]
        assert again["proof"]["height"] == first["proof"]["height"]
        assert (again["name"], again["elapsed_ms"]) == ("North", 0)
        assert balance(wallet) == held
        assert "nothing was paid twice" in wallet.run("redeem", uri).stdout

    def test_an_unknown_end_is_status_7_and_repeating_pays_once(
        self, wallet: Wallet, till: Till, network: Network
    ) -> None:
        before = balance(wallet)
        uri = till.uri(till.invoice(MICRO))
        with unattested(network):
            unknown = wallet.run("redeem", uri, "--yes", "--timeout", "1")
        assert unknown.exit_code == 7, unknown.stderr
        [held] = pending(wallet)
        height = network.call(lambda: network.ledger.executor.height)
        again = wallet.json("redeem", uri, "--yes")
        assert (again["repeated"], again["outcome"]) == (True, "done")
        assert again["elapsed_ms"] > 0, "what was pending was sent again, and its end is the answer"
        assert network.call(lambda: network.ledger.executor.height) == height
        assert before - balance(wallet) == pytest.approx(1)
        assert held["raw"]
        assert pending(wallet) == []

    def test_killed_between_signing_and_sending_it_sends_what_was_signed(
        self, wallet: Wallet, till: Till, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = balance(wallet)
        uri = till.uri(till.invoice(MICRO))

        async def killed(*_: object) -> None:
            raise SystemExit(137)

        with monkeypatch.context() as patched:
            patched.setattr(wallet_sending, "make_final", killed)
            assert wallet.run("redeem", uri, "--yes").exit_code == 137
        assert balance(wallet) == before
        [held] = pending(wallet)
        again = wallet.json("redeem", uri, "--yes")
        assert (again["repeated"], again["outcome"]) == (True, "done")
        assert before - balance(wallet) == pytest.approx(1)
        assert held["account"] == 0

    def test_killed_before_it_forgot_what_is_final_it_pays_nothing_more(
        self, wallet: Wallet, till: Till
    ) -> None:
        uri = till.uri(till.invoice(MICRO))
        with unattested(wallet.network):
            wallet.run("redeem", uri, "--yes", "--timeout", "1")
        file = wallet.path / "pending.json"
        kept = file.read_bytes()
        first = wallet.json("redeem", uri, "--yes")
        held = balance(wallet)
        file.write_bytes(kept)
        again = wallet.json("redeem", uri, "--yes")
        assert again["transaction"] == first["transaction"]
        assert balance(wallet) == held
        assert pending(wallet) == []

    def test_a_pending_redemption_is_proven_before_another_payment(
        self, wallet: Wallet, till: Till, network: Network
    ) -> None:
        before = balance(wallet)
        with unattested(network):
            first = wallet.run("redeem", till.uri(till.invoice(MICRO)), "--yes", "--timeout", "1")
        assert first.exit_code == 7
        result = wallet.run("redeem", till.uri(till.invoice(2 * MICRO)), "--yes")
        assert result.exit_code == 0, result.stderr
        assert "an earlier payment is not proven yet" in result.stderr
        assert before - balance(wallet) == pytest.approx(3)

    def test_it_is_signed_to_die_with_its_invoice(
        self, wallet: Wallet, till: Till, network: Network
    ) -> None:
        """So that its end can be proven: later the ledger could only refuse it ([TX-8])."""
        invoice = till.invoice(MICRO, good_ms=120_000)
        with unattested(network):
            wallet.run("redeem", till.uri(invoice), "--yes", "--timeout", "1")
        [held] = pending(wallet)
        signed = network.call(network.ledger.decode, from_base64(held["raw"]))
        assert signed.transaction.valid_until == invoice.expires


class TestRefused:
    """Each with its code and status, and nothing signed."""

    @pytest.fixture
    def invoice(self, till: Till) -> Invoice:
        return till.invoice(MICRO)

    def test_a_stranger_is_no_cashier(self, wallet: Wallet, till: Till, invoice: Invoice) -> None:
        assert refused(wallet, 5, "redeem", till.uri(invoice, BOB)) == "not_cashier"

    def test_a_rivals_cashier_is_not_this_partners(
        self, wallet: Wallet, till: Till, invoice: Invoice
    ) -> None:
        rival = a_role("east", "cashier")
        assert refused(wallet, 5, "redeem", till.uri(invoice, rival)) == "not_cashier"

    def test_a_changed_amount_breaks_the_signature(
        self, wallet: Wallet, till: Till, invoice: Invoice
    ) -> None:
        request = parse_uri(till.uri(invoice), till.chain, "tlqb")
        assert isinstance(request, InvoiceRequest)
        forged = replace(request, invoice=replace(invoice, amount=2 * MICRO))
        assert refused(wallet, 2, "redeem", invoice_uri(forged)) == "signature_invalid"
        assert refused(wallet, 2, "pay", invoice_uri(forged)) == "signature_invalid"

    def test_a_partner_that_does_not_exist(self, wallet: Wallet, invoice: Invoice) -> None:
        nobody = Till(wallet.network, "nobody")
        assert refused(wallet, 5, "redeem", nobody.uri(nobody.invoice(1))) == "partner_unknown"

    def test_an_expired_one(self, wallet: Wallet, till: Till) -> None:
        late = till.uri(till.invoice(MICRO, good_ms=-3_600_000))
        assert refused(wallet, 5, "redeem", late) == "invoice_expired"

    def test_one_for_another_payer(self, wallet: Wallet, till: Till) -> None:
        result = wallet.run("redeem", till.uri(till.invoice(MICRO, payer=BOB)), "--yes")
        assert result.exit_code == 5
        assert "invoice_for_another" in result.stderr
        assert wallet.name(BOB) in result.stderr

    def test_one_that_another_redeemed(
        self, wallet: Wallet, till: Till, invoice: Invoice, bob: Person
    ) -> None:
        till.redeemed_by(bob, invoice)
        result = wallet.run("redeem", till.uri(invoice), "--yes")
        assert result.exit_code == 5
        assert "invoice_used" in result.stderr
        assert address(bob.account, "tlqb") in result.stderr

    def test_an_id_that_was_used_for_another_amount(
        self, wallet: Wallet, till: Till, invoice: Invoice
    ) -> None:
        """A till that repeats an id is refused, and not taken for the redemption before."""
        wallet.json("redeem", till.uri(invoice), "--yes")
        more = replace(invoice, amount=3 * MICRO)
        assert refused(wallet, 5, "redeem", till.uri(more)) == "invoice_used"

    def test_more_than_the_balance_is_status_4(self, wallet: Wallet, till: Till) -> None:
        assert refused(wallet, 4, "redeem", till.uri(till.invoice(10_000 * MICRO))) == (
            "balance_too_low"
        )

    def test_more_than_the_partner_can_take(self, wallet: Wallet, till: Till) -> None:
        much = till.uri(till.invoice(60_000 * MICRO))
        assert refused(wallet, 5, "redeem", much) == "claim_bound_exceeded"

    def test_one_of_another_chain(self, wallet: Wallet, till: Till, invoice: Invoice) -> None:
        till.chain = bytes(32)
        assert refused(wallet, 2, "redeem", till.uri(invoice)) == "wrong_chain"
        assert refused(wallet, 2, "pay", till.uri(invoice)) == "wrong_chain"

    def test_a_payment_request_is_no_invoice(self, wallet: Wallet) -> None:
        uri = "liqbon:" + wallet.name(BOB)
        assert refused(wallet, 2, "redeem", uri) == "invoice_expected"

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            (lambda uri: uri[:-30], "malformed"),
            (lambda uri: uri[:-1], "malformed"),
            (lambda uri: uri + "=", "invoice_malformed"),
            (lambda uri: uri.upper(), "address_malformed"),
            (lambda uri: uri + "A" * 5_000, "oversized"),
            (lambda _: "", "malformed"),
            (lambda _: "no such file.txt", "invoice_malformed"),
            (lambda _: "nul\0byte", "invoice_malformed"),
        ],
    )
    def test_what_is_no_invoice(
        self, wallet: Wallet, till: Till, invoice: Invoice, change: Any, code: str
    ) -> None:
        found = refused(wallet, 2, "redeem", change(till.uri(invoice)))
        assert found in {code, "invoice_malformed"} if code == "malformed" else found == code

    def test_files_that_hold_none(self, wallet: Wallet, tmp_path: Path) -> None:
        file = tmp_path / "invoice.txt"
        for contents, code in (
            (b"x" * 5_000, "oversized"),
            (b"\xff\xfe", "invoice_malformed"),
            (b"", "invoice_malformed"),
        ):
            file.write_bytes(contents)
            assert refused(wallet, 2, "redeem", str(file)) == code

    def test_standard_input_holds_one_thing(self, wallet: Wallet) -> None:
        assert refused(wallet, 2, "redeem", "-", "--passphrase-file", "-") == "usage"


class TestLies:
    def test_a_node_that_lies_about_the_partner_is_named_and_another_asked(
        self, wallet: Wallet, till: Till
    ) -> None:
        def lie(path: str, document: Any) -> Any:
            if path.startswith("/v1/state/20"):
                document["value"] = None
            return document

        liar = wallet.network.liar(lie)
        uri = till.uri(till.invoice(MICRO))
        alone = wallet.run("redeem", uri, "--yes", "--node", liar)
        assert alone.exit_code == 9, alone.stderr
        assert pending(wallet) == []
        both = wallet.run("redeem", uri, "--yes", "--node", liar, "--node", wallet.network.urls[0])
        assert both.exit_code == 0
        assert f"node {liar} is not believed (contradicts_proof" in both.stderr

    def test_a_proof_of_another_entry_does_not_hide_that_an_invoice_was_used(
        self, wallet: Wallet, till: Till, bob: Person
    ) -> None:
        invoice, other = till.invoice(MICRO), till.invoice(MICRO)
        till.redeemed_by(bob, invoice)
        key = redemption_key("north", other.id).hex()
        absent: dict[str, Any] = {}

        def lie(path: str, document: Any) -> Any:
            if path.startswith("/v1/state/72"):
                return absent["document"]
            return document

        liar = wallet.network.liar(lie)
        with urlopen(f"{wallet.network.urls[0]}/v1/state/{key}?proof=1") as answer:
            absent["document"] = json.load(answer)
        assert absent["document"]["value"] is None
        result = wallet.run("redeem", till.uri(invoice), "--yes", "--node", liar)
        assert result.exit_code == 9
        assert "proof_of_another_key" in result.stderr


class TestHistory:
    """[LEDGER-19]"""

    def test_redemptions_and_refunds_are_proven(self, wallet: Wallet, till: Till) -> None:
        invoice = till.invoice(3 * MICRO)
        spent = wallet.json("redeem", till.uri(invoice), "--yes")
        till.refund(invoice, MICRO)
        document = wallet.json("history", "--verify", "--limit", "100")
        refund, redemption = document["entries"][:2]
        assert (refund["type"], refund["change"]) == ("refund", "1")
        assert (redemption["type"], redemption["change"]) == ("redeem", "-3")
        assert redemption["transaction"] == spent["transaction"]
        for entry in (refund, redemption):
            assert (entry["partner"], entry["invoice"]) == ("north", invoice.id.hex())
            assert entry["proof"]["attested"] == 3
        assert refund["to"] == [wallet.name(the_owner())]
        assert refund["sender"] == wallet.name(a_role("north", "cashier"))
        assert document["sent_complete"] is True
        assert sum(float(e["change"]) for e in document["entries"]) == pytest.approx(
            balance(wallet)
        )

    def test_without_verify_it_is_the_nodes_word(self, wallet: Wallet, till: Till) -> None:
        invoice = till.invoice(MICRO)
        wallet.json("redeem", till.uri(invoice), "--yes")
        till.refund(invoice, MICRO)
        refund, redemption = wallet.json("history", "--limit", "2")["entries"]
        assert (refund["change"], redemption["change"]) == ("1", "-1")
        assert refund["proof"] is None

    def test_somebody_elses_refund_is_not_taken_for_ones_own(
        self, wallet: Wallet, till: Till, bob: Person
    ) -> None:
        """A node puts a refund of Bob's into the list: proven, it changed nothing here."""
        invoice = till.invoice(MICRO)
        till.redeemed_by(bob, invoice)
        till.refund(invoice, MICRO)
        url = f"{wallet.network.urls[0]}/v1/accounts/{wallet.name(bob)}/transactions?proof=1"
        with urlopen(url) as answer:
            foreign = json.load(answer)["items"][0]

        def lie(path: str, document: Any) -> Any:
            if path.endswith("/transactions"):
                document["items"].insert(0, foreign)
            return document

        liar = wallet.network.liar(lie)
        newest = wallet.json("history", "--verify", "--node", liar)["entries"][0]
        assert (newest["type"], newest["change"]) == ("refund", "0")
        assert newest["to"] == [wallet.name(bob)]


@pytest.fixture
def bob(network: Network) -> Person:
    """Somebody with LiqBon of his own."""
    network.fund(BOB)
    return BOB
