"""A development network under measurement: starts it, reads its counters, stops it.

Knows the one document that ``liqbon-node devnet`` prints, the metrics ports and /proc.
"""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

import aiohttp
import msgspec

from benchmarks.processes import busy_s, snapshot, usage

COMMAND: Final = (str(Path(sys.executable).parent / "liqbon-node"),)
START_TIMEOUT_S: Final = 90.0
STOP_TIMEOUT_S: Final = 60.0
MAX_DOCUMENT: Final = 1024 * 1024
_STAGE: Final = re.compile(r'^liqbon_stage_cpu_seconds_total\{stage="(\w+)"\} (\S+)$', re.MULTILINE)


class NodeDocument(msgspec.Struct):
    """A node as devnet names it; ``api`` and ``metrics`` are URLs."""

    api: str
    metrics: str
    pid: int
    home: str


class PartnerDocument(msgspec.Struct):
    """A founder: where its keys are."""

    code: str
    home: str
    passphrase_file: str


class DevnetDocument(msgspec.Struct):
    """What devnet prints once every node is ready, as far as it is needed here."""

    nodes: list[NodeDocument]
    genesis: str
    partners: list[PartnerDocument]


class Spent(NamedTuple):
    """What a node used within ``passed_s``: processor seconds by stage; and its memory then.

    The stages sum up to all of its processes' time: ``verifiers`` are the processes that check
    signatures, ``threads`` what is not the loop's.
    """

    passed_s: float
    seconds: dict[str, float]
    rss_bytes: int


class Spell(NamedTuple):
    """What was used in a stretch of time: by each node, and by whatever ran on this machine."""

    nodes: list[Spent]
    passed_s: float
    machine_cpu_s: float


class Network:
    """The running nodes."""

    def __init__(self, document: DevnetDocument, session: aiohttp.ClientSession) -> None:
        self.document = document
        self.nodes = document.nodes
        self._session = session

    async def spent(self, after_s: float, for_s: float) -> Spell:
        """What is used from ``after_s`` seconds from now on, for ``for_s`` seconds."""
        await asyncio.sleep(after_s)
        clock = asyncio.get_running_loop().time
        begun_s, busy, before = clock(), busy_s(), await self._totals()
        await asyncio.sleep(for_s)
        passed_s, busy, after = clock() - begun_s, busy_s() - busy, await self._totals()
        nodes = [
            Spent(passed_s, {name: s - old[name] for name, s in new.items()}, rss_bytes)
            for (old, _), (new, rss_bytes) in zip(before, after, strict=True)
        ]
        return Spell(nodes, passed_s, busy)

    async def _totals(self) -> list[tuple[dict[str, float], int]]:
        """Every node's processor seconds by stage since it started, and its memory."""
        stages = await asyncio.gather(*(self._stages(node.metrics) for node in self.nodes))
        processes = snapshot()
        totals = []
        for node, seconds in zip(self.nodes, stages, strict=True):
            used = usage(processes, node.pid)
            threads = used.own_cpu_s - sum(seconds.values())
            whole = seconds | {"threads": threads, "verifiers": used.children_cpu_s}
            totals.append((whole, used.rss_bytes))
        return totals

    async def _stages(self, url: str) -> dict[str, float]:
        async with self._session.get(url) as response:
            text = await response.text()
        return {name: float(value) for name, value in _STAGE.findall(text)}


@asynccontextmanager
async def devnet(
    directory: Path, validators: int, base_port: int, session: aiohttp.ClientSession
) -> AsyncIterator[Network]:
    """A network in ``directory``, stopped at the end. RuntimeError if it does not start or stop."""
    arguments = ["devnet", "--validators", str(validators), "--dir", str(directory)]
    arguments += ["--base-port", str(base_port), "--output", "json"]
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, stdout=asyncio.subprocess.PIPE, limit=MAX_DOCUMENT
    )
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            document = await _document(process)
        yield Network(document, session)
    except BaseException:
        with suppress(RuntimeError):  # what happened first is what is told
            await stopped(process, "the network", STOP_TIMEOUT_S)
        raise
    await stopped(process, "the network", STOP_TIMEOUT_S)


async def _document(process: asyncio.subprocess.Process) -> DevnetDocument:
    """The document that devnet prints, whose lines end with the closing brace."""
    assert process.stdout is not None
    text = b""
    while True:
        line = await process.stdout.readline()
        if not line:
            raise RuntimeError(f"the network did not start: exit status {await process.wait()}")
        text += line
        try:
            return msgspec.json.decode(text, type=DevnetDocument)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            continue  # there is more to come


async def stopped(process: asyncio.subprocess.Process, what: str, within_s: float) -> None:
    """SIGTERM, and wait. RuntimeError if it ends otherwise than well."""
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(within_s):
            status = await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise RuntimeError(f"{what} did not stop in {within_s:g} s") from None
    if status:
        raise RuntimeError(f"{what} ended with status {status}")
