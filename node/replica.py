"""One node's turn: take inputs, decide, write down, sync, and only then speak ([DUR-1]).

Knows the order in which things happen, and nothing else: what to say is the engine's, whether it
may be signed the guard's, how bytes reach a disk or a peer the world's. It awaits nothing; sync,
signatures, checks and execution are asked for here and answered by the ``on_...`` methods, from
within the call or later.

A turn: inputs go through the engine one by one; records are appended, own statements are guarded,
signed and appended too; one sync; then everything is sent, and own messages come back as inputs
like anyone's. What arrives meanwhile waits for the next turn. With nothing to persist there is no
sync.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from consensus.config import Anchor
from consensus.effects import (
    Accuse,
    BatchKept,
    Certify,
    Effect,
    Execute,
    Halt,
    Keep,
    Record,
    Say,
    SayAttest,
    SayBatch,
    SayBeat,
    SayProposal,
    SayVote,
    Send,
    SendBatches,
    StateCertificateKept,
    Wake,
)
from consensus.engine import Engine
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
from consensus.messages import BatchSent, BeatCertified, Message, Status
from consensus.verification import Verifier
from node import stages
from node.alarm import Alarm
from node.guard import AttestStatement, Floor, statement_of
from node.guests import is_guest
from node.horizon import Horizon
from node.inbox import Inbox
from node.journal import Journal, Orphans, epoch_of
from node.reception import Reception
from node.speech import Speech
from node.sync import Fetcher
from node.world import CannotExecute, Misbehaviour, World, contradiction
from primitives.batch import Batch, decode_batch
from primitives.block import Header
from primitives.certificate import BeatCertificate
from primitives.encoding import Malformed, encode
from primitives.evidence import Evidence, Offence
from primitives.validators import ValidatorSet

MOST_INPUTS: Final = 256
"""Inputs of one turn: one sync covers them all."""
MOST_EVIDENCE: Final = 1_024


class _Turn:
    """What one turn has gathered."""

    __slots__ = ("certify", "execute", "own", "records", "saying", "sends", "token")

    def __init__(self, token: int) -> None:
        self.token = token
        self.records: list[Record] = []
        self.saying: list[Say] = []
        self.sends: list[Send | SendBatches] = []
        self.certify: list[Certify] = []
        self.execute: list[Execute] = []
        self.own: list[Input] = []


class Replica:
    """A validator, or in epochs in which no key of its has a seat an observer, over its world.

    ``order`` makes an epoch's engine, for the own member index there, ``verifying`` its verifier.
    """

    me: int | None
    members: ValidatorSet
    engine: Engine

    def __init__(
        self,
        order: Callable[[Anchor, int | None], Engine],
        verifying: Callable[[ValidatorSet], Verifier],
        world: World,
        journal: Journal,
    ) -> None:
        self.halted: str | None = None
        self.evidence_seen = 0
        self.turns = 0
        self.evidence: dict[tuple[int, int, Offence], Evidence] = {}
        """One proof a member, kind and epoch."""
        self._order = order
        self._verifying = verifying
        self._world = world
        self._journal = journal
        self._inbox = Inbox()
        self._records: dict[int, list[Record]] = {}
        self._horizon = Horizon(world.history)
        self._peers: dict[int, None] = {}
        self._executions: deque[Execute] = deque()
        self._executing = False
        self._attested = 0
        self._told_beat: BeatCertificate | None = None
        self._sealing = False
        self._turn: _Turn | None = None
        self._tokens = 0
        self._running = False
        self._alarm = Alarm(world.clock, world.timers)

    # -- start -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Recover and take the first turn. Raises ``journal.Damaged`` or ``guard.Refused``: then
        this node must not sign with its key."""
        anchor = self._world.history.head()
        executed = tuple(self._world.history.uncertified())
        self._take_seat(anchor)
        floor = self._horizon.begin(anchor.header, [outcome.height for outcome in executed])
        for record in self._journal.recover(floor):
            self._records.setdefault(epoch_of(record), []).append(record)
        left = self._records.get(anchor.members.epoch - 1, [])
        first = 0 if anchor.before is None else anchor.before.last + 1
        self._certify_again(left, {each.height for each in executed if each.height < first})
        self._enter(anchor, tuple(each for each in executed if each.height >= first))
        self._hand_back([record.batch for record in left if isinstance(record, BatchKept)])
        self._run()

    def _certify_again(self, records: Sequence[Record], heights: set[int]) -> None:
        """A crash may have taken certificates of the epoch before from the store: the journal has
        them, and those who could make them again have gone on."""
        for record in records:
            if isinstance(record, StateCertificateKept):
                height = record.certificate.attestation.height
                if height in heights:
                    self._world.execution.certify(record.certificate)
                    self._horizon.certified(height)

    def _take_seat(self, anchor: Anchor) -> None:
        """Find out who this node is among the epoch's members, and what it may have left undone."""
        members, before = anchor.members, anchor.before
        self.members = members
        self.me = self._world.signing.enter(members)
        self._horizon.orphans = None
        if self.me is None or before is None:
            return
        place = before.members.place_of(members.members[self.me].partner)
        if place is not None:
            seq = before.cut[place].seq
            self._horizon.orphans = Orphans(before.members.epoch, place, seq)

    def _enter(self, anchor: Anchor, executed: tuple[Executed, ...]) -> None:
        """Begin an epoch, or go on with it after a restart: whatever is bound to its members."""
        me, members = self.me, anchor.members
        verifier = self._verifier = self._verifying(members)
        records = self._records.pop(members.epoch, [])
        self._records = {e: kept for e, kept in self._records.items() if e > members.epoch}
        if me is not None:
            self._recall(me, anchor.header, records)
        self._fetcher = Fetcher(me)
        self._speech = None if me is None else Speech(verifier, me)
        self.engine = self._order(anchor, me)
        pause_ms = self.engine.config.parameters.standstill_ms // 2
        shelf = self._journal.shelf
        self._reception = Reception(verifier, self._world, shelf, self._inbox, pause_ms)
        self._sealing = False
        self._inbox.put(Recovered(tuple(records), executed))
        self._world.watcher.entered(members, me)

    def _recall(self, me: int, header: Header, records: list[Record]) -> None:
        chain = self._verifier.chain
        said = [statement_of(record, chain, me) for record in records]
        statements = tuple(statement for statement in said if statement is not None)
        self._world.signing.recall(statements, Floor(header.view, header.cut[me].seq))
        heights = [s.attestation.height for s in statements if isinstance(s, AttestStatement)]
        self._attested = max(heights, default=self._attested)

    def _begin_next_epoch(self) -> None:
        """The epoch is over here: with its last certificate, which is on disk, the next begins
        ([EPOCH-5]). What was under way meant the members of the one before."""
        left = [self._reception.batch(digest) for digest in self.engine.orphans()]
        anchor = self._world.history.head()
        assert anchor.members.epoch == self.members.epoch + 1, "its end is not in the store"
        self._inbox.clear()
        self._peers.clear()
        self._take_seat(anchor)
        self._enter(anchor, ())
        self._hand_back([raw for raw in left if raw is not None])

    def _hand_back(self, batches: Sequence[bytes]) -> None:
        """What was sealed here, and not ordered, is to be sealed again ([EPOCH-5])."""
        transactions = [each for raw in batches for each in decode_batch(raw).transactions]
        if transactions and self.me is not None:
            self._world.watcher.orphaned(tuple(transactions))

    # -- what the world says ---------------------------------------------------------------------

    def on_frame(self, peer: int, frame: bytes) -> None:
        """A frame from a peer. One that means nothing is blamed on it."""
        try:
            self._reception.frame(peer, frame, self.engine)
        except Malformed as error:
            self._blame(peer, error)
        self._run()

    def on_batch_checked(self, digest: bytes, fault: str | None) -> None:
        """The world's verdict on the transactions of a batch."""
        received = self._reception.checked(digest, fault)
        if received is not None:
            self._inbox.put(received)
            self._run()

    def on_connected(self, peer: int) -> None:
        """A connection to ``peer`` stands."""
        self._peers[peer] = None
        self._inbox.put(Connected(peer))
        self._run()

    def on_disconnected(self, peer: int) -> None:
        """No connection to ``peer`` stands."""
        self._peers.pop(peer, None)
        self._inbox.forget(peer)

    def on_timer(self) -> None:
        """The time that was asked for has come, or any other time."""
        if self._alarm.rang():
            self._inbox.put(Woken())
        self._run()

    def on_synced(self, token: int) -> None:
        """What this turn appended is durable."""
        turn = self._turn
        if turn is None or turn.token != token:
            return
        self._journal.synced()
        self._speak(turn)
        self._turn = None
        self._run()

    def on_signed(self, token: int, signatures: tuple[bytes, ...]) -> None:
        """The signer's answer to this turn's statements."""
        turn = self._turn
        if turn is None or turn.token != token:
            return
        try:
            self._said(turn, signatures)
        except Malformed as error:
            self._give_up(turn, "signer_broken", f"the signer's answer does not verify: {error}")
            return
        self._persist(turn)

    def on_refused(self, token: int, reason: str) -> None:
        """The guard refused: the engine and what was signed before disagree."""
        turn = self._turn
        if turn is not None and turn.token == token:
            self._give_up(turn, "guard_refused", f"the guard refused: {reason}")

    def on_executed(self, executed: Executed) -> None:
        """The block that was handed over last is executed and its state committed."""
        done = self._executions.popleft()
        assert done.header.height == executed.height, (done.header, executed)
        self._executing = False
        self._horizon.executed(done.header)
        self._inbox.put(executed)
        self._run()

    def on_unexecutable(self, error: CannotExecute) -> None:
        """The block that was handed over last is beyond this release: nothing comes after it."""
        self._halt(error.code, error.reason)
        self._run()

    def seal(self, transactions: tuple[bytes, ...], weight: int) -> None:
        """Make checked transactions (at least one) the own lane's next batch; ask ``can_seal``
        first."""
        assert self.can_seal(), "no room in the lane"
        self._sealing = True
        self._inbox.put(Seal(transactions, weight))
        self._run()

    # -- what the node may ask -------------------------------------------------------------------

    def can_seal(self) -> bool:
        """Whether ``seal`` may be called now."""
        return not self._sealing and self.halted is None and self.engine.can_seal()

    def lane_is_idle(self) -> bool:
        """Whether what comes in is best sealed at once."""
        return not self._sealing and self.engine.lane_is_idle()

    @property
    def peers(self) -> tuple[int, ...]:
        """Who is connected."""
        return tuple(self._peers)

    @property
    def waiting(self) -> int:
        """Inputs that wait for a turn."""
        return len(self._inbox)

    @property
    def dropped(self) -> int:
        """Messages of peers that did not fit the inbox, ever."""
        return self._inbox.dropped

    @property
    def is_resting(self) -> bool:
        """Whether nothing is under way: no turn, no input, no execution, nothing missing."""
        under_way = self._turn or self._inbox or self._executions or self._reception.arriving
        return not under_way and not self.engine.needs

    # -- the turn --------------------------------------------------------------------------------

    def _run(self) -> None:
        """Take turns while there is something to do and nothing to wait for."""
        if self._running:
            return
        self._running = True
        try:
            with stages.CONSENSUS:
                while self._may_take_turn() or self._may_execute() or self._may_go_on():
                    if self._may_go_on():
                        self._begin_next_epoch()
                    if self._may_take_turn():
                        self._take_turn()
                    if self._may_execute():
                        self._execute()
                self._fetch()
        finally:
            self._running = False

    def _may_go_on(self) -> bool:
        """Whether the next epoch can begin: nothing of this one is under way."""
        idle = self._turn is None and not self._executions
        return idle and self.halted is None and self.engine.is_over

    def _may_take_turn(self) -> bool:
        return self._turn is None and (bool(self._inbox) or self._journal.dirty)

    def _take_turn(self) -> None:
        self._tokens += 1
        self.turns += 1
        turn = self._turn = _Turn(self._tokens)
        self._tidy()
        now_ms = self._world.clock.now_ms()
        for _ in range(MOST_INPUTS):
            if not self._inbox:
                break
            taken = self._inbox.take()
            event = self._verified(*taken) if isinstance(taken, tuple) else taken
            if event is not None and self.halted is None:
                self._step(turn, now_ms, event)
        if self.halted is not None:
            turn.saying.clear()
        if turn.saying and self._speech is not None:
            statements = tuple(self._speech.statement(say) for say in turn.saying)
            self._world.signing.sign(turn.token, statements)
        else:
            self._persist(turn)

    def _verified(self, peer: int, message: Message) -> Received | None:
        """The message as the engine takes it; None if it does not care, or the peer is to blame."""
        if not self.engine.wants(message):
            return None
        try:
            with stages.VERIFY:
                return Received(peer, self._verifier.verify(message))
        except Malformed as error:
            self._blame(peer, error)
            return None

    def _blame(self, peer: int, error: Malformed) -> None:
        self._world.watcher.misbehaved(Misbehaviour(peer, error.code))

    def _step(self, turn: _Turn, now_ms: int, event: Input) -> None:
        if isinstance(event, Seal):
            self._sealing = False
            if not self.engine.can_seal():
                return
        for effect in self.engine.step(now_ms, event):
            self._gather(turn, effect)

    def _gather(self, turn: _Turn, effect: Effect) -> None:
        match effect:
            case Keep():
                turn.records.append(effect.record)
            case SayAttest() if effect.attestation.height <= self._attested:
                pass  # signed before the journal let go of it: others have it, or a certificate
            case SayProposal() | SayVote() | SayBatch() | SayAttest() | SayBeat():
                turn.saying.append(effect)
            case Send() | SendBatches():
                turn.sends.append(effect)
            case Wake():
                self._alarm.set_engine(effect.at_ms)
            case Execute():
                turn.execute.append(effect)
            case Certify():
                turn.certify.append(effect)
            case Accuse():
                self.evidence_seen += 1
                found = effect.evidence
                key = (found.epoch, found.accused, found.offence)
                if len(self.evidence) < MOST_EVIDENCE:
                    self.evidence.setdefault(key, found)
                self._world.watcher.accused(effect.evidence)
            case Halt():
                self._halt("outcome_contradicted", contradiction(effect))

    def _said(self, turn: _Turn, signatures: tuple[bytes, ...]) -> None:
        """Add one's own messages to what is written, sent and taken in. Raises ``Malformed``."""
        assert self._speech is not None, "an observer says nothing"
        for say, signature in zip(turn.saying, signatures, strict=True):
            spoken = self._speech.spoken(say, signature)
            turn.records += spoken.records
            turn.sends.append(Send(None, spoken.message))
            turn.own.append(spoken.received)
            batch = spoken.received.verified.message
            if isinstance(batch, VerifiedBatch):
                self._journal.shelf.warm(batch.digest, batch.raw, batch.batch)

    def _persist(self, turn: _Turn) -> None:
        with stages.JOURNAL:
            for record in turn.records:
                self._journal.append(record)
        if self._journal.dirty:
            self._world.disk.sync(turn.token)
        else:
            self._speak(turn)
            self._turn = None

    def _speak(self, turn: _Turn) -> None:
        """Everything that the turn decided is durable: send it, and take in one's own."""
        for send in turn.sends:
            if isinstance(send, Send):
                self._send(send.to, encode(send.message))
                if send.to is None and isinstance(send.message, Status):
                    self._tell_guests(send.message)
            else:
                self._send_batches(send)
        for certify in turn.certify:
            self._world.execution.certify(certify.certificate)
            self._horizon.certified(certify.certificate.attestation.height)
        if turn.certify:
            self._tell_guests(self.engine.status())
        beat = self.engine.newest_beat
        if beat is not None and beat is not self._told_beat:
            self._told_beat = beat
            self._tell_guests(BeatCertified(beat))
        self._executions.extend(turn.execute)
        for event in turn.own:
            self._inbox.put(event)

    def _send(self, to: int | None, frame: bytes) -> None:
        members = [peer for peer in self._peers if not is_guest(peer)]
        for peer in members if to is None else [to]:
            if peer != self.me:
                self._world.network.send(peer, frame)

    def _tell_guests(self, message: Status | BeatCertified) -> None:
        """Guests get nothing unasked but where this node stands, and the pulse: then they ask."""
        frame = encode(message)
        for peer in [peer for peer in self._peers if is_guest(peer)]:
            self._world.network.send(peer, frame)

    def _send_batches(self, send: SendBatches) -> None:
        for digest in send.digests:
            raw = self._reception.batch(digest)
            if raw is not None:
                self._send(send.to, encode(BatchSent(raw)))

    def _give_up(self, turn: _Turn, code: str, reason: str) -> None:
        """Nothing of this turn may be said; what it wrote down does no harm."""
        self._halt(code, reason)
        turn.saying.clear()
        turn.sends.clear()
        turn.own.clear()
        self._persist(turn)

    def _halt(self, code: str, reason: str) -> None:
        if self.halted is None:
            self.halted = f"{code}: {reason}"
            self._world.watcher.halted(self.halted)

    # -- between turns ---------------------------------------------------------------------------

    def _tidy(self) -> None:
        """Let the journal forget what a synced state commit covers ([DUR-2])."""
        if self._journal.dirty or not self._journal.wants_tidying(self._horizon.has_moved()):
            return
        header, floor = self._horizon.floor()
        self._journal.tidy(floor)
        if self.me is not None and header.epoch == self.members.epoch:
            self._world.signing.recall((), Floor(header.view, header.cut[self.me].seq))

    def _may_execute(self) -> bool:
        return bool(self._executions) and not self._executing

    def _execute(self) -> None:
        """Hand the next final block to the executor, now that the last one came back."""
        self._executing = True
        block = self._executions[0]
        batches = tuple((place.lane, self._held(place.digest)) for place in block.batches)
        self._world.execution.execute(block.header, block.digest, batches)

    def _held(self, digest: bytes) -> Batch:
        held = self._journal.shelf.get(digest)
        assert held is not None, f"batch {digest.hex()} was kept and is gone"
        return held.batch

    def _fetch(self) -> None:
        """Ask for what is missing ([SYNC-1]), and to be called when there is more to do."""
        if self.halted is not None:
            self._alarm.silence()
            return
        now_ms = self._world.clock.now_ms()
        needs = self.engine.needs
        arriving = self._reception.arriving
        for peer, request in self._fetcher.poll(now_ms, needs, self._peers, arriving):
            self._world.network.send(peer, encode(request))
        self._alarm.arm(self._fetcher.next_ms)
