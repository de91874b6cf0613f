"""Redemptions and refunds: a block each, done or refused, the whole state before and after."""

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from primitives.actions import Invoice
from primitives.amount import MICRO
from primitives.genesis import Genesis
from primitives.membership import PartnerKind
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from tests.builders import (
    DAY_MS,
    LIMITS,
    a_genesis,
    a_person,
    a_role,
    an_id,
)
from tests.ledger import Ledger
from tests.vectors.recording import FIELDS as FIELDS
from tests.vectors.recording import record

ALICE, BOB, CAROL = a_person("Alice"), a_person("Bob"), a_person("Carol")
TILL = a_person("till of east", keys=3, threshold=2)
"""The cashier of east: two of three keys sign."""
SPENT = 10 * MICRO
OLD = an_id("an invoice that was redeemed")


def the_genesis() -> Genesis:
    """L = 50, K = 20, and 30 to refund a day; all in LiqBon. South, of three, sells nothing."""
    limits = replace(
        LIMITS,
        credit=5 * MICRO,
        reserve=50 * MICRO,
        claim_bound=20 * MICRO,
        mint_per_day=100 * MICRO,
        refund_per_day=30 * MICRO,
    )
    genesis = a_genesis(n=3, limits=limits)
    north, east, south = genesis.partners
    east = replace(east, roles=replace(east.roles, cashier=TILL.account))
    south = replace(south, kind=PartnerKind.MANUFACTURER)
    return replace(genesis, partners=(north, east, south))


def the_ledger() -> Ledger:
    """North minted 50 and east 10; Alice redeemed 10 of hers at each, at invoices of one id."""
    ledger = Ledger(the_genesis())
    ledger.give(ALICE, 50 * MICRO)
    ledger.give(BOB, 10 * MICRO, partner="east")
    for partner, cashier in (("north", None), ("east", TILL)):
        invoice = ledger.invoice(partner, SPENT, id=OLD)
        assert ledger.send(ledger.redeem(ALICE, invoice, cashier=cashier)) == Outcome.DONE
    return ledger


Case = Callable[[Ledger], list[Decoded]]


def spend(amount: int, partner: str = "east", **fields: object) -> Case:
    """Alice pays a new invoice; ``fields`` are the invoice's."""

    def case(ledger: Ledger) -> list[Decoded]:
        return [pay(ledger, ledger.invoice(partner, amount, **fields))]

    return case


def pay(ledger: Ledger, invoice: Invoice, **fields: object) -> Decoded:
    cashier = TILL if invoice.partner == "east" else a_role(invoice.partner, "cashier")
    return ledger.redeem(ALICE, invoice, **({"cashier": cashier} | fields))


def give_back(amount: int, partner: str = "north", invoice: bytes = OLD, **fields: object) -> Case:
    """What was spent at an invoice, the old one if no other; ``fields`` are the transaction's."""
    return lambda ledger: [ledger.refund(partner, invoice, amount, **fields)]


def expiring(ahead: int) -> Case:
    """``ahead`` of the block's time."""
    return lambda ledger: spend(MICRO, expires=ledger.context().time + ahead)(ledger)


def signed_by_north(ledger: Ledger) -> list[Decoded]:
    return [pay(ledger, ledger.invoice("east", MICRO), cashier=a_role("north", "cashier"))]


def twice_in_a_block(ledger: Ledger) -> list[Decoded]:
    invoice = ledger.invoice("east", MICRO)
    return [pay(ledger, invoice), pay(ledger, invoice, sequence=3)]


def spent_and_given_back_in_a_block(ledger: Ledger) -> list[Decoded]:
    invoice = ledger.invoice("north", MICRO)
    return [pay(ledger, invoice), ledger.refund("north", invoice.id, MICRO)]


def refund_used(ledger: Ledger) -> list[Decoded]:
    first = ledger.refund("north", OLD, MICRO, refund="one id")
    assert ledger.send(first) == Outcome.DONE
    return [ledger.refund("north", OLD, 2 * MICRO, refund="one id")]


def a_rival_s_refund(ledger: Ledger) -> list[Decoded]:
    first = ledger.refund("east", OLD, MICRO, refund="one id", cashier=TILL)
    assert ledger.send(first) == Outcome.DONE
    return [ledger.refund("north", OLD, MICRO, refund="one id")]


def around_the_limit(ledger: Ledger) -> list[Decoded]:
    """North owes 40 after the redemption, mints up to 50, and then would refund."""
    assert ledger.send(ledger.mint("north", BOB, 1_000)) == Outcome.DONE
    return [ledger.refund("north", OLD, 1)]


def over_the_day(ledger: Ledger) -> list[Decoded]:
    """40 redeemed at north; 30 may be given back in a day."""
    invoice = ledger.invoice("north", 30 * MICRO)
    assert ledger.send(pay(ledger, invoice)) == Outcome.DONE
    assert ledger.send(ledger.refund("north", invoice.id, 30 * MICRO)) == Outcome.DONE
    return [ledger.refund("north", OLD, 1)]


CASES: dict[str, Case] = {
    "a redemption": spend(12_500_000),
    "a redemption for a named payer": spend(MICRO, payer=ALICE),
    "a redemption at who minted": spend(30 * MICRO, "north"),
    "a claim of exactly the bound": spend(20 * MICRO),
    "an invoice in its very last moment": expiring(0),
    "given back in the block in which it was spent": spent_and_given_back_in_a_block,
    "partner_unknown": spend(MICRO, "nobody"),
    "not_cashier": signed_by_north,
    "no_till": spend(MICRO, "south"),
    "invoice_expired": expiring(-1),
    "invoice_for_another": spend(MICRO, payer=CAROL),
    "invoice_used": spend(MICRO, id=OLD),
    "invoice_used the second time": twice_in_a_block,
    "claim_bound_exceeded": spend(20 * MICRO + 1),
    "balance_too_low": spend(30 * MICRO + 1, "north"),
    "a refund": give_back(4_000_000),
    "a refund of all": give_back(SPENT),
    "a refund with the id of a rival's": a_rival_s_refund,
    "partner_unknown of a refund": give_back(1, "nobody", cashier=a_role("north", "cashier")),
    "not_cashier of a refund": give_back(1, cashier=a_role("north", "issuer")),
    "invoice_unknown": give_back(1, invoice=an_id("an invoice that nobody redeemed")),
    "refund_used": refund_used,
    "refund_exceeded": give_back(SPENT + 1),
    "limit_exceeded of a refund": around_the_limit,
    "daily_cap_exceeded of a refund": over_the_day,
}


def the_next_day() -> dict[str, object]:
    """What was refunded the day before no longer counts."""
    ledger = the_ledger()
    over_the_day(ledger)
    later = ledger.refund("north", OLD, 1, valid_until=ledger.time + DAY_MS)
    return record("a refund of the next day", ledger, [later], after_ms=DAY_MS)


def cases() -> Sequence[Mapping[str, object]]:
    found = []
    for name, case in CASES.items():
        ledger = the_ledger()
        found.append(record(name, ledger, case(ledger)))
    return [*found, the_next_day()]
