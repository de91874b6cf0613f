"""Stands between nodes and spoils their connections. Knows TCP; no TLS, no node, no plan.

A process of its own, so that it survives whatever is done to the nodes, and what it uses is counted
apart. It listens on one port for each route (dialler, listener) and forwards the bytes of TLS
without a look into them. A *way* is a direction between two ends, of whichever route; each has its
own weather:

    delay_ms, jitter_ms   a piece comes so much later, evenly drawn; order is kept, as TCP does
    lost_permille         so many pieces of a thousand are lost once, and come RETRANSMIT_MS later;
                          what is behind one waits for it
    bytes_per_second      no more passes; 0: as much as comes
    stalled               nothing passes, not a connection's end either, and no new one is made

TCP loses nothing within a connection: a lossy line shows as delay, in the end as a reset. So does
this one. A stalled way holds up to PIECES pieces a connection and then stops to read, as a full
window does; it holds what comes, and lets all of it go at its end.

One difference from a bare network: a dialler whose listener is not there is not refused, but
accepted and then reset, as behind a load balancer.

It is told what to do in JSON lines on standard input, answers each with one line, and ends when
its input does: it never outlives who started it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import socket
import struct
import sys
from collections.abc import Awaitable, Callable, Iterable
from enum import Enum, auto
from random import Random
from typing import Final, NamedTuple

import msgspec

LOOPBACK: Final = "127.0.0.1"
PIECE: Final = 64 * 1024
"""Bytes that are forwarded at once, at most."""
PIECES: Final = 128
RETRANSMIT_MS: Final = 200
"""What a lost piece costs: the least that Linux waits before it sends one again."""
_ABORT: Final = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 s; closing sends RST

Between = tuple[str, str]
"""Of a way: from, to. Of a route: dialler, listener."""


class Weather(msgspec.Struct, frozen=True):
    """How bytes fare on a way."""

    delay_ms: int = 0
    jitter_ms: int = 0
    lost_permille: int = 0
    bytes_per_second: int = 0
    stalled: bool = False


class Route(msgspec.Struct, frozen=True):
    """Who dials whom, and where that one listens."""

    dialler: str
    listener: str
    host: str
    port: int


class Open(msgspec.Struct, tag="open", tag_field="do", frozen=True):
    """Listen for these; once. Answered with ``Ports``."""

    routes: list[Route]


class Set(msgspec.Struct, tag="set", tag_field="do", frozen=True):
    """These ways have this weather from now on. What is on its way keeps its delay."""

    ways: list[Between]
    weather: Weather


class Reset(msgspec.Struct, tag="reset", tag_field="do", frozen=True):
    """Reset every connection between two ends, whoever dialled. Answered with ``Done``."""

    pairs: list[Between]


class Count(msgspec.Struct, tag="count", tag_field="do", frozen=True):
    """Answered with ``Counts``."""


Command = Open | Set | Reset | Count


class Ports(msgspec.Struct, tag="ports", frozen=True):
    """The ports that were taken, in the order of the routes."""

    ports: list[int]


class Done(msgspec.Struct, tag="done", frozen=True):
    """How many connections were reset."""

    resets: int = 0


class Tally(msgspec.Struct):
    """What a way has seen: bytes, and pieces that were delayed, lost once, or held by a stall."""

    bytes: int = 0
    delayed: int = 0
    lost: int = 0
    held: int = 0


class Counts(msgspec.Struct, tag="counts", frozen=True):
    """All ways together since the start. ``refused``: nobody listened."""

    ways: Tally
    connections: int
    refused: int
    resets: int


class Failed(msgspec.Struct, tag="failed", frozen=True):
    """A command that cannot be carried out; nothing was changed."""

    reason: str


Answer = Ports | Done | Counts | Failed


class Ending(Enum):
    """How one end of a connection ended."""

    CLOSED = auto()
    BROKEN = auto()


class Way:
    """A direction between two ends."""

    def __init__(self, rng: Random) -> None:
        self.weather = Weather()
        self.tally = Tally()
        self.passes = asyncio.Event()
        self.passes.set()
        self._rng = rng
        self._free_s = 0.0

    def become(self, weather: Weather) -> None:
        """Change the weather."""
        self.weather = weather
        if weather.stalled:
            self.passes.clear()
        else:
            self.passes.set()

    def delay_s(self) -> float:
        """How long a piece that came in now takes."""
        weather = self.weather
        delay_ms = weather.delay_ms + self._rng.uniform(0, weather.jitter_ms)
        if self._rng.random() * 1000 < weather.lost_permille:
            self.tally.lost += 1
            delay_ms += RETRANSMIT_MS
        self.tally.delayed += delay_ms > 0
        return delay_ms / 1000

    async def admit(self, size: int) -> None:
        """Wait until a piece may leave: no stall, and no more than the bandwidth allows."""
        if not self.passes.is_set():
            self.tally.held += 1
            await self.passes.wait()
        if self.weather.bytes_per_second:
            now_s = asyncio.get_running_loop().time()
            self._free_s = max(now_s, self._free_s) + size / self.weather.bytes_per_second
            await asyncio.sleep(self._free_s - now_s)
        self.tally.bytes += size


class End(NamedTuple):
    """One of the two sockets of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def reset(self) -> None:
        """Close it with RST; what was not sent is gone."""
        transport = self.writer.transport
        taken = transport.get_extra_info("socket")
        if taken is not None and not transport.is_closing():
            with contextlib.suppress(OSError):
                taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        transport.abort()


