"""How it is done elsewhere: we have changed our terms; by doing nothing you agree.

Here: an account is the hash of its owner's keys [CRYPTO-4], so nobody can change who signs for it;
nobody else's transaction changes anything in its record but to add to its balance [LEDGER-1]; and
new terms of a programme are for new deposits, after notice, with all older ones beside them
[LEDGER-57].
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
    ProgrammeSetTerms,
    SetDailyCaps,
)
from primitives.address import account_id, policy_of
from primitives.amount import MICRO
from primitives.entries import Account, Programme, PublishedTerms, programme_key, terms_key
from primitives.genesis import Roles
from primitives.membership import Role
from primitives.receipt import Skip
from tests.attacks.scenes import ANN, BOB, a_market, done, refused
from tests.builders import BONUS, DAY_MS, PARAMETERS, a_key, a_person, a_role
from tests.ledger import Ledger
from tests.voting import a_rotation

OWN_TERMS: dict[str, Callable[[Ledger], Action]] = {
    "a new rate": lambda ledger: ProgrammeSetRate(
        "north", "bonus", 1, 1, ledger.time + PARAMETERS.rate_notice_ms + DAY_MS
    ),
    "a pause": lambda ledger: ProgrammePause("north", "bonus", True),
    "caps of zero": lambda ledger: SetDailyCaps("north", 0, 0),
    "a claim bound of zero": lambda ledger: LowerClaimBound("north", 0),
    "new terms": lambda ledger: ProgrammeSetTerms(
        "north", "bonus", bytes(32), "https://example.com/worse", 0
    ),
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
        """The name of the point, the document and its hash: they stay on record, from the day on
        which they began, whatever comes after them."""
        done(ledger, ledger.act(a_role("north", "admin"), OWN_TERMS[name](ledger)))
        ledger.pass_time(365 * DAY_MS)
        programme = ledger.entry(programme_key("north", "bonus"), Programme)
        assert programme is not None
        assert (programme.name, programme.point) == (BONUS.name, BONUS.point)
        begun = ledger.genesis.time
        deposited = PublishedTerms(BONUS.terms_hash, BONUS.terms_url, begun, begun)
        assert ledger.entry(terms_key("north", "bonus", 0), PublishedTerms) == deposited

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


def test_new_terms_are_announced_and_never_the_only_ones(ledger: Ledger) -> None:
    """[LEDGER-57] For as long as notice takes the old ones are in force, and then on record."""
    done(ledger, ledger.act(a_role("north", "admin"), OWN_TERMS["new terms"](ledger)))
    programme = ledger.entry(programme_key("north", "bonus"), Programme)
    assert programme is not None
    assert programme.terms_hash == BONUS.terms_hash
    ledger.pass_time(PARAMETERS.rate_notice_ms + DAY_MS)
    programme = ledger.entry(programme_key("north", "bonus"), Programme)
    assert programme is not None
    assert (programme.terms_hash, programme.terms_published) == (bytes(32), 2)


def test_a_partner_hands_its_keys_over_and_none_of_its_customers(ledger: Ledger) -> None:
    """[LEDGER-51] Who buys a partner buys its debts and its reserve; what is Ann's is not its."""
    before = ledger.account(ANN)
    buyer = a_person("a buyer")
    for role in (Role.ISSUER, Role.CASHIER, Role.ADMIN):
        done(ledger, a_rotation(ledger, "north", role, buyer))
    assert ledger.partner("north").roles == Roles(*(buyer.account,) * 3)
    assert ledger.account(ANN) == before
    refused(ledger, ledger.transfer(buyer, (BOB, MICRO)), "balance_too_low")
