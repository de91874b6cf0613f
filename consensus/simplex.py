"""Simplex consensus (Chan and Pass, 2023): final in three message delays, a block every two.

Enter view v on any certificate of view v-1 or later. Its leader proposes a child of the highest
notarized block p such that every view between is nullified.

On a proposal, hold it until the parent's N, the X's of the gap and the batches are there; check it
and sign NOTARIZE, once a view, even after an own NULLIFY of that view.
On N(v, d), pass it on once; unless I nullified v, sign FINALIZE(v, d); go to v+1.
On X(v), pass it on once; go to v+1.
On F(v, d), commit d and its uncommitted ancestors, in order.
On timeout of v, unless I signed FINALIZE for v, sign NULLIFY(v).

Knows views, votes, blocks and certificates; no transport and no content. Every rule is applied
to what is held, again after each input, so that nothing depends on the order in which things came
("level, not edge"). Deviations from the paper: views run only while there is work ([IDLE-1]), and
leaders that fail are skipped ([LIVE-6]). Safety argument: docs/spec/consensus.md and safety.py.
"""

from __future__ import annotations

from consensus import safety
from consensus.attestation import Attestations
from consensus.chain import Block, Chain
from consensus.config import Config
from consensus.effects import BlockKept, CertificateKept, Effect, Keep, SayProposal, SayVote, Send
from consensus.lanes import Lanes
from consensus.leader import Leaders
from consensus.messages import Certified, Propose, Voted
from consensus.pacemaker import Pacemaker
from consensus.proposals import Judge, Verdict
from consensus.tally import Tally
from primitives.batch import Tip
from primitives.block import VERSION, Header, block_digest
from primitives.certificate import Certificate
from primitives.vote import Kind, Vote

VIEW_WINDOW = 200
"""Votes of views further ahead are dropped: certificates bring a node there."""


