"""How it is done elsewhere: as of Monday the same points buy half of it.

Here: a worse rate is for deposits to come, and only after notice [LEDGER-34]. LiqBon that exist are
a number of units; no rate, partner or parameter stands beside the number [LEDGER-1].
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from primitives.actions import ProgrammeSetRate
from primitives.amount import MICRO
from primitives.entries import Programme, PublishedRate, programme_key, rate_key
from primitives.transaction import Decoded
from tests.attacks.scenes import ANN, BOB, POINT, balances, done, refused
from tests.builders import DAY_MS, PARAMETERS, a_role
from tests.ledger import Ledger

NOTICE_MS = PARAMETERS.rate_notice_ms


@pytest.fixture
def ledger() -> Ledger:
    """Ann has 100 LiqBon; a point of north's is 10,000 units."""
    ledger = Ledger()
    ledger.give(ANN, 100 * MICRO)
    ledger.pass_time(DAY_MS)
    return ledger


def a_rate(ledger: Ledger, numerator: int, in_ms: int = 0, denominator: int = 1) -> Decoded:
    """North's admin publishes ``numerator`` units a point, to start ``in_ms`` after the block."""
    since = ledger.context().time + in_ms if in_ms else 0
    action = ProgrammeSetRate("north", "bonus", numerator, denominator, since)
    return ledger.act(a_role("north", "admin"), action)


def in_force(ledger: Ledger) -> int:
    programme = ledger.entry(programme_key("north", "bonus"), Programme)
    assert programme is not None
    assert programme.rate is not None
    return programme.rate.numerator


class TestTheRateOfDepositsToCome:
    """[LEDGER-34] [LEDGER-11]"""

    @pytest.mark.parametrize("in_ms", [0, 1, DAY_MS, NOTICE_MS - 1])
    def test_a_worse_one_without_full_notice_is_refused(self, ledger: Ledger, in_ms: int) -> None:
        refused(ledger, a_rate(ledger, POINT - 1, in_ms), "rate_notice_short")
        assert in_force(ledger) == POINT

    def test_with_notice_everyone_can_still_deposit_at_the_old_one(self, ledger: Ledger) -> None:
        done(ledger, a_rate(ledger, POINT // 2, NOTICE_MS))
        ledger.pass_time(NOTICE_MS - 2_000)
        done(ledger, ledger.mint("north", BOB, 100))
        assert ledger.balance(BOB) == 100 * POINT
        ledger.pass_time(1_000)
        assert in_force(ledger) == POINT // 2

    def test_a_fraction_of_a_unit_worse_is_worse(self, ledger: Ledger) -> None:
        """Compared exactly: no rounding in anyone's favour."""
        a_hair = a_rate(ledger, 9_999 * 100_000 + 99_999, denominator=100_000)
        refused(ledger, a_hair, "rate_notice_short")

    def test_a_better_one_cannot_be_taken_back_without_notice(self, ledger: Ledger) -> None:
        """Bait: up today, down tomorrow. The comparison is with the newest that was published."""
        done(ledger, a_rate(ledger, 2 * POINT))
        refused(ledger, a_rate(ledger, POINT), "rate_notice_short")
        assert in_force(ledger) == 2 * POINT

    def test_nor_can_one_that_was_announced_and_is_not_in_force_yet(self, ledger: Ledger) -> None:
        done(ledger, a_rate(ledger, 2 * POINT, 10 * DAY_MS))
        refused(ledger, a_rate(ledger, POINT, 11 * DAY_MS), "rate_notice_short")
        refused(ledger, a_rate(ledger, POINT, 5 * DAY_MS), "rate_unordered")
        ledger.pass_time(10 * DAY_MS + 1_000)
        assert in_force(ledger) == 2 * POINT

    def test_one_notice_does_not_cover_the_next_step_down(self, ledger: Ledger) -> None:
        done(ledger, a_rate(ledger, POINT - 1, NOTICE_MS))
        ledger.pass_time(NOTICE_MS + 1_000)
        refused(ledger, a_rate(ledger, POINT - 2), "rate_notice_short")

    def test_nobody_else_sets_it(self, ledger: Ledger) -> None:
        action = ProgrammeSetRate("north", "bonus", 1, 1, 0)
        for code, role in (("east", "admin"), ("north", "issuer"), ("vault", "custodian")):
            refused(ledger, ledger.act(a_role(code, role), action), "not_admin")

    def test_every_rate_and_when_it_was_announced_is_on_record_for_ever(
        self, ledger: Ledger
    ) -> None:
        """Nothing happens silently: the history is in the state, entry by entry."""
        done(ledger, a_rate(ledger, POINT + 5))
        done(ledger, a_rate(ledger, POINT, NOTICE_MS))
        ledger.pass_time(400 * DAY_MS)
        told = [
            ledger.entry(rate_key("north", "bonus", place), PublishedRate) for place in range(3)
        ]
        assert [rate.rate.numerator for rate in told if rate] == [POINT, POINT + 5, POINT]
        assert all(rate.published <= rate.rate.since for rate in told if rate)

    def test_the_issuer_cannot_give_less_than_the_rate(self, ledger: Ledger) -> None:
        """[LEDGER-6] [LEDGER-7] Neither by the amount nor by rounding."""
        for amount in (100 * POINT - 1, 1, 100 * POINT + 1):
            mint = ledger.mint("north", BOB, 100, amount=amount)
            refused(ledger, mint, "rate_mismatch")


class TestLiqBonThatExist:
    def test_no_rate_that_starts_moves_a_balance(self, ledger: Ledger) -> None:
        before = balances(ledger.state)
        done(ledger, a_rate(ledger, 1, NOTICE_MS))
        ledger.pass_time(NOTICE_MS + DAY_MS)
        assert in_force(ledger) == 1
        assert balances(ledger.state) == before

    def test_an_invoice_costs_what_it_says_whatever_points_are_worth(self, ledger: Ledger) -> None:
        """[LEDGER-18] Spending knows no rate: 100 LiqBon pay invoices of 100 LiqBon."""
        done(ledger, a_rate(ledger, 1, NOTICE_MS))
        ledger.pass_time(NOTICE_MS + DAY_MS)
        for code in ("north", "east", "south", "west"):
            done(ledger, ledger.redeem(ANN, ledger.invoice(code, 25 * MICRO)))
        assert ledger.balance(ANN) == 0

    def test_what_north_minted_is_worth_what_east_minted(self, ledger: Ledger) -> None:
        """One unit for all: nothing in a balance says whose programme it came from, so nobody can
        devalue a part of it."""
        ledger.give(ANN, 50 * MICRO, "east")
        mixed = ledger.account(ANN)
        assert mixed is not None
        pure = Ledger()
        pure.give(ANN, 150 * MICRO, "north")
        assert pure.account(ANN) == replace(mixed, balance=150 * MICRO)

    def test_minting_without_end_at_a_mad_rate_is_bounded_by_what_stands_behind_it(
        self, ledger: Ledger
    ) -> None:
        """[LEDGER-8] The other way to devalue is to print: a better rate is free, LiqBon is not."""
        done(ledger, a_rate(ledger, 2**32 - 1))
        refused(ledger, ledger.mint("north", BOB, 100, amount=100 * (2**32 - 1)), "limit_exceeded")
