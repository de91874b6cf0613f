"""Node processes that dial each other through the proxy. Knows how to start and strike them.

Nothing here decides when: ``run`` does, from the plan.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from benchmarks.fleet import dial_through, is_ready
from benchmarks.proxied import Wires, between_all, proxied
from benchmarks.proxy import Between, Weather
from client.http import HttpNode
from client.session import now_ms
from node.founding import Site, found
from tests.chaos.plan import NODES, Link
from tests.integration.processes import clean_environment

COMMAND: Final = str(Path(sys.executable).parent / "liqbon-node")
READY_S: Final = 60.0
STOP_S: Final = 30.0
LOG: Final = "node.log"


class Network:
    """The nodes, by their places among the founders' codes, and the wires between them."""

    def __init__(self, site: Site, wires: Wires) -> None:
        self.site = site
        self.wires = wires
        self.genesis = found(site, now_ms())
        self.codes = site.codes()
        self.urls = site.urls()
        self.struck: Counter[str] = Counter()
        """How often each kind of fault was carried out."""
        self.ended: list[str] = []
        """Nodes that ended though nobody struck them."""
        self._running: dict[int, Process] = {}

    def settle_in(self) -> None:
        """Have everybody dial everybody else through the proxy."""
        dial_through(self.site, self.wires)

    async def start(self, place: int) -> None:
        """Start a node, and do not wait for it."""
        home = self.site.node_home(self.codes[place])
        words = ("start", "--home", str(home), "--until-stdin-closes")
        with (home / LOG).open("ab") as log:
            self._running[place] = await asyncio.create_subprocess_exec(
                COMMAND, *words, stdin=PIPE, stdout=DEVNULL, stderr=log, env=clean_environment()
            )

    async def ready(self, nodes: list[HttpNode]) -> None:
        """Wait until all nodes are ready."""
        async with asyncio.timeout(READY_S):
            for node in nodes:
                while not await is_ready(node):  # noqa: ASYNC110 - no event tells of it
                    await asyncio.sleep(0.1)

    async def kill(self, place: int) -> None:
        """``kill -9``."""
        running = self._running.pop(place)
        if running.returncode is not None:
            self.ended.append(f"{self.codes[place]}: status {running.returncode}")
            return
        running.kill()
        await running.wait()
        self.struck["kill"] += 1

    def freeze(self, place: int) -> None:
        """SIGSTOP."""
        self._signal(place, signal.SIGSTOP)
        self.struck["freeze"] += 1

    def thaw(self, place: int) -> None:
        """SIGCONT."""
        self._signal(place, signal.SIGCONT)

    def _signal(self, place: int, name: int) -> None:
        running = self._running[place]
        if running.returncode is None:
            running.send_signal(name)

    async def blow(self, weather: Mapping[Link, Weather]) -> None:
        """Give these ways their weather."""
        for each in set(weather.values()):
            ways = [self._between(way) for way, its in weather.items() if its == each]
            await self.wires.set(ways, each)
            self.struck["stall"] += len(ways) * each.stalled
            self.struck["weather"] += each != Weather() and not each.stalled

    async def reset(self, pairs: frozenset[Link]) -> None:
        """Reset the connections of pairs."""
        self.struck["reset"] += await self.wires.reset([self._between(pair) for pair in pairs])

    def _between(self, link: Link) -> Between:
        return self.codes[link[0]], self.codes[link[1]]

    async def stop(self) -> None:
        """SIGTERM to all; whoever ended before, or not cleanly, or not in time, is noted."""
        for place, running in self._running.items():
            if running.returncode is not None:
                self.ended.append(f"{self.codes[place]}: status {running.returncode}")
            else:
                running.send_signal(signal.SIGCONT)
                running.terminate()
        for place, running in self._running.items():
            try:
                async with asyncio.timeout(STOP_S):
                    status = await running.wait()
            except TimeoutError:
                running.kill()
                await running.wait()
                self.ended.append(f"{self.codes[place]}: it did not stop")
                continue
            if status and not any(self.codes[place] in each for each in self.ended):
                self.ended.append(f"{self.codes[place]}: status {status} when it was stopped")
        self._running.clear()


@asynccontextmanager
async def network(directory: Path, base_port: int, seed: int) -> AsyncIterator[Network]:
    """A network whose nodes run, stopped at the end."""
    site = Site(directory, NODES, base_port)
    ports = [site.ports(place).peer for place in range(NODES)]
    async with proxied(between_all(site.codes(), ports), seed) as wires:
        made = Network(site, wires)
        made.settle_in()
        try:
            for place in range(NODES):
                await made.start(place)
            yield made
        finally:
            await made.stop()
