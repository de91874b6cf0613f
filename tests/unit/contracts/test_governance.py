"""Proposals and votes: [LEDGER-61], [LEDGER-62]. What is voted on is in ``test_measures.py``.

Who may propose and vote, and how many it takes; when things happen is in ``test_timelock.py``.
"""

from fractions import Fraction

import pytest
from msgspec.structs import replace

from primitives.actions import CastVote, Propose
from primitives.entries import MAX_PROPOSALS, LaneDay, lane_day_key
from primitives.governance import (
    Ballot,
    Declare,
    Proposal,
    ProposalStatus,
    RemovePartner,
    SetLimits,
    ballot_key,
    needed,
)
from primitives.membership import Role
from primitives.receipt import (
    Outcome,
    ProposalMoved,
    ProposalOpened,
    Skip,
    VoteCounted,
)
from tests.builders import CODES, a_code, a_genesis, a_person, a_role
from tests.ledger import Ledger
from tests.settling import done
from tests.voting import (
    GRANTED,
    QUIET,
    TIMELOCK,
    VOTING,
    a_record,
    a_rotation,
    admitted,
    an_exit,
    approve,
    passed,
    proposed,
)

SAID = Declare(bytes(32), "https://example.com/said")
NORTH, EAST = a_role("north", "admin"), a_role("east", "admin")
STATUS = ProposalStatus
SECOND = 1_000


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(a_genesis(parameters=QUIET))


class TestProposing:
    """[LEDGER-61]"""

    def test_a_proposal_is_put_to_those_who_take_part_now(self, ledger: Ledger) -> None:
        decoded = ledger.propose("north", SAID)
        assert done(ledger, decoded) == (ProposalOpened(decoded.id, 4, 3),)
        assert ledger.proposal(decoded.id) == Proposal(
            proposer="north",
            measure=SAID,
            electors=CODES,
            needed=3,
            approved=0,
            opposed=0,
            status=STATUS.OPEN,
            opened=ledger.time,
            decided=0,
            deadline=ledger.time + VOTING,
            obstacle=0,
        )
        assert ledger.partner("north").proposals == 1
        ledger.scan()

    def test_to_propose_is_not_to_vote(self, ledger: Ledger) -> None:
        id_ = proposed(ledger, SAID)
        assert ledger.entry(ballot_key(id_, "north"), Ballot) is None

    def test_refusals_come_in_order(self, ledger: Ledger) -> None:
        ledger.refuse(ledger.act(NORTH, Propose("nobody", SAID)), Outcome.PARTNER_UNKNOWN)
        ledger.refuse(ledger.act(NORTH, Propose("east", SAID)), Outcome.NOT_ADMIN)
        for _ in range(MAX_PROPOSALS):
            proposed(ledger, SAID)
        full = ledger.propose("north", RemovePartner("nobody"))
        ledger.refuse(full, Outcome.PROPOSALS_FULL)
        ledger.refuse(ledger.propose("east", RemovePartner("nobody")), Outcome.PARTNER_UNKNOWN)
        done(ledger, an_exit(ledger, "west"))
        ledger.refuse(ledger.propose("west", SAID), Outcome.PARTNER_LEAVING)
        ledger.scan()

    @pytest.mark.parametrize("how", ["rejected", "expired", "carried out"])
    def test_a_place_is_free_again_once_a_proposal_is_over(self, ledger: Ledger, how: str) -> None:
        for _ in range(MAX_PROPOSALS - 1):
            proposed(ledger, SAID)
        id_ = proposed(ledger, SAID)
        ledger.refuse(ledger.propose("north", SAID), Outcome.PROPOSALS_FULL)
        if how == "rejected":
            for code in ("north", "east"):
                done(ledger, ledger.vote(code, id_, approve=False))
        elif how == "expired":
            ledger.pass_time(VOTING + SECOND)
        else:
            approve(ledger, id_)
            ledger.refuse(ledger.propose("north", SAID), Outcome.PROPOSALS_FULL)
            ledger.pass_time(TIMELOCK + SECOND)
        done(ledger, ledger.propose("north", SAID))
        ledger.scan()

    def test_a_partner_s_places_are_its_own(self, ledger: Ledger) -> None:
        for _ in range(MAX_PROPOSALS):
            proposed(ledger, SAID)
        done(ledger, ledger.propose("east", SAID))

    def test_whom_it_is_about_may_propose_and_has_no_vote(self, ledger: Ledger) -> None:
        id_ = proposed(ledger, SetLimits("north", GRANTED), "north")
        assert ledger.proposal(id_).electors == ("east", "south", "west")
        assert ledger.proposal(id_).needed == 3
        ledger.refuse(ledger.vote("north", id_), Outcome.NOT_ELECTOR)

    def test_nobody_votes_on_its_only_elector_s_limits(self) -> None:
        ledger = Ledger(a_genesis(1))
        alone = ledger.propose("north", SetLimits("north", GRANTED))
        ledger.refuse(alone, Outcome.ELECTORS_MISSING)

    def test_who_comes_later_has_no_vote_and_who_left_keeps_its_place(self, ledger: Ledger) -> None:
        """Electors are counted once, so that nobody changes what it takes meanwhile."""
        id_ = proposed(ledger, SAID)
        admitted(ledger)
        done(ledger, an_exit(ledger, "west"))
        assert ledger.proposal(id_).electors == CODES
        ledger.refuse(ledger.vote("fifth", id_), Outcome.NOT_ELECTOR)
        ledger.refuse(ledger.vote("west", id_), Outcome.PARTNER_LEAVING)
        later = proposed(ledger, SAID)
        assert ledger.proposal(later).electors == ("north", "east", "south", "fifth")
        ledger.scan()

    def test_its_lane_is_charged_for_it_and_nobody_for_votes(self, ledger: Ledger) -> None:
        """[LEDGER-14] Else whoever fills the lanes could have deadlines pass."""
        id_ = proposed(ledger, SAID)
        charged = ledger.entry(lane_day_key(0), LaneDay)
        assert charged is not None
        assert charged.created >= 3, "the proposal, and a queue and a page for its deadline"
        for code in CODES[:3]:
            done(ledger, ledger.vote(code, id_))
        assert ledger.proposal(id_).status == STATUS.PASSED
        assert ledger.entry(lane_day_key(0), LaneDay) == charged

    def test_votes_come_through_a_lane_that_is_full(self) -> None:
        """[LEDGER-14]"""
        ledger = Ledger()
        id_ = proposed(ledger, SAID)
        charged = ledger.entry(lane_day_key(0), LaneDay)
        assert charged is not None
        full = replace(QUIET, entries_per_lane_and_day=charged.created)
        ledger.genesis = replace(ledger.genesis, parameters=full)
        assert ledger.send(ledger.propose("east", SAID)) == Skip.LANE_EXHAUSTED
        approve(ledger, id_)
        assert ledger.proposal(id_).status == STATUS.PASSED


