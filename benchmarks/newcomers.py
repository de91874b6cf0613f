"""Scenarios without a load: a node starts, one begins with nothing, all of them are idle."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from benchmarks.population import Workshop
from benchmarks.stage import Outcome, Settings, Stand, height, is_final, stand, until
from client.http import open_nodes

PATIENCE_S: Final = 600.0
ANSWER_S: Final = 5.0
SETTLE_S: Final = 5.0
IDLE_STEPS: Final = 3
"""Idleness is watched for as long as three steps last: a minute, unless told otherwise."""


async def newcomer(settings: Settings, directory: Path, workshop: Workshop) -> Outcome:
    """A node that stopped starts again; one that has only the genesis catches up."""
    async with stand(settings, directory, workshop) as scene:
        made = await scene.bench.step(settings.rate, settings.seconds, settings.warm_up_s)
        final = await is_final(scene.bench)
        await scene.fleet.stop(0)
        start_s, _ = await _started(scene, 0)
        ready_s, level_s = await _started(scene, scene.fleet.add_observer())
        top = await height(scene.bench.nodes[1])
    figures = {
        "heights": float(top),
        "transactions": float(len(scene.bench.sent)),
        "start_s": start_s,
        "newcomer_ready_s": ready_s,
        "newcomer_level_s": level_s,
        "newcomer_transactions_per_second": len(scene.bench.sent) / level_s,
    }
    return Outcome(figures, {"chain": made.step}, final)


async def idle(settings: Settings, directory: Path, workshop: Workshop) -> Outcome:
    """Nobody asks for anything: what four validators use meanwhile."""
    seconds = IDLE_STEPS * settings.seconds
    async with stand(settings, directory, workshop) as (_, bench):
        measured = await bench.step(settings.rate, settings.seconds, settings.warm_up_s)
        final = await is_final(bench)
        await asyncio.sleep(SETTLE_S)
        stored, first = bench.store_bytes(), await height(bench.nodes[0])
        spell = await bench.network.spent(0.0, seconds)
        grown = [now - then for now, then in zip(bench.store_bytes(), stored, strict=True)]
        heights = await height(bench.nodes[0]) - first
    used_s = max(sum(spent.seconds.values()) for spent in spell.nodes)
    figures = {
        "watched_s": spell.passed_s,
        "heights": float(heights),
        "cpu_share_of_a_core": used_s / spell.passed_s,
        "disk_bytes_per_minute": max(grown) / spell.passed_s * 60,
        "rss_bytes": float(max(spent.rss_bytes for spent in spell.nodes)),
    }
    return Outcome(figures, {"before": measured.step}, final)


async def _started(scene: Stand, place: int) -> tuple[float, float]:
    """Start a node: seconds until it is ready, and until it stands where the others do."""
    clock = asyncio.get_running_loop().time
    begun_s = clock()
    await scene.fleet.start(place)
    await scene.fleet.ready([place])
    ready_s = clock() - begun_s
    async with open_nodes([scene.fleet.document.nodes[place].api], ANSWER_S) as [node]:

        async def is_level() -> bool:
            return await height(node) >= await height(scene.bench.nodes[1])

        await until("a node that started is level with the others", is_level, PATIENCE_S)
    return ready_s, clock() - begun_s
