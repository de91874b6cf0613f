"""What becomes of a proposal, and when: [LEDGER-63], [LEDGER-75].

What is open at its deadline expires; what passed waits, and is carried out by itself or void.
"""

import pytest
from msgspec.structs import replace

from primitives.entries import ProposalDue
from primitives.governance import Declare, ProposalStatus, SetLimits
from primitives.receipt import LimitsSet, Outcome, ProposalMoved, Receipt
from tests.builders import CODES, HOUR_MS, PARAMETERS, a_genesis
from tests.ledger import Ledger
from tests.settling import done
from tests.voting import GRANTED, QUIET, TIMELOCK, VOTING, an_exit, approve, passed, proposed

SAID = Declare(bytes(32), "https://example.com/said")
STATUS = ProposalStatus
SECOND = 1_000


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(a_genesis(parameters=QUIET))


def test_what_is_open_at_its_deadline_has_expired(ledger: Ledger) -> None:
    id_ = proposed(ledger, SAID)
    done(ledger, ledger.vote("north", id_))
    done(ledger, ledger.vote("east", id_))
    rest = ledger.proposal(id_).deadline - ledger.time
    assert not ledger.pass_time(rest - SECOND).receipts
    assert ledger.proposal(id_).status == STATUS.OPEN
    [receipt] = ledger.pass_time(SECOND).receipts
    assert receipt.events == (ProposalMoved(id_, STATUS.EXPIRED, Outcome.DONE),)
    ledger.refuse(ledger.vote("south", id_), Outcome.PROPOSAL_CLOSED)
    ledger.scan()


def test_nobody_votes_after_the_deadline_even_before_it_is_carried_out() -> None:
    """[LEDGER-15] Nobody gains by a queue: one item a block, and another in front."""
    ledger = Ledger(a_genesis(parameters=replace(QUIET, due_per_block=1)))
    first, second = proposed(ledger, SAID), proposed(ledger, SAID)
    late = ledger.time + VOTING + HOUR_MS
    votes = [ledger.vote(code, second, valid_until=late) for code in CODES]
    ledger.pass_time(VOTING - HOUR_MS)
    verdicts = ledger.block(*votes, after_ms=HOUR_MS + 2 * SECOND)
    assert ledger.proposal(first).status == STATUS.EXPIRED
    assert ledger.proposal(second).status == STATUS.OPEN
    outcomes = [each.outcome for each in verdicts if isinstance(each, Receipt)]
    assert outcomes == [Outcome.PROPOSAL_CLOSED] * 4


def test_one_may_vote_at_the_very_deadline_of_a_second_that_has_not_come() -> None:
    """A deadline in the middle of a second is carried out at its end [STATE-7]."""
    ledger = Ledger()
    ledger.pass_time(500)
    id_ = proposed(ledger, SAID)
    deadline = ledger.proposal(id_).deadline
    assert deadline % SECOND == 500
    vote = ledger.vote("north", id_, valid_until=deadline)
    ledger.pass_time(deadline - ledger.time - HOUR_MS)
    assert ledger.send(vote, after_ms=HOUR_MS) == Outcome.DONE


def test_what_passed_is_carried_out_at_its_deadline_and_not_before(ledger: Ledger) -> None:
    id_ = passed(ledger, SetLimits("north", GRANTED))
    rest = ledger.proposal(id_).deadline - ledger.time
    assert rest == TIMELOCK
    before = ledger.limits("north")
    assert not ledger.pass_time(rest - SECOND).receipts
    assert ledger.limits("north") == before
    [receipt] = ledger.pass_time(SECOND).receipts
    assert receipt.events == (
        LimitsSet("north", GRANTED),
        ProposalMoved(id_, STATUS.EXECUTED, Outcome.DONE),
    )
    assert ledger.limits("north").terms.credit == GRANTED.credit
    ledger.scan()


