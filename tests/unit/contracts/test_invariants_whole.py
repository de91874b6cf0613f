"""Whatever is broken in a state that spends and settles is found, and told what it is.

[LEDGER-18], [LEDGER-19], [LEDGER-22] to [LEDGER-35], [GEN-11], [STATE-7]: each fact is broken once,
in a ledger where a bit of everything stands (``busy.py``).
"""

import pytest
from msgspec.structs import replace

from primitives.amount import MAX_SUPPLY, MICRO
from primitives.encoding import encode
from primitives.entries import (
    SETTLEMENT_KEY,
    SUPPLY_KEY,
    CapsStart,
    CycleClose,
    CycleLine,
    DueItem,
    DuePage,
    Mark,
    MarkKind,
    Obligation,
    ObligationDue,
    ObligationStatus,
    Partner,
    PendingCaps,
    PendingReserve,
    Position,
    Programme,
    PublishedRate,
    RateStart,
    Redemption,
    ReserveLapse,
    ReserveStart,
    Settlement,
    SettlementCycle,
    Supply,
    custodian_key,
    cycle_key,
    mark_key,
    obligation_key,
    partner_key,
    position_key,
    programme_key,
    rate_key,
    redemption_key,
)
from primitives.genesis import Custodian, Rate
from primitives.hashing import ZERO_DIGEST
from tests.builders import BONUS, GENESIS_TIME, LIMITS, an_id
from tests.ledger import Ledger
from tests.unit.contracts.busy import (
    Breaks,
    Change,
    a_busy_ledger,
    apply,
    both,
    changed,
    drop,
    limits,
    put,
)

DEBT = obligation_key(1, 0)
SPENT = redemption_key("east", an_id("invoice 1"))
OPEN, SETTLED, OVERDUE = ObligationStatus.OPEN, ObligationStatus.SETTLED, ObligationStatus.OVERDUE
BONUS_KEY = programme_key("north", "bonus")
LATER_RATE = rate_key("north", "bonus", 1)


def debt(**fields: object) -> Breaks:
    return changed(DEBT, Obligation, **fields)


def terms(code: str, **fields: object) -> Breaks:
    return limits(code, terms=replace(LIMITS, **fields))


def lines(*parts: tuple[str, int, int]) -> Breaks:
    return changed(cycle_key(1), SettlementCycle, lines=tuple(CycleLine(*p) for p in parts))


def without(kind: type[DueItem]) -> Breaks:
    """The calendar with something else in place of the first item of a kind."""

    def change(ledger: Ledger) -> list[Change]:
        for key in sorted(ledger.state):
            page = ledger.entry(key, DuePage) if key[0] == 0x61 else None
            if page is not None and any(isinstance(item, kind) for item in page.items):
                other = CapsStart("nobody", 1)
                items = tuple(other if isinstance(i, kind) else i for i in page.items)
                return [(key, encode(DuePage(items)))]
        raise AssertionError(kind)

    return change


def filled(ledger: Ledger) -> list[Change]:
    """The same LiqBon after so much minting and redeeming that the totals are at their end."""
    supply = ledger.scan().supply
    return [(SUPPLY_KEY, encode(Supply(MAX_SUPPLY, MAX_SUPPLY, supply)))]


