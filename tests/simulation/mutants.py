"""Rules broken on purpose. Each must be caught by some seed, or the simulator is half blind.

A mutant breaks the engine, the replica or the disk of every node of a run. Where the guard of the
signer would stand in the way it is told what it should have said: ``guarded`` is False for those
that take the guard away too, to see that what it prevents would really have been seen by others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from consensus import proposals, recovery, repeats, safety
from consensus.attestation import Attestations
from consensus.chain import Block, Chain
from consensus.engine import Engine
from consensus.inputs import Executed
from consensus.messages import Propose
from consensus.parts import Parts
from consensus.simplex import Simplex
from node import chronicle
from node.executor import Executor
from node.guard import Guard, Statement
from node.guests import Guests
from primitives.vote import Vote
from tests.simulation.cluster import Cluster
from tests.simulation.disk import Disk


class OpenGuard(Guard):
    """Lets everything pass."""

    def admit(self, statement: Statement) -> None:
        pass

    def restore(self, statement: Statement) -> None:
        pass


class Mutant(NamedTuple):
    """A broken rule: what is broken, how, and what the verdict has to say."""

    name: str
    apply: Callable[[pytest.MonkeyPatch], None]
    says: str
    guarded: bool = True

    def cluster(self, cluster: Cluster) -> Cluster:
        """The cluster, its guards taken away if they would hide the fault."""
        if not self.guarded:
            cluster.setting.guard = OpenGuard
        return cluster


def finalize_after_nullify(patch: pytest.MonkeyPatch) -> None:
    """[SAFE-3] dropped."""
    patch.setattr(safety, "may_finalize", lambda own: own.finalized is None)


def two_notarize(patch: pytest.MonkeyPatch) -> None:
    """[SAFE-2] dropped: a view's second proposal takes the place of the first, and is voted for."""
    hold = Simplex.on_proposal

    def hold_the_latest(self: Simplex, message: Propose) -> None:
        before = self.proposals.get(message.vote.view)
        is_second = before is not None and message.vote.digest != before
        if is_second and self.wants_vote(message.vote) and message.header.view == self.view:
            self.proposals.pop(message.vote.view)
            self.own.of(self.view).notarized = None
        hold(self, message)

    patch.setattr(Simplex, "on_proposal", hold_the_latest)


def forget_own_votes(patch: pytest.MonkeyPatch) -> None:
    """[DUR-3] dropped: a restarted node neither remembers nor counts what it said."""
    patch.setattr(recovery, "_own_vote", lambda simplex, vote: None)


def own_votes_not_counted(patch: pytest.MonkeyPatch) -> None:
    """[DUR-3] half dropped: it remembers what it said, but does not count or repeat it."""

    def remember(simplex: Simplex, vote: Vote) -> None:
        simplex.own.record_vote(vote)

    patch.setattr(recovery, "_own_vote", remember)


def journal_not_synced(patch: pytest.MonkeyPatch) -> None:
    """[DUR-1] dropped: the disk says that it synced. It cuts cleanly, so that what was lost does
    not show as damage."""
    honest = Disk.__init__

    def lying(self: Disk, *arguments: object) -> None:
        honest(self, *arguments)  # type: ignore[arg-type]
        self.is_honest = False

    patch.setattr(Disk, "__init__", lying)
    patch.setattr(Disk, "_remains", lambda self, tail: tail[: self._rng.randint(0, len(tail))])


def no_rebroadcast(patch: pytest.MonkeyPatch) -> None:
    """[LIVE-4] dropped: everything is said once."""
    patch.setattr(repeats, "at_standstill", lambda parts: [])


def no_resent_attests(patch: pytest.MonkeyPatch) -> None:
    """[CERT-4] dropped: an ATTEST is sent once."""
    patch.setattr(repeats, "_open_work", lambda parts, peer: [])


def skipped_views_not_checked(patch: pytest.MonkeyPatch) -> None:
    """[SAFE-7] dropped, by leaders and by voters: any notarized block may be a parent."""

    def highest_notarized(self: Chain, view: int) -> Block | None:
        for candidate in range(view - 1, self.final.header.view, -1):
            certificate = self.notarized.get(candidate)
            if certificate is not None and certificate.digest is not None:
                return self.blocks.get(certificate.digest)
        return self.final

    patch.setattr(Chain, "parent_for", highest_notarized)
    patch.setattr(proposals, "skip_is_justified", lambda chain, parent_view, view: True)


