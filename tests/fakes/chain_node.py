"""A node over HTTP whose answers are bent on their way: cut off, blown up, held back, rewritten.

It is a whole node's API over a ``Chain``, in a thread of its own, with one hook between it and
whoever asks. Knows HTTP; what to bend is the test's business.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

from aiohttp import web

from client.raw import RawBlock
from node.api.serving import serve
from primitives.encoding import encode
from primitives.proof import EpochStep
from tests.fakes.chains import Chain
from tests.fakes.node import FakeNode
from tests.fakes.ordering import Ledger

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Bend = Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]


async def honest(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Bends nothing."""
    return await handler(request)


def blocks_instead(blocks: Sequence[RawBlock | bytes]) -> Bend:
    """Hands out these as the blocks from height 1 on, and says that the last is the newest."""

    async def bend(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == "/v1/status":
            answer = await handler(request)
            assert isinstance(answer, web.Response)
            assert answer.text is not None
            top = f'"certified_height":{len(blocks)}'
            parts = answer.text.partition('"certified_height":')
            rest = parts[2].partition(",")
            return web.json_response(text=f"{parts[0]}{top}{rest[1]}{rest[2]}")
        prefix, _, height = request.path.rpartition("/")
        if prefix != "/v1/blocks" or int(height) > len(blocks):
            return await handler(request)
        found = blocks[int(height) - 1]
        body = found if isinstance(found, bytes) else encode(found)
        return web.Response(body=body, content_type="application/msgpack")

    return bend


def handing_over(steps: Sequence[EpochStep]) -> Bend:
    """Hands out these as the handovers since genesis."""

    async def bend(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path != "/v1/epochs":
            return await handler(request)
        first, limit = int(request.query["cursor"]), int(request.query["limit"])
        page = tuple(steps)[first : first + limit]
        return web.Response(body=encode(page), content_type="application/msgpack")

    return bend


@contextmanager
def served_chain(chain: Chain, bend: Bend = honest) -> Iterator[str]:
    """The chain behind HTTP; gives the URL."""
    up = threading.Event()
    known: dict[str, object] = {}

    async def live() -> None:
        ledger = Ledger(genesis=chain.genesis)
        ledger.executor = chain.executor
        node = FakeNode(ledger)
        app = node.app()

        @web.middleware
        async def between(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await bend(request, handler)

        app.middlewares.append(between)
        serving = await serve(app, "127.0.0.1", 0, node.limits.connections)
        down = asyncio.Event()
        url = f"http://127.0.0.1:{serving.port}"
        known.update(url=url, loop=asyncio.get_running_loop(), down=down)
        up.set()
        await down.wait()
        node.ingress.close()
        await serving.close()

    thread = threading.Thread(target=asyncio.run, args=(live(),))
    thread.start()
    try:
        assert up.wait(10), "the node did not start"
        yield str(known["url"])
    finally:
        loop, down = known["loop"], known["down"]
        assert isinstance(loop, asyncio.AbstractEventLoop)
        assert isinstance(down, asyncio.Event)
        loop.call_soon_threadsafe(down.set)
        thread.join(10)
