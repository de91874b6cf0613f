"""The wallet's commands over real HTTP: what they print, keep, refuse and exit with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from client.builder import account_of
from client.home import exclusive, open_home
from primitives.address import address
from shell.mnemonic import account_key, sentence_seed
from tests.builders import CODES, a_person
from tests.fakes.network import (
    OTHER_WORDS,
    WORDS,
    forged_balance,
)
from tests.fakes.wallet import Wallet, the_owner
from wallet.cli import cli

BOB = a_person("bob")


class TestBalance:
    def test_a_balance_is_proven_and_fresh(self, wallet: Wallet) -> None:
        document = wallet.json("balance")
        [account] = document["accounts"]
        assert account["balance"] == document["total"] == "100"
        assert document["fresh"] is True
        assert (account["proof"]["attested"], account["proof"]["members"]) == (3, 4)
        assert document["blames"] == []

    def test_an_unknown_account_holds_nothing_provably(self, poor: Wallet) -> None:
        [account] = poor.json("balance")["accounts"]
        assert account["balance"] == "0"
        assert account["exists"] is False
        assert account["proof"]["attested"] == 3

    def test_a_forged_balance_is_caught_named_and_another_node_is_asked(
        self, wallet: Wallet
    ) -> None:
        liar = wallet.network.liar(forged_balance)
        result = wallet.run("balance", "--node", liar, "--node", wallet.network.urls[0])
        assert result.exit_code == 0
        assert "1000000" not in result.stdout
        assert f"node {liar} is not believed (contradicts_proof" in result.stderr

    def test_if_no_node_proves_it_the_status_is_9(self, wallet: Wallet) -> None:
        liar = wallet.network.liar(forged_balance)
        document = wallet.run("balance", "--node", liar, "--output", "json")
        assert document.exit_code == 9
        assert json.loads(document.stdout)["error"]["code"] == "not_proven"

    def test_if_no_node_is_there_the_status_is_6(self, wallet: Wallet) -> None:
        result = wallet.run("balance", "--node", "http://127.0.0.1:1")
        assert result.exit_code == 6
        assert "node_unavailable" in result.stderr

    def test_answers_that_are_no_documents_are_lies(self, wallet: Wallet) -> None:
        for change in (
            lambda _path, _document: [],
            lambda _path, document: document | {"proof": "x" * 5_000_000},
            lambda _path, document: {**document, "proof": document.get("proof", "")[:-8]},
        ):
            liar = wallet.network.liar(change)
            result = wallet.run("balance", "--node", liar)
            assert result.exit_code == 9, result.stderr
            assert "Traceback" not in result.stderr

    def test_a_home_that_is_not_there_is_status_8(self, wallet: Wallet, tmp_path: Path) -> None:
        result = wallet.run("balance", home=tmp_path / "nowhere")
        assert result.exit_code == 8
        assert "home_missing" in result.stderr


class TestSend:
    def test_a_payment_is_final_with_its_proof(self, wallet: Wallet) -> None:
        before = wallet.json("balance")["accounts"][0]
        document = wallet.json("send", wallet.name(BOB), "1.5", "--yes")
        assert document["outcome"] == "done"
        assert document["proof"]["attested"] == 3
        assert document["repeated"] is False
        assert 0 < document["elapsed_ms"] < 10_000
        after = wallet.json("balance")["accounts"][0]
        assert float(before["balance"]) - float(after["balance"]) == pytest.approx(1.5)
        assert json.loads((wallet.path / "pending.json").read_text()) == []

    def test_text_says_where_it_is_final_and_who_attested(self, wallet: Wallet) -> None:
        result = wallet.run("send", wallet.name(BOB), "1", "--yes")
        assert result.exit_code == 0, result.stderr
        assert "final at height" in result.stdout
        assert "attested by 3 of 4" in result.stdout

    def test_it_asks_first_where_somebody_can_answer(self, wallet: Wallet) -> None:
        result = wallet.run("send", wallet.name(BOB), "1", stdin="y\n")
        assert result.exit_code == 2
        assert "confirmation_needed" in result.stderr
        assert not (wallet.path / "pending.json").exists()

    @pytest.mark.parametrize(
        ("amount", "code"),
        [
            ("0", "amount_zero"),
            ("-1", "amount_malformed"),
            ("1.50", "amount_malformed"),
            ("1e3", "amount_malformed"),
            ("0.0000001", "amount_malformed"),
            ("99999999999999999999", "amount_overflow"),
            ("", "amount_malformed"),
        ],
    )
    def test_amounts_that_are_none_are_usage_errors(
        self, wallet: Wallet, amount: str, code: str
    ) -> None:
        arguments = ["send", "--yes", "--", wallet.name(BOB), amount]
        result = CliRunner().invoke(
            cli, ["send", "--yes", "--home", str(wallet.path), *arguments[2:]]
        )
        assert result.exit_code == 2
        assert code in result.stderr

    def test_addresses_of_elsewhere_are_usage_errors(self, wallet: Wallet) -> None:
        other = address(BOB.account, "lqb")
        mistyped = wallet.name(BOB)[:-1] + ("q" if wallet.name(BOB)[-1] != "q" else "p")
        for text, code in ((other, "address_network"), (mistyped, "address_checksum")):
            result = wallet.run("send", text, "1", "--yes")
            assert result.exit_code == 2
            assert code in result.stderr

    def test_more_than_there_is_is_status_4_and_nothing_is_signed(self, wallet: Wallet) -> None:
        result = wallet.run("send", wallet.name(BOB), "1000000", "--yes")
        assert result.exit_code == 4
        assert "balance_too_low" in result.stderr
        assert not (wallet.path / "pending.json").exists()

    def test_dust_to_a_new_address_is_refused_before_it_is_signed(self, wallet: Wallet) -> None:
        stranger = a_person("never seen")
        result = wallet.run("send", wallet.name(stranger), "0.000001", "--yes")
        assert result.exit_code == 5
        assert "output_below_opening" in result.stderr

    def test_a_wrong_passphrase_is_status_8(self, wallet: Wallet, tmp_path: Path) -> None:
        wrong = tmp_path / "wrong"
        wrong.write_text("wrong\n")
        arguments = ["send", wallet.name(BOB), "1", "--yes", "--passphrase-file", str(wrong)]
        assert wallet.run(*arguments).exit_code == 8

    def test_a_changed_address_book_is_noticed_before_signing(self, wallet: Wallet) -> None:
        accounts = wallet.path / "accounts.json"
        other = address(the_owner(OTHER_WORDS).account, wallet.genesis.network)
        accounts.write_text(json.dumps([{"account": 0, "address": other}]))
        result = wallet.run("send", wallet.name(BOB), "1", "--yes")
        assert result.exit_code == 8
        assert "accounts_changed" in result.stderr

    def test_two_payments_of_one_account_at_once_are_one_after_the_other(
        self, wallet: Wallet
    ) -> None:
        with exclusive(wallet.path, "send-0"):
            result = wallet.run("send", wallet.name(BOB), "1", "--yes")
        assert result.exit_code == 1
        assert "[busy]" in result.stderr

    def test_another_payment_waits_for_the_proof_of_the_one_before(self, wallet: Wallet) -> None:
        """The first one's end is unknown; asking for a second proves the first, then pays it."""
        ledger = wallet.network.ledger
        ledger.attest = False
        try:
            assert (
                wallet.run("send", wallet.name(BOB), "2", "--yes", "--timeout", "1").exit_code == 7
            )
            second = ["send", wallet.name(BOB), "3", "--yes"]
            assert wallet.run(*second, "--timeout", "1").exit_code == 7
        finally:
            ledger.attest = True
        height = wallet.network.call(lambda: ledger.executor.height)

        def certify() -> None:
            for executed in ledger.executor.uncertified():
                ledger.certify(executed)

        wallet.network.call(certify)
        result = wallet.run(*second)
        assert result.exit_code == 0, result.stderr
        assert "an earlier payment is not proven yet" in result.stderr
        assert "it is final: done" in result.stderr
        assert wallet.network.call(lambda: ledger.executor.height) == height + 1

    def test_an_unknown_end_is_status_7_and_repeating_pays_once(self, wallet: Wallet) -> None:
        """The node takes the payment and shows nobody a certificate; later it does."""
        ledger = wallet.network.ledger
        before = wallet.network.call(lambda: ledger.executor.height)
        ledger.attest = False
        arguments = ["send", wallet.name(BOB), "2", "--yes"]
        try:
            unknown = wallet.run(*arguments, "--timeout", "1")
        finally:
            ledger.attest = True
        assert unknown.exit_code == 7, unknown.stderr
        assert "finality_unknown" in unknown.stderr
        [held] = json.loads((wallet.path / "pending.json").read_text())

        def certify() -> None:
            for executed in ledger.executor.uncertified():
                ledger.certify(executed)

        wallet.network.call(certify)
        again = wallet.json(*arguments)
        assert again["repeated"] is True
        assert again["outcome"] == "done"
        assert wallet.network.call(lambda: ledger.executor.height) == before + 1
        assert held["raw"]
        assert json.loads((wallet.path / "pending.json").read_text()) == []


