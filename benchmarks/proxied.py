"""Starts the fault proxy and tells it what to do. Knows its lines; no socket of anybody's."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.proxy import (
    LOOPBACK,
    Answer,
    Between,
    Command,
    Count,
    Counts,
    Done,
    Failed,
    Open,
    Ports,
    Reset,
    Route,
    Set,
    Weather,
)

ROOT: Final = Path(__file__).resolve().parents[1]
ANSWER_S: Final = 20.0
STOP_S: Final = 10.0


class Wires:
    """A running proxy. ``ports``: where to dial instead, by (dialler, listener)."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.ports: dict[Between, int] = {}
        self._process = process
        self._turn = asyncio.Lock()
        self._exchanges: set[asyncio.Task[Answer]] = set()

    async def open(self, routes: Sequence[Route]) -> None:
        """Listen for routes, once."""
        opened = await self._ask(Open(list(routes)))
        assert isinstance(opened, Ports), opened
        between = [(route.dialler, route.listener) for route in routes]
        self.ports.update(zip(between, opened.ports, strict=True))

    async def set(self, ways: Iterable[Between], weather: Weather) -> None:
        """Give ways a weather."""
        await self._ask(Set(list(ways), weather))

    async def reset(self, pairs: Iterable[Between]) -> int:
        """Reset what is between pairs; how many connections that were."""
        done = await self._ask(Reset(list(pairs)))
        assert isinstance(done, Done), done
        return done.resets

    async def counts(self) -> Counts:
        """What happened so far."""
        counts = await self._ask(Count())
        assert isinstance(counts, Counts), counts
        return counts

    async def _ask(self, command: Command) -> Answer:
        """Whoever asks may be cancelled meanwhile: the answer is read all the same, or the next one
        who asks would get it."""
        exchange = asyncio.create_task(self._exchange(command))
        self._exchanges.add(exchange)
        exchange.add_done_callback(self._exchanges.discard)
        return await asyncio.shield(exchange)

    async def _exchange(self, command: Command) -> Answer:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        async with self._turn, asyncio.timeout(ANSWER_S):
            self._process.stdin.write(msgspec.json.encode(command) + b"\n")
            await self._process.stdin.drain()
            line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("the proxy ended")
        answer: Answer = msgspec.json.decode(line, type=Answer)
        if isinstance(answer, Failed):
            raise RuntimeError(answer.reason)  # noqa: TRY004 - what it said, not what it is
        return answer


def between_all(codes: Sequence[str], ports: Sequence[int]) -> list[Route]:
    """A route from everybody to everybody else, who listens at its port of the loopback."""
    return [
        Route(dialler, listener, LOOPBACK, port)
        for dialler in codes
        for listener, port in zip(codes, ports, strict=True)
        if dialler != listener
    ]


@asynccontextmanager
async def proxied(routes: Sequence[Route], seed: int = 0) -> AsyncIterator[Wires]:
    """A proxy for these routes, ended at the end."""
    words = ("-m", "benchmarks.proxy", "--seed", str(seed))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    wires = Wires(process)
    try:
        await wires.open(routes)
        yield wires
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
