"""Spending, clause by clause: [LEDGER-17, LEDGER-18, LEDGER-12]."""

import pytest
from msgspec.structs import replace

from primitives.actions import Redeem, invoice_message
from primitives.amount import MAX_SUPPLY, MICRO
from primitives.entries import (
    SUPPLY_KEY,
    Redemption,
    Supply,
    redemption_key,
)
from primitives.genesis import PartnerLimits
from primitives.keys import ED25519
from primitives.receipt import Outcome, Receipt, Redeemed
from primitives.transaction import signatures
from tests.builders import (
    CUSTODIAN,
    LIMITS,
    Person,
    a_genesis,
    a_person,
    a_role,
    an_id,
    an_invoice,
)
from tests.ledger import Ledger

ALICE, BOB = a_person("Alice"), a_person("Bob")
PURSE = 100 * MICRO


@pytest.fixture
def ledger() -> Ledger:
    """Alice has 100 LiqBon that north minted."""
    return with_limits(LIMITS)


def with_limits(terms: PartnerLimits) -> Ledger:
    ledger = Ledger(a_genesis(limits=terms))
    ledger.give(ALICE, PURSE)
    return ledger


def spent(ledger: Ledger, amount: int = 10 * MICRO, partner: str = "east") -> bytes:
    """The id of an invoice that Alice redeemed."""
    invoice = ledger.invoice(partner, amount)
    assert ledger.send(ledger.redeem(ALICE, invoice)) == Outcome.DONE
    return invoice.id


def test_redeeming_burns_and_the_partner_is_owed(ledger: Ledger) -> None:
    """[LEDGER-18]"""
    invoice = ledger.invoice("east", 30 * MICRO, payer=ALICE)
    redeem = ledger.redeem(ALICE, invoice)
    [verdict] = ledger.block(redeem)
    event = Redeemed("east", 30 * MICRO, 30 * MICRO)
    assert verdict == Receipt(redeem.id, Outcome.DONE, (event,))
    assert ledger.balance(ALICE) == 70 * MICRO
    assert ledger.entry(SUPPLY_KEY, Supply) == Supply(PURSE, 30 * MICRO, 0)
    assert ledger.position("east").net == -30 * MICRO
    assert ledger.position("north").net == PURSE
    held = ledger.entry(redemption_key("east", invoice.id), Redemption)
    assert held == Redemption(ALICE.account, 30 * MICRO, 0, redeem.id, ledger.height)
    assert ledger.scan().supply == 70 * MICRO


def test_redeeming_at_who_minted_lowers_what_it_owes(ledger: Ledger) -> None:
    spent(ledger, 40 * MICRO, "north")
    assert ledger.position("north").net == 60 * MICRO


def test_the_whole_balance_can_be_spent_and_not_a_unit_more(ledger: Ledger) -> None:
    """[LEDGER-17]"""
    ledger.refuse(ledger.redeem(ALICE, ledger.invoice("east", PURSE + 1)), Outcome.BALANCE_TOO_LOW)
    spent(ledger, PURSE)
    assert ledger.balance(ALICE) == 0
    ledger.refuse(ledger.redeem(ALICE, ledger.invoice("east", 1)), Outcome.BALANCE_TOO_LOW)


def test_a_partner_that_does_not_exist_has_no_till(ledger: Ledger) -> None:
    invoice = ledger.invoice("nobody", MICRO)
    redeem = ledger.redeem(ALICE, invoice, cashier=a_role("east", "cashier"))
    ledger.refuse(redeem, Outcome.PARTNER_UNKNOWN)


@pytest.mark.parametrize(
    "impostor",
    [
        a_role("north", "cashier"),
        a_role("east", "issuer"),
        a_role("east", "admin"),
        a_role(CUSTODIAN, "custodian"),
        ALICE,
    ],
    ids=lambda person: person.name,
)
def test_only_the_partner_s_cashier_asks_for_money(ledger: Ledger, impostor: Person) -> None:
    redeem = ledger.redeem(ALICE, ledger.invoice("east", MICRO), cashier=impostor)
    assert all(ED25519.verify_many(signatures(redeem))), "signed, and by the wrong account"
    ledger.refuse(redeem, Outcome.NOT_CASHIER)


