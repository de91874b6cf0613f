"""An obligation between two partners, for tests of what becomes of it.

North owes east 30 LiqBon of the first cycle. Knows how to bring it to each status.
"""

from msgspec.structs import replace

from primitives.amount import MICRO
from primitives.entries import ObligationStatus
from primitives.genesis import PartnerLimits
from primitives.receipt import (
    Event,
    Outcome,
    Receipt,
)
from primitives.transaction import Decoded
from tests.builders import (
    DAY_MS,
    JUDGE,
    LIMITS,
    PARAMETERS,
    SECOND_MS,
    a_genesis,
    a_person,
    a_role,
)
from tests.ledger import Ledger

ALICE = a_person("Alice")
NORTH, EAST, SOUTH = (a_role(code, "admin") for code in ("north", "east", "south"))
JUDGING = a_role(JUDGE, "custodian")
TERM, DAYS = PARAMETERS.payment_term_ms, PARAMETERS.confirmation_ms
DISPUTE, LAPSE = PARAMETERS.dispute_ms, PARAMETERS.reserve_lapse_ms
OWED = 30 * MICRO
RICH = replace(LIMITS, credit=20 * MICRO, reserve=100 * MICRO, haircut=0)
SHORT = replace(RICH, credit=100 * MICRO, reserve=20 * MICRO)
BROKE = replace(RICH, credit=100 * MICRO, reserve=0)


def owing(limits: PartnerLimits = RICH, late_ms: int = 0, **parameters: int) -> Ledger:
    """North owes east 30 LiqBon in obligation (1, 0), from now on; no cycle closes for 100 days.

    The block in which the cycle closed came ``late_ms`` after its time.
    """
    first = {"settlement_cycle_ms": 100 * DAY_MS, "reserve_lapse_ms": 400 * DAY_MS} | parameters
    ledger = Ledger(a_genesis(parameters=replace(PARAMETERS, **first), limits=limits))
    ledger.give(ALICE, OWED)
    assert ledger.send(ledger.redeem(ALICE, ledger.invoice("east", OWED))) == Outcome.DONE
    closes = ledger.genesis.time + first["settlement_cycle_ms"]
    ledger.pass_time(closes + late_ms - ledger.time)
    assert ledger.obligation(1, 0).amount == OWED
    return ledger


def done(ledger: Ledger, decoded: Decoded, after_ms: int = SECOND_MS) -> tuple[Event, ...]:
    """The events of a transaction that is carried out."""
    [verdict] = ledger.block(decoded, after_ms=after_ms)
    assert isinstance(verdict, Receipt)
    assert verdict.outcome == Outcome.DONE
    return verdict.events


def waited(ledger: Ledger, ms: int) -> list[tuple[Event, ...]]:
    """The events of each item that falls due in a block so much later."""
    return [receipt.events for receipt in ledger.pass_time(ms).receipts]


def lasting(ledger: Ledger) -> dict[str, object]:
    """The fields of a transaction that is good for a week."""
    return {"valid_until": ledger.time + 7 * DAY_MS}


def until_due(ledger: Ledger) -> int:
    """Milliseconds to the end of the second in which the obligation's deadline lies."""
    return -(-ledger.obligation(1, 0).deadline // SECOND_MS) * SECOND_MS - ledger.time


def settled(ledger: Ledger, paid: int = OWED) -> None:
    """Nothing is owed any more, positions moved once, and nothing is held or suspended."""
    obligation = ledger.obligation(1, 0)
    assert obligation.status == ObligationStatus.SETTLED
    assert (obligation.outstanding, obligation.earmark, obligation.late) == (0, 0, False)
    north, east = ledger.position("north"), ledger.position("east")
    assert (north.paid, north.payable, east.received, east.receivable) == (paid, 0, paid, 0)
    limits = ledger.limits("north")
    assert (limits.earmarked, limits.overdue) == (0, 0)
    ledger.scan()


def claimed(ledger: Ledger) -> Ledger:
    done(ledger, ledger.pay(1, 0))
    return ledger


def disputed(ledger: Ledger) -> Ledger:
    done(claimed(ledger), ledger.dispute(1, 0))
    return ledger


def overdue(ledger: Ledger) -> Ledger:
    """The term passes; the reserve was too short."""
    ledger.pass_time(until_due(ledger))
    assert ledger.obligation(1, 0).status == ObligationStatus.OVERDUE
    return ledger


def confirmed(ledger: Ledger) -> Ledger:
    done(ledger, ledger.confirm(1, 0))
    return ledger
