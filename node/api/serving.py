"""Listens for the API and for the metrics, with a bound on connections. Knows sockets; no path."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from aiohttp import web

KEEPALIVE_S: Final = 30.0
SHUTDOWN_S: Final = 2.0
BACKLOG: Final = 512


class Serving:
    """An application that listens. ``serve`` makes one; ``close`` ends it."""

    def __init__(self, runner: web.AppRunner, server: asyncio.Server) -> None:
        self._runner = runner
        self._server = server

    @property
    def port(self) -> int:
        """The port that it listens on."""
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        """Take no more connections, give open requests two seconds, close them all."""
        self._server.close()
        await self._runner.cleanup()


async def serve(app: web.Application, host: str, port: int, connections: int) -> Serving:
    """Listen on ``host:port`` (0: any). Connections beyond the bound are closed at once.

    Raises ``OSError`` when the address cannot be had.
    """
    runner = web.AppRunner(
        app,
        keepalive_timeout=KEEPALIVE_S,
        shutdown_timeout=SHUTDOWN_S,
        access_log=None,
        handle_signals=False,
    )
    await runner.setup()
    try:
        server = await asyncio.get_running_loop().create_server(
            _bounded(runner, connections), host, port, backlog=BACKLOG, reuse_address=True
        )
    except OSError:
        await runner.cleanup()
        raise
    return Serving(runner, server)


class _Refusing(asyncio.Protocol):
    """A connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


def _bounded(runner: web.AppRunner, connections: int) -> Callable[[], asyncio.BaseProtocol]:
    make = runner.server
    assert make is not None, "not set up"

    def protocol() -> asyncio.BaseProtocol:
        return make() if len(make.connections) < connections else _Refusing()

    return protocol
