"""How it is done elsewhere: the same points are booked off twice, the same bonus is promised twice.

Here: a deposit, an invoice and a refund are each used once, for ever [LEDGER-12], and at every step
all balances are all that was minted and refunded less all that was redeemed [LEDGER-2].
"""

from __future__ import annotations

import pytest

from primitives.amount import MICRO
from primitives.entries import Redemption, SettlementCycle, cycle_key, redemption_key
from tests.attacks.scenes import (
    ANN,
    BOB,
    CYCLE_MS,
    DEBT,
    POINT,
    a_market,
    done,
    in_lanes,
    refused,
    texts,
)
from tests.builders import CODES, DAY_MS, PARAMETERS
from tests.ledger import Ledger


@pytest.fixture
def ledger() -> Ledger:
    """Ann and Bob have 100 LiqBon each."""
    ledger = Ledger()
    for person in (ANN, BOB):
        ledger.give(person, 100 * MICRO)
    return ledger


class TestAgainstTheCustomer:
    def test_one_purchase_is_paid_once(self, ledger: Ledger) -> None:
        """[LEDGER-17] The till that says "it did not go through, once more please"."""
        invoice = ledger.invoice("east", 10 * MICRO)
        done(ledger, ledger.redeem(ANN, invoice))
        refused(ledger, ledger.redeem(ANN, invoice), "invoice_used")
        ledger.pass_time(DAY_MS)
        assert ledger.balance(ANN) == 90 * MICRO

    def test_even_when_she_pays_twice_in_one_block(self, ledger: Ledger) -> None:
        invoice = ledger.invoice("east", 10 * MICRO)
        pair = [ledger.redeem(ANN, invoice, sequence=i) for i in range(2)]
        assert texts(in_lanes(ledger, (0, pair[0]), (3, pair[1]))) == ["done", "invoice_used"]
        assert ledger.balance(ANN) == 90 * MICRO

    def test_even_when_two_pay_the_same_bill(self, ledger: Ledger) -> None:
        bill = ledger.invoice("east", 10 * MICRO)
        pair = [ledger.redeem(person, bill) for person in (ANN, BOB)]
        assert texts(in_lanes(ledger, (0, pair[1]), (1, pair[0]))) == ["done", "invoice_used"]
        assert (ledger.balance(ANN), ledger.balance(BOB)) == (100 * MICRO, 90 * MICRO)

    def test_her_points_are_not_booked_off_for_less_than_they_are_worth(
        self, ledger: Ledger
    ) -> None:
        """[LEDGER-7] One deposit, one mint, at the rate in force, to the unit."""
        refused(ledger, ledger.mint("north", ANN, 100, amount=50 * POINT), "rate_mismatch")
        done(ledger, ledger.mint("north", ANN, 100, reference="her receipt"))
        refused(ledger, ledger.mint("north", ANN, 100, reference="her receipt"), "commitment_used")


class TestAgainstTheOthers:
    """[LEDGER-19] What a friendly cashier might do for a friend, at the pool's expense."""

    def test_one_refund_is_given_once(self, ledger: Ledger) -> None:
        invoice = ledger.invoice("east", 10 * MICRO)
        done(ledger, ledger.redeem(ANN, invoice))
        done(ledger, ledger.refund("east", invoice.id, 4 * MICRO, refund="desk 1"))
        again = ledger.refund("east", invoice.id, 4 * MICRO, refund="desk 1")
        refused(ledger, again, "refund_used")
        assert ledger.balance(ANN) == 94 * MICRO

    def test_parts_do_not_add_up_to_more_than_the_whole(self, ledger: Ledger) -> None:
        invoice = ledger.invoice("east", 10 * MICRO)
        done(ledger, ledger.redeem(ANN, invoice))
        for _ in range(3):
            done(ledger, ledger.refund("east", invoice.id, 3 * MICRO))
        refused(ledger, ledger.refund("east", invoice.id, MICRO + 1), "refund_exceeded")
        done(ledger, ledger.refund("east", invoice.id, MICRO))
        refused(ledger, ledger.refund("east", invoice.id, 1), "refund_exceeded")
        used = ledger.entry(redemption_key("east", invoice.id), Redemption)
        assert used is not None
        assert used.refunded == used.amount == 10 * MICRO
        assert ledger.balance(ANN) == 100 * MICRO

    def test_a_refund_needs_a_purchase_and_goes_to_who_paid(self, ledger: Ledger) -> None:
        never = ledger.invoice("east", 10 * MICRO)
        refused(ledger, ledger.refund("east", never.id, MICRO), "invoice_unknown")
        gift = ledger.invoice("east", 10 * MICRO)
        done(ledger, ledger.redeem(BOB, gift))
        done(ledger, ledger.refund("east", gift.id, 10 * MICRO))
        assert (ledger.balance(ANN), ledger.balance(BOB)) == (100 * MICRO, 100 * MICRO)

    def test_a_purchase_elsewhere_cannot_be_refunded_here(self, ledger: Ledger) -> None:
        invoice = ledger.invoice("east", 10 * MICRO)
        done(ledger, ledger.redeem(ANN, invoice))
        refused(ledger, ledger.refund("west", invoice.id, MICRO), "invoice_unknown")


class TestBetweenPartners:
    def test_a_debt_is_claimed_in_one_cycle_and_no_other(self) -> None:
        """[LEDGER-27] [LEDGER-28] While it is open it is expected, so the next cycle leaves it."""
        ledger = a_market(reserve=0)
        for cycle in (2, 3, 4):
            ledger.pass_time(CYCLE_MS)
            closed = ledger.entry(cycle_key(cycle), SettlementCycle)
            assert closed is not None
            assert closed.obligations == 0
        assert ledger.position("east").receivable == DEBT

    def test_it_is_paid_once_however_often_it_is_said(self) -> None:
        """[LEDGER-31]"""
        ledger = a_market()
        done(ledger, ledger.pay(1, 0))
        done(ledger, ledger.confirm(1, 0))
        refused(ledger, ledger.confirm(1, 0), "obligation_settled")
        refused(ledger, ledger.pay(1, 0), "obligation_settled")
        refused(ledger, ledger.statement(1, 0, paid=True), "obligation_settled")
        ledger.pass_time(PARAMETERS.payment_term_ms)
        east = ledger.position("east")
        assert (east.received, east.receivable, east.net) == (DEBT, 0, 0)

    def test_every_unit_is_in_one_balance_and_owed_by_somebody(self, ledger: Ledger) -> None:
        """[LEDGER-2] [LEDGER-3] Through a whole circle: deposit, payment, purchase, refund,
        settlement."""
        invoice = ledger.invoice("east", 80 * MICRO)
        done(ledger, ledger.redeem(ANN, invoice))
        done(ledger, ledger.refund("east", invoice.id, 30 * MICRO))
        ledger.pass_time(CYCLE_MS)
        done(ledger, ledger.pay(1, 0))
        done(ledger, ledger.confirm(1, 0))
        held = ledger.balance(ANN) + ledger.balance(BOB)
        assert held == 150 * MICRO == ledger.scan().supply
        assert sum(ledger.position(code).net for code in CODES) == held
