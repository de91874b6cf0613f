"""Likes over real HTTP: an author registers a work, and gets what others give for it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from secrets import token_bytes
from typing import Any

import pytest

from client.uri import ContentRequest, content_uri
from primitives.commerce import content_id
from tests.fakes.network import Network
from tests.fakes.wallet import Wallet
from tests.unit.wallet.market import (
    NOBODY,
    address_of,
    balance,
    pending,
    refused,
    typed_wrongly,
    unattested,
)


def registered(author: Wallet) -> Any:
    return author.json("content", "register", token_bytes(32).hex(), "--yes")


class TestContent:
    """[LEDGER-48]"""

    def test_a_file_is_registered_by_its_hash_as_it_is(
        self, wallet: Wallet, other: Wallet, tmp_path: Path
    ) -> None:
        """Not salted: whoever has the file finds its author."""
        work = tmp_path / "article.txt"
        work.write_bytes(token_bytes(100_000))
        digest = hashlib.sha256(work.read_bytes()).digest()
        made = wallet.json("content", "register", str(work), "--yes")
        assert (made["type"], made["outcome"], made["amount"]) == ("content_register", "done", None)
        assert made["about"] == content_id(wallet.home.account_id(0), digest).hex()
        assert other.json("content", "show", made["uri"])["content"] == {
            "content": made["about"],
            "author": address_of(wallet),
            "hash": digest.hex(),
            "likes": 0,
            "amount": "0",
        }
        assert refused(wallet, 5, "content", "register", digest.hex()) == "content_exists"

    def test_two_authors_may_have_the_same_hash(self, wallet: Wallet, other: Wallet) -> None:
        digest = token_bytes(32).hex()
        mine = wallet.json("content", "register", digest, "--yes")
        theirs = other.json("content", "register", digest, "--yes")
        assert mine["about"] != theirs["about"]

    def test_it_asks_first_and_prints_what_others_scan(self, wallet: Wallet) -> None:
        digest = token_bytes(32).hex()
        result = wallet.run("content", "register", digest)
        assert result.exit_code == 2
        assert f"Register {digest} as the work of {address_of(wallet)}" in result.stderr
        result = wallet.run("content", "register", digest, "--yes", "--qr")
        assert "liqbon:content/" in result.stdout
        assert "\N{FULL BLOCK}" in result.stdout

    def test_a_wallet_that_nobody_paid_yet_cannot(self, newcomer: Wallet) -> None:
        code = refused(newcomer, 5, "content", "register", token_bytes(32).hex())
        assert code == "account_unknown"

    def test_files_that_are_none(self, wallet: Wallet, tmp_path: Path) -> None:
        for work in (str(tmp_path), str(tmp_path / "missing"), "nul\0byte", NOBODY[:-1]):
            assert typed_wrongly(wallet, "content", "register", work, "--yes") == "file_error"

    def test_one_that_is_not_there_is_status_3(self, wallet: Wallet) -> None:
        answer = wallet.json("content", "show", NOBODY, status=3)
        assert answer["error"]["code"] == "content_unknown"


class TestLike:
    """[LEDGER-49]"""

    def test_the_author_gets_it_and_it_is_counted(self, wallet: Wallet, other: Wallet) -> None:
        made = registered(wallet)
        before = balance(wallet), balance(other)
        liked = other.json("like", made["uri"], "0.5", "--yes")
        assert (liked["type"], liked["amount"], liked["about"]) == (
            "content_like",
            "0.5",
            made["about"],
        )
        assert liked["proof"]["attested"] == 3
        other.json("like", made["about"], "0.25", "--yes")
        assert balance(wallet) - before[0] == pytest.approx(0.75)
        assert before[1] - balance(other) == pytest.approx(0.75)
        shown = wallet.json("content", "show", made["about"])
        assert (shown["content"]["likes"], shown["content"]["amount"]) == (2, "0.75")
        assert (shown["uri"], shown["fresh"]) == (made["uri"], True)
        assert "2 times, 0.75 LiqBon" in wallet.run("content", "show", made["uri"]).stdout

    def test_it_asks_with_the_proven_author_and_counts(self, wallet: Wallet, other: Wallet) -> None:
        made = registered(wallet)
        result = other.run("like", made["uri"], "0.5")
        assert result.exit_code == 2
        assert f"Give 0.5 LiqBon to its author {address_of(wallet)}?" in result.stderr
        assert "So far 0 likes, 0 LiqBon" in result.stderr

    def test_an_unknown_end_is_status_7_and_repeating_gives_once(
        self, wallet: Wallet, other: Wallet, network: Network
    ) -> None:
        made, before = registered(wallet), balance(other)
        with unattested(network):
            assert other.run("like", made["uri"], "1", "--yes", "--timeout", "1").exit_code == 7
        assert other.json("like", made["uri"], "1", "--yes")["repeated"] is True
        assert before - balance(other) == pytest.approx(1)
        assert pending(other) == []

    def test_refusals(self, wallet: Wallet, other: Wallet) -> None:
        made = registered(wallet)
        assert refused(wallet, 5, "like", made["uri"], "1") == "own_content"
        assert refused(other, 5, "like", NOBODY, "1") == "content_unknown"
        assert refused(other, 4, "like", made["uri"], "1000000") == "balance_too_low"

    @pytest.mark.parametrize(
        ("amount", "code"),
        [
            ("0", "amount_zero"),
            ("1.50", "amount_malformed"),
            ("9223372036854.775808", "amount_overflow"),
        ],
    )
    def test_amounts_that_are_none(self, wallet: Wallet, amount: str, code: str) -> None:
        assert typed_wrongly(wallet, "like", NOBODY, amount) == code

    def test_what_is_no_content(self, wallet: Wallet) -> None:
        chain = wallet.home.chain
        uri = content_uri(ContentRequest(chain, bytes(32)))
        for text, code in (
            (content_uri(ContentRequest(bytes(32), bytes(32))), "wrong_chain"),
            (uri + "=", "content_malformed"),
            (uri + "A" * 5_000, "oversized"),
            ("", "content_malformed"),
            ("liqbon:" + address_of(wallet), "content_expected"),
        ):
            assert typed_wrongly(wallet, "like", text, "1") == code, text
        for text in (uri[:-8], NOBODY[:-1]):
            assert typed_wrongly(wallet, "like", text, "1") in {"malformed", "content_malformed"}
