"""Programmes and limits: told in words before, proven after, refused with the reason."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from client.fields import parse_time, to_base64
from partner.cli import cli
from primitives.encoding import encode
from primitives.entries import Limits, Programme, Redemption, limits_key, programme_key
from tests.builders import DAY_MS, a_person
from tests.unit.partner.conftest import Market
from tests.unit.partner.test_till import redeemed

ALICE = a_person("alice")
MILLION = 1_000_000


def now_ms() -> int:
    return round(time.time() * 1000)


def limits(market: Market, code: str = "north") -> Limits:
    found = market.entry(limits_key(code), Limits)
    assert found is not None
    return found


def programme(market: Market, code: str = "bonus") -> Programme:
    found = market.entry(programme_key("north", code), Programme)
    assert found is not None
    return found


def rate(market: Market) -> tuple[int, int]:
    in_force = programme(market).rate
    assert in_force is not None
    return in_force.numerator, in_force.denominator


class TestProgramme:
    def test_it_lists_rates_that_are_proven(self, market: Market) -> None:
        document = market.north.read("programme", "list")
        [one] = document["programmes"]
        assert (one["code"], one["paused"], one["published"]) == ("bonus", False, 1)
        [only] = one["rates"]
        assert (only["points"], only["worth"], only["state"]) == ("1", "0.01", "in_force")
        assert document["proven"]["attested"] == 3
        other = market.north.read("programme", "list", "--partner", "south")
        assert other["programmes"][0]["partner"] == "south"

    def test_a_better_rate_is_in_force_at_once(self, market: Market) -> None:
        """[LEDGER-34]"""
        document = market.north.done("programme", "set-rate", "bonus", "--points", "90",
                                     "--worth", "1")  # fmt: skip
        assert document["change"] == "better"
        assert rate(market) == (1_000_000, 90), "as it was typed"
        assert [one["state"] for one in document["programme"]["rates"]] == ["in_force", "past"]

    def test_a_worse_rate_needs_notice_and_the_refusal_says_so(self, market: Market) -> None:
        """[LEDGER-34]"""
        worse = ["programme", "set-rate", "bonus", "--points", "110", "--worth", "1"]
        error = market.north.refused(5, *worse)
        assert error["code"] == "rate_notice_short"
        assert "30 days" in error["message"]
        assert "--after 30d" in error["hint"]
        assert market.north.refused(5, *worse, "--after", "29d")["code"] == "rate_notice_short"
        result = market.north.run(*worse, "--after", "30d")
        assert result.exit_code == 0, result.output
        assert "worse for the customer" in result.stdout
        assert "needs a notice of 30 days" in result.stdout
        assert rate(market) == (10_000, 1), "not yet"
        document = market.north.read("programme", "list")["programmes"][0]
        assert [one["state"] for one in document["rates"]] == ["coming", "in_force"]
        start = parse_time(document["rates"][0]["since"])
        assert 30 * DAY_MS <= start - now_ms() <= 30 * DAY_MS + 61_000
        market.pass_time(30 * DAY_MS + 120_000)
        assert rate(market) == (1_000_000, 110)

    def test_what_was_announced_is_not_overtaken(self, market: Market) -> None:
        """[LEDGER-34] Whoever read what is published counts on it."""
        worse = ["programme", "set-rate", "bonus", "--points", "110", "--worth", "1"]
        market.north.done(*worse, "--after", "40d")
        error = market.north.refused(5, "programme", "set-rate", "bonus", "--points", "90",
                                     "--worth", "1")  # fmt: skip
        assert error["code"] == "rate_unordered"

    def test_a_ratio_that_is_too_long_is_taken_in_lowest_terms(self, market: Market) -> None:
        document = market.north.done("programme", "set-rate", "bonus", "--points", "1000000",
                                     "--worth", "10000.01")  # fmt: skip
        rates = document["programme"]["rates"]
        assert (rates[0]["points"], rates[0]["worth"]) == ("100", "1.000001")
        assert document["change"] == "better"

    def test_pause_and_resume_touch_new_deposits_alone(self, market: Market) -> None:
        """[LEDGER-35]"""
        market.give(market.north, ALICE, 500)
        assert market.north.done("programme", "pause", "bonus")["change"] == "paused"
        refused = market.north.refused(
            5, "deposit", "--programme", "bonus", "--points", "5", "--reference", "r-1",
            "--to", market.north.home.accounts[0].address,
        )  # fmt: skip
        assert refused["code"] == "programme_paused"
        assert market.balance(ALICE) == 5 * MILLION
        error = market.north.refused(5, "programme", "pause", "bonus")
        assert error["code"] == "programme_unchanged"
        assert market.north.done("programme", "resume", "bonus")["change"] == "resumed"
        assert programme(market).paused is False

    def test_a_further_programme_is_opened_with_its_terms(
        self, market: Market, tmp_path: Path
    ) -> None:
        """[LEDGER-33]"""
        terms = tmp_path / "terms.txt"
        terms.write_text("200 miles are worth 1 LiqBon.")
        opening = [
            "programme", "open", "miles", "--name", "Sky Miles", "--point", "mile", "--points",
            "200", "--worth", "1", "--terms-url", "https://example.com", "--terms-file", str(terms),
        ]  # fmt: skip
        document = market.north.done(*opening)
        assert document["change"] == "opened"
        [only] = document["programme"]["rates"]
        assert (only["points"], only["worth"], only["state"]) == ("200", "1", "in_force")
        assert market.north.refused(5, *opening)["code"] == "programme_exists"

    @pytest.mark.parametrize(
        ("arguments", "status", "code"),
        [
            (["pause", "nothing"], 3, "programme_unknown"),
            (["pause", "NOT A CODE"], 2, "programme_malformed"),
            (["set-rate", "bonus", "--points", "0", "--worth", "1"], 2, "usage"),
            (["set-rate", "bonus", "--points", "1", "--worth", "0"], 2, "amount_zero"),
            (["set-rate", "bonus", "--points", "1", "--worth", "4294.967297"], 2,
             "rate_out_of_range"),
            (["set-rate", "bonus", "--points", "1", "--worth", "2", "--after", "1y"], 2,
             "duration_malformed"),
            (["set-rate", "bonus", "--points", "1", "--worth", "2", "--since", "tomorrow"], 2,
             "time_malformed"),
            (["set-rate", "bonus", "--points", "1", "--worth", "2", "--after", "400d"], 5,
             "rate_too_far"),
            (["pause", "bonus", "--account", "0"], 8, "not_admin"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_done_is_refused(
        self, market: Market, arguments: list[str], status: int, code: str
    ) -> None:
        before = programme(market)
        assert market.north.refused(status, "programme", *arguments)["code"] == code
        assert programme(market) == before

    def test_an_unknown_end_publishes_one_rate_however_often_it_runs(self, market: Market) -> None:
        """The start is counted anew in each run; what was signed first is what counts."""
        ledger = market.network.ledger
        worse = ["programme", "set-rate", "bonus", "--points", "110", "--worth", "1", "--after",
                 "31d"]  # fmt: skip
        ledger.attest = False
        for _ in range(2):
            assert market.north.refused(7, *worse, "--timeout", "1")["code"] == "finality_unknown"
        ledger.attest = True
        market.network.call(
            lambda: [ledger.certify(executed) for executed in ledger.executor.uncertified()]
        )
        document = market.north.done(*worse)
        assert (document["repeated"], document["change"]) == (True, "worse")
        assert programme(market).published == 2


class TestLimits:
    def test_the_figures_are_those_of_the_ledger(self, market: Market) -> None:
        """[LEDGER-8] L = credit + reserve less haircut; D and what it is owed leave the room."""
        market.give(market.north, ALICE, 500)
        shown = market.north.read("limits", "show")["limits"]
        assert (shown["limit"], shown["room"]) == ("55000", "54995")
        assert (shown["position"]["net"], shown["position"]["minted"]) == ("5", "5")
        assert (shown["claim_bound"], shown["claim_room"]) == ("50000", "50005")
        assert (shown["minted_today"], shown["mint_per_day"]) == ("5", "20000")
        assert (shown["suspended"], shown["overdue"]) == (False, 0)
        text = CliRunner().invoke(cli, ["limits", "show", "--home", str(market.north.path)])
        assert "room for 54995 more" in text.stdout
        assert "attested by 3 of 4" in text.stdout

    def test_the_claim_bound_only_falls(self, market: Market) -> None:
        """[LEDGER-21]"""
        shown = market.north.done("limits", "lower-claim-bound", "20000")["limits"]
        assert shown["claim_bound"] == "20000"
        for amount in ("20000", "30000"):
            error = market.north.refused(5, "limits", "lower-claim-bound", amount)
            assert error["code"] == "claim_bound_not_lower"
        assert limits(market).terms.claim_bound == 20_000 * MILLION

    def test_a_cap_falls_at_once_and_rises_later(self, market: Market) -> None:
        """[LEDGER-22]"""
        shown = market.north.done("limits", "daily-caps", "--mint", "30000", "--refund", "100")
        assert shown["limits"]["refund_per_day"] == "100"
        assert shown["limits"]["mint_per_day"] == "20000"
        assert shown["limits"]["pending_caps"]["mint_per_day"] == "30000"
        again = market.north.done("limits", "daily-caps", "--refund", "50")["limits"]
        assert again["pending_caps"]["mint_per_day"] == "30000", "what was to come still comes"
        market.pass_time(DAY_MS + 1_000)
        terms = limits(market).terms
        assert (terms.mint_per_day, terms.refund_per_day) == (30_000 * MILLION, 50 * MILLION)

    def test_a_refund_beyond_the_cap_of_the_day_is_refused(self, market: Market) -> None:
        """[LEDGER-19] A stolen cashier's key gives back at most a day's cap."""
        market.north.done("limits", "daily-caps", "--refund", "1")
        paid = redeemed(market, "5")
        assert market.north.refused(5, "refund", paid, "2")["code"] == "daily_cap_exceeded"
        market.north.done("refund", paid, "1")
        assert market.north.refused(5, "refund", paid, "1")["code"] == "daily_cap_exceeded"

    @pytest.mark.parametrize(
        ("arguments", "status", "code"),
        [
            (["daily-caps"], 2, "usage"),
            (["daily-caps", "--mint", "-1"], 2, "amount_malformed"),
            (["daily-caps", "--refund", "1250000.000001"], 2, "amount_overflow"),
            (["lower-claim-bound", "1.5e3"], 2, "amount_malformed"),
            (["lower-claim-bound", "5", "--account", "1"], 8, "not_admin"),
        ],
    )
    def test_what_is_not_an_amount_or_not_the_admins_is_refused(
        self, market: Market, arguments: list[str], status: int, code: str
    ) -> None:
        before = limits(market)
        assert market.north.refused(status, "limits", *arguments)["code"] == code
        assert limits(market) == before


class TestLies:
    """A partner's figures are believed by proof alone, as a wallet's are."""

    def test_a_node_that_forges_limits_is_named_and_alone_convinces_nobody(
        self, market: Market
    ) -> None:
        honest = limits(market)
        forged = replace(honest, terms=replace(honest.terms, claim_bound=2**60))

        def richer(path: str, document: Any) -> Any:
            if document.get("key") == limits_key("north").hex():
                document["value"] = to_base64(encode(forged))
            return document

        liar = market.network.liar(richer)
        home = ["--home", str(market.north.path), "--output", "json"]
        alone = CliRunner().invoke(cli, ["limits", "show", *home, "--node", liar])
        assert alone.exit_code == 9
        assert json.loads(alone.stdout)["error"]["code"] == "not_proven"
        both = ["--node", liar, "--node", market.network.urls[0]]
        shown = json.loads(CliRunner().invoke(cli, ["limits", "show", *home, *both]).stdout)
        assert shown["limits"]["claim_bound"] == "50000"
        assert [(one["node"], one["lie"]) for one in shown["blames"]] == [(liar, True)]

    def test_an_invoice_that_a_node_says_was_redeemed_is_not(self, market: Market) -> None:
        """Goods are handed over for a proof, and for nothing else."""
        redemption = Redemption(ALICE.account, 5 * MILLION, 0, bytes(32), 3)

        def paid(path: str, document: Any) -> Any:
            if str(document.get("key", "")).startswith("72"):
                document["value"] = to_base64(encode(redemption))
            return document

        liar = market.network.liar(paid)
        result = market.north.invoice("5", "--wait", "1", "--node", liar, "--output", "json")
        assert result.exit_code == 9, result.output
        stored = market.north.read("invoices")["invoices"]
        assert [one["state"] for one in stored] == ["open"]

    def test_without_a_node_nothing_is_signed(self, market: Market) -> None:
        nowhere = ["--node", "http://127.0.0.1:1"]
        error = market.north.refused(6, "limits", "lower-claim-bound", "5", *nowhere)
        assert error["code"] == "node_unavailable"
        assert market.north.invoice("5", *nowhere).exit_code == 6
        assert market.north.read("invoices")["invoices"] == []


def test_a_document_has_no_surprises(market: Market) -> None:
    """Amounts are decimal strings, times RFC 3339: the same everywhere."""
    shown: dict[str, Any] = market.north.read("limits", "show")
    text = json.dumps(shown)
    assert "e+" not in text
    assert parse_time(shown["limits"]["attested"]) == limits(market).terms.reserve_attested