class TestHistory:
    def test_entries_are_proven_and_none_that_was_sent_is_missing(self, wallet: Wallet) -> None:
        wallet.json("send", wallet.name(BOB), "0.5", "--yes")
        document = wallet.json("history", "--verify", "--limit", "100")
        assert document["verified"] is True
        assert document["sent_complete"] is True
        newest, oldest = document["entries"][0], document["entries"][-1]
        assert (newest["type"], newest["change"]) == ("transfer", "-0.5")
        assert (oldest["type"], oldest["change"]) == ("mint", "100")
        assert all(entry["proof"]["attested"] == 3 for entry in document["entries"])

    def test_a_page_is_cut_at_the_limit(self, wallet: Wallet) -> None:
        wallet.json("send", wallet.name(BOB), "0.5", "--yes")
        document = wallet.json("history", "--limit", "1")
        assert len(document["entries"]) == 1
        assert document["more"] is True
        assert document["sent_complete"] is None
        assert document["entries"][0]["proof"] is None

    def test_a_changed_history_is_caught(self, wallet: Wallet) -> None:
        wallet.json("send", wallet.name(BOB), "0.5", "--yes")

        def forged(path: str, document: Any) -> Any:
            if path.endswith("/transactions"):
                document["items"][0]["raw"] = document["items"][-1]["raw"]
            return document

        liar = wallet.network.liar(forged)
        result = wallet.run("history", "--verify", "--node", liar)
        assert result.exit_code == 9
        assert "contradicts_proof" in result.stderr

    def test_a_payment_that_is_left_out_is_noticed(self, wallet: Wallet) -> None:
        wallet.json("send", wallet.name(BOB), "0.5", "--yes")

        def silent(path: str, document: Any) -> Any:
            if path.endswith("/transactions"):
                document["items"] = document["items"][1:]
            return document

        liar = wallet.network.liar(silent)
        document = wallet.json("history", "--verify", "--limit", "100", "--node", liar)
        assert document["sent_complete"] is False


