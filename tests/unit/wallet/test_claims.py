"""Claims over real HTTP: once, however it is killed, and none that the ledger would refuse."""

from __future__ import annotations

from secrets import token_bytes
from threading import Thread
from typing import Any

import pytest
from msgspec.structs import replace

import wallet.sending as wallet_sending
from client.fields import from_base64
from client.uri import voucher_uri
from primitives.commerce import Voucher
from tests.fakes.network import OTHER_WORDS, Network
from tests.fakes.wallet import Wallet, the_owner
from tests.unit.wallet.market import (
    NOBODY,
    address_of,
    an_hour_ago,
    balance,
    campaign,
    carried_voucher,
    in_an_hour,
    key_of,
    pending,
    refused,
    signed_voucher,
    unattested,
    voucher,
)


@pytest.fixture(scope="module")
def network(network: Network) -> Network:
    """With sponsors of some means."""
    network.fund(the_owner(), the_owner(OTHER_WORDS), points=100_000)
    return network


class TestOnce:
    """However often, and whenever it is killed."""

    def test_running_it_again_claims_nothing_and_proves_the_first(
        self, wallet: Wallet, newcomer: Wallet
    ) -> None:
        uri = voucher(wallet, campaign(wallet, "--per-claimant", "5"), newcomer)["uri"]
        first = newcomer.json("claim", uri, "--yes")
        again = newcomer.json("claim", uri, "--yes")
        assert (first["repeated"], again["repeated"]) == (False, True)
        assert again["transaction"] == first["transaction"]
        assert again["amount"] == "2"
        assert balance(newcomer) == 2
        assert "nothing was done twice" in newcomer.run("claim", uri).stdout

    def test_an_unknown_end_is_status_7_and_repeating_claims_once(
        self, wallet: Wallet, newcomer: Wallet, network: Network
    ) -> None:
        uri = voucher(wallet, campaign(wallet, "--per-claimant", "5"), newcomer)["uri"]
        with unattested(network):
            unknown = newcomer.run("claim", uri, "--yes", "--timeout", "1")
        assert unknown.exit_code == 7, unknown.stderr
        assert len(pending(newcomer)) == 1
        again = newcomer.json("claim", uri, "--yes")
        assert (again["repeated"], again["outcome"]) == (True, "done")
        assert balance(newcomer) == 2

    def test_killed_between_signing_and_sending_it_sends_what_was_signed(
        self, wallet: Wallet, newcomer: Wallet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        uri = voucher(wallet, campaign(wallet), newcomer)["uri"]

        async def killed(*_: object) -> None:
            raise SystemExit(137)

        with monkeypatch.context() as patched:
            patched.setattr(wallet_sending, "make_final", killed)
            assert newcomer.run("claim", uri, "--yes").exit_code == 137
        [held] = pending(newcomer)
        signed = newcomer.network.call(newcomer.network.ledger.decode, from_base64(held["raw"]))
        assert (signed.transaction.channel, signed.transaction.sequence) == (0, 0)
        again = newcomer.json("claim", uri, "--yes")
        assert (again["repeated"], again["transaction"]) == (True, signed.id.hex())
        assert balance(newcomer) == 2

    def test_create_run_again_after_status_7_locks_one_budget(
        self, wallet: Wallet, network: Network
    ) -> None:
        before = balance(wallet)
        asked = ["campaign", "create", "--budget", "3", "--reward", "1", "--ends", in_an_hour()]
        with unattested(network):
            assert wallet.run(*asked, "--yes", "--timeout", "1").exit_code == 7
        assert wallet.json(*asked, "--yes")["repeated"] is True
        assert before - balance(wallet) == pytest.approx(3)


class TestRefused:
    """Each with its code and status, and nothing signed ([URI-8])."""

    def test_one_for_another(self, wallet: Wallet, other: Wallet, newcomer: Wallet) -> None:
        uri = voucher(wallet, campaign(wallet), newcomer)["uri"]
        assert refused(other, 5, "claim", uri) == "voucher_for_another"

    def test_one_for_another_account_of_the_same_wallet_says_which(
        self, wallet: Wallet, other: Wallet
    ) -> None:
        second = other.json("address", "--account", "1")["address"]
        id_ = campaign(wallet)
        uri = wallet.json("campaign", "voucher", id_, "--claimant", second)["uri"]
        result = other.run("claim", uri, "--yes")
        assert result.exit_code == 5
        assert "--account 1" in result.stderr
        assert other.json("claim", uri, "--account", "1", "--yes")["amount"] == "2"

    def test_a_campaign_that_does_not_exist(self, wallet: Wallet, newcomer: Wallet) -> None:
        uri = voucher(wallet, NOBODY, newcomer)["uri"]
        assert refused(newcomer, 5, "claim", uri) == "campaign_unknown"

    def test_a_stranger_is_no_signer(self, wallet: Wallet, newcomer: Wallet) -> None:
        paper = carried_voucher(wallet, voucher(wallet, campaign(wallet), newcomer)["uri"]).voucher
        forged = signed_voucher(wallet, paper, key_of(OTHER_WORDS))
        assert refused(newcomer, 5, "claim", forged) == "not_signer"

    def test_a_changed_voucher_breaks_the_signature(
        self, wallet: Wallet, newcomer: Wallet, other: Wallet
    ) -> None:
        request = carried_voucher(wallet, voucher(wallet, campaign(wallet), newcomer)["uri"])
        stolen = replace(request.voucher, claimant=other.home.account_id(0))
        forged = voucher_uri(replace(request, voucher=stolen))
        assert refused(other, 2, "claim", forged) == "signature_invalid"

    def test_an_expired_one(self, wallet: Wallet, newcomer: Wallet) -> None:
        paper = Voucher(
            bytes.fromhex(campaign(wallet)),
            newcomer.home.account_id(0),
            None,
            token_bytes(32),
            an_hour_ago(),
        )
        uri = signed_voucher(wallet, paper, key_of())
        assert refused(newcomer, 5, "claim", uri) == "voucher_expired"

    def test_one_of_a_campaign_that_was_closed(self, wallet: Wallet, newcomer: Wallet) -> None:
        id_ = campaign(wallet)
        uri = voucher(wallet, id_, newcomer)["uri"]
        before = balance(wallet)
        closed = wallet.json("campaign", "close", id_, "--yes")
        assert (closed["type"], closed["amount"]) == ("campaign_close", "10")
        assert balance(wallet) - before == pytest.approx(10)
        assert refused(newcomer, 5, "claim", uri) == "campaign_ended"
        assert wallet.json("campaign", "show", id_)["state"] == "closed"

    def test_one_that_was_used_by_another_claim_of_the_same_id(
        self, wallet: Wallet, newcomer: Wallet, other: Wallet
    ) -> None:
        """A sponsor that repeats an id is refused, and nobody takes it for its own claim."""
        id_ = campaign(wallet)
        mine = voucher(wallet, id_, other)
        other.json("claim", mine["uri"], "--yes")
        paper = carried_voucher(wallet, mine["uri"]).voucher
        again = replace(paper, claimant=newcomer.home.account_id(0))
        uri = signed_voucher(wallet, again, key_of())
        assert refused(newcomer, 5, "claim", uri) == "voucher_used"

    def test_more_often_than_an_account_may(self, wallet: Wallet, newcomer: Wallet) -> None:
        id_ = campaign(wallet)
        newcomer.json("claim", voucher(wallet, id_, newcomer)["uri"], "--yes")
        uri = voucher(wallet, id_, newcomer, "--another")["uri"]
        assert refused(newcomer, 5, "claim", uri) == "claims_exceeded"

    def test_more_than_is_left_of_the_budget(
        self, wallet: Wallet, newcomer: Wallet, other: Wallet
    ) -> None:
        id_ = campaign(wallet, budget="3")
        other.json("claim", voucher(wallet, id_, other)["uri"], "--yes")
        assert refused(newcomer, 5, "claim", voucher(wallet, id_, newcomer)["uri"]) == (
            "budget_exhausted"
        )

    def test_a_reward_that_opens_no_account(
        self, wallet: Wallet, newcomer: Wallet, other: Wallet
    ) -> None:
        id_ = campaign(wallet, budget="1", reward="0.000001")
        uri = voucher(wallet, id_, newcomer)["uri"]
        assert refused(newcomer, 5, "claim", uri) == "output_below_opening"
        assert other.json("claim", voucher(wallet, id_, other)["uri"], "--yes")["outcome"] == "done"

    def test_one_of_another_chain(self, wallet: Wallet, newcomer: Wallet) -> None:
        paper = carried_voucher(wallet, voucher(wallet, NOBODY, newcomer)["uri"]).voucher
        uri = signed_voucher(wallet, paper, key_of(), chain=bytes(32))
        assert refused(newcomer, 2, "claim", uri) == "wrong_chain"

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            (lambda uri: uri[:-30], "malformed"),
            (lambda uri: uri[:-1], "malformed"),
            (lambda uri: uri + "=", "voucher_malformed"),
            (lambda uri: uri + "A" * 5_000, "oversized"),
            (lambda uri: uri.replace("voucher/", "invoice/"), "malformed"),
            (lambda _: "", "voucher_malformed"),
            (lambda _: "no such file.txt", "voucher_malformed"),
            (lambda _: "nul\0byte", "voucher_malformed"),
        ],
    )
    def test_what_is_no_voucher(
        self, wallet: Wallet, newcomer: Wallet, change: Any, code: str
    ) -> None:
        found = refused(newcomer, 2, "claim", change(voucher(wallet, NOBODY, newcomer)["uri"]))
        assert found in {code, "voucher_malformed"} if code == "malformed" else found == code

    def test_other_uris_name_their_command(self, wallet: Wallet, newcomer: Wallet) -> None:
        uri = voucher(wallet, NOBODY, newcomer)["uri"]
        for command in ("pay", "redeem"):
            result = newcomer.run(command, uri)
            assert result.exit_code == 2
            assert "Use 'claim'." in result.stderr
        assert refused(newcomer, 2, "claim", "liqbon:" + address_of(wallet)) == "voucher_expected"

    def test_a_newcomer_whose_claim_comes_too_late_is_told_why(
        self, wallet: Wallet, newcomer: Wallet, other: Wallet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nodes only say that they do not know the sender ([LEDGER-43])."""
        id_ = campaign(wallet, budget="2")
        uri = voucher(wallet, id_, newcomer)["uri"]
        rivals = iter([voucher(wallet, id_, other)["uri"]])

        def elsewhere(_: str, __: bool) -> None:
            """While this one is asked, a rival claims the last of it: on a loop of its own."""
            for uri in rivals:
                rival = Thread(target=other.json, args=("claim", uri, "--yes"))
                rival.start()
                rival.join(20)

        with monkeypatch.context() as patched:
            patched.setattr("wallet.sending.ask.confirm", elsewhere)
            result = newcomer.run("claim", uri, "--yes")
        assert result.exit_code == 5, result.stderr
        assert "budget_exhausted" in result.stderr
        assert newcomer.json("balance")["accounts"][0]["exists"] is False
