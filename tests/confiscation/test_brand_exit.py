"""How it is done elsewhere: the brand leaves the coalition, and its points leave with it.

Here: north is gone. Its keys sign nothing, its node answers nothing, its debts are not paid. The
LiqBon that it minted is everybody's, and is spent at the others [LEDGER-36]; the network goes on
without it [LIVE-7]. Or it leaves as the rules say, or the others have it leave: then what it
issued is covered, or is theirs to bear [LEDGER-53], [LEDGER-65].
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from primitives.amount import MICRO
from primitives.entries import ObligationStatus
from primitives.governance import RemovePartner
from primitives.membership import PartnerStatus
from tests.attacks.scenes import (
    ANN,
    BOB,
    DEBT,
    a_market,
    balances,
    besiege,
    done,
    honest_seeds,
    refused,
)
from tests.builders import DAY_MS, PARAMETERS
from tests.ledger import Ledger
from tests.simulation.adversaries.deserter import Deserter
from tests.voting import an_exit, executed

GONE = "north"
YEAR_MS = 365 * DAY_MS


def test_what_it_minted_is_spent_at_the_others_years_later() -> None:
    ledger = Ledger()
    ledger.give(ANN, 100 * MICRO, GONE)
    for _ in range(3):
        ledger.pass_time(YEAR_MS)
    for where in ("east", "south", "west"):
        done(ledger, ledger.redeem(ANN, ledger.invoice(where, 20 * MICRO)))
    done(ledger, ledger.transfer(ANN, (BOB, 40 * MICRO)))
    assert (ledger.balance(ANN), ledger.balance(BOB)) == (0, 40 * MICRO)


def test_its_reserve_pays_its_debts_without_its_signature() -> None:
    """[LEDGER-31] East honoured 60 LiqBon that north had minted; north never answers again."""
    ledger = a_market()
    ledger.pass_time(PARAMETERS.payment_term_ms)
    assert ledger.obligation(1, 0).status == ObligationStatus.SETTLED
    assert ledger.position("east").received == DEBT
    assert ledger.limits(GONE).terms.reserve == 50_000 * MICRO - DEBT


def test_what_the_reserve_does_not_cover_is_the_creditors_loss_never_a_customers() -> None:
    """[LEDGER-36] The known cost of a brand that leaves without paying: it is the retailers'."""
    ledger = a_market(reserve=10 * MICRO)
    before = balances(ledger.state)
    ledger.pass_time(PARAMETERS.payment_term_ms)
    owed = ledger.obligation(1, 0)
    assert (owed.status, owed.outstanding) == (ObligationStatus.OVERDUE, DEBT - 10 * MICRO)
    ledger.pass_time(YEAR_MS)
    assert balances(ledger.state) == before
    assert ledger.balance(ANN) == 40 * MICRO
    done(ledger, ledger.redeem(ANN, ledger.invoice("east", 40 * MICRO)))
    refused(ledger, ledger.mint(GONE, BOB, 1), "minting_suspended")


def test_the_others_square_their_accounts_without_it() -> None:
    """[LEDGER-27] An unpaid debt is carried, not counted again: later cycles settle what is new."""
    ledger = a_market(reserve=0)
    ledger.give(BOB, 30 * MICRO, "south")
    done(ledger, ledger.redeem(BOB, ledger.invoice("west", 30 * MICRO)))
    ledger.pass_time(7 * DAY_MS)
    cycle = 2
    later = [ledger.obligation(cycle, place) for place in range(2)]
    assert sum(o.amount for o in later) == 30 * MICRO
    assert {o.creditor for o in later} == {"west"}
    assert ledger.obligation(1, 0).outstanding == DEBT


def leaves(ledger: Ledger) -> None:
    """North goes by its own will: its reserve covers what it owes."""
    done(ledger, an_exit(ledger, GONE))


def is_removed(ledger: Ledger) -> None:
    """The others vote north out."""
    executed(ledger, RemovePartner(GONE), by="south")


@pytest.mark.parametrize("go", [leaves, is_removed])
class TestHoweverItGoes:
    """[LEDGER-53] [LEDGER-60]"""

    def test_nobody_has_less(self, go: Callable[[Ledger], None]) -> None:
        ledger = a_market()
        before = balances(ledger.state)
        go(ledger)
        assert ledger.partner(GONE).status == PartnerStatus.RUN_OFF
        for _ in range(10):
            ledger.pass_time(YEAR_MS // 10)
        assert balances(ledger.state) == before

    def test_what_it_minted_is_spent_at_the_others(self, go: Callable[[Ledger], None]) -> None:
        ledger = a_market()
        go(ledger)
        refused(ledger, ledger.redeem(ANN, ledger.invoice(GONE, MICRO)), "partner_leaving")
        for where in ("east", "south", "west"):
            done(ledger, ledger.redeem(ANN, ledger.invoice(where, 10 * MICRO)))
        done(ledger, ledger.transfer(ANN, (BOB, 10 * MICRO)))

    def test_what_was_spent_there_is_given_back(self, go: Callable[[Ledger], None]) -> None:
        """[LEDGER-19] Its cash desk can still refund, within what stands behind it."""
        ledger = a_market()
        bill = ledger.invoice(GONE, MICRO)
        done(ledger, ledger.redeem(ANN, bill))
        go(ledger)
        done(ledger, ledger.refund(GONE, bill.id, MICRO))
        assert ledger.balance(ANN) == 40 * MICRO

    def test_its_reserve_pays_what_it_owes_and_then_it_has_left(
        self, go: Callable[[Ledger], None]
    ) -> None:
        """[LEDGER-54] Once the last of its LiqBon was spent, and that was paid for."""
        ledger = a_market()
        go(ledger)
        done(ledger, ledger.redeem(ANN, ledger.invoice("east", 40 * MICRO)))
        for _ in range(4):
            ledger.pass_time(7 * DAY_MS)
        assert ledger.partner(GONE).status == PartnerStatus.LEFT
        assert ledger.limits(GONE).terms.reserve == (50_000 - 100) * MICRO
        assert ledger.position("east").received == 100 * MICRO
        ledger.scan()


@pytest.mark.parametrize("seed", honest_seeds(4))
@pytest.mark.parametrize("byzantine", [0, 2])
def test_its_node_is_switched_off_for_ever_and_three_go_on(seed: int, byzantine: int) -> None:
    """[LIVE-7] Every payment of its customers is made, through the lanes of the others."""
    siege = besiege("deserter", seed, byzantine)
    assert isinstance(siege.adversary, Deserter)
    siege.assert_all_wishes_were_done()
