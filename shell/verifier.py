"""The process that checks signatures: ``python -m shell.verifier CHAIN_ID``.

Knows transactions and batches of one chain; no state, no key, no network. It reads jobs from
standard input, one at a time, answers each on standard output, and ends when its input does, so
that it never outlives the node that started it. Frames are a length (4 bytes, big-endian) and the
canonical bytes of a ``Job`` or a ``Verdict``.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Annotated, BinaryIO, Final

import msgspec

from primitives.batch import MAX_BATCH, reread_batch
from primitives.encoding import Count, Malformed, Wire, decode, encode
from primitives.evidence import batch_fault
from primitives.keys import Check, SignatureScheme
from primitives.transaction import decode_signed, signatures
from shell.scheme import SCHEME

LENGTH_SIZE: Final = 4
MAX_FRAME: Final = 4 * 1024 * 1024
"""Bytes: a thousand ordinary transactions, or a batch, with room to spare."""
INVALID: Final = "signature_invalid"
READY: Final = b"liqbon verifier 1"
"""The first frame of a worker, once it has imported what it needs."""


class CheckTransactions(Wire, tag=1):
    """Judge each of these signed transactions."""

    number: Count
    raws: tuple[bytes, ...]


class CheckBatch(Wire, tag=2):
    """Find what is wrong with the transactions of a batch that ``decode_batch`` took."""

    number: Count
    raw: Annotated[bytes, msgspec.Meta(max_length=MAX_BATCH)]


Job = CheckTransactions | CheckBatch


class Verdict(Wire):
    """For each item of the job: nil if it is sound, or the stable code of what is wrong."""

    number: Count
    codes: tuple[str | None, ...]


def judge(job: Job, chain: bytes, scheme: SignatureScheme) -> Verdict:
    """The verdict on a job; a pure function of its bytes."""
    match job:
        case CheckTransactions():
            return Verdict(job.number, tuple(transaction_faults(job.raws, chain, scheme)))
        case CheckBatch():
            try:
                fault = batch_fault(chain, scheme, reread_batch(job.raw))
            except Malformed as error:
                fault = error.code
            return Verdict(job.number, (fault,))


def transaction_faults(
    raws: tuple[bytes, ...], chain: bytes, scheme: SignatureScheme
) -> list[str | None]:
    """One code, or None, a transaction ([TX-1]..[TX-6], [CRYPTO-1])."""
    codes: list[str | None] = [None] * len(raws)
    checks: list[Check] = []
    owners: list[int] = []
    for place, raw in enumerate(raws):
        try:
            wanted = signatures(decode_signed(raw, chain))
        except Malformed as error:
            codes[place] = error.code
            continue
        checks.extend(wanted)
        owners.extend([place] * len(wanted))
    for place, valid in zip(owners, scheme.verify_many(checks), strict=True):
        if not valid:
            codes[place] = INVALID
    return codes


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next frame; None at the end of the input."""
    head = stream.read(LENGTH_SIZE)
    if len(head) < LENGTH_SIZE:
        return None
    size = int.from_bytes(head, "big")
    if size > MAX_FRAME:
        raise Malformed("oversized", f"a frame of {size} bytes")
    body = stream.read(size)
    return body if len(body) == size else None


def framed(body: bytes) -> bytes:
    """A frame as it travels."""
    return len(body).to_bytes(LENGTH_SIZE, "big") + body


def serve(chain: bytes, source: BinaryIO, sink: BinaryIO) -> None:
    """Answer jobs until the input ends."""
    sink.write(framed(READY))
    sink.flush()
    while (body := read_frame(source)) is not None:
        job: Job = decode(Job, body, MAX_FRAME)  # type: ignore[arg-type]
        sink.write(framed(encode(judge(job, chain, SCHEME))))
        sink.flush()


def main() -> None:
    """Serve the chain named by the only argument, 32 bytes in hex."""
    # Ctrl-C reaches the whole process group; the node decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        serve(bytes.fromhex(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer)
    except BrokenPipeError:
        # The node died while we worked: nobody is left to answer, and nothing to flush to.
        os._exit(0)


if __name__ == "__main__":
    main()
