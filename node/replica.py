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
from collections.abc import Callable
from typing import Final

import msgspec

from consensus.config import Anchor
from consensus.effects import (
    Accuse,
    BatchKept,
    BlockKept,
    Certify,
    Effect,
    Execute,
    Halt,
    Keep,
    OwnAttest,
    OwnVote,
    Record,
    Say,
    SayAttest,
    SayBatch,
    SayBeat,
    SayProposal,
    SayVote,
    Send,
    SendBatches,
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
    Verified,
    Woken,
)
from consensus.messages import (
    Attested,
    BatchSent,
    Beating,
    FetchChain,
    FetchLane,
    Message,
    Propose,
    Voted,
    decode_message,
)
from consensus.verification import Verifier
from node import stages
from node.guard import (
    AttestStatement,
    BatchStatement,
    BeatStatement,
    Floor,
    Statement,
    VoteStatement,
    statement_of,
)
from node.inbox import Inbox
from node.journal import Executed as JournalFloor
from node.journal import Journal, executed_at
from node.sync import Fetcher, Library
from node.world import Misbehaviour, World
from primitives.batch import Batch, decode_batch
from primitives.block import Header
from primitives.encoding import Malformed, encode
from primitives.vote import Attest, Kind, SignedBeat, Vote

MOST_INPUTS: Final = 256
"""Inputs of one turn: one sync covers them all."""
MOST_CHECKING: Final = 64
"""A peer's batches that are being checked at a time; more are dropped, and fetched when needed."""


