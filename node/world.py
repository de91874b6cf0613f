"""The seams by which a replica reaches the world. Knows no implementation: asyncio or simulated.

The replica calls these and awaits nothing; what takes time is answered by a later call of the
replica's own ``on_...`` methods. The simulator implements them with seeds, the driver for real.
An implementation may answer before its method returns: the replica is ready for both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Protocol

from consensus.config import Anchor
from consensus.effects import Halt, Say
from consensus.inputs import Executed
from node.guard import Floor, Statement
from primitives.batch import Batch
from primitives.block import Header
from primitives.certificate import StateCertificate
from primitives.evidence import Evidence
from primitives.validators import ValidatorSet

GUESTS: Final = 1_000
"""Handles from here on are guests: connections that are no member's of this epoch, so nothing that
they say counts as a member's word ([EPOCH-6])."""


class Disk(Protocol):
    """An append-only file of frames in segments, whose unsynced tail may be lost at a crash."""

    def append(self, data: bytes) -> None:
        """Add bytes to the end; not durable until a sync that starts later has finished."""

    def sync(self, token: int) -> None:
        """Start making durable what was appended; then the replica's ``on_synced(token)``."""

    def segments(self) -> Sequence[int]:
        """Numbers of the segments there are, ascending."""

    def read(self, segment: int) -> bytes:
        """All bytes of a segment, as they were found at start or have been appended since."""

    def read_at(self, segment: int, offset: int, size: int) -> bytes:
        """``size`` bytes of a segment; fewer at its end."""

    def truncate(self, segment: int, size: int) -> None:
        """Cut a segment's torn tail at recovery."""

    def rotate(self) -> int:
        """Begin a new segment; later appends go there. Answers its number, above all others. Called
        only when all that was appended is synced."""

    def drop(self, segment: int) -> None:
        """Delete a segment that is no longer needed."""


