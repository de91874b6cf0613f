"""The past as the replica, peers and light clients ask for it. Knows the archive alone."""

from __future__ import annotations

from collections.abc import Sequence

from consensus.config import Anchor, Before, handed_over
from consensus.inputs import Executed
from contracts.epochs import Epoch
from node.archive import Archive, BlockRecord
from node.recovery import agrees
from primitives.block import Header
from primitives.certificate import StateCertificate
from primitives.proof import EpochStep


class Chronicle:
    """What was executed, and what proves it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def certificate(self, height: int) -> StateCertificate | None:
        """The certificate of a height, if it is here and attests what was executed here."""
        certificate = self._archive.certificate(height)
        if certificate is None or not agrees(self._archive.block(height), certificate):
            return None
        return certificate

    def bare(self, first: int, last: int) -> list[BlockRecord]:
        """The heights from ``first`` to ``last`` without a certificate, ascending."""
        heights = range(first, last + 1)
        bare = [height for height in heights if self._archive.certificate_bytes(height) is None]
        records = [self._archive.block(height) for height in bare]
        return [record for record in records if record is not None]

    def outcome(self, record: BlockRecord) -> Executed:
        """What came of a height, as the engine of its epoch wants it."""
        header, epoch = record.header, self._epoch(record)
        return Executed(
            height=header.height,
            block=record.digest,
            time=header.time,
            state_root=record.state_root,
            receipts_root=record.receipts_root,
            next_due_ms=record.next_due_ms,
            protocol=record.protocol,
            next_validators=epoch.validators_after(header.height).hash,
            last=epoch.last,
        )

    def epoch_at(self, height: int) -> Epoch:
        """What is decided by now of the epoch of an executed height."""
        record = self._archive.block(height)
        assert record is not None, height
        return self._epoch(record)

    def anchor(self, record: BlockRecord, epoch: Epoch, bare: Sequence[BlockRecord]) -> Anchor:
        """Where the engine of an epoch starts after its newest block, or the last one before it;
        ``bare`` are heights without a certificate."""
        header = record.header
        below = [r for r in bare if r.header.epoch == epoch.number and r.digest != record.digest]
        if header.epoch != epoch.number:
            header = handed_over(header, epoch.number, len(epoch.members))
        return Anchor(
            header=header,
            digest=record.digest,
            certificate=self._archive.certificate(header.height),
            members=epoch.validators,
            next_due_ms=record.next_due_ms,
            last=epoch.last,
            before=self.before(epoch),
            bare=tuple((each.header, each.digest) for each in below),
        )

    def before(self, epoch: Epoch) -> Before | None:
        """How the epoch before ended; None before epoch 0."""
        if not epoch.number:
            return None
        record = self._archive.block(epoch.after)
        assert record is not None, epoch
        return Before(self._epoch(record).validators, record.header.cut, epoch.after)

    def step(self, number: int, height: int) -> EpochStep | None:
        """The proof that leads from an epoch to the next; None while there is none, as of
        ``height``."""
        epoch = self._archive.epoch(number)
        if epoch is None or epoch.last is None or epoch.last > height:
            return None
        certificate = self.certificate(epoch.last)
        return None if certificate is None else EpochStep(certificate, epoch.following)

    def chain(
        self, first: int, last: int
    ) -> tuple[tuple[Header, ...], tuple[StateCertificate, ...]] | None:
        """The blocks of one epoch from height ``first`` on, up to ``last``, each with its
        certificate; they end before the first that has none. None if there is not one."""
        headers: list[Header] = []
        certificates: list[StateCertificate] = []
        for height in range(first, last + 1):
            record, certificate = self._archive.block(height), self._archive.certificate(height)
            if record is None or certificate is None or not agrees(record, certificate):
                break
            if headers and headers[0].epoch != record.header.epoch:
                break
            headers.append(record.header)
            certificates.append(certificate)
        return (tuple(headers), tuple(certificates)) if headers else None

    def _epoch(self, record: BlockRecord) -> Epoch:
        epoch = self._archive.epoch(record.header.epoch)
        assert epoch is not None, record.header
        return epoch
