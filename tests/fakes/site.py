"""A served node and one HTTP session to it, with the questions that tests ask most."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import aiohttp
import msgspec

from tests.fakes.node import FakeNode

MSGPACK: Final = {"Accept": "application/msgpack"}


class Site(NamedTuple):
    """A node that is served, and how to ask it."""

    node: FakeNode
    session: aiohttp.ClientSession
    url: str

    async def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        async with self.session.get(self.url + path, headers=headers) as answer:
            return answer.status, await answer.read()

    async def raw(self, path: str) -> bytes:
        async with self.session.get(self.url + path, headers=MSGPACK) as answer:
            assert answer.status == 200, await answer.read()
            assert answer.content_type == "application/msgpack"
            return await answer.read()

    async def document(self, path: str, kind: Any) -> Any:
        status, body = await self.get(path)
        assert status == 200, body
        return msgspec.json.decode(body, type=kind)

    async def submit(self, contents: bytes, query: str = "") -> tuple[int, bytes]:
        headers = {"Content-Type": "application/msgpack"}
        url = self.url + "/v1/transactions" + query
        async with self.session.post(url, data=contents, headers=headers) as answer:
            return answer.status, await answer.read()
