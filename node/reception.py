"""What peers send, until it can go to the engine: decoded, checked, bounded. Knows no protocol."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final, Protocol

import msgspec

from consensus.inputs import Received, Verified
from consensus.messages import (
    BatchSent,
    FetchChain,
    FetchLane,
    Message,
    Oldest,
    Status,
    decode_message,
)
from consensus.verification import Verifier
from node.guests import Guests
from node.inbox import Inbox
from node.shelf import Shelf
from node.sync import Library
from node.world import World
from primitives.batch import Batch, decode_batch
from primitives.encoding import encode

MOST_CHECKING: Final = 64
"""A peer's batches that are being checked at a time; more are dropped, and fetched when needed."""


class _Checking(msgspec.Struct, frozen=True):
    """A batch whose author's signature is good, while its transactions are checked."""

    sender: int
    raw: bytes
    batch: Batch
    verified: Verified


class Wants(Protocol):
    """The part of the engine that knows what it could use, and where it stands."""

    def status(self) -> Status:
        """Where this node stands."""

    def wants(self, message: Message, digest: bytes | None = None) -> bool:
        """Whether the message could change anything."""


class Reception:
    """Takes frames in: requests are answered at once, batches go to be checked, and the rest waits
    in the inbox. Whatever raises ``Malformed`` here is the peer's fault."""

    def __init__(
        self, verifier: Verifier, world: World, shelf: Shelf, inbox: Inbox, help_pause_ms: int
    ) -> None:
        self._verifier = verifier
        self._world = world
        self._shelf = shelf
        self._inbox = inbox
        self._library = Library(shelf, world.history)
        self._guests = Guests(verifier.members.epoch, world.history, help_pause_ms)
        self._checking: dict[bytes, _Checking] = {}
        self.on_oldest: Callable[[int, int, int], None] = _nobody
        """Is told (now in ms, peer, height) when a peer says how far back it goes."""

    @property
    def arriving(self) -> Collection[bytes]:
        """Digests of batches that are being checked."""
        return self._checking.keys()

    def frame(self, peer: int, frame: bytes, engine: Wants) -> None:
        """Take a frame in. Raises ``Malformed``."""
        message = decode_message(frame)
        match message:
            case BatchSent():
                self._batch(peer, message, engine)
            case FetchLane() | FetchChain():
                self._answer(peer, message)
            case Oldest():
                self.on_oldest(self._world.clock.now_ms(), peer, message.height)
            case _:
                if isinstance(message, Status):
                    self._help(peer, message, engine.status())
                if self._guests.takes(peer, message):
                    self._inbox.offer(peer, message, len(frame))

    def checked(self, digest: bytes, fault: str | None) -> Received | None:
        """A batch's verdict has come: the batch as the engine takes it."""
        checking = self._checking.pop(digest, None)
        if checking is None:
            return None
        if fault is None:
            self._shelf.warm(digest, checking.raw, checking.batch)
            return Received(checking.sender, checking.verified)
        verified = self._verifier.batch(checking.batch, checking.raw, digest, fault)
        return Received(checking.sender, verified)

    def batch(self, digest: bytes) -> bytes | None:
        """A batch's canonical bytes, wherever they are."""
        return self._library.batch(digest)

    def _batch(self, peer: int, message: BatchSent, engine: Wants) -> None:
        """Check the author's signature here, and the transactions elsewhere ([LANE-2])."""
        batch = decode_batch(message.batch)
        if batch.header.epoch != self._verifier.members.epoch:
            return  # no member's fault: it may stand in another epoch ([EPOCH-6])
        digest = self._verifier.digest_of(batch)
        if digest in self._checking or not engine.wants(message, digest):
            return
        if sum(checking.sender == peer for checking in self._checking.values()) >= MOST_CHECKING:
            return
        verified = self._verifier.batch(batch, message.batch, digest, None)
        self._checking[digest] = _Checking(peer, message.batch, batch, verified)
        self._world.checker.check(message.batch, batch, digest, peer)

    def _help(self, peer: int, status: Status, mine: Status) -> None:
        now_ms = self._world.clock.now_ms()
        for message in self._guests.help(now_ms, peer, status, mine):
            self._world.network.send(peer, encode(message))

    def _answer(self, peer: int, request: FetchLane | FetchChain) -> None:
        """From what is on disk, within bounds ([SYNC-3])."""
        library = self._library
        if not library.may_serve(peer, self._world.clock.now_ms()):
            return
        answers: list[Message]
        if isinstance(request, FetchLane):
            answers = [BatchSent(raw) for raw in library.lane(request, peer)]
        else:
            chain = library.chain(request)
            answers = [] if chain is None else [chain]
        for answer in answers:
            frame = encode(answer)
            library.count(peer, len(frame))
            self._world.network.send(peer, frame)


def _nobody(_: int, __: int, ___: int) -> None:
    pass
