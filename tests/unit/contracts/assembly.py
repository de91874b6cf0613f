"""A ledger in which partners decide on each other, for tests of the invariants to break.

Of six founders south has left and west runs off, owing 5 LiqBon to who holds them; Carl applied to
be the seventh. Open: to declare something, of north, for which east voted and against which north
did. Passed: to set east's limits. New terms of north's bonus wait; safe is a custodian that belongs
to east, and the next protocol is planned.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from contracts.invariants import check_changes
from primitives.actions import ProgrammeSetTerms
from primitives.amount import MICRO
from primitives.governance import (
    Declare,
    Proposal,
    ProposalStatus,
    RemovePartner,
    SetCustodian,
    SetLimits,
    SetProtocol,
    proposal_key,
)
from primitives.membership import PartnerStatus
from tests.builders import LIMITS, Person, a_genesis, a_person, a_role
from tests.ledger import Ledger
from tests.settling import done
from tests.unit.contracts.busy import Breaks, Change, changed
from tests.voting import (
    GRANTED,
    QUIET,
    a_record,
    an_application,
    an_applying,
    an_exit,
    executed,
    passed,
    proposed,
)

ALICE, CARL = a_person("Alice"), a_person("Carl")
SAFE = a_role("safe", "custodian")
SAID = Declare(bytes(32), "https://example.com/said")
ADMINS = {code: a_role(code, "admin") for code in ("north", "east", "south", "west")}
Case = tuple[Breaks, Sequence[Person], str]


def an_assembly() -> Ledger:
    """As the module says; every step was checked."""
    limits = replace(LIMITS, credit=10 * MICRO, reserve=100 * MICRO, haircut=0)
    ledger = Ledger(a_genesis(6, parameters=QUIET, limits=limits))
    a_record(ledger, CARL)
    ledger.give(ALICE, 5 * MICRO, "west")
    executed(ledger, SetCustodian("safe", "Safe", SAFE.account, "east"))
    executed(ledger, SetProtocol(2, 1_000))
    done(ledger, an_exit(ledger, "south"))
    executed(ledger, RemovePartner("west"))
    done(ledger, an_applying(ledger, an_application(ledger, "seventh"), sender=CARL))
    done(ledger, ledger.act(ADMINS["north"], ProgrammeSetTerms("north", "bonus", SAID.hash, "", 0)))
    passed(ledger, SetLimits("east", GRANTED))
    id_ = proposed(ledger, SAID)
    done(ledger, ledger.vote("east", id_))
    done(ledger, ledger.vote("north", id_, approve=False))
    assert ledger.partner("south").status == PartnerStatus.LEFT
    assert ledger.partner("west").status == PartnerStatus.RUN_OFF
    return ledger


def found(ledger: Ledger, status: ProposalStatus, kind: type) -> bytes:
    """The id of the proposal of that status and kind."""
    for key in sorted(ledger.state):
        proposal = ledger.entry(key, Proposal) if key[:1] == proposal_key(b"")[:1] else None
        if proposal and proposal.status == status and isinstance(proposal.measure, kind):
            return key[1:]
    raise AssertionError(status)


_MADE = an_assembly()
NOW = _MADE.context()
"""Of the block in which a step is made."""
OPEN = found(_MADE, ProposalStatus.OPEN, Declare)
PASSED = found(_MADE, ProposalStatus.PASSED, SetLimits)
DONE = found(_MADE, ProposalStatus.EXECUTED, RemovePartner)


def a_copy() -> Ledger:
    """An assembly of one's own."""
    ledger = Ledger(_MADE.genesis)
    ledger.state = dict(_MADE.state)
    ledger.height, ledger.time, ledger.epoch = _MADE.height, _MADE.time, _MADE.epoch
    return ledger


def proposal(id_: bytes, **fields: object) -> Breaks:
    """A proposal with other fields."""
    return changed(proposal_key(id_), Proposal, **fields)


def stepped(case: Case, after_ms: int = 0) -> None:
    """The step, checked; in a block so much later."""
    ledger = a_copy()
    breaks, signers, _ = case
    changes: list[Change] = breaks(ledger)
    signed = [person.account for person in signers]
    context = replace(NOW, time=NOW.time + after_ms)
    check_changes(ledger.state, changes, signed, context)


def refused(case: Case, after_ms: int = 0) -> None:
    """The step is found broken, for the reason told."""
    with pytest.raises(AssertionError) as error:
        stepped(case, after_ms)
    assert str(error.value).startswith(case[2])
