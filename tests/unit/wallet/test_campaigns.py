"""Grants and referrals over real HTTP: a budget, its vouchers, and claims of brand-new wallets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from client.fields import format_time
from tests.fakes.network import OTHER_WORDS, Network, clock_ms
from tests.fakes.wallet import Wallet, the_owner
from tests.unit.wallet.market import (
    HOUR_MS,
    NOBODY,
    address_of,
    balance,
    blocks_until,
    campaign,
    in_an_hour,
    pending,
    refused,
    typed_wrongly,
    voucher,
)
from wallet.cli import cli


@pytest.fixture(scope="module")
def network(network: Network) -> Network:
    """With sponsors of some means."""
    network.fund(the_owner(), the_owner(OTHER_WORDS), points=100_000)
    return network


class TestGrant:
    """[LEDGER-40, LEDGER-41, LEDGER-43, URI-8]"""

    def test_a_brand_new_wallet_claims_what_it_was_promised(
        self, wallet: Wallet, newcomer: Wallet
    ) -> None:
        before = balance(wallet)
        id_ = campaign(wallet)
        assert before - balance(wallet) == pytest.approx(10), "the budget is locked"
        uri = voucher(wallet, id_, newcomer)["uri"]
        assert newcomer.json("balance")["accounts"][0]["exists"] is False
        document = newcomer.json("claim", uri, "--yes")
        assert (document["type"], document["outcome"]) == ("campaign_claim", "done")
        assert (document["about"], document["amount"]) == (id_, "2")
        assert document["sender"] == address_of(newcomer)
        assert document["proof"]["attested"] == 3
        assert (document["repeated"], document["blames"]) == (False, [])
        assert balance(newcomer) == 2
        assert pending(newcomer) == []

    def test_the_document_of_create_is_the_campaign(self, wallet: Wallet) -> None:
        ends = in_an_hour()
        asked = ["--budget", "3", "--reward", "1", "--ends", ends, "--yes"]
        made = wallet.json("campaign", "create", *asked)
        assert (made["type"], made["amount"], made["uri"]) == ("campaign_create", "3", None)
        assert made["about"] == made["transaction"]
        shown = wallet.json("campaign", "show", made["about"])
        assert shown["campaign"] == {
            "campaign": made["about"],
            "sponsor": address_of(wallet),
            "signer": address_of(wallet),
            "reward": "1",
            "bonus": "0",
            "left": "3",
            "per_claimant": 1,
            "ends": ends,
            "claims": 0,
            "closed": False,
        }
        assert (shown["state"], shown["claims_left"], shown["fresh"]) == ("open", 3, True)
        assert shown["proof"]["attested"] == 3

    def test_it_asks_with_the_proven_sponsor_and_reward(
        self, wallet: Wallet, newcomer: Wallet
    ) -> None:
        uri = voucher(wallet, campaign(wallet), newcomer)["uri"]
        result = newcomer.run("claim", uri)
        assert result.exit_code == 2
        assert f"Claim 2 LiqBon that {address_of(wallet)} gives?" in result.stderr
        assert pending(newcomer) == []

    def test_a_voucher_comes_as_text_file_or_standard_input(
        self, wallet: Wallet, newcomer: Wallet, other: Wallet, tmp_path: Path
    ) -> None:
        id_ = campaign(wallet, "--per-claimant", "2")
        file = tmp_path / "voucher.txt"
        file.write_text(voucher(wallet, id_, newcomer)["uri"] + "\n")
        assert newcomer.json("claim", str(file), "--yes")["outcome"] == "done"
        bare = voucher(wallet, id_, other)["uri"].removeprefix("liqbon:voucher/")
        typed = other.run("claim", "-", "--yes", stdin=bare + "\n")
        assert typed.exit_code == 0, typed.stderr

    def test_another_account_may_sign_the_vouchers(
        self, wallet: Wallet, other: Wallet, newcomer: Wallet
    ) -> None:
        id_ = campaign(wallet, "--signer", address_of(other))
        worthless = voucher(wallet, id_, newcomer)["uri"]
        assert refused(newcomer, 5, "claim", worthless) == "not_signer"
        assert (
            newcomer.json("claim", voucher(other, id_, newcomer)["uri"], "--yes")["amount"] == "2"
        )

    def test_text_says_what_came_and_who_attested(self, wallet: Wallet, newcomer: Wallet) -> None:
        result = newcomer.run("claim", voucher(wallet, campaign(wallet), newcomer)["uri"], "--yes")
        assert result.exit_code == 0, result.stderr
        assert "campaign claim, 2 LiqBon: done" in result.stdout
        assert "attested by 3 of 4" in result.stdout


class TestReferral:
    def test_both_are_paid_in_one_step(
        self, wallet: Wallet, other: Wallet, newcomer: Wallet
    ) -> None:
        before = balance(other)
        id_ = campaign(wallet, "--bonus", "1")
        made = voucher(wallet, id_, newcomer, "--referrer", address_of(other))
        assert made["referrer"] == address_of(other)
        question = newcomer.run("claim", made["uri"]).stderr
        assert f"1 go to {address_of(other)}, who brought you" in question
        assert newcomer.json("claim", made["uri"], "--yes")["amount"] == "2"
        assert balance(newcomer) == 2
        assert balance(other) - before == pytest.approx(1)

    def test_a_referrer_is_named_exactly_where_there_is_a_bonus(
        self, wallet: Wallet, other: Wallet, newcomer: Wallet
    ) -> None:
        nobody = voucher(wallet, campaign(wallet, "--bonus", "1"), newcomer)["uri"]
        assert refused(newcomer, 5, "claim", nobody) == "referrer_invalid"
        who = ("--referrer", address_of(other))
        somebody = voucher(wallet, campaign(wallet), newcomer, *who)["uri"]
        assert refused(newcomer, 5, "claim", somebody) == "referrer_invalid"

    def test_nobody_brings_itself(self, wallet: Wallet, newcomer: Wallet) -> None:
        name = address_of(newcomer)
        asked = ["campaign", "voucher", NOBODY, "--claimant", name, "--referrer", name]
        assert typed_wrongly(wallet, *asked) == "referrer_invalid"


class TestVoucher:
    def test_typed_twice_it_is_the_same_voucher(self, wallet: Wallet, newcomer: Wallet) -> None:
        """So that a command run again after a crash gives once."""
        first = voucher(wallet, NOBODY, newcomer)
        again = voucher(wallet, NOBODY, newcomer)
        assert (first["repeated"], again["repeated"]) == (False, True)
        assert again["uri"] == first["uri"]
        further = voucher(wallet, NOBODY, newcomer, "--another")
        assert further["repeated"] is False
        assert further["voucher"] != first["voucher"]

    def test_its_id_is_on_disk_before_it_is_shown(
        self, wallet: Wallet, newcomer: Wallet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def killed(*_: object) -> None:
            raise SystemExit(137)

        with monkeypatch.context() as patched:
            patched.setattr("wallet.vouchers.endorse", killed)
            asked = ["campaign", "voucher", NOBODY, "--claimant", address_of(newcomer)]
            assert wallet.run(*asked).exit_code == 137
        [kept] = json.loads((wallet.path / "vouchers.json").read_text())
        assert voucher(wallet, NOBODY, newcomer)["voucher"] == kept["id"]
        assert (wallet.path / "vouchers.json").stat().st_mode & 0o077 == 0

    def test_the_same_one_until_another_time_is_not_made_in_passing(
        self, wallet: Wallet, newcomer: Wallet
    ) -> None:
        voucher(wallet, NOBODY, newcomer)
        asked = ["campaign", "voucher", NOBODY, "--claimant", address_of(newcomer)]
        code = typed_wrongly(wallet, *asked, "--expires", in_an_hour())
        assert code == "voucher_exists"

    def test_no_node_is_asked(self, wallet: Wallet, newcomer: Wallet, network: Network) -> None:
        wallet.home.use_nodes(["http://127.0.0.1:1"])
        assert voucher(wallet, NOBODY, newcomer)["signer"] == wallet.name(the_owner())

    def test_a_qr_code_stands_beside_the_text(self, wallet: Wallet, newcomer: Wallet) -> None:
        asked = ["campaign", "voucher", NOBODY, "--claimant", address_of(newcomer), "--qr"]
        assert "\N{FULL BLOCK}" in wallet.run(*asked).stdout

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (["nonsense", "--claimant", "CLAIMANT"], "id_malformed"),
            ([NOBODY.upper() + "A", "--claimant", "CLAIMANT"], "id_malformed"),
            ([NOBODY, "--claimant", "tlqb1nobody"], "address_malformed"),
            ([NOBODY, "--claimant", "CLAIMANT", "--expires", "tomorrow"], "time_malformed"),
            (
                [NOBODY, "--claimant", "CLAIMANT", "--expires", "2020-01-01T00:00:00Z"],
                "voucher_expired",
            ),
        ],
    )
    def test_what_is_typed_wrongly(
        self, wallet: Wallet, newcomer: Wallet, arguments: list[str], code: str
    ) -> None:
        typed = [address_of(newcomer) if word == "CLAIMANT" else word for word in arguments]
        assert typed_wrongly(wallet, "campaign", "voucher", *typed) == code

    def test_a_damaged_list_of_vouchers_is_not_overwritten(
        self, wallet: Wallet, newcomer: Wallet
    ) -> None:
        file = wallet.path / "vouchers.json"
        file.write_text("[{]")
        result = wallet.run("campaign", "voucher", NOBODY, "--claimant", address_of(newcomer))
        assert result.exit_code == 1
        assert "records_malformed" in result.stderr
        assert file.read_text() == "[{]"


class TestCampaign:
    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"--budget": "0"}, "amount_zero"),
            ({"--reward": "0"}, "amount_zero"),
            ({"--reward": "1.50"}, "amount_malformed"),
            ({"--bonus": "-1"}, "amount_malformed"),
            ({"--budget": "99999999999999999999"}, "amount_overflow"),
            ({"--ends": "in a month"}, "time_malformed"),
            ({"--ends": "2027-02-30T00:00:00Z"}, "time_malformed"),
            ({"--signer": "tlqb1"}, "address_malformed"),
            ({"--per-claimant": "0"}, "usage"),
            ({"--per-claimant": "65536"}, "usage"),
        ],
    )
    def test_what_is_typed_wrongly(self, wallet: Wallet, change: dict[str, str], code: str) -> None:
        asked = {"--budget": "10", "--reward": "1", "--ends": in_an_hour()} | change
        words = [word for pair in asked.items() for word in pair]
        place = ["--home", str(wallet.path), "--output", "json"]
        result = CliRunner().invoke(cli, ["campaign", "create", *place, *words])
        assert result.exit_code == 2
        assert code == "usage" or json.loads(result.stdout)["error"]["code"] == code

    def test_a_budget_for_less_than_one_claim(self, wallet: Wallet) -> None:
        asked = ["--budget", "2", "--reward", "2", "--bonus", "1", "--ends", in_an_hour()]
        assert refused(wallet, 5, "campaign", "create", *asked) == "budget_too_small"

    def test_sums_beyond_the_largest_amount_do_no_harm(self, wallet: Wallet) -> None:
        most = "9223372036854.775807"
        asked = ["--budget", most, "--reward", most, "--bonus", most, "--ends", in_an_hour()]
        assert refused(wallet, 5, "campaign", "create", *asked) == "budget_too_small"

    def test_more_than_the_balance_is_status_4(self, wallet: Wallet) -> None:
        asked = ["--budget", "1000000", "--reward", "2", "--ends", in_an_hour()]
        assert refused(wallet, 4, "campaign", "create", *asked) == "balance_too_low"

    @pytest.mark.parametrize("days", [-1, 367])
    def test_an_end_that_no_campaign_has(self, wallet: Wallet, days: int) -> None:
        ends = format_time(clock_ms() + days * 24 * HOUR_MS)
        asked = ["--budget", "10", "--reward", "2", "--ends", ends]
        assert refused(wallet, 5, "campaign", "create", *asked) == "deadline_invalid"

    def test_only_its_sponsor_closes_it_and_once(self, wallet: Wallet, other: Wallet) -> None:
        id_ = campaign(wallet)
        assert refused(other, 5, "campaign", "close", id_) == "not_sponsor"
        wallet.json("campaign", "close", id_, "--yes")
        assert refused(wallet, 5, "campaign", "close", id_) == "campaign_ended"
        assert refused(wallet, 5, "campaign", "close", NOBODY) == "campaign_unknown"

    def test_one_that_is_not_there_is_status_3(self, wallet: Wallet) -> None:
        assert wallet.json("campaign", "show", NOBODY, status=3)["error"]["code"] == (
            "campaign_unknown"
        )
        assert typed_wrongly(wallet, "campaign", "show", "9f86d0") == "id_malformed"

    def test_text_says_what_happens_by_itself(self, wallet: Wallet) -> None:
        result = wallet.run("campaign", "show", campaign(wallet, "--bonus", "1"))
        assert result.exit_code == 0, result.stderr
        assert "2 LiqBon, and 1 for who brings the claimant; 1 an account" in result.stdout
        assert "returns to the sponsor by itself" in result.stdout

    def test_one_that_ended_is_over_and_paid_back(self, wallet: Wallet, newcomer: Wallet) -> None:
        """[LEDGER-42]"""
        before = balance(wallet)
        ends = format_time(clock_ms() + 1_500)
        asked = ["campaign", "create", "--budget", "3", "--reward", "1", "--ends", ends, "--yes"]
        id_ = wallet.json(*asked)["about"]
        uri = voucher(wallet, id_, newcomer)["uri"]
        assert balance(wallet) == pytest.approx(before - 3)
        blocks_until(wallet, lambda: balance(wallet) == pytest.approx(before))
        assert refused(newcomer, 5, "claim", uri) == "campaign_ended"


class TestLies:
    def test_a_node_that_lies_about_a_campaign_is_named_and_another_asked(
        self, wallet: Wallet
    ) -> None:
        id_ = campaign(wallet)

        def lie(path: str, document: Any) -> Any:
            if path.startswith("/v1/state/90"):
                document["value"] = None
            return document

        liar = wallet.network.liar(lie)
        asked = ["campaign", "show", id_, "--node", liar, "--node", wallet.network.urls[0]]
        document = wallet.json(*asked)
        assert document["campaign"]["left"] == "10"
        assert [blame["code"] for blame in document["blames"]] == ["contradicts_proof"]
        assert wallet.run("campaign", "show", id_, "--node", liar).exit_code == 9
