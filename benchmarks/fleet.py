"""Validators of the benchmark's own, behind the fault proxy: started, killed, started again.

Unlike ``network.devnet``, whoever measures can strike one of them, have it be another program, and
put distance between them: peers dial each other through the proxy, clients dial nodes directly.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from benchmarks.auditor import ROOT
from benchmarks.network import DevnetDocument, NodeDocument, PartnerDocument, stopped
from benchmarks.proxied import Wires, between_all, proxied
from benchmarks.proxy import Weather
from client.errors import Fault
from client.http import HttpNode, open_nodes
from client.session import now_ms
from node import config
from node.founding import LOOPBACK, ON_LOOPBACK, Site, found
from node.transport import Address
from shell.keyfile import create_private, read_private, replace_private

HONEST: Final = ("-m", "node")
READY_S: Final = 60.0
ANSWER_S: Final = 5.0
STOP_S: Final = 30.0
LOOK_S: Final = 0.05
LOG: Final = "node.log"
OBSERVER: Final = "observer"


class Fleet:
    """The nodes by their places, and the wires between them. ``document`` is as devnet's; a node's
    ``pid`` there is that of its newest process."""

    def __init__(self, site: Site, wires: Wires) -> None:
        self.site = site
        self.wires = wires
        self.codes = site.codes()
        self.document = _document(site)
        self._running: dict[int, Process] = {}

    def settle_in(self) -> None:
        """Make everybody's files, and have everybody dial everybody else through the proxy."""
        found(self.site, now_ms())
        dial_through(self.site, self.wires)

    async def start(self, place: int, program: Sequence[str] = HONEST) -> None:
        """Start a node, and do not wait for it. ``program``: what Python runs in its place."""
        process = await spawned(Path(self.document.nodes[place].home), program)
        self._running[place] = process
        self.document.nodes[place].pid = process.pid

    def add_observer(self) -> int:
        """Make the files of one who has no seat and dials everybody directly; its place."""
        place, site = len(self.document.nodes), self.site
        home, ports = site.directory / OBSERVER, site.ports(place)
        addresses = {
            code: Address(LOOPBACK, site.ports(each).peer) for each, code in enumerate(self.codes)
        }
        text = config.config_text(ON_LOOPBACK, ports, addresses, str(site.passphrase_file))
        config.create_home(home, text, read_private(site.passphrase_file).strip())
        create_private(home / config.GENESIS, site.genesis.read_bytes())
        self.document.nodes.append(_node(ports, home))
        return place

    async def ready(self, places: Sequence[int]) -> None:
        """Wait until these nodes say that they are ready. RuntimeError if they do not in time."""
        urls = [self.document.nodes[place].api for place in places]
        async with open_nodes(urls, ANSWER_S) as nodes:
            try:
                async with asyncio.timeout(READY_S):
                    for place, node in zip(places, nodes, strict=True):
                        while not await is_ready(node):
                            self._assert_lives(place)
                            await asyncio.sleep(LOOK_S)
            except TimeoutError:
                raise RuntimeError(f"not ready in {READY_S:g} s: {', '.join(urls)}") from None
        for place in places:  # somebody else may have answered there
            self._assert_lives(place)

    def _assert_lives(self, place: int) -> None:
        status = self._running[place].returncode
        if status is not None:
            home = self.document.nodes[place].home
            raise RuntimeError(f"the node of {home} ended with status {status}")

    async def kill(self, place: int) -> None:
        """``kill -9``; RuntimeError if it had ended by itself."""
        self._assert_lives(place)
        process = self._running.pop(place)
        process.kill()
        await process.wait()

    async def stop(self, place: int) -> None:
        """SIGTERM, and wait. RuntimeError if it ends otherwise than well."""
        home = self.document.nodes[place].home
        await stopped(self._running.pop(place), f"the node of {home}", STOP_S)

    async def end(self) -> None:
        """Stop whatever runs; the first that does not end well is told."""
        ends = [self.stop(place) for place in list(self._running)]
        found_wrong = await asyncio.gather(*ends, return_exceptions=True)
        for error in found_wrong:
            if error is not None:
                raise error

    async def distance(self, one_way_ms: int) -> None:
        """From now on whatever one node says to another arrives so much later."""
        ways = [(a, b) for a in self.codes for b in self.codes if a != b]
        await self.wires.set(ways, Weather(delay_ms=one_way_ms))


def dial_through(site: Site, wires: Wires) -> None:
    """Have everybody dial everybody else through the proxy, from the next start on."""
    codes, passphrase = site.codes(), str(site.passphrase_file)
    for place, code in enumerate(codes):
        others = [other for other in codes if other != code]
        addresses = {other: Address(LOOPBACK, wires.ports[code, other]) for other in others}
        text = config.config_text(ON_LOOPBACK, site.ports(place), addresses, passphrase)
        replace_private(site.node_home(code) / config.CONFIG, text.encode())


async def spawned(home: Path, program: Sequence[str] = HONEST) -> Process:
    """A node's process, which ends with this one."""
    words = (*program, "start", "--home", str(home), "--until-stdin-closes")
    with (home / LOG).open("ab") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable, *words, cwd=ROOT, stdin=PIPE, stdout=DEVNULL, stderr=log, env=_env()
        )


@asynccontextmanager
async def fleet(directory: Path, validators: int, base_port: int) -> AsyncIterator[Fleet]:
    """Nodes that are ready, and stopped at the end."""
    site = Site(directory, validators, base_port)
    ports = [site.ports(place).peer for place in range(validators)]
    async with proxied(between_all(site.codes(), ports)) as wires:
        made = Fleet(site, wires)
        made.settle_in()
        try:
            for place in range(validators):
                await made.start(place)
            await made.ready(range(validators))
            yield made
        except BaseException:
            with suppress(RuntimeError):  # what happened first is what is told
                await made.end()
            raise
        await made.end()


def _document(site: Site) -> DevnetDocument:
    homes = [site.node_home(code) for code in site.codes()]
    nodes = [_node(site.ports(place), home) for place, home in enumerate(homes)]
    passphrase = str(site.passphrase_file)
    partners = [
        PartnerDocument(code, str(site.partner_home(code)), passphrase) for code in site.codes()
    ]
    return DevnetDocument(nodes, str(site.genesis), partners)


def _node(ports: config.Ports, home: Path) -> NodeDocument:
    url = f"http://{LOOPBACK}:{ports.api}"
    return NodeDocument(url, f"http://{LOOPBACK}:{ports.metrics}/metrics", 0, str(home))


def _env() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("LIQBON_")}


async def is_ready(node: HttpNode) -> bool:
    """Whether a node says that it is; not if it says nothing."""
    try:
        return (await node.status()).ready
    except Fault:
        return False
