"""[BLOCK-4] No final block is dated further ahead than a voter's clock allows."""

from __future__ import annotations

from primitives.block import Header
from tests.simulation.machine import START_MS
from tests.simulation.process import Setting
from tests.simulation.verdict import Diverged

FASTEST_MS = 200
"""No clock of a plan is faster than that."""


def check_time(setting: Setting, header: Header, now_ms: int) -> None:
    """A block that is final was voted for by somebody honest, by ``now_ms`` after the start."""
    allowed = FASTEST_MS + setting.genesis.parameters.clock_drift_ms
    ahead = header.time - START_MS - now_ms
    if ahead > allowed:
        raise Diverged(f"height {header.height} is dated {ahead} ms ahead, {allowed} are allowed")
