"""Who may come in to a signer, and where it listens, over a real socket ([SIG-1])."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import stat
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from node import cli_signer, config, signer_server, signing
from node.config import NodeHome
from node.documents import genesis_text
from node.frames import framed
from node.remote_signer import RemoteSigner
from node.signer_look import LookingSigner, Unanswered
from node.signer_server import SignerServer
from node.signing import VERSION, Meet
from primitives.encoding import encode
from shell.errors import CommandError
from shell.keyfile import create_private
from shell.settings import BadSetting
from tests.unit.node.signers import (
    CHAIN,
    GENESIS,
    KEY,
    MEMBERS,
    haste,
    home,
    node_of,
    path_of,
    signing_process,
    until,
    vote,
)

__all__ = ["haste", "home"]


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
    """[DUR-6] Nobody knows what is durable, so nothing is answered."""

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


def test_the_command_needs_a_key_and_a_socket(tmp_path: Path) -> None:
    """A refusal with a code, before anything is made."""
    path = tmp_path / "home"
    config.create_home(path, "", b"correct horse")
    create_private(path / config.GENESIS, genesis_text(GENESIS))
    create_private(tmp_path / "passphrase", b"correct horse\n")
    words = ["--home", str(path), "--passphrase-file", str(tmp_path / "passphrase")]

    def refusal() -> str:
        outcome = CliRunner().invoke(cli_signer.signer, words, standalone_mode=False)
        assert isinstance(outcome.exception, CommandError)
        return outcome.exception.code

    assert refusal() == "signer_unset"
    (path / "keys" / "consensus.json").unlink()
    assert refusal() == "key_missing"
    assert not (path / "signer").exists()


def test_without_a_socket_there_is_no_signer(home: NodeHome) -> None:
    plain = home._replace(settings=config.Settings())
    assert config.signer_socket(plain) is None
    with pytest.raises(CommandError) as caught:
        SignerServer(plain, [KEY])
    assert caught.value.code == "signer_unset"