class Simplex:
    """The protocol's state in one epoch. Methods append effects to ``out``."""

    def __init__(
        self, config: Config, chain: Chain, lanes: Lanes, attestations: Attestations
    ) -> None:
        self._config = config
        self.chain = chain
        self.lanes = lanes
        self._attestations = attestations
        self.tally = Tally(config)
        self.own = safety.OwnVotes()
        self.own.prune(chain.final.header.view)
        self.leaders = Leaders(config)
        self.pacemaker = Pacemaker(config)
        self.judge = Judge(config, chain, lanes, attestations)
        self.view = chain.final.header.view + 1
        self.proposals: dict[int, bytes] = {}
        self.rejected: dict[int, None] = {}
        self.said: dict[tuple[int, Kind], Vote] = {}
        self._proposed: dict[int, Propose] = {}
        self._leader_votes: dict[bytes, Vote] = {}
        self.is_due = False
        """Whether something is due, and waits for a block."""
        self.out: list[Effect] = []

    # -- what arrives (verified) -----------------------------------------------------------

    def wants_vote(self, vote: Vote) -> bool:
        """True if the vote could still matter; asked before its signature is checked."""
        final_view = self.chain.final.header.view
        if not final_view < vote.view <= self.view + VIEW_WINDOW or self.tally.known(vote):
            return False
        # Once its certificate is held a vote adds nothing, but a contradiction is evidence.
        return vote.kind == Kind.PROPOSE or not self._certificate_held(vote)

    def _certificate_held(self, vote: Vote) -> bool:
        match vote.kind:
            case Kind.NOTARIZE:
                held = self.chain.notarized.get(vote.view)
                return held is not None and held.digest == vote.digest
            case Kind.NULLIFY:
                return vote.view in self.chain.nullified
            case _:
                held = self.chain.finalized
                return held is not None and held.view >= vote.view

    def on_proposal(self, message: Propose) -> None:
        """Hold the first proposal of a view, for views up to the next one; a second is evidence."""
        header, vote = message.header, message.vote
        if vote.author == self._config.me:
            self._proposed[vote.view] = message
        if not self.wants_vote(vote) or vote.author != self.leaders.of(vote.view):
            return
        if header.view > self.view + 1:
            return
        self.tally.add(vote)
        if vote.digest is not None and vote.view not in self.proposals:
            self.proposals[vote.view] = vote.digest
            self._leader_votes[vote.digest] = vote
            self.chain.add(header, vote.digest)

    def on_vote(self, vote: Vote) -> None:
        """Count a vote; a certificate that it completes is handled at once."""
        if vote.author == self._config.me:
            self.said[(vote.view, vote.kind)] = vote
        if not self.wants_vote(vote):
            return
        certificate = self.tally.add(vote)
        if certificate is not None:
            self.on_certificate(certificate)

    def on_certificate(self, certificate: Certificate) -> None:
        """Hold N, X or F; N and X are passed on once ([LIVE-3])."""
        if self.chain.holds(certificate):
            return
        self.chain.certify(certificate)
        self.out.append(Keep(CertificateKept(certificate)))
        if certificate.kind == Kind.NOTARIZE:
            self.leaders.succeeded(certificate.view)
        if certificate.kind == Kind.NULLIFY:
            self.leaders.failed(certificate.view)
        if certificate.kind != Kind.FINALIZE:
            self.out.append(Send(None, Certified(certificate)))

    def on_recovered_proposal(self, message: Propose) -> None:
        """A proposal was read back from disk: mine, or one that I voted for."""
        vote = message.vote
        assert vote.digest is not None
        if vote.author == self._config.me:
            self._proposed[vote.view] = message
        if vote.view > self.chain.final.header.view:
            self.tally.add(vote)
            self.proposals.setdefault(vote.view, vote.digest)
            self._leader_votes[vote.digest] = vote

    def on_block(self, header: Header, wanted: bool) -> None:
        """A block that was asked for by digest; anything else is ignored, and so is what no chain
        could hold (a lying leader names its parent): it would be kept for ever."""
        final = self.chain.final.header
        # Each height takes a view of its own, and what is asked for is of a view that was reached.
        heights, views = header.height - final.height, header.view - final.view
        if wanted and 0 < heights <= views and header.view <= self.view:
            digest = block_digest(self._config.chain, header)
            if digest not in self.chain.blocks:
                self._keep(self.chain.add(header, digest))

    # -- rules, applied until nothing changes ------------------------------------------------

    def advance(self, now_ms: int) -> bool:
        """Go to the view after the newest certificate's. True if the view changed."""
        target = self.chain.newest_view() + 1
        if target <= self.view:
            return False
        self.view = target
        self.leaders.enter(target)
        self.pacemaker.enter(now_ms)
        return True

    def finalize(self) -> None:
        """FINALIZE what is notarized in every open view that I did not nullify."""
        if self._config.me is None:
            return
        for view in range(self.own.floor + 1, self.chain.best_notarized_view() + 1):
            certificate = self.chain.notarized.get(view)
            if certificate is not None and safety.may_finalize(self.own.of(view)):
                self._say(Kind.FINALIZE, view, certificate.digest)

    def notarize(self, now_ms: int) -> None:
        """NOTARIZE the held proposal of the current view, if it is valid by now."""
        digest = self.proposals.get(self.view)
        if self._config.me is None or digest is None or self.view in self.rejected:
            return
        if self.view <= self.own.floor or not safety.may_notarize(self.own.of(self.view)):
            return
        block = self.chain.blocks[digest]
        verdict = self.judge.judge(block, now_ms)
        if verdict is Verdict.INVALID:
            self.rejected[self.view] = None
        if verdict is Verdict.VALID:
            self._keep(block)
            self._say(Kind.NOTARIZE, self.view, digest)

    def propose(self, now_ms: int) -> None:
        """Propose a child of the highest notarized block, if the turn is mine."""
        me, view = self._config.me, self.view
        if me is None or self.leaders.of(view) != me or not self.pacemaker.busy:
            return
        if view <= self.own.floor or not safety.may_propose(self.own.of(view)):
            return
        parent = self.chain.parent_for(view)
        if parent is None:
            return
        cut = self._cut_after(parent)
        if now_ms < (self.proposes_ms(is_empty=cut == parent.header.cut) or 0):
            return
        time = max(parent.header.time, now_ms)
        height = parent.header.height + 1
        epoch = self._config.members.epoch
        header = Header(VERSION, epoch, view, height, parent.digest, time, me, cut)
        digest = block_digest(self._config.chain, header)
        self.own.record(Kind.PROPOSE, view, digest)
        self.proposals[view] = digest
        self._keep(self.chain.add(header, digest))
        self.out.append(SayProposal(header, digest))

    def proposes_ms(self, is_empty: bool) -> int | None:
        """When the leader of the current view may propose; None if it has no parent or no work."""
        parent = self.chain.parent_for(self.view)
        if parent is None:
            return None
        if is_empty:
            return self.pacemaker.empty_block_ms(self._lacks_only_finality(parent))
        return self.pacemaker.gathers_until_ms(parent.header.time)

    def _lacks_only_finality(self, parent: Block) -> bool:
        """Whether there is nothing to do but to make the parent final. Its F takes one more delay:
        an empty block before that calls for another one, and a slow network would never rest."""
        final, last = self.chain.final, self._attestations.last
        is_pressing = self.is_due or final.header.view == 0 or last is not None
        is_open = parent.digest != final.digest
        return is_open and not is_pressing and not self.lanes.has_orderable(parent.header.cut)

    def _cut_after(self, parent: Block) -> tuple[Tip, ...]:
        height = parent.header.height + 1
        if not self.judge.may_propose_contents(height):
            return parent.header.cut
        return self.lanes.next_cut(parent.header.cut, height)

    def give_up(self, now_ms: int) -> None:
        """NULLIFY the view at its deadline, or at once if its leader's turn is skipped."""
        deadline = self.pacemaker.view_deadline_ms()
        if self._config.me is None or deadline is None or self.view <= self.own.floor:
            return
        skipped = self.leaders.skipped(self.view)
        if now_ms < deadline and not skipped:
            return
        if safety.may_nullify(self.own.of(self.view)):
            self._say(Kind.NULLIFY, self.view, None)
            if not skipped:
                self.pacemaker.timed_out()

    def commit(self) -> list[Block]:
        """Blocks that became final, oldest first: F or a state certificate of them or of a
        descendant is held ([BLOCK-5])."""
        for digest in self._proven_final():
            path = self.chain.path_to_final(digest)
            if path and not isinstance(path, bytes):
                for block in path:
                    self.chain.commit(block)
                    self.lanes.finalized(block.header.cut)
                return path
        return []

    def _proven_final(self) -> list[bytes]:
        final = self.chain.final.header
        found = []
        certificate = self.chain.finalized
        if certificate is not None and certificate.view > final.view:
            assert certificate.digest is not None
            found.append(certificate.digest)
        attested = self._attestations.newest_certificate()
        if attested is not None and attested.attestation.height > final.height:
            found.append(attested.attestation.block)
            found.extend(self._attested_after(final.height))
        return found

    def _attested_after(self, height: int) -> list[bytes]:
        """The last of the next blocks that are held and attested without a gap: a node far behind
        gets the chain in parts, and the newest certificate's block only with the last one."""
        last: list[bytes] = []
        while (held := self._attestations.certificates.get(height + 1)) is not None:
            if held.attestation.block not in self.chain.blocks:
                break
            last, height = [held.attestation.block], height + 1
        return last

    def adopt(self, blocks: list[Block]) -> None:
        """Hold blocks of a chain whose certificates were verified ([SYNC-2])."""
        for block in blocks:
            self._keep(self.chain.add(block.header, block.digest))

    def prune(self) -> None:
        """Forget views up to the final one."""
        view = self.chain.final.header.view
        self.own.prune(view)
        self.tally.prune(view)
        self.chain.prune()
        self.leaders.prune(view)
        self.proposals = {v: d for v, d in self.proposals.items() if v > view}
        self.rejected = {v: None for v in self.rejected if v > view}
        self.said = {key: vote for key, vote in self.said.items() if key[0] > view}
        self._proposed = {v: p for v, p in self._proposed.items() if v > view}
        held = self.chain.blocks
        self._leader_votes = {d: v for d, v in self._leader_votes.items() if d in held}

    # -- speaking ------------------------------------------------------------------------------

    def _say(self, kind: Kind, view: int, digest: bytes | None) -> None:
        self.own.record(kind, view, digest)
        self.out.append(SayVote(kind, view, digest, self.lanes.tips))

    def _keep(self, block: Block) -> None:
        vote = self._leader_votes.get(block.digest)
        self.out.append(Keep(BlockKept(block.header, vote)))

    def resend(self) -> list[Effect]:
        """What others may lack ([LIVE-4]): the newest certificates, my open votes, my proposal."""
        found: list[Effect] = [Send(None, Certified(c)) for c in self.helpful_certificates()]
        return found + self.open_words(None)

    def open_words(self, to: int | None) -> list[Effect]:
        """My proposal and votes of the last views."""
        proposal = self._proposed.get(self.view)
        effects: list[Effect] = [] if proposal is None else [Send(to, proposal)]
        for (view, kind), vote in sorted(self.said.items()):
            if kind != Kind.PROPOSE and view >= self.view - 2:
                effects.append(Send(to, Voted(vote, self.lanes.tips)))
        return effects

    def helpful_certificates(self) -> list[Certificate]:
        """Best F, the best N above it, and what let me enter this view: at most three."""
        chain = self.chain
        found = []
        if chain.finalized is not None:
            found.append(chain.finalized)
        best = chain.notarized.get(chain.best_notarized_view())
        if best is not None and best.view > chain.final.header.view:
            found.append(best)
        entered_by = chain.nullified.get(self.view - 1)
        if entered_by is not None:
            found.append(entered_by)
        return found
