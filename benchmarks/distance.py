"""Finality against distance: what was found, what is aimed at, how it reads. Measures nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from benchmarks.verdict import Percentiles

TARGET_DELAYS: Final = 5
"""A batch to its leader, a proposal, two votes, an attestation: as many one-way delays; four where
the leader's own node was asked."""
TARGET_EXTRA_MS: Final = 50


class Behind(msgspec.Struct, frozen=True):
    """Finality at one distance. ``lone_ms`` is of transfers that come when nothing is under way;
    ``delays`` and ``lone_delays`` are the medians over the one-way delay, 0 of nothing."""

    one_way_ms: int
    offered_per_second: float
    finality_ms: Percentiles | None
    delays: float
    lone_ms: Percentiles | None
    lone_delays: float
    target_ms: int
    cpu_share_of_others: float

    @property
    def is_met(self) -> bool:
        """Whether the median under the light load is within the target."""
        return self.finality_ms is not None and self.finality_ms.p50 <= self.target_ms


def target_ms(one_way_ms: int) -> int:
    """The median that is aimed at."""
    return TARGET_DELAYS * one_way_ms + TARGET_EXTRA_MS


def in_delays(finality: Percentiles | None, one_way_ms: int) -> float:
    """The median over the one-way delay."""
    return round(finality.p50 / one_way_ms, 2) if finality is not None and one_way_ms else 0.0


def told(rows: Sequence[Behind]) -> str:
    """The rows as people read them."""
    lines = ["one way      light load  of a delay   lone transfer  of a delay         at most"]
    for row in rows:
        light, lone = (f"{p.p50:.0f} ms" if p else "-" for p in (row.finality_ms, row.lone_ms))
        lines.append(
            f"{row.one_way_ms:4} ms  {light:>13}  {row.delays:10.1f}  {lone:>14}"
            f"  {row.lone_delays:10.1f}  {row.target_ms:4} ms {'met' if row.is_met else 'MISSED'}"
        )
    return "\n".join(lines)
