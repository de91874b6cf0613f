"""The ordering engine: takes inputs, says what follows. Dispatch, and the rules that join parts.

Deterministic and without I/O: the same inputs give the same effects, byte for byte. Knows no
balance, no transaction's meaning, no disk and no socket. The parts know one thing each: lanes,
chain, tally, safety, pacemaker, leader, proposals, simplex, attestation, execution.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from consensus import repeats
from consensus.chain import Block
from consensus.config import Anchor, Config
from consensus.effects import (
    Accuse,
    BatchKept,
    Effect,
    Halt,
    Keep,
    Need,
    SayBatch,
    Wake,
)
from consensus.inputs import (
    Connected,
    Executed,
    Input,
    Received,
    Recovered,
    Seal,
    VerifiedBatch,
    Woken,
)
from consensus.messages import (
    Attested,
    BeatCertified,
    Beating,
    BlockSent,
    Certified,
    ChainSent,
    FetchBlock,
    FetchCertificate,
    Message,
    Propose,
    StateCertified,
    Status,
    Voted,
)
from consensus.needs import NeedKey, known_height, needs_of, wanted_blocks
from consensus.parts import Parts
from consensus.recovery import replay, sealed_before
from consensus.relevance import wants
from primitives.batch import Tip, batch_digest, header_after
from primitives.block import block_digest
from primitives.certificate import BeatCertificate
from primitives.evidence import Evidence, Offence


class Engine:
    """One validator's (or, without ``me``, one observer's) view of the ordering."""

    def __init__(self, config: Config, anchor: Anchor) -> None:
        parts = self._parts = Parts(config, anchor)
        self.config = config
        self.lanes, self.attestations = parts.lanes, parts.attestations
        self.simplex, self.queue = parts.simplex, parts.queue
        self.needs: dict[NeedKey, Need] = {}
        self.evidence: dict[tuple[int, Offence], Evidence] = {}
        self.halted = False
        self._is_recovered = False
        self._through = 0
        self._next_due_ms = anchor.next_due_ms
        self._own_tip = config.own_tip(anchor.header.cut)
        self._sealed = self._own_tip.seq
        """The seq of the newest own batch there ever was, be it known here or not ([DUR-5])."""
        self._helped_ms: dict[int, int] = {}
        self._wake_ms: int | None = None
        self._out: list[Effect] = self.simplex.out

    # -- what others may ask -------------------------------------------------------------------

    @property
    def view(self) -> int:
        """The current view."""
        return self._parts.view

    @property
    def final_height(self) -> int:
        """The newest final height of the chain, at most the epoch's last."""
        return self._parts.final_height

    @property
    def certified_height(self) -> int:
        """The newest height with a state certificate."""
        return self._parts.certified_height

    @property
    def reported_by(self) -> Mapping[int, int]:
        """Heights up to which peers, when they last said where they stood, held certificates."""
        return self._parts.reported_by

    @property
    def ahead(self) -> Mapping[int, int]:
        """Heights up to which guests say they hold certificates: nobody's word ([EPOCH-6])."""
        return self._parts.ahead

    @property
    def executed_height(self) -> int:
        """The newest height executed here."""
        return self.attestations.executed_height

    @property
    def epoch(self) -> int:
        """The epoch whose ordering this is."""
        return self.config.members.epoch

    @property
    def is_over(self) -> bool:
        """Whether the epoch has ended here: another engine begins the next ([EPOCH-5]). Before the
        disk was read nobody knows which heights lack a certificate."""
        return self._is_recovered and self.attestations.is_over

    def status(self) -> Status:
        """Where this node stands, for a peer."""
        return repeats.status_of(self._parts)

    def orphans(self) -> tuple[bytes, ...]:
        """Digests of own batches that the epoch, which is over, did not order, oldest first."""
        me = self.config.me
        most = 2 * self.config.parameters.lane_batches
        return () if me is None else self.lanes.lanes[me].unfinal(most)

    @property
    def newest_beat(self) -> BeatCertificate | None:
        """The newest proof that nothing newer exists."""
        return self.attestations.newest_beat

    def can_seal(self) -> bool:
        """True while the own lane has room, and its newest batch is known: whoever lost the store
        has yet to fetch what to build upon. Otherwise clients are told to come back later."""
        me = self.config.me
        last = self.attestations.last
        if me is None or self.halted or (last is not None and self.final_height >= last):
            return False
        room = 2 * self.config.parameters.lane_batches
        return self._own_tip.seq == self._sealed < self.lanes.lanes[me].final_seq + room

    @property
    def unordered(self) -> int:
        """How many own batches wait for a block: the newest notarized one does not order them."""
        me = self.config.me
        tip = self.simplex.chain.notarized_tip.header
        return 0 if me is None else max(0, self._own_tip.seq - tip.cut[me].seq)

    @property
    def gathers_until_ms(self) -> int:
        """Before that moment nobody proposes the next block, unless views run without contents
        ([LIVE-8])."""
        tip = self.simplex.chain.notarized_tip.header
        return tip.time + self.config.parameters.empty_block_ms

    def lane_is_idle(self) -> bool:
        """True if every own batch is final."""
        me = self.config.me
        return me is not None and self._own_tip.seq <= self.lanes.lanes[me].final_seq

    def wants(self, message: Message, digest: bytes | None = None) -> bool:
        """False if the message could change nothing. ``digest`` is a batch's."""
        return wants(self._parts, message, digest)

    # -- the step ------------------------------------------------------------------------------

    def step(self, now_ms: int, event: Input) -> list[Effect]:
        """Everything that follows from one input at one moment. After ``Halt``: nothing."""
        self.take(now_ms, event)
        return self.settle(now_ms)

    def take(self, now_ms: int, event: Input) -> None:
        """Note one input of those that came together; ``settle`` says what follows from them all.
        Rules look at what is held, so it does not matter after which input they are applied."""
        if self.halted:
            return
        if isinstance(event, Woken):
            self._wake_ms = None
        match event:
            case Recovered():
                self._recover(event)
            case Received():
                self._receive(now_ms, event)
            case Executed():
                self._executed(event)
            case Seal():
                self._seal(event)
            case Connected():
                self._helped_ms.pop(event.peer, None)
                self._out.extend(repeats.to_greet(self._parts, event.peer))
            case Woken():
                pass
            case _:
                assert_never(event)

    def settle(self, now_ms: int) -> list[Effect]:
        """Everything that follows from what was taken in. After ``Halt``: nothing."""
        if self.halted:
            return []
        self._settle(now_ms)
        self._accuse()
        effects = self._out
        self._out = self.simplex.out = []
        halts: list[Effect] = [effect for effect in effects if isinstance(effect, Halt)]
        if halts:
            self.halted = True
            return halts[:1]
        return effects

    def _receive(self, now_ms: int, event: Received) -> None:
        message, simplex = event.verified.message, self.simplex
        match message:
            case Propose():
                simplex.on_proposal(message)
            case Voted():
                self.lanes.report(event.sender, message.tips)
                simplex.on_vote(message.vote)
            case Certified():
                simplex.on_certificate(message.certificate)
            case VerifiedBatch():
                self._batch(message, own=event.sender == self.config.me)
            case Attested():
                self._out.extend(self.attestations.add(message.attest))
            case StateCertified():
                self._out.extend(self.attestations.add_certificate(message.certificate))
            case Beating():
                self.attestations.add_beat(message.signed, now_ms)
            case BeatCertified():
                self.attestations.add_beat_certificate(message.certificate)
            case BlockSent():
                digest = block_digest(self.config.chain, message.header)
                simplex.on_block(message.header, digest in wanted_blocks(simplex))
            case ChainSent():
                self._chain(now_ms, message)
            case Status():
                self._stands_at(now_ms, event.sender, message)
            case FetchBlock():
                self._out.extend(repeats.block_for(self._parts, event.sender, message))
            case FetchCertificate():
                self._out.extend(repeats.certificate_for(self._parts, event.sender, message))
            case _:
                assert_never(message)

    def _recover(self, event: Recovered) -> None:
        self._is_recovered = True
        before = len(self._out)
        if event.executed:
            # Else certificates far above the first gap would be taken for old ones.
            self.attestations.certified_through = event.executed[0].height - 1
        replay(self.config, event.records, self.simplex, self.attestations)
        self._own_tip, self._sealed = sealed_before(self.config, event.records, self._own_tip)
        # What was read from disk needs no second record and nobody's attention.
        del self._out[before:]
        for executed in event.executed:
            self._out.extend(self.attestations.executed(executed))
            self._next_due_ms = executed.next_due_ms

    def _batch(self, message: VerifiedBatch, own: bool) -> None:
        header = message.batch.header
        if not self.lanes.accepts(message.digest, header):
            return
        self.lanes.add(message.batch, message.digest, message.fault is not None)
        if message.fault is not None:
            # The batch itself is the proof; nobody votes for a cut that orders it.
            offence = Offence.BAD_BATCH
            proof = Evidence(offence, header.epoch, header.author, message.raw, b"")
            self.lanes.accused.append(proof)
        elif not own:
            self._out.append(Keep(BatchKept(message.raw)))

    def _executed(self, event: Executed) -> None:
        block = self.queue.executed(event.height)
        self._next_due_ms = event.next_due_ms
        self._out.extend(self.attestations.executed(event))
        if block is not None:
            self.lanes.executed(block.header.cut)
            own = self.config.own_tip(block.header.cut)
            self._own_tip = own if own.seq == self._sealed else self._own_tip

    def _chain(self, now_ms: int, message: ChainSent) -> None:
        chain = self.config.chain
        blocks = [Block(header, block_digest(chain, header)) for header in message.headers]
        new = [b for b in blocks if b.header.height > self.final_height]
        attached = bool(new) and new[0].header.parent == self.simplex.chain.final.digest
        if attached:
            self._parts.heeded_ms = now_ms
            self.simplex.adopt(new)
        gaps = self.attestations.gaps()
        for certificate in message.certificates:
            if attached or certificate.attestation.height in gaps:
                self._out.extend(self.attestations.add_certificate(certificate))

    def _seal(self, event: Seal) -> None:
        me = self.config.me
        assert me is not None, "an observer has no lane"
        assert self.can_seal(), "the lane is full: ingress asks first"
        epoch = self.config.members.epoch
        header = header_after(self._own_tip, epoch, me, event.transactions, event.weight)
        digest = batch_digest(self.config.chain, header)
        self._own_tip, self._sealed = Tip(header.seq, digest, header.cumulative), header.seq
        self._out.append(SayBatch(header, digest, event.transactions))

    # -- rules that join the parts ---------------------------------------------------------------

    def _settle(self, now_ms: int) -> None:
        """Apply every rule to what is held until nothing changes, then plan the next wake-up."""
        simplex = self.simplex
        while True:
            moved = simplex.advance(now_ms)
            self._set_busy(now_ms)
            simplex.finalize()
            simplex.propose(now_ms)
            simplex.notarize(now_ms)
            simplex.give_up(now_ms)
            committed = simplex.commit()
            self._committed(now_ms, committed)
            if not moved and not committed:
                break
        self._out.extend(self.queue.issue(self._parts.executable))
        self._set_busy(now_ms)
        self._out.extend(self.attestations.beat(now_ms))
        self._speak_up(now_ms)
        self.needs = needs_of(self._parts, now_ms)
        self._plan(now_ms)

    def _committed(self, now_ms: int, blocks: list[Block]) -> None:
        if blocks:
            self.queue.add(blocks)
            self.simplex.pacemaker.finalized(now_ms)
            self.simplex.prune()
            self._parts.standing_still = False

    def _set_busy(self, now_ms: int) -> None:
        """[IDLE-1] Views run while something is to be ordered; standstill counts while anything,
        an attestation or a missed height, is open."""
        through = self.attestations.certified_through
        if through != self._through or through >= self.final_height:
            self._through = through
            self.simplex.pacemaker.attested(now_ms)
        restless = not through >= self.final_height >= known_height(self._parts)
        self.simplex.pacemaker.set_busy(self._has_work(now_ms), restless, now_ms)

    def _has_work(self, now_ms: int) -> bool:
        simplex = self.simplex
        simplex.is_due = self._next_due_ms is not None and now_ms >= self._next_due_ms
        final = simplex.chain.final.header
        last = self.attestations.last
        if last is not None:
            return final.height < last  # views run until the epoch's last height is final
        finalized = simplex.chain.finalized
        return (
            final.view == 0  # before an epoch's first height nothing of it can be proven
            or simplex.chain.best_notarized_view() > final.view
            or (finalized is not None and finalized.view > final.view)
            or simplex.view in simplex.proposals
            or self.lanes.has_orderable(final.cut)
            or simplex.is_due
        )

    def _speak_up(self, now_ms: int) -> None:
        """[LIVE-4] Standstill: say again what others may have missed, bounded and jittered."""
        due = self.simplex.pacemaker.standstill_ms()
        if due is not None and now_ms >= due:
            self.simplex.pacemaker.resent(now_ms)
            self._parts.standing_still = True
            self._out.extend(repeats.at_standstill(self._parts))

    def _stands_at(self, now_ms: int, peer: int, status: Status) -> None:
        """A peer says where it stands: note it, and send what it lacks, not too often."""
        if status.epoch != self.epoch or not self._parts.is_member(peer):
            self._parts.note_ahead(now_ms, peer, status)
            return
        self.lanes.report(peer, status.tips)
        self.lanes.claim(peer, status.tips)
        self._parts.reported_by[peer] = status.certified_height
        interval = self.config.parameters.standstill_ms // 2
        if now_ms - self._helped_ms.get(peer, -interval) < interval or peer == self.config.me:
            return
        helpful = repeats.to_help(self._parts, peer, status)
        if helpful:
            self._helped_ms[peer] = now_ms
            self._out.extend(helpful)

    def _accuse(self) -> None:
        """Keep one proof a member and kind; honest software never gets here ([EVID-1])."""
        for source in (self.simplex.tally, self.lanes, self.attestations):
            for evidence in source.accused:
                key = (evidence.accused, evidence.offence)
                if key not in self.evidence:
                    self.evidence[key] = evidence
                    self._out.append(Accuse(evidence))
            source.accused.clear()

    def _plan(self, now_ms: int) -> None:
        """One wake-up: the nearest moment at which a rule may change its answer."""
        simplex = self.simplex
        pacemaker = simplex.pacemaker
        moments = [pacemaker.standstill_ms(), self.attestations.next_beat_ms(), self._next_due_ms]
        moments.append(self._parts.heeds_until_ms)
        me = self.config.me
        if me is not None and simplex.view > simplex.own.floor:
            own = simplex.own.of(simplex.view)
            if own.finalized is None and not own.nullified:
                moments.append(pacemaker.view_deadline_ms())
            if own.proposed is None and simplex.leaders.of(simplex.view) == me:
                moments += [simplex.proposes_ms(is_empty) for is_empty in (False, True)]
            if own.notarized is None:
                moments.append(self._held_until())
        later = [moment for moment in moments if moment is not None and moment > now_ms]
        wake = min(later, default=None)
        if wake != self._wake_ms:
            self._wake_ms = wake
            self._out.append(Wake(wake))

    def _held_until(self) -> int | None:
        """When a proposal from a faster clock may be judged."""
        digest = self.simplex.proposals.get(self.simplex.view)
        if digest is None:
            return None
        header = self.simplex.chain.blocks[digest].header
        return header.time - self.config.parameters.clock_drift_ms
