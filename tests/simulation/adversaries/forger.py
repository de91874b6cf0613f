"""Seals transactions that nobody signed, and hopes that someone orders them ([LANE-2])."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from msgspec.structs import replace

from primitives.amount import MICRO
from primitives.transaction import Decoded
from tests.builders import a_transfer
from tests.simulation.process import Process, Setting


class Forger:
    """Breaks the signature of some transactions that it takes in."""

    def __init__(self, rng: Random, member: int) -> None:
        self._rng = rng
        self._honest_ones = rng.choice((0, 0, 1, 4))
        self.acted = 0

    def passes(self, sender: int, receiver: int, frame: bytes) -> bool:
        return True

    def corrupt(self, process: Process) -> None:
        """Tamper with what clients hand in."""
        honest = process.submit

        def submit(transaction: Decoded) -> None:
            if self._honest_ones:
                self._honest_ones -= 1
            else:
                self.acted += 1
                transaction = self._forged(transaction)
            honest(transaction)

        process.submit = submit  # type: ignore[method-assign]
        process.later((0, 2_000), lambda: self._steal(process, honest))

    def _steal(self, process: Process, honest: Callable[[Decoded], None]) -> None:
        self.acted += 1
        honest(self._forged(self._theft(process.setting)))

    def _theft(self, setting: Setting) -> Decoded:
        """A customer's money for the forger, in the customer's name."""
        keys = setting.keys
        victim, thief = keys.person("customer 0"), keys.person("a thief")
        return a_transfer(victim, (thief, MICRO), chain=setting.chain)

    def _forged(self, transaction: Decoded) -> Decoded:
        signed = transaction.signed
        [signature] = signed.signatures
        wrong = replace(signature, signature=self._rng.randbytes(64))
        return replace(transaction, signed=replace(signed, signatures=(wrong,)))
