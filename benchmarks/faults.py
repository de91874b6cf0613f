"""Scenarios in which one of four validators fails. Clients ask the other three."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.bench import Measured
from benchmarks.population import Workshop
from benchmarks.stage import (
    VALIDATORS,
    Outcome,
    Settings,
    Stand,
    figures_of,
    height,
    is_final,
    stand,
    until,
)
from client.http import open_nodes

STRUCK: Final = VALIDATORS - 1
LIAR: Final = ("-m", "benchmarks.byzantine")
PATIENCE_S: Final = 60.0
ANSWER_S: Final = 5.0


async def crashed(settings: Settings, directory: Path, workshop: Workshop) -> Outcome:
    """One validator is killed and stays away."""
    async with stand(settings, directory, workshop, doors=STRUCK) as scene:
        whole = await _step(scene, settings)
        await scene.fleet.kill(STRUCK)
        without = await _step(scene, settings)
        return await _compared(scene, {"whole": whole, "without": without})


async def byzantine(settings: Settings, directory: Path, workshop: Workshop) -> Outcome:
    """One validator proposes two blocks at each of its turns."""
    async with stand(settings, directory, workshop, doors=STRUCK) as scene:
        whole = await _step(scene, settings)
        await scene.fleet.stop(STRUCK)
        await scene.fleet.start(STRUCK, LIAR)
        await scene.fleet.ready([STRUCK])
        among = await _step(scene, settings)
        if not among.views_lost:
            raise RuntimeError("the liar spoilt no view: nothing is shown")
        return await _compared(scene, {"whole": whole, "among_lies": among})


async def recovery(settings: Settings, directory: Path, workshop: Workshop) -> Outcome:
    """One validator is killed under load, and started again half a step later."""
    async with stand(settings, directory, workshop, doors=STRUCK) as scene:
        whole = await _step(scene, settings)
        stepping = asyncio.create_task(_step(scene, settings))
        await asyncio.sleep(settings.warm_up_s)
        await scene.fleet.kill(STRUCK)
        killed_at = await height(scene.bench.nodes[0])
        await asyncio.sleep(settings.seconds / 2)
        url = scene.fleet.document.nodes[STRUCK].api
        async with open_nodes([url], ANSWER_S) as [node]:
            missed = await height(scene.bench.nodes[0]) - killed_at
            clock = asyncio.get_running_loop().time
            begun_s = clock()
            await scene.fleet.start(STRUCK)
            await scene.fleet.ready([STRUCK])
            ready_s = clock() - begun_s

            async def is_level() -> bool:
                return await height(node) >= await height(scene.bench.nodes[0])

            await until("the node that was killed is level", is_level, PATIENCE_S)
            level_s = clock() - begun_s
        during = await stepping
        found = await _compared(scene, {"whole": whole, "during": during})
        times = {"ready_s": ready_s, "level_s": level_s, "heights_missed": float(missed)}
        return found._replace(figures=found.figures | times)


class Passed(NamedTuple):
    """A step, and how many views passed meanwhile without a block: their leaders failed."""

    measured: Measured
    views_lost: int


async def _step(scene: Stand, settings: Settings) -> Passed:
    before = _lost(scene)
    measured = await scene.bench.step(settings.rate, settings.seconds, settings.warm_up_s)
    return Passed(measured, _lost(scene) - before)


def _lost(scene: Stand) -> int:
    newest = scene.bench.chains[0].blocks[-1]
    return newest.view - newest.height


async def _compared(scene: Stand, passed: dict[str, Passed]) -> Outcome:
    figures: dict[str, float] = {}
    for name, each in passed.items():
        figures |= figures_of(name, each.measured)
        figures[f"{name}_views_lost"] = float(each.views_lost)
    steps = {name: each.measured.step for name, each in passed.items()}
    return Outcome(figures, steps, await is_final(scene.bench))
