"""A process that hands out a finished chain: ``python -m benchmarks.shelf DIRECTORY``.

Prints the port that it listens on, and ends when its input does. Answers what an audit asks a node,
from the bytes that a node keeps; ``/asked`` tells the newest height that was asked for.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Final

import msgspec
import uvloop
from aiohttp import web

from benchmarks import founders
from client.fields import Page, format_time
from client.raw import RawBlock, RawOrdered
from client.views import EvidenceView, StatusView
from node.api.serving import serve
from node.archive import HEAD_KEY, Archive
from node.store import LevelStore
from primitives.encoding import encode
from primitives.genesis import chain_id
from primitives.vote import PROTOCOL_VERSION

CONNECTIONS: Final = 64


class Shelf:
    """An archive behind the few paths that an audit asks."""

    def __init__(self, store: LevelStore) -> None:
        self.archive = Archive(store)
        self.top = int.from_bytes(store.get(HEAD_KEY) or b"", "big")
        self.asked = 0

    def app(self) -> web.Application:
        """The paths."""
        app = web.Application()
        app.router.add_get("/v1/status", self._status)
        app.router.add_get("/v1/blocks/{height}", self._block)
        app.router.add_get("/v1/evidence", self._evidence)
        app.router.add_get("/asked", self._asked)
        return app

    async def _status(self, _: web.Request) -> web.Response:
        record = self.archive.block(self.top)
        assert record is not None
        genesis = founders.genesis()
        view = StatusView(
            chain=chain_id(genesis).hex(),
            network=genesis.network,
            name=genesis.name,
            software="benchmark",
            protocol=PROTOCOL_VERSION,
            partner=None,
            index=None,
            epoch=0,
            view=record.header.view,
            final_height=self.top,
            executed_height=self.top,
            history="everything",
            oldest_height=0,
            certified_height=self.top,
            time=format_time(record.header.time),
            state_root=record.state_root.hex(),
            ready=True,
            halted=None,
            pending=0,
            peers=[],
            certificate=None,
            beat=None,
        )
        return web.Response(body=msgspec.json.encode(view), content_type="application/json")

    def raw(self, height: int) -> RawBlock | None:
        """A block, as a node hands it out."""
        record, receipts = self.archive.block(height), self.archive.receipts(height)
        if record is None or receipts is None:
            return None
        order = tuple(RawOrdered(each.lane, each.digest) for each in record.batches)
        found = (self.archive.batch_bytes(each.digest) for each in record.batches)
        batches = tuple(batch for batch in found if batch is not None)
        certificate = self.archive.certificate(height)
        return RawBlock(record.header, order, batches, receipts.receipts, certificate)

    async def _block(self, request: web.Request) -> web.Response:
        height = int(request.match_info["height"])
        self.asked = max(self.asked, height)
        block = self.raw(height)
        if block is None:
            raise web.HTTPNotFound
        return web.Response(body=encode(block), content_type="application/msgpack")

    async def _evidence(self, _: web.Request) -> web.Response:
        page = Page[EvidenceView](items=[], next=None)
        return web.Response(body=msgspec.json.encode(page), content_type="application/json")

    async def _asked(self, _: web.Request) -> web.Response:
        return web.Response(text=str(self.asked))


async def _serve(directory: Path) -> None:
    store = LevelStore.open(directory)
    serving = await serve(Shelf(store).app(), "127.0.0.1", 0, CONNECTIONS)
    print(serving.port, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await serving.close()
    store.close()


if __name__ == "__main__":
    uvloop.run(_serve(Path(sys.argv[1])))
