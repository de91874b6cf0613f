"""How it is done elsewhere: the reward is "currently unavailable", at the one shop that takes it.

Here: a partner need not take LiqBon, and nobody needs that partner: any other will do, and people
can pay each other [LEDGER-18]. A validator that does not order a payment is gone around through
another's lane [LIVE-7].
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from primitives.actions import LowerClaimBound, Redeem, invoice_message
from primitives.amount import MICRO
from primitives.receipt import Skip
from tests.attacks.scenes import (
    ANN,
    BOB,
    besiege,
    done,
    honest_seeds,
    refused,
)
from tests.builders import HOUR_MS, PARAMETERS, a_genesis, a_person, a_role
from tests.ledger import Ledger


@pytest.fixture
def ledger() -> Ledger:
    """Ann has 100 LiqBon that north minted. North will not take them back."""
    ledger = Ledger()
    ledger.give(ANN, 100 * MICRO)
    return ledger


class TestAPartnerThatDoesNotTakeThem:
    def test_is_not_needed(self, ledger: Ledger) -> None:
        """It signs no invoice. She spends at three competitors, and pays a friend."""
        for where in ("east", "south", "west"):
            done(ledger, ledger.redeem(ANN, ledger.invoice(where, 25 * MICRO)))
        done(ledger, ledger.transfer(ANN, (BOB, 25 * MICRO)))

    def test_owes_for_them_all_the_same(self, ledger: Ledger) -> None:
        """[LEDGER-27] Refusing at the till does not save it a penny: whoever honours them is owed
        by it when the cycle closes."""
        done(ledger, ledger.redeem(ANN, ledger.invoice("east", 60 * MICRO)))
        ledger.pass_time(PARAMETERS.settlement_cycle_ms)
        owed = ledger.obligation(1, 0)
        assert (owed.debtor, owed.creditor, owed.amount) == ("north", "east", 60 * MICRO)

    def test_that_bounds_its_claims_blocks_nobody_from_the_others(self, ledger: Ledger) -> None:
        """[LEDGER-21] East lowers K to nothing: its own till closes, and hers is open elsewhere."""
        done(ledger, ledger.act(a_role("east", "admin"), LowerClaimBound("east", 0)))
        refused(ledger, ledger.redeem(ANN, ledger.invoice("east", MICRO)), "claim_bound_exceeded")
        done(ledger, ledger.redeem(ANN, ledger.invoice("south", MICRO)))

    def test_cannot_lower_it_below_what_it_minted_itself(self, ledger: Ledger) -> None:
        """[LEDGER-17] K bounds what others owe it; what it owes the pool is redeemable at K = 0."""
        done(ledger, ledger.act(a_role("north", "admin"), LowerClaimBound("north", 0)))
        done(ledger, ledger.redeem(ANN, ledger.invoice("north", 100 * MICRO)))

    def test_cannot_keep_another_partners_cashier_from_asking(self, ledger: Ledger) -> None:
        """An invoice needs its own cashier's signature and nobody else's leave."""
        invoice = ledger.invoice("west", MICRO)
        signed = a_role("west", "cashier").endorse(invoice_message(ledger.chain, invoice))
        done(ledger, ledger.act(ANN, Redeem(invoice, signed)))


class TestARefusalAtTheTill:
    """[LEDGER-13] Whatever goes wrong there costs the customer nothing."""

    def test_an_invoice_that_ran_out_is_asked_for_anew(self, ledger: Ledger) -> None:
        old = ledger.invoice("east", MICRO)
        ledger.pass_time(2 * HOUR_MS)
        refused(ledger, ledger.redeem(ANN, old), "invoice_expired")
        done(ledger, ledger.redeem(ANN, ledger.invoice("east", MICRO)))

    def test_a_broken_till_does_not_take_what_it_cannot_book(self, ledger: Ledger) -> None:
        stranger = a_role("east", "issuer")
        wrong = ledger.redeem(ANN, ledger.invoice("east", MICRO), cashier=stranger)
        refused(ledger, wrong, "not_cashier")
        refused(ledger, ledger.redeem(ANN, ledger.invoice("nobody", MICRO)), "partner_unknown")
        assert ledger.balance(ANN) == 100 * MICRO

    def test_more_than_she_has_is_refused_whole(self, ledger: Ledger) -> None:
        dear = ledger.invoice("east", 100 * MICRO + 1)
        refused(ledger, ledger.redeem(ANN, dear), "balance_too_low")
        done(ledger, ledger.redeem(ANN, ledger.invoice("east", 100 * MICRO)))


class TestAValidatorThatDoesNotOrderThem:
    def test_an_exhausted_lane_is_left_for_another(self) -> None:
        """[LEDGER-14] The same bytes, in another lane, an instant later."""
        tight = replace(PARAMETERS, entries_per_lane_and_day=257)
        ledger = Ledger(a_genesis(parameters=tight))
        for someone in (ANN, BOB):
            ledger.give(someone, 100 * MICRO)
        crowd = [(a_person(f"newcomer {i}"), 10_000) for i in range(255)]
        done(ledger, ledger.transfer(BOB, *crowd), lane=2)
        for _ in range(2):
            done(ledger, ledger.redeem(ANN, ledger.invoice("south", MICRO)), lane=2)
        redeem = ledger.redeem(ANN, ledger.invoice("south", MICRO))
        assert ledger.send(redeem, lane=2) == Skip.LANE_EXHAUSTED
        done(ledger, redeem, lane=0)

    @pytest.mark.parametrize("seed", honest_seeds(4))
    @pytest.mark.parametrize("byzantine", [0, 2])
    def test_a_censor_delays_and_stops_nothing(self, seed: int, byzantine: int) -> None:
        """[LIVE-7] It takes nothing in, and orders nothing of what others took in, whenever it
        leads. Every customer asks the next node, and every payment is made."""
        siege = besiege("censor", seed, byzantine)
        siege.assert_all_wishes_were_done()
