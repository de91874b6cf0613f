"""A ledger in which a bit of everything stands, for tests of the invariants to break.

Alice got 10 LiqBon from north, spent 4 at east (invoice 1) and got 1 back;
cycle 1 closed: north owes east 3 LiqBon, says that it paid, east denies it: 3 are held;
cycle 2 closed; a rise of south's reserve and of west's caps waits, and a rate of north's bonus.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from msgspec.structs import replace

from contracts.invariants import check_changes
from primitives.actions import ProgrammeSetRate, SetDailyCaps
from primitives.amount import MICRO
from primitives.encoding import Wire, encode
from primitives.entries import Limits, ObligationStatus, Position, limits_key, position_key
from primitives.receipt import Outcome
from tests.builders import CUSTODIAN, DAY_MS, JUDGE, LIMITS, Person, a_person, a_role
from tests.ledger import Ledger

ALICE = a_person("Alice")
CUSTODIANS = (a_role(CUSTODIAN, "custodian"), a_role(JUDGE, "custodian"))
ADMINS = {code: a_role(code, "admin") for code in ("north", "east", "south", "west")}
WEEK_MS = 7 * DAY_MS

State = dict[bytes, bytes]
Change = tuple[bytes, bytes | None]
Breaks = Callable[[Ledger], list[Change]]
Case = tuple[Breaks, Sequence[Person], str]
"""What is done, who signed, and what is told: the beginning of it."""


def a_busy_ledger() -> Ledger:
    """As the module says; every step was checked."""
    ledger = Ledger()
    ledger.give(ALICE, 10 * MICRO)
    invoice = ledger.invoice("east", 4 * MICRO)
    done(ledger, ledger.redeem(ALICE, invoice))
    done(ledger, ledger.refund("east", invoice.id, MICRO))
    ledger.pass_time(WEEK_MS)
    done(ledger, ledger.pay(1, 0))
    done(ledger, ledger.dispute(1, 0))
    ledger.pass_time(WEEK_MS - DAY_MS)
    ledger.pass_time(DAY_MS)
    done(ledger, ledger.attest("south", 70_000 * MICRO))
    caps = SetDailyCaps("west", LIMITS.mint_per_day + 1, LIMITS.refund_per_day)
    done(ledger, ledger.act(ADMINS["west"], caps))
    since = ledger.time + 40 * DAY_MS
    rate = ProgrammeSetRate("north", "bonus", 9_000, 1, since)
    done(ledger, ledger.act(ADMINS["north"], rate))
    assert ledger.obligation(1, 0).status == ObligationStatus.DISPUTED
    return ledger


def done(ledger: Ledger, decoded: object) -> None:
    outcome = ledger.send(decoded)  # type: ignore[arg-type]
    assert outcome == Outcome.DONE, outcome


def changed(key: bytes, kind: type[Wire], **fields: object) -> Breaks:
    """The entry under ``key`` with other fields."""

    def change(ledger: Ledger) -> list[Change]:
        value = ledger.entry(key, kind)
        assert value is not None, key.hex()
        return [(key, encode(replace(value, **fields)))]

    return change


def put(key: bytes, value: Wire) -> Breaks:
    """An entry that does not belong there."""
    return lambda _: [(key, encode(value))]


def drop(key: bytes) -> Breaks:
    """An entry that is gone."""
    return lambda _: [(key, None)]


def both(*parts: Breaks) -> Breaks:
    """Several changes at once."""
    return lambda ledger: [change for part in parts for change in part(ledger)]


def apply(ledger: Ledger, changes: list[Change]) -> None:
    for key, value in changes:
        if value is None:
            del ledger.state[key]
        else:
            ledger.state[key] = value


def limits(code: str, **fields: object) -> Breaks:
    """A partner's limits with other fields."""
    return changed(limits_key(code), Limits, **fields)


def terms(code: str, **fields: object) -> Breaks:
    """A partner's limits with other terms."""
    return lambda ledger: limits(code, terms=replace(ledger.limits(code).terms, **fields))(ledger)


def position(code: str, **fields: object) -> Breaks:
    """A partner's position with other fields."""
    return changed(position_key(code), Position, **fields)


def stepped(case: Case) -> None:
    """The step, checked."""
    ledger = a_busy_ledger()
    breaks, signers, _ = case
    changes = breaks(ledger)
    signed = [person.account for person in signers]
    check_changes(ledger.state, changes, signed, ledger.context())


def refused(case: Case) -> None:
    """The step is found broken, for the reason told."""
    with pytest.raises(AssertionError) as error:
        stepped(case)
    assert str(error.value).startswith(case[2])


NOW = a_busy_ledger().context()
"""Of the block in which a step is made."""
