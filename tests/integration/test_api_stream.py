"""The stream sends every certified height once, in order, from wherever it was left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import msgspec
import pytest

from client.fields import from_base64
from client.views import (
    CampaignClosedView,
    CampaignOpenedView,
    ContentLikedView,
    CycleClosedView,
    MintedView,
    OrderEndedView,
    RedeemedView,
    RefundedView,
    StreamItem,
)
from node.api.seams import ApiLimits
from primitives.address import address
from primitives.certificate import StateCertificate, check_certificate
from primitives.encoding import decode
from primitives.keys import ED25519
from tests.builders import DAY_MS, a_person, a_role
from tests.fakes import market, story
from tests.fakes.node import FakeNode, served

ANN, BOB, CARL = (a_person(name) for name in ("ann", "bob", "carl"))


@asynccontextmanager
async def streaming(
    node: FakeNode, query: str = ""
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with (
        served(node) as url,
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{url}/v1/stream{query}") as socket,
    ):
        yield socket


async def item(socket: aiohttp.ClientWebSocketResponse) -> StreamItem:
    return msgspec.json.decode(await socket.receive_str(timeout=5), type=StreamItem)


def a_node(limits: ApiLimits | None = None) -> FakeNode:
    node = FakeNode(limits=limits)
    node.ledger.fund(ANN)
    return node


async def test_new_heights_come_as_they_are_certified() -> None:
    node = a_node()
    async with streaming(node) as socket:
        await asyncio.sleep(0.02)
        node.ledger.block(node.ledger.transfer(ANN, (BOB, 20_000)))
        first = await item(socket)
        assert (first.block.height, len(first.receipts)) == (2, 1)
        certificate = decode(StateCertificate, from_base64(first.certificate or ""))
        chain, members = node.ledger.executor.chain, node.ledger.committee.members
        check_certificate(chain, members, ED25519, certificate)
        assert certificate.attestation.height == 2
        node.ledger.attest = False
        executed = node.ledger.block()
        waiting = asyncio.create_task(item(socket))
        await asyncio.sleep(0.02)
        assert not waiting.done(), "nothing is told before a quorum attested it"
        node.ledger.certify(executed)
        assert (await waiting).block.height == 3


async def test_a_stream_resumes_at_any_height_without_gap_or_repetition() -> None:
    node = a_node()
    for _ in range(40):
        node.ledger.block()
    async with streaming(node, "?from=3") as socket:
        heights = [(await item(socket)).block.height for _ in range(39)]
        node.ledger.block()
        heights.append((await item(socket)).block.height)
    assert heights == list(range(3, 43))


async def test_receipts_are_filtered_by_account_or_left_out() -> None:
    node = a_node()
    node.ledger.block(
        node.ledger.transfer(ANN, (BOB, 20_000)),
        node.ledger.transfer(ANN, (CARL, 20_000)),
        node.ledger.transfer(ANN, (BOB, 20_000)),
    )
    query = f"?from=2&address={address(BOB.account, 'tlqb')}"
    async with streaming(node, query) as socket:
        found = await item(socket)
        assert (found.block.receipts, len(found.receipts)) == (3, 2)
    node = a_node()
    async with streaming(node, "?from=1&receipts=0") as socket:
        assert (await item(socket)).receipts == []


async def test_receipts_are_filtered_by_what_happened() -> None:
    """What falls due has no account and is found by its events all the same ([LEDGER-27])."""
    node = a_node()
    story.spend(node.ledger)
    story.settle(node.ledger)
    first = "?from=2&events=redeemed,cycle_closed"
    async with streaming(node, first) as socket:
        found = [await item(socket) for _ in range(node.ledger.executor.height - 1)]
    told = [event for each in found for receipt in each.receipts for event in receipt.events]
    assert RedeemedView(partner="east", amount="30", redeemed="30") in told
    assert CycleClosedView(cycle=1, claims="25", obligations=1) in told
    assert not any(isinstance(event, RefundedView | MintedView) for event in told)
    till = address(a_role("east", "cashier").account, "tlqb")
    async with streaming(node, f"?from=2&events=redeemed,refunded&address={till}") as socket:
        found = [await item(socket) for _ in range(node.ledger.executor.height - 1)]
    assert [len(each.receipts) for each in found] == [0, 1, 1, 0]


async def test_campaigns_orders_and_likes_are_told_to_whom_they_touch() -> None:
    """[LEDGER-42], [LEDGER-45]: what fell due by itself too, if it paid somebody."""
    node = FakeNode(market.opened())
    campaign = market.given(node.ledger)
    order = market.ordered(node.ledger, is_shipped=True)
    market.liked(node.ledger)
    node.ledger.pass_time(21 * DAY_MS)
    heights = node.ledger.executor.height - 1

    async def told(query: str) -> list[object]:
        async with streaming(node, f"?from=2&{query}") as socket:
            found = [await item(socket) for _ in range(heights)]
        return [event for each in found for receipt in each.receipts for event in receipt.events]

    ended = OrderEndedView(order=order.hex(), to_buyer="0", to_promoter="1")
    returned = CampaignClosedView(campaign=campaign.hex(), returned="7.5")
    liked = ContentLikedView(content=market.ESSAY.hex(), likes=1, amount="0.25")
    seller = await told(f"address={address(market.BEN.account, 'tlqb')}")
    assert ended in seller
    assert liked in seller
    assert returned not in seller
    assert await told(f"address={address(market.SUE.account, 'tlqb')}") == [
        CampaignOpenedView(campaign=campaign.hex(), budget="10"),
        returned,
    ]
    assert set(await told("events=order_ended,campaign_closed")) == {ended, returned}
    states = [event.status for event in await told("events=order_moved")]  # type: ignore[attr-defined]
    assert states == ["open", "shipped"]


@pytest.mark.parametrize("events", ["", "paid", "redeemed,", "redeemed,,refunded", "Redeemed"])
async def test_events_that_there_are_not_are_refused(events: str) -> None:
    node = a_node()
    async with served(node) as url, aiohttp.ClientSession() as session:
        path = f"{url}/v1/stream?events={events}"
        async with session.get(path, headers=_upgrade()) as answer:
            assert (answer.status, (await answer.json())["code"]) == (400, "parameter_malformed")


async def test_what_a_client_sends_is_ignored_and_bounded() -> None:
    node = a_node()
    async with streaming(node, "?from=1") as socket:
        await socket.send_str("hello")
        assert (await item(socket)).block.height == 1
        await socket.send_str("x" * 10_000)
        message = await socket.receive(timeout=5)
        assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)


async def test_there_are_only_so_many_streams_and_their_places_are_given_back() -> None:
    node = a_node(ApiLimits(streams=1))
    async with served(node) as url, aiohttp.ClientSession() as session:
        for _ in range(3):
            async with session.ws_connect(url + "/v1/stream?from=1") as socket:
                await item(socket)
                async with session.get(url + "/v1/stream", headers=_upgrade()) as answer:
                    assert answer.status == 503
            await asyncio.sleep(0.05)


def _upgrade() -> dict[str, str]:
    return {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }


async def test_a_node_that_stops_says_goodbye() -> None:
    node = a_node()
    async with aiohttp.ClientSession() as session:
        async with served(node) as url:
            socket = await session.ws_connect(url + "/v1/stream?from=1")
            await item(socket)
        message = await socket.receive(timeout=5)
        assert message.type == aiohttp.WSMsgType.CLOSE
        await socket.close()
