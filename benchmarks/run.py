"""One whole benchmark, from an empty machine to a document.

What the machine can do, the network, the senders' first balances, short steps of rising rates, the
long one at the best of them, a step at half of it for finality, and the replay; then a network of
nodes that are far apart, and a light load.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import aiohttp
from msgspec.structs import replace

from benchmarks import delays, machine
from benchmarks.auditor import ROOT, audited, sum_of
from benchmarks.bench import Bench, Measured, Stuck
from benchmarks.distance import told
from benchmarks.network import devnet
from benchmarks.population import Workshop
from benchmarks.ratios import Bare
from benchmarks.report import FORMAT, Document, Replay, ratios
from benchmarks.verdict import Step

STEP_DOWN: Final = 0.93


class Effort(NamedTuple):
    """Which rates are tried, in transfers a second, and how long each part takes, in seconds.

    ``tries`` is how often the long step is made, at a lower rate each time, should it not hold.
    """

    rates: tuple[float, ...]
    warm_up_s: float
    search_s: float
    sustain_s: float
    finality_s: float
    tries: int
    far: delays.Effort


FULL: Final = Effort(
    tuple(range(1_000, 8_001, 300)),
    6.0,
    8.0,
    61.0,
    30.0,
    4,
    delays.Effort(delays.DELAYS_MS, 2.0, 20.0, 3),
)
QUICK: Final = Effort(
    (1_000, 1_500, 2_000), 2.0, 5.0, 12.0, 8.0, 2, delays.Effort(delays.DELAYS_MS, 0.5, 3.0, 1)
)
BRIEF: Final = Effort((80,), 1.0, 1.0, 3.0, 3.0, 1, delays.Effort((10,), 0.5, 2.0, 1))
"""Shows that everything works; measures nothing."""


class Asked(NamedTuple):
    """What a run is asked to do. ``rate`` is tried alone, if it is given."""

    effort: Effort
    rate: float | None
    validators: int
    senders: int
    base_port: int


def say(text: str) -> None:
    """Progress, for whoever watches."""
    print(text, file=sys.stderr, flush=True)


async def run(asked: Asked, directory: Path) -> Document:
    """Measure everything. Raises ``Stuck``; ``RuntimeError`` when the network does not stand."""
    date = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    bare = machine.bare(directory)
    say(f"bare: {bare.verifies_per_second:.0f} signatures/s, {bare.syncs_per_second:.0f} syncs/s")
    workshop = Workshop()
    try:
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
            devnet(directory / "net", asked.validators, asked.base_port, session) as network,
        ):
            bench = Bench(network, session, workshop, asked.senders)
            await bench.fund()
            say(f"{asked.validators} validators stand, {asked.senders} senders are funded")
            document = await _measure(asked, bench, bare, date)
        far = await delays.behind_delays(
            asked.effort.far, directory / "far", asked.base_port, workshop
        )
        say(told(far))
        document = replace(document, finality_behind_delay=far)
        return replace(document, ratios=ratios(document))
    finally:
        workshop.close()


async def _measure(asked: Asked, bench: Bench, bare: Bare, date: str) -> Document:
    effort = asked.effort
    steps: list[Step] = []
    rate = asked.rate if asked.rate is not None else await _search(bench, effort, steps)
    best = await _sustain(bench, effort, rate, steps)
    half = best.step.offered_per_second / 2
    finality = await bench.step(half, effort.finality_s, effort.warm_up_s)
    _tell(finality.step)
    steps.append(finality.step)
    roots, replay = await _replay(bench)
    sustained = best.step
    blocks = sustained.blocks_per_second
    held = min(sustained.final_per_second, sustained.offered_per_second)
    held = held if sustained.sustained else 0.0
    replayed = replay.transactions / replay.seconds
    return Document(
        format=FORMAT,
        machine=machine.describe(),
        date=date,
        commit=machine.commit(ROOT),
        quick=asked.effort != FULL,
        validators=asked.validators,
        senders=asked.senders,
        sustained_transfers_per_second=held,
        duration_s=sustained.duration_s,
        finality_ms=finality.step.finality_ms,
        offered_transfers_per_second=half,
        finality_ms_when_sustained=sustained.finality_ms,
        bare_verifies_per_second=round(bare.verifies_per_second, 1),
        bare_syncs_per_second=round(bare.syncs_per_second, 1),
        cpu_us_per_transfer_and_validator=_costs(best),
        cpu_us_per_transfer_of_generator=round(best.generator_us, 1),
        cpu_share=sustained.cpu_share,
        cpu_share_of_others=sustained.cpu_share_of_others,
        rss_bytes=[spent.rss_bytes for spent in best.spent],
        store_bytes=bench.store_bytes(),
        blocks_per_second=blocks,
        transfers_per_block=round(sustained.final_per_second / blocks, 1) if blocks else 0.0,
        sent=len(bench.sent),
        final=min(chain.final for chain in bench.chains),
        sent_is_final=sum_of(bench.sent) == replay.done_ids,
        state_roots_equal=roots == {replay.state_root},
        replay=replay,
        steps=steps,
        replay_transfers_per_second=round(replayed, 1),
        replay_ratio=round(replayed / held, 2) if held else 0.0,
    )


async def _search(bench: Bench, effort: Effort, steps: list[Step]) -> float:
    """The highest of the rates that holds for a short while, tried in order, until two in a row do
    not: one may fail by half a second in which the machine did something else."""
    best, held = effort.rates[0], True
    for rate in effort.rates:
        measured = await bench.step(rate, effort.search_s, effort.warm_up_s)
        _tell(measured.step)
        steps.append(measured.step)
        if measured.step.sustained:
            best = rate
        elif not held:
            break
        held = measured.step.sustained
    return best


async def _sustain(bench: Bench, effort: Effort, rate: float, steps: list[Step]) -> Measured:
    """The long step at ``rate``, and below it as long as it does not hold."""
    tries = 0
    while True:
        measured = await bench.step(rate, effort.sustain_s, effort.warm_up_s)
        _tell(measured.step)
        steps.append(measured.step)
        tries += 1
        if measured.step.sustained or tries == effort.tries:
            return measured
        rate = float(round(rate * STEP_DOWN))


async def _replay(bench: Bench) -> tuple[set[str], Replay]:
    """Roots of all nodes at the newest height that all have, and one node's chain replayed to it
    by the auditor, a process of its own."""
    height = min(len(chain.blocks) for chain in bench.chains) - 1
    roots = {chain.blocks[height].state_root for chain in bench.chains}
    say(f"replaying {height} heights")
    found = await audited(bench.nodes[0].url, bench.genesis_file, height)
    if found is None or found.verified.height != height:
        raise Stuck("the chain does not replay")
    return roots, Replay(
        height=height,
        certified=height,
        transactions=found.total.transactions,
        done=found.total.done,
        refused=found.total.refused,
        skipped=found.total.skipped,
        done_ids=found.total.done_ids,
        state_root=found.verified.state_root,
        seconds=found.run.seconds,
    )


def _tell(step: Step) -> None:
    say(
        f"{step.offered_per_second:6.0f}/s offered for {step.duration_s:.0f} s, "
        f"{step.final_per_second:.0f}/s final"
        + ("" if step.sustained else ", not sustained")
        + (f", {step.refused}" if step.refused else "")
        + (f", median {step.finality_ms.p50:.0f} ms" if step.finality_ms else "")
        + f", {step.cpu_share:.0%} of all cores"
        + (f" (others {step.cpu_share_of_others:.0%})" if step.cpu_share_of_others > 0.05 else "")
    )


def _costs(measured: Measured) -> dict[str, float]:
    """Microseconds a transfer, the mean over the nodes, by stage."""
    transfers = max(1.0, measured.step.final_per_second)
    names = sorted({name for spent in measured.spent for name in spent.seconds})
    return {
        name: round(
            sum(spent.seconds.get(name, 0.0) / spent.passed_s for spent in measured.spent)
            / len(measured.spent)
            / transfers
            * 1e6,
            1,
        )
        for name in names
    }
