"""Comes back with an old copy of its whole disk, and signs once more what it signed before.

An operator who restores a virtual machine from a snapshot does this in good faith: journal, guard
and store agree with each other, and know nothing of what was said since. Honest software finds out
from what its peers show it, and signs no more ([DUR-4]); in half of the runs this one never looks.
"""

from __future__ import annotations

from copy import deepcopy
from random import Random
from typing import Any

from tests.simulation.machine import Machine
from tests.simulation.process import Process


class Stale:
    """Takes a copy of its machine once, and finds that copy after each loss of power."""

    def __init__(self, rng: Random, member: int) -> None:
        self._rng = rng
        self._machine: Machine | None = None
        self._copy: Any = None
        self._looks = rng.random() < 0.5
        self.acted = 0

    def passes(self, sender: int, receiver: int, frame: bytes) -> bool:
        return True

    def corrupt(self, process: Process) -> None:
        if not self._looks:
            process.replica._terms.twins.twin = lambda me, effect: None  # type: ignore[method-assign]
        if self._machine is None:
            self._machine = process.machine
            self._machine.loop.after(self._rng.randint(300, 1_400), self._back_up)

    def _back_up(self) -> None:
        machine = self._machine
        assert machine is not None
        self._copy = machine.disk.copy(), deepcopy(machine.store)
        fall = machine.crash

        def fall_back() -> None:
            fall()
            files, store = self._copy
            machine.disk.put_back(files)
            machine.store = deepcopy(store)
            self.acted += 1

        machine.crash = fall_back  # type: ignore[method-assign]