BROKEN: dict[str, tuple[Breaks, str]] = {
    "totals that no hundred years could fill": (filled, "minted and refunded stay in bounds"),
    "an invoice of another amount": (
        changed(SPENT, Redemption, amount=5 * MICRO),
        "redemptions and refunds at east",
    ),
    "an invoice refunded more than it was": (
        changed(SPENT, Redemption, refunded=5 * MICRO),
        "refunds of an invoice within what was redeemed",
    ),
    "an invoice that vanished": (drop(SPENT), "redemptions and refunds at east"),
    "an invoice of nobody": (
        put(redemption_key("nobody", ZERO_DIGEST), Redemption(ZERO_DIGEST, 1, 0, ZERO_DIGEST, 1)),
        "single-use ids belong to partners",
    ),
    "a mark of nobody": (
        put(mark_key("nobody", MarkKind.REFUND, ZERO_DIGEST), Mark(ZERO_DIGEST, 1)),
        "single-use ids belong to partners",
    ),
    "a redemption counted twice": (
        changed(position_key("east"), Position, redeemed=5 * MICRO, refunded=2 * MICRO),
        "redemptions and refunds at east",
    ),
    "a debt that nobody owes": (
        changed(position_key("north"), Position, payable=0),
        "what north owes, is owed, paid and received",
    ),
    "a debt that nobody is owed": (
        changed(position_key("east"), Position, receivable=2 * MICRO),
        "what east owes, is owed, paid and received",
    ),
    "a payment that no obligation knows": (
        both(
            changed(position_key("north"), Position, paid=MICRO),
            changed(position_key("east"), Position, received=MICRO),
        ),
        "what east owes, is owed, paid and received",
    ),
    "an obligation of another amount": (
        debt(amount=4 * MICRO, earmark=4 * MICRO),
        "payments carry out what is to be moved",
    ),
    "an obligation to somebody else": (debt(creditor="west"), "a debtor owes a creditor"),
    "an obligation that vanished": (drop(DEBT), f"the entry under {DEBT.hex()}"),
    "an obligation of no cycle": (
        lambda ledger: [(obligation_key(2, 0), ledger.state[DEBT])],
        "cycles and obligations up to the last closing",
    ),
    "settled in full and still disputed": (
        debt(settled=3 * MICRO, earmark=0),
        "settled is what was paid in full",
    ),
    "settled, with something outstanding": (
        debt(status=SETTLED, earmark=0),
        "settled is what was paid in full",
    ),
    "a part settled in time": (
        debt(settled=1, earmark=MICRO),
        "a part is paid by a reserve, once it is late",
    ),
    "overdue and not late": (debt(status=OVERDUE, earmark=0), "overdue is late"),
    "open again": (debt(status=OPEN, earmark=0), "nothing happened yet"),
    "disputed without a payment": (debt(reference=None), "a payment has a reference"),
    "more held than is owed": (
        debt(earmark=3 * MICRO + 1),
        "a reserve is held for a dispute alone",
    ),
    "less held than the limits say": (debt(earmark=1), "what is held for disputes of north"),
    "overdue in the limits alone": (
        limits("north", overdue=1),
        "payments of north that are overdue",
    ),
    "a cycle that vanished": (drop(cycle_key(1)), f"the entry under {cycle_key(1).hex()}"),
    "a cycle to come": (
        put(cycle_key(3), SettlementCycle(1, 1, (), 0)),
        "cycles and obligations up to the last closing",
    ),
    "a cycle of one obligation more": (
        changed(cycle_key(1), SettlementCycle, obligations=2),
        f"the entry under {obligation_key(1, 1).hex()}",
    ),
    "lines that do not cover the claims": (
        lines(("east", -3 * MICRO, 3 * MICRO), ("north", 2 * MICRO, 2 * MICRO)),
        "claims are covered",
    ),
    "a line of another amount": (
        lines(("east", -3 * MICRO, 3 * MICRO), ("north", 10 * MICRO, 2 * MICRO)),
        "what a partner pays or is paid",
    ),
    "lines in disorder": (
        lines(("north", 10 * MICRO, 3 * MICRO), ("east", -3 * MICRO, 3 * MICRO)),
        "lines stand in the order of partners",
    ),
    "a line of nothing": (
        lines(("east", -3 * MICRO, 3 * MICRO), ("north", 10 * MICRO, 3 * MICRO), ("south", 0, 0)),
        "a line says that something is owed",
    ),
    "a settlement ahead of its cycles": (
        changed(SETTLEMENT_KEY, Settlement, cycle=4),
        "one closing is planned",
    ),
    "a closing at another time": (
        changed(SETTLEMENT_KEY, Settlement, closes=GENESIS_TIME),
        "one closing is planned",
    ),
    "no closing to come": (without(CycleClose), "one closing is planned"),
    "an obligation that time passes by": (
        without(ObligationDue),
        "what is to happen is in the calendar",
    ),
    "a deadline that nothing waits for": (
        debt(deadline=GENESIS_TIME),
        "what is to happen is in the calendar",
    ),
    "nothing that counts": (terms("east", reserve=0), "what counts is there"),
    "an increase that is none": (
        limits("south", pending_reserve=PendingReserve(1, 1, 1)),
        "an increase waits",
    ),
    "an increase of another attestation": (
        limits("south", pending_reserve=PendingReserve(LIMITS.reserve_ceiling, 1, 1)),
        "an increase is the newest that was attested",
    ),
    "an increase that never counts": (
        without(ReserveStart),
        "what is to happen is in the calendar",
    ),
    "a reserve that never lapses": (without(ReserveLapse), "a reserve lapses by itself"),
    "raised caps that are lower": (
        limits("west", pending_caps=PendingCaps(1, 1, 1)),
        "a raised cap waits",
    ),
    "raised caps that never come": (without(CapsStart), "what is to happen is in the calendar"),
    "a rate that vanished": (drop(LATER_RATE), f"the entry under {LATER_RATE.hex()}"),
    "a rate of no programme": (
        put(rate_key("north", "miles", 0), PublishedRate(BONUS.rates[0], 1)),
        "programmes, rates and terms are those that are listed",
    ),
    "a rate beyond the history": (
        put(rate_key("north", "bonus", 2), PublishedRate(BONUS.rates[0], 1)),
        "programmes, rates and terms are those that are listed",
    ),
    "a rate before the one before": (
        changed(LATER_RATE, PublishedRate, rate=Rate(GENESIS_TIME, 9_000, 1)),
        "rates start one after another",
    ),
    "a rate published before the one before": (
        changed(LATER_RATE, PublishedRate, published=GENESIS_TIME - 1),
        "rates are published one after another",
    ),
    "a rate that never begins": (without(RateStart), "what is to happen is in the calendar"),
    "another rate in force": (
        changed(BONUS_KEY, Programme, rate=Rate(GENESIS_TIME, 9_999, 1)),
        "the rate in force",
    ),
    "a rate in force that was not published": (
        changed(BONUS_KEY, Programme, place=2),
        "the rate in force was published",
    ),
    "another newest rate": (
        changed(BONUS_KEY, Programme, newest=BONUS.rates[0]),
        "the newest rate",
    ),
    "a programme listed twice": (
        changed(partner_key("north"), Partner, programmes=("bonus", "bonus")),
        "a programme is listed once",
    ),
    "a programme under another code": (
        changed(BONUS_KEY, Programme, code="miles"),
        "a programme stands under its code",
    ),
    "a programme that is not listed": (
        lambda ledger: [(programme_key("north", "miles"), ledger.state[BONUS_KEY])],
        "programmes, rates and terms are those that are listed",
    ),
    "a reserve held by nobody": (
        changed(partner_key("east"), Partner, custodian="nobody"),
        f"the entry under {custodian_key('nobody').hex()}",
    ),
    "a reserve held by its owner": (
        changed(custodian_key("vault"), Custodian, partner="east"),
        "nobody holds its own reserve",
    ),
    "payments judged by a partner": (
        changed(custodian_key("referee"), Custodian, partner="east"),
        "who judges payments belongs to nobody",
    ),
    "a custodian of no partner": (
        changed(custodian_key("vault"), Custodian, partner="nobody"),
        "a custodian belongs to a partner",
    ),
    "a custodian without a record": (
        changed(custodian_key("vault"), Custodian, account=ZERO_DIGEST),
        "a custodian has a record",
    ),
}


def test_a_busy_ledger_is_sound() -> None:
    totals = a_busy_ledger().scan()
    assert (totals.supply, totals.minted, totals.marks) == (7 * MICRO, 10 * MICRO, 2)


@pytest.mark.parametrize("name", BROKEN)
def test_a_state_is_found_broken_by(name: str) -> None:
    ledger = a_busy_ledger()
    breaks, told = BROKEN[name]
    apply(ledger, breaks(ledger))
    with pytest.raises(AssertionError) as error:
        ledger.scan()
    assert str(error.value).startswith(f"{told}: ")