class Store(Protocol):
    """An ordered key-value store; ``write`` is atomic. The executor alone writes."""

    def get(self, key: bytes) -> bytes | None:
        """The value, or None."""

    def write(self, changes: Sequence[tuple[bytes, bytes | None]], sync: bool) -> None:
        """Apply all changes (None deletes) or none; durable before it returns if ``sync``."""

    def scan(
        self, start: bytes, stop: bytes, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Entries with start <= key < stop in key order (or its reverse)."""


class Network(Protocol):
    """Frames to peers; may lose, repeat and reorder. Receiving calls ``on_frame``."""

    def send(self, peer: int, frame: bytes) -> None:
        """Hand over one frame for a member or guest; dropped if it is away or its queue is full."""


class Clock(Protocol):
    """Milliseconds since 1970-01-01 UTC. May drift and jump; the engine tolerates both."""

    def now_ms(self) -> int:
        """Now."""


class Timers(Protocol):
    """One wake-up call: the replica's ``on_timer``."""

    def wake_at(self, at_ms: int | None) -> None:
        """Replace the last request; None cancels."""


class Unheard(NamedTuple):
    """Something that was signed, and that the journal does not hold: the node died before it could
    write it down, so nobody heard it. It has to be said, for nothing else may be in its place."""

    say: Say
    signature: bytes


class Unseated(Exception):
    """The signer signs nothing for this node in this epoch; it says itself why."""


class Signing(Protocol):
    """Holds the validator's keys and guards what they sign, here or in a process of its own."""

    @property
    def outlives(self) -> bool:
        """Whether it remembers what it signed when this node dies. Then all that a statement rests
        on is synced before it is signed: the journal may lose the statement, and regains it."""

    def enter(self, members: ValidatorSet) -> int | None:
        """From now on sign for this epoch, with the key that has a seat there: its index; None if
        no key has one. The guard begins anew; ``recall`` follows."""

    def recall(self, statements: tuple[Statement, ...], floor: Floor) -> tuple[Unheard, ...]:
        """What the journal says was signed in the epoch that was entered, and below what the
        journal has forgotten. Answers what was signed last and never came into the journal.

        Raises ``guard.Refused`` if the journal contradicts itself, and ``Unseated`` if the signer
        will not sign after this journal, or does not answer: then the node follows only."""

    def forget(self, floor: Floor) -> None:
        """Everything up to there is final and executed here: it is never asked for again."""

    def sign(self, token: int, statements: tuple[Statement, ...], says: tuple[Say, ...]) -> None:
        """Then the replica's ``on_signed(token, signatures)``, one each in order; or
        ``on_refused(token, reason)`` if any statement contradicts what was signed before; or
        ``on_unsigned(token)`` if the signer does not answer. ``says`` are what the statements are
        of: a signer that outlives the node hands the last of them back (``Unheard``)."""


class BatchChecker(Protocol):
    """Checks every transaction of a batch off the critical path (``evidence.batch_fault``)."""

    def check(self, raw: bytes, batch: Batch, digest: bytes, sender: int) -> None:
        """Then the replica's ``on_batch_checked(digest, fault)``; ``fault`` is None or a code."""


class CannotExecute(Exception):
    """The next block must not be carried out here; ``code`` is stable, ``reason`` for people."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


class Execution(Protocol):
    """Executes final blocks, one at a time and without gaps."""

    def execute(
        self, header: Header, digest: bytes, batches: tuple[tuple[int, Batch], ...]
    ) -> None:
        """Execute the (lane, batch)es in this order; then the replica's ``on_executed``, or
        ``on_unexecutable`` if this release must not carry the block out."""

    def certify(self, certificate: StateCertificate) -> None:
        """A height's certificate is complete; it may be ahead of what was executed here."""


class History(Protocol):
    """What the executor's store holds of the past."""

    def head(self) -> Anchor:
        """The newest executed block, as its state was committed; once it has ended an epoch and
        every height of that is certified, as the next epoch's members see it ([EPOCH-5])."""

    def uncertified(self) -> list[Executed]:
        """Executed heights without a state certificate, ascending."""

    @property
    def durable_height(self) -> int:
        """The highest height whose state commit is synced: the journal forgets below it."""

    def chain_from(
        self, height: int, limit: int
    ) -> tuple[tuple[Header, ...], tuple[StateCertificate, ...]] | None:
        """At most ``limit`` consecutive blocks of one epoch from ``height`` on, each with its
        certificate; None if that height has none. A caller that gets fewer asks again."""

    @property
    def oldest(self) -> int:
        """The lowest height of which everything is kept; 0 where nothing was let go of."""

    def certificate_of(self, height: int) -> StateCertificate | None:
        """The certificate of an executed height, if it is here."""

    def batch(self, digest: bytes) -> bytes | None:
        """The canonical bytes of an executed batch."""


class Misbehaviour(NamedTuple):
    """A peer broke the rules of the wire; ``code`` is stable. Transport disconnects it."""

    peer: int
    code: str


class Watcher(Protocol):
    """Told what people should know; called from within a turn, so it must not call back."""

    def entered(self, members: ValidatorSet, me: int | None) -> None:
        """The node stands in an epoch with these members: at start, and whenever one ended.
        Connections of the one before mean nothing any more: handles are member indices."""

    def orphaned(self, transactions: tuple[bytes, ...]) -> None:
        """The last epoch did not order these, which were sealed here: seal them again."""

    def misbehaved(self, blame: Misbehaviour) -> None:
        """Disconnect the peer, with the reason."""

    def accused(self, evidence: Evidence) -> None:
        """A member broke a rule, provably: show it."""

    def halted(self, reason: str) -> None:
        """This replica signs nothing more until a human has looked; it still follows."""

    def history_missing(self, height: int | None) -> None:
        """All who are connected say that they let go of this height, without which nothing goes
        on; None: that is over."""


class World(NamedTuple):
    """Everything a replica reaches."""

    disk: Disk
    network: Network
    clock: Clock
    timers: Timers
    signing: Signing
    checker: BatchChecker
    execution: Execution
    history: History
    watcher: Watcher


def contradiction(found: Halt) -> str:
    """What a node says that found another outcome than f+1 others ([CERT-5])."""
    mine, theirs = found.mine, found.theirs
    return (
        f"height {found.height}: I found state root {mine.state_root.hex()} and receipts root "
        f"{mine.receipts_root.hex()}, others agree on {theirs.state_root.hex()} and "
        f"{theirs.receipts_root.hex()}"
    )
