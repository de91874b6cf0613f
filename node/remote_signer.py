"""``node.world.Signing`` over a signer in a process of its own ([SIG-3]). Holds no secret.

Knows how to reach it, and what its refusals mean for the node; not what may be signed. Whatever
goes wrong ends in the same way: this node has no seat until the signer answers, and follows
meanwhile as an observer. ``trouble`` says why.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import structlog

from consensus.effects import Say
from node.guard import Floor, Statement
from node.identity import Hello, Speechless
from node.signer import Answers, message_of
from node.signer_line import Line, Lost
from node.signing import (
    VERSION,
    Answer,
    Destroy,
    Done,
    Enter,
    Forget,
    Greet,
    HeldKeys,
    ListKeys,
    Meet,
    Recall,
    Recalled,
    Refusal,
    Request,
    Seated,
    Sign,
    Signed,
    Vouch,
    Vouched,
    parts,
)
from node.speech import content_of, say_of
from node.world import Unheard, Unseated
from primitives.encoding import Malformed
from primitives.keys import ED25519, Check
from primitives.validators import ValidatorSet
from shell.errors import CommandError

RETRY_S: Final = 0.5
"""Between two attempts to reach a signer that is away."""

log = structlog.get_logger(__name__)


class _Seat(NamedTuple):
    """The epoch that was entered, and by whom."""

    epoch: int
    key: bytes


class RemoteSigner:
    """Made on the event loop that runs the node."""

    outlives = True

    def __init__(self, chain: bytes, path: Path) -> None:
        self._chain = chain
        self._path = path
        self._line: Line | None = None
        self._seat: _Seat | None = None
        self._asker: Answers | None = None
        self._task: asyncio.Task[None] | None = None
        self._gone = asyncio.Event()
        self.trouble: str | None = None
        """Why this node does not sign, with a stable code in front; None if nothing is wrong."""

    def bind(self, asker: Answers) -> None:
        """Name who is answered; once, when the node is put together."""
        self._asker = asker

    # --- the connection --------------------------------------------------------------------------

    async def start(self) -> None:
        """Try to reach the signer, and go on trying for as long as it is away."""
        await self._connect()
        self._task = asyncio.get_running_loop().create_task(self._stay_connected())

    async def stop(self) -> None:
        """Let go of it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._line is not None:
            self._line.close("this node stops")
            self._line = None

    async def _stay_connected(self) -> None:
        while True:
            if self._line is not None:
                await self._gone.wait()
            await asyncio.sleep(RETRY_S)
            if await self._connect():
                self._renew()

    async def _connect(self) -> bool:
        """Whether the signer answers now, and speaks with us."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            connection.connect(str(self._path))
        except OSError as error:
            connection.close()
            self._note(f"signer_away: {self._path}: {error.strerror or error}")
            return False
        line = Line(connection, self._lost)
        met: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self._gone.clear()
        line.ask(Meet(VERSION, self._chain, looks=False), _into(met))
        try:
            answer = await met
        except asyncio.CancelledError:
            line.close("this node stops")
            raise
        if isinstance(answer, Done):
            self._line = line
            self._note(None)
            return True
        self._note(_told(answer))
        line.close("not wanted")
        return False

    def _lost(self, reason: str) -> None:
        """The connection that stood is gone; or one that never did, of which nobody relied."""
        line = self._line
        if line is None or line.is_open:
            return
        self._line = None
        self._gone.set()
        self._note(f"signer_away: {reason}")
        if self._seat is not None:
            self._seat = None
            self._renew()

    def _renew(self) -> None:
        assert self._asker is not None, "bind first"
        self._asker.renew()

    def _note(self, trouble: str | None) -> None:
        if trouble is not None and trouble != self.trouble:
            log.error("this node signs nothing now, and only follows", reason=trouble)
        elif trouble is None and self.trouble is not None:
            log.info("the signer answers")
        self.trouble = trouble

    def _call(self, request: Request) -> Answer:
        """Raises ``Lost``."""
        if self._line is None:
            raise Lost
        return self._line.call(request)

    # --- node.world.Signing ----------------------------------------------------------------------

    def enter(self, members: ValidatorSet) -> int | None:
        """Take the seat that one of the signer's keys has in this epoch: its index."""
        self._seat = None
        keys = tuple(member.key for member in members.members)
        try:
            answer = self._call(Enter(members.epoch, keys))
        except Lost:
            return None
        if isinstance(answer, Seated) and (answer.place is None or answer.place < len(keys)):
            self._note(None)
            if answer.place is not None:
                self._seat = _Seat(members.epoch, keys[answer.place])
            return answer.place
        self._note(_told(answer))
        return None

    def recall(self, statements: tuple[Statement, ...], floor: Floor) -> tuple[Unheard, ...]:
        """Tell the signer what the journal holds. Raises ``Unseated`` if it does not agree."""
        answer: Answer = Done()
        *first, last = parts(statements)
        try:
            for part in first:
                answer = self._call(Recall(part, floor.view, floor.batch, more=True))
                if not isinstance(answer, Done):
                    break
            else:
                answer = self._call(Recall(last, floor.view, floor.batch, more=False))
        except Lost:
            self._seat = None
            raise Unseated from None
        if isinstance(answer, Recalled):
            with contextlib.suppress(Malformed, ValueError):
                return self._unheard(answer)
            answer = Refusal("signer_broken", "what it hands back does not verify")
        self._seat = None
        self._note(_told(answer))
        raise Unseated

    def _unheard(self, answer: Recalled) -> tuple[Unheard, ...]:
        """Raises ``Malformed`` or ``ValueError``: from a signer that is broken nothing is taken."""
        assert self._seat is not None, "it was entered"
        columns = zip(answer.statements, answer.contents, answer.signatures, strict=True)
        found = []
        for statement, content, signature in columns:
            message = message_of(self._chain, statement)
            if not ED25519.verify_many([Check(self._seat.key, message, signature)])[0]:
                raise Malformed("signer_broken", str(statement))
            found.append(Unheard(say_of(self._chain, statement, content), signature))
        if found:
            log.warning("signed before, and never said: it is said now", count=len(found))
        return tuple(found)

    def forget(self, floor: Floor) -> None:
        """Raise the signer's floors, when it comes to it."""
        if self._line is not None and self._seat is not None:
            self._line.ask(Forget(floor.view, floor.batch), _ignore)

    def sign(self, token: int, statements: tuple[Statement, ...], says: tuple[Say, ...]) -> None:
        """Ask for signatures; the replica is answered in a later turn of the loop."""
        assert self._asker is not None, "bind first"
        if self._line is None or self._seat is None:
            self._asker.on_unsigned(token)
            return
        contents = tuple(content_of(say) for say in says)
        self._line.ask(Sign(statements, contents), lambda answer: self._signed(token, answer))

    def _signed(self, token: int, answer: Answer | None) -> None:
        assert self._asker is not None, "bind first"
        match answer:
            case None:
                self._asker.on_unsigned(token)
            case Signed():
                self._asker.on_signed(token, answer.signatures)
            case _:
                self._asker.on_refused(token, _told(answer))

    # --- besides ---------------------------------------------------------------------------------

    def voice(self) -> RemoteVoice:
        """The key that has the seat, for connections."""
        assert self._seat is not None, "an observer has no voice"
        return RemoteVoice(self._seat.key, self._call)

    def public_keys(self) -> list[bytes]:
        """Of the keys that the signer holds. Raises ``CommandError``."""
        answer = self._told_of_keys(ListKeys())
        if not isinstance(answer, HeldKeys):
            raise CommandError("signer_refused", _told(answer))
        return list(answer.keys)

    def destroy(self, public: bytes) -> None:
        """Have the signer delete a key. Raises ``CommandError``."""
        answer = self._told_of_keys(Destroy(public))
        if not isinstance(answer, Done):
            raise CommandError("signer_refused", _told(answer))

    def _told_of_keys(self, request: Request) -> Answer:
        try:
            return self._call(request)
        except Lost:
            raise CommandError("signer_away", "the signer does not answer") from None


