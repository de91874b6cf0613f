"""What a node makes of what its signer says, and of its silence, over a real socket ([SIG-3])."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from node import remote_signer
from node.config import NodeHome
from node.frames import framed
from node.guard import Floor, Statement
from node.identity import HELLO_VERSION, Hello, KeyVoice, Speechless
from node.signer import message_of
from node.signer_line import Line, Lost
from node.signer_look import LookingSigner
from node.signing import Done, ListKeys
from node.world import Unseated
from primitives.encoding import encode
from primitives.keys import ED25519
from shell.errors import CommandError
from tests.unit.node.signers import (
    CHAIN,
    KEY,
    MEMBERS,
    NO_FLOOR,
    PATIENCE_S,
    A,
    B,
    haste,
    home,
    in_a_thread,
    node_of,
    path_of,
    signing_process,
    until,
    vote,
)

__all__ = ["haste", "home"]


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
            hello = Hello(HELLO_VERSION, CHAIN, 0, 0, 1, A, B, bytes(64))
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
