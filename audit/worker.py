"""The process that inspects blocks: ``python -m audit.worker CHAIN_ID``.

Knows one chain's forms and signatures; no state, no file, no network. It reads jobs from standard
input, one at a time, answers each on standard output, and ends when its input does, so that it
never outlives the audit that started it. Frames are a length (4 bytes, big-endian) and canonical
bytes.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import BinaryIO, Final

import msgspec

from audit.inspection import Inspected, Subject, inspect
from audit.violations import Violation
from client.raw import MAX_RAW_BLOCK
from primitives.encoding import Count, Wire, encode
from primitives.validators import Validator, ValidatorSet

LENGTH_SIZE: Final = 4
MAX_FRAME: Final = MAX_RAW_BLOCK + 1024 * 1024
"""Bytes: a block, and the members against whom it is inspected."""
READY: Final = b"liqbon inspector 1"
"""The first frame of a worker, once it has imported what it needs."""


class Job(Wire):
    """Inspect a block of an epoch with these members."""

    height: Count
    epoch: Count
    members: tuple[Validator, ...]
    raw: bytes


class Objection(Wire):
    """What is wrong with a block: the fields of a ``Violation``."""

    code: str
    detail: str
    transaction: bytes | None


class Verdict(Wire):
    """The outcome of a job."""

    height: Count
    inspected: Inspected | None
    objection: Objection | None


# Both ends of the pipe are ours, so frames are decoded without the check that strangers get.
JOB: Final = msgspec.msgpack.Decoder(Job)
VERDICT: Final = msgspec.msgpack.Decoder(Verdict)


def judge(job: Job, chain: bytes) -> Verdict:
    """The verdict on a block; a pure function of its bytes and the members."""
    subject = Subject(chain, ValidatorSet(job.epoch, job.members), job.height)
    try:
        return Verdict(job.height, inspect(subject, job.raw), None)
    except Violation as found:
        return Verdict(
            job.height, None, Objection(found.code, found.detail[:2_000], found.transaction)
        )


def framed(body: bytes) -> bytes:
    """A frame as it travels."""
    return len(body).to_bytes(LENGTH_SIZE, "big") + body


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next frame; None at the end of the input."""
    head = stream.read(LENGTH_SIZE)
    if len(head) < LENGTH_SIZE:
        return None
    size = int.from_bytes(head, "big")
    body = stream.read(size)
    return body if len(body) == size else None


def serve(chain: bytes, source: BinaryIO, sink: BinaryIO) -> None:
    """Answer jobs until the input ends."""
    sink.write(framed(READY))
    sink.flush()
    while (body := read_frame(source)) is not None:
        sink.write(framed(encode(judge(JOB.decode(body), chain))))
        sink.flush()


def main() -> None:
    """Serve the chain named by the only argument, 32 bytes in hex."""
    # Ctrl-C reaches the whole process group; the audit decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        serve(bytes.fromhex(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer)
    except BrokenPipeError:
        # The audit died while we worked: nobody is left to answer, and nothing to flush to.
        os._exit(0)


if __name__ == "__main__":
    main()