def test_what_stands_in_its_way_then_makes_it_void(ledger: Ledger) -> None:
    id_ = passed(ledger, SetLimits("north", GRANTED))
    done(ledger, an_exit(ledger, "north"))
    result = ledger.pass_time(TIMELOCK + SECOND)
    assert result.receipts[-1].events == (ProposalMoved(id_, STATUS.VOID, Outcome.PARTNER_LEAVING),)
    over = ledger.proposal(id_)
    assert (over.status, over.obstacle) == (STATUS.VOID, Outcome.PARTNER_LEAVING)
    assert ledger.partner("north").proposals == 0
    ledger.scan()


@pytest.mark.parametrize("status", [STATUS.EXECUTED, STATUS.REJECTED, STATUS.EXPIRED])
def test_what_is_over_is_never_taken_up_again(ledger: Ledger, status: ProposalStatus) -> None:
    id_ = proposed(ledger, SAID)
    if status == STATUS.EXECUTED:
        approve(ledger, id_)
    if status == STATUS.REJECTED:
        for code in ("north", "east"):
            done(ledger, ledger.vote(code, id_, approve=False))
    ledger.pass_time(VOTING + TIMELOCK)
    over = ledger.proposal(id_)
    assert over.status == status
    for code in CODES:
        ledger.refuse(ledger.vote(code, id_), Outcome.PROPOSAL_CLOSED)
    for _ in range(3):
        ledger.pass_time(VOTING)
    assert ledger.proposal(id_) == over


def test_the_end_of_voting_finds_what_passed_as_it_is(ledger: Ledger) -> None:
    """Its first deadline comes after it passed, and before it is carried out."""
    id_ = proposed(ledger, SAID)
    ledger.pass_time(VOTING - HOUR_MS)
    approve(ledger, id_)
    waiting = ledger.proposal(id_)
    [receipt] = ledger.pass_time(HOUR_MS).receipts
    assert receipt.events == ()
    assert ledger.proposal(id_) == waiting


def test_two_deadlines_at_once_carry_it_out_once() -> None:
    """It passes so that what was the end of voting is the end of waiting: two items, one."""
    parameters = replace(PARAMETERS, voting_ms=TIMELOCK + 4 * SECOND)
    ledger = Ledger(a_genesis(parameters=parameters))
    id_ = proposed(ledger, SetLimits("north", GRANTED))
    approve(ledger, id_)
    waiting = ledger.proposal(id_)
    assert waiting.deadline == waiting.opened + TIMELOCK + 3 * SECOND
    other = proposed(ledger, SetLimits("east", GRANTED), "east")
    ledger.pass_time(SECOND)
    for code in ("north", "south", "west"):
        done(ledger, ledger.vote(code, other))
    assert ledger.proposal(other).deadline == ledger.proposal(other).opened + parameters.voting_ms
    ledger.pass_time(TIMELOCK + 10 * SECOND)
    assert ledger.last is not None
    told = [event for receipt in ledger.last.receipts for event in receipt.events]
    assert told.count(ProposalMoved(other, STATUS.EXECUTED, Outcome.DONE)) == 1
    assert ledger.partner("east").proposals == 0
    ledger.scan()


def test_a_deadline_that_was_meant_for_another_moment_does_nothing(ledger: Ledger) -> None:
    id_ = passed(ledger, SAID)
    first = ProposalDue(id_, ledger.proposal(id_).opened + VOTING)
    assert first.deadline != ledger.proposal(id_).deadline
    ledger.pass_time(TIMELOCK + SECOND)
    assert ledger.proposal(id_).status == STATUS.EXECUTED
    ledger.pass_time(VOTING)
    assert ledger.proposal(id_).status == STATUS.EXECUTED


def test_to_declare_something_changes_nothing(ledger: Ledger) -> None:
    """[LEDGER-75] That it was decided, and when, is all."""
    id_ = passed(ledger, SAID)
    before = dict(ledger.state)
    [receipt] = ledger.pass_time(TIMELOCK + SECOND).receipts
    assert receipt.events == (ProposalMoved(id_, STATUS.EXECUTED, Outcome.DONE),)
    changed = {key[0] for key in before | ledger.state if before.get(key) != ledger.state.get(key)}
    assert changed == {0x20, 0x60, 0x61, 0x62, 0x80}, "the proposal, its proposer and the calendar"
