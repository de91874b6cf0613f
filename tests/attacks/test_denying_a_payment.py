"""A creditor was paid in money and says that it was not, to be paid twice or to harm its debtor.

The settlement custodian's word ends it [LEDGER-32]. Denying moves no position, and no balance of a
customer ever [LEDGER-36].
"""

from __future__ import annotations

import pytest

from primitives.amount import MICRO
from primitives.entries import ObligationStatus
from primitives.receipt import ObligationSettled, ReserveDrawn
from tests.attacks.scenes import ANN, BOB, DEBT, a_market, balances, done, refused
from tests.builders import DAY_MS, PARAMETERS, a_role
from tests.ledger import Ledger

PAID = 1, 0
"""The obligation: cycle and place."""
DEBTOR, CREDITOR = "north", "east"


@pytest.fixture
def ledger() -> Ledger:
    """North paid what it owes east, and said so."""
    ledger = a_market()
    done(ledger, ledger.pay(*PAID))
    return ledger


def status(ledger: Ledger) -> ObligationStatus:
    return ledger.obligation(*PAID).status


def nets(ledger: Ledger) -> tuple[int, int]:
    return ledger.position(DEBTOR).net, ledger.position(CREDITOR).net


class TestWhenTheCustodianSpeaks:
    def test_the_statement_settles_it_and_the_denial_gained_nothing(self, ledger: Ledger) -> None:
        """[LEDGER-31] The same positions, limits and reserves as if it had been confirmed."""
        honest = a_market()
        done(honest, honest.pay(*PAID))
        done(honest, honest.confirm(*PAID))
        done(ledger, ledger.dispute(*PAID))
        assert nets(ledger) == (100 * MICRO, -DEBT), "a denial moves no position"
        done(ledger, ledger.statement(*PAID, paid=True))
        assert status(ledger) == ObligationStatus.SETTLED
        for code in (DEBTOR, CREDITOR):
            assert ledger.position(code) == honest.position(code)
            assert ledger.limits(code) == honest.limits(code)

    def test_while_it_lasts_the_debtor_goes_on_minting(self, ledger: Ledger) -> None:
        """A denial is no weapon: what is held is reserve, and it counts all the while."""
        done(ledger, ledger.dispute(*PAID))
        limits = ledger.limits(DEBTOR)
        assert (limits.earmarked, limits.overdue) == (DEBT, 0)
        done(ledger, ledger.mint(DEBTOR, BOB, 1_000))

    def test_nobody_else_can_speak_for_the_custodian(self, ledger: Ledger) -> None:
        done(ledger, ledger.dispute(*PAID))
        for code, role in (
            (CREDITOR, "admin"),
            (DEBTOR, "admin"),
            ("vault", "custodian"),
            (CREDITOR, "cashier"),
        ):
            for paid in (True, False):
                said = ledger.statement(*PAID, paid=paid, sender=a_role(code, role))
                refused(ledger, said, "not_custodian")

    def test_the_custodian_cannot_take_back_what_is_settled(self, ledger: Ledger) -> None:
        done(ledger, ledger.dispute(*PAID))
        done(ledger, ledger.statement(*PAID, paid=True))
        refused(ledger, ledger.statement(*PAID, paid=False), "obligation_settled")

    def test_nor_say_that_it_was_not_paid_before_anyone_denies_it(self, ledger: Ledger) -> None:
        refused(ledger, ledger.statement(*PAID, paid=False), "not_disputed")


class TestWhoMayDenyAndWhen:
    """[LEDGER-32] Once, in time, by the creditor alone."""

    def test_nobody_denies_what_was_not_claimed(self) -> None:
        ledger = a_market()
        refused(ledger, ledger.dispute(*PAID), "payment_not_claimed")

    def test_nobody_denies_for_the_creditor(self, ledger: Ledger) -> None:
        for code, role in ((DEBTOR, "admin"), ("south", "admin"), (CREDITOR, "issuer")):
            refused(ledger, ledger.dispute(*PAID, sender=a_role(code, role)), "not_creditor")

    def test_denying_again_holds_no_more_and_lasts_no_longer(self, ledger: Ledger) -> None:
        done(ledger, ledger.dispute(*PAID))
        before = ledger.obligation(*PAID)
        ledger.pass_time(DAY_MS)
        for _ in range(3):
            refused(ledger, ledger.dispute(*PAID), "payment_not_claimed")
        assert ledger.obligation(*PAID) == before
        assert ledger.limits(DEBTOR).earmarked == DEBT

    def test_denying_too_late_finds_it_settled(self, ledger: Ledger) -> None:
        """[LEDGER-30] Undisputed days are as good as a confirmation; nobody has to ask for it."""
        ledger.pass_time(PARAMETERS.confirmation_ms)
        assert status(ledger) == ObligationStatus.SETTLED
        assert nets(ledger) == (100 * MICRO - DEBT, 0)
        refused(ledger, ledger.dispute(*PAID), "payment_not_claimed")
        refused(ledger, ledger.confirm(*PAID), "obligation_settled")

    def test_confirming_after_denying_is_allowed_and_ends_it(self, ledger: Ledger) -> None:
        done(ledger, ledger.dispute(*PAID))
        done(ledger, ledger.confirm(*PAID))
        assert status(ledger) == ObligationStatus.SETTLED
        assert ledger.limits(DEBTOR).earmarked == 0


