"""A validator in a world that stands still: all is answered at once, nothing comes by itself.

The real replica, journal and executor over seams that only count: no loop, no socket, no disk, no
clock of their own. What it hears is a recording (``benchmarks.recording``), so the same code does
the same, to the last call, on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Final

from benchmarks import founders
from benchmarks.recording import MEASURED, PEERS, Block, Said
from consensus.inputs import Executed
from node.executor import Executor
from node.journal import Journal
from node.replica import Replica
from node.signer import LocalSigner
from node.terms import makers
from node.world import Misbehaviour, World
from primitives.batch import Batch
from primitives.block import Header
from primitives.certificate import StateCertificate
from primitives.evidence import Evidence
from primitives.genesis import Genesis, chain_id
from primitives.keys import ED25519, Check, PublicKey, Signature
from primitives.validators import ValidatorSet

Count = Callable[[str, int], None]
"""Is told that an operation was made so many times."""
FIRST: Final = 1


class StillWorld:
    """All seams of a replica but its signer and its executor."""

    def __init__(self, executor: Executor, count: Count) -> None:
        self.now = executor.head_record.header.time
        self._executor = executor
        self._count = count
        self._segments: dict[int, bytearray] = {}
        self._replica: Replica | None = None

    def bind(self, replica: Replica) -> None:
        """Name who is answered."""
        self._replica = replica

    @property
    def _asker(self) -> Replica:
        assert self._replica is not None, "bind first"
        return self._replica

    # --- a disk ----------------------------------------------------------------------------------

    def append(self, data: bytes) -> None:
        """Into the newest segment."""
        self._count("bytes_journaled", len(data))
        self._segments[max(self._segments)] += data

    def sync(self, token: int) -> None:
        """Done."""
        self._count("syncs", 1)
        self._asker.on_synced(token)

    def segments(self) -> Sequence[int]:
        """Their numbers."""
        return sorted(self._segments)

    def read(self, segment: int) -> bytes:
        """All of one."""
        return bytes(self._segments[segment])

    def read_at(self, segment: int, offset: int, size: int) -> bytes:
        """A part of one."""
        return bytes(self._segments[segment][offset : offset + size])

    def truncate(self, segment: int, size: int) -> None:
        """Cut one."""
        del self._segments[segment][size:]

    def rotate(self) -> int:
        """Begin another."""
        number = max(self._segments, default=FIRST - 1) + 1
        self._segments[number] = bytearray()
        return number

    def drop(self, segment: int) -> None:
        """Forget one."""
        del self._segments[segment]

    # --- a network, a clock, timers --------------------------------------------------------------

    def send(self, peer: int, frame: bytes) -> None:  # noqa: ARG002 - a seam
        """Nobody hears it."""
        self._count("frames_sent", 1)
        self._count("bytes_sent", len(frame))

    def now_ms(self) -> int:
        """Whatever it was set to."""
        return self.now

    def wake_at(self, at_ms: int | None) -> None:
        """Never."""

    # --- whoever checks, and carries out ---------------------------------------------------------

    def check(self, raw: bytes, batch: Batch, digest: bytes, sender: int) -> None:  # noqa: ARG002 - a seam
        """Sound: transactions' signatures are counted elsewhere."""
        self._asker.on_batch_checked(digest, None)

    def execute(
        self, header: Header, digest: bytes, batches: tuple[tuple[int, Batch], ...]
    ) -> None:
        """All of it."""
        self._asker.on_executed(_finished(self._executor.execute(header, digest, batches)))

    def certify(self, certificate: StateCertificate) -> None:
        """Into the store."""
        self._executor.certify(certificate)

    # --- a watcher -------------------------------------------------------------------------------

    def entered(self, members: ValidatorSet, me: int | None) -> None:
        """There is one epoch."""

    def orphaned(self, transactions: tuple[bytes, ...]) -> None:
        """Nothing is sealed here."""

    def misbehaved(self, blame: Misbehaviour) -> None:
        """The recording is sound."""
        raise AssertionError(blame.code)

    def accused(self, evidence: Evidence) -> None:
        """Nobody in the recording lies."""
        raise AssertionError(evidence.offence.name)

    def halted(self, reason: str) -> None:
        """Nothing in it contradicts the state."""
        raise AssertionError(reason)

    def history_missing(self, height: int | None) -> None:
        """Its peers have all of it."""
        assert height is None, height


class CountingScheme:
    """Ed25519, counted."""

    def __init__(self, count: Count) -> None:
        self._count = count

    def verify(self, public_key: PublicKey, message: bytes, signature: Signature) -> bool:
        """One check."""
        self._count("checks", 1)
        return ED25519.verify(public_key, message, signature)

    def verify_many(self, items: Sequence[Check]) -> list[bool]:
        """As many checks."""
        self._count("checks", len(items))
        return ED25519.verify_many(items)


class Still:
    """The measured validator, connected to its three peers."""

    def __init__(self, genesis: Genesis, executor: Executor, count: Count) -> None:
        chain = chain_id(genesis)
        signing = LocalSigner(chain, [founders.validator(MEASURED).key])
        world = self._world = StillWorld(executor, count)
        seams = World(world, world, world, world, signing, world, world, executor, world)
        scheme = CountingScheme(count)
        self._replica = Replica(makers(genesis, scheme), seams, Journal(world, chain))
        world.bind(self._replica)
        signing.bind(self._replica)
        self._replica.start()
        for peer in PEERS:
            self._replica.on_connected(peer)

    def hear(self, block: Block) -> None:
        """All that is said of a block, at the time of the block."""
        self._world.now = block.time
        rounds = (block.ahead, block.skipping, block.proposal)
        for words in (*rounds, block.notarizing, block.finalizing, block.attesting):
            self._hear(words)

    def _hear(self, words: Sequence[Said]) -> None:
        for said in words:
            self._replica.on_frame(said.author, said.frame)


def _finished(slices: Generator[None, None, Executed]) -> Executed:
    while True:
        try:
            next(slices)
        except StopIteration as end:
            executed: Executed = end.value
            return executed
