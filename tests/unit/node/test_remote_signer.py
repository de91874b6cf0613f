"""A node and its signer over a real socket: who may come in, and what a node makes of silence."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import stat
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from consensus.effects import Say, SayVote
from node import config, remote_signer, signer_line, signer_server, signing
from node.config import NodeHome
from node.frames import framed
from node.guard import Floor, Statement, VoteStatement
from node.identity import Hello, KeyVoice, Speechless
from node.remote_signer import RemoteSigner
from node.signer import message_of
from node.signer_line import Line, Lost
from node.signer_look import LookingSigner, Unanswered
from node.signer_server import SignerServer
from node.signing import VERSION, Done, ListKeys, Meet
from node.world import Unseated
from primitives.encoding import encode
from primitives.genesis import chain_id
from primitives.keys import ED25519, Ed25519Key
from primitives.vote import Kind
from shell.errors import CommandError
from shell.settings import BadSetting
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


# --- the node's side ------------------------------------------------------------------------------


async def test_a_node_signs_with_a_key_that_it_does_not_have(home: NodeHome) -> None:
    """[SIG-3]"""

    async def node() -> None:
        async with node_of(home) as (signer, asker):
            assert signer.enter(MEMBERS) == 0
            assert signer.recall((), NO_FLOOR) == ()
            statements, says = vote(1)
            signer.sign(1, statements, says)
            assert asker.answers == {}, "nothing is said before the answer"
            await until(lambda: asker.answers)
            [signature] = asker.answers[1]
            assert isinstance(signature, bytes)
            message = message_of(CHAIN, statements[0])
            assert ED25519.verify(KEY.public_key, message, signature)
            signer.sign(2, *vote(1, B))
            signer.forget(Floor(5, 0))
            signer.sign(3, *vote(5))
            await until(lambda: len(asker.answers) == 3)
            assert str(asker.answers[2]).startswith("slot_taken")
            assert str(asker.answers[3]).startswith("slot_forgotten")
            assert signer.trouble is None
            assert asker.renewals == 0
            assert signer.public_keys() == [KEY.public_key]

    await in_a_thread(home, node)


async def test_its_voice_is_that_of_the_key(home: NodeHome) -> None:
    """[NET-1]"""

    async def node() -> None:
        async with node_of(home) as (signer, _):
            signer.enter(MEMBERS)
            signer.recall((), NO_FLOOR)
            voice = signer.voice()
            hello = Hello(2, CHAIN, 0, 0, 1, A, B, bytes(64))
            assert voice.public_key == KEY.public_key
            assert voice.greet(hello) == KeyVoice(KEY).greet(hello)
            assert voice.vouch(KEY.public_key)[:1] == b"\x30"

    await in_a_thread(home, node)


async def test_what_nobody_heard_is_given_back_to_the_next_node(home: NodeHome) -> None:
    """[SIG-4]"""

    async def node() -> None:
        async with node_of(home) as (signer, asker):
            signer.enter(MEMBERS)
            signer.recall((), NO_FLOOR)
            signer.sign(1, *vote(1))
            await until(lambda: asker.answers)
        async with node_of(home) as (signer, _):
            await until(lambda: signer.trouble is None)
            signer.enter(MEMBERS)
            [unheard] = signer.recall((), NO_FLOOR)
            [say] = vote(1)[1]
            assert unheard == (say, asker.answers[1][0])

    await in_a_thread(home, node)


async def test_a_node_without_its_signer_asks_nobody_and_hears_when_it_is_back(
    home: NodeHome,
) -> None:
    """[SIG-3]"""
    async with node_of(home) as (signer, asker):
        assert signer.trouble is not None
        assert signer.trouble.startswith("signer_away")
        assert signer.enter(MEMBERS) is None
        signer.sign(1, *vote(1))
        assert asker.answers == {1: "unsigned"}
        with pytest.raises(CommandError, match="does not answer"):
            signer.public_keys()
        async with signing_process(home):
            await until(lambda: asker.renewals == 1)
            assert signer.trouble is None


async def test_a_signer_that_hangs_is_left_after_a_while(home: NodeHome) -> None:
    """[SIG-3] SIGSTOP, or a disk that does not answer: on the spot and in the background."""
    path_of(home).parent.mkdir(mode=0o700)
    with _mute(path_of(home), answers=1):
        async with node_of(home) as (signer, asker):
            assert signer.trouble is None
            assert signer.enter(MEMBERS) is None
            await until(lambda: (signer.trouble or "").startswith("signer_away"))
            assert asker.renewals == 0, "it had no seat that it could lose"
    with _mute(path_of(home), answers=3):
        async with node_of(home) as (signer, asker):
            assert signer.enter(MEMBERS) == 0
            signer.recall((), NO_FLOOR)
            signer.sign(1, *vote(1))
            await until(lambda: asker.answers)
            assert asker.answers == {1: "unsigned"}
            await until(lambda: asker.renewals == 1)
            with pytest.raises(Speechless):
                remote_signer.RemoteVoice(KEY.public_key, signer._call).vouch(A)


@contextlib.contextmanager
def _mute(path: Path, answers: int) -> Iterator[None]:
    """A signer in a thread that answers so many requests, and then no more."""
    import threading

    from node.signing import Recalled, Seated

    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listening.accept()
            for answer in (Done(), Seated(0), Recalled((), (), ()))[:answers]:
                connection.recv(65_536)
                connection.sendall(framed(encode(answer)))
            while connection.recv(65_536):
                pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield
    listening.close()
    thread.join(PATIENCE_S)


@pytest.mark.parametrize(
    ("statements", "code"),
    [((vote(2)[0][0],), "signer_ahead"), ((vote(1, B)[0][0],), "signer_contradicts")],
)
async def test_a_journal_that_the_signer_refuses_takes_the_seat_away(
    home: NodeHome, statements: tuple[Statement, ...], code: str
) -> None:
    """[SIG-4] The doctor is told the same."""

    async def node() -> None:
        async with node_of(home) as (signer, asker):
            signer.enter(MEMBERS)
            signer.recall((), NO_FLOOR)
            for view in (1, 2):
                signer.sign(view, *vote(view))
            await until(lambda: len(asker.answers) == 2)
            signer.enter(MEMBERS)
            with pytest.raises(Unseated):
                signer.recall(statements, NO_FLOOR)
            assert signer.trouble is not None
            assert signer.trouble.startswith(code)
            signer.sign(3, *vote(3))
            assert asker.answers[3] == "unsigned"
        look = LookingSigner(CHAIN, path_of(home))
        assert look.open() == [KEY.public_key]
        assert look.enter(MEMBERS) == 0
        with pytest.raises(Unseated):
            look.recall(statements, NO_FLOOR)
        assert look.refusal is not None
        assert look.refusal.code == code
        look.close()

    await in_a_thread(home, node)


async def test_an_answer_that_is_none_ends_the_connection(home: NodeHome) -> None:
    """[SIG-2]"""
    mine, theirs = socket.socketpair()
    mine.setblocking(False)
    reasons: list[str] = []
    line = Line(mine, reasons.append)
    theirs.sendall(framed(encode(Done())))
    await until(lambda: reasons)
    assert "out_of_turn" in reasons[0]
    with pytest.raises(Lost):
        line.call(ListKeys())
    theirs.close()
    for junk in (framed(b"\xc1"), (2**31).to_bytes(4, "big")):
        mine, theirs = socket.socketpair()
        mine.setblocking(False)
        line = Line(mine, reasons.append)
        theirs.sendall(junk)
        with pytest.raises(Lost):
            line.call(ListKeys())
        theirs.close()


# --- the signer's side ----------------------------------------------------------------------------


async def test_the_socket_is_this_users_alone(home: NodeHome) -> None:
    """[SIG-1]"""
    async with signing_process(home) as server:
        assert stat.S_IMODE(server.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(server.path.parent.stat().st_mode) == 0o700
    assert not server.path.exists()


async def test_a_place_that_others_can_enter_is_refused(home: NodeHome) -> None:
    """[SIG-1]"""
    path_of(home).parent.mkdir(mode=0o755)
    with pytest.raises(CommandError) as caught:
        async with signing_process(home):
            pass
    assert caught.value.code == "signer_place_open"


async def test_another_user_is_refused(home: NodeHome, monkeypatch: pytest.MonkeyPatch) -> None:
    """[SIG-1] By what the kernel says of the other end."""
    monkeypatch.setattr(signer_server, "user_of", lambda _: os.geteuid() + 1)
    async with signing_process(home), node_of(home) as (signer, _):
        assert (signer.trouble or "").startswith("signer_stranger")
    mine, theirs = socket.socketpair()
    monkeypatch.undo()
    assert signer_server.user_of(mine) == os.geteuid()
    mine.close()
    theirs.close()


async def test_a_second_node_is_refused_while_the_first_one_lives(home: NodeHome) -> None:
    """[SIG-1] And let in after it; who only looks is let in beside it ([SIG-5])."""
    async with signing_process(home), contextlib.AsyncExitStack() as first:
        await first.enter_async_context(node_of(home))
        async with node_of(home) as (second, asker):
            assert (second.trouble or "").startswith("signer_busy")
            assert second.enter(MEMBERS) is None
            look = LookingSigner(CHAIN, path_of(home))
            assert await asyncio.to_thread(look.open) == [KEY.public_key]
            look.close()
            await first.aclose()
            await until(lambda: asker.renewals == 1)
            assert second.trouble is None


async def test_a_node_of_another_chain_is_refused(home: NodeHome) -> None:
    """[SIG-2]"""
    async with signing_process(home):
        signer = RemoteSigner(bytes(32), path_of(home))
        await signer.start()
        assert (signer.trouble or "").startswith("wrong_chain")
        await signer.stop()
        look = LookingSigner(bytes(32), path_of(home))
        with pytest.raises(Unanswered) as caught:
            await asyncio.to_thread(look.open)
        assert caught.value.code == "wrong_chain"
        look.close()


@pytest.mark.parametrize(
    "junk", [b"GET / HTTP/1.1\r\n\r\n", framed(b"\xc1"), framed(b""), (2**31).to_bytes(4, "big")]
)
async def test_who_speaks_something_else_is_let_go(home: NodeHome, junk: bytes) -> None:
    """[SIG-2] And a node is served after."""
    async with signing_process(home):
        reader, writer = await asyncio.open_unix_connection(str(path_of(home)))
        writer.write(junk)
        assert b"signatures" not in await reader.read()
        writer.close()
        async with node_of(home) as (signer, _):
            assert signer.trouble is None


async def test_who_says_nothing_keeps_nobody_out(home: NodeHome) -> None:
    """[SIG-1] A connection counts once it has said hello."""
    async with signing_process(home):
        _, writer = await asyncio.open_unix_connection(str(path_of(home)))
        async with node_of(home) as (signer, _):
            assert signer.trouble is None
        writer.close()


async def test_the_socket_of_one_that_lives_is_left_alone(home: NodeHome) -> None:
    """[SIG-1] Of the same home by its lock, of another one by asking."""
    async with signing_process(home) as server:
        with pytest.raises(CommandError) as caught:
            await SignerServer(home, [KEY]).start()
        assert caught.value.code == "home_in_use"
        with tempfile.TemporaryDirectory(prefix="sig") as place:
            key = config.KeySettings(signer=f"unix:{server.path}")
            other = NodeHome(Path(place), config.Settings(key=key), GENESIS)
            second = SignerServer(other, [KEY])
            with pytest.raises(CommandError) as caught:
                await second.start()
            assert caught.value.code == "signer_running"
            await second.stop()
        assert server.path.exists()
        async with node_of(home) as (signer, _):
            assert signer.trouble is None


async def test_the_socket_of_one_that_was_killed_is_taken(home: NodeHome) -> None:
    """[SIG-1] But nothing else that is there."""
    path = path_of(home)
    path.parent.mkdir(mode=0o700)
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(path))
    dead.close()
    async with signing_process(home), node_of(home) as (signer, _):
        assert signer.trouble is None
    path.write_text("something of somebody's")
    with pytest.raises(CommandError) as caught:
        async with signing_process(home):
            pass
    assert caught.value.code == "signer_place_taken"
    assert path.read_text() == "something of somebody's"


async def test_a_disk_that_fails_ends_the_signer(
    home: NodeHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[DUR-5] Nobody knows what is durable, so nothing is answered."""

    def failing(file: int) -> None:
        raise OSError(28, "No space left on device")

    async with signing_process(home) as server:
        reader, writer = await asyncio.open_unix_connection(str(path_of(home)))
        keys = tuple(member.key for member in MEMBERS.members)
        statements, _ = vote(1)
        for request in (
            Meet(VERSION, CHAIN, looks=False),
            signing.Enter(0, keys),
            signing.Recall((), 0, 0, more=False),
        ):
            writer.write(framed(encode(request)))
            await reader.readexactly(4)
        monkeypatch.setattr(os, "fdatasync", failing)
        writer.write(framed(encode(signing.Sign(statements, (b"",)))))
        await server.stopping.wait()
        assert server.failure is not None
        assert server.failure.startswith("disk_full")
        left = await reader.read()
        assert len(left) < 64, "no signature is in it"
        writer.close()


# --- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "named", ["signer/socket", "unix:", "tcp:127.0.0.1:1", "unix:" + "x" * 120]
)
def test_a_socket_that_cannot_be_is_named(home: NodeHome, named: str) -> None:
    key = config.KeySettings(signer=named)
    with pytest.raises(BadSetting) as caught:
        config.signer_socket(home._replace(settings=config.Settings(key=key)))
    assert caught.value.key == "key.signer"


def test_without_a_socket_there_is_no_signer(home: NodeHome) -> None:
    plain = home._replace(settings=config.Settings())
    assert config.signer_socket(plain) is None
    with pytest.raises(CommandError) as caught:
        SignerServer(plain, [KEY])
    assert caught.value.code == "signer_unset"