class TestWhenTheCustodianIsSilent:
    """[LEDGER-31] [LEDGER-32] The worst case: it ends all the same, once, and by the reserve."""

    def test_the_reserve_pays_once_and_never_again(self, ledger: Ledger) -> None:
        done(ledger, ledger.dispute(*PAID))
        result = ledger.pass_time(PARAMETERS.dispute_ms)
        events = [event for receipt in result.receipts for event in receipt.events]
        assert ReserveDrawn(DEBTOR, *PAID, DEBT) in events
        assert ObligationSettled(*PAID, DEBT) in events
        assert ledger.limits(DEBTOR).terms.reserve == 50_000 * MICRO - DEBT
        assert nets(ledger) == (100 * MICRO - DEBT, 0)
        after = ledger.limits(DEBTOR).terms.reserve, nets(ledger)
        for _ in range(3):
            refused(ledger, ledger.dispute(*PAID), "payment_not_claimed")
            ledger.pass_time(PARAMETERS.dispute_ms)
        assert (ledger.limits(DEBTOR).terms.reserve, nets(ledger)) == after

    def test_without_a_reserve_a_debtor_is_held_up_until_the_custodian_speaks(self) -> None:
        """The known cost of a custodian that says nothing: the debtor mints nothing meanwhile.
        Its customers' LiqBon, and what they do with it, are the same as ever."""
        ledger = a_market(reserve=0)
        held = balances(ledger.state)
        done(ledger, ledger.pay(*PAID))
        for _ in range(3):
            done(ledger, ledger.dispute(*PAID))
            ledger.pass_time(PARAMETERS.dispute_ms)
            assert status(ledger) == ObligationStatus.OVERDUE
            refused(ledger, ledger.mint(DEBTOR, BOB, 100), "minting_suspended")
            assert nets(ledger) == (100 * MICRO, -DEBT), "denying pays the creditor nothing"
            done(ledger, ledger.pay(*PAID))
        done(ledger, ledger.statement(*PAID, paid=True))
        assert ledger.limits(DEBTOR).overdue == 0
        assert balances(ledger.state) == held
        done(ledger, ledger.mint(DEBTOR, BOB, 100))

    def test_two_debts_do_not_draw_the_same_reserve_twice(self) -> None:
        """What one dispute holds, another obligation cannot take, and the creditor is paid what
        it is owed and no unit more."""
        ledger = a_market(reserve=DEBT)
        done(ledger, ledger.pay(*PAID))
        done(ledger, ledger.dispute(*PAID))
        done(ledger, ledger.redeem(ANN, ledger.invoice("south", 30 * MICRO)))
        ledger.pass_time(7 * DAY_MS)
        assert ledger.obligation(2, 0).creditor == "south"
        ledger.pass_time(PARAMETERS.payment_term_ms)
        assert ledger.obligation(2, 0).status == ObligationStatus.OVERDUE
        assert ledger.obligation(2, 0).outstanding == 30 * MICRO
        assert ledger.limits(DEBTOR).earmarked == DEBT
        ledger.pass_time(PARAMETERS.dispute_ms)
        assert status(ledger) == ObligationStatus.SETTLED
        assert ledger.position(CREDITOR).received == DEBT
        assert ledger.limits(DEBTOR).terms.reserve == 0


def test_customers_do_not_notice_any_of_it(ledger: Ledger) -> None:
    """[LEDGER-36] Claimed, denied, drawn, settled: not one balance moves, and LiqBon is spent."""
    held = balances(ledger.state)
    done(ledger, ledger.dispute(*PAID))
    ledger.pass_time(PARAMETERS.dispute_ms)
    ledger.pass_time(30 * DAY_MS)
    assert balances(ledger.state) == held
    done(ledger, ledger.redeem(ANN, ledger.invoice(CREDITOR, 10 * MICRO)))
    done(ledger, ledger.redeem(ANN, ledger.invoice(DEBTOR, 10 * MICRO)))
