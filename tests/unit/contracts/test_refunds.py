"""Giving back, clause by clause: [LEDGER-19, LEDGER-12]."""

import pytest
from msgspec.structs import replace

from primitives.amount import MICRO
from primitives.entries import (
    SUPPLY_KEY,
    Day,
    Mark,
    MarkKind,
    Redemption,
    Supply,
    day_key,
    mark_key,
    redemption_key,
)
from primitives.genesis import PartnerLimits
from primitives.receipt import Outcome, Receipt, Refunded
from tests.builders import (
    DAY_MS,
    LIMITS,
    SECOND_MS,
    a_genesis,
    a_person,
    a_role,
    an_id,
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


def test_a_refund_goes_to_who_redeemed_and_the_partner_owes_it(ledger: Ledger) -> None:
    """[LEDGER-19]"""
    invoice = spent(ledger)
    refund = ledger.refund("east", invoice, 4 * MICRO, refund="back")
    [verdict] = ledger.block(refund)
    event = Refunded("east", 4 * MICRO, 4 * MICRO)
    assert verdict == Receipt(refund.id, Outcome.DONE, (event,))
    assert ledger.balance(ALICE) == 94 * MICRO
    assert ledger.entry(SUPPLY_KEY, Supply) == Supply(PURSE, 10 * MICRO, 4 * MICRO)
    assert ledger.position("east").net == -6 * MICRO
    day = ledger.time // DAY_MS
    assert ledger.entry(day_key("east"), Day) == Day(day, 0, 4 * MICRO)
    mark = ledger.entry(mark_key("east", MarkKind.REFUND, an_id("back")), Mark)
    assert mark == Mark(refund.id, ledger.height)
    held = ledger.entry(redemption_key("east", invoice), Redemption)
    assert held is not None
    assert (held.amount, held.refunded) == (10 * MICRO, 4 * MICRO)
    assert ledger.scan().supply == 94 * MICRO


def test_no_more_is_refunded_than_was_redeemed_on_the_invoice(ledger: Ledger) -> None:
    """[LEDGER-19] however much was redeemed on others."""
    invoice, _ = spent(ledger), spent(ledger)
    ledger.refuse(ledger.refund("east", invoice, 10 * MICRO + 1), Outcome.REFUND_EXCEEDED)
    assert ledger.send(ledger.refund("east", invoice, 9 * MICRO)) == Outcome.DONE
    ledger.refuse(ledger.refund("east", invoice, MICRO + 1), Outcome.REFUND_EXCEEDED)
    assert ledger.send(ledger.refund("east", invoice, MICRO)) == Outcome.DONE
    ledger.refuse(ledger.refund("east", invoice, 1), Outcome.REFUND_EXCEEDED)


def test_a_refund_s_id_is_used_once_whatever_the_invoice(ledger: Ledger) -> None:
    """[LEDGER-12] a lost answer is asked for again without paying twice."""
    one, other = spent(ledger), spent(ledger)
    assert ledger.send(ledger.refund("east", one, MICRO, refund="once")) == Outcome.DONE
    ledger.refuse(ledger.refund("east", one, MICRO, refund="once"), Outcome.REFUND_USED)
    ledger.refuse(ledger.refund("east", other, MICRO, refund="once"), Outcome.REFUND_USED)


def test_a_rival_cannot_use_up_another_partner_s_refund(ledger: Ledger) -> None:
    """[LEDGER-12]"""
    east, south = spent(ledger), spent(ledger, partner="south")
    assert ledger.send(ledger.refund("south", south, MICRO, refund="id")) == Outcome.DONE
    assert ledger.send(ledger.refund("east", east, MICRO, refund="id")) == Outcome.DONE


def test_a_refund_and_a_deposit_of_one_id_are_two_things(ledger: Ledger) -> None:
    """[LEDGER-12] a mark's kind is in its key."""
    invoice = spent(ledger, partner="north")
    same = ledger.mint("north", ALICE, 1, reference="id").transaction.action.commitment  # type: ignore[union-attr]
    assert ledger.send(ledger.mint("north", ALICE, 1, reference="id")) == Outcome.DONE
    assert ledger.send(ledger.refund("north", invoice, MICRO, refund=same)) == Outcome.DONE


def test_who_may_refund_what(ledger: Ledger) -> None:
    """[LEDGER-19] each is wrong in the ways that come after, too."""
    invoice, other = spent(ledger), spent(ledger, partner="south")
    assert ledger.send(ledger.refund("east", invoice, MICRO, refund="used")) == Outcome.DONE
    east, far = a_role("east", "cashier"), 10**6 * MICRO
    refusals = [
        (("nobody", other), east, Outcome.PARTNER_UNKNOWN),
        (("east", other), a_role("south", "cashier"), Outcome.NOT_CASHIER),
        (("east", other), a_role("east", "admin"), Outcome.NOT_CASHIER),
        (("east", other), ALICE, Outcome.NOT_CASHIER),
        (("east", other), east, Outcome.INVOICE_UNKNOWN),
        (("east", invoice), east, Outcome.REFUND_USED),
    ]
    for (partner, of), cashier, outcome in refusals:
        refund = ledger.refund(partner, of, far, refund="used", cashier=cashier)
        ledger.refuse(refund, outcome)


def test_a_refused_refund_marks_nothing(ledger: Ledger) -> None:
    """[LEDGER-12, LEDGER-13]"""
    invoice = spent(ledger)
    over = ledger.refund("east", invoice, 11 * MICRO, refund="id")
    ledger.refuse(over, Outcome.REFUND_EXCEEDED)
    assert ledger.send(ledger.refund("east", invoice, MICRO, refund="id")) == Outcome.DONE


def test_redeem_mint_refund_does_not_walk_around_the_limit() -> None:
    """[LEDGER-19] L = 100: redeeming makes room, minting fills it, so there is none to refund."""
    ledger = with_limits(replace(LIMITS, credit=100 * MICRO, reserve=0))
    invoice = spent(ledger, 30 * MICRO, "north")
    ledger.give(BOB, 30 * MICRO)
    assert ledger.position("north").net == 100 * MICRO
    ledger.refuse(ledger.refund("north", invoice, 1), Outcome.LIMIT_EXCEEDED)
    spent(ledger, MICRO, "north")
    ledger.refuse(ledger.refund("north", invoice, MICRO + 1), Outcome.LIMIT_EXCEEDED)
    assert ledger.send(ledger.refund("north", invoice, MICRO)) == Outcome.DONE
    assert ledger.position("north").net == 100 * MICRO


def test_the_daily_cap_of_refunds_ends_at_midnight() -> None:
    """[LEDGER-9]"""
    ledger = with_limits(replace(LIMITS, refund_per_day=5 * MICRO))
    invoice = spent(ledger)
    ledger.refuse(ledger.refund("east", invoice, 5 * MICRO + 1), Outcome.DAILY_CAP_EXCEEDED)
    assert ledger.send(ledger.refund("east", invoice, 5 * MICRO)) == Outcome.DONE
    fields = {"valid_until": ledger.time + 2 * DAY_MS}
    midnight = DAY_MS - ledger.time % DAY_MS
    late = ledger.refund("east", invoice, 1, **fields)
    ledger.refuse(late, Outcome.DAILY_CAP_EXCEEDED, after_ms=midnight - 1)
    tomorrow = ledger.refund("east", invoice, 5 * MICRO, **fields)
    assert ledger.send(tomorrow, after_ms=1) == Outcome.DONE


def test_refunds_and_mints_have_caps_of_their_own() -> None:
    """[LEDGER-9] one does not eat the other's."""
    terms = replace(LIMITS, refund_per_day=5 * MICRO, mint_per_day=PURSE)
    ledger = with_limits(terms)
    invoice = spent(ledger, partner="north")
    assert ledger.send(ledger.refund("north", invoice, 5 * MICRO)) == Outcome.DONE
    day = ledger.entry(day_key("north"), Day)
    assert day == Day(ledger.time // DAY_MS, PURSE, 5 * MICRO)
    assert ledger.send(ledger.mint("north", BOB, 1)) == Outcome.DAILY_CAP_EXCEEDED


def test_a_refund_reaches_an_account_that_was_emptied(ledger: Ledger) -> None:
    """Below the opening too: the account has a record since it was paid [LEDGER-5]."""
    invoice = spent(ledger, PURSE)
    assert ledger.balance(ALICE) == 0
    assert ledger.send(ledger.refund("east", invoice, 1)) == Outcome.DONE
    assert ledger.balance(ALICE) == 1


def test_a_block_spends_and_gives_back(ledger: Ledger) -> None:
    invoice = ledger.invoice("east", PURSE)
    verdicts = ledger.block(
        ledger.redeem(ALICE, invoice),
        ledger.refund("east", invoice.id, PURSE),
        ledger.transfer(ALICE, (BOB, PURSE), sequence=1),
        after_ms=SECOND_MS,
    )
    assert [v.outcome for v in verdicts if isinstance(v, Receipt)] == [Outcome.DONE] * 3
    assert ledger.balance(BOB) == PURSE
    assert ledger.scan().supply == PURSE
