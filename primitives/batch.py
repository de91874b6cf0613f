"""A lane's unit: transactions that one validator took in. Knows form and chaining; no order.

Transactions are opaque byte strings here, so a batch is relayed, stored and hashed without
decoding them ([LANE-1]).
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from primitives.encoding import (
    Count,
    Digest,
    Index,
    Malformed,
    Positive,
    Signature,
    Wire,
    decode,
    encode,
)
from primitives.hashing import BATCH, BATCH_SIGNATURE, ZERO_DIGEST
from primitives.merkle import list_root
from primitives.transaction import MAX_TRANSACTION

MAX_TRANSACTIONS: Final = 1024
SEAL_BYTES: Final = 256 * 1024
MAX_BATCH: Final = SEAL_BYTES + MAX_TRANSACTION + 16 * 1024
"""Bytes: a batch is sealed at the first transaction that reaches ``SEAL_BYTES``."""


class BatchHeader(Wire):
    """What the author signs. ``seq`` starts at 1 in each epoch; ``previous`` is then 32 zeros.

    ``weight`` is declared by the author and checked by receivers with the signatures;
    ``cumulative`` is the lane's weight up to and including this batch, so that a cut's weight is
    read off its tips.
    """

    epoch: Count
    author: Index
    seq: Positive
    previous: Digest
    count: Annotated[int, msgspec.Meta(ge=1, le=MAX_TRANSACTIONS)]
    weight: Positive
    cumulative: Positive
    root: Digest


class Batch(Wire):
    """A sealed batch with its author's signature."""

    header: BatchHeader
    transactions: Annotated[
        tuple[bytes, ...], msgspec.Meta(min_length=1, max_length=MAX_TRANSACTIONS)
    ]
    signature: Signature


class Tip(Wire):
    """The end of a lane as a cut names it. ``Tip(0, zeros, 0)`` is a lane without batches."""

    seq: Count
    digest: Digest
    cumulative: Count


EMPTY_TIP: Final = Tip(0, ZERO_DIGEST, 0)


def batch_digest(chain: bytes, header: BatchHeader) -> bytes:
    """32 bytes: identifies the batch on this chain."""
    return BATCH.digest(chain, encode(header))


def batch_message(digest: bytes) -> bytes:
    """What the author signs."""
    return BATCH_SIGNATURE.message(digest)


_front = msgspec.msgpack.Decoder(tuple[BatchHeader, msgspec.Raw, msgspec.Raw])


def header_of(raw: bytes) -> BatchHeader:
    """The header of a batch that ``decode_batch`` took once, without a look at the transactions."""
    header: BatchHeader = _front.decode(raw)[0]
    return header


def tip_of(digest: bytes, header: BatchHeader) -> Tip:
    """The lane's tip once this batch is its last."""
    return Tip(header.seq, digest, header.cumulative)


def header_after(
    parent: Tip, epoch: int, author: int, transactions: tuple[bytes, ...], weight: int
) -> BatchHeader:
    """The header of the next batch of a lane whose tip is ``parent``."""
    return BatchHeader(
        epoch=epoch,
        author=author,
        seq=parent.seq + 1,
        previous=parent.digest,
        count=len(transactions),
        weight=weight,
        cumulative=parent.cumulative + weight,
        root=list_root(transactions),
    )


def decode_batch(raw: bytes) -> Batch:
    """The batch in canonical bytes ``raw``, its own figures checked.

    Raises ``Malformed``: encoding codes, ``batch_count``, ``batch_root`` or ``batch_chain``.
    Signatures, weight and the transactions' form are checked with the signatures ([LANE-2]).
    """
    batch = decode(Batch, raw, MAX_BATCH)
    header = batch.header
    if header.count != len(batch.transactions):
        raise Malformed("batch_count", f"{header.count} declared, {len(batch.transactions)} there")
    if (header.seq == 1) != (header.previous == ZERO_DIGEST):
        raise Malformed("batch_chain", "exactly the first batch of a lane has no predecessor")
    if header.cumulative < header.weight or (
        header.seq == 1 and header.cumulative != header.weight
    ):
        raise Malformed("batch_chain", "cumulative weight does not add up")
    if header.root != list_root(batch.transactions):
        raise Malformed("batch_root", "the root is not the transactions'")
    return batch


_whole = msgspec.msgpack.Decoder(Batch)


def reread_batch(raw: bytes) -> Batch:
    """What ``decode_batch`` took once, here or in another process: nothing is checked again.

    Raises ``Malformed`` (``malformed``) for what is no batch at all.
    """
    try:
        return _whole.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("malformed", str(error)) from None
