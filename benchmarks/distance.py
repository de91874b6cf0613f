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
    """Finality at one distance, under a light load, and of transfers that come alone.

    ``ordering_ms`` is the part that comes after the leader's proposal; before it a transfer waits
    for its batch to reach a leader, and for that leader's turn. What ends in ``delays`` is a median
    over the one-way delay, 0 of nothing. ``lone_heights`` is by how many heights the chain grew for
    each lone transfer: one, if it rests in between.
    """

    one_way_ms: int
    offered_per_second: float
    finality_ms: Percentiles | None
    delays: float
    ordering_ms: Percentiles | None
    ordering_delays: float
    lone_ms: Percentiles | None
    lone_delays: float
    lone_ordering_delays: float
    lone_heights: float
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
    """The rows as people read them: medians, and in brackets how many one-way delays they are."""
    lines = ["one way       light load      ordering    lone transfer  ordering  heights  at most"]
    for row in rows:
        cells = [
            f"{_p50(row.finality_ms)} ({row.delays:.1f})",
            f"{_p50(row.ordering_ms)} ({row.ordering_delays:.1f})",
            f"{_p50(row.lone_ms)} ({row.lone_delays:.1f})",
            f"({row.lone_ordering_delays:.1f})",
            f"{row.lone_heights:.1f}",
        ]
        widths = (15, 14, 17, 10, 9)
        padded = "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        verdict = "met" if row.is_met else "MISSED"
        lines.append(f"{row.one_way_ms:4} ms{padded}  {row.target_ms:4} ms {verdict}")
    return "\n".join(lines)


def _p50(spread: Percentiles | None) -> str:
    return "-" if spread is None else f"{spread.p50:.0f} ms"
