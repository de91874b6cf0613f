"""Seals two batches for one place of its lane, and shows one to some, the other to the rest.

The twin holds the same transactions twice over. Both are sound, and either may be ordered; whoever
sees both has evidence ([LANE-4], [LANE-5]).
"""

from __future__ import annotations

from collections.abc import Callable
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
        if getattr(process.send, "is_forker", False):
            return  # another epoch of the same life
        honest: Callable[[int, bytes], None] = process.send

        def send(peer: int, frame: bytes) -> None:
            message = decode_message(frame)
            if isinstance(message, BatchSent) and peer % 2:
                twin = self._twin(process, message.batch)
                if twin is not None:
                    self.acted += 1
                    frame = encode(BatchSent(twin))
            honest(peer, frame)

        send.is_forker = True  # type: ignore[attr-defined]
        process.send = send  # type: ignore[method-assign]

    def _twin(self, process: Process, raw: bytes) -> bytes | None:
        if raw not in self._twins:
            wants = not self.acted or self._rng.random() < 0.5
            self._twins[raw] = self._made(process, raw) if wants else None
        return self._twins[raw]

    def _made(self, process: Process, raw: bytes) -> bytes | None:
        batch, setting, replica = decode_batch(raw), process.setting, process.replica
        header, me = batch.header, replica.me
        if me is None or (header.epoch, header.author) != (replica.members.epoch, me):
            return None
        if header.count * 2 > MAX_TRANSACTIONS:
            return None
        key = replica.members.key(me)
        [signer] = [s for s in setting.signers(process.machine.partner) if s.public_key == key]
        parent = Tip(header.seq - 1, header.previous, header.cumulative - header.weight)
        twice = (*batch.transactions, *batch.transactions)
        made = header_after(parent, header.epoch, me, twice, header.weight * 2)
        digest = batch_digest(setting.chain, made)
        return encode(Batch(made, twice, signer.sign(batch_message(digest))))