def test_a_cashier_of_many_keys_signs_with_as_many_as_its_policy_asks() -> None:
    """Two of three; one of the same keys, under a policy of one, is another account."""
    till = a_person("till", keys=3, threshold=2)
    genesis = a_genesis()
    founders = list(genesis.partners)
    founders[1] = replace(founders[1], roles=replace(founders[1].roles, cashier=till.account))
    ledger = Ledger(replace(genesis, partners=tuple(founders)))
    ledger.give(ALICE, PURSE)
    redeem = ledger.redeem(ALICE, ledger.invoice("east", MICRO), cashier=till)
    assert len(signatures(redeem)) == 1 + 2
    assert redeem.weight == 1 + 2 + 0 + 1
    assert ledger.send(redeem) == Outcome.DONE
    one_key = a_person("till", keys=3, threshold=1)
    redeem = ledger.redeem(ALICE, ledger.invoice("east", MICRO), cashier=one_key)
    ledger.refuse(redeem, Outcome.NOT_CASHIER)


@pytest.mark.parametrize(
    "change",
    [{"amount": MICRO - 1}, {"id": bytes(32)}, {"payer": BOB.account}, {"expires": 2**53}],
    ids=str,
)
def test_who_changes_an_invoice_breaks_the_cashier_s_signature(
    ledger: Ledger, change: dict[str, object]
) -> None:
    """[TX-10] what is paid is what was signed, to the byte."""
    honest = ledger.redeem(ALICE, ledger.invoice("east", MICRO))
    action = honest.transaction.action
    assert isinstance(action, Redeem)
    changed = replace(action, invoice=replace(action.invoice, **change))
    redeem = ledger.act(ALICE, changed)
    assert ED25519.verify_many(signatures(honest)) == [True, True]
    assert ED25519.verify_many(signatures(redeem)) == [True, False]


def test_an_invoice_of_another_chain_is_not_signed_for_this_one(ledger: Ledger) -> None:
    """[TX-10] the chain is in what the cashier signs."""
    invoice = ledger.invoice("east", MICRO)
    elsewhere = a_role("east", "cashier").endorse(invoice_message(bytes(32), invoice))
    redeem = ledger.act(ALICE, Redeem(invoice, elsewhere))
    assert ED25519.verify_many(signatures(redeem)) == [True, False]


@pytest.mark.parametrize(
    ("ahead", "outcome"),
    [(-1, Outcome.INVOICE_EXPIRED), (0, Outcome.DONE), (1, Outcome.DONE)],
)
def test_an_invoice_is_good_to_its_very_last_millisecond(
    ledger: Ledger, ahead: int, outcome: Outcome
) -> None:
    expires = ledger.context(after_ms=777).time + ahead
    redeem = ledger.redeem(ALICE, ledger.invoice("east", MICRO, expires=expires))
    assert ledger.send(redeem, after_ms=777) == outcome


def test_an_invoice_for_somebody_is_paid_by_nobody_else(ledger: Ledger) -> None:
    ledger.refuse(
        ledger.redeem(ALICE, ledger.invoice("east", MICRO, payer=BOB)), Outcome.INVOICE_FOR_ANOTHER
    )


def test_an_invoice_for_whoever_comes_is_paid_by_who_comes_first(ledger: Ledger) -> None:
    ledger.give(BOB, MICRO)
    invoice = ledger.invoice("east", MICRO)
    assert ledger.send(ledger.redeem(BOB, invoice)) == Outcome.DONE
    ledger.refuse(ledger.redeem(ALICE, invoice), Outcome.INVOICE_USED)