def no_proposals_while_lagging(patch: pytest.MonkeyPatch) -> None:
    """[LAG-2] turned round: instead of an empty block, a lagging leader proposes none."""
    propose = Simplex.propose

    def propose_unless_lagging(self: Simplex, now_ms: int) -> None:
        parent = self.chain.parent_for(self.view)
        if parent is None or self.judge.may_propose_contents(parent.header.height + 1):
            propose(self, now_ms)

    patch.setattr(Simplex, "propose", propose_unless_lagging)


def nothing_falls_due(patch: pytest.MonkeyPatch) -> None:
    """[IDLE-1] dropped in part: what falls due wakes nobody; it waits for the next transaction."""
    told = Engine._executed

    def told_of_nothing(self: Engine, event: Executed) -> None:
        told(self, replace(event, next_due_ms=None))

    patch.setattr(Engine, "_executed", told_of_nothing)


def two_proposals(patch: pytest.MonkeyPatch) -> None:
    """[SAFE-1] dropped: a leader whose tips grew proposes once more."""
    propose = Simplex.propose

    def propose_again(self: Simplex, now_ms: int) -> None:
        if self.view > self.own.floor:
            own = self.own.of(self.view)
            held = own.proposed
            if held is not None and now_ms > self.chain.blocks[held].header.time + 20:
                own.proposed = None
        propose(self, now_ms)

    patch.setattr(Simplex, "propose", propose_again)


def executed_above_the_end(patch: pytest.MonkeyPatch) -> None:
    """[EPOCH-3] dropped: whatever is final is executed, above an epoch's last height too."""
    patch.setattr(Parts, "executable", property(lambda parts: 1 << 62))


def left_too_early(patch: pytest.MonkeyPatch) -> None:
    """[EPOCH-5] half dropped: an epoch is left with its last certificate, whatever lacks one."""

    def ended(self: Attestations) -> bool:
        return self.last is not None and self.certified_height >= self.last == self.executed_height

    patch.setattr(Attestations, "is_over", property(ended))
    patch.setattr(Executor, "uncertified", lambda self: [])


def other_epochs_blamed(patch: pytest.MonkeyPatch) -> None:
    """[EPOCH-6] dropped: what another epoch's member says is checked against this one's."""
    patch.setattr(Guests, "takes", lambda self, peer, message: True)


def lanes_go_on(patch: pytest.MonkeyPatch) -> None:
    """[EPOCH-5] dropped: the new lanes go on from where the old ones stood."""
    patch.setattr(
        chronicle, "handed_over", lambda header, epoch, _: replace(header, epoch=epoch, view=0)
    )


MUTANTS = (
    Mutant("FINALIZE after NULLIFY", finalize_after_nullify, "slot_excluded"),
    Mutant(
        "FINALIZE after NULLIFY, unguarded", finalize_after_nullify, "FINALIZE_AND_NULLIFY", False
    ),
    Mutant("two NOTARIZE in a view", two_notarize, "slot_taken"),
    Mutant("two NOTARIZE in a view, unguarded", two_notarize, "TWO_NOTARIZE", False),
    Mutant("two proposals in a view", two_proposals, "slot_taken"),
    Mutant("own votes forgotten at restart, unguarded", forget_own_votes, "honest member", False),
    Mutant("own votes not counted at restart", own_votes_not_counted, ""),
    Mutant("journal not synced", journal_not_synced, ""),
    Mutant("no rebroadcast", no_rebroadcast, ""),
    Mutant("attestations not sent again", no_resent_attests, ""),
    Mutant("skipped-view check dropped", skipped_views_not_checked, "AssertionError((Block"),
    Mutant("no proposals while execution lags", no_proposals_while_lagging, ""),
    Mutant("what falls due wakes nobody", nothing_falls_due, "something is due since"),
    Mutant("blocks executed above an epoch's end", executed_above_the_end, "failed"),
    Mutant("epoch left with a height uncertified", left_too_early, "certificate"),
    Mutant("messages of other epochs blamed", other_epochs_blamed, "blamed for"),
    Mutant("lanes not begun anew", lanes_go_on, ""),
)

__all__ = ["MUTANTS", "Mutant"]
