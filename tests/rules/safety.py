"""Mutants of what keeps two histories apart: [SAFE-1] to [SAFE-7]."""

from __future__ import annotations

import pytest

from consensus import proposals, safety
from consensus.chain import Block, Chain
from consensus.messages import Propose
from consensus.safety import OwnVotes
from consensus.simplex import Simplex
from primitives.validators import ValidatorSet
from tests.rules.mutant import BySeed, Edit, Mutant, by_tests

finalize_after_nullify = Edit(
    safety.may_finalize,
    ("not own.nullified and own.finalized is None", "own.finalized is None"),
)
nullify_after_finalize = Edit(
    Simplex.give_up,
    (
        "if safety.may_nullify(self.own.of(self.view)):",
        """for view in range(self.own.floor + 1, self.view):
        if not self.own.of(view).nullified:
            self._say(Kind.NULLIFY, view, None)
    if safety.may_nullify(self.own.of(self.view)):""",
    ),
)
smaller_quorum = Edit(
    ValidatorSet.quorum, ("self.size - self.faults", "self.size - self.faults - 1")
)
forgotten_views_open = Edit(
    OwnVotes.prune,
    ("self._floor = max(self._floor, final_view)", "pass"),
    ("if v > self._floor", "if v > final_view"),
)


def two_notarize(patch: pytest.MonkeyPatch) -> None:
    """A view's second proposal takes the place of the first, and is voted for."""
    hold = Simplex.on_proposal

    def hold_the_latest(self: Simplex, message: Propose) -> None:
        before = self.proposals.get(message.vote.view)
        is_second = before is not None and message.vote.digest != before
        if is_second and self.wants_vote(message.vote) and message.header.view == self.view:
            self.proposals.pop(message.vote.view)
            self.own.of(self.view).notarized = None
        hold(self, message)

    patch.setattr(Simplex, "on_proposal", hold_the_latest)


def two_proposals(patch: pytest.MonkeyPatch) -> None:
    """A leader proposes once more 20 ms later."""
    propose = Simplex.propose

    def propose_again(self: Simplex, now_ms: int) -> None:
        if self.view > self.own.floor:
            own = self.own.of(self.view)
            held = own.proposed
            if held is not None and now_ms > self.chain.blocks[held].header.time + 20:
                own.proposed = None
        propose(self, now_ms)

    patch.setattr(Simplex, "propose", propose_again)


def skipped_views_not_checked(patch: pytest.MonkeyPatch) -> None:
    """For leaders and voters alike, any notarized block may be a parent."""

    def highest_notarized(self: Chain, view: int) -> Block | None:
        for candidate in range(view - 1, self.final.header.view, -1):
            certificate = self.notarized.get(candidate)
            if certificate is not None and certificate.digest is not None:
                return self.blocks.get(certificate.digest)
        return self.final

    patch.setattr(Chain, "parent_for", highest_notarized)
    patch.setattr(proposals, "skip_is_justified", lambda chain, parent_view, view: True)


SAFETY = (
    Mutant("SAFE-1", "a view gets two proposals", two_proposals, BySeed("slot_taken")),
    Mutant(
        "SAFE-2", "a member NOTARIZEs twice in a view", two_notarize, BySeed("slot_taken", seed=8)
    ),
    Mutant(
        "SAFE-2",
        "a member NOTARIZEs twice in a view, and no guard prevents it",
        two_notarize,
        BySeed("TWO_NOTARIZE", seed=8, guarded=False),
    ),
    Mutant(
        "SAFE-3",
        "a member FINALIZEs in a view that it nullified",
        finalize_after_nullify,
        BySeed("slot_excluded", seed=4),
    ),
    Mutant(
        "SAFE-3",
        "a member FINALIZEs in a view that it nullified, and no guard prevents it",
        finalize_after_nullify,
        BySeed("FINALIZE_AND_NULLIFY", seed=4, guarded=False),
    ),
    Mutant(
        "SAFE-4",
        "who times out NULLIFIES each view up to its own, whatever it signed there",
        nullify_after_finalize,
        BySeed("slot_excluded"),
    ),
    Mutant(
        "SAFE-4",
        "who times out NULLIFIES each view up to its own, and no guard prevents it",
        nullify_after_finalize,
        BySeed("FINALIZE_AND_NULLIFY", guarded=False),
    ),
    Mutant(
        "SAFE-4",
        "FINALIZE does not forbid NULLIFY",
        Edit(
            safety.may_nullify,
            ("own.finalized is None and not own.nullified", "not own.nullified"),
        ),
        by_tests("unit/consensus/test_safety.py", "test_nobody_nullifies_a_view_that_it_finalized"),
    ),
    Mutant(
        "SAFE-5",
        "two quorums need not share an honest member",
        smaller_quorum,
        BySeed("executed another block or outcome", seed=101),
    ),
    Mutant("SAFE-6", "votes are signed in forgotten views", forgotten_views_open, BySeed("slot_")),
    Mutant(
        "SAFE-7",
        "a block skips views that are not nullified",
        skipped_views_not_checked,
        BySeed("AssertionError((Block", seed=28),
    ),
    Mutant(
        "SAFE-7",
        "a voter does not ask whether skipped views are nullified",
        Edit(
            proposals.skip_is_justified,
            ("chain.missing_nullification(parent_view, view) is None", "True"),
        ),
        by_tests("unit/consensus/test_safety.py", "test_a_skipped_view_must_be_proven_nullified"),
    ),
)