def test_an_invoice_is_used_once_even_within_a_block(ledger: Ledger) -> None:
    """[LEDGER-12]"""
    invoice = ledger.invoice("east", MICRO)
    first, second = (ledger.redeem(ALICE, invoice, sequence=i) for i in (0, 1))
    verdicts = ledger.block(first, second)
    assert [v.outcome for v in verdicts if isinstance(v, Receipt)] == [
        Outcome.DONE,
        Outcome.INVOICE_USED,
    ]
    assert ledger.balance(ALICE) == 99 * MICRO


def test_another_invoice_of_a_used_id_is_used_too(ledger: Ledger) -> None:
    first = ledger.invoice("east", MICRO)
    assert ledger.send(ledger.redeem(ALICE, first)) == Outcome.DONE
    ledger.refuse(ledger.redeem(ALICE, replace(first, amount=2 * MICRO)), Outcome.INVOICE_USED)


def test_a_rival_cannot_use_up_another_partner_s_invoice(ledger: Ledger) -> None:
    """[LEDGER-12] south saw the id in a lane and redeems one of its own first."""
    invoice = ledger.invoice("east", MICRO)
    assert ledger.send(ledger.redeem(ALICE, replace(invoice, partner="south"))) == Outcome.DONE
    assert ledger.send(ledger.redeem(ALICE, invoice)) == Outcome.DONE


def test_a_refused_redemption_leaves_its_invoice_unused(ledger: Ledger) -> None:
    """[LEDGER-13]"""
    invoice = ledger.invoice("east", 2 * MICRO)
    ledger.give(BOB, MICRO)
    ledger.refuse(ledger.redeem(BOB, invoice), Outcome.BALANCE_TOO_LOW)
    assert ledger.send(ledger.redeem(ALICE, invoice)) == Outcome.DONE


def test_the_claim_bound_may_be_reached_and_not_passed() -> None:
    """[LEDGER-17] K bounds -D: what others come to owe."""
    ledger = with_limits(replace(LIMITS, claim_bound=20 * MICRO))
    over = ledger.redeem(ALICE, ledger.invoice("east", 20 * MICRO + 1))
    ledger.refuse(over, Outcome.CLAIM_BOUND_EXCEEDED)
    spent(ledger, 20 * MICRO)
    one_more = ledger.redeem(ALICE, ledger.invoice("east", 1))
    ledger.refuse(one_more, Outcome.CLAIM_BOUND_EXCEEDED)
    assert ledger.position("east").net == -20 * MICRO


def test_the_claim_bound_holds_after_the_partner_has_paid_too() -> None:
    """[LEDGER-17] what is payable lowers D once it is paid, so it counts before."""
    ledger = with_limits(replace(LIMITS, claim_bound=10 * MICRO))
    ledger.give(BOB, 10 * MICRO, "east")
    assert ledger.send(ledger.redeem(ALICE, ledger.invoice("west", 10 * MICRO))) == Outcome.DONE
    ledger.pass_time(ledger.genesis.parameters.settlement_cycle_ms)
    payable = ledger.position("east").payable
    assert payable > 0
    room = 10 * MICRO + 10 * MICRO - payable
    over = ledger.redeem(ALICE, ledger.invoice("east", room + 1))
    ledger.refuse(over, Outcome.CLAIM_BOUND_EXCEEDED)
    assert ledger.send(ledger.redeem(ALICE, ledger.invoice("east", room))) == Outcome.DONE
    for place in range(2):
        ledger.send(ledger.confirm(1, place))
    assert ledger.position("east").net == -10 * MICRO


def test_the_claim_bound_lets_a_partner_take_back_what_it_minted() -> None:
    """Of its own LiqBon it may redeem all, and K more."""
    ledger = with_limits(replace(LIMITS, claim_bound=0))
    ledger.refuse(ledger.redeem(ALICE, ledger.invoice("east", 1)), Outcome.CLAIM_BOUND_EXCEEDED)
    ledger.give(BOB, MICRO, "east")
    over = ledger.redeem(ALICE, ledger.invoice("east", MICRO + 1))
    ledger.refuse(over, Outcome.CLAIM_BOUND_EXCEEDED)
    spent(ledger, MICRO, "east")
    spent(ledger, 99 * MICRO, "north")


