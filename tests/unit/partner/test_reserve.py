"""A reserve between two parties: signed without a network, handed in as one line of text."""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.fields import format_time
from partner.tokens import (
    ATTESTATION,
    RELEASE,
    read_attestation,
    read_release,
    write_attestation,
)
from primitives.actions import Attestation, attestation_message
from primitives.entries import Limits, limits_key
from shell.errors import UsageError
from tests.builders import DAY_MS, a_person, a_role
from tests.unit.partner.conftest import Market, Office

MILLION = 1_000_000


def now_ms() -> int:
    return round(time.time() * 1000)


def limits(market: Market, code: str = "north") -> Limits:
    found = market.entry(limits_key(code), Limits)
    assert found is not None
    return found


def endorsed(office: Office, *arguments: str) -> str:
    """A token, signed without a network."""
    return str(office.done("reserve", "endorse", *arguments)["token"])


class TestReserve:
    def test_a_higher_reserve_travels_as_a_token_and_counts_after_the_delay(
        self, market: Market
    ) -> None:
        """[LEDGER-23], [LEDGER-24] The custodian signs without a network; the admin hands it in."""
        token = endorsed(market.vault, "north", "--attest", "60000")
        shown = market.north.done("reserve", "attest", token)["limits"]
        assert (shown["reserve"], shown["pending_reserve"]["amount"]) == ("50000", "60000")
        assert market.north.refused(5, "reserve", "attest", token)["code"] == "attestation_stale"
        market.pass_time(DAY_MS + 1_000)
        shown = market.north.read("limits", "show")["limits"]
        assert (shown["reserve"], shown["limit"]) == ("60000", "64000")

    def test_a_custodian_sends_a_lower_one_itself_and_no_higher_one(self, market: Market) -> None:
        """[LEDGER-23]"""
        token = endorsed(market.vault, "north", "--attest", "40000")
        shown = market.vault.done("reserve", "attest", token)["limits"]
        assert (shown["reserve"], shown["limit"]) == ("40000", "46000")
        higher = endorsed(market.vault, "north", "--attest", "60000")
        assert market.vault.refused(8, "reserve", "attest", higher)["code"] == "not_admin"

    def test_a_release_names_the_reserve_as_it_is_and_is_used_once(self, market: Market) -> None:
        """[LEDGER-25]"""
        shown = market.north.read("limits", "show", "--partner", "north")["limits"]
        terms = ["--reserve", shown["reserve"], "--attested", shown["attested"]]
        token = endorsed(market.vault, "north", "--release", "5000", *terms)
        done = market.north.done("reserve", "release", token)["limits"]
        assert done["reserve"] == "45000"
        assert done["moved"] is not None
        assert market.north.refused(5, "reserve", "release", token)["code"] == "release_stale"

    def test_a_reserve_that_is_needed_is_not_handed_back(self, market: Market) -> None:
        """[LEDGER-25]"""
        for name in ("alice", "bob"):
            market.give(market.north, a_person(name), 1_000_000)
        market.north.done("limits", "daily-caps", "--mint", "20000")
        shown = market.north.read("limits", "show")["limits"]
        terms = ["--reserve", shown["reserve"], "--attested", shown["attested"]]
        token = endorsed(market.vault, "north", "--release", "49999", *terms)
        error = market.north.refused(5, "reserve", "release", token)
        assert error["code"] == "reserve_needed"
        assert "20000 are owed" in error["message"]

    def test_what_the_others_would_not_recognise_is_refused(self, market: Market) -> None:
        """[LEDGER-23]"""
        over = endorsed(market.vault, "north", "--attest", "80000.000001")
        assert market.north.refused(5, "reserve", "attest", over)["code"] == "ceiling_exceeded"
        old = format_time(now_ms() - DAY_MS)
        stale = endorsed(market.vault, "north", "--attest", "40000", "--as-of", old)
        assert market.north.refused(5, "reserve", "attest", stale)["code"] == "attestation_stale"

    def test_only_the_custodian_of_the_reserve_can_sign(self, market: Market) -> None:
        for office in (market.judge, market.north):
            error = office.refused(8, "reserve", "endorse", "north", "--attest", "1")
            assert error["code"] == "not_custodian"
        forged = endorsed(market.judge, "north", "--attest", "60000", "--account", "0")
        assert market.north.refused(5, "reserve", "attest", forged)["code"] == "not_custodian"
        mine = endorsed(market.vault, "north", "--attest", "60000")
        assert market.east.refused(8, "reserve", "attest", mine)["code"] == "not_admin"

    def test_a_token_that_was_touched_is_refused(self, market: Market) -> None:
        token = endorsed(market.vault, "north", "--attest", "60000")
        head, body = token[:60], token[60:]
        touched = head + ("A" if body[0] != "A" else "B") + body[1:]
        cases = {
            token[:-4]: None,
            touched: None,
            token + "=": "token_malformed",
            token.replace("attestation", "release"): "token_malformed",
            token + "A" * 5_000: "oversized",
            "liqbon:attestation/": "token_malformed",
        }
        for text, code in cases.items():
            error = market.north.refused(2, "reserve", "attest", text)
            assert code is None or error["code"] == code
        assert limits(market).pending_reserve is None

    def test_a_token_of_another_network_is_refused(self, market: Market) -> None:
        said = Attestation("north", 60_000 * MILLION, now_ms())
        signed = a_role("vault", "custodian").endorse(attestation_message(bytes(32), said))
        error = market.north.refused(
            2, "reserve", "attest", write_attestation(bytes(32), said, signed)
        )
        assert error["code"] == "wrong_chain"

    def test_endorsing_asks_for_one_thing(self, market: Market) -> None:
        for arguments in (
            ["north"],
            ["north", "--attest", "1", "--release", "1"],
            ["north", "--release", "1"],
            ["north", "--attest", "1", "--reserve", "5"],
        ):
            assert market.vault.refused(2, "reserve", "endorse", *arguments)["code"] == "usage"
        error = market.vault.refused(3, "reserve", "endorse", "nobody", "--attest", "1")
        assert error["code"] == "partner_unknown"

    def test_endorsing_needs_no_network(self, market: Market) -> None:
        market.vault.home.use_nodes(["http://127.0.0.1:1"])
        result = market.vault.run("reserve", "endorse", "north", "--attest", "60000")
        assert result.exit_code == 0, result.output
        assert result.stdout.startswith("liqbon:attestation/")


@given(st.text(max_size=60) | st.binary(max_size=200).map(lambda b: urlsafe_b64encode(b).decode()))
def test_any_other_text_is_no_token(text: str) -> None:
    """Whatever is pasted is a token or a usage error, never anything else."""
    for prefix in ("", ATTESTATION, RELEASE):
        for read in (read_attestation, read_release):
            with pytest.raises(UsageError):
                read(prefix + text, bytes(32))
