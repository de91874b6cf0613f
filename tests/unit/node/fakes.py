"""A world for one replica in which a test is disk, peers, clock and executor; a scripted engine.

Knows the shapes of the seams; decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from consensus.config import Anchor, Config
from consensus.effects import Effect, Need, Say
from consensus.engine import Engine
from consensus.inputs import Executed, Input
from consensus.messages import Message, Status, Voted, decode_message
from consensus.verification import Verifier
from node.guard import Floor, Statement
from node.journal import Journal
from node.replica import Replica
from node.signer import Answers, LocalSigner
from node.terms import Makers
from node.world import Misbehaviour, Unheard, Unseated, World
from primitives.batch import EMPTY_TIP, Batch, batch_digest, tip_of
from primitives.block import Header, genesis_block
from primitives.certificate import BeatCertificate, StateCertificate
from primitives.evidence import Evidence
from primitives.keys import ED25519, Ed25519Key
from primitives.validators import ValidatorSet
from primitives.vote import Kind
from tests import builders
from tests.unit.node.disk import MemoryDisk

A = bytes([1]) * 32
B = bytes([2]) * 32
TIPS = (EMPTY_TIP,) * 4
CHAIN = builders.a_chain()
COMMITTEE = builders.a_committee()
NOW = builders.GENESIS_TIME + 5_000


class ScriptedEngine:
    """Answers each kind of input with what a test said, once; and remembers all inputs.

    Its epoch is over once it was given an input that ``ends`` is true of."""

    def __init__(self, members: ValidatorSet | None = None, me: int | None = 0) -> None:
        self.inputs: list[Input] = []
        self.script: list[tuple[type, list[Effect]]] = []
        self.answers: list[Effect] = []
        self.needs: dict[tuple[str, int, bytes], Need] = {}
        self.unwanted: list[type] = []
        self.room = True
        self.is_over = False
        self.ends: Callable[[Input], bool] = lambda event: False
        self.certified_height = 0
        self.left: tuple[bytes, ...] = ()
        self.newest_beat: BeatCertificate | None = None
        self.config = Config(CHAIN, members or COMMITTEE.members, me, builders.PARAMETERS)

    def take(self, now_ms: int, event: Input) -> None:
        self.inputs.append(event)
        self.is_over = self.is_over or self.ends(event)
        for place, (kind, effects) in enumerate(self.script):
            if isinstance(event, kind):
                del self.script[place]
                self.answers += effects
                return

    def settle(self, now_ms: int) -> list[Effect]:
        answers, self.answers = self.answers, []
        return answers

    def wants(self, message: Message, digest: bytes | None = None) -> bool:
        return type(message) not in self.unwanted

    def can_seal(self) -> bool:
        return self.room

    def status(self) -> Status:
        return Status(self.config.members.epoch, 1, 0, self.certified_height, TIPS)

    def orphans(self) -> tuple[bytes, ...]:
        return self.left

    unordered = 0
    gathers_until_ms = NOW + 70

    def of(self, kind: type) -> list[Input]:
        return [event for event in self.inputs if isinstance(event, kind)]


class ApartSigner:
    """A signer of another process: it is away, hands back and answers as a test says."""

    outlives = True

    def __init__(self, *keys: Ed25519Key) -> None:
        self.inner = LocalSigner(CHAIN, keys or [COMMITTEE.signers[0]])
        self.away = False
        self.ahead = False
        self.unheard: tuple[Unheard, ...] = ()
        self.asked: list[tuple[int, tuple[Statement, ...]]] = []
        self.recalled: list[tuple[Statement, ...]] = []
        self.floors: list[Floor] = []
        self.asker: Answers | None = None

    def bind(self, asker: Answers) -> None:
        self.asker = asker
        self.inner.bind(asker)

    def enter(self, members: ValidatorSet) -> int | None:
        return None if self.away else self.inner.enter(members)

    def recall(self, statements: tuple[Statement, ...], floor: Floor) -> tuple[Unheard, ...]:
        if self.ahead:
            raise Unseated
        self.recalled.append(statements)
        self.floors.append(floor)
        self.inner.recall(statements, floor)
        return self.unheard

    def forget(self, floor: Floor) -> None:
        self.inner.forget(floor)

    def sign(self, token: int, statements: tuple[Statement, ...], says: tuple[Say, ...]) -> None:
        self.asked.append((token, statements))

    def answer(self) -> None:
        """Sign what was asked for last."""
        token, statements = self.asked[-1]
        self.inner.sign(token, statements)

    def dies(self) -> None:
        """It is gone before it answers what was asked for last, or anything."""
        assert self.asker is not None
        self.away = True
        if self.asked:
            self.asker.on_unsigned(self.asked[-1][0])
        else:
            self.asker.renew()


class FakeWorld:
    """Every seam of a replica; nothing is answered unless a test (or ``auto``) answers."""

    def __init__(self, me: int | None = 0, *, auto_sync: bool = True) -> None:
        self.me = me
        self.engine = ScriptedEngine()
        self.later: list[ScriptedEngine] = []
        """The engines of later epochs."""
        self.ordered: list[tuple[Anchor, int | None]] = []
        self.keys = [] if me is None else [COMMITTEE.signers[me]]
        self.disk = MemoryDisk()
        self.auto_sync = auto_sync
        self.sent: list[tuple[int, Message]] = []
        self.now = NOW
        self.wakes: list[int | None] = []
        self.checks: list[tuple[bytes, int]] = []
        self.executing: list[tuple[Header, tuple[tuple[int, Batch], ...]]] = []
        self.certified: list[StateCertificate] = []
        self.blamed: list[Misbehaviour] = []
        self.halts: list[str] = []
        self.entries: list[tuple[ValidatorSet, int | None]] = []
        self.orphans: list[tuple[bytes, ...]] = []
        self.proofs: list[Evidence] = []
        self.durable_height = 0
        self.oldest = 0
        self.missing: list[int | None] = []
        self.certificates: dict[int, StateCertificate] = {}
        self.past: dict[bytes, bytes] = {}
        self.chain: tuple[tuple[Header, ...], tuple[StateCertificate, ...]] | None = None
        self.anchor = self._genesis()
        self.unproven: list[Executed] = []

    def _genesis(self) -> Anchor:
        digest, header = genesis_block(builders.a_genesis())
        return Anchor(header, digest, None, COMMITTEE.members)

    def replica(self, apart: ApartSigner | None = None) -> Replica:
        """A new one over this world's disk, started; its signer in its process unless ``apart``."""
        signer = apart or LocalSigner(CHAIN, self.keys)
        world = World(self.disk, self, self, self, signer, self, self, self, self)
        journal = Journal(self.disk, CHAIN)

        def order(anchor: Anchor, me: int | None) -> Engine:
            if self.later and self.ordered:
                self.engine = self.later.pop(0)
            self.ordered.append((anchor, me))
            return cast("Engine", self.engine)

        def verifying(members: ValidatorSet) -> Verifier:
            return Verifier(CHAIN, members, ED25519)

        made = Replica(Makers(order, verifying), world, journal)
        signer.bind(made)
        self.answer = made.on_synced
        self.disk.answer = made.on_synced if self.auto_sync else None
        made.start()
        return made

    def sync(self) -> None:
        """Finish the sync that is under way."""
        self.answer(self.disk.syncs[-1])

    # -- the seams -------------------------------------------------------------------------------

    def send(self, peer: int, frame: bytes) -> None:
        self.sent.append((peer, decode_message(frame)))

    def now_ms(self) -> int:
        return self.now

    def wake_at(self, at_ms: int | None) -> None:
        self.wakes.append(at_ms)

    def check(self, raw: bytes, batch: Batch, digest: bytes, sender: int) -> None:
        self.checks.append((digest, sender))

    def execute(
        self, header: Header, digest: bytes, batches: tuple[tuple[int, Batch], ...]
    ) -> None:
        self.executing.append((header, batches))

    def certify(self, certificate: StateCertificate) -> None:
        self.certified.append(certificate)

    def head(self) -> Anchor:
        return self.anchor

    def uncertified(self) -> list[Executed]:
        return self.unproven

    def chain_from(
        self, height: int, limit: int
    ) -> tuple[tuple[Header, ...], tuple[StateCertificate, ...]] | None:
        return self.chain

    def batch(self, digest: bytes) -> bytes | None:
        return self.past.get(digest)

    def certificate_of(self, height: int) -> StateCertificate | None:
        return self.certificates.get(height)

    def misbehaved(self, blame: Misbehaviour) -> None:
        self.blamed.append(blame)

    def accused(self, evidence: Evidence) -> None:
        self.proofs.append(evidence)

    def entered(self, members: ValidatorSet, me: int | None) -> None:
        self.entries.append((members, me))

    def orphaned(self, transactions: tuple[bytes, ...]) -> None:
        self.orphans.append(transactions)

    def halted(self, reason: str) -> None:
        self.halts.append(reason)

    def history_missing(self, height: int | None) -> None:
        self.missing.append(height)


def a_lane(count: int, author: int = 1) -> list[Batch]:
    """The first batches of a lane, sealed by its author."""
    tip, batches = EMPTY_TIP, []
    for number in range(count):
        mint = builders.a_mint("east", builders.a_person("ann"), 5, f"receipt {number}")
        batch = builders.a_batch([mint], parent=tip, author=author)
        batches.append(batch)
        tip = tip_of(digest_of(batch), batch.header)
    return batches


def digest_of(batch: Batch) -> bytes:
    """Its digest on the tests' chain."""
    return batch_digest(CHAIN, batch.header)


def a_vote_message(author: int = 1, view: int = 1) -> Voted:
    """NOTARIZE, signed by ``author``."""
    return Voted(builders.a_vote(Kind.NOTARIZE, view, A, author=author), TIPS)
