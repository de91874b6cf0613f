"""What no buyer takes, and no stranger moves: offers and orders over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from client.uri import offer_uri
from primitives.amount import MAX_SUPPLY
from primitives.commerce import Offer
from tests.fakes.network import OTHER_WORDS, Network
from tests.fakes.wallet import Wallet, the_owner
from tests.unit.wallet.market import (
    NOBODY,
    address_of,
    an_hour_ago,
    bought,
    carried_offer,
    key_of,
    offer,
    refused,
    signed_offer,
    typed_wrongly,
)


@pytest.fixture(scope="module")
def network(network: Network) -> Network:
    """With buyers of some means."""
    network.fund(the_owner(), the_owner(OTHER_WORDS), points=50_000)
    return network


class TestRefused:
    """Each with its code and status, and nothing signed."""

    @pytest.fixture
    def paper(self, wallet: Wallet, newcomer: Wallet) -> Offer:
        return carried_offer(wallet, offer(wallet, newcomer)["uri"]).offer

    def test_a_stranger_is_no_seller(self, wallet: Wallet, other: Wallet, paper: Offer) -> None:
        forged = signed_offer(wallet, paper, key_of(OTHER_WORDS))
        assert refused(other, 5, "order", "buy", forged) == "not_seller"

    def test_a_changed_price_breaks_the_signature(
        self, wallet: Wallet, other: Wallet, newcomer: Wallet
    ) -> None:
        request = carried_offer(wallet, offer(wallet, newcomer)["uri"])
        forged = offer_uri(replace(request, offer=replace(request.offer, price=1)))
        assert refused(other, 2, "order", "buy", forged) == "signature_invalid"

    def test_an_expired_one(self, wallet: Wallet, other: Wallet, paper: Offer) -> None:
        late = signed_offer(wallet, replace(paper, expires=an_hour_ago()), key_of())
        assert refused(other, 5, "order", "buy", late) == "offer_expired"

    def test_one_that_its_seller_or_arbiter_would_buy(
        self, wallet: Wallet, newcomer: Wallet
    ) -> None:
        uri = offer(wallet, newcomer)["uri"]
        assert refused(wallet, 5, "order", "buy", uri) == "arbiter_invalid"
        assert refused(newcomer, 5, "order", "buy", uri) == "arbiter_invalid"

    def test_papers_that_no_honest_seller_signs(
        self, wallet: Wallet, other: Wallet, paper: Offer
    ) -> None:
        for wrong, code in (
            (replace(paper, arbiter=paper.seller), "arbiter_invalid"),
            (replace(paper, promoter=paper.arbiter, share=1), "arbiter_invalid"),
            (replace(paper, share=1), "promoter_invalid"),
            (replace(paper, promoter=paper.seller, share=paper.price + 1), "promoter_invalid"),
        ):
            uri = signed_offer(wallet, wrong, key_of())
            assert refused(other, 5, "order", "buy", uri) == code

    def test_a_seller_or_promoter_without_an_account(
        self, wallet: Wallet, other: Wallet, newcomer: Wallet
    ) -> None:
        uri = offer(newcomer, wallet)["uri"]
        assert refused(other, 5, "order", "buy", uri) == "account_unknown"
        promoted = ["--promoter", address_of(newcomer), "--share", "1"]
        third = wallet.json("address", "--account", "7")["address"]
        asked = ["--price", "4", "--arbiter", third, "--ship-within", "7d", *promoted]
        uri = wallet.json("order", "offer", *asked)["uri"]
        assert refused(other, 5, "order", "buy", uri) == "account_unknown"

    @pytest.mark.parametrize("price", [1_000_000_000_000, MAX_SUPPLY])
    def test_more_than_the_balance_is_status_4(
        self, wallet: Wallet, other: Wallet, paper: Offer, price: int
    ) -> None:
        dear = signed_offer(wallet, replace(paper, price=price), key_of())
        assert refused(other, 4, "order", "buy", dear) == "balance_too_low"

    @pytest.mark.parametrize("price", [0, MAX_SUPPLY + 1])
    def test_amounts_that_are_none(
        self, wallet: Wallet, other: Wallet, paper: Offer, price: int
    ) -> None:
        uri = signed_offer(wallet, replace(paper, price=price), key_of())
        assert refused(other, 2, "order", "buy", uri) == "malformed"

    def test_one_of_another_chain(self, wallet: Wallet, other: Wallet, paper: Offer) -> None:
        uri = signed_offer(wallet, paper, key_of(), chain=bytes(32))
        assert refused(other, 2, "order", "buy", uri) == "wrong_chain"

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            (lambda uri: uri[:-30], "malformed"),
            (lambda uri: uri + "=", "offer_malformed"),
            (lambda uri: uri + "A" * 5_000, "oversized"),
            (lambda uri: uri.replace("offer/", "voucher/"), "malformed"),
            (lambda _: "", "offer_malformed"),
        ],
    )
    def test_what_is_no_offer(
        self, wallet: Wallet, other: Wallet, newcomer: Wallet, change: Any, code: str
    ) -> None:
        uri = change(offer(wallet, newcomer)["uri"])
        allowed = {code, "offer_malformed"} if code == "malformed" else {code}
        found = refused(other, 2, "order", "buy", uri)
        assert found in (allowed | {"voucher_malformed", "voucher_expected"}), found
        if "voucher/" not in uri:
            assert found in allowed

    def test_strangers_move_no_order(self, wallet: Wallet, other: Wallet, newcomer: Wallet) -> None:
        order = bought(other, wallet, newcomer)
        assert refused(other, 5, "order", "ship", order) == "not_seller"
        assert refused(other, 5, "order", "refund", order) == "not_seller"
        assert refused(wallet, 5, "order", "release", order) == "not_buyer"
        assert refused(wallet, 5, "order", "dispute", order) == "not_buyer"
        assert refused(other, 5, "order", "resolve", order, "--to-buyer", "0") == "not_arbiter"

    def test_what_is_done_is_done(self, wallet: Wallet, other: Wallet, newcomer: Wallet) -> None:
        order = bought(other, wallet, newcomer)
        other.json("order", "release", order, "--yes")
        assert refused(other, 5, "order", "release", order) == "order_status_wrong"
        assert refused(wallet, 5, "order", "refund", order) == "order_status_wrong"
        assert refused(wallet, 5, "order", "ship", order) == "order_status_wrong"

    @pytest.mark.parametrize("step", ["ship", "release", "refund", "dispute"])
    def test_orders_that_are_none(self, wallet: Wallet, step: str) -> None:
        assert refused(wallet, 5, "order", step, NOBODY) == "order_unknown"
        assert typed_wrongly(wallet, "order", step, NOBODY[:-1]) == "id_malformed"

    def test_one_that_is_not_there_is_status_3(self, wallet: Wallet) -> None:
        answer = wallet.json("order", "show", NOBODY, status=3)
        assert answer["error"]["code"] == "order_unknown"

    def test_a_tracking_is_opaque(self, wallet: Wallet) -> None:
        code = typed_wrongly(wallet, "order", "ship", NOBODY, "--tracking", "RR123456785CY")
        assert code == "id_malformed"
