"""What every scenario stands on: a fresh network, a bench in front of it, what it comes to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import aiohttp
from msgspec.structs import replace

from benchmarks.auditor import audited, sum_of
from benchmarks.bench import Bench, Measured
from benchmarks.fleet import Fleet, fleet
from benchmarks.network import Network
from benchmarks.population import Workshop
from benchmarks.verdict import Step
from client.errors import Fault
from client.http import HttpNode

VALIDATORS: Final = 4
SENDERS: Final = 12_000
"""A multiple of three and of four: with one validator struck, clients ask the other three."""
LOOK_S: Final = 0.05


class Settings(NamedTuple):
    """How much is offered, and for how long."""

    rate: float
    seconds: float
    warm_up_s: float
    base_port: int


class Outcome(NamedTuple):
    """What a scenario found: figures by name, the steps that they are read off."""

    figures: dict[str, float]
    steps: dict[str, Step]
    sent_is_final: bool


Scenario = Callable[[Settings, Path, Workshop], Coroutine[Any, Any, Outcome]]


class Stand(NamedTuple):
    """A network, and a bench whose clients ask the first ``doors`` of its nodes."""

    fleet: Fleet
    bench: Bench


@asynccontextmanager
async def stand(
    settings: Settings,
    directory: Path,
    workshop: Workshop,
    doors: int = VALIDATORS,
    senders: int = SENDERS,
) -> AsyncIterator[Stand]:
    """Four validators whose senders are funded."""
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
        fleet(directory, VALIDATORS, settings.base_port) as nodes,
    ):
        document = nodes.document
        asked = replace(document, nodes=document.nodes[:doors])
        bench = Bench(Network(asked, session), session, workshop, senders)
        await bench.fund()
        yield Stand(nodes, bench)


def figures_of(name: str, measured: Measured) -> dict[str, float]:
    """What a step came to: final a second, finality, and a validator's processor time for each."""
    step = measured.step
    found: dict[str, float] = {}
    if step.duration_s:  # every node said where it stood
        found[f"{name}_final_per_second"] = step.final_per_second
    if step.finality_ms is not None:
        found[f"{name}_finality_p50_ms"] = step.finality_ms.p50
        found[f"{name}_finality_p99_ms"] = step.finality_ms.p99
    if step.final_per_second:
        used = [sum(spent.seconds.values()) / spent.passed_s for spent in measured.spent]
        found[f"{name}_cpu_us"] = sum(used) / len(used) / step.final_per_second * 1e6
    return found


async def is_final(bench: Bench) -> bool:
    """Whether all that was sent, and nothing else, is done, as the auditor finds, and the nodes
    that were asked agree on it."""
    height = min(len(chain.blocks) for chain in bench.chains) - 1
    roots = {chain.blocks[height].state_root for chain in bench.chains}
    found = await audited(bench.nodes[0].url, bench.genesis_file, height)
    if found is None:
        return False
    same = found.verified.height == height and roots == {found.verified.state_root}
    return same and found.total.done_ids == sum_of(bench.sent)


async def until(what: str, is_so: Callable[[], Awaitable[bool]], seconds: float) -> float:
    """Wait until something is so: how many seconds it took. RuntimeError if it takes too long."""
    clock = asyncio.get_running_loop().time
    begun_s = clock()
    while not await is_so():
        if clock() - begun_s > seconds:
            raise RuntimeError(f"not in {seconds:g} s: {what}")
        await asyncio.sleep(LOOK_S)
    return clock() - begun_s


async def height(node: HttpNode) -> int:
    """The newest height of which a node has the certificate; -1 if it does not answer."""
    try:
        return (await node.status()).certified_height
    except Fault:
        return -1
