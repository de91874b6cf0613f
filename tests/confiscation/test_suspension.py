"""How it is done elsewhere: the programme is "temporarily suspended", and with it what one has.

Here: what can be suspended is that a partner makes new LiqBon. What customers have, they pay with,
at that partner's till too [LEDGER-10] [LEDGER-35] [LEDGER-36].
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from primitives.actions import LowerClaimBound, ProgrammePause, SetDailyCaps
from primitives.amount import MICRO
from tests.attacks.scenes import ANN, BOB, a_market, balances, done, refused
from tests.builders import CODES, DAY_MS, LIMITS, PARAMETERS, a_genesis, a_role
from tests.ledger import Ledger


def paused() -> Ledger:
    """North takes no deposits any more."""
    ledger = a_market()
    done(ledger, ledger.act(a_role("north", "admin"), ProgrammePause("north", "bonus", True)))
    return ledger


def lapsed() -> Ledger:
    """Nobody has attested a reserve for a year: all that is left is credit."""
    ledger = Ledger(a_genesis(limits=LIMITS))
    ledger.give(ANN, 40 * MICRO)
    ledger.pass_time(365 * DAY_MS)
    assert not ledger.limits("north").reserve_counts
    return ledger


def overdue() -> Ledger:
    """North owes, has no reserve, and does not pay."""
    ledger = a_market(reserve=0)
    ledger.pass_time(PARAMETERS.payment_term_ms)
    assert ledger.limits("north").overdue == 1
    return ledger


def capped() -> Ledger:
    """North lets its keys do nothing today."""
    ledger = a_market()
    done(ledger, ledger.act(a_role("north", "admin"), SetDailyCaps("north", 0, 0)))
    return ledger


SUSPENSIONS: dict[Callable[[], Ledger], str | None] = {
    paused: "programme_paused",
    overdue: "minting_suspended",
    capped: "daily_cap_exceeded",
    lapsed: None,
}


@pytest.mark.parametrize("suspend", SUSPENSIONS, ids=lambda s: s.__name__)
class TestWhateverIsSuspended:
    def test_only_new_liqbon_is(self, suspend: Callable[[], Ledger]) -> None:
        ledger = suspend()
        mint = ledger.mint("north", BOB, 100)
        code = SUSPENSIONS[suspend]
        if code is not None:
            refused(ledger, mint, code)
        beyond = ledger.mint("north", BOB, 2_000_000)
        refused(ledger, beyond, code or "limit_exceeded")

    def test_ann_pays_bob_with_what_north_once_minted(self, suspend: Callable[[], Ledger]) -> None:
        ledger = suspend()
        done(ledger, ledger.transfer(ANN, (BOB, 40 * MICRO)))
        assert ledger.balance(BOB) == 40 * MICRO

    @pytest.mark.parametrize("where", CODES)
    def test_she_spends_it_anywhere_at_norths_till_too(
        self, suspend: Callable[[], Ledger], where: str
    ) -> None:
        ledger = suspend()
        done(ledger, ledger.redeem(ANN, ledger.invoice(where, 40 * MICRO)))
        assert ledger.balance(ANN) == 0

    def test_waiting_does_not_make_it_worse(self, suspend: Callable[[], Ledger]) -> None:
        ledger = suspend()
        before = balances(ledger.state)
        ledger.pass_time(365 * DAY_MS)
        assert balances(ledger.state) == before


def test_everything_at_once_at_everyone_leaves_payments_alone() -> None:
    """Every programme paused, every cap and claim bound at zero, every reserve lapsed: people go
    on paying each other."""
    ledger = a_market()
    for code in CODES:
        admin = a_role(code, "admin")
        done(ledger, ledger.act(admin, ProgrammePause(code, "bonus", True)))
        done(ledger, ledger.act(admin, SetDailyCaps(code, 0, 0)))
        done(ledger, ledger.act(admin, LowerClaimBound(code, 0)))
    ledger.pass_time(365 * DAY_MS)
    done(ledger, ledger.transfer(ANN, (BOB, 15 * MICRO)))
    done(ledger, ledger.transfer(BOB, (ANN, 5 * MICRO)))
    assert (ledger.balance(ANN), ledger.balance(BOB)) == (30 * MICRO, 10 * MICRO)


def test_a_pause_ends_and_was_public() -> None:
    """[LEDGER-35]"""
    ledger = paused()
    done(ledger, ledger.act(a_role("north", "admin"), ProgrammePause("north", "bonus", False)))
    done(ledger, ledger.mint("north", BOB, 100))
