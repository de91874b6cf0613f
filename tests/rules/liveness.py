"""Mutants of what keeps the network going, and silent when idle: [LIVE-1] to [LAG-3]."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from consensus import needs, repeats
from consensus.chain import Chain
from consensus.engine import Engine
from consensus.inputs import Executed
from consensus.lanes import Lanes
from consensus.leader import Leaders
from consensus.pacemaker import Pacemaker
from consensus.proposals import Judge
from consensus.simplex import Simplex
from primitives.validators import ValidatorSet
from tests.rules.mutant import BySeed, Edit, Mutant, by_tests

RESTARTS = "unit/consensus/test_restarts.py"
RESTARTED = "test_a_restart_takes_from_nobody_the_proof_of_what_is_final_and_uncertified"
SIMPLEX = "unit/consensus/test_simplex.py"
SAFETY_TESTS = "unit/consensus/test_safety.py"
ATTESTATION = "unit/consensus/test_attestation.py"
BUGS = "unit/consensus/test_bugs_of_others.py"


def no_rebroadcast(patch: pytest.MonkeyPatch) -> None:
    """Nothing is said again at standstill."""
    patch.setattr(repeats, "at_standstill", lambda parts: [])


def no_proposals_while_lagging(patch: pytest.MonkeyPatch) -> None:
    """Instead of an empty block, a lagging leader proposes none."""
    propose = Simplex.propose

    def propose_unless_lagging(self: Simplex, now_ms: int) -> None:
        parent = self.chain.parent_for(self.view)
        if parent is None or self.judge.may_propose_contents(parent.header.height + 1):
            propose(self, now_ms)

    patch.setattr(Simplex, "propose", propose_unless_lagging)


def nothing_falls_due(patch: pytest.MonkeyPatch) -> None:
    """What falls due waits for the next transaction."""
    told = Engine._executed

    def told_of_nothing(self: Engine, event: Executed) -> None:
        told(self, replace(event, next_due_ms=None))

    patch.setattr(Engine, "_executed", told_of_nothing)


LIVENESS = (
    Mutant(
        "LIVE-1",
        "one member leads every view",
        Edit(ValidatorSet.leader, ("view % self.size", "0")),
        by_tests(SIMPLEX, "test_a_batch_becomes_final_and_certified_everywhere"),
    ),
    Mutant(
        "LIVE-1",
        "a proposal of any member is taken",
        Edit(
            Simplex.on_proposal,
            (" or vote.author != self.leaders.of(vote.view)", ""),
        ),
        by_tests(SIMPLEX, "test_a_proposal_by_another_than_the_leader_is_ignored"),
    ),
    Mutant(
        "LIVE-2",
        "a leader builds on nothing but final blocks",
        Edit(
            Chain.parent_for,
            ("if certificate is not None and certificate.digest is not None:", "if False:"),
        ),
        BySeed("transactions are not final", seed=4),
    ),
    Mutant(
        "LIVE-2",
        "nobody asks for the X's that it went past",
        Edit(needs._needs_of_view, ("if not simplex.pacemaker.busy:", "if True:")),
        by_tests(
            "unit/consensus/test_stalls.py",
            "test_members_that_each_missed_another_nullification_go_on",
        ),
    ),
    Mutant(
        "LIVE-3",
        "a proposal is rejected, not held, while an X that it needs is missing",
        Edit(
            Judge.judge,
            (
                "parent.header.view, header.view):\n        return Verdict.WAIT",
                "parent.header.view, header.view):\n        return Verdict.INVALID",
            ),
        ),
        by_tests(SAFETY_TESTS, "test_a_skipped_view_must_be_proven_nullified"),
    ),
    Mutant(
        "LIVE-3",
        "N and X are not passed on",
        Edit(Simplex.on_certificate, ("if certificate.kind != Kind.FINALIZE:", "if False:")),
        by_tests(SIMPLEX, "test_certificates_are_passed_on_once"),
    ),
    Mutant(
        "LIVE-4",
        "everything is said once",
        no_rebroadcast,
        by_tests(BUGS, "test_lost_votes_are_sent_again_and_standstill_traffic_is_bounded"),
    ),
    Mutant(
        "LIVE-4",
        "who connects is told nothing but where one stands",
        Edit(repeats.to_greet, ("if not parts.is_member(peer):", "if True:")),
        by_tests(ATTESTATION, "test_batches_are_announced_again_to_a_new_peer"),
    ),
    Mutant(
        "LIVE-4",
        "a peer behind is not helped",
        Edit(Engine._stands_at, ("if helpful:", "if False:")),
        by_tests(SIMPLEX, "test_a_peer_behind_is_helped_but_not_too_often"),
    ),
    Mutant(
        "LIVE-5",
        "timeouts do not grow",
        Edit(Pacemaker.timed_out, ("self._timeouts += 1", "pass")),
        by_tests(BUGS, "test_a_timeout_grows_until_a_height_is_final"),
    ),
    Mutant(
        "LIVE-6",
        "no failing leader is skipped",
        Edit(Leaders.skipped, ("view in self._skipped", "False")),
        by_tests(SIMPLEX, "test_the_next_turn_of_a_leader_that_failed_is_nullified_on_entry"),
    ),
    Mutant(
        "LIVE-6",
        "a leader that fails again and again is skipped once each time",
        Edit(Leaders.failed, ("min(2 ** min(failures - 1, 8), MOST_SKIPPED)", "1")),
        by_tests(SIMPLEX, "test_turns_skipped_double_with_each_failure_in_a_row_up_to_a_limit"),
    ),
    Mutant(
        "LIVE-6",
        "a turn that was skipped counts as a failure",
        Edit(Leaders.failed, ("if view in self._skipped:", "if False:")),
        by_tests(SIMPLEX, "test_nobody_is_skipped_while_more_than_f_leaders_fail"),
    ),
    Mutant(
        "LIVE-6",
        "leaders are skipped though more than f look failed",
        Edit(Leaders.enter, (" and len(self._failures) <= self._members.faults", "")),
        by_tests(SIMPLEX, "test_nobody_is_skipped_while_more_than_f_leaders_fail"),
    ),
    Mutant(
        "LIVE-7",
        "what one honest member sealed is never ordered",
        Edit(
            Lanes._next_tip,
            ("best = parent\n", "best = parent\n    if lane.author == 1: return parent\n"),
        ),
        by_tests(SIMPLEX, "test_many_lanes_become_final_in_one_order"),
    ),
    Mutant(
        "LIVE-7",
        "whoever is behind does not learn it from the beats",
        Edit(needs.known_height, ("0 if newest is None else newest.beat.height", "0")),
        by_tests(
            "unit/consensus/test_stalls.py",
            "test_a_member_that_missed_a_whole_height_learns_of_it_from_the_beats",
        ),
    ),
    Mutant(
        "LIVE-8",
        "a leader proposes contents at once, always",
        Edit(Pacemaker.gathers_until_ms, ("min(parent_ms, self._start_ms())", "0")),
        by_tests(SIMPLEX, "test_blocks_that_follow_each_other_let_transactions_gather"),
    ),
    Mutant(
        "IDLE-1",
        "what falls due wakes nobody",
        nothing_falls_due,
        BySeed("something is due since"),
    ),
    Mutant(
        "IDLE-1",
        "views run though there is nothing to order",
        Edit(Engine._has_work, ("final.view == 0", "True")),
        by_tests(SIMPLEX, "test_who_is_idle_says_nothing_and_asks_for_no_wake_but_its_pulse"),
    ),
    Mutant(
        "IDLE-1",
        "a height without its certificate keeps nobody awake",
        Edit(
            Engine._set_busy,
            ("not through >= self.final_height >= known_height(self._parts)", "False"),
        ),
        by_tests(
            ATTESTATION, "test_lost_attestations_are_sent_again_until_every_height_is_certified"
        ),
    ),
    Mutant(
        "IDLE-2",
        "a leader proposes though views do not run",
        Edit(Simplex.propose, (" or not self.pacemaker.busy", "")),
        by_tests(SIMPLEX, "test_who_is_idle_says_nothing_and_asks_for_no_wake_but_its_pulse"),
    ),
    Mutant(
        "IDLE-2",
        "deadlines go on from before the network was idle",
        Edit(
            Pacemaker._start_ms,
            ("max(self._entered_ms, self._busy_since_ms)", "self._entered_ms"),
        ),
        by_tests(SIMPLEX, "test_deadlines_start_when_work_appears"),
    ),
    Mutant(
        "LIVE-4",
        "a restart takes the F of the final block for needless",
        Edit(Chain.recall, ("self.finalized = certificate", "pass")),
        by_tests(RESTARTS, RESTARTED),
    ),
    Mutant(
        "LIVE-4",
        "a restart forgets executed blocks that nothing proves yet",
        Edit(Chain.__init__, ("(Block(*bare) for bare in anchor.bare)", "()")),
        by_tests(RESTARTS, RESTARTED),
    ),
    Mutant(
        "IDLE-2",
        "a leader does not wait for its parent's F before it orders nothing",
        Edit(Simplex._lacks_only_finality, ("return is_open and", "return False and")),
        by_tests(SIMPLEX, "test_a_network_slower_than_an_empty_block_rests_all_the_same"),
    ),
    Mutant(
        "IDLE-2",
        "a leader waits for its parent's F though something is due",
        Edit(Simplex._lacks_only_finality, ("self.is_due or ", "")),
        by_tests(SIMPLEX, "test_what_falls_due_does_not_wait_for_an_f"),
    ),
    Mutant(
        "LAG-1",
        "empty blocks wait for execution as others do",
        Edit(
            Judge.judge,
            ("if not is_empty(parent.header, header):", "if True:"),
            (
                "self._is_above_last(header.height):",
                "parent.header.cut != header.cut and self._is_above_last(header.height):",
            ),
        ),
        BySeed("transactions are not final", seed=4),
    ),
    Mutant(
        "LAG-2",
        "a lagging leader proposes nothing at all",
        no_proposals_while_lagging,
        BySeed("transactions are not final", seed=4),
    ),
    Mutant(
        "LAG-2",
        "a leader orders however far it lags",
        Edit(
            Judge.may_propose_contents,
            ("known >= height - self._config.parameters.lag_bound", "True"),
        ),
        by_tests(
            "unit/consensus/test_epochs.py",
            "test_a_leader_that_executed_less_proposes_nothing_though_it_holds_the_certificates",
        ),
    ),
    Mutant(
        "LAG-3",
        "a member votes for contents however far it lags",
        Edit(
            Judge._may_vote_contents,
            (
                "self._attestations.executed_height >= height",
                "self._attestations.executed_height >= 0 * height",
            ),
        ),
        by_tests(ATTESTATION, "test_nobody_votes_for_contents_further_ahead_than_it_executed"),
    ),
)