class TestHowManyItTakes:
    """[LEDGER-61] More than two thirds."""

    @pytest.mark.parametrize("electors", range(1, 101))
    def test_it_is_the_least_that_is_more_than_two_thirds(self, electors: int) -> None:
        least = needed(electors)
        assert Fraction(least, electors) > Fraction(2, 3)
        assert Fraction(least - 1, electors) <= Fraction(2, 3)
        assert least <= electors

    @pytest.mark.parametrize("electors", range(1, 13))
    def test_so_many_pass_it_and_one_fewer_do_not(self, electors: int) -> None:
        ledger = Ledger(a_genesis(electors))
        id_ = proposed(ledger, SAID)
        codes = [a_code(i) for i in range(electors)]
        least = 2 * electors // 3 + 1
        for code in codes[: least - 1]:
            done(ledger, ledger.vote(code, id_))
            assert ledger.proposal(id_).status == STATUS.OPEN
        done(ledger, ledger.vote(codes[least - 1], id_))
        assert ledger.proposal(id_).status == STATUS.PASSED

    @pytest.mark.parametrize("electors", range(1, 13))
    def test_so_many_reject_it_and_one_fewer_do_not(self, electors: int) -> None:
        """As soon as what it takes can no longer be reached."""
        ledger = Ledger(a_genesis(electors))
        id_ = proposed(ledger, SAID)
        codes = [a_code(i) for i in range(electors)]
        blocking = electors - needed(electors) + 1
        for code in codes[: blocking - 1]:
            done(ledger, ledger.vote(code, id_, approve=False))
            assert ledger.proposal(id_).status == STATUS.OPEN
        done(ledger, ledger.vote(codes[blocking - 1], id_, approve=False))
        assert ledger.proposal(id_).status == STATUS.REJECTED
        ledger.scan()


