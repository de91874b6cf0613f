"""Engines joined by a message pump: no disk, no network, a clock that only the test moves.

Each say is signed and comes back to its author at once, as if the sync had taken no time; sends go
to queues that a test may drop, hold or reorder. Execution gives roots that depend on the height.
For faults of disk, process and network there is the simulator; this is for one rule at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from consensus.config import Anchor, Config, handed_over
from consensus.effects import (
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
from consensus.inputs import Executed, Input, Received, Recovered, Seal, Verified, Woken
from consensus.messages import (
    Attested,
    BatchSent,
    Beating,
    ChainSent,
    Fetch,
    FetchChain,
    FetchLane,
    Message,
    Propose,
    Voted,
)
from consensus.verification import Verifier
from primitives.batch import Batch, batch_digest, batch_message, decode_batch
from primitives.block import genesis_block
from primitives.encoding import encode
from primitives.genesis import Genesis, chain_id
from primitives.hashing import Domain
from primitives.keys import ED25519
from primitives.validators import ValidatorSet
from primitives.vote import (
    Attest,
    Kind,
    SignedBeat,
    Vote,
    attest_message,
    beat_message,
    vote_message,
)
from tests.builders import Committee, a_committee, a_genesis, a_person, a_transfer, raw

ROOT = Domain("test/root")
FETCH_MS = 200
"""How often what is missing is asked for again."""
GENESIS = a_genesis()


class Node:
    """One engine with its memory, and the effects that were performed."""

    def __init__(self, pump: Pump, me: int, records: Sequence[Record] = ()) -> None:
        self.pump, self.me = pump, me
        config = Config(pump.chain, pump.committee.members, me, pump.genesis.parameters)
        self.engine = Engine(config, pump.anchor)
        self.records: list[Record] = []
        self.batches: dict[bytes, bytes] = {}
        for record in records:
            self._remember(record)
        self.executed: list[Execute] = []
        self.pending: deque[Execute] = deque()
        self.certified: dict[int, Certify] = {}
        self.halts: list[Halt] = []
        self.wake_ms: int | None = None
        self.slow = False
        self.step(Recovered(tuple(records), ()))

    def step(self, event: Input) -> None:
        """One input, and everything that follows inside this node."""
        back: deque[Input] = deque([event])
        while back:
            for effect in self.engine.step(self.pump.now_ms, back.popleft()):
                back.extend(self._perform(effect))

    def wants(self, message: Message) -> bool:
        """Asked as the replica asks, before signatures are checked."""
        digest = None
        if isinstance(message, BatchSent):
            digest = batch_digest(self.pump.chain, decode_batch(message.batch).header)
        return self.engine.wants(message, digest)

    def execute(self) -> None:
        """Let the executor finish what is issued."""
        while self.pending:
            self.step(self._outcome(self.pending.popleft()))

    def _outcome(self, effect: Execute) -> Executed:
        height = effect.header.height
        root = ROOT.digest(effect.digest)
        last = self.pump.last_known_at(height)
        after = self.pump.following if height == last else self.pump.committee.members
        return Executed(
            height, effect.digest, effect.header.time, root, root, None, 1, after.hash, last
        )

    def _perform(self, effect: Effect) -> list[Input]:
        match effect:
            case Keep():
                self._remember(effect.record)
            case Send():
                self.pump.post(self.me, effect.to, effect.message)
            case SendBatches():
                for digest in effect.digests:
                    self.pump.post(self.me, effect.to, BatchSent(self.batches[digest]))
            case Wake():
                self.wake_ms = effect.at_ms
            case Execute():
                self.executed.append(effect)
                self.pending.append(effect)
                if not self.slow and len(self.pending) == 1:
                    return [self._outcome(self.pending.popleft())]
            case Certify():
                self.certified[effect.certificate.attestation.height] = effect
            case Halt():
                self.halts.append(effect)
            case SayProposal() | SayVote() | SayBatch() | SayAttest() | SayBeat():
                return [self._say(effect)]
            case _:
                self.pump.accusations.append(effect)
        return []

    def _remember(self, record: Record) -> None:
        self.records.append(record)
        if isinstance(record, BatchKept):
            batch = decode_batch(record.batch)
            self.batches[batch_digest(self.pump.chain, batch.header)] = record.batch

    def _say(self, effect: SayProposal | SayVote | SayBatch | SayAttest | SayBeat) -> Input:
        message = self.signed(effect)
        self.pump.post(self.me, None, message)
        return Received(self.me, self.pump.verified(message))

    def signed(self, effect: SayProposal | SayVote | SayBatch | SayAttest | SayBeat) -> Message:
        """The message, journaled."""
        sign = self.pump.committee.signers[self.me].sign
        epoch = self.pump.committee.members.epoch
        chain = self.pump.chain
        match effect:
            case SayProposal():
                vote = self.vote(Kind.PROPOSE, effect.header.view, effect.digest)
                self.records += [BlockKept(effect.header, vote), OwnVote(vote)]
                return Propose(effect.header, vote)
            case SayVote():
                vote = self.vote(effect.kind, effect.view, effect.digest)
                self.records.append(OwnVote(vote))
                return Voted(vote, effect.tips)
            case SayBatch():
                signature = sign(batch_message(effect.digest))
                batch = encode(Batch(effect.header, effect.transactions, signature))
                self._remember(BatchKept(batch))
                return BatchSent(batch)
            case SayAttest():
                message = attest_message(effect.attestation)
                attest = Attest(effect.attestation, self.me, sign(message))
                self.records.append(OwnAttest(attest))
                return Attested(attest)
            case SayBeat():
                assert (chain, epoch) == (effect.beat.chain, effect.beat.epoch)
                return Beating(SignedBeat(effect.beat, self.me, sign(beat_message(effect.beat))))

    def vote(self, kind: Kind, view: int, digest: bytes | None) -> Vote:
        """Signed by this member's key, whatever the engine would say of it."""
        epoch, sign = self.pump.committee.members.epoch, self.pump.committee.signers[self.me].sign
        signature = sign(vote_message(self.pump.chain, kind, epoch, view, digest))
        return Vote(kind, epoch, view, digest, self.me, signature)

    def fetch(self) -> None:
        """Ask for every need of the moment, as the replica does."""
        for need in list(self.engine.needs.values()):
            others = [peer for peer in range(self.pump.committee.members.size) if peer != self.me]
            for peer in [peer for peer in need.first if peer != self.me] or others:
                self.pump.post(self.me, peer, need.request)


