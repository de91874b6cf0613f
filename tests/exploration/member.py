"""One honest member: a real engine, its journal, what it said. One input at a time.

Whatever it says comes back to it at once, as if the sync had taken no time, and is from then on
known to whoever it suits. Knows nothing of the others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from consensus.effects import (
    Accuse,
    BlockKept,
    Effect,
    Execute,
    Halt,
    Keep,
    OwnVote,
    Record,
    SayProposal,
    SayVote,
)
from consensus.engine import Engine
from consensus.inputs import Input, Received, Recovered, Verified, Woken
from consensus.messages import BlockSent, Propose, Voted
from primitives.batch import EMPTY_TIP
from primitives.vote import Kind
from tests.exploration.dump import digest_of
from tests.exploration.world import SIZE, World

Said = tuple[int, int, bytes | None]
"""Kind, view, digest."""


class Wrong(Exception):
    """Something that must never be."""


class Quorum(NamedTuple):
    """Votes arrive that make a certificate."""

    kind: Kind
    view: int
    digest: bytes | None


class Shown(NamedTuple):
    """A proposal arrives."""

    digest: bytes


class Answered(NamedTuple):
    """A block arrives that was asked for by its digest."""

    digest: bytes


class Deadline(NamedTuple):
    """The view's deadline passes."""

    view: int


class Crash(NamedTuple):
    """The process dies and starts again from its journal."""

    times: int


def order(said: Said) -> tuple[int, int, bytes]:
    """By which they are sorted."""
    kind, view, digest = said
    return kind, view, digest or b""


Event = Quorum | Shown | Answered | Deadline | Crash


class State(NamedTuple):
    """What is seen of a member between two inputs; ``key`` stands for all of it."""

    key: bytes
    me: int
    view: int
    said: frozenset[Said]
    committed: tuple[bytes, ...]
    shown: frozenset[bytes]
    wanted: tuple[bytes, ...]
    crashes: int


class Member:
    """A member awake: between inputs it is a ``State``."""

    def __init__(self, world: World, me: int) -> None:
        self._world = world
        self.me = me
        self.engine = Engine(world.config(me), world.anchor)
        self.records: list[Record] = []
        self.said: dict[Said, None] = {}
        self.committed: list[bytes] = []
        self.crashes = 0

    def begin(self) -> None:
        """Start with an empty disk."""
        self._step(Recovered((), ()))

    def take(self, event: Event, voters: tuple[int, ...]) -> None:
        """One input. Raises ``Wrong`` if the engine does what it must not."""
        world = self._world
        match event:
            case Quorum():
                for sender, message in self._arriving(event, voters):
                    self._receive(Received(sender, message))
            case Shown():
                leader = world.blocks[event.digest].proposer
                self._receive(Received(leader, world.proposed(event.digest)))
            case Answered():
                answer = world.verified(BlockSent(world.blocks[event.digest]))
                self._receive(Received(world.liar, answer))
            case Deadline():
                self._step(Woken(), late_ms=1)
            case Crash():
                self._crash()
        self._forget_votes()

    def ignores(self, event: Event, voters: tuple[int, ...]) -> bool:
        """True if none of the messages of a quorum is wanted: then nothing happens."""
        if not isinstance(event, Quorum):
            return False
        return not any(self.engine.wants(v.message) for _, v in self._arriving(event, voters))  # type: ignore[arg-type]

    def _forget_votes(self) -> None:
        """Of others', in the tally: the next quorum brings all that it needs. So members that hold
        the same certificates are the same, whoever signed them."""
        tally = self.engine.simplex.tally
        for view, votes in list(tally._votes.items()):
            own = {key: held for key, held in votes.items() if key[1] == self.me}
            tally._votes[view] = own
            if not own:
                del tally._votes[view]

    def _arriving(self, event: Quorum, voters: tuple[int, ...]) -> Iterator[tuple[int, Verified]]:
        """Single votes; who knows of two lies of one member already takes no third, and gets the
        certificate from another one."""
        world, (kind, view, digest) = self._world, event
        others = [author for author in voters if author != self.me]
        for author in others:
            yield author, world.voted(kind, view, digest, author)
        own = [self.me] if (kind, view, digest) in self.said else []
        yield world.liar, world.certified(kind, view, digest, (*others, *own)[:3])

    def _crash(self) -> None:
        """Memory is lost, the disk is kept; no state was committed."""
        self.crashes += 1
        self.engine = Engine(self._world.config(self.me), self._world.anchor)
        self.committed = []
        self._step(Recovered(tuple(self.records), ()))

    def _receive(self, event: Received) -> None:
        if self.engine.wants(event.verified.message):  # type: ignore[arg-type]
            self._step(event)

    def _step(self, event: Input, late_ms: int = 0) -> None:
        back: deque[Input] = deque([event])
        while back:
            now_ms = self._world.now_ms + late_ms
            for effect in self.engine.step(now_ms, back.popleft()):
                back.extend(self._perform(effect))
            late_ms = 0

    def _perform(self, effect: Effect) -> list[Input]:
        match effect:
            case Keep():
                self.records.append(effect.record)
            case SayProposal():
                self._world.blocks[effect.digest] = effect.header
                vote = self._world.signed(Kind.PROPOSE, effect.header.view, effect.digest, self.me)
                self.records += [BlockKept(effect.header, vote), OwnVote(vote)]
                self._say((Kind.PROPOSE, effect.header.view, effect.digest))
                return [Received(self.me, self._world.verified(Propose(effect.header, vote)))]
            case SayVote():
                vote = self._world.signed(effect.kind, effect.view, effect.digest, self.me)
                self.records.append(OwnVote(vote))
                self._say((effect.kind, effect.view, effect.digest))
                message = Voted(vote, (EMPTY_TIP,) * SIZE)
                return [Received(self.me, self._world.verified(message))]
            case Execute():
                self.committed.append(effect.digest)
            case Accuse() if effect.evidence.accused != self._world.liar:
                raise Wrong(f"member {self.me} accuses honest {effect.evidence.accused}")
            case Halt():
                raise Wrong(f"member {self.me} halts at height {effect.height}")
            case _:
                pass
        return []

    def _say(self, said: Said) -> None:
        """Honest members sign nothing twice, and never FINALIZE beside NULLIFY ([EVID-1])."""
        kind, view, _ = said
        for other_kind, other_view, _ in self.said:
            excluded = {kind, other_kind} == {Kind.FINALIZE, Kind.NULLIFY}
            if view == other_view and (kind == other_kind or excluded):
                raise Wrong(f"member {self.me} signs {Kind(kind).name} in view {view} again")
        self.said[said] = None

    # -- as a value ------------------------------------------------------------------------------

    def state(self, crashes: int) -> State:
        """The member as a value. While it may still crash, so is what its journal would give."""
        engine = self.engine
        key = digest_of([engine, sorted(self.said, key=order), self.committed, self.crashes])
        if self.crashes < crashes:
            key += self._recovered()
        wanted = tuple(digest for kind, _, digest in engine.needs if kind == "block")
        return State(
            key=bytes([self.me]) + key,
            me=self.me,
            view=engine.view,
            said=frozenset(self.said),
            committed=tuple(self.committed),
            shown=frozenset(engine.simplex.proposals.values()),
            wanted=wanted,
            crashes=self.crashes,
        )

    def _recovered(self) -> bytes:
        engine = Engine(self._world.config(self.me), self._world.anchor)
        engine.step(self._world.now_ms, Recovered(tuple(self.records), ()))
        return digest_of(engine)
