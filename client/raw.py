"""A whole block in canonical bytes, for those who replay. Knows its form; checks no signature.

What ``/v1/blocks/{height}`` answers to ``Accept: application/msgpack``. Nothing in it has to be
believed: the header's digest and both roots stand in the certificate, each batch is what its digest
in ``order`` says, ``order`` is what the cut means, and the receipts are the leaves of their root.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from primitives.batch import MAX_BATCH
from primitives.block import Header
from primitives.certificate import StateCertificate
from primitives.encoding import MAX_DOCUMENT, Digest, Index, Wire, decode
from primitives.receipt import Receipt

MAX_RAW_BLOCK: Final = MAX_DOCUMENT


class RawOrdered(Wire):
    """A batch that the block orders."""

    lane: Index
    digest: Digest


class RawBlock(Wire):
    """``batches`` are canonical batches, one for each of ``order``, or none if they were not asked
    for; ``certificate`` is nil while the height has none here."""

    header: Header
    order: tuple[RawOrdered, ...]
    batches: tuple[Annotated[bytes, msgspec.Meta(max_length=MAX_BATCH)], ...]
    receipts: tuple[Receipt, ...]
    certificate: StateCertificate | None


def decode_raw_block(data: bytes) -> RawBlock:
    """The block in ``data``. Raises ``Malformed``."""
    return decode(RawBlock, data, MAX_RAW_BLOCK)