def test_an_invoice_of_63_bits_does_not_wrap() -> None:
    """[LEDGER-17] the largest that the form allows, under the largest bound and one below it."""
    for bound, outcome in (
        (MAX_SUPPLY, Outcome.BALANCE_TOO_LOW),
        (MAX_SUPPLY - 1, Outcome.CLAIM_BOUND_EXCEEDED),
    ):
        ledger = with_limits(replace(LIMITS, claim_bound=bound))
        ledger.refuse(ledger.redeem(ALICE, ledger.invoice("east", MAX_SUPPLY)), outcome)
        spent(ledger, PURSE, "east")
        over = ledger.redeem(ALICE, ledger.invoice("east", MAX_SUPPLY))
        ledger.refuse(over, Outcome.CLAIM_BOUND_EXCEEDED)


def test_what_is_given_back_and_redeemed_again_counts_again(ledger: Ledger) -> None:
    """[LEDGER-2] the total of what was redeemed only grows, and never beyond what was issued."""
    for times in range(1, 4):
        invoice = spent(ledger, PURSE)
        totals = ledger.entry(SUPPLY_KEY, Supply)
        assert totals == Supply(PURSE, times * PURSE, (times - 1) * PURSE)
        assert ledger.scan().supply == 0
        assert ledger.send(ledger.refund("east", invoice, PURSE)) == Outcome.DONE
        assert ledger.scan().supply == PURSE


def test_the_first_reason_of_many_is_told() -> None:
    """[LEDGER-17] each invoice is wrong in all ways that come after, too."""
    ledger = with_limits(replace(LIMITS, claim_bound=MICRO))
    used = an_id("used")
    spent_before = an_invoice("east", MICRO, id=used)
    assert ledger.send(ledger.redeem(ALICE, spent_before)) == Outcome.DONE
    now = ledger.time
    too_much = PURSE + 1
    all_wrong = an_invoice("nobody", too_much, id=used, expires=now - 1, payer=BOB)
    stranger = a_role("north", "cashier")
    cases = [
        (all_wrong, stranger, Outcome.PARTNER_UNKNOWN),
        (replace(all_wrong, partner="east"), stranger, Outcome.NOT_CASHIER),
        (replace(all_wrong, partner="east"), None, Outcome.INVOICE_EXPIRED),
        (an_invoice("east", too_much, id=used, payer=BOB), None, Outcome.INVOICE_FOR_ANOTHER),
        (an_invoice("east", too_much, id=used), None, Outcome.INVOICE_USED),
        (an_invoice("east", too_much), None, Outcome.CLAIM_BOUND_EXCEEDED),
        (an_invoice("north", too_much), None, Outcome.BALANCE_TOO_LOW),
    ]
    for invoice, cashier, outcome in cases:
        ledger.refuse(ledger.redeem(ALICE, invoice, cashier=cashier), outcome)


def test_an_account_of_several_roles_signs_as_each_of_them() -> None:
    """One account is admin, issuer and cashier of both founders, and a customer besides."""
    one = a_person("everything")
    genesis = a_genesis(n=2)
    founders = tuple(
        replace(founder, roles=type(founder.roles)(*[one.account] * 3))
        for founder in genesis.partners
    )
    ledger = Ledger(replace(genesis, partners=founders))
    assert ledger.send(ledger.mint("north", one, 100, issuer=one)) == Outcome.DONE
    invoice = ledger.invoice("east", MICRO)
    assert ledger.send(ledger.redeem(one, invoice, cashier=one)) == Outcome.DONE
    assert ledger.send(ledger.refund("east", invoice.id, MICRO, cashier=one)) == Outcome.DONE
    assert (ledger.balance(one), ledger.sequence(one)) == (MICRO, 3)
