"""Asks a signer what it would say to a node's journal, for a doctor. Changes nothing ([SIG-5]).

Knows the same conversation as a node, as far as a start goes, on a socket that blocks; it may be
had while a node is connected.
"""

from __future__ import annotations

import socket
from pathlib import Path

from node.frames import LENGTH_SIZE, framed
from node.guard import Floor, Statement
from node.signing import (
    CALL_S,
    MAX_ANSWER,
    VERSION,
    Answer,
    Done,
    Enter,
    HeldKeys,
    ListKeys,
    Meet,
    Recall,
    Recalled,
    Refusal,
    Request,
    Seated,
    decode_answer,
    parts,
)
from node.world import Unheard, Unseated
from primitives.encoding import Malformed, encode
from primitives.validators import ValidatorSet


class Unanswered(Exception):
    """The signer does not answer, or refuses; ``code`` is stable."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class LookingSigner:
    """The part of ``node.world.Signing`` that a rehearsal needs. ``refusal`` is what the signer has
    against the journal, once that was told to it."""

    outlives = True

    def __init__(self, chain: bytes, path: Path) -> None:
        self._chain = chain
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.refusal: Refusal | None = None

    def open(self) -> list[bytes]:
        """Reach the signer: the public halves of its keys. Raises ``Unanswered``."""
        self._socket.settimeout(CALL_S)
        try:
            self._socket.connect(str(self._path))
        except OSError as error:
            raise Unanswered("signer_away", f"{self._path}: {error.strerror or error}") from None
        met = self._ask(Meet(VERSION, self._chain, looks=True))
        if isinstance(met, Refusal):
            raise Unanswered(met.code, met.detail)
        held = self._ask(ListKeys())
        if not isinstance(met, Done) or not isinstance(held, HeldKeys):
            raise Unanswered("signer_broken", f"it answered {type(held).__name__}")
        return list(held.keys)

    def close(self) -> None:
        """Let go of it."""
        self._socket.close()

    def enter(self, members: ValidatorSet) -> int | None:
        """The seat that one of its keys has in this epoch."""
        self.refusal = None
        keys = tuple(member.key for member in members.members)
        answer = self._ask(Enter(members.epoch, keys))
        if isinstance(answer, Seated):
            return answer.place
        self._refused(answer)
        return None

    def recall(self, statements: tuple[Statement, ...], floor: Floor) -> tuple[Unheard, ...]:
        """Tell what the journal holds. What came of the last request it keeps to itself. Raises
        ``Unseated``."""
        *first, last = parts(statements)
        for part in first:
            self._ask(Recall(part, floor.view, floor.batch, more=True))
        answer = self._ask(Recall(last, floor.view, floor.batch, more=False))
        if not isinstance(answer, Recalled):
            self._refused(answer)
            raise Unseated
        return ()

    def _refused(self, answer: Answer) -> None:
        broken = Refusal("signer_broken", f"it answered {type(answer).__name__}")
        self.refusal = answer if isinstance(answer, Refusal) else broken

    def _ask(self, request: Request) -> Answer:
        """Raises ``Unanswered``."""
        try:
            self._socket.sendall(framed(encode(request)))
            length = int.from_bytes(self._received(LENGTH_SIZE), "big")
            if length > MAX_ANSWER:
                raise Unanswered("signer_broken", f"a frame of {length} bytes")
            return decode_answer(self._received(length))
        except OSError as error:
            raise Unanswered("signer_away", f"{self._path}: {error}") from None
        except Malformed as error:
            raise Unanswered("signer_broken", str(error)) from None

    def _received(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = self._socket.recv(size - len(data))
            if not part:
                raise ConnectionResetError("closed by the signer")
            data += part
        return data
