"""One node over HTTP: every answer is bounded, whole, and a document, or a fault with its blame."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from client import http
from client.errors import Fault, Lie, Refusal, Silent
from client.http import HttpNode, open_nodes

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def a_node(handler: Handler, timeout_s: float = 2.0) -> AsyncIterator[HttpNode]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with open_nodes([url], timeout_s) as [node]:
            yield node
    finally:
        await runner.cleanup()


def answering(body: bytes, status: int = 200, **headers: str) -> Handler:
    async def handler(_: web.Request) -> web.StreamResponse:
        return web.Response(body=body, status=status, headers=headers)

    return handler


PROBLEM = b'{"type":"t","title":"t","status":1,"code":"some_code","detail":"d","transaction":null}'

ANSWERS: list[tuple[str, Handler, type[Fault], str]] = [
    ("no JSON", answering(b"hello"), Lie, "answer_malformed"),
    ("another document", answering(b"{}"), Lie, "answer_malformed"),
    ("nothing", answering(b""), Lie, "answer_malformed"),
    ("endless nesting", answering(b"[" * 100_000), Lie, "answer_malformed"),
    ("half a character", answering(b'{"chain": "\xc3'), Lie, "answer_malformed"),
    ("compressed", answering(b"x", **{"Content-Encoding": "gzip"}), Lie, "answer_malformed"),
    ("a redirect", answering(b"", 302, Location="http://evil/"), Lie, "answer_malformed"),
    ("a refusal", answering(PROBLEM, 422), Refusal, "some_code"),
    ("a refusal in prose", answering(b"no!", 400), Refusal, "http_400"),
    ("busy", answering(PROBLEM, 429, **{"Retry-After": "1"}), Silent, "busy"),
    ("overloaded", answering(PROBLEM, 503), Silent, "busy"),
    ("broken", answering(b"oops", 500), Silent, "server_error"),
]


@pytest.mark.parametrize(("_name", "handler", "kind", "code"), ANSWERS, ids=lambda v: str(v)[:20])
async def test_what_is_no_answer_is_a_fault(
    _name: str, handler: Handler, kind: type[Fault], code: str
) -> None:
    async with a_node(handler) as node:
        with pytest.raises(kind) as caught:
            await node.status()
        assert caught.value.code == code


async def test_an_answer_longer_than_any_is_not_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http, "MAX_ANSWER", 1_000_000)
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(1_000):
            await response.write(b" " * 100_000)
            sent += 100_000
        return response

    async with a_node(endless) as node:
        with pytest.raises(Lie, match="answer_oversized"):
            await node.status()
    assert sent < 50_000_000


async def test_an_answer_that_breaks_off_is_a_lie() -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"chain": ')
        assert request.transport is not None
        request.transport.abort()
        return response

    async with a_node(broken) as node:
        with pytest.raises(Lie, match="answer_cut_off"):
            await node.status()


async def test_a_node_that_is_silent_costs_its_timeout_and_no_more() -> None:
    async def silent(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(30)
        raise AssertionError

    async with a_node(silent, timeout_s=0.2) as node:
        started = asyncio.get_running_loop().time()
        with pytest.raises(Silent, match="timeout"):
            await node.status()
        assert asyncio.get_running_loop().time() - started < 2


async def test_a_node_that_drips_is_cut_off_by_the_same_timeout() -> None:
    async def dripping(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.05)

    async with a_node(dripping, timeout_s=0.3) as node:
        with pytest.raises(Silent, match="timeout"):
            await node.status()


async def test_nobody_listening_is_unreachable() -> None:
    async with open_nodes(["http://127.0.0.1:1"], 1) as [node]:
        with pytest.raises(Silent, match="unreachable"):
            await node.status()


@pytest.mark.parametrize("url", ["http://", "http://[", "http://x y", "http://127.0.0.1:99999"])
async def test_an_address_that_is_none_is_unreachable(url: str) -> None:
    async with open_nodes([url], 1) as [node]:
        with pytest.raises(Silent):
            await node.status()


async def test_an_unknown_transaction_is_none_and_a_known_one_is_no_refusal() -> None:
    async with a_node(answering(PROBLEM, 404)) as node:
        assert await node.transaction(bytes(32)) is None
    async with a_node(answering(PROBLEM, 409)) as node:
        assert await node.submit(b"x", 1) is None
    async with a_node(answering(b"", 202)) as node:
        assert await node.submit(b"x", 1) is None


async def test_a_bulk_answer_with_other_than_a_result_each_is_a_lie() -> None:
    async with a_node(answering(b"[]")) as node:
        with pytest.raises(Lie, match="answer_cut_off"):
            await node.submit_many([b"x"])


async def test_an_empty_or_oversized_bulk_is_our_own_mistake() -> None:
    async with open_nodes(["http://127.0.0.1:1"], 1) as [node]:
        for raws in ([], [b"x"] * 1_001):
            with pytest.raises(ValueError, match="1 to 1000"):
                await node.submit_many(raws)