class TestNetwork:
    def test_it_shows_what_each_node_proves(self, wallet: Wallet) -> None:
        document = wallet.json(
            "network", "--node", wallet.network.urls[0], "--node", "http://[::1]:1"
        )
        honest, silent = document["nodes"]
        assert honest["proof"]["attested"] == 3
        assert document["verified_height"] == honest["height"]
        assert silent["height"] is None
        assert silent["fault"].startswith("unreachable")
        assert document["validators"] == list(CODES)

    def test_a_node_without_a_seat_says_that_it_is_an_observer(self, wallet: Wallet) -> None:
        def observing(path: str, document: Any) -> Any:
            if path.endswith("/status"):
                document |= {"partner": None, "index": None}
            return document

        node = ["--node", wallet.network.liar(observing)]
        assert wallet.json("network", *node)["nodes"][0]["partner"] is None
        assert "observer" in wallet.run("network", *node).stdout

    def test_nodes_are_added_and_removed(self, wallet: Wallet) -> None:
        assert wallet.run("network", "--add", "http://127.0.0.1:1/").exit_code == 0
        assert "http://127.0.0.1:1" in open_home(wallet.path).nodes
        assert wallet.run("network", "--remove", "http://127.0.0.1:1").exit_code == 0
        assert "http://127.0.0.1:1" not in open_home(wallet.path).nodes
        refused = wallet.run("network", "--add", "ftp://x")
        assert refused.exit_code == 2


def test_account_of_is_the_wallets_address(wallet: Wallet) -> None:
    key = account_key(sentence_seed(WORDS), 0)
    assert wallet.home.accounts[0].address == address(account_of(key), wallet.genesis.network)
