"""Copies customers' payments out of rivals' lanes, and out of its own, into its own ([TX-8]).

At once, so that both copies may stand in one block; and again much later. It hopes that one of
them is carried out twice, or leaves a refusal in place of the payment.
"""

from __future__ import annotations

from random import Random

from consensus.messages import BatchSent, decode_message
from primitives.batch import decode_batch
from primitives.transaction import Decoded, decode_signed
from tests.simulation.process import Process

MOST_COPIES = 80
"""So that the network can come to rest."""


class Replayer:
    """A member whose lane holds other people's transactions."""

    def __init__(self, rng: Random, member: int) -> None:
        self._rng = rng
        self._member = member
        self._process: Process | None = None
        self._heard: list[Decoded] = []
        self._ids: set[bytes] = set()
        self.acted = 0

    def passes(self, sender: int, receiver: int, frame: bytes) -> bool:
        if receiver == self._member and self._process is not None:
            message = decode_message(frame)
            if isinstance(message, BatchSent):
                chain = self._process.setting.chain
                for raw in decode_batch(message.batch).transactions:
                    self._overhear(decode_signed(raw, chain))
        return True

    def corrupt(self, process: Process) -> None:
        """Listen, and repeat what was heard."""
        self._process = process
        honest = process.submit

        def submit(transaction: Decoded) -> None:
            honest(transaction)
            self._overhear(transaction)

        process.submit = submit  # type: ignore[method-assign]
        process.later((300, 900), self._from_memory)

    def _overhear(self, transaction: Decoded) -> None:
        if transaction.id in self._ids:
            return
        self._ids.add(transaction.id)
        self._heard.append(transaction)
        self._repeat(transaction, (0, 30))

    def _from_memory(self) -> None:
        process = self._process
        if process is None:
            return
        if self._heard:
            self._repeat(self._rng.choice(self._heard), (0, 5))
        if self.acted < MOST_COPIES:
            process.later((20, 200), self._from_memory)

    def _repeat(self, transaction: Decoded, delay: tuple[int, int]) -> None:
        process = self._process
        if process is None or not process.alive or self.acted >= MOST_COPIES:
            return
        self.acted += 1
        process.later(delay, lambda: Process.submit(process, transaction))
