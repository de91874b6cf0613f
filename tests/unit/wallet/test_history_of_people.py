"""History of campaigns, orders and likes over real HTTP: proven, and what fell due by itself."""

from __future__ import annotations

import json
from typing import Any
from urllib.request import urlopen

import pytest
from msgspec.structs import replace

from client.fields import format_time
from tests.fakes.network import OTHER_WORDS, Network, clock_ms
from tests.fakes.wallet import Wallet, the_owner
from tests.unit.wallet.market import (
    address_of,
    balance,
    blocks_until,
    bought,
    campaign,
    carried_offer,
    key_of,
    offer,
    signed_offer,
    voucher,
)


@pytest.fixture(scope="module")
def network(network: Network) -> Network:
    network.fund(the_owner(), the_owner(OTHER_WORDS), points=50_000)
    return network


def history(wallet: Wallet, *more: str) -> Any:
    return wallet.json("history", "--verify", "--limit", "500", *more)


def changes(document: Any) -> float:
    return sum(float(entry["change"]) for entry in document["entries"] + document["due"])


def test_every_change_of_a_balance_is_proven_and_they_add_up(
    wallet: Wallet, other: Wallet, newcomer: Wallet
) -> None:
    """[LEDGER-40] to [LEDGER-49]."""
    given = campaign(wallet, "--bonus", "0.5")
    uri = voucher(wallet, given, newcomer, "--referrer", address_of(other))["uri"]
    newcomer.json("claim", uri, "--yes")
    wallet.json("campaign", "close", given, "--yes")
    made = wallet.json("content", "register", "ab" * 32, "--yes")
    other.json("like", made["uri"], "0.25", "--yes")
    order = bought(other, wallet, newcomer)
    wallet.json("order", "ship", order, "--yes")
    other.json("order", "dispute", order, "--yes")
    newcomer.json("order", "resolve", order, "--to-buyer", "1", "--yes")

    for who in (wallet, other, newcomer):
        document = history(who)
        assert changes(document) == pytest.approx(balance(who))
        assert document["sent_complete"] is True
        assert all(entry["proof"]["attested"] == 3 for entry in document["entries"])

    mine = {(e["type"], e["change"], e["about"]) for e in history(wallet)["entries"]}
    assert {
        ("campaign_create", "-10", given),
        ("campaign_close", "7.5", given),
        ("content_register", "0", made["about"]),
        ("content_like", "0.25", made["about"]),
        ("order_open", "0", order),
        ("order_ship", "0", order),
        ("order_resolve", "3", order),
    } <= mine
    newest = {e["type"]: e for e in reversed(history(other)["entries"])}
    assert newest["order_resolve"]["change"] == "1"
    assert sorted(newest["order_resolve"]["to"]) == sorted([address_of(wallet), address_of(other)])
    assert newest["content_like"]["to"] == [address_of(wallet)]
    assert newest["order_open"]["to"] == [address_of(wallet)]
    assert newest["campaign_claim"]["change"] == "0.5"
    assert newest["campaign_claim"]["to"] == [address_of(newcomer), address_of(other)]


def test_without_verify_it_is_the_nodes_word(
    wallet: Wallet, other: Wallet, newcomer: Wallet
) -> None:
    order = bought(other, wallet, newcomer)
    other.json("order", "release", order, "--yes")
    [newest, opened] = other.json("history", "--limit", "2")["entries"]
    assert (newest["type"], newest["change"], newest["proof"]) == ("order_release", "0", None)
    assert (opened["type"], opened["change"]) == ("order_open", "-4")
    [paid] = wallet.json("history", "--limit", "1")["entries"]
    assert (paid["type"], paid["change"], paid["about"]) == ("order_release", "4", order)


class TestByItself:
    """[LEDGER-42, LEDGER-45]"""

    @pytest.fixture
    def over(self, wallet: Wallet, other: Wallet, newcomer: Wallet) -> tuple[str, str]:
        """A campaign of the wallet and an order of the other, both over by their time alone."""
        ends = format_time(clock_ms() + 2_000)
        asked = ["campaign", "create", "--budget", "3", "--reward", "1", "--ends", ends, "--yes"]
        given = wallet.json(*asked)["about"]
        paper = carried_offer(wallet, offer(wallet, newcomer)["uri"]).offer
        uri = signed_offer(wallet, replace(paper, ship_within=1_000), key_of())
        order = other.json("order", "buy", uri, "--yes")["about"]
        blocks_until(wallet, lambda: bool(history(wallet)["due"]) and bool(history(other)["due"]))
        return given, order

    def test_it_is_listed_with_its_proof(
        self, wallet: Wallet, other: Wallet, over: tuple[str, str]
    ) -> None:
        given, order = over
        [ended] = [e for e in history(wallet)["due"] if e["event"].get("campaign") == given]
        assert ended["event"] == {"type": "campaign_closed", "campaign": given, "returned": "3"}
        assert (ended["change"], ended["proof"]["attested"]) == ("3", 3)
        [back] = [e for e in history(other)["due"] if e["event"].get("order") == order]
        assert (back["event"]["type"], back["change"]) == ("order_ended", "4")
        assert back["event"]["to_buyer"] == "4"
        for who in (wallet, other):
            assert changes(history(who)) == pytest.approx(balance(who))
        unproven = other.json("history")["due"][0]
        assert (unproven["change"], unproven["proof"]) == ("4", None)
        assert "by itself" in other.run("history").stdout

    def test_a_node_cannot_make_it_more_or_tell_it_twice(
        self, other: Wallet, over: tuple[str, str]
    ) -> None:
        del over

        def richer(path: str, document: Any) -> Any:
            if path.endswith("/due"):
                document["items"][0]["change"] = "4000"
            return document

        def twice(path: str, document: Any) -> Any:
            if path.endswith("/due"):
                document["items"].append(document["items"][-1])
            return document

        newest = history(other, "--node", other.network.liar(richer))["due"][0]
        assert newest["change"] == "4", "what is proven counts"
        result = other.run("history", "--verify", "--node", other.network.liar(twice))
        assert result.exit_code == 9
        assert "repeats" in result.stderr

    def test_what_somebody_sent_is_not_told_as_if_it_came_by_itself(
        self, wallet: Wallet, over: tuple[str, str]
    ) -> None:
        """The receipt of a close has the same event: it would count twice."""
        del over
        wallet.json("campaign", "close", campaign(wallet), "--yes")
        url = f"{wallet.network.urls[0]}/v1/accounts/{address_of(wallet)}/transactions?proof=1"
        with urlopen(url) as answer:
            closed = json.load(answer)["items"][0]

        def lie(path: str, document: Any) -> Any:
            if path.endswith("/due"):
                forged = dict(document["items"][0])
                forged |= {"origin": closed["id"], "proof": closed["proof"], "change": "10"}
                document["items"].insert(0, forged)
            return document

        result = wallet.run("history", "--verify", "--node", wallet.network.liar(lie))
        assert result.exit_code == 9
        assert "repeats" in result.stderr
