"""Seals two batches for one place of its lane, and shows one to some, the other to the rest.

The twin holds the same transactions twice over. Both are sound, and either may be ordered; whoever
sees both has evidence ([LANE-4], [LANE-5]).
"""

from __future__ import annotations

from random import Random

from consensus.messages import BatchSent, decode_message
from primitives.batch import (
    MAX_TRANSACTIONS,
    Batch,
    Tip,
    batch_digest,
    batch_message,
    decode_batch,
    header_after,
)
from primitives.encoding import encode
from tests.simulation.adversaries.tampering import intercept, seated_key
from tests.simulation.process import Process


class Forker:
    """Replaces some of the batches that its process sends."""

    def __init__(self, rng: Random, member: int) -> None:
        self._rng = rng
        self._twins: dict[bytes, bytes | None] = {}
        self.acted = 0

    def passes(self, sender: int, receiver: int, frame: bytes) -> bool:
        return True

    def corrupt(self, process: Process) -> None:
        """Stand between the replica and the wire."""

        def spoilt(peer: int, frame: bytes) -> bytes:
            message = decode_message(frame)
            if isinstance(message, BatchSent) and peer % 2:
                twin = self._twin(process, message.batch)
                if twin is not None:
                    self.acted += 1
                    return encode(BatchSent(twin))
            return frame

        intercept(process, spoilt)

    def _twin(self, process: Process, raw: bytes) -> bytes | None:
        if raw not in self._twins:
            wants = not self.acted or self._rng.random() < 0.5
            self._twins[raw] = self._made(process, raw) if wants else None
        return self._twins[raw]

    def _made(self, process: Process, raw: bytes) -> bytes | None:
        batch, replica, signer = decode_batch(raw), process.replica, seated_key(process)
        header, me = batch.header, replica.me
        if signer is None or (header.epoch, header.author) != (replica.members.epoch, me):
            return None
        if header.count * 2 > MAX_TRANSACTIONS:
            return None
        parent = Tip(header.seq - 1, header.previous, header.cumulative - header.weight)
        twice = (*batch.transactions, *batch.transactions)
        made = header_after(parent, header.epoch, header.author, twice, header.weight * 2)
        digest = batch_digest(process.setting.chain, made)
        return encode(Batch(made, twice, signer.sign(batch_message(digest))))
