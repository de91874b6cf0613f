"""One node's turn: take inputs, decide, write down, sync, and only then speak ([DUR-1]).

Knows the order in which things happen, and nothing else: what to say is the engine's, whether it
may be signed the guard's, how bytes reach a disk or a peer the world's. It awaits nothing; sync,
signatures, checks and execution are asked for here and answered by the ``on_...`` methods, from
within the call or later.

A turn: the engine takes inputs one by one, and then says what follows from them; records are
appended, own statements are guarded, signed and appended too; one sync; then everything is sent,
and own messages come back as inputs like anyone's. What arrives meanwhile waits for the next turn.
With nothing to persist there is no sync; what a turn only keeps waits for the sync of the next one
that has something to say or to carry out.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from consensus.effects import (
    Accuse,
    Effect,
    Execute,
    Halt,
    SayAttest,
    Send,
    Wake,
)
from consensus.engine import Engine
from consensus.inputs import (
    Connected,
    Executed,
    Received,
    Seal,
    VerifiedBatch,
    Woken,
)
from consensus.messages import Message
from node import stages
from node.alarm import Alarm
from node.guard import Refused
from node.inbox import Inbox
from node.journal import Damaged, Journal
from node.outbox import Outbox
from node.sealing import Ahead
from node.terms import Makers, Term, Terms
from node.turn import Turn
from node.world import CannotExecute, Misbehaviour, World, contradiction
from primitives.batch import Batch
from primitives.encoding import Malformed, encode
from primitives.evidence import Evidence, Offence
from primitives.validators import ValidatorSet

MOST_INPUTS: Final = 256
"""Inputs of one turn: one sync covers them all."""
MOST_EVIDENCE: Final = 1_024


class Replica:
    """A validator, or in epochs in which no key of its has a seat an observer, over its world."""

    def __init__(self, makers: Makers, world: World, journal: Journal) -> None:
        self.halted: str | None = None
        self.turns = 0
        self.evidence: dict[tuple[int, int, Offence], Evidence] = {}
        """One proof a member, kind and epoch."""
        self._world = world
        self._journal = journal
        self._inbox = Inbox()
        self._terms = Terms(makers, world, journal, self._inbox)
        self._outbox = Outbox(world.network)
        self._executions: deque[Execute] = deque()
        self._executing = False
        self._sealing = False
        self._turn: Turn | None = None
        self._tokens = 0
        self._running = False
        self._renewing = False
        self._alarm = Alarm(world.clock, world.timers)

    # -- start -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Recover and take the first turn. Raises ``journal.Damaged`` or ``guard.Refused``: then
        this node must not sign with its key."""
        self._enter(self._terms.first())
        self._run()

    def _enter_again(self) -> None:
        """As a start does, and with what a start finds."""
        self._renewing = False
        try:
            self._enter(self._terms.again())
        except Damaged as error:
            self._halt(error.code, error.reason)
        except Refused as error:
            self._halt("journal_contradicts", str(error))

    def _enter(self, term: Term) -> None:
        """Stand in an epoch; what was sealed here before and not ordered is sealed again there."""
        self._term = term
        self._outbox.clear()
        self._sealing = self._renewing = False
        self._world.watcher.entered(term.members, term.me)
        if term.orphans and term.me is not None:
            self._world.watcher.orphaned(term.orphans)

    # -- what the world says ---------------------------------------------------------------------

    def on_frame(self, peer: int, frame: bytes) -> None:
        """A frame from a peer. One that means nothing is blamed on it."""
        try:
            self._term.reception.frame(peer, frame, self.engine)
        except Malformed as error:
            self._blame(peer, error)
        self._run()

    def on_batch_checked(self, digest: bytes, fault: str | None) -> None:
        """The world's verdict on the transactions of a batch."""
        received = self._term.reception.checked(digest, fault)
        if received is not None:
            self._inbox.put(received)
            self._run()

    def on_connected(self, peer: int) -> None:
        """A connection to ``peer`` stands."""
        self._outbox.connected(peer)
        self._inbox.put(Connected(peer))
        self._run()

    def on_disconnected(self, peer: int) -> None:
        """No connection to ``peer`` stands."""
        self._outbox.disconnected(peer)
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
        if turn.rests:
            turn.rests = False
            self._ask(turn)
            return
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
            self._halt("signer_broken", f"the signer's answer does not verify: {error}")
        self._close(turn)

    def on_refused(self, token: int, reason: str) -> None:
        """The guard refused: the engine and what was signed before disagree."""
        turn = self._turn
        if turn is not None and turn.token == token:
            self._halt("guard_refused", f"the guard refused: {reason}")
            self._close(turn)

    def on_unsigned(self, token: int) -> None:
        """The signer is gone. Whatever it did with this turn's statements, nobody hears of them;
        once it is back it says what it signed last."""
        turn = self._turn
        if turn is not None and turn.token == token:
            turn.hush()
            self._renewing = self.halted is None
            self._close(turn)

    def renew(self) -> None:
        """Who signs here has changed, or whether anyone does: enter the epoch again, as a start
        would, once nothing is under way."""
        self._renewing = self.halted is None
        self._run()

    def on_executed(self, executed: Executed) -> None:
        """The block that was handed over last is executed and its state committed."""
        done = self._executions.popleft()
        assert done.header.height == executed.height, (done.header, executed)
        self._executing = False
        self._terms.horizon.executed(done.header)
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

    @property
    def members(self) -> ValidatorSet:
        """Who takes part in the epoch in which the node stands."""
        return self._term.members

    @property
    def me(self) -> int | None:
        """The own member index there; None for an observer."""
        return self._term.me

    @property
    def engine(self) -> Engine:
        """Its ordering."""
        return self._term.engine

    def can_seal(self) -> bool:
        """Whether ``seal`` may be called now."""
        return not self._sealing and self.halted is None and self.engine.can_seal()

    def ahead(self) -> Ahead:
        """What the next batch has before it."""
        until_ms = self.engine.gathers_until_ms - self._world.clock.now_ms()
        return Ahead(self.engine.unordered + self._sealing, until_ms)

    @property
    def peers(self) -> tuple[int, ...]:
        """Who is connected."""
        return self._outbox.peers

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
        under_way = self._turn or self._inbox or self._executions or self._term.reception.arriving
        return not under_way and not self.engine.needs

    # -- the turn --------------------------------------------------------------------------------

    def _run(self) -> None:
        """Take turns while there is something to do and nothing to wait for."""
        if self._running:
            return
        self._running = True
        try:
            with stages.CONSENSUS:
                while self._may_move():
                    if self._may_go_on():
                        self._enter(self._terms.after(self._term))
                    if self._may_renew():
                        self._enter_again()
                    if self._may_take_turn():
                        self._take_turn()
                    if self._may_execute():
                        self._execute()
                self._fetch()
        finally:
            self._running = False

    def _may_move(self) -> bool:
        return (
            self._may_take_turn() or self._may_execute() or self._may_go_on() or self._may_renew()
        )

    def _may_renew(self) -> bool:
        return self._renewing and self._is_idle()

    def _may_go_on(self) -> bool:
        """Whether the next epoch can begin: nothing of this one is under way."""
        return self._is_idle() and self.halted is None and self.engine.is_over

    def _is_idle(self) -> bool:
        return self._turn is None and not self._executions

    def _may_take_turn(self) -> bool:
        return self._turn is None and not self._renewing and bool(self._inbox)

    def _take_turn(self) -> None:
        self._tokens += 1
        self.turns += 1
        turn = self._turn = Turn(self._tokens)
        self._terms.tidy(self._term)
        now_ms = self._world.clock.now_ms()
        if self._take_inputs(now_ms):
            for effect in self.engine.settle(now_ms):
                self._gather(turn, effect)
        if self.halted is not None:
            turn.saying.clear()
        if not turn.saying or self._term.speech is None:
            self._persist(turn)
        elif self._world.signing.outlives and (turn.records or self._journal.dirty):
            turn.rests = True
            self._persist(turn)
        else:
            self._ask(turn)

    def _ask(self, turn: Turn) -> None:
        """Have the turn's statements signed."""
        assert self._term.speech is not None, "an observer says nothing"
        statements = tuple(self._term.speech.statement(say) for say in turn.saying)
        self._world.signing.sign(turn.token, statements, tuple(turn.saying))

    def _take_inputs(self, now_ms: int) -> bool:
        """Give the engine what waits; whether there was anything for it."""
        took = False
        for _ in range(min(MOST_INPUTS, len(self._inbox))):
            taken = self._inbox.take()
            event = self._verified(*taken) if isinstance(taken, tuple) else taken
            if isinstance(event, Seal):
                self._sealing = False
                event = event if self.engine.can_seal() else None
            if event is not None and self.halted is None:
                self.engine.take(now_ms, event)
                took = True
        return took

    def _verified(self, peer: int, message: Message) -> Received | None:
        """The message as the engine takes it; None if it does not care, or the peer is to blame."""
        if not self.engine.wants(message):
            return None
        try:
            with stages.VERIFY:
                return Received(peer, self._term.verifier.verify(message))
        except Malformed as error:
            self._blame(peer, error)
            return None

    def _blame(self, peer: int, error: Malformed) -> None:
        self._world.watcher.misbehaved(Misbehaviour(peer, error.code))

    def _gather(self, turn: Turn, effect: Effect) -> None:
        if twin := self._terms.twins.twin(self.me, effect):
            self._halt("key_elsewhere", twin)
        if isinstance(effect, SayAttest) and effect.attestation.height <= self._terms.attested:
            return  # signed before the journal let go of it: others have it, or a certificate
        turn.gather(effect)
        match effect:
            case Wake():
                self._alarm.set_engine(effect.at_ms)
            case Accuse(evidence=found):
                if len(self.evidence) < MOST_EVIDENCE:
                    self.evidence.setdefault((found.epoch, found.accused, found.offence), found)
                self._world.watcher.accused(found)
            case Halt():
                self._halt("outcome_contradicted", contradiction(effect))
            case _:
                pass  # its time comes at the end of the turn

    def _said(self, turn: Turn, signatures: tuple[bytes, ...]) -> None:
        """Add one's own messages to what is written, sent and taken in. Raises ``Malformed``."""
        assert self._term.speech is not None, "an observer says nothing"
        for say, signature in zip(turn.saying, signatures, strict=True):
            spoken = self._term.speech.spoken(say, signature)
            turn.said(spoken)
            self._terms.twins.note(say)
            batch = spoken.received.verified.message
            if isinstance(batch, VerifiedBatch):
                self._journal.shelf.warm(batch.digest, batch.raw, batch.batch)

    def _persist(self, turn: Turn) -> None:
        with stages.JOURNAL:
            for record in turn.records:
                self._journal.append(record)
            turn.records.clear()
        if self._journal.dirty and (turn.is_audible or turn.token == 1):  # 1: what was found
            self._world.disk.sync(turn.token)
        else:
            self._speak(turn)
            self._turn = None

    def _speak(self, turn: Turn) -> None:
        """Everything that the turn decided is durable: send it, and take in one's own."""
        for send in turn.sends:
            if isinstance(send, Send):
                self._outbox.say(send)
            else:
                self._outbox.batches(send, self._term.reception.batch)
        for certify in turn.certify:
            self._world.execution.certify(certify.certificate)
            self._terms.horizon.certified(certify.certificate.attestation.height)
        if turn.certify:
            self._outbox.certified(self.engine.status())
        self._outbox.pulse(self.engine.newest_beat, self.engine.status)
        self._executions.extend(turn.execute)
        for event in turn.own:
            self._inbox.put(event)

    def _close(self, turn: Turn) -> None:
        """The signer has answered, or never will: nothing is left to wait for but the disk."""
        if self.halted is not None:
            turn.hush()
        self._persist(turn)
        self._run()

    def _halt(self, code: str, reason: str) -> None:
        if self.halted is None:
            self.halted = f"{code}: {reason}"
            self._renewing = False
            self._world.watcher.halted(self.halted)

    # -- between turns ---------------------------------------------------------------------------

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
        arriving = self._term.reception.arriving
        for peer, request in self._term.fetcher.poll(now_ms, needs, self._outbox.peers, arriving):
            self._world.network.send(peer, encode(request))
        self._alarm.arm(self._term.fetcher.next_ms)
