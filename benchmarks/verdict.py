"""Was a rate sustained? Counted from each node's own chain afterwards. Pure: no network, no clock.

Sustained means, at every node: of what was offered within the window as much became final within it
(to 1%), and what is offered and not yet final does not grow (by 1% of what the window was offered).
Blocks are steps, so half a second's load is allowed for; after fifty seconds 1% is more than that.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

import msgspec

from benchmarks.load import Offered, Request, Sight, due_by

TOLERANCE: Final = 0.01
STEP_S: Final = 0.5
WATCHED: Final = 0.8
"""The least part of the window between the first and the last look at a node."""


class Percentiles(msgspec.Struct, frozen=True):
    """Milliseconds from the moment a transfer was due to its verified proof of finality."""

    p50: float
    p99: float
    most: float
    samples: int


class Window(msgspec.Struct, frozen=True):
    """What one node's chain says of a stretch of time. ``backlog`` is offered and not final."""

    seconds: float
    offered: int
    final: int
    blocks: int
    backlog_first: float
    backlog_last: float

    def a_second(self, count: int) -> float:
        """How many of ``count`` a second."""
        return round(count / self.seconds, 2) if self.seconds else 0.0

    @property
    def is_sustained(self) -> bool:
        """Whether the node answered and kept up."""
        if not self.seconds:
            return False
        slack = max(TOLERANCE, STEP_S / self.seconds) * self.offered
        grown = self.backlog_last - self.backlog_first
        return abs(self.offered - self.final) <= slack and grown <= slack


SILENT: Final = Window(0.0, 0, 0, 0, 0.0, 0.0)
"""Of a node that did not say where it stood."""


class Step(msgspec.Struct, frozen=True):
    """One rate that was tried, and how it went. ``refused`` are those told to come back later.

    ``cpu_share`` is how much of all cores the nodes and the generator used meanwhile; the rest was
    idle, but for what others on this machine used. ``ordering_ms`` is the part of ``finality_ms``
    that comes after the leader's proposal.
    """

    offered_per_second: float
    duration_s: float
    final_per_second: float
    blocks_per_second: float
    sustained: bool
    refused: dict[str, int]
    unanswered: int
    finality_ms: Percentiles | None
    generator_late_ms: float
    nodes: list[Window]
    cpu_share: float = 0.0
    cpu_share_of_others: float = 0.0
    ordering_ms: Percentiles | None = None


def percentiles(values: Sequence[float]) -> Percentiles | None:
    """The nearest-rank percentiles; None of nothing."""
    if not values:
        return None
    ranked = sorted(values)

    def rank(share: float) -> float:
        return round(ranked[min(len(ranked) - 1, int(share * len(ranked)))], 1)

    return Percentiles(rank(0.50), rank(0.99), round(ranked[-1], 1), len(ranked))


def judge(
    offered: Offered,
    requests: Sequence[Request],
    finals: Sequence[Sequence[int]],
    warm_up_s: float,
) -> Step:
    """The verdict on what was offered after ``warm_up_s``.

    ``finals[node][height]`` is how many transfers of this plan are final up to that height in the
    node's chain; heights from 0 on.
    """
    due = list(due_by(requests))
    windows = [
        _window(due, sights, chain, warm_up_s)
        for sights, chain in zip(offered.sights, finals, strict=True)
    ]
    samples = [sample for sample in offered.samples if sample.due_s >= warm_up_s]
    latencies = [sample.latency_ms for sample in samples if sample.latency_ms is not None]
    return Step(
        offered_per_second=offered.plan.rate,
        duration_s=min(window.seconds for window in windows),
        final_per_second=min(window.a_second(window.final) for window in windows),
        blocks_per_second=min(window.a_second(window.blocks) for window in windows),
        sustained=not offered.refused and all(window.is_sustained for window in windows),
        refused=offered.codes,
        unanswered=len(samples) - len(latencies),
        finality_ms=percentiles(latencies),
        generator_late_ms=round(offered.most_late_ms, 1),
        nodes=windows,
        ordering_ms=percentiles([s.ordering_ms for s in samples if s.ordering_ms is not None]),
    )


def cumulative(receipts: Sequence[int], before: int) -> list[int]:
    """Of each height's receipts, from height 0 on: all up to it, less the ``before`` first ones."""
    return [total - before for total in accumulate(receipts)]


def _window(
    due: list[tuple[float, int]], sights: Sequence[Sight], chain: Sequence[int], warm_up_s: float
) -> Window:
    """From the first look after the warm-up to the last one while transfers were due."""
    end_s = due[-1][0]
    seen = [sight for sight in sights if warm_up_s <= sight.at_s <= end_s]
    if len(seen) < 2 or seen[-1].at_s - seen[0].at_s < WATCHED * (end_s - warm_up_s):
        return SILENT
    times = [at_s for at_s, _ in due]

    def offered_by(at_s: float) -> int:
        place = bisect_right(times, at_s)
        return due[place - 1][1] if place else 0

    def final_by(sight: Sight) -> int:
        return chain[min(sight.height, len(chain) - 1)]

    backlogs = [offered_by(sight.at_s) - final_by(sight) for sight in seen]
    third = max(1, len(seen) // 3)
    first, last = seen[0], seen[-1]
    return Window(
        seconds=round(last.at_s - first.at_s, 3),
        offered=offered_by(last.at_s) - offered_by(first.at_s),
        final=final_by(last) - final_by(first),
        blocks=last.height - first.height,
        backlog_first=round(sum(backlogs[:third]) / third, 1),
        backlog_last=round(sum(backlogs[-third:]) / third, 1),
    )
