"""Lies to whoever asks: blocks of another past, certificates of other heights, batches of others.

Whoever catches up believes nobody, and finds all of it out ([SYNC-2]); what is forged is blamed on
the liar, what is merely useless is asked for elsewhere.
"""

from __future__ import annotations

from random import Random

from msgspec.structs import replace

from consensus.messages import (
    BatchSent,
    BlockSent,
    Certified,
    ChainSent,
    Message,
    StateCertified,
    Status,
    decode_message,
)
from primitives.encoding import encode
from tests.simulation.adversaries.tampering import intercept
from tests.simulation.process import Process


class Liar:
    """Spoils the answers that its process gives."""

    def __init__(self, rng: Random, member: int) -> None:
        self._rng = rng
        self._often = rng.choice((1, 2, 3))
        self._batches: list[bytes] = []
        self.acted = 0

    def passes(self, sender: int, receiver: int, frame: bytes) -> bool:
        return True

    def corrupt(self, process: Process) -> None:
        """Stand between the replica and the wire."""

        def spoilt(peer: int, frame: bytes) -> bytes:
            lie = None
            if not self._rng.randrange(self._often):
                lie = self._spoilt(decode_message(frame))
            if lie is None:
                return frame
            self.acted += 1
            return encode(lie)

        intercept(process, spoilt)

    def _spoilt(self, message: Message) -> Message | None:
        rng = self._rng
        match message:
            case ChainSent(headers, certificates):
                first = replace(headers[0], time=headers[0].time + 1)
                return rng.choice(
                    (
                        ChainSent((first, *headers[1:]), certificates),
                        ChainSent(headers, certificates[::-1]),
                        ChainSent(headers[-1:], certificates[-1:]),
                    )
                )
            case BlockSent(header):
                return BlockSent(replace(header, height=header.height + 1))
            case StateCertified(certificate):
                attested = replace(certificate.attestation, state_root=rng.randbytes(32))
                return StateCertified(replace(certificate, attestation=attested))
            case Certified(certificate):
                return Certified(replace(certificate, view=certificate.view + 1))
            case Status():
                return replace(message, certified_height=message.certified_height + 10**6)
            case BatchSent(batch):
                self._batches = [*self._batches[-8:], batch]
                return BatchSent(rng.choice(self._batches))
            case _:
                return None