class _Checking(msgspec.Struct, frozen=True):
    """A batch whose author's signature is good, while its transactions are checked."""

    sender: int
    raw: bytes
    batch: Batch
    verified: Verified


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
    """A validator, or without ``me`` an observer, over its world."""

    def __init__(
        self,
        order: Callable[[Anchor], Engine],
        verifier: Verifier,
        me: int | None,
        world: World,
        journal: Journal,
    ) -> None:
        self.me = me
        self.halted: str | None = None
        self.evidence_seen = 0
        self.turns = 0
        self._order = order
        self._verifier = verifier
        self._world = world
        self._journal = journal
        self._inbox = Inbox()
        self._fetcher = Fetcher(me)
        self._library = Library(journal.shelf, world.history)
        self._peers: dict[int, None] = {}
        self._checking: dict[bytes, _Checking] = {}
        self._executions: deque[Execute] = deque()
        self._executing = False
        self._settled: deque[Header] = deque()
        self._unproven: dict[int, int | None] = {}
        self._tidied = -1
        self._attested = 0
        self._sealing = False
        self._turn: _Turn | None = None
        self._tokens = 0
        self._running = False
        self._engine_wake_ms: int | None = None
        self._woken_ms: int | None = None
        self._timer_ms: int | None = None

    # -- start -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Recover and take the first turn. Raises ``journal.Damaged`` or ``guard.Refused``: then
        this node must not sign with its key."""
        head = self._world.history.head()
        header = head.header
        executed = tuple(self._world.history.uncertified())
        self._unproven = {outcome.height: None for outcome in executed}
        self._settled.append(header)
        records = self._journal.recover(self._floor(header))
        if self.me is not None:
            self._recall(self.me, header, records)
        self.engine = self._order(head)
        self._inbox.put(Recovered(tuple(records), executed))
        self._run()

    def _recall(self, me: int, header: Header, records: list[Record]) -> None:
        chain = self._verifier.chain
        said = [statement_of(record, chain, me) for record in records]
        statements = tuple(statement for statement in said if statement is not None)
        self._world.signing.recall(statements, Floor(header.view, header.cut[me].seq))
        heights = [s.attestation.height for s in statements if isinstance(s, AttestStatement)]
        self._attested = max(heights, default=0)

    # -- what the world says ---------------------------------------------------------------------

    def on_frame(self, peer: int, frame: bytes) -> None:
        """A frame from a peer. One that means nothing is blamed on it."""
        try:
            message = decode_message(frame)
            match message:
                case BatchSent():
                    self._on_batch(peer, message)
                case FetchLane() | FetchChain():
                    self._answer(peer, message)
                case _:
                    self._inbox.offer(peer, message, len(frame))
        except Malformed as error:
            self._blame(peer, error)
        self._run()

    def on_batch_checked(self, digest: bytes, fault: str | None) -> None:
        """The world's verdict on the transactions of a batch."""
        checked = self._checking.pop(digest, None)
        if checked is None:
            return
        verified = checked.verified
        if fault is not None:
            verified = self._verifier.batch(checked.batch, checked.raw, digest, fault)
        else:
            self._journal.shelf.warm(digest, checked.raw, checked.batch)
        self._inbox.put(Received(checked.sender, verified))
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
        self._timer_ms = None
        due = self._engine_wake_ms
        if due is not None and due != self._woken_ms and self._world.clock.now_ms() >= due:
            self._woken_ms = due
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
            for say, signature in zip(turn.saying, signatures, strict=True):
                self._said(turn, say, signature)
        except Malformed as error:
            self._give_up(turn, f"the signer's answer does not verify: {error}")
            return
        self._persist(turn)

    def on_refused(self, token: int, reason: str) -> None:
        """The guard refused: the engine and what was signed before disagree."""
        turn = self._turn
        if turn is not None and turn.token == token:
            self._give_up(turn, f"the guard refused: {reason}")

    def on_executed(self, executed: Executed) -> None:
        """The block that was handed over last is executed and its state committed."""
        done = self._executions.popleft()
        assert done.header.height == executed.height, (done.header, executed)
        self._executing = False
        self._settled.append(done.header)
        self._unproven.setdefault(executed.height, None)
        self._inbox.put(executed)
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
        under_way = self._turn or self._inbox or self._executions or self._checking
        return not under_way and not self.engine.needs

    # -- messages --------------------------------------------------------------------------------

    def _on_batch(self, peer: int, message: BatchSent) -> None:
        """Check the author's signature here, and the transactions elsewhere ([LANE-2])."""
        batch = decode_batch(message.batch)
        digest = self._verifier.digest_of(batch)
        if digest in self._checking or self._journal.shelf.holds(digest):
            return
        if not self.engine.wants(message, digest):
            return
        if sum(checking.sender == peer for checking in self._checking.values()) >= MOST_CHECKING:
            return
        verified = self._verifier.batch(batch, message.batch, digest, None)
        self._checking[digest] = _Checking(peer, message.batch, batch, verified)
        self._world.checker.check(message.batch, batch, digest, peer)

    def _answer(self, peer: int, request: FetchLane | FetchChain) -> None:
        library = self._library
        if not library.may_serve(peer, self._world.clock.now_ms()):
            return
        answers: list[Message]
        if isinstance(request, FetchLane):
            answers = [BatchSent(raw) for raw in library.lane(request)]
        else:
            chain = library.chain(request)
            answers = [] if chain is None else [chain]
        for answer in answers:
            frame = encode(answer)
            library.count(peer, len(frame))
            self._world.network.send(peer, frame)

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

    # -- the turn --------------------------------------------------------------------------------

    def _run(self) -> None:
        """Take turns while there is something to do and nothing to wait for."""
        if self._running:
            return
        self._running = True
        try:
            with stages.CONSENSUS:
                while self._may_take_turn() or self._may_execute():
                    if self._may_take_turn():
                        self._take_turn()
                    if self._may_execute():
                        self._execute()
                self._fetch()
                self._arm()
        finally:
            self._running = False

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
        if turn.saying:
            self._world.signing.sign(turn.token, tuple(map(self._statement, turn.saying)))
        else:
            self._persist(turn)

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
                self._engine_wake_ms = effect.at_ms
                self._woken_ms = None
            case Execute():
                turn.execute.append(effect)
            case Certify():
                turn.certify.append(effect)
            case Accuse():
                self.evidence_seen += 1
                self._world.watcher.accused(effect.evidence)
            case Halt():
                self._halt(
                    f"height {effect.height}: I found state root "
                    f"{effect.mine.state_root.hex()} and receipts root "
                    f"{effect.mine.receipts_root.hex()}, others agree on "
                    f"{effect.theirs.state_root.hex()} and {effect.theirs.receipts_root.hex()}"
                )

    def _statement(self, say: Say) -> Statement:
        epoch = self._verifier.members.epoch
        match say:
            case SayProposal():
                return VoteStatement(Kind.PROPOSE, epoch, say.header.view, say.digest)
            case SayVote():
                return VoteStatement(say.kind, epoch, say.view, say.digest)
            case SayBatch():
                return BatchStatement(epoch, say.header.seq, say.digest)
            case SayAttest():
                return AttestStatement(say.attestation)
            case SayBeat():
                return BeatStatement(say.beat)

    def _said(self, turn: _Turn, say: Say, signature: bytes) -> None:
        """Add the signed message, checked as any other, to what is written, sent and taken in."""
        assert self.me is not None
        me, epoch = self.me, self._verifier.members.epoch
        message: Message
        match say:
            case SayProposal():
                vote = Vote(Kind.PROPOSE, epoch, say.header.view, say.digest, me, signature)
                turn.records += [BlockKept(say.header, vote), OwnVote(vote)]
                message = Propose(say.header, vote)
            case SayVote():
                vote = Vote(say.kind, epoch, say.view, say.digest, me, signature)
                turn.records.append(OwnVote(vote))
                message = Voted(vote, say.tips)
            case SayAttest():
                attest = Attest(say.attestation, me, signature)
                turn.records.append(OwnAttest(attest))
                message = Attested(attest)
            case SayBeat():
                message = Beating(SignedBeat(say.beat, me, signature))
            case SayBatch():
                self._said_batch(turn, say, signature)
                return
        turn.own.append(Received(me, self._verifier.verify(message)))
        turn.sends.append(Send(None, message))

    def _said_batch(self, turn: _Turn, say: SayBatch, signature: bytes) -> None:
        assert self.me is not None
        batch = Batch(say.header, say.transactions, signature)
        raw = encode(batch)
        turn.own.append(Received(self.me, self._verifier.batch(batch, raw, say.digest, None)))
        turn.records.append(BatchKept(raw))
        turn.sends.append(Send(None, BatchSent(raw)))
        self._journal.shelf.warm(say.digest, raw, batch)

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
            else:
                self._send_batches(send)
        for certify in turn.certify:
            self._world.execution.certify(certify.certificate)
            height = certify.certificate.attestation.height
            self._unproven[height] = self._world.history.durable_height
        self._executions.extend(turn.execute)
        for event in turn.own:
            self._inbox.put(event)

    def _send(self, to: int | None, frame: bytes) -> None:
        for peer in list(self._peers) if to is None else [to]:
            if peer != self.me:
                self._world.network.send(peer, frame)

    def _send_batches(self, send: SendBatches) -> None:
        for digest in send.digests:
            raw = self._library.batch(digest)
            if raw is not None:
                self._send(send.to, encode(BatchSent(raw)))

    def _give_up(self, turn: _Turn, reason: str) -> None:
        """Nothing of this turn may be said; what it wrote down does no harm."""
        self._halt(reason)
        turn.saying.clear()
        turn.sends.clear()
        turn.own.clear()
        self._persist(turn)

    def _halt(self, reason: str) -> None:
        if self.halted is None:
            self.halted = reason
            self._world.watcher.halted(reason)

    # -- between turns ---------------------------------------------------------------------------

    def _tidy(self) -> None:
        """Let the journal forget what a synced state commit covers ([DUR-4])."""
        durable = self._world.history.durable_height
        while len(self._settled) > 1 and self._settled[1].height <= durable:
            self._settled.popleft()
        header = self._settled[0]
        moved = self._tidied < header.height <= durable
        if self._journal.dirty or not self._journal.wants_tidying(moved):
            return
        self._tidied = header.height
        self._journal.tidy(self._floor(header))
        if self.me is not None:
            self._world.signing.recall((), Floor(header.view, header.cut[self.me].seq))

    def _floor(self, header: Header) -> JournalFloor:
        """What the journal may forget. A certificate is in the store for good once a state commit
        was synced after it was handed over."""
        durable = self._world.history.durable_height
        self._unproven = {
            height: handed
            for height, handed in self._unproven.items()
            if handed is None or handed >= durable
        }
        return executed_at(header, min(self._unproven, default=header.height + 1) - 1)

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
        """Ask for what is missing ([SYNC-1])."""
        if self.halted is not None:
            return
        now_ms = self._world.clock.now_ms()
        needs = self.engine.needs
        for peer, request in self._fetcher.poll(now_ms, needs, self._peers, self._checking):
            self._world.network.send(peer, encode(request))

    def _arm(self) -> None:
        """One timer for both: the engine's next moment and the fetcher's. A moment that has been
        answered counts again only if the clock was set back before it."""
        wake = self._engine_wake_ms
        if wake is not None and wake == self._woken_ms and wake <= self._world.clock.now_ms():
            wake = None
        moments = [moment for moment in (wake, self._fetcher.next_ms) if moment is not None]
        nearest = min(moments, default=None) if self.halted is None else None
        if nearest != self._timer_ms:
            self._timer_ms = nearest
            self._world.timers.wake_at(nearest)
