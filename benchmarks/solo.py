"""A long chain made in one process: signed, sealed, carried out, certified and kept on disk.

The founders of ``benchmarks.founders`` without a network between them: all their keys are here, so
that nobody has to be waited for. What lies on disk afterwards is what a node would have written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks import founders
from benchmarks.funding import Till, funding
from benchmarks.population import Terms, Workshop
from node.executor import Executor
from node.store import LevelStore
from primitives.batch import Batch, Tip, batch_digest, batch_message, header_after, tip_of
from primitives.block import VERSION, Header, block_digest, order_of
from primitives.certificate import MemberSignature, StateCertificate
from primitives.genesis import Genesis, validators_of
from primitives.transaction import decode_signed
from primitives.vote import PROTOCOL_VERSION, Attestation, attest_message

TRANSFERS_PER_BLOCK: Final = 400
"""As many as four validators put into a block when they work as fast as they can."""
BLOCK_MS: Final = 190
VALID_MS: Final = 6 * 24 * founders.HOUR_MS
CHUNK: Final = 40_000
"""Transfers that are held in memory at once."""
FLUSH_HEIGHTS: Final = 64


class Made(NamedTuple):
    """A block as it was made: its batches by lane, and what a quorum attests of it."""

    header: Header
    digest: bytes
    batches: dict[int, Batch]
    attestation: Attestation


class Solo:
    """A chain that grows in ``directory``. ``absent`` leads no view: its turns are skipped."""

    def __init__(
        self,
        directory: Path,
        senders: int,
        genesis: Genesis | None = None,
        absent: int | None = None,
    ) -> None:
        self.genesis = genesis or founders.genesis()
        self._absent = absent
        self.store = LevelStore.open(directory)
        self.executor = Executor.open(self.store, self.genesis)
        self.members = validators_of(self.genesis)
        self.terms = Terms(self.executor.chain, senders, self.genesis.time + VALID_MS)
        self._signers = [founders.validator(place).key for place in range(self.members.size)]

    def fund(self) -> list[Made]:
        """Every sender gets its share: the blocks in which that happens."""
        [first, *_] = self.genesis.partners
        till = Till(first, founders.issuer(0))
        money = funding(self.terms, till, range(self.terms.senders))
        return [self.block([transaction]) for transaction in money]

    def transfers(self, workshop: Workshop, count: int, told: Callable[[int], None]) -> None:
        """``count`` transfers, in blocks of the four lanes."""
        for first in range(0, count, CHUNK):
            raws = workshop.transfers(self.terms, first, min(CHUNK, count - first))
            for slice_ in _slices(raws, TRANSFERS_PER_BLOCK):
                self.block(*_slices(slice_, -(-len(slice_) // self.members.size)))
            told(first + len(raws))

    def block(self, *lanes: Sequence[bytes]) -> Made:
        """The next block: one batch of each lane that is given something."""
        head = self.executor.head_record
        tips = list(head.header.cut)
        batches = {
            lane: self._batch(lane, raws, tips[lane]) for lane, raws in enumerate(lanes) if raws
        }
        new: list[list[bytes]] = [[] for _ in tips]
        for lane, batch in batches.items():
            digest = batch_digest(self.executor.chain, batch.header)
            tips[lane] = tip_of(digest, batch.header)
            new[lane].append(digest)
        height = head.header.height + 1
        view = head.header.view + 1
        view += self.members.leader(view) == self._absent
        leader = self.members.leader(view)
        time = head.header.time + BLOCK_MS
        header = Header(VERSION, 0, view, height, head.digest, time, leader, tuple(tips))
        digest = block_digest(self.executor.chain, header)
        order = [(each.lane, batches[each.lane]) for each in order_of(height, new)]
        for _ in self.executor.execute(header, digest, order):
            pass
        certificate = self._certificate()
        self.executor.certify(certificate)
        if not height % FLUSH_HEIGHTS:
            self.executor.flush()
        return Made(header, digest, batches, certificate.attestation)

    def close(self) -> None:
        """Make it durable, and leave it to whoever serves it."""
        self.executor.flush()
        self.store.close()

    def _batch(self, lane: int, raws: Sequence[bytes], tip: Tip) -> Batch:
        weight = sum(decode_signed(raw, self.executor.chain).weight for raw in raws)
        header = header_after(tip, 0, lane, tuple(raws), weight)
        message = batch_message(batch_digest(self.executor.chain, header))
        return Batch(header, tuple(raws), self._signers[lane].sign(message))

    def _certificate(self) -> StateCertificate:
        record = self.executor.head_record
        attestation = Attestation(
            chain=self.executor.chain,
            epoch=0,
            height=record.header.height,
            block=record.digest,
            time=record.header.time,
            state_root=record.state_root,
            receipts_root=record.receipts_root,
            validators=self.members.hash,
            next_validators=self.members.hash,
            last=False,
            protocol=PROTOCOL_VERSION,
        )
        message = attest_message(attestation)
        quorum = self._signers[: self.members.quorum]
        signed = (MemberSignature(place, key.sign(message)) for place, key in enumerate(quorum))
        return StateCertificate(attestation, tuple(signed))


def _slices(raws: Sequence[bytes], size: int) -> Iterator[Sequence[bytes]]:
    for first in range(0, len(raws), size):
        yield raws[first : first + size]
