"""Finality where peers are far apart: a light load behind the fault proxy, at each distance.

    python -m benchmarks.delays [--delays 10,50,100] [--rate 50] [--seconds 20]

Only what nodes say to each other is delayed; clients stand beside their node. Part of ``make
bench``; alone it prints the same rows without writing anything.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

import aiohttp
import uvloop

from benchmarks.bench import Bench
from benchmarks.distance import Behind, in_delays, target_ms, told
from benchmarks.fleet import fleet
from benchmarks.load import Sample
from benchmarks.network import Network
from benchmarks.population import Workshop
from benchmarks.verdict import percentiles

VALIDATORS: Final = 4
SENDERS: Final = 10_000
BASE_PORT: Final = 8_800
RATE: Final = 50.0
DELAYS_MS: Final = (10, 50, 100)
IDLE_DELAYS: Final = 8
"""What is under way has ended after so many delays."""
IDLE_S: Final = 0.5


class Effort(NamedTuple):
    """Which distances are tried, and for how long; ``rounds``: lone transfers at each node."""

    delays_ms: tuple[int, ...]
    warm_up_s: float
    seconds: float
    rounds: int
    rate: float = RATE


async def behind_delays(
    effort: Effort, directory: Path, base_port: int, workshop: Workshop
) -> list[Behind]:
    """Measure on a fresh network in ``directory``. Raises ``Stuck``, ``RuntimeError``."""
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
        fleet(directory, VALIDATORS, base_port) as nodes,
    ):
        bench = Bench(Network(nodes.document, session), session, workshop, SENDERS)
        await bench.fund()
        rows = []
        for one_way_ms in effort.delays_ms:
            await nodes.distance(one_way_ms)
            rows.append(await _behind(bench, effort, one_way_ms))
        await nodes.distance(0)
        return rows


async def _behind(bench: Bench, effort: Effort, one_way_ms: int) -> Behind:
    alone, heights = await _lone(bench, effort.rounds, one_way_ms)
    step = (await bench.step(effort.rate, effort.seconds, effort.warm_up_s)).step
    lone = percentiles([sample.latency_ms for sample in alone if sample.latency_ms is not None])
    ordered = percentiles([s.ordering_ms for s in alone if s.ordering_ms is not None])
    return Behind(
        one_way_ms=one_way_ms,
        offered_per_second=effort.rate,
        finality_ms=step.finality_ms,
        delays=in_delays(step.finality_ms, one_way_ms),
        ordering_ms=step.ordering_ms,
        ordering_delays=in_delays(step.ordering_ms, one_way_ms),
        lone_ms=lone,
        lone_delays=in_delays(lone, one_way_ms),
        lone_ordering_delays=in_delays(ordered, one_way_ms),
        lone_heights=heights,
        target_ms=target_ms(one_way_ms),
        cpu_share_of_others=step.cpu_share_of_others,
    )


async def _lone(bench: Bench, rounds: int, one_way_ms: int) -> tuple[list[Sample], float]:
    """Transfers, one at a time, and by how many heights the chain grew for each."""
    pause_s = IDLE_DELAYS * one_way_ms / 1000 + IDLE_S
    await asyncio.sleep(pause_s)
    before = (await bench.nodes[0].status()).certified_height
    alone = []
    for _ in range(rounds):
        for node in range(len(bench.nodes)):
            alone.append(await bench.lone(node))
            await asyncio.sleep(pause_s)
    grown = (await bench.nodes[0].status()).certified_height - before
    return alone, round(grown / len(alone), 1) if alone else 0.0


def main() -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.delays")
    parser.add_argument("--delays", default="10,50,100", help="one way, in ms, with commas")
    parser.add_argument("--rate", type=float, default=RATE, help="transfers a second")
    parser.add_argument("--seconds", type=float, default=20.0, help="at each distance")
    parser.add_argument("--rounds", type=int, default=3, help="lone transfers at each node")
    parser.add_argument("--base-port", type=int, default=BASE_PORT)
    options = parser.parse_args()
    delays_ms = tuple(int(each) for each in options.delays.split(","))
    effort = Effort(delays_ms, 2.0, options.seconds, options.rounds, options.rate)
    workshop = Workshop(1)
    try:
        with tempfile.TemporaryDirectory(prefix="liqbon-delays-") as place:
            work = behind_delays(effort, Path(place) / "net", options.base_port, workshop)
            rows = uvloop.run(work)
    finally:
        workshop.close()
    print(told(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