class Pump:
    """A committee of engines and the messages between them.

    ``fixed_at`` is the height that fixes the epoch's end, None for never, and ``following`` are the
    members after it. A pump ``over`` the last one goes on where that one's epoch ended.
    """

    def __init__(self, n: int = 4, genesis: Genesis = GENESIS, over: Pump | None = None) -> None:
        self.genesis = genesis
        self.chain = chain_id(genesis)
        self.committee: Committee = a_committee(n)
        self.fixed_at: int | None = None
        self.following = ValidatorSet(1, self.committee.members.members)
        digest, header = genesis_block(genesis)
        self.anchor = Anchor(header, digest, None, self.committee.members)
        if over is not None:
            self._go_on(over)
        self.verifier = Verifier(self.chain, self.committee.members, ED25519)
        self.now_ms = genesis.time + 1_000 if over is None else over.now_ms
        self.queue: deque[tuple[int, int, Message]] = deque()
        self.accusations: list[Effect] = []
        self.drop: Callable[[int, int, Message], bool] = lambda sender, to, message: False
        self.down: set[int] = set()
        self.nodes = [Node(self, me) for me in range(n)]

    def _go_on(self, over: Pump) -> None:
        self.committee = Committee(over.committee.signers, over.following)
        self.following = replace(over.following, epoch=over.following.epoch + 1)
        end = over.nodes[0].executed[-1]
        self.anchor = Anchor(
            header=handed_over(end.header, over.following.epoch, over.following.size),
            digest=end.digest,
            certificate=over.nodes[0].certified[end.header.height].certificate,
            members=over.following,
        )

    def last_known_at(self, height: int) -> int | None:
        """The epoch's last height, as far as the execution of ``height`` knows it."""
        if self.fixed_at is None or height < self.fixed_at:
            return None
        return self.fixed_at + self.genesis.parameters.lag_bound

    def post(self, sender: int, to: int | None, message: Message | Fetch) -> None:
        """Queue a message for one member, or for every other one."""
        for peer in range(self.committee.members.size) if to is None else (to,):
            if peer != sender and not self.drop(sender, peer, message):
                self.queue.append((sender, peer, message))

    def verified(self, message: Message) -> Verified:
        """As the replica verifies."""
        if isinstance(message, BatchSent):
            batch = decode_batch(message.batch)
            digest = batch_digest(self.chain, batch.header)
            return self.verifier.batch(batch, message.batch, digest, None)
        return self.verifier.verify(message)

    def deliver(self, limit: int = 5_000) -> None:
        """Deliver until nothing is under way."""
        for _ in range(limit):
            if not self.queue:
                return
            sender, to, message = self.queue.popleft()
            if to in self.down or sender in self.down:
                continue
            node = self.nodes[to]
            if isinstance(message, FetchLane):
                self._answer_lane(node, sender, message)
                continue
            if isinstance(message, FetchChain):
                self._answer_chain(node, sender, message)
                continue
            if node.wants(message):
                node.step(Received(sender, self.verified(message)))
        raise AssertionError("messages without end")

    def _answer_lane(self, node: Node, asker: int, message: FetchLane) -> None:
        digest = message.tip
        while digest in node.batches:
            batch = decode_batch(node.batches[digest])
            if batch.header.seq <= message.after:
                break
            self.post(node.me, asker, BatchSent(node.batches[digest]))
            digest = batch.header.previous

    def _answer_chain(self, node: Node, asker: int, message: FetchChain) -> None:
        known = {
            e.header.height: e.header for e in node.executed if e.header.height in node.certified
        }
        headers, certificates = [], []
        height = message.height
        while height in known and len(headers) < 8:
            headers.append(known[height])
            certificates.append(node.certified[height].certificate)
            height += 1
        if headers:
            self.post(node.me, asker, ChainSent(tuple(headers), tuple(certificates)))

    def pass_time(self, ms: int) -> None:
        """Let time pass, waking who asked for it, delivering and fetching as it goes."""
        end = self.now_ms + ms
        while True:
            self.deliver()
            wakes = [n.wake_ms for n in self.alive() if n.wake_ms is not None]
            moment = min([w for w in wakes if w > self.now_ms], default=end)
            moment = min(moment, self.now_ms + FETCH_MS, end)
            self.now_ms = moment
            for node in self.alive():
                if node.wake_ms is not None and node.wake_ms <= moment:
                    node.wake_ms = None
                    node.step(Woken())
                node.fetch()
            if moment == end:
                break
        self.deliver()

    def alive(self) -> list[Node]:
        """Nodes that are up."""
        return [node for node in self.nodes if node.me not in self.down]

    def submit(self, me: int, count: int = 1, name: str = "a") -> None:
        """Seal ``count`` transfers in a member's lane."""
        person = a_person(name)
        sent = [a_transfer(person, (person, 1), chain=self.chain, sequence=i) for i in range(count)]
        weight = sum(transfer.weight for transfer in sent)
        self.nodes[me].step(Seal(tuple(raw(transfer) for transfer in sent), weight))

    def restart(self, me: int) -> None:
        """Lose memory, keep the disk."""
        self.nodes[me] = Node(self, me, tuple(self.nodes[me].records))
        self.down.discard(me)
