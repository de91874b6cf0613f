"""Whatever is sent to the API, it answers with a document or a problem, and never breaks.

Requests are written to a socket byte by byte, so that no client library tidies them up first.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.views import Problem
from node.api.problems import CODES
from node.api.route import Route
from node.api.routes import ROUTES
from node.api.seams import ApiLimits
from primitives.address import address
from primitives.encoding import encode
from tests.builders import DAY_MS, GENESIS_TIME, a_person, a_transfer, an_id, raw
from tests.fakes import council, market, story
from tests.fakes.node import FakeNode, served_in_thread

ANN, BOB = a_person("ann"), a_person("bob")
LIMITS = ApiLimits(rate_per_s=10**9, burst=10**9)


class Reply(NamedTuple):
    """A response, as far as it was read."""

    status: int
    media_type: str
    body: bytes


class Target:
    """One connection at a time to a served node."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(self, method: str, target: str, body: bytes = b"", media_type: str = "") -> Reply:
        head = f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        if method == "POST":
            head += f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n"
        return self.exchange(head.encode("latin-1") + b"\r\n" + body)

    def exchange(self, request: bytes, hang_up: bool = False) -> Reply:
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(request)
            if hang_up:
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            while part := connection.recv(65_536):
                answer += part
        head, _, body = answer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        status = int(lines[0].split()[1]) if lines[0] else 0
        return Reply(status, fields.get("content-type", "").partition(";")[0], body)


def a_node() -> FakeNode:
    node = FakeNode(limits=LIMITS)
    story.spend(node.ledger)
    story.settle(node.ledger)
    node.ledger.block(node.ledger.transfer(ANN, (BOB, 20_000)))
    market.stock(node.ledger)
    council.stock(node.ledger, ANN)
    return node


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with served_in_thread(a_node) as url:
        yield Target(int(url.rpartition(":")[2]))


def judge(reply: Reply) -> None:
    """A document, or a problem with a known code; a 500 is our own mistake."""
    assert reply.status not in (0, 500), reply
    if reply.status >= 400:
        assert reply.media_type == "application/problem+json", reply
        problem = msgspec.json.decode(reply.body, type=Problem)
        assert problem.status == reply.status
        assert problem.code in CODES or reply.status in (409, 422), problem
        assert "Traceback" not in problem.detail
    else:
        assert reply.media_type == "application/json", reply
        msgspec.json.decode(reply.body)


texts = st.text(max_size=40).map(lambda text: quote(text, safe="", errors="replace"))
good = st.sampled_from(
    [
        "0",
        "1",
        "2",
        "99",
        "-1",
        "9" * 30,
        "1-0",
        "0-0",
        f"{2**64}-{2**64}",
        "final",
        "0" * 64,
        "ff" * 33,
        an_id("a coat").hex(),
        market.ESSAY.hex(),
        "north",
        "bonus",
        "open",
        "passed",
        "01,02",
        "4294967295",
        address(ANN.account, "tlqb"),
        address(market.BEN.account, "tlqb"),
        address(ANN.account, "lqb"),
        address(ANN.account, "tlqb").upper(),
    ]
)
values = st.one_of(texts, good)
names = st.one_of(
    texts,
    st.sampled_from(
        [
            "proof",
            "limit",
            "cursor",
            "channel",
            "wait",
            "timeout",
            "batches",
            "from",
            "address",
            "id",
            "keys",
            "partner",
            "status",
            "cycle",
            "events",
            "account",
        ]
    ),
)
queries = st.lists(st.tuples(names, values), max_size=3)


def with_query(path: str, query: list[tuple[str, str]]) -> str:
    return path + ("?" + "&".join(f"{name}={value}" for name, value in query) if query else "")


@settings(max_examples=400)
@given(
    route=st.sampled_from([route for route in ROUTES if route.method == "GET"]),
    value=values,
    query=queries,
)
def test_any_question_has_an_answer(
    target: Target, route: Route, value: str, query: list[tuple[str, str]]
) -> None:
    names = ("id", "address", "key", "height", "digest")
    more = ("partner", "programme", "invoice", "cycle", "place", "campaign", "order", "content")
    named = dict.fromkeys((*names, *more, "proposal"), value)
    path = route.path.format(**named)
    judge(target.ask("GET", with_query(path, query)))


@settings(max_examples=100)
@given(path=st.lists(values, max_size=4).map("/".join), query=queries)
def test_any_path_has_an_answer(target: Target, path: str, query: list[tuple[str, str]]) -> None:
    judge(target.ask("GET", with_query("/" + path.lstrip("/"), query)))


def nested(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(children, max_size=4), st.dictionaries(st.text(max_size=12), children, max_size=3)
    )


leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.binary(max_size=40),
)
shapes = st.recursive(leaves, nested, max_leaves=10)
payment = raw(
    a_transfer(ANN, (BOB, 20_000), sequence=2, valid_until=GENESIS_TIME + story.CYCLE_MS + DAY_MS)
)
broken_payments = st.builds(
    lambda place, bit, cut: (
        payment[:place] + bytes([payment[place] ^ 1 << bit]) + payment[place + 1 : cut]
    ),
    st.integers(0, len(payment) - 1),
    st.integers(0, 7),
    st.integers(0, len(payment)),
)
bodies = st.one_of(
    st.binary(max_size=300),
    shapes.map(msgspec.msgpack.encode),
    shapes.map(msgspec.json.encode),
    broken_payments,
    broken_payments.map(lambda each: encode([each])),
    broken_payments.map(lambda each: msgspec.json.encode({"transaction": each})),
    broken_payments.map(lambda each: msgspec.json.encode([each])),
)
media_types = st.sampled_from(
    ["application/json", "application/msgpack", "application/octet-stream", "text/plain", "", "%"]
)


@settings(max_examples=400)
@given(
    path=st.sampled_from(["/v1/transactions", "/v1/transactions/batch"]),
    body=bodies,
    media_type=media_types,
    query=st.one_of(st.just([]), st.just([("wait", "final"), ("timeout", "0.01")]), queries),
)
def test_any_body_has_an_answer_and_no_effect(
    target: Target, path: str, body: bytes, media_type: str, query: list[tuple[str, str]]
) -> None:
    reply = target.ask("POST", with_query(path, query), body, media_type)
    judge(reply)
    assert reply.status != 202
    if reply.status == 200:
        assert all(result["status"] != 202 for result in msgspec.json.decode(reply.body))


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_bytes_that_are_no_request_do_not_stop_the_server(target: Target, noise: bytes) -> None:
    target.exchange(noise + b"\r\n\r\n", hang_up=True)
    assert target.ask("GET", "/health/live").status == 200
