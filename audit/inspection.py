"""Everything about one block that needs no other block. Knows bytes and members; carries out none.

Pure, so that worker processes do it side by side: what is left for the one process that executes
is the order of blocks and what they do. Each check takes its ground from those before it: first a
quorum signed the certificate, so the block's digest and the receipts root are theirs; so the cut
is, and by its digests every batch; so what is wrong inside of a batch is theirs as well.
"""

from __future__ import annotations

from typing import Final

import msgspec

from audit.violations import About, Violation
from client.raw import MAX_RAW_BLOCK, RawBlock, RawOrdered
from primitives.batch import Batch, batch_digest, batch_message, decode_batch
from primitives.block import VERSION, block_digest
from primitives.certificate import StateCertificate, check_certificate
from primitives.encoding import Malformed, Wire, decode, encode
from primitives.keys import Check
from primitives.merkle import list_root
from primitives.transaction import decode_signed, signatures
from primitives.validators import ValidatorSet
from shell.scheme import SCHEME

ID_SIZE: Final = 32


class Inspected(Wire):
    """A block whose bytes are sound and attested.

    ``ids`` are those of all transactions in order, 32 bytes each: costly to find out a second time.
    """

    digest: bytes
    ids: bytes


class Subject(msgspec.Struct, frozen=True):
    """What is inspected, and against whom: the members of the block's epoch."""

    chain: bytes
    members: ValidatorSet
    height: int


def inspect(subject: Subject, raw: bytes) -> Inspected:
    """Judge the canonical bytes of a block. Raises ``Violation``."""
    height = subject.height
    try:
        block = decode(RawBlock, raw, MAX_RAW_BLOCK)
    except Malformed as error:
        raise Violation("block_malformed", height, str(error)) from None
    if block.header.version != VERSION:
        raise Violation("block_malformed", height, f"version {block.header.version} of a header")
    digest = block_digest(subject.chain, block.header)
    _check_attested(subject, block, digest)
    ids: list[bytes] = []
    _check_count(subject, block)
    for ordered, raw_batch in zip(block.order, block.batches, strict=True):
        batch = _genuine(subject, ordered, raw_batch)
        _check_sound(subject, batch, ids)
    return Inspected(digest, b"".join(ids))


def _check_attested(subject: Subject, block: RawBlock, digest: bytes) -> None:
    """A quorum says: this block, with these receipts ([CERT-1], [BLOCK-5], [RCPT-4])."""
    height, certificate = subject.height, block.certificate
    if certificate is None:
        raise Violation("certificate_withheld", height, "the block comes without one")
    try:
        check_certificate(subject.chain, subject.members, SCHEME, certificate)
    except Malformed as error:
        raise Violation("certificate_forged", height, str(error)) from None
    _check_subject(height, block, digest, certificate)
    root = list_root([encode(receipt) for receipt in block.receipts])
    attested = certificate.attestation.receipts_root
    if root != attested:
        detail = f"they have the root {root.hex()}, attested is {attested.hex()}"
        raise Violation("receipts_forged", height, detail)


def _check_subject(
    height: int, block: RawBlock, digest: bytes, certificate: StateCertificate
) -> None:
    """The certificate is of the height that was asked for, and of this very block."""
    header, said = block.header, certificate.attestation
    shown = (header.height, header.epoch, digest.hex(), header.time)
    attested = (said.height, said.epoch, said.block.hex(), said.time)
    if shown != attested or header.height != height:
        names = "(height, epoch, digest, time)"
        raise Violation(
            "block_forged", height, f"{names} {shown!r} is shown and {attested!r} attested"
        )


def _check_count(subject: Subject, block: RawBlock) -> None:
    """Each batch that is named is there. Whether those that are named are all, the cut says."""
    named, given = len(block.order), len(block.batches)
    if given < named:
        raise Violation(
            "batch_withheld", subject.height, f"{given} batches are handed out of {named}"
        )
    if given > named:
        raise Violation("order_forged", subject.height, f"{given} batches, {named} are named")


def _genuine(subject: Subject, ordered: RawOrdered, raw: bytes) -> Batch:
    """The batch behind a digest, signed by the lane's author ([LANE-1])."""
    height = subject.height
    try:
        batch = decode_batch(raw)
    except Malformed as error:
        raise Violation("batch_forged", height, f"lane {ordered.lane}: {error}") from None
    digest = batch_digest(subject.chain, batch.header)
    if digest != ordered.digest:
        detail = f"lane {ordered.lane}: {digest.hex()} for {ordered.digest.hex()}"
        raise Violation("batch_forged", height, detail)
    if (batch.header.author, batch.header.epoch) != (ordered.lane, subject.members.epoch):
        detail = f"a batch of member {batch.header.author}, epoch {batch.header.epoch}"
        raise Violation("order_forged", height, f"{detail} for lane {ordered.lane}")
    if ordered.lane >= subject.members.size:
        raise Violation("order_forged", height, f"lane {ordered.lane} of {subject.members.size}")
    key = subject.members.key(ordered.lane)
    if not SCHEME.verify(key, batch_message(digest), batch.signature):
        detail = f"lane {ordered.lane}, seq {batch.header.seq}: not signed by its author"
        raise Violation("batch_forged", height, detail)
    return batch


def _check_sound(subject: Subject, batch: Batch, ids: list[bytes]) -> None:
    """Every form and every signature ([LANE-2]); the ids go to the list."""
    where = f"lane {batch.header.author}, seq {batch.header.seq}"
    checks: list[Check] = []
    owners: list[int] = []
    first, weight = len(ids), 0
    for place, raw in enumerate(batch.transactions):
        try:
            decoded = decode_signed(raw, subject.chain)
        except Malformed as error:
            detail = f"{where}, place {place}: {error}"
            raise Violation("batch_unsound", subject.height, detail) from None
        ids.append(decoded.id)
        weight += decoded.weight
        wanted = signatures(decoded)
        checks += wanted
        owners += [place] * len(wanted)
    valid = SCHEME.verify_many(checks)
    if not all(valid):
        place = owners[valid.index(False)]
        detail = f"{where}, place {place}: signature_invalid"
        raise Violation("batch_unsound", subject.height, detail, About(ids[first + place]))
    if weight != batch.header.weight:
        detail = f"{where}: batch_weight: {batch.header.weight} declared, it is {weight}"
        raise Violation("batch_unsound", subject.height, detail)
