"""Of several faults the first in the table of the rules is told: [LEDGER-13].

Each attempt has all the faults from one on to the last, as far as they can be had at once.
"""

from typing import Any, get_args

import pytest

from contracts.agenda import MEASURES
from contracts.rulebook import RULES
from primitives.actions import Action, Propose
from primitives.governance import Measure
from primitives.receipt import Outcome
from tests.unit.contracts import attempts_partners, attempts_people, attempts_votes
from tests.unit.contracts.attempts_partners import Attempt
from tests.unit.contracts.faults import World

ATTEMPTS = attempts_partners.ATTEMPTS | attempts_people.ATTEMPTS | attempts_votes.ATTEMPTS
OF_PROPOSALS = (
    Outcome.PARTNER_UNKNOWN,
    Outcome.NOT_ADMIN,
    Outcome.PARTNER_LEAVING,
    Outcome.PROPOSALS_FULL,
    Outcome.ROLE_INVALID,
    Outcome.ELECTORS_MISSING,
)
"""Of a proposal to replace an admin; those of all measures are looked at one by one."""


def order_of(action: type[Action]) -> tuple[Outcome, ...]:
    return OF_PROPOSALS if action is Propose else RULES[action].refusals


def told(attempt: Attempt, *faults: Outcome) -> Any:
    world = World.with_faults(frozenset(faults))
    return world.outcome(attempt(world))


CASES = [
    pytest.param(ATTEMPTS[action], order_of(action)[place:], id=f"{action.__name__}-{code.text}")
    for action in ATTEMPTS
    for place, code in enumerate(order_of(action))
]
MEASURED = [
    pytest.param(attempts_votes.proposing(kind), rest, id=f"{kind.__name__}-{rest[0].text}")
    for kind, decision in MEASURES.items()
    for place in range(len(decision.obstacles))
    for rest in [decision.obstacles[place:]]
]


@pytest.mark.parametrize(("attempt", "faults"), [*CASES, *MEASURED])
def test_the_first_of_all_faults_is_told(attempt: Attempt, faults: tuple[Outcome, ...]) -> None:
    """[LEDGER-13, LEDGER-6, LEDGER-17, LEDGER-19, LEDGER-41, LEDGER-44, LEDGER-61, LEDGER-62]"""
    assert told(attempt, *faults) == faults[0]


@pytest.mark.parametrize(("attempt", "faults"), [*CASES, *MEASURED])
def test_a_fault_alone_is_told_too(attempt: Attempt, faults: tuple[Outcome, ...]) -> None:
    """Or the test above might show an order in which nothing else was wrong."""
    assert told(attempt, faults[0]) == faults[0]


@pytest.mark.parametrize("action", ATTEMPTS, ids=lambda kind: kind.__name__)
def test_an_attempt_without_faults_is_done(action: type[Action]) -> None:
    assert told(ATTEMPTS[action]) == Outcome.DONE


@pytest.mark.parametrize("measure", MEASURES, ids=lambda kind: kind.__name__)
def test_a_measure_with_nothing_in_its_way_is_put_to_the_vote(measure: type[Measure]) -> None:
    assert told(attempts_votes.proposing(measure)) == Outcome.DONE


def test_every_action_and_every_measure_is_attempted() -> None:
    assert set(ATTEMPTS) == set(get_args(Action))
    assert set(attempts_votes.MEASURES) == set(get_args(Measure))
