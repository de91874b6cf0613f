"""Squaring accounts: what each side is shown, may say, and cannot say twice."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from client.builder import endorse
from partner.cli import cli
from partner.payments import Payment
from primitives.actions import Invoice, Redeem, invoice_message
from primitives.entries import (
    Obligation,
    ObligationStatus,
    Position,
    obligation_key,
    position_key,
)
from shell.mnemonic import account_key, sentence_seed
from tests.builders import a_person
from tests.fakes.network import OTHER_WORDS, Network, clock_ms
from tests.unit.partner.conftest import Market, a_founding
from tests.unit.partner.test_till import dying

ALICE = a_person("alice")
MILLION = 1_000_000
CYCLE_MS = 600_000
TERM_MS = 400_000


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    """Cycles of ten minutes, which pass when a test says so."""
    genesis = a_founding(
        settlement_cycle_ms=CYCLE_MS,
        payment_term_ms=TERM_MS,
        confirmation_ms=300_000,
        dispute_ms=500_000,
        order_dispute_ms=500_000,
    )
    with Network(genesis) as network:
        yield Market(network, genesis, tmp_path)


def spent(market: Market, units: int, name: str = "1") -> None:
    """LiqBon that north minted are spent at east."""
    market.give(market.north, ALICE, units // 10_000)
    cashier = account_key(sentence_seed(OTHER_WORDS), 1)
    invoice = Invoice(
        "east", units, clock_ms() + market.offset_ms + 60_000, name.encode().rjust(32, b"-"), None
    )
    signed = endorse(cashier, invoice_message(market.chain, invoice))
    market.act(ALICE, Redeem(invoice, signed))


def owed(market: Market, units: int = 5 * MILLION) -> None:
    """Cycle 1 is closed, and north owes east ``units`` at place 0."""
    spent(market, units)
    market.pass_time(CYCLE_MS)


def obligation(market: Market, cycle: int = 1, place: int = 0) -> Obligation:
    found = market.entry(obligation_key(cycle, place), Obligation)
    assert found is not None
    return found


def position(market: Market, code: str) -> Position:
    found = market.entry(position_key(code), Position)
    assert found is not None
    return found


def status(document: Any) -> str:
    return str(document["obligation"]["status"])


class TestList:
    def test_before_a_cycle_closed_it_tells_what_would_be_claimed(self, market: Market) -> None:
        """[LEDGER-27]"""
        spent(market, 5 * MILLION)
        ours = market.north.read("settle", "list")
        assert (ours["partner"], ours["next"]["cycle"]) == ("north", 1)
        assert ours["next"]["expected"] == "5"
        assert market.east.read("settle", "list")["next"]["expected"] == "-5"
        assert ours["obligations"] == ours["cycles"] == []

    def test_both_sides_see_the_same_obligation_from_their_side(self, market: Market) -> None:
        owed(market)
        sides = {}
        for office in (market.north, market.east):
            document = office.read("settle", "list")
            [one] = document["obligations"]
            sides[document["partner"]] = one.pop("side")
            assert (one["debtor"], one["creditor"], one["amount"]) == ("north", "east", "5")
            assert (one["status"], one["outstanding"]) == ("open", "5")
            assert "reserve pays" in one["next"]
            assert document["proven"]["attested"] == 3
        assert sides == {"north": "debtor", "east": "creditor"}

    def test_what_is_open_is_found_however_old_it_is(self, market: Market) -> None:
        owed(market)
        market.north.done("settle", "pay", "1", "0", "--reference", "bank 1")
        market.east.done("settle", "dispute", "1", "0")
        for _ in range(3):
            spent(market, MILLION, f"more {market.offset_ms}")
            market.pass_time(CYCLE_MS - 200_000)
        found = market.east.read("settle", "list", "--open", "--limit", "1")
        cycles = {one["cycle"] for one in found["obligations"]}
        assert min(cycles) <= 2
        assert all(one["status"] != "settled" for one in found["obligations"])
        total = sum(float(one["outstanding"]) for one in found["obligations"])
        assert total * MILLION == position(market, "east").receivable

    def test_a_custodian_sees_all_and_only_when_it_asks_for_all(self, market: Market) -> None:
        owed(market)
        [one] = market.judge.read("settle", "list", "--all")["obligations"]
        assert one["side"] is None
        result = market.judge.run("settle", "list")
        assert result.exit_code == 2, "it takes no passphrase"

    def test_a_cycle_that_is_not_closed_is_status_3(self, market: Market) -> None:
        owed(market)
        assert market.north.read("settle", "list", "--cycle", "1")["cycles"][0]["cycle"] == 1
        home = ["--home", str(market.north.path)]
        result = CliRunner().invoke(cli, ["settle", "list", "--cycle", "2", *home])
        assert result.exit_code == 3
        assert "cycle_unknown" in result.stderr
        text = CliRunner().invoke(cli, ["settle", "list", *home])
        assert "north" in text.stdout
        assert "reserve pays" in text.stdout


class TestPay:
    def test_pay_names_a_sealed_reference_that_the_creditor_can_check(self, market: Market) -> None:
        """[LEDGER-30], [LEDGER-31]"""
        owed(market)
        paid = market.north.done("settle", "pay", "1", "0", "--reference", "SEPA 0815")
        assert status(paid) == "claimed"
        payment = paid["obligation"]["payment"]
        again = Payment(1, 0, payment["reference"], bytes.fromhex(payment["salt"]))
        assert again.digest == obligation(market).reference
        wrong = market.east.refused(
            1, "settle", "confirm", "1", "0", "--reference", "SEPA 0816", "--salt", payment["salt"]
        )
        assert wrong["code"] == "reference_mismatch"
        assert position(market, "east").received == 0
        done = market.east.done(
            "settle", "confirm", "1", "0", "--reference", "SEPA 0815", "--salt", payment["salt"]
        )
        assert status(done) == "settled"
        assert done["obligation"]["payment"] is None, "the creditor's outbox holds no salts"
        assert position(market, "north").paid == position(market, "east").received == 5 * MILLION
        market.check()

    def test_neither_reference_nor_salt_reaches_the_chain(self, market: Market) -> None:
        owed(market)
        paid = market.north.done("settle", "pay", "1", "0", "--reference", "SEPA 0815")
        stored = market.network.call(
            lambda: list(market.network.ledger.store.scan(b"", b"\xff" * 64))
        )
        chain = b"".join(key + value for key, value in stored)
        payment = paid["obligation"]["payment"]
        assert b"SEPA 0815" not in chain
        assert bytes.fromhex(payment["salt"]) not in chain
        assert bytes.fromhex(payment["digest"]) in chain

    def test_the_same_payment_is_named_once(self, market: Market) -> None:
        owed(market)
        first = market.north.done("settle", "pay", "1", "0", "--reference", "SEPA 0815")
        again = market.north.done("settle", "pay", "1", "0", "--reference", "SEPA 0815")
        assert (first["repeated"], again["repeated"]) == (False, True)
        assert again["obligation"]["payment"] == first["obligation"]["payment"]
        other = market.north.refused(5, "settle", "pay", "1", "0", "--reference", "SEPA 0816")
        assert other["code"] == "payment_claimed"

    @pytest.mark.parametrize(
        ("who", "arguments", "status", "code"),
        [
            ("east", ["pay", "1", "0", "--reference", "x"], 5, "not_debtor"),
            ("north", ["confirm", "1", "0"], 5, "not_creditor"),
            ("north", ["dispute", "1", "0"], 5, "not_creditor"),
            ("east", ["dispute", "1", "0"], 5, "payment_not_claimed"),
            ("north", ["pay", "1", "1", "--reference", "x"], 3, "obligation_unknown"),
            ("north", ["pay", "2", "0", "--reference", "x"], 3, "obligation_unknown"),
            ("north", ["pay", "0", "0", "--reference", "x"], 2, "usage"),
            ("north", ["pay", "1", "99", "--reference", "x"], 2, "usage"),
            ("north", ["pay", "1", "0"], 2, "usage"),
            ("north", ["pay", "1", "0", "--reference", "=1"], 2, "reference_formula"),
            ("east", ["confirm", "1", "0", "--salt", "ab"], 2, "usage"),
            ("north", ["state", "1", "0", "--paid"], 8, "not_custodian"),
            ("vault", ["state", "1", "0", "--paid"], 8, "not_custodian"),
            ("judge", ["pay", "1", "0", "--reference", "x"], 8, "not_admin"),
            ("judge", ["state", "1", "0", "--unpaid"], 5, "not_disputed"),
            ("judge", ["state", "1", "0"], 2, "usage"),
        ],
    )
    def test_what_a_side_may_not_say_is_refused_and_nothing_changes(
        self, market: Market, who: str, arguments: list[str], status: int, code: str
    ) -> None:
        """[LEDGER-30], [LEDGER-31], [LEDGER-32]"""
        owed(market)
        before = obligation(market)
        assert getattr(market, who).refused(status, "settle", *arguments)["code"] == code
        assert obligation(market) == before

    def test_an_unknown_end_is_status_7_and_the_next_run_proves_it(self, market: Market) -> None:
        owed(market)
        ledger = market.network.ledger
        ledger.attest = False
        arguments = ["settle", "pay", "1", "0", "--reference", "SEPA 0815"]
        assert market.north.refused(7, *arguments, "--timeout", "1")["code"] == "finality_unknown"
        ledger.attest = True
        market.network.call(
            lambda: [ledger.certify(executed) for executed in ledger.executor.uncertified()]
        )
        done = market.north.done(*arguments)
        assert (done["repeated"], status(done)) == (True, "claimed")
        assert done["proof"]["attested"] == 3


class TestDispute:
    def test_the_custodian_says_that_it_was_paid(self, market: Market) -> None:
        """[LEDGER-32]"""
        owed(market)
        market.north.done("settle", "pay", "1", "0", "--reference", "SEPA 0815")
        disputed = market.east.done("settle", "dispute", "1", "0")
        assert (status(disputed), disputed["obligation"]["earmark"]) == ("disputed", "5")
        ended = market.judge.done("settle", "state", "1", "0", "--paid")
        assert status(ended) == "settled"
        assert position(market, "east").received == 5 * MILLION
        error = market.judge.refused(5, "settle", "state", "1", "0", "--paid")
        assert error["code"] == "obligation_settled"
        market.check()

    def test_the_custodian_says_that_it_was_not_and_the_reserve_pays(self, market: Market) -> None:
        """[LEDGER-31], [LEDGER-32]"""
        owed(market)
        market.north.done("settle", "pay", "1", "0", "--reference", "SEPA 0815")
        market.east.done("settle", "dispute", "1", "0")
        ended = market.judge.done("settle", "state", "1", "0", "--unpaid")
        assert status(ended) == "settled"
        shown = market.north.read("limits", "show")["limits"]
        assert shown["reserve"] == "49995"
        market.check()

    def test_a_creditor_may_confirm_what_it_disputed(self, market: Market) -> None:
        owed(market)
        market.north.done("settle", "pay", "1", "0", "--reference", "SEPA 0815")
        market.east.done("settle", "dispute", "1", "0")
        assert status(market.east.done("settle", "confirm", "1", "0")) == "settled"
        error = market.east.refused(5, "settle", "confirm", "1", "0")
        assert error["code"] == "obligation_settled"


def test_a_debtor_that_is_overdue_mints_nothing_and_may_name_the_same_payment_again(
    market: Market,
) -> None:
    """[LEDGER-31] The bank's reference may be the old one; the claim is a new one."""
    owed(market)
    lowered = market.vault.done("reserve", "endorse", "north", "--attest", "0")["token"]
    market.vault.done("reserve", "attest", lowered)
    arguments = ["settle", "pay", "1", "0", "--reference", "SEPA 0815"]
    market.north.done(*arguments)
    market.east.done("settle", "dispute", "1", "0")
    market.judge.done("settle", "state", "1", "0", "--unpaid")
    assert obligation(market).status == ObligationStatus.OVERDUE
    assert market.north.read("limits", "show")["limits"]["suspended"] is True
    to = market.north.home.accounts[0].address
    deposit = ["deposit", "--programme", "bonus", "--points", "5", "--reference", "r-1", "--to", to]
    assert market.north.refused(5, *deposit)["code"] == "minting_suspended"
    [one] = market.north.read("settle", "list", "--open")["obligations"]
    assert (one["status"], one["late"]) == ("overdue", True)
    again = market.north.done(*arguments)
    assert (again["repeated"], status(again)) == (False, "claimed")
    market.east.done("settle", "confirm", "1", "0")
    market.north.done(*deposit)


@pytest.mark.parametrize("seam", ["before", "after"])
def test_kill_9_around_the_send_names_the_payment_once(market: Market, seam: str) -> None:
    """[LEDGER-30] Reference, salt and signed bytes are on disk before anything is sent."""
    owed(market)
    arguments = ["settle", "pay", "1", "0", "--reference", "SEPA 0815"]
    died = dying(market.north, seam, *arguments)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert (obligation(market).status == ObligationStatus.CLAIMED) is (seam == "after")
    document = market.north.done(*arguments)
    assert (document["repeated"], status(document)) == (True, "claimed")
    assert (
        bytes.fromhex(document["obligation"]["payment"]["digest"]) == obligation(market).reference
    )
