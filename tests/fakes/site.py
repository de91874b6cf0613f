"""A served node and one HTTP session to it, with the questions that tests ask most."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import aiohttp
import msgspec

from client.fields import from_base64
from client.views import Problem
from primitives.address import address
from primitives.encoding import Wire, decode
from primitives.keys import ED25519
from primitives.proof import EntryProof, check_entry_proof, trust_genesis
from tests.builders import Person
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

    async def refused(self, path: str) -> tuple[int, str]:
        """The status and the code of a problem."""
        status, body = await self.get(path)
        problem = msgspec.json.decode(body, type=Problem)
        assert problem.status == status
        return status, problem.code

    def proven(self, document: Any, key: bytes, kind: type[Wire]) -> Any:
        """What a document proves to stand under ``key``."""
        proof = decode(EntryProof, from_base64(document.proof))
        check_entry_proof(trust_genesis(self.node.ledger.genesis), ED25519, proof)
        assert proof.key == key == bytes.fromhex(document.key)
        assert proof.certificate.attestation.height == document.height
        assert proof.value is not None
        return decode(kind, proof.value)

    def named(self, person: Person) -> str:
        """Somebody's address."""
        return address(person.account, self.node.ledger.genesis.network)
