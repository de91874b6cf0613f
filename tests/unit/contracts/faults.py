"""Attempts with several faults at once, for tests of which of them is told.

A ``World`` is a ledger in which everything that an action can name exists. Its state is edited
freely, so that any fault can be had; nothing but the decision on one transaction is asked of it.
"""

from __future__ import annotations

from functools import cache
from typing import TypeVar

from msgspec.structs import replace

from contracts.transition import dry_run
from primitives.amount import MICRO
from primitives.encoding import Wire, decode, encode
from primitives.entries import (
    Limits,
    Obligation,
    ObligationStatus,
    Partner,
    Position,
    limits_key,
    obligation_key,
    partner_key,
    position_key,
)
from primitives.membership import PartnerStatus
from primitives.receipt import Outcome, Skip
from primitives.transaction import Decoded
from tests.builders import BONUS, DAY_MS, Person, a_genesis, a_role
from tests.ledger import Ledger
from tests.trading import ANN, PEOPLE

T = TypeVar("T")
W = TypeVar("W", bound=Wire)
OWED = 5 * MICRO


@cache
def _town() -> Ledger:
    """Four founders, people with 100 LiqBon each; north owes east five of them."""
    ledger = Ledger(a_genesis(programmes=[BONUS, replace(BONUS, code="miles")]))
    for person in PEOPLE:
        ledger.give(person, 100 * MICRO)
    ledger.block(ledger.redeem(ANN, ledger.invoice("east", OWED)))
    world = World(frozenset())
    world.ledger = ledger
    owed = Obligation(
        debtor="north",
        creditor="east",
        amount=OWED,
        settled=0,
        status=ObligationStatus.OPEN,
        deadline=ledger.time + DAY_MS,
        reference=None,
        earmark=0,
        late=False,
    )
    world.put(obligation_key(1, 0), owed)
    world.edit(position_key("north"), Position, payable=OWED)
    world.edit(position_key("east"), Position, receivable=OWED)
    return ledger


class World:
    """A copy of the town, and the faults that an attempt in it is to have."""

    def __init__(self, faults: frozenset[Outcome]) -> None:
        self.faults = faults
        self.ledger = Ledger.__new__(Ledger)

    @classmethod
    def with_faults(cls, faults: frozenset[Outcome]) -> World:
        """As the town stands; what the faults need is edited by who makes the attempt."""
        world, town = cls(faults), _town()
        world.ledger.__dict__.update(town.__dict__)
        world.ledger.state = dict(town.state)
        return world

    @property
    def now(self) -> int:
        """Block time of the attempt."""
        return self.ledger.context().time

    def has(self, *faults: Outcome) -> bool:
        """Whether the attempt is to have one of these."""
        return any(fault in self.faults for fault in faults)

    def pick(self, fault: Outcome, faulty: T, sound: T) -> T:
        """``faulty`` if the attempt is to have the fault."""
        return faulty if fault in self.faults else sound

    def put(self, key: bytes, value: Wire) -> None:
        """Let an entry be there."""
        self.ledger.state[key] = encode(value)

    def edit(self, key: bytes, kind: type[W], /, **fields: object) -> None:
        """Change fields of an entry."""
        self.put(key, replace(decode(kind, self.ledger.state[key]), **fields))

    def terms(self, code: str, **fields: object) -> None:
        """Change what a partner's limits are made of."""
        limits = decode(Limits, self.ledger.state[limits_key(code)])
        self.edit(limits_key(code), Limits, terms=replace(limits.terms, **fields))

    def status(self, code: str, status: PartnerStatus = PartnerStatus.RUN_OFF) -> None:
        """A partner is leaving, or has left."""
        self.edit(partner_key(code), Partner, status=status)

    def code(self) -> str:
        """North; or nobody. Whether north is leaving is edited, too."""
        if self.has(Outcome.PARTNER_LEAVING):
            self.status("north")
        return self.pick(Outcome.PARTNER_UNKNOWN, "nobody", "north")

    def by(self, fault: Outcome, role: str = "admin") -> Person:
        """Who has the role at north; or Ann, who has none."""
        return self.pick(fault, ANN, a_role("north", role))

    def outcome(self, decoded: Decoded) -> Outcome | Skip:
        """What would become of the attempt."""
        return dry_run(self.ledger.state, self.ledger.context(), 0, decoded)
