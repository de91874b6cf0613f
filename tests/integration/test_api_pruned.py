"""What a node says of a past that it has let go of, to everybody who asks for it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import msgspec
import pytest

from client.fields import Page
from client.http import open_nodes
from client.views import BlockView, FellDueView, HistoryItem, Problem, StatusView
from node.api.stream import CLOSED_PRUNED
from node.queries import Queries
from tests.builders import SECOND_MS, a_person
from tests.fakes.node import FakeNode, served
from tests.fakes.site import MSGPACK, Site
from tests.pruned import LEAST, pruned

ANN, BOB = a_person("ann"), a_person("bob")
BLOCKS = 20


def a_node() -> FakeNode:
    """One transfer a height; all but the newest ``LEAST`` are gone."""
    node = FakeNode()
    node.ledger.fund(ANN)
    for _ in range(BLOCKS):
        node.ledger.block(node.ledger.transfer(ANN, (BOB, 20_000)))
    return node


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    node = a_node()
    first = Queries(node.ledger.executor).history(ANN.account, None, 100)[-2]
    digest = first.record.batches[0].digest
    assert pruned(node.ledger.executor, SECOND_MS) == OLDEST
    async with served(node) as url, aiohttp.ClientSession() as session:
        site = Site(node, session, url)
        site.node.gone = (first.decoded.id, digest)  # type: ignore[attr-defined]
        yield site


TOP = BLOCKS + 1
OLDEST = TOP - LEAST + 1


async def problem_of(site: Site, path: str) -> Problem:
    status, body = await site.get(path)
    problem = msgspec.json.decode(body, type=Problem)
    assert problem.status == status
    return problem


@pytest.mark.parametrize("path", ["blocks/0", "blocks/1", f"blocks/{OLDEST - 1}", "certificates/2"])
async def test_a_height_that_is_gone_is_gone(site: Site, path: str) -> None:
    """[SYNC-4] And raw bytes are refused alike."""
    problem = await problem_of(site, f"/v1/{path}")
    assert (problem.status, problem.code, problem.oldest) == (410, "pruned", OLDEST)
    assert "ask an archive node" in problem.detail
    status, _ = await site.get(f"/v1/{path}", **MSGPACK)
    assert status == 410
    async with open_nodes([site.url], 5) as [node]:
        with pytest.raises(Exception, match=r"pruned: .*archive node"):
            await node.raw(f"/{path}", 1024)


async def test_a_height_that_never_was_is_unknown_as_ever(site: Site) -> None:
    assert await site.refused(f"/v1/blocks/{TOP + 1}") == (404, "block_unknown")
    assert await site.refused(f"/v1/certificates/{TOP + 1}") == (404, "certificate_unknown")
    assert (await site.get(f"/v1/blocks/{OLDEST}"))[0] == 200
    assert (await site.get(f"/v1/certificates/{OLDEST}"))[0] == 200


async def test_of_an_id_nobody_knows_whether_it_was(site: Site) -> None:
    """The node cannot tell what is gone from what never was; it says how far back it knows."""
    id_, digest = site.node.gone  # type: ignore[attr-defined]
    for path, code in (
        (f"transactions/{id_.hex()}", "transaction_unknown"),
        (f"transactions/{'ab' * 32}", "transaction_unknown"),
        (f"batches/{digest.hex()}", "batch_unknown"),
    ):
        problem = await problem_of(site, f"/v1/{path}")
        assert (problem.status, problem.code, problem.oldest) == (404, code, OLDEST)
        assert "ask an archive node" in problem.detail
    whole = FakeNode()
    async with served(whole) as url:
        problem = await problem_of(site._replace(url=url), f"/v1/transactions/{id_.hex()}")
    assert (problem.status, problem.oldest, problem.detail) == (404, None, "")


async def test_lists_end_where_the_past_does_and_say_so(site: Site) -> None:
    blocks = await site.document("/v1/blocks?limit=2", Page[BlockView])
    assert ([b.height for b in blocks.items], blocks.oldest) == ([TOP, TOP - 1], None)
    rest = await site.document(f"/v1/blocks?limit=2&cursor={blocks.next}", Page[BlockView])
    assert ([b.height for b in rest.items], rest.next, rest.oldest) == ([OLDEST], None, OLDEST)
    below = await site.document("/v1/blocks?cursor=2", Page[BlockView])
    assert (below.items, below.next, below.oldest) == ([], None, OLDEST)
    path = f"/v1/accounts/{site.named(ANN)}/transactions"
    history = await site.document(f"{path}?limit=2&proof=1", Page[HistoryItem])
    assert (len(history.items), history.oldest) == (2, None)
    assert all(item.proof for item in history.items)
    rest = await site.document(f"{path}?limit=2&cursor={history.next}", Page[HistoryItem])
    assert (len(rest.items), rest.next, rest.oldest) == (LEAST - 2, None, OLDEST)
    below = await site.document(f"{path}?cursor=2-0", Page[HistoryItem])
    assert (below.items, below.next, below.oldest) == ([], None, OLDEST)
    due = await site.document(f"/v1/accounts/{site.named(ANN)}/due", Page[FellDueView])
    assert (due.items, due.oldest) == ([], OLDEST)


async def test_status_says_how_much_is_kept(site: Site) -> None:
    status = await site.document("/v1/status", StatusView)
    assert (status.history, status.oldest_height) == ("everything", OLDEST)


async def test_a_stream_from_a_height_that_is_gone_is_refused(site: Site) -> None:
    problem = await problem_of(site, f"/v1/stream?from={OLDEST - 1}")
    assert (problem.status, problem.code, problem.oldest) == (410, "pruned", OLDEST)
    async with site.session.ws_connect(f"{site.url}/v1/stream?from={OLDEST}") as socket:
        assert f'"height":{OLDEST}' in await socket.receive_str(timeout=5)


async def test_a_reader_whom_pruning_overtakes_is_told_so() -> None:
    node = a_node()
    async with served(node) as url, aiohttp.ClientSession() as session:
        async with session.ws_connect(f"{url}/v1/stream?from={TOP}") as socket:
            assert f'"height":{TOP}' in await socket.receive_str(timeout=5)
            node.ledger.executor.archive.oldest = TOP + 2
            node.ledger.block()
            message = await socket.receive(timeout=5)
        assert (socket.close_code, message.extra) == (CLOSED_PRUNED, "pruned")
