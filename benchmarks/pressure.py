"""Scenarios of what clients ask for: other kinds of transactions, one hot account, far too much."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from benchmarks.bench import Bench
from benchmarks.mixture import MINTS, MIXED, REDEMPTIONS, TILL, TRANSFERS, Cycle
from benchmarks.population import Workshop
from benchmarks.stage import Outcome, Settings, figures_of, is_final, stand
from benchmarks.verdict import Step

CYCLES: Final[dict[str, Cycle]] = {
    "transfers": TRANSFERS,
    "mints": MINTS,
    "redemptions": REDEMPTIONS,
    "mixed": MIXED,
    "till": TILL,
}
TIMES: Final = 3.0
STEP_UP: Final = 1.3
MANY_SENDERS: Final = 40_000
"""So that hardly anybody sends twice: who was refused once is refused again until that is made up
for, and that would make an overload lighter than it is."""
MOST_TRIES: Final = 9


async def loads(settings: Settings, directory: Path, workshop: Workshop) -> Outcome:
    """The same rate of transfers, mints, redemptions, a mixture, and payments into one till."""
    figures: dict[str, float] = {}
    steps: dict[str, Step] = {}
    async with stand(settings, directory, workshop) as (_, bench):
        for name, cycle in CYCLES.items():
            measured = await bench.step(settings.rate, settings.seconds, settings.warm_up_s, cycle)
            steps[name] = measured.step
            figures |= figures_of(name, measured)
        return Outcome(figures, steps, await is_final(bench))


async def overload(settings: Settings, directory: Path, workshop: Workshop) -> Outcome:
    """Three times of what it can carry: it is to go on as fast as it can, and to take it all in."""
    async with stand(settings, directory, workshop, senders=MANY_SENDERS) as (_, bench):
        capacity = await _capacity(bench, settings)
        calm = await bench.step(capacity / 2, settings.seconds, settings.warm_up_s)
        pressed = await bench.step(TIMES * capacity, settings.seconds, settings.warm_up_s)
        after = await bench.step(capacity / 2, settings.seconds, settings.warm_up_s)
        figures = {"capacity_per_second": capacity}
        figures |= figures_of("calm", calm) | figures_of("pressed", pressed)
        figures |= figures_of("after", after)
        figures["pressed_refused"] = float(sum(pressed.step.refused.values()))
        if pressed.step.duration_s:
            figures["pressed_of_capacity"] = pressed.step.final_per_second / capacity
        steps = {"calm": calm.step, "pressed": pressed.step, "after": after.step}
        return Outcome(figures, steps, await is_final(bench))


async def _capacity(bench: Bench, settings: Settings) -> float:
    """The most that became final a second in short steps of rising rates, up to one that does not
    hold."""
    rate, best = settings.rate, 0.0
    for _ in range(MOST_TRIES):
        step = (await bench.step(rate, settings.seconds / 2, settings.warm_up_s)).step
        best = max(best, min(step.final_per_second, rate))
        if not step.sustained:
            break
        rate = round(rate * STEP_UP)
    return best or rate
