"""A partner that was removed does what it still can against those who removed it.

It has no vote, no seat and no credit any more [LEDGER-53], [LEDGER-65]. What is left to it are
words about what it owes and is owed, and its own reserve: none of that costs the others more than
it owed them already, and none of it keeps them from bearing the loss and going on [LEDGER-72].
"""

from __future__ import annotations

import pytest

from primitives.amount import MICRO
from primitives.entries import ObligationStatus
from primitives.governance import (
    Declare,
    ProposalStatus,
    RemovePartner,
    ReplaceAdmin,
    ShareObligation,
    SharePosition,
)
from primitives.membership import PartnerStatus
from tests.attacks.scenes import ANN, balances, done, refused
from tests.builders import DAY_MS, PARAMETERS, a_person
from tests.ledger import Ledger
from tests.settling import ALICE, OWED, SHORT, TERM, overdue, owing
from tests.voting import TIMELOCK, an_exit, executed, passed, proposed

LEFT_OVER = 10 * MICRO
"""What north's reserve of 20 LiqBon did not pay of the 30 that it owes."""


@pytest.fixture
def ledger() -> Ledger:
    """North owes east 10 LiqBon more than its reserve held, and was removed."""
    ledger = overdue(owing(SHORT))
    executed(ledger, RemovePartner("north"), "south")
    assert ledger.obligation(1, 0).outstanding == LEFT_OVER
    return ledger


def test_it_issues_nothing_more(ledger: Ledger) -> None:
    refused(ledger, ledger.mint("north", ANN, 1), "partner_leaving")
    refused(ledger, ledger.redeem(ALICE, ledger.invoice("north", 1)), "partner_leaving")


def test_it_takes_nothing_back_that_something_stands_on(ledger: Ledger) -> None:
    """[LEDGER-25] What it puts in is there for what it owes."""
    done(ledger, ledger.attest("north", 5 * MICRO))
    ledger.pass_time(PARAMETERS.increase_delay_ms)
    refused(ledger, ledger.release("north", 1), "reserve_needed")


def test_it_neither_proposes_nor_votes_nor_comes_back(ledger: Ledger) -> None:
    id_ = proposed(ledger, Declare(bytes(32), ""), "south")
    refused(ledger, ledger.vote("north", id_), "partner_leaving")
    refused(ledger, ledger.propose("north", Declare(bytes(32), "")), "partner_leaving")
    refused(ledger, an_exit(ledger, "north"), "partner_leaving")
    for by in ("south", "east"):
        refused(ledger, ledger.propose(by, RemovePartner("north")), "partner_leaving")


def test_it_cannot_put_its_debt_off_for_ever(ledger: Ledger) -> None:
    """It claims to have paid whenever it is overdue, is denied each time, and in the end shared."""
    for _ in range(3):
        done(ledger, ledger.pay(1, 0))
        done(ledger, ledger.dispute(1, 0))
        done(ledger, ledger.statement(1, 0, paid=False))
    id_ = passed(ledger, ShareObligation(1, 0), "south")
    before = balances(ledger.state)
    done(ledger, ledger.pay(1, 0))
    ledger.pass_time(TIMELOCK)
    assert ledger.proposal(id_).status == ProposalStatus.EXECUTED
    assert ledger.obligation(1, 0).status == ObligationStatus.SETTLED
    assert balances(ledger.state) == before


def test_the_reserves_of_others_pay_for_it_up_to_the_share_and_no_more(ledger: Ledger) -> None:
    """[LEDGER-55] However often it is drawn: south and west hold 20 LiqBon each, a tenth is 4."""
    for _ in range(8):
        ledger.pass_time(TERM)
    reserves = [ledger.limits(code).terms.reserve for code in ("south", "west")]
    assert sum(reserves) == 36 * MICRO
    assert ledger.obligation(1, 0).outstanding == LEFT_OVER - 4 * MICRO
    for _ in range(6):
        done(ledger, ledger.pay(1, 0))
        done(ledger, ledger.dispute(1, 0))
        done(ledger, ledger.statement(1, 0, paid=False))
    assert [ledger.limits(code).terms.reserve for code in ("south", "west")] == reserves
    ledger.scan()


def test_what_it_is_owed_it_is_paid_and_no_more() -> None:
    """As a creditor it may deny payments: the judge, or the partners, say that they were made."""
    ledger = owing()
    executed(ledger, RemovePartner("east"), "south")
    done(ledger, ledger.pay(1, 0))
    done(ledger, ledger.dispute(1, 0))
    done(ledger, ledger.statement(1, 0, paid=True))
    assert ledger.limits("north").earmarked == 0
    assert ledger.limits("north").terms.reserve == 100 * MICRO
    refused(ledger, ledger.confirm(1, 0), "obligation_settled")


def test_it_gives_back_no_more_than_was_spent_and_its_reserve_covers() -> None:
    """[LEDGER-19] A refund makes LiqBon; that they are covered is what a limit is for."""
    ledger = Ledger()
    ledger.give(ALICE, OWED, "east")
    bill = ledger.invoice("north", OWED)
    done(ledger, ledger.redeem(ALICE, bill))
    executed(ledger, RemovePartner("north"), "south")
    refused(ledger, ledger.refund("north", bill.id, OWED + 1), "refund_exceeded")
    done(ledger, ledger.refund("north", bill.id, OWED))
    assert ledger.balance(ALICE) == OWED
    assert ledger.position("north").net == 0


def test_the_loss_is_borne_and_it_is_gone(ledger: Ledger) -> None:
    """[LEDGER-54], [LEDGER-73]"""
    executed(ledger, ShareObligation(1, 0), "south")
    for _ in range(3):
        ledger.pass_time(ledger.genesis.parameters.settlement_cycle_ms)
    assert ledger.partner("north").status == PartnerStatus.LEFT
    refused(ledger, ledger.propose("south", SharePosition("north", 1)), "partner_stays")
    ledger.scan()


def test_whose_keys_were_stolen_is_given_back_even_now(ledger: Ledger) -> None:
    """[LEDGER-66] Its thief gains nothing by having been removed."""
    heir = a_person("the owner")
    executed(ledger, ReplaceAdmin("north", heir.account), "south")
    refused(ledger, ledger.pay(1, 0), "not_debtor")
    done(ledger, ledger.pay(1, 0, sender=heir, valid_until=ledger.time + DAY_MS))
