"""A young ledger whose north has a reserve: what tests of reserves and releases share."""

from msgspec.structs import replace

from contracts import limits as rules
from primitives.amount import MICRO
from primitives.genesis import Genesis, PartnerLimits
from primitives.receipt import (
    Event,
    Outcome,
    Receipt,
)
from primitives.transaction import Decoded
from tests.builders import (
    CUSTODIAN,
    DAY_MS,
    GENESIS_TIME,
    LIMITS,
    PARAMETERS,
    SECOND_MS,
    a_genesis,
    a_person,
    a_role,
)
from tests.ledger import Ledger

ALICE = a_person("Alice")
ADMIN, VAULT = a_role("north", "admin"), a_role(CUSTODIAN, "custodian")
DELAY, LAPSE = PARAMETERS.increase_delay_ms, PARAMETERS.reserve_lapse_ms
HELD, CEILING = 100 * MICRO, 150 * MICRO
TERMS = replace(
    LIMITS, credit=5 * MICRO, reserve=HELD, reserve_ceiling=CEILING, haircut=0, claim_bound=HELD
)
"""L = 105 LiqBon."""


def a_ledger(terms: PartnerLimits = TERMS, **parameters: int) -> Ledger:
    """A second old. No settlement closes in the next year; ``parameters`` are the genesis'."""
    quiet = {"settlement_cycle_ms": 400 * DAY_MS} | parameters
    genesis: Genesis = a_genesis(n=2, parameters=replace(PARAMETERS, **quiet), limits=terms)
    ledger = Ledger(genesis)
    ledger.pass_time(SECOND_MS)
    return ledger


def done(ledger: Ledger, decoded: Decoded, after_ms: int = SECOND_MS) -> tuple[Event, ...]:
    """The events of a transaction that is carried out."""
    [verdict] = ledger.block(decoded, after_ms=after_ms)
    assert isinstance(verdict, Receipt)
    assert verdict.outcome == Outcome.DONE
    return verdict.events


def limit(ledger: Ledger) -> int:
    return rules.limit(ledger.limits("north"))


def lapsed(ledger: Ledger) -> Ledger:
    """North's reserve lapsed a second ago."""
    ledger.pass_time(GENESIS_TIME + LAPSE - ledger.time)
    ledger.pass_time(SECOND_MS)
    assert not ledger.limits("north").reserve_counts
    return ledger
