"""What partners decide about payments that were not made: whose word holds, and who bears it."""

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from primitives.amount import MICRO
from primitives.entries import ObligationStatus
from primitives.genesis import Genesis, PartnerLimits
from primitives.governance import (
    DecideDispute,
    Measure,
    RemovePartner,
    ShareObligation,
    SharePosition,
)
from tests.builders import DAY_MS, LIMITS, a_person
from tests.ledger import Ledger
from tests.vectors.deciding import done, founders, until, until_done
from tests.vectors.recording import FIELDS as FIELDS
from tests.vectors.recording import record
from tests.voting import executed, passed

ALICE = a_person("Alice")
CYCLE = 20 * DAY_MS
OWED = 29_999_999
"""Units, so that shares have remainders."""
POOR = replace(LIMITS, credit=60 * MICRO, reserve=10 * MICRO, haircut=0)


def the_genesis(**limits: PartnerLimits) -> Genesis:
    """Four founders; east may owe 70 LiqBon, south 30, west nothing."""
    plain = founders(4, limits=POOR, settlement_cycle_ms=CYCLE, guarantee_share=0)
    given = {
        "south": replace(POOR, credit=20 * MICRO),
        "west": replace(POOR, credit=0, reserve=0),
    } | limits
    partners = tuple(replace(each, limits=given.get(each.code, POOR)) for each in plain.partners)
    return replace(plain, partners=partners)


NOBODY = {code: replace(POOR, credit=0, reserve=0) for code in ("east", "south", "west")}
"""But north, nobody may owe anything."""


def sold(genesis: Genesis | None = None, *, removed: bool = False) -> Ledger:
    """North minted what east sold, and is put out by vote if ``removed``."""
    ledger = Ledger(genesis or the_genesis())
    ledger.give(ALICE, 30 * MICRO)
    done(ledger, ledger.redeem(ALICE, ledger.invoice("east", OWED)))
    if removed:
        executed(ledger, RemovePartner("north"), "east")
    return ledger


def owing(genesis: Genesis | None = None, *, removed: bool = True) -> Ledger:
    """The cycle closed: north owes east."""
    ledger = sold(genesis, removed=removed)
    ledger.pass_time(until(ledger, ledger.genesis.time + CYCLE))
    return ledger


def overdue(genesis: Genesis | None = None, *, removed: bool = True) -> Ledger:
    """North did not pay in time; its reserve paid a third of it."""
    ledger = owing(genesis, removed=removed)
    ledger.pass_time(until(ledger, ledger.obligation(1, 0).deadline))
    assert ledger.obligation(1, 0).status == ObligationStatus.OVERDUE
    return ledger


def disputed() -> Ledger:
    """North says that it paid, and east that it did not."""
    ledger = owing(removed=False)
    done(ledger, ledger.pay(1, 0), ledger.dispute(1, 0))
    return ledger


def late_and_disputed() -> Ledger:
    """As ``disputed``, of what was overdue before; the others guarantee a part."""
    ledger = overdue(with_guarantee(), removed=False)
    done(ledger, ledger.pay(1, 0), ledger.dispute(1, 0))
    return ledger


def late_and_claimed() -> Ledger:
    """North, on its way out, says that it paid what was overdue."""
    ledger = overdue()
    done(ledger, ledger.pay(1, 0))
    return ledger


def with_guarantee() -> Genesis:
    genesis = the_genesis()
    parameters = replace(genesis.parameters, guarantee_share=1_000)
    return replace(genesis, parameters=parameters)


def settled() -> Ledger:
    ledger = overdue()
    done(ledger, ledger.confirm(1, 0))
    return ledger


PAID, UNPAID = DecideDispute(1, 0, paid=True), DecideDispute(1, 0, paid=False)
LOSS = ShareObligation(1, 0)
ALL, HALF = SharePosition("north", 20 * MICRO), SharePosition("north", 10 * MICRO)
"""Of what north owes and its reserve does not cover."""

Prepared = tuple[Callable[[], Ledger], Measure]
"""A ledger, and what is proposed in it."""

PROPOSED: dict[str, Prepared] = {
    "that a disputed payment was made": (disputed, PAID),
    "obligation_unknown of a dispute": (disputed, replace(PAID, place=1)),
    "not_disputed": (owing, UNPAID),
    "that the others bear an obligation": (overdue, LOSS),
    "obligation_unknown of a loss": (overdue, replace(LOSS, cycle=2)),
    "partner_stays of a loss": (lambda: overdue(removed=False), LOSS),
    "obligation_settled of a loss": (settled, LOSS),
    "obligation_in_time": (owing, LOSS),
    "nobody_to_share of a loss": (lambda: overdue(the_genesis(**NOBODY)), LOSS),
    "that the others bear a position": (lambda: sold(removed=True), ALL),
    "partner_unknown of a position": (sold, replace(ALL, partner="nobody")),
    "partner_stays of a position": (sold, ALL),
    "position_smaller": (lambda: sold(removed=True), replace(ALL, amount=20 * MICRO + 1)),
    "position_smaller as it is in an obligation": (owing, replace(ALL, amount=1)),
    "nobody_to_share of a position": (lambda: sold(the_genesis(**NOBODY), removed=True), ALL),
}

CARRIED_OUT: dict[str, Prepared] = {
    "the others bear an obligation that its debtor says it paid": (late_and_claimed, LOSS),
    "it was paid, say the partners": (disputed, PAID),
    "it was not paid, say the partners": (disputed, UNPAID),
    "it was not paid, say the partners, and the guarantee pays": (late_and_disputed, UNPAID),
    "the others bear an obligation": (overdue, LOSS),
    "the others bear a position": (lambda: sold(removed=True), ALL),
    "the others bear a part of a position": (lambda: sold(removed=True), HALF),
}


def confirmed(ledger: Ledger) -> None:
    done(ledger, ledger.confirm(1, 0))


def void() -> list[dict[str, object]]:
    """Paid in the end; or borne in part already."""
    found = []
    for name, prepared, measure in (
        ("void: not_disputed", disputed, UNPAID),
        ("void: obligation_settled", overdue, LOSS),
    ):
        ledger = prepared()
        id_ = passed(ledger, measure, "south")
        confirmed(ledger)
        found.append(record(name, ledger, [], until_done(ledger, id_)))
    ledger = sold(removed=True)
    passed(ledger, HALF, "south")
    second = passed(ledger, replace(HALF, amount=10 * MICRO + 1), "south")
    found.append(record("void: position_smaller", ledger, [], until_done(ledger, second)))
    return found


def at_the_next_closing() -> list[dict[str, object]]:
    """Who was relieved of all that it owed has left, and the cycle squares who bears it."""
    ledger = sold(the_genesis(north=replace(POOR, reserve=0)), removed=True)
    executed(ledger, replace(ALL, amount=30 * MICRO), "south")
    closes = until(ledger, ledger.genesis.time + CYCLE)
    return [record("a cycle closes after a loss was shared", ledger, [], closes)]


def cases() -> Sequence[Mapping[str, object]]:
    found = []
    for name, (prepared, measure) in PROPOSED.items():
        ledger = prepared()
        found.append(record(name, ledger, [ledger.propose("south", measure)]))
    for name, (prepared, measure) in CARRIED_OUT.items():
        ledger = prepared()
        id_ = passed(ledger, measure, "south")
        found.append(record(name, ledger, [], until_done(ledger, id_)))
    return [*found, *void(), *at_the_next_closing()]