async def forward(way: Way, source: End, target: End) -> None:
    """Everything from one end to the other, its ending too, as the way's weather is meanwhile."""
    queue: asyncio.Queue[tuple[float, bytes | Ending]] = asyncio.Queue(PIECES)
    taking = asyncio.create_task(_take(way, source, queue))
    try:
        while True:
            due_s, piece = await queue.get()
            ahead_s = due_s - asyncio.get_running_loop().time()
            if ahead_s > 0:
                await asyncio.sleep(ahead_s)
            await way.admit(len(piece) if isinstance(piece, bytes) else 0)
            if isinstance(piece, Ending):
                _end(target, piece)
                return
            await _give(target, piece)
    finally:
        taking.cancel()


async def _take(way: Way, source: End, queue: asyncio.Queue[tuple[float, bytes | Ending]]) -> None:
    last_s = 0.0
    while True:
        piece: bytes | Ending
        try:
            piece = await source.reader.read(PIECE) or Ending.CLOSED
        except OSError:
            piece = Ending.BROKEN
        last_s = max(last_s, asyncio.get_running_loop().time() + way.delay_s())
        await queue.put((last_s, piece))
        if isinstance(piece, Ending):
            return


async def _give(target: End, piece: bytes) -> None:
    if target.writer.transport.is_closing():
        return  # it is gone; its own ending is on its way to the source
    with contextlib.suppress(OSError):
        target.writer.write(piece)
        await target.writer.drain()


def _end(target: End, ending: Ending) -> None:
    if ending is Ending.BROKEN:
        target.reset()
    elif not target.writer.transport.is_closing():
        with contextlib.suppress(OSError):
            target.writer.write_eof()


class Proxy:
    """All routes, ways and connections."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._ways: dict[Between, Way] = {}
        self._servers: list[asyncio.Server] = []
        self._living: dict[tuple[End, End], frozenset[str]] = {}
        self._serving: set[asyncio.Task[None]] = set()
        self._connections = self._refused = self._resets = 0

    async def open(self, routes: Iterable[Route]) -> list[int]:
        """Listen for these routes, each on a free port of the loopback."""
        ports = []
        for route in routes:
            server = await asyncio.start_server(self._server(route), LOOPBACK, 0)
            self._servers.append(server)
            ports.append(int(server.sockets[0].getsockname()[1]))
        return ports

    def set(self, ways: Iterable[Between], weather: Weather) -> None:
        """Change the weather on ways."""
        for way in ways:
            self._way(*way).become(weather)

    def reset(self, pairs: Iterable[Between]) -> int:
        """Reset what is between these ends; how many connections that were."""
        wanted = {frozenset(pair) for pair in pairs}
        struck = [ends for ends, between in self._living.items() if between in wanted]
        for near, far in struck:
            near.reset()
            far.reset()
        self._resets += len(struck)
        return len(struck)

    def counts(self) -> Counts:
        """What happened so far."""
        total = Tally()
        for way in self._ways.values():
            for name in Tally.__struct_fields__:
                setattr(total, name, getattr(total, name) + getattr(way.tally, name))
        return Counts(total, self._connections, self._refused, self._resets)

    async def close(self) -> None:
        """Stop listening, and reset everything."""
        for server in self._servers:
            server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _way(self, source: str, target: str) -> Way:
        between = (source, target)
        if between not in self._ways:
            self._ways[between] = Way(Random(f"{self._seed} {source} {target}"))
        return self._ways[between]

    def _server(
        self, route: Route
    ) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._serving.add(task)
            near = End(reader, writer)
            try:
                await self._connect(route, near)
            except asyncio.CancelledError:
                pass  # it is not awaited by anyone but ``close``
            finally:
                near.reset()
                self._serving.discard(task)

        return serve

    async def _connect(self, route: Route, near: End) -> None:
        forth = self._way(route.dialler, route.listener)
        back = self._way(route.listener, route.dialler)
        while not (forth.passes.is_set() and back.passes.is_set()):
            await forth.passes.wait()
            await back.passes.wait()
        try:
            far = End(*await asyncio.open_connection(route.host, route.port))
        except OSError:
            self._refused += 1
            return
        self._connections += 1
        self._living[near, far] = frozenset((route.dialler, route.listener))
        for end in (near, far):
            end.writer.transport.get_extra_info("socket").setsockopt(
                socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
            )
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(forward(forth, near, far))
                both.create_task(forward(back, far, near))
        finally:
            del self._living[near, far]
            far.writer.close()
            near.writer.close()


async def carry_out(proxy: Proxy, command: Command) -> Answer:
    """Do what a line asks."""
    match command:
        case Open(routes):
            return Ports(await proxy.open(routes))
        case Set(ways, weather):
            proxy.set(ways, weather)
            return Done()
        case Reset(pairs):
            return Done(proxy.reset(pairs))
        case Count():
            return proxy.counts()


async def serve(seed: int) -> None:
    """Obey standard input until it ends."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    proxy = Proxy(seed)
    while line := await lines.readline():
        answer: Answer
        try:
            answer = await carry_out(proxy, msgspec.json.decode(line, type=Command))
        except (msgspec.DecodeError, OSError) as error:
            answer = Failed(str(error))
        sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
        sys.stdout.buffer.flush()
    await proxy.close()


def main(arguments: list[str]) -> int:
    """``python -m benchmarks.proxy --seed N``."""
    import uvloop

    parser = argparse.ArgumentParser(prog="python -m benchmarks.proxy", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of jitter and losses; 0")
    uvloop.run(serve(parser.parse_args(arguments).seed))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
