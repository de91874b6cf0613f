"""How it is done elsewhere: the programme was discontinued last month; a notice was on the website.

Here: a programme is closed to new deposits in public, and to nothing else [LEDGER-35]. What it
promised, and every rate it ever had, stays on record [STATE-3]; LiqBon does not remember it.
"""

from __future__ import annotations

import pytest

from primitives.actions import ProgrammePause
from primitives.amount import MICRO
from primitives.entries import Directory, Partner, Prefix, Programme, partner_key, programme_key
from primitives.receipt import ProgrammePaused, Receipt
from tests.attacks.scenes import ANN, BOB, balances, done, refused
from tests.builders import BONUS, CODES, DAY_MS, a_role
from tests.ledger import Ledger

YEAR_MS = 365 * DAY_MS


@pytest.fixture
def ledger() -> Ledger:
    """Ann has 100 LiqBon of north's making; then north closes its only programme."""
    ledger = Ledger()
    ledger.give(ANN, 100 * MICRO)
    close(ledger, "north")
    return ledger


def close(ledger: Ledger, code: str) -> None:
    done(ledger, ledger.act(a_role(code, "admin"), ProgrammePause(code, "bonus", True)))


def test_it_is_public_and_stops_nothing_but_deposits(ledger: Ledger) -> None:
    assert ledger.last is not None
    events = [e for r in ledger.last.receipts for e in r.events]
    assert events == [ProgrammePaused("north", "bonus", True)]
    refused(ledger, ledger.mint("north", BOB, 100), "programme_paused")
    done(ledger, ledger.transfer(ANN, (BOB, 50 * MICRO)))
    done(ledger, ledger.redeem(ANN, ledger.invoice("north", 50 * MICRO)))


def test_what_it_promised_cannot_be_unsaid(ledger: Ledger) -> None:
    """Its terms' hash, its address, its rate: years later they are what they were."""
    for _ in range(5):
        ledger.pass_time(YEAR_MS)
    programme = ledger.entry(programme_key("north", "bonus"), Programme)
    assert programme is not None
    assert (programme.terms_hash, programme.terms_url) == (BONUS.terms_hash, BONUS.terms_url)
    assert programme.rate == BONUS.rates[0]


def test_no_action_deletes_a_programme_a_partner_or_an_account() -> None:
    """[STATE-3] Whatever closes, the entries are there, and the checker of every step holds that
    only what fell due is ever removed."""
    ledger = Ledger()
    ledger.give(ANN, 100 * MICRO)
    kept = (Prefix.PARTNER, Prefix.PROGRAMME, Prefix.ACCOUNT, Prefix.RATE, Prefix.REDEMPTION)
    before = {key for key in ledger.state if key[0] in kept}
    for code in CODES:
        close(ledger, code)
    ledger.pass_time(YEAR_MS)
    assert before <= {key for key in ledger.state if key[0] in kept}


def test_when_every_programme_of_every_partner_has_closed_liqbon_is_still_spent(
    ledger: Ledger,
) -> None:
    for code in CODES[1:]:
        close(ledger, code)
    for _ in range(3):
        ledger.pass_time(YEAR_MS)
    for code in CODES:
        done(ledger, ledger.redeem(ANN, ledger.invoice(code, 20 * MICRO)))
    done(ledger, ledger.transfer(ANN, (BOB, 20 * MICRO)))
    assert ledger.scan().supply == 20 * MICRO


def test_a_network_that_stood_still_for_years_goes_on_where_it_was(ledger: Ledger) -> None:
    """One block after ten years of silence: everything that fell due meanwhile is carried out, and
    every balance is what it was."""
    before = balances(ledger.state)
    result = ledger.pass_time(10 * YEAR_MS)
    assert result.receipts, "nothing fell due in ten years"
    while ledger.pass_time(1_000).receipts:
        pass
    assert balances(ledger.state) == before
    done(ledger, ledger.transfer(ANN, (BOB, 100 * MICRO)))


def test_a_partner_that_closed_can_open_again_and_owes_what_it_owed(ledger: Ledger) -> None:
    """Closing is no way out of a debt: the position is where it was."""
    net = ledger.position("north").net
    ledger.pass_time(YEAR_MS)
    assert ledger.position("north").net == net == 100 * MICRO
    reopened = ledger.act(a_role("north", "admin"), ProgrammePause("north", "bonus", False))
    [verdict] = ledger.block(reopened)
    assert isinstance(verdict, Receipt)
    partner = ledger.entry(partner_key("north"), Partner)
    assert partner is not None
    assert partner.programmes == ("bonus",)
    assert Directory(CODES, ("vault", "referee")) == ledger.entry(
        bytes([Prefix.DIRECTORY]), Directory
    )
