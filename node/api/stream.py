"""The WebSocket: every certified height, in order, from wherever the client stopped.

Knows heights and backpressure: a client that reads slowly slows itself alone, and one that stops
reading is dropped. What a client sends is read and ignored.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Final

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from client.render import receipt_view
from client.views import ReceiptView, StreamItem
from node.api.bounds import Gate
from node.api.documents import block_view, proof_text
from node.api.parameters import STREAM, values_of
from node.api.past import expect_kept
from node.api.problems import ApiProblem
from node.api.seams import Api
from node.executor import ExecutedBlock
from primitives.certificate import StateCertificate
from primitives.receipt import Receipt

MAX_MESSAGE: Final = 1024
"""Bytes of what a client may send; nothing of it is used."""
HEARTBEAT_S: Final = 20.0
SEND_TIMEOUT_S: Final = 30.0
CLOSED_PRUNED: Final = 4410
"""Says that the height that comes next was let go of while the client was slow."""
BREATH: Final = 16
"""Heights after which a client that catches up lets others be served."""


class Streams:
    """All WebSocket clients of a node; a ``Follower`` of the executor."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._gate = Gate(api.limits.streams)
        self._news = asyncio.Event()
        self._sockets: dict[int, web.WebSocketResponse] = {}

    @property
    def count(self) -> int:
        """Clients there are."""
        return self._gate.inside

    def executed(self, block: ExecutedBlock) -> None:
        """Nothing is told before it is certified."""

    def certified(self, certificate: StateCertificate) -> None:  # noqa: ARG002  heights are read
        """Wake all clients."""
        self._news.set()
        self._news = asyncio.Event()

    async def close(self, _: object) -> None:
        """Say goodbye to everybody."""
        self._news.set()
        for socket in list(self._sockets.values()):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """``GET /v1/stream``."""
        values = values_of(STREAM, {}, request.query, self._api.network)
        if values["from"] is not None:
            expect_kept(self._api, values["from"])
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MAX_MESSAGE)
        if not socket.can_prepare(request):
            raise ApiProblem("body_malformed", "this path speaks WebSocket", status=426)
        if not self._gate.enter():
            raise ApiProblem("node_busy", "too many streams")
        try:
            await socket.prepare(request)
            self._sockets[id(socket)] = socket
            sending = asyncio.create_task(self._send_all(socket, values))
            try:
                await _listen(socket)
            finally:
                sending.cancel()
                with suppress(asyncio.CancelledError, ConnectionError, TimeoutError):
                    await sending
        finally:
            self._sockets.pop(id(socket), None)
            self._gate.leave()
        return socket

    async def _send_all(self, socket: web.WebSocketResponse, values: dict[str, Any]) -> None:
        height = values["from"] or self._api.executor.certified_height + 1
        while not socket.closed:
            news = self._news
            while height <= self._api.executor.certified_height:
                if height < self._api.executor.oldest:
                    await socket.close(code=CLOSED_PRUNED, message=b"pruned")
                    return
                item = msgspec.json.encode(self._item(height, values))
                try:
                    async with asyncio.timeout(SEND_TIMEOUT_S):
                        await socket.send_str(item.decode())
                except TimeoutError:
                    await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)
                    return
                height += 1
                if not height % BREATH:
                    await asyncio.sleep(0)
            await news.wait()

    def _item(self, height: int, values: dict[str, Any]) -> StreamItem:
        api = self._api
        record = api.executor.archive.block(height)
        assert record is not None, height
        certificate = api.executor.certificate_of(height)
        return StreamItem(
            block=block_view(record, api.partners_in(record.header.epoch), certificate is not None),
            receipts=_with_events(
                [receipt_view(receipt, api.network) for receipt in self._chosen(height, values)],
                values["events"],
            ),
            certificate=proof_text(certificate),
        )

    def _chosen(self, height: int, values: dict[str, Any]) -> list[Receipt]:
        receipts = self._api.executor.archive.receipts(height)
        assert receipts is not None, height
        if not values["receipts"]:
            return []
        account = values["address"]
        if account is None:
            return list(receipts.receipts)
        touching = self._api.queries.touching(account, height)
        return [receipts.receipts[place] for place in touching]


def _with_events(receipts: list[ReceiptView], types: frozenset[str] | None) -> list[ReceiptView]:
    """Those with an event of one of ``types``; all, if none were named."""
    if types is None:
        return receipts
    return [
        receipt
        for receipt in receipts
        if any(event.__struct_config__.tag in types for event in receipt.events)
    ]


async def _listen(socket: web.WebSocketResponse) -> None:
    """Until the client goes. Reading is what answers pings and notices that it went."""
    async for message in socket:
        if message.type in (WSMsgType.ERROR, WSMsgType.CLOSE):
            return
