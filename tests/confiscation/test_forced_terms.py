"""How it is done elsewhere: we have changed our terms; by doing nothing you agree.

Here: an account is the hash of its owner's keys [CRYPTO-4], so nobody can change who signs for it;
nobody else's transaction changes anything in its record but to add to its balance [LEDGER-1]; and
the terms of a programme are fixed when it opens [LEDGER-33].
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from primitives.actions import (
    Action,
    LowerClaimBound,
    ProgrammeOpen,
    ProgrammePause,
    ProgrammeSetRate,
    SetDailyCaps,
)
from primitives.address import account_id, policy_of
from primitives.amount import MICRO
from primitives.entries import Account, Partner, Programme, partner_key, programme_key
from primitives.receipt import Skip
from tests.attacks.scenes import ANN, BOB, a_market, done, refused
from tests.builders import BONUS, DAY_MS, PARAMETERS, a_key, a_person, a_role
from tests.ledger import Ledger

OWN_TERMS: dict[str, Callable[[Ledger], Action]] = {
    "a new rate": lambda ledger: ProgrammeSetRate(
        "north", "bonus", 1, 1, ledger.time + PARAMETERS.rate_notice_ms + DAY_MS
    ),
    "a pause": lambda ledger: ProgrammePause("north", "bonus", True),
    "caps of zero": lambda ledger: SetDailyCaps("north", 0, 0),
    "a claim bound of zero": lambda ledger: LowerClaimBound("north", 0),
    "another programme": lambda ledger: ProgrammeOpen(
        "north", "bonus-2", "New bonus", "star", bytes(32), "https://example.com/new", 1, 1_000
    ),
}
"""Everything that a partner can decide by itself."""


@pytest.fixture
def ledger() -> Ledger:
    """Ann has 40 LiqBon; north, where she got them, is about to change its terms."""
    return a_market()


@pytest.mark.parametrize("name", OWN_TERMS)
class TestWhatAPartnerDecides:
    def test_changes_nothing_that_is_anns(self, ledger: Ledger, name: str) -> None:
        """[LEDGER-20] Not when it is decided, not when it comes into force, not by her silence."""
        before = ledger.account(ANN)
        done(ledger, ledger.act(a_role("north", "admin"), OWN_TERMS[name](ledger)))
        assert ledger.account(ANN) == before
        ledger.pass_time(365 * DAY_MS)
        assert ledger.account(ANN) == before

    def test_leaves_the_terms_under_which_she_deposited(self, ledger: Ledger, name: str) -> None:
        """The name of the point, the document and its hash: no action changes them."""
        done(ledger, ledger.act(a_role("north", "admin"), OWN_TERMS[name](ledger)))
        ledger.pass_time(365 * DAY_MS)
        programme = ledger.entry(programme_key("north", "bonus"), Programme)
        assert programme is not None
        assert (
            programme.name,
            programme.point,
            programme.terms_hash,
            programme.terms_url,
        ) == (BONUS.name, BONUS.point, BONUS.terms_hash, BONUS.terms_url)

    def test_cannot_be_decided_for_it_by_a_competitor(self, ledger: Ledger, name: str) -> None:
        refused(ledger, ledger.act(a_role("east", "admin"), OWN_TERMS[name](ledger)), "not_admin")

    def test_cannot_be_decided_by_its_till(self, ledger: Ledger, name: str) -> None:
        for role in ("issuer", "cashier"):
            action = OWN_TERMS[name](ledger)
            refused(ledger, ledger.act(a_role("north", role), action), "not_admin")


def test_terms_cannot_be_opened_over_old_ones(ledger: Ledger) -> None:
    """[LEDGER-33]"""
    over = ProgrammeOpen(
        "north", "bonus", "Bonus", "point", bytes(32), "https://example.com/worse", 1, 1
    )
    refused(ledger, ledger.act(a_role("north", "admin"), over), "programme_exists")


def test_who_signs_for_an_account_is_in_its_name_and_nowhere_in_the_state() -> None:
    """[CRYPTO-4] There is no entry to change: another policy is another account."""
    assert "policy" not in Account.__struct_fields__
    other = policy_of(1, [a_key("thief").public_key])
    assert account_id(other) != ANN.account
    two = policy_of(1, [*ANN.policy.keys, a_key("thief").public_key])
    assert account_id(two) != ANN.account
    joint = a_person("joint", keys=2, threshold=2)
    assert account_id(replace(joint.policy, threshold=1)) != joint.account


def test_nobody_uses_up_her_sequence_or_fills_her_channels(ledger: Ledger) -> None:
    """[TX-8] She can always send the next one: what others do leaves her place in line alone."""
    signed_before = ledger.transfer(ANN, (BOB, MICRO))
    for i in range(5):
        done(ledger, ledger.mint("east", ANN, 1 + i))
    done(ledger, ledger.mint("east", BOB, 5_000))
    done(ledger, ledger.transfer(BOB, *((ANN, 1),) * 256))
    done(ledger, signed_before)


def test_a_gift_is_all_that_she_can_be_forced_to_take(ledger: Ledger) -> None:
    before = ledger.account(ANN)
    assert before is not None
    done(ledger, ledger.mint("east", ANN, 100))
    assert ledger.account(ANN) == replace(before, balance=before.balance + MICRO)


def test_an_invoice_is_a_question_and_no_debit(ledger: Ledger) -> None:
    """[LEDGER-17] A cashier that names Ann as payer has asked; only she can answer."""
    hers = ledger.invoice("north", 10 * MICRO, payer=ANN)
    cashier = a_role("north", "cashier")
    refused(ledger, ledger.redeem(cashier, hers), "invoice_for_another")
    ledger.pass_time(365 * DAY_MS)
    assert ledger.balance(ANN) == 40 * MICRO


def test_who_never_signed_anything_never_paid_anything() -> None:
    """A gift to someone who does not even know of it waits for her, for ever."""
    ledger, heir = Ledger(), a_person("an heir who does not know yet")
    ledger.give(heir, 10 * MICRO)
    ledger.pass_time(3_650 * DAY_MS)
    record = ledger.account(heir)
    assert record == Account(10 * MICRO, 1, 0, bytes(32))


def test_what_she_signed_and_thought_better_of_runs_out(ledger: Ledger) -> None:
    """[TX-8] Consent has an end that she named: no retailer keeps a payment in a drawer."""
    payment = ledger.transfer(ANN, (BOB, MICRO))
    ledger.pass_time(DAY_MS)
    assert ledger.send(payment) == Skip.EXPIRED


def test_roles_of_a_partner_are_those_of_genesis_whatever_it_does(ledger: Ledger) -> None:
    """Nor can it hand its customers over to another's terms: there is no such action yet."""
    before = ledger.entry(partner_key("north"), Partner)
    for build in OWN_TERMS.values():
        done(ledger, ledger.act(a_role("north", "admin"), build(ledger)))
    after = ledger.entry(partner_key("north"), Partner)
    assert before is not None
    assert after == replace(before, programmes=("bonus", "bonus-2"))