class TestVoting:
    """[LEDGER-62]"""

    def test_a_vote_is_counted_and_kept(self, ledger: Ledger) -> None:
        id_ = proposed(ledger, SAID)
        assert done(ledger, ledger.vote("east", id_)) == (VoteCounted(id_, "east", 1, 0),)
        events = done(ledger, ledger.vote("west", id_, approve=False))
        assert events == (VoteCounted(id_, "west", 1, 1),)
        assert ledger.entry(ballot_key(id_, "east"), Ballot) == Ballot(True)
        assert ledger.entry(ballot_key(id_, "west"), Ballot) == Ballot(False)
        ledger.scan()

    def test_a_vote_may_be_changed_while_it_is_open(self, ledger: Ledger) -> None:
        id_ = proposed(ledger, SAID)
        done(ledger, ledger.vote("east", id_))
        ledger.refuse(ledger.vote("east", id_), Outcome.VOTE_UNCHANGED)
        assert done(ledger, ledger.vote("east", id_, approve=False))[0] == VoteCounted(
            id_, "east", 0, 1
        )
        ledger.refuse(ledger.vote("east", id_, approve=False), Outcome.VOTE_UNCHANGED)
        done(ledger, ledger.vote("east", id_))
        assert (ledger.proposal(id_).approved, ledger.proposal(id_).opposed) == (1, 0)
        ledger.scan()

    def test_the_vote_that_decides_ends_it(self, ledger: Ledger) -> None:
        id_ = proposed(ledger, SAID)
        for code in ("north", "east"):
            done(ledger, ledger.vote(code, id_))
        events = done(ledger, ledger.vote("south", id_))
        assert events == (
            VoteCounted(id_, "south", 3, 0),
            ProposalMoved(id_, STATUS.PASSED, Outcome.DONE),
        )
        after = ledger.proposal(id_)
        assert (after.status, after.decided) == (STATUS.PASSED, ledger.time)
        assert after.deadline == ledger.time + TIMELOCK
        for approves in (True, False):
            late = ledger.vote("west", id_, approve=approves)
            ledger.refuse(late, Outcome.PROPOSAL_CLOSED)
        ledger.refuse(ledger.vote("south", id_, approve=False), Outcome.PROPOSAL_CLOSED)

    def test_the_vote_that_makes_it_hopeless_ends_it(self, ledger: Ledger) -> None:
        id_ = proposed(ledger, SAID)
        done(ledger, ledger.vote("north", id_))
        done(ledger, ledger.vote("east", id_, approve=False))
        events = done(ledger, ledger.vote("south", id_, approve=False))
        assert events[1] == ProposalMoved(id_, STATUS.REJECTED, Outcome.DONE)
        after = ledger.proposal(id_)
        assert (after.status, after.decided) == (STATUS.REJECTED, ledger.time)
        ledger.refuse(ledger.vote("west", id_), Outcome.PROPOSAL_CLOSED)

    def test_a_changed_vote_can_decide(self, ledger: Ledger) -> None:
        id_ = proposed(ledger, SAID)
        done(ledger, ledger.vote("west", id_, approve=False))
        for code in ("north", "east"):
            done(ledger, ledger.vote(code, id_))
        done(ledger, ledger.vote("west", id_))
        assert ledger.proposal(id_).status == STATUS.PASSED
        assert (ledger.proposal(id_).approved, ledger.proposal(id_).opposed) == (3, 0)

    def test_refusals_come_in_order(self, ledger: Ledger) -> None:
        unknown = bytes(32)
        ledger.refuse(ledger.act(NORTH, CastVote("nobody", unknown, True)), Outcome.PARTNER_UNKNOWN)
        ledger.refuse(ledger.act(NORTH, CastVote("east", unknown, True)), Outcome.NOT_ADMIN)
        ledger.refuse(ledger.vote("north", unknown), Outcome.PROPOSAL_UNKNOWN)
        id_ = passed(ledger, SetLimits("north", GRANTED))
        ledger.refuse(ledger.vote("north", id_), Outcome.NOT_ELECTOR)
        ledger.refuse(ledger.vote("east", id_), Outcome.PROPOSAL_CLOSED)
        done(ledger, an_exit(ledger, "west"))
        ledger.refuse(ledger.vote("west", unknown), Outcome.PARTNER_LEAVING)

    def test_nobody_else_speaks_for_a_partner(self, ledger: Ledger) -> None:
        id_ = proposed(ledger, SAID)
        stranger = a_record(ledger, a_person("a stranger"))
        for sender in (EAST, a_role("north", "issuer"), a_role("north", "cashier"), stranger):
            ledger.refuse(ledger.vote("north", id_, sender=sender), Outcome.NOT_ADMIN)

    def test_a_new_admin_changes_the_vote_of_the_old_one(self, ledger: Ledger) -> None:
        """A partner has one vote, whoever speaks for it."""
        id_ = proposed(ledger, SAID)
        done(ledger, ledger.vote("north", id_))
        heir = a_person("an heir")
        done(ledger, a_rotation(ledger, "north", Role.ADMIN, heir))
        ledger.refuse(ledger.vote("north", id_, sender=heir), Outcome.VOTE_UNCHANGED)
        done(ledger, ledger.vote("north", id_, approve=False, sender=heir))
        assert (ledger.proposal(id_).approved, ledger.proposal(id_).opposed) == (0, 1)

    def test_an_elector_that_left_is_still_counted_in_what_it_takes(self, ledger: Ledger) -> None:
        """Its vote stays, and nobody leaves in order to lower the bar."""
        kept, lacking = proposed(ledger, SAID), proposed(ledger, SAID)
        done(ledger, ledger.vote("west", kept))
        done(ledger, an_exit(ledger, "west"))
        done(ledger, an_exit(ledger, "south"))
        for id_ in (kept, lacking):
            for code in ("north", "east"):
                done(ledger, ledger.vote(code, id_))
        assert ledger.proposal(kept).status == STATUS.PASSED
        assert ledger.proposal(lacking).status == STATUS.OPEN
        ledger.pass_time(VOTING + SECOND)
        assert ledger.proposal(lacking).status == STATUS.EXPIRED
