"""How it is done elsewhere: points that were not used for a year are gone.

Here: no record of an account holds a time, nothing that falls due touches a balance [LEDGER-1], and
no entry of an account is ever deleted [STATE-3].
"""

from __future__ import annotations

import pytest

from primitives.amount import MICRO
from primitives.entries import Account, Channel, DueItem
from tests.attacks.scenes import ANN, BOB, balances, done
from tests.builders import DAY_MS
from tests.ledger import Ledger

YEAR_MS = 365 * DAY_MS


@pytest.fixture
def ledger() -> Ledger:
    """Ann has 100 LiqBon."""
    ledger = Ledger()
    ledger.give(ANN, 100 * MICRO)
    return ledger


@pytest.mark.parametrize("years", [1, 2, 10, 60])
def test_years_without_a_movement_take_nothing(ledger: Ledger, years: int) -> None:
    """All the while cycles close and reserves lapse; her record is the same to the byte."""
    before = ledger.account(ANN)
    for _ in range(years):
        ledger.pass_time(YEAR_MS)
    assert ledger.account(ANN) == before
    assert ledger.scan().supply == 100 * MICRO


def test_what_was_forgotten_for_years_is_spent_like_new_money(ledger: Ledger) -> None:
    for _ in range(10):
        ledger.pass_time(YEAR_MS)
    done(ledger, ledger.transfer(ANN, (BOB, 40 * MICRO)))
    done(ledger, ledger.redeem(ANN, ledger.invoice("north", 30 * MICRO)))
    done(ledger, ledger.redeem(BOB, ledger.invoice("east", 40 * MICRO)))
    assert ledger.balance(ANN) == 30 * MICRO


def test_a_days_passing_is_the_same_as_any_other_days(ledger: Ledger) -> None:
    """Day by day over more than a year, through every deadline that the partners have."""
    for _ in range(400):
        before = balances(ledger.state)
        ledger.pass_time(DAY_MS)
        assert balances(ledger.state) == before


def test_there_is_no_place_in_an_account_for_a_date() -> None:
    """[STATE-5] Who wanted to let balances expire would have to change the protocol first."""
    assert Account.__struct_fields__ == ("balance", "channels", "sequence", "last")
    assert Channel.__struct_fields__ == ("sequence", "last")


def test_nothing_that_falls_due_names_an_account() -> None:
    """[STATE-7] The calendar knows partners, programmes and cycles."""
    for kind in DueItem.__args__:
        fields = dict.fromkeys(kind.__struct_fields__)
        assert not fields.keys() & {"account", "to", "sender", "payer", "owner"}, kind


def test_a_balance_too_small_to_open_an_account_is_still_its_owners(ledger: Ledger) -> None:
    """Dust is not swept: one unit stays one unit, and can be paid on."""
    done(ledger, ledger.transfer(ANN, (BOB, 100 * MICRO - 1)))
    ledger.pass_time(YEAR_MS)
    assert ledger.balance(ANN) == 1
    done(ledger, ledger.transfer(ANN, (BOB, 1)))
    assert ledger.balance(BOB) == 100 * MICRO
