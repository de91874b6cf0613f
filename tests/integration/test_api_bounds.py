"""Bad requests get a problem with a code, too many get told when to come back, nothing leaks."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import msgspec
import pytest
from aiohttp import web

from client.views import Problem
from node.api.bounds import Gate, RateLimiter
from node.api.problems import CODES, ApiProblem
from node.api.seams import ApiLimits
from node.api.serving import serve
from primitives.address import address
from tests.builders import a_person, raw
from tests.fakes.node import FakeNode, served

ANN, BOB = a_person("ann"), a_person("bob")
MAIN_NET = address(ANN.account, "lqb")
GOOD = address(ANN.account, "tlqb")
TYPO = GOOD[:-1] + ("q" if GOOD[-1] != "q" else "p")


@asynccontextmanager
async def site(
    limits: ApiLimits | None = None,
) -> AsyncIterator[tuple[FakeNode, str, aiohttp.ClientSession]]:
    node = FakeNode(limits=limits)
    node.ledger.fund(ANN)
    async with served(node) as url, aiohttp.ClientSession() as session:
        yield node, url, session


async def problem_of(answer: aiohttp.ClientResponse) -> Problem:
    assert answer.content_type == "application/problem+json"
    problem = msgspec.json.decode(await answer.read(), type=Problem)
    assert problem.status == answer.status
    assert problem.type == f"urn:liqbon:problem:{problem.code}"
    return problem


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/", 404, "path_unknown"),
        ("/v1/nothing", 404, "path_unknown"),
        ("/v1/transactions", 405, "method_not_allowed"),
        (f"/v1/transactions/{'0' * 64}", 404, "transaction_unknown"),
        (f"/v1/transactions/{'0' * 63}", 400, "parameter_malformed"),
        (f"/v1/transactions/{'A' * 64}", 400, "parameter_malformed"),
        (f"/v1/accounts/{GOOD}?proof=yes", 400, "parameter_malformed"),
        (f"/v1/accounts/{GOOD}?proof=1&proof=1", 400, "parameter_repeated"),
        (f"/v1/accounts/{GOOD}?colour=red", 400, "parameter_unknown"),
        (f"/v1/accounts/{GOOD}?channel=256", 400, "parameter_malformed"),
        (f"/v1/accounts/{GOOD}?channel=-1", 400, "parameter_malformed"),
        (f"/v1/accounts/{GOOD}?channel=01", 400, "parameter_malformed"),
        (f"/v1/accounts/{GOOD}?address={GOOD}", 400, "parameter_unknown"),
        (f"/v1/accounts/{MAIN_NET}", 400, "address_network"),
        (f"/v1/accounts/{TYPO}", 400, "address_checksum"),
        ("/v1/accounts/someone", 400, "address_malformed"),
        (f"/v1/accounts/{GOOD}/transactions?limit=0", 400, "parameter_malformed"),
        (f"/v1/accounts/{GOOD}/transactions?limit=101", 400, "parameter_malformed"),
        (f"/v1/accounts/{GOOD}/transactions?cursor=1", 400, "cursor_malformed"),
        (f"/v1/accounts/{GOOD}/transactions?cursor=a-b", 400, "cursor_malformed"),
        ("/v1/blocks?cursor=99", 400, "cursor_malformed"),
        ("/v1/partners?cursor=1-2", 400, "cursor_malformed"),
        ("/v1/blocks/99", 404, "block_unknown"),
        ("/v1/blocks/-1", 400, "parameter_malformed"),
        (f"/v1/blocks/{2**53 + 1}", 400, "parameter_malformed"),
        (f"/v1/blocks/{'9' * 5000}", 400, "parameter_malformed"),
        (f"/v1/batches/{'0' * 64}", 404, "batch_unknown"),
        ("/v1/certificates/0", 404, "certificate_unknown"),
        ("/v1/state/zz", 400, "parameter_malformed"),
        (f"/v1/state/{'00' * 129}", 400, "parameter_malformed"),
        ("/v1/stream?from=0", 400, "parameter_malformed"),
        ("/v1/stream", 426, "body_malformed"),
    ],
)
async def test_a_bad_question_is_a_problem_with_its_code(path: str, status: int, code: str) -> None:
    async with site() as (_, url, session), session.get(url + path) as answer:
        problem = await problem_of(answer)
        assert (problem.status, problem.code) == (status, code)
        if status == 405:
            assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("path", "media_type", "body", "status", "code"),
    [
        ("", "text/plain", b"", 415, "media_type_unknown"),
        ("", "application/json", b"", 400, "body_malformed"),
        ("", "application/json", b"[" * 20_000, 400, "body_malformed"),
        ("", "application/json", b'{"transaction": "', 400, "body_malformed"),
        ("", "application/json", b'{"transaction": 5}', 400, "body_malformed"),
        ("", "application/json", b'{"transaction": "AA"}', 400, "body_malformed"),
        ("", "application/json", b'{"transaction": "AB=="}', 400, "body_malformed"),
        ("", "application/json", b'{"transaction": "AA==", "x": 1}', 400, "body_malformed"),
        ("", "application/json", b'\xff{"transaction": "AA=="}', 400, "body_malformed"),
        ("", "application/json", b'{"transaction": "\xff"}', 400, "body_malformed"),
        ("", "application/json", b'{"transaction": ""}', 422, "malformed"),
        ("", "application/msgpack", b"", 422, "malformed"),
        ("", "application/msgpack", b"\x91" * 30_000, 422, "malformed"),
        ("", "application/msgpack", b"x" * 70_000, 413, "body_oversized"),
        ("?wait=now", "application/msgpack", b"x", 400, "parameter_malformed"),
        ("?timeout=1e3", "application/msgpack", b"x", 400, "parameter_malformed"),
        ("?timeout=-1", "application/msgpack", b"x", 400, "parameter_malformed"),
        ("/batch", "application/msgpack", b"\x90", 400, "body_malformed"),
        ("/batch", "application/msgpack", b"\xc4\x01a", 400, "body_malformed"),
        ("/batch", "application/msgpack", b"\x91\xa1a", 400, "body_malformed"),
        ("/batch", "application/msgpack", b"\xdd\xff\xff\xff\xff", 400, "body_malformed"),
        ("/batch", "application/json", b'["AA", "AA=="]', 400, "body_malformed"),
        ("/batch", "application/json", b"{}", 400, "body_malformed"),
        ("/batch", "application/json", msgspec.json.encode([""] * 1001), 400, "body_malformed"),
    ],
)
async def test_a_bad_body_is_a_problem_with_its_code(
    path: str, media_type: str, body: bytes, status: int, code: str
) -> None:
    headers = {"Content-Type": media_type}
    async with site() as (node, url, session):
        target = f"{url}/v1/transactions{path}"
        async with session.post(target, data=body, headers=headers) as answer:
            problem = await problem_of(answer)
            assert (problem.status, problem.code) == (status, code)
        assert node.ingress.accepted == 0


async def test_a_body_without_a_length_is_bounded_too() -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    headers = {"Content-Type": "application/msgpack"}
    async with site() as (_, url, session):
        target = url + "/v1/transactions"
        async with session.post(target, data=endless(), headers=headers) as answer:
            assert (await problem_of(answer)).code == "body_oversized"


async def test_every_code_of_the_api_has_its_status() -> None:
    for code, (status, title) in CODES.items():
        problem = ApiProblem(code)
        document = msgspec.json.decode(problem.document(), type=Problem)
        assert (document.code, document.status, document.title) == (code, status, title)
        assert (problem.retry_s is not None) == (status in (429, 503))


async def test_our_own_mistake_is_a_500_that_shows_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with site() as (node, url, session):

        def broken(_: bytes) -> None:
            raise RuntimeError("secret detail")

        monkeypatch.setattr(node.api.executor, "place_of", broken)
        async with session.get(f"{url}/v1/transactions/{'0' * 64}") as answer:
            body = await answer.text()
            assert (await problem_of(answer)).code == "internal_error"
            assert "secret" not in body
            assert "Traceback" not in body


async def test_who_asks_too_often_is_told_to_come_back() -> None:
    limits = ApiLimits(rate_per_s=1, burst=3)
    async with site(limits) as (_, url, session):
        for _ in range(3):
            async with session.get(url + "/health/live") as answer:
                assert answer.status == 200
        async with session.get(url + "/health/live") as answer:
            assert (await problem_of(answer)).code == "rate_limited"
            assert int(answer.headers["Retry-After"]) >= 1


async def test_only_so_many_are_inside_at_once() -> None:
    async with site(ApiLimits(requests_at_once=1)) as (node, url, session):
        node.ledger.hold = True
        body = raw(node.ledger.transfer(ANN, (BOB, 20_000)))
        headers = {"Content-Type": "application/msgpack"}
        target = url + "/v1/transactions?wait=final&timeout=5"
        waiting = asyncio.create_task(session.post(target, data=body, headers=headers))
        while not node.ingress.pending_count:  # noqa: ASYNC110  seen from outside
            await asyncio.sleep(0.001)
        async with session.get(url + "/health/live") as answer:
            assert (await problem_of(answer)).code == "node_busy"
        node.ledger.release()
        assert (await waiting).status == 200
        async with session.get(url + "/health/live") as answer:
            assert answer.status == 200


async def test_connections_beyond_the_bound_are_closed_at_once() -> None:
    async with site(ApiLimits(connections=2)) as (_, url, _):
        port = int(url.rpartition(":")[2])
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]
        await asyncio.sleep(0.05)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
        for each in held:
            each.close()
        await asyncio.sleep(0.05)
        async with aiohttp.ClientSession() as session, session.get(url + "/health/live") as answer:
            assert answer.status == 200


async def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_behind() -> None:
    app = web.Application()
    first = await serve(app, "127.0.0.1", 0, 10)
    with pytest.raises(OSError, match="in use"):
        await serve(web.Application(), "127.0.0.1", first.port, 10)
    await first.close()


async def test_a_page_of_another_origin_may_ask() -> None:
    async with site() as (_, url, session):
        async with session.options(url + "/v1/transactions") as answer:
            assert answer.status == 204
            assert "POST" in answer.headers["Access-Control-Allow-Methods"]
        async with session.get(url + "/v1/nothing") as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_rate_is_kept_in_the_long_run_and_forgets_the_oldest() -> None:
    now_s = 0.0
    limiter = RateLimiter(10, 5, 2, lambda: now_s)
    assert [limiter.allows("a") for _ in range(6)] == [True] * 5 + [False]
    assert limiter.allows("b")
    now_s = 0.25
    assert [limiter.allows("a") for _ in range(3)] == [True, True, False]
    now_s = 1_000.0
    assert [limiter.allows("a") for _ in range(6)] == [True] * 5 + [False]
    limiter.allows("c")
    limiter.allows("d")
    assert limiter.allows("a"), "a was forgotten, and starts anew"


def test_a_gate_counts_who_is_inside() -> None:
    gate = Gate(1)
    assert gate.enter()
    assert not gate.enter()
    gate.leave()
    assert gate.enter()