class RemoteVoice(NamedTuple):
    """``node.identity.Voice`` of a key that the signer holds."""

    public_key: bytes
    call: Callable[[Request], Answer]

    def vouch(self, tls_key: bytes) -> bytes:
        """The certificate (DER) of a TLS key. Raises ``Speechless``."""
        answer = self._asked(Vouch(tls_key))
        if not isinstance(answer, Vouched):
            raise Speechless(_told(answer))
        return answer.certificate

    def greet(self, hello: Hello) -> bytes:
        """The signature of a hello. Raises ``Speechless``."""
        names = hello.epoch, hello.sender, hello.receiver
        answer = self._asked(Greet(*names, hello.own, hello.yours))
        if not isinstance(answer, Signed) or len(answer.signatures) != 1:
            raise Speechless(_told(answer))
        return answer.signatures[0]

    def _asked(self, request: Request) -> Answer:
        try:
            return self.call(request)
        except Lost:
            raise Speechless("signer_away: the signer does not answer") from None


def _told(answer: Answer | None) -> str:
    match answer:
        case None:
            return "signer_away: the signer does not answer"
        case Refusal():
            return f"{answer.code}: {answer.detail}"
        case _:
            return f"signer_broken: it answered {type(answer).__name__}"


def _ignore(answer: Answer | None) -> None:
    pass


def _into(future: asyncio.Future[Answer | None]) -> Callable[[Answer | None], None]:
    def put(answer: Answer | None) -> None:
        if not future.done():
            future.set_result(answer)

    return put
