"""Buying and selling among people over real HTTP: who holds the price until it is clear whose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import wallet.sending as wallet_sending
from primitives.actions import OrderOpen
from primitives.transaction import Decoded
from tests.fakes.network import OTHER_WORDS, Network
from tests.fakes.wallet import Wallet, the_owner
from tests.unit.wallet.market import (
    NOBODY,
    address_of,
    balance,
    blocks_until,
    bought,
    carried_offer,
    in_an_hour,
    key_of,
    offer,
    pending,
    refused,
    signed_offer,
    typed_wrongly,
    unattested,
)


@pytest.fixture(scope="module")
def network(network: Network) -> Network:
    """With buyers of some means."""
    network.fund(the_owner(), the_owner(OTHER_WORDS), points=50_000)
    return network


@pytest.fixture
def arbiter(newcomer: Wallet) -> Wallet:
    """Somebody whom both trust, with an account of its own."""
    newcomer.network.fund(the_owner_of(newcomer))
    return newcomer


def the_owner_of(wallet: Wallet) -> Any:
    from shell.keyfile import unseal

    sentence = unseal(
        (wallet.path / "keystore.json").read_bytes(),
        wallet.path.with_suffix(".pass").read_bytes().strip(),
        "wallet",
    )
    return the_owner(sentence.decode())


def shown(wallet: Wallet, order: str) -> Any:
    return wallet.json("order", "show", order)


class TestOffer:
    def test_it_says_what_was_signed_and_asks_no_node(
        self, wallet: Wallet, other: Wallet, newcomer: Wallet
    ) -> None:
        wallet.home.use_nodes(["http://127.0.0.1:1"])
        more = ["--promoter", address_of(other), "--share", "0.5", "--expires", in_an_hour()]
        document = offer(wallet, newcomer, *more)
        signed = carried_offer(wallet, document["uri"]).offer
        assert document["offer"] == {
            "seller": address_of(wallet),
            "price": "4",
            "promoter": address_of(other),
            "share": "0.5",
            "arbiter": address_of(newcomer),
            "ship_within_ms": 7 * 24 * 3_600_000,
            "expires": more[-1],
            "goods": signed.goods.hex(),
        }

    def test_goods_are_chance_unless_told(self, wallet: Wallet, other: Wallet) -> None:
        first, second = (offer(wallet, other)["offer"]["goods"] for _ in range(2))
        assert first != second
        assert offer(wallet, other, "--goods", NOBODY)["offer"]["goods"] == NOBODY

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"--price": "0"}, "amount_zero"),
            ({"--price": "1e3"}, "amount_malformed"),
            ({"--price": "9223372036854.775808"}, "amount_overflow"),
            ({"--ship-within": "a week"}, "duration_malformed"),
            ({"--ship-within": "0d"}, "duration_malformed"),
            ({"--ship-within": "91d"}, "duration_malformed"),
            ({"--expires": "2020-01-01T00:00:00Z"}, "offer_expired"),
            ({"--expires": "soon"}, "time_malformed"),
            ({"--arbiter": "SELLER"}, "arbiter_invalid"),
            ({"--promoter": "OTHER", "--share": "1"}, "arbiter_invalid"),
            ({"--arbiter": "tlqb1x"}, "address_malformed"),
            ({"--share": "1"}, "promoter_invalid"),
            ({"--promoter": "SELLER"}, "promoter_invalid"),
            ({"--promoter": "SELLER", "--share": "4.000001"}, "promoter_invalid"),
            ({"--goods": "a red bicycle"}, "id_malformed"),
        ],
    )
    def test_what_nobody_could_buy_is_not_signed(
        self, wallet: Wallet, other: Wallet, change: dict[str, str], code: str
    ) -> None:
        """[LEDGER-44]"""
        asked = {"--price": "4", "--arbiter": "OTHER", "--ship-within": "7d"} | change
        names = {"OTHER": address_of(other), "SELLER": address_of(wallet)}
        words = [names.get(word, word) for pair in asked.items() for word in pair]
        assert typed_wrongly(wallet, "order", "offer", *words) == code


class TestOrder:
    """[LEDGER-44, LEDGER-45, LEDGER-46, URI-8]"""

    def test_the_price_is_locked_and_paid_when_the_buyer_is_content(
        self, wallet: Wallet, other: Wallet, newcomer: Wallet
    ) -> None:
        buyer, seller = balance(other), balance(wallet)
        made = other.json("order", "buy", offer(wallet, newcomer)["uri"], "--yes")
        assert (made["type"], made["amount"], made["outcome"]) == ("order_open", "4", "done")
        assert made["about"] == made["transaction"]
        assert made["proof"]["attested"] == 3
        assert buyer - balance(other) == pytest.approx(4)
        order = made["about"]
        document = shown(other, order)
        assert (document["order"]["status"], document["order"]["locked"]) == ("open", "4")
        assert (document["role"], document["by_itself"]) == ("buyer", "refund")
        wallet.json("order", "ship", order, "--tracking", "ab" * 32, "--yes")
        document = shown(wallet, order)
        assert (document["order"]["status"], document["role"]) == ("shipped", "seller")
        assert document["order"]["tracking"] == "ab" * 32
        assert document["by_itself"] == "payment"
        released = other.json("order", "release", order, "--yes")
        assert (released["type"], released["about"]) == ("order_release", order)
        assert balance(wallet) - seller == pytest.approx(4)
        document = shown(newcomer, order)
        assert (document["order"]["status"], document["order"]["to_seller"]) == ("done", "4")
        assert document["order"]["deadline"] is None
        assert (document["role"], document["by_itself"]) == ("arbiter", None)

    def test_it_asks_with_everything_that_matters(
        self, wallet: Wallet, other: Wallet, newcomer: Wallet
    ) -> None:
        result = other.run("order", "buy", offer(wallet, newcomer, "--goods", NOBODY)["uri"])
        assert result.exit_code == 2
        assert f"Lock 4 LiqBon for what {address_of(wallet)} offers?" in result.stderr
        assert "It has 7 days to ship; else they return to you" in result.stderr
        assert "to dispute; then it is paid by itself." in result.stderr, "silence pays"
        assert f"{address_of(newcomer)} judges a dispute" in result.stderr
        assert f"The goods go by {NOBODY}" in result.stderr
        assert pending(other) == []

    def test_a_promoter_gets_its_share(
        self, wallet: Wallet, other: Wallet, arbiter: Wallet, till: Any
    ) -> None:
        promoter = wallet.json("address", "--account", "3")["address"]
        wallet.json("send", promoter, "1", "--yes")
        order = bought(other, wallet, arbiter, "--promoter", promoter, "--share", "1.5")
        other.json("order", "release", order, "--yes")
        done = shown(other, order)["order"]
        assert (done["to_buyer"], done["to_seller"], done["to_promoter"]) == ("0", "2.5", "1.5")
        accounts = wallet.json("balance")["accounts"]
        assert [a["balance"] for a in accounts if a["address"] == promoter] == ["2.5"]

    def test_the_seller_gives_everything_back(
        self, wallet: Wallet, other: Wallet, newcomer: Wallet
    ) -> None:
        before = balance(other)
        order = bought(other, wallet, newcomer)
        wallet.json("order", "refund", order, "--yes")
        assert balance(other) == pytest.approx(before)
        assert shown(other, order)["order"]["to_buyer"] == "4"

    def test_a_dispute_is_judged_by_the_arbiter(
        self, wallet: Wallet, other: Wallet, arbiter: Wallet
    ) -> None:
        """[LEDGER-47]"""
        buyer, seller = balance(other), balance(wallet)
        order = bought(other, wallet, arbiter)
        assert refused(other, 5, "order", "dispute", order) == "order_status_wrong"
        wallet.json("order", "ship", order, "--yes")
        other.json("order", "dispute", order, "--yes")
        document = shown(arbiter, order)
        assert (document["order"]["status"], document["by_itself"]) == ("disputed", "refund")
        asked = ["order", "resolve", order, "--to-buyer"]
        assert refused(arbiter, 5, *asked, "4.000001") == "amount_overflow"
        assert refused(wallet, 5, *asked, "0") == "not_arbiter"
        arbiter.json(*asked, "1", "--yes")
        assert buyer - balance(other) == pytest.approx(3)
        assert balance(wallet) - seller == pytest.approx(3)
        assert refused(arbiter, 5, *asked, "0") == "order_status_wrong"

    def test_what_is_not_shipped_in_time_returns_by_itself(
        self, wallet: Wallet, other: Wallet, newcomer: Wallet
    ) -> None:
        before = balance(other)
        paper = carried_offer(wallet, offer(wallet, newcomer)["uri"]).offer
        uri = signed_offer(wallet, replace(paper, ship_within=1_500), key_of())
        order = other.json("order", "buy", uri, "--yes")["about"]
        blocks_until(wallet, lambda: shown(other, order)["order"]["status"] == "done")
        assert balance(other) == pytest.approx(before)
        assert refused(wallet, 5, "order", "ship", order) == "order_status_wrong"

    def test_text_says_who_must_do_what_until_when(
        self, wallet: Wallet, other: Wallet, newcomer: Wallet
    ) -> None:
        order = bought(other, wallet, newcomer)
        deadline = shown(other, order)["order"]["deadline"]
        text = other.run("order", "show", order).stdout
        assert f"The seller ships until {deadline}; otherwise everything returns" in text
        assert "its buyer" in text
        question = wallet.run("order", "ship", order).stderr
        assert "The buyer may dispute for 14 days" in question
        wallet.json("order", "ship", order, "--yes")
        assert "otherwise the seller is paid by itself" in other.run("order", "show", order).stdout
        other.json("order", "dispute", order, "--yes")
        assert "The arbiter judges until" in other.run("order", "show", order).stdout
        wallet.json("order", "refund", order, "--yes")
        text = other.run("order", "show", order).stdout
        assert "to buyer" in text
        assert "It is done, for ever." in text


class TestOnce:
    """However often, and whenever it is killed."""

    def test_running_it_again_buys_nothing_and_shows_the_order_that_there_is(
        self, wallet: Wallet, other: Wallet, newcomer: Wallet
    ) -> None:
        before = balance(other)
        uri = offer(wallet, newcomer)["uri"]
        first = other.json("order", "buy", uri, "--yes")
        again = other.json("order", "buy", uri, "--yes")
        assert (first["repeated"], again["repeated"]) == (False, True)
        assert again["about"] == first["about"]
        assert before - balance(other) == pytest.approx(4)
        further = other.json("order", "buy", uri, "--another", "--yes")
        assert further["repeated"] is False
        assert further["about"] != first["about"]
        assert before - balance(other) == pytest.approx(8)

    def test_an_unknown_end_is_status_7_and_repeating_buys_once(
        self, wallet: Wallet, other: Wallet, newcomer: Wallet, network: Network
    ) -> None:
        before = balance(other)
        uri = offer(wallet, newcomer)["uri"]
        with unattested(network):
            unknown = other.run("order", "buy", uri, "--yes", "--timeout", "1")
        assert unknown.exit_code == 7, unknown.stderr
        again = other.json("order", "buy", uri, "--yes")
        assert (again["repeated"], again["outcome"]) == (True, "done")
        assert before - balance(other) == pytest.approx(4)

    @pytest.mark.parametrize("place", ["signed", "sent"])
    def test_killed_at_any_point_it_buys_once(
        self,
        wallet: Wallet,
        other: Wallet,
        newcomer: Wallet,
        monkeypatch: pytest.MonkeyPatch,
        place: str,
    ) -> None:
        """After it was remembered and before it was written; after it was written, unsent."""
        before = balance(other)
        uri = offer(wallet, newcomer)["uri"]

        async def unsent(*_: object) -> None:
            raise SystemExit(137)

        def unwritten(*_: object) -> None:
            raise SystemExit(137)

        with monkeypatch.context() as patched:
            if place == "signed":
                patched.setattr(wallet_sending.Pending, "add", unwritten)
            else:
                patched.setattr(wallet_sending, "make_final", unsent)
            assert other.run("order", "buy", uri, "--yes").exit_code == 137
        assert balance(other) == before
        again = other.json("order", "buy", uri, "--yes")
        assert again["repeated"] is (place == "sent")
        assert before - balance(other) == pytest.approx(4)
        assert other.json("order", "buy", uri, "--yes")["repeated"] is True
        assert before - balance(other) == pytest.approx(4)

    def test_killed_before_it_told_the_end_it_buys_nothing_more(
        self, wallet: Wallet, other: Wallet, newcomer: Wallet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = balance(other)
        uri = offer(wallet, newcomer)["uri"]

        def killed(*_: object) -> None:
            raise SystemExit(137)

        with monkeypatch.context() as patched:
            patched.setattr("wallet.acts._tell", killed)
            assert other.run("order", "buy", uri, "--yes").exit_code == 137
        assert pending(other) == []
        assert other.json("order", "buy", uri, "--yes")["repeated"] is True
        assert before - balance(other) == pytest.approx(4)

    def test_it_is_signed_to_die_with_its_offer(
        self, wallet: Wallet, other: Wallet, newcomer: Wallet, network: Network
    ) -> None:
        """So that its end can be proven: later the ledger could only refuse it ([TX-8])."""
        uri = offer(wallet, newcomer, "--expires", in_an_hour())["uri"]
        paper = carried_offer(wallet, uri).offer
        soon = signed_offer(wallet, replace(paper, expires=paper.expires - 3_000_000), key_of())
        with unattested(network):
            other.run("order", "buy", soon, "--yes", "--timeout", "1")
        [held] = pending(other)
        from client.fields import from_base64

        signed: Decoded = network.call(network.ledger.decode, from_base64(held["raw"]))
        assert isinstance(signed.transaction.action, OrderOpen)
        assert signed.transaction.valid_until == paper.expires - 3_000_000


def test_a_damaged_list_of_orders_stops_buying_before_it_signs(
    wallet: Wallet, other: Wallet, newcomer: Wallet, tmp_path: Path
) -> None:
    file = other.path / "orders.json"
    file.write_bytes(b"\xff")
    result = other.run("order", "buy", offer(wallet, newcomer)["uri"], "--yes", "--output", "json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] == "records_malformed"
    assert pending(other) == []
