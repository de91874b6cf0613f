"""Mutants of lanes and blocks: [LANE-1] to [BLOCK-5]."""

from __future__ import annotations

from consensus import needs
from consensus.execution import Queue
from consensus.lanes import Lane, Lanes, _adds_up, _follows
from consensus.proposals import Judge
from consensus.simplex import Simplex
from consensus.verification import Verifier
from node.reception import Reception
from primitives import batch, block
from tests.rules.mutant import BySeed, Edit, Edits, Mutant, by_tests

LANE_TESTS = "unit/consensus/test_lanes.py"
BOUNDS = "unit/consensus/test_bounds.py"
STALLS = "unit/consensus/test_stalls.py"
BATCHES = "unit/primitives/test_batch.py"
SIMPLEX = "unit/consensus/test_simplex.py"

notarized_is_final = Edit(
    Simplex._proven_final,
    (
        "certificate = self.chain.finalized",
        "certificate = self.chain.notarized.get(self.chain.best_notarized_view())",
    ),
)

LANES = (
    Mutant(
        "LANE-1",
        "anybody's batch goes into anybody's lane",
        Edit(
            Verifier.batch,
            ("self._signed(header.author, batch_message(digest), batch.signature)", "pass"),
        ),
        by_tests(
            "unit/consensus/test_verification.py",
            "test_a_batch_that_its_author_did_not_sign_is_refused",
        ),
    ),
    Mutant(
        "LANE-1",
        "the root of a batch need not be its transactions'",
        Edit(batch.decode_batch, ("header.root != list_root(batch.transactions)", "False")),
        by_tests(
            "unit/audit/doctored/test_rewritten_amount.py",
            "test_a_node_that_rewrites_an_amount_is_told_by_the_batchs_root",
        ),
    ),
    Mutant(
        "LANE-2",
        "an unsound batch is ordered",
        Edit(Reception.checked, ("if fault is None:", "if True:")),
        BySeed("transactions are not final"),
    ),
    Mutant(
        "LANE-3",
        "a cut may name any number of batches",
        Edit(
            Lanes.cut_is_valid,
            ("not 0 < batches <= parameters.lane_batches", "not 0 < batches"),
        ),
        by_tests(LANE_TESTS, "test_a_cut_is_bounded_before_anything_is_fetched"),
    ),
    Mutant(
        "LANE-3",
        "a cut may name any weight",
        Edit(
            Lanes.cut_is_valid,
            ("not 0 < weight <= parameters.lane_weight", "not 0 < weight"),
        ),
        by_tests(LANE_TESTS, "test_a_cut_is_bounded_before_anything_is_fetched"),
    ),
    Mutant(
        "LANE-3",
        "a batch is kept that no block has room for",
        Edit(Lanes.accepts, (" or header.weight > parameters.lane_weight", "")),
        by_tests(BOUNDS, "test_a_batch_too_heavy_for_any_block_keeps_nobody_awake"),
    ),
    Mutant(
        "LANE-3",
        "the weight of a tip need not be its batches'",
        Edits(
            Edit(_adds_up, ("return tip == end", "return True")),
            Edit(_follows, ("header.cumulative == parent.cumulative + header.weight", "True")),
        ),
        by_tests(
            LANE_TESTS,
            "test_a_tip_with_false_figures_does_not_follow",
            "test_a_batch_whose_weights_do_not_add_up_is_never_connected",
        ),
    ),
    Mutant(
        "LANE-4",
        "a tip need not descend from the parent's",
        Edit(
            Lane.path,
            (
                "if held.bad or not _may_descend(held.header, start):",
                "if held.header.seq <= start.seq:\n            break\n        if held.bad:",
            ),
            ("if not _adds_up(start, found, end):", "if False:"),
        ),
        by_tests(LANE_TESTS, "test_a_tip_of_another_branch_does_not_follow"),
    ),
    Mutant(
        "LANE-5",
        "an author makes others keep what it likes",
        Edit(Lane.has_room, ("within and len(self.at(seq)) < MOST_BRANCHES", "True")),
        by_tests(
            BOUNDS,
            "test_a_chain_that_leads_nowhere_is_not_kept",
            "test_a_claimed_tip_lifts_no_bound",
            "test_a_batch_that_would_not_be_kept_is_not_checked_again",
        ),
    ),
    Mutant(
        "LANE-5",
        "what a held batch names as its previous is not taken",
        Edit(Lane.accepts, (" or self._awaited(digest, header.seq)", "")),
        by_tests(LANE_TESTS, "test_a_third_branch_is_taken_when_a_held_batch_builds_on_it"),
    ),
    Mutant(
        "LANE-6",
        "a leader takes more batches of a lane than voters bear",
        Edit(Lanes._next_tip, ("tips[: parameters.lane_batches]", "tips")),
        BySeed("transactions are not final", seed=20),
    ),
    Mutant(
        "LANE-6",
        "of an author that withheld all is taken as ever",
        Edit(Lanes._suspect, ("height - fetched_at < 100", "False")),
        by_tests(
            LANE_TESTS, "test_of_an_author_that_withheld_only_what_a_quorum_reports_is_ordered"
        ),
    ),
    Mutant(
        "LANE-6",
        "no author whose batch came late is suspect",
        Edit(needs._note_lacking, ("parts.lanes.fetched(", "max(")),
        by_tests(STALLS, "test_an_author_whose_batch_came_late_is_suspect"),
    ),
    Mutant(
        "LANE-7",
        "a member votes for batches that it does not hold",
        Edit(Judge._judge_batches, ("Verdict.WAIT if missing else", "")),
        by_tests(LANE_TESTS, "test_nobody_votes_for_what_it_does_not_hold"),
    ),
    Mutant(
        "LANE-8",
        "nobody asks for what a peer that stands still has",
        Edit(needs._needs_of_claims, ("ahead = 2", "return\n    ahead = 2")),
        by_tests(STALLS, "test_a_gap_in_the_lane_of_a_dead_author_is_closed"),
    ),
    Mutant(
        "BLOCK-1",
        "a block may have any version",
        Edit(Judge._is_child, ("header.version == VERSION", "True")),
        by_tests(SIMPLEX, "test_what_no_honest_leader_proposes_is_never_voted_for"),
    ),
    Mutant(
        "BLOCK-1",
        "a block's digest says nothing of the chain",
        Edit(block.block_digest, ("BLOCK.digest(chain, ", "BLOCK.digest(bytes(32), ")),
        by_tests(BATCHES, "test_the_same_block_on_another_chain_is_another_block"),
    ),
    Mutant(
        "BLOCK-2",
        "a block leaves out the batches that are furthest from the parent's tip",
        Edit(block.order_of, ("range(deepest)", "range(min(deepest, 1))")),
        by_tests(BATCHES, "test_a_cut_orders_each_new_batch_once_and_each_lane_in_its_order"),
    ),
    Mutant(
        "BLOCK-2",
        "a block orders what its parent ordered once more",
        Edit(Queue.issue, ("self._cut = block.header.cut", "pass")),
        by_tests(SIMPLEX, "test_many_lanes_become_final_in_one_order"),
    ),
    Mutant(
        "BLOCK-3",
        "the first lane comes first for ever",
        Edit(block.order_of, ("(offset + height) % size", "offset")),
        by_tests(BATCHES, "test_no_lane_is_first_for_ever"),
    ),
    Mutant(
        "BLOCK-4",
        "a voter bears any time to come",
        Edit(Judge.judge, ("header.time > now_ms", "0 > now_ms")),
        BySeed("ms ahead", seed=1),
    ),
    Mutant(
        "BLOCK-4",
        "a block may be older than its parent",
        Edit(Judge._is_child, ("header.time >= parent.time", "True")),
        by_tests(SIMPLEX, "test_what_no_honest_leader_proposes_is_never_voted_for"),
    ),
    Mutant(
        "BLOCK-4",
        "a block may have any height",
        Edit(Judge._is_child, ("header.height == parent.height + 1", "True")),
        by_tests(SIMPLEX, "test_what_no_honest_leader_proposes_is_never_voted_for"),
    ),
    Mutant(
        "BLOCK-5",
        "notarized is taken for final",
        notarized_is_final,
        BySeed("transactions are not final", seed=4),
    ),
)
