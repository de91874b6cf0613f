"""What a partner is to its customers: all but manufacturers have a till [LEDGER-17]."""

import pytest
from msgspec.structs import replace

from primitives.amount import MICRO
from primitives.membership import PartnerKind
from primitives.receipt import Outcome
from tests.builders import DAY_MS, a_genesis, a_person
from tests.ledger import Ledger
from tests.settling import done

ALICE = a_person("Alice")


def of_kind(kind: PartnerKind) -> Ledger:
    """North is of this kind; Alice has two LiqBon from it."""
    genesis = a_genesis()
    north, *others = genesis.partners
    founders = (replace(north, kind=kind), *others)
    ledger = Ledger(replace(genesis, partners=founders))
    ledger.give(ALICE, 2 * MICRO)
    return ledger


@pytest.mark.parametrize("kind", PartnerKind)
def test_whoever_has_a_till_takes_liqbon(kind: PartnerKind) -> None:
    ledger = of_kind(kind)
    redeem = ledger.redeem(ALICE, ledger.invoice("north", MICRO))
    if kind is PartnerKind.MANUFACTURER:
        ledger.refuse(redeem, Outcome.NO_TILL)
    else:
        done(ledger, redeem)


def test_a_manufacturer_gives_and_others_sell() -> None:
    """It owes the pool what is spent elsewhere, and pays it."""
    ledger = of_kind(PartnerKind.MANUFACTURER)
    done(ledger, ledger.redeem(ALICE, ledger.invoice("east", 2 * MICRO)))
    ledger.pass_time(7 * DAY_MS)
    owed = ledger.obligation(1, 0)
    assert (owed.debtor, owed.creditor, owed.amount) == ("north", "east", 2 * MICRO)
    ledger.scan()


def test_that_it_has_no_till_is_found_before_what_is_wrong_with_the_invoice() -> None:
    ledger = of_kind(PartnerKind.MANUFACTURER)
    expired = ledger.invoice("north", 10**12, expires=0, payer=a_person("Bob"))
    ledger.refuse(ledger.redeem(ALICE, expired), Outcome.NO_TILL)
    forged = ledger.redeem(ALICE, expired, cashier=ALICE)
    ledger.refuse(forged, Outcome.NOT_CASHIER)
