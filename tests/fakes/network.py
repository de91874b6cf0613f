"""A small network behind real HTTP, in a thread: for commands that run their own event loop.

Several nodes' real APIs over one ``tests.fakes.ordering.Ledger`` that runs on the machine's clock,
and proxies that change what one of them answers. Knows no consensus.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from aiohttp import web
from msgspec.structs import replace

from client.home import Home, create
from node.documents import genesis_text
from primitives.genesis import Genesis
from tests.builders import LIMITS, Person, a_genesis, a_mint
from tests.fakes.node import FakeNode, served
from tests.fakes.ordering import Ledger

T = TypeVar("T")
Change = Callable[[str, Any], Any]
"""A lie: (path, the honest JSON document) to what is answered."""

PASSPHRASE = b"correct horse battery staple"
WORDS = "legal winner thank year wave sausage worth useful legal winner thank yellow"
OTHER_WORDS = "letter advice cage absurd amount doctor acoustic avoid letter advice cage above"


def clock_ms() -> int:
    return time.time_ns() // 1_000_000


def a_genesis_of_now(issuers: dict[str, bytes] | None = None) -> Genesis:
    """Founded a minute ago; ``issuers``: partner code -> account id of its issuer."""
    now_ms = clock_ms() - 60_000
    genesis = a_genesis(limits=replace(LIMITS, reserve_attested=now_ms))
    partners = tuple(
        replace(p, roles=replace(p.roles, issuer=(issuers or {}).get(p.code, p.roles.issuer)))
        for p in genesis.partners
    )
    return replace(genesis, time=now_ms, partners=partners)


class Network:
    """``with Network(genesis) as network``: nodes listen until the end of the block."""

    def __init__(self, genesis: Genesis, nodes: int = 2) -> None:
        self.ledger = Ledger(genesis=genesis, now_ms=clock_ms)
        self.urls: list[str] = []
        self.nodes: list[FakeNode] = []
        self._count = nodes
        self._deposits = 0
        self._loop = asyncio.new_event_loop()
        self._stack = AsyncExitStack()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Network:
        self._thread.start()
        self.call(self._open)
        return self

    def __exit__(self, *_: object) -> None:
        self.call(self._stack.aclose)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def call(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function, or a coroutine function, where the nodes run."""

        async def run() -> Any:
            result = work(*arguments)
            return await result if asyncio.iscoroutine(result) else result

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(30)

    def liar(self, change: Change) -> str:
        """The URL of a node that passes the first node's answers on, changed."""
        return str(self.call(self._lie, change))

    def fund(self, *people: Person, points: int = 10_000) -> None:
        """0.01 LiqBon a point for each, minted by the first partner."""
        self.call(self._fund, people, points)

    def _fund(self, people: tuple[Person, ...], points: int) -> None:
        for person in people:
            self._deposits += 1
            mint = a_mint(
                "north",
                person,
                points,
                reference=f"deposit {self._deposits}",
                sequence=self._deposits - 1,
                valid_until=clock_ms() + 60_000,
                chain=self.ledger.executor.chain,
            )
            self.ledger.block(mint)

    async def _open(self) -> None:
        self.ledger.block()  # what is proven needs a certificate; genesis has none
        for _ in range(self._count):
            node = FakeNode(self.ledger)
            self.nodes.append(node)
            self.urls.append(await self._stack.enter_async_context(served(node)))

    async def _lie(self, change: Change) -> str:
        session = await self._stack.enter_async_context(aiohttp.ClientSession())

        async def answer(request: web.Request) -> web.StreamResponse:
            body = await request.read()
            async with session.request(
                request.method,
                self.urls[0] + str(request.rel_url),
                data=body,
                headers={"Content-Type": request.headers.get("Content-Type", "")} if body else {},
            ) as honest:
                document = change(request.path, json.loads(await honest.read()))
                return web.json_response(document, status=honest.status)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"


def a_home(path: Path, genesis: Genesis, nodes: list[str], words: str = WORDS) -> Home:
    """A wallet's or an issuer's home, its passphrase beside it in ``<path>.pass``."""
    path.with_suffix(".pass").write_bytes(PASSPHRASE + b"\n")
    return create(path, genesis_text(genesis), nodes, words, PASSPHRASE)


def forged_balance(path: str, document: Any) -> Any:
    """The lie of the story: a million for whoever asks."""
    if path.startswith("/v1/accounts/") and "balance" in document:
        document["balance"] = "1000000"
    return document
