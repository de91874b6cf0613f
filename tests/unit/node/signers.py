"""A signer and a node that ask each other over a real socket, for tests. Judges nothing."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from consensus.effects import Say, SayVote
from node import config, remote_signer, signer_line, signer_server, signing
from node.config import NodeHome
from node.guard import Floor, Statement, VoteStatement
from node.remote_signer import RemoteSigner
from node.signer_server import SignerServer
from primitives.genesis import chain_id
from primitives.keys import Ed25519Key
from primitives.vote import Kind
from tests import builders

A = bytes([1]) * 32
B = bytes([2]) * 32
KEY = builders.a_key("consensus of north")
GENESIS = builders.a_genesis()
CHAIN = chain_id(GENESIS)
MEMBERS = builders.a_committee().members
NO_FLOOR = Floor(0, 0)
PATIENCE_S = 10.0


class Asker:
    """A replica, as far as a signer goes."""

    def __init__(self) -> None:
        self.answers: dict[int, tuple[bytes, ...] | str] = {}
        self.renewals = 0

    def on_signed(self, token: int, signatures: tuple[bytes, ...]) -> None:
        self.answers[token] = signatures

    def on_refused(self, token: int, reason: str) -> None:
        self.answers[token] = reason

    def on_unsigned(self, token: int) -> None:
        self.answers[token] = "unsigned"

    def renew(self) -> None:
        self.renewals += 1


@pytest.fixture
def home() -> Iterator[NodeHome]:
    """One whose socket's path is short enough."""
    with tempfile.TemporaryDirectory(prefix="sig") as place:
        key = config.KeySettings(signer="unix:signer/socket")
        yield NodeHome(Path(place), config.Settings(key=key), GENESIS)


@pytest.fixture(autouse=True)
def haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for long."""
    monkeypatch.setattr(remote_signer, "RETRY_S", 0.01)
    for module in (signing, signer_line, signer_server):
        monkeypatch.setattr(module, "ANSWER_S", 1.0)
    monkeypatch.setattr(signer_line, "CALL_S", 0.3)


def path_of(home: NodeHome) -> Path:
    path = config.signer_socket(home)
    assert path is not None
    return path


@contextlib.asynccontextmanager
async def signing_process(home: NodeHome, *keys: Ed25519Key) -> AsyncIterator[SignerServer]:
    server = SignerServer(home, list(keys or (KEY,)))
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@contextlib.asynccontextmanager
async def node_of(home: NodeHome) -> AsyncIterator[tuple[RemoteSigner, Asker]]:
    signer, asker = RemoteSigner(CHAIN, path_of(home)), Asker()
    signer.bind(asker)
    await signer.start()
    try:
        yield signer, asker
    finally:
        await signer.stop()


async def until(condition: object) -> None:
    assert callable(condition)
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - what is waited for is told to nobody
            await asyncio.sleep(0.005)


async def in_a_thread(home: NodeHome, work: object) -> None:
    """A node waits for its signer on the spot, so the signer has to run elsewhere: here."""
    assert callable(work)

    def other_loop() -> None:
        asyncio.run(work())

    async with signing_process(home):
        await asyncio.to_thread(other_loop)


def vote(view: int, digest: bytes = A) -> tuple[tuple[Statement, ...], tuple[Say, ...]]:
    return (VoteStatement(Kind.NOTARIZE, 0, view, digest),), (
        SayVote(Kind.NOTARIZE, view, digest, ()),
    )
