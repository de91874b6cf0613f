"""Bugs that real implementations of this protocol had, put into ours: each has its named test."""

from __future__ import annotations

from consensus import needs
from consensus.chain import Chain
from consensus.pacemaker import Pacemaker
from consensus.simplex import Simplex
from tests.rules.durability import own_votes_not_counted
from tests.rules.lanes import notarized_is_final
from tests.rules.mutant import Edit, Mutant, by_tests
from tests.rules.safety import forgotten_views_open

FILE = "unit/consensus/test_bugs_of_others.py"

BUGS = (
    Mutant(
        "LIVE-2",
        "whoever holds N and X of a view refuses blocks that skip it",
        Edit(
            Chain.missing_nullification,
            (
                "if between not in self.nullified:",
                "if between not in self.nullified or between in self.notarized:",
            ),
        ),
        by_tests(FILE, "test_holding_both_n_and_x_of_a_view_refuses_neither_ancestry"),
    ),
    Mutant(
        "DUR-3",
        "whoever fell after writing NULLIFY down does not count it",
        own_votes_not_counted,
        by_tests(FILE, "test_everyone_restarting_after_nullify_counts_its_own_replayed_vote"),
    ),
    Mutant(
        "LIVE-3",
        "an N after an own NULLIFY does not advance the view",
        Edit(
            Simplex.advance,
            (
                "if target <= self.view:",
                """waits = self.view > self.own.floor and self.own.of(self.view).nullified
    if target <= self.view or (waits and self.view not in self.chain.nullified):""",
            ),
        ),
        by_tests(FILE, "test_an_n_after_an_own_nullify_still_advances_the_view"),
    ),
    Mutant(
        "SAFE-6",
        "whoever catches up signs FINALIZE in a view that it nullified and forgot",
        forgotten_views_open,
        by_tests(FILE, "test_catching_up_finalizes_no_view_that_was_nullified_and_is_forgotten"),
    ),
    Mutant(
        "LIVE-4",
        "votes of a timeout are sent once",
        Edit(Simplex.open_words, ("in sorted(self.said.items()):", "in ():")),
        by_tests(FILE, "test_votes_of_a_timeout_are_sent_until_they_arrive"),
    ),
    Mutant(
        "LIVE-4",
        "every vote since the last final block is sent again",
        Edit(Simplex.open_words, ("view >= self.view - 2", "True")),
        by_tests(FILE, "test_standstill_traffic_does_not_grow_with_what_was_missed"),
    ),
    Mutant(
        "LIVE-4",
        "standstill repeats itself without a pause",
        Edit(Pacemaker.standstill_ms, ("+ standstill + jitter", "+ 10")),
        by_tests(FILE, "test_lost_votes_are_sent_again_and_standstill_traffic_is_bounded"),
    ),
    Mutant(
        "LIVE-5",
        "timeouts are short again in each new view",
        Edit(
            Pacemaker.enter,
            ("self._entered_ms = now_ms", "self._entered_ms, self._timeouts = now_ms, 0"),
        ),
        by_tests(FILE, "test_a_timeout_grows_until_a_height_is_final"),
    ),
    Mutant(
        "BLOCK-5",
        "whoever catches up takes N for finality",
        notarized_is_final,
        by_tests(FILE, "test_a_notarized_block_is_not_taken_for_a_final_one"),
    ),
    Mutant(
        "SYNC-1",
        "fetches of a view have one key, whatever is fetched",
        Edit(
            needs._needs_of_proposal,
            ('needs[("notarized", view, b"")]', 'needs[("nullified", view, b"")]'),
        ),
        by_tests(FILE, "test_what_is_fetched_of_a_view_is_told_apart_by_its_kind"),
    ),
)
