"""Asking with a URI, and doing what one asks: over real HTTP where something is paid."""

from __future__ import annotations

import json

import pytest

from client.home import exclusive, open_home
from client.uri import PaymentRequest, parse_uri, payment_uri
from primitives.address import address
from primitives.amount import MICRO
from tests.builders import a_person
from tests.fakes.wallet import Till, Wallet, the_owner

BOB = a_person("bob who asks")
MEMO = "ab" * 32


def asked(amount: int | None = None, memo: str | None = None) -> str:
    """Bob's request."""
    raw = None if memo is None else bytes.fromhex(memo)
    return payment_uri(PaymentRequest(BOB.account, amount, raw), "tlqb")


class TestRequest:
    """[URI-2, URI-6]"""

    def test_it_asks_for_an_amount_with_a_memo(self, wallet: Wallet) -> None:
        document = wallet.json("request", "12.5", "--memo", MEMO)
        assert (document["amount"], document["memo"], document["account"]) == ("12.5", MEMO, 0)
        assert document["address"] == wallet.name(the_owner())
        read = parse_uri(document["uri"], wallet.home.chain, "tlqb")
        assert read == PaymentRequest(the_owner().account, 12_500_000, bytes.fromhex(MEMO))

    def test_it_leaves_open_what_is_not_said(self, wallet: Wallet) -> None:
        document = wallet.json("request")
        assert (document["amount"], document["memo"]) == (None, None)
        assert document["uri"] == "liqbon:" + wallet.name(the_owner())

    def test_text_is_the_uri_and_a_code_where_it_is_wanted(self, wallet: Wallet) -> None:
        uri = "liqbon:" + wallet.name(the_owner())
        assert wallet.run("request").stdout == uri + "\n"
        assert wallet.run("request", "--no-qr").stdout == uri + "\n"
        shown = wallet.run("request", "--qr").stdout.splitlines()
        assert shown[0] == uri
        assert len(shown) > 15
        assert set("".join(shown[1:])) <= set(" ▀▄█")

    def test_a_fresh_address_is_a_new_account_each_time(self, wallet: Wallet) -> None:
        first, second = wallet.json("request", "--fresh"), wallet.json("request", "1", "--fresh")
        assert (first["account"], second["account"]) == (1, 2)
        assert len({first["address"], second["address"], wallet.name(the_owner())}) == 3
        known = {record.account: record.address for record in open_home(wallet.path).accounts}
        assert known[2] == second["address"] == address(the_owner(account=2).account, "tlqb")

    def test_two_fresh_ones_at_once_are_one_after_the_other(self, wallet: Wallet) -> None:
        with exclusive(wallet.path, "accounts"):
            result = wallet.run("request", "--fresh")
        assert result.exit_code == 1
        assert "[busy]" in result.stderr

    @pytest.mark.parametrize(
        ("arguments", "status", "code"),
        [
            (("0",), 2, "amount_zero"),
            (("1.50",), 2, "amount_malformed"),
            (("99999999999999",), 2, "amount_overflow"),
            (("1", "--memo", "coffee"), 2, "memo_malformed"),
            (("1", "--account", "7"), 8, "account_unknown"),
        ],
    )
    def test_what_cannot_be_asked(
        self, wallet: Wallet, arguments: tuple[str, ...], status: int, code: str
    ) -> None:
        result = wallet.run("request", *arguments, "--output", "json")
        assert result.exit_code == status
        assert json.loads(result.stdout)["error"]["code"] == code


class TestPay:
    """[URI-1, URI-2]"""

    def test_a_request_is_paid_exactly_with_its_memo(self, wallet: Wallet) -> None:
        document = wallet.json("pay", asked(1_500_000, MEMO), "--yes")
        assert (document["amount"], document["to"]) == ("1.5", wallet.name(BOB))
        assert (document["outcome"], document["proof"]["attested"]) == ("done", 3)
        newest = wallet.json("history", "--verify", "--limit", "1")["entries"][0]
        assert (newest["memo"], newest["change"]) == (MEMO, "-1.5")

    def test_an_open_amount_is_the_payers_choice(self, wallet: Wallet) -> None:
        upper = asked().upper()
        assert wallet.json("pay", upper, "--amount", "2", "--yes")["amount"] == "2"
        assert wallet.json("pay", asked(MICRO), "--amount", "1", "--yes")["amount"] == "1"

    def test_an_invoice_is_redeemed(self, wallet: Wallet, till: Till) -> None:
        uri = till.uri(till.invoice(MICRO))
        document = wallet.json("pay", uri, "--amount", "1", "--yes")
        assert (document["partner"], document["amount"]) == ("north", "1")
        assert wallet.json("redeem", uri, "--yes")["transaction"] == document["transaction"]

    def test_what_is_paid_is_asked_first(self, wallet: Wallet) -> None:
        result = wallet.run("pay", asked(MICRO))
        assert result.exit_code == 2
        assert "Send 1 LiqBon from account 0" in result.stderr
        assert wallet.name(BOB) in result.stderr

    @pytest.mark.parametrize(
        ("uri", "more", "status", "code"),
        [
            (asked(), (), 2, "amount_missing"),
            (asked(MICRO), ("--amount", "2"), 2, "amount_mismatch"),
            (asked(), ("--amount", "0"), 2, "amount_zero"),
            (asked(), ("--amount", "1e3"), 2, "amount_malformed"),
            (asked() + "?amount=0", (), 2, "amount_zero"),
            (asked() + "?amount=9223372036854.775808", (), 2, "amount_overflow"),
            (asked() + "?amount=-1", (), 2, "amount_malformed"),
            (asked() + "?amount=1&label=x", (), 2, "uri_parameter_unknown"),
            (asked(MICRO) + "&amount=2", (), 2, "uri_parameter_repeated"),
            (asked(MICRO) + "&memo=text", (), 2, "memo_malformed"),
            (asked()[:-3], (), 2, "address_checksum"),
            ("liqbon:" + address(BOB.account, "lqb") + "?amount=1", (), 2, "address_network"),
            ("lightning:x", (), 2, "uri_malformed"),
            ("", (), 2, "uri_malformed"),
            ("liqbon:" + "x" * 5_000, (), 2, "oversized"),
            ("liqbon:invoice/", (), 2, "invoice_malformed"),
            (asked(1_000_000 * MICRO), (), 4, "balance_too_low"),
        ],
    )
    def test_every_other_uri_is_refused_and_nothing_is_signed(
        self, wallet: Wallet, uri: str, more: tuple[str, ...], status: int, code: str
    ) -> None:
        result = wallet.run("pay", uri, *more, "--yes", "--output", "json")
        assert result.exit_code == status, result.stdout
        assert json.loads(result.stdout)["error"]["code"] == code
        assert not (wallet.path / "pending.json").exists()

    def test_dust_to_a_new_address_is_refused_before_it_is_signed(self, wallet: Wallet) -> None:
        stranger = a_person("a stranger who asks")
        uri = payment_uri(PaymentRequest(stranger.account, 1, None), "tlqb")
        result = wallet.run("pay", uri, "--yes")
        assert result.exit_code == 5
        assert "output_below_opening" in result.stderr

    def test_an_invoice_with_another_amount_is_not_redeemed(
        self, wallet: Wallet, till: Till
    ) -> None:
        result = wallet.run("pay", till.uri(till.invoice(MICRO)), "--amount", "2", "--yes")
        assert result.exit_code == 2
        assert "amount_mismatch" in result.stderr
