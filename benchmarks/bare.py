"""What the work that nothing can spare costs on this machine, each piece alone.

Processor time on one core, the least of several rounds: what else runs on the machine only adds.
Knows the pieces; not how many of them a transfer needs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from time import process_time_ns
from typing import Final

import msgspec
import plyvel

from benchmarks import founders
from benchmarks.machine import syncs_per_second
from benchmarks.population import Terms, transfer
from primitives.genesis import chain_id
from primitives.keys import ED25519, Check
from primitives.transaction import SignedTransaction, decode_signed, signatures
from shell.scheme import SCHEME

ROUNDS: Final = 7
TIMES: Final = 400
BATCH: Final = 200
"""Signatures that a verifier gets at once in a busy network."""
HASHED: Final = bytes(72)
"""What a node of the tree of state hashes: a domain and two digests, or a key and a value."""
KEY, VALUE = bytes(33), bytes(48)


class Pieces(msgspec.Struct, frozen=True):
    """Microseconds each. ``batched_check_us`` is a signature's part of a batch, where native code
    checks those; a sync is of 4 KiB, and its time is not the processor's."""

    check_us: float
    batched_check_us: float
    sha256_us: float
    encode_us: float
    decode_us: float
    read_us: float
    write_us: float
    sync_us: float


def pieces() -> Pieces:
    """Measure them, in about two seconds."""
    genesis = founders.genesis()
    chain = chain_id(genesis)
    terms = Terms(chain, BATCH + 1, founders.START_MS)
    raws = [transfer(terms, number) for number in range(BATCH)]
    decoded = [decode_signed(raw, chain) for raw in raws]
    checks: list[Check] = [check for each in decoded for check in signatures(each)]
    one, value = checks[0], decoded[0].signed
    encoder = msgspec.msgpack.Encoder()
    decoder = msgspec.msgpack.Decoder(SignedTransaction)
    read_us, write_us, sync_us = _disk()
    return Pieces(
        check_us=_least(lambda: ED25519.verify(*one)),
        batched_check_us=_least(lambda: SCHEME.verify_many(checks), 2) / BATCH,
        sha256_us=_least(lambda: sha256(HASHED).digest()),
        encode_us=_least(lambda: encoder.encode(value)),
        decode_us=_least(lambda: decoder.decode(raws[0])),
        read_us=read_us,
        write_us=write_us,
        sync_us=sync_us,
    )


def _disk() -> tuple[float, float, float]:
    """A read and a write of the store, and a sync."""
    with tempfile.TemporaryDirectory(prefix="liqbon-bare-") as directory:
        database = plyvel.DB(str(Path(directory) / "store"), create_if_missing=True)
        keys = [number.to_bytes(4, "big") + KEY for number in range(TIMES)]

        def write() -> None:
            with database.write_batch() as batch:
                for key in keys:
                    batch.put(key, VALUE)

        try:
            write_us = _least(write, 2) / TIMES
            read_us = _least(lambda: database.get(keys[7]))
        finally:
            database.close()
        return read_us, write_us, 1e6 / syncs_per_second(Path(directory), 0.5)


def _least(work: Callable[[], object], times: int = TIMES) -> float:
    """Microseconds of processor time, in the best round."""
    best_ns = min(_round(work, times) for _ in range(ROUNDS))
    return best_ns / times / 1000


def _round(work: Callable[[], object], times: int) -> int:
    begun = process_time_ns()
    for _ in range(times):
        work()
    return process_time_ns() - begun
