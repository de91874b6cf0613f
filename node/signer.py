"""Signs for one validator, what its guard lets pass. Knows a key; no disk, peer or protocol state.

In this process the journal is the guard's memory: the replica restores it at start, and appends
and syncs each signature before anyone hears of it ([DUR-1]). A signer in a process of its own takes
this one's place behind ``node.world.Signing`` and keeps its own record.
"""

from __future__ import annotations

from typing import Protocol, assert_never

from node.guard import (
    AttestStatement,
    BatchStatement,
    BeatStatement,
    Floor,
    Guard,
    Refused,
    Statement,
    VoteStatement,
)
from primitives.batch import batch_message
from primitives.keys import Signer
from primitives.vote import attest_message, beat_message, vote_message


class Answers(Protocol):
    """Who asked: the replica."""

    def on_signed(self, token: int, signatures: tuple[bytes, ...]) -> None:
        """All statements of the request are signed."""

    def on_refused(self, token: int, reason: str) -> None:
        """None of them is, and none may be."""


def message_of(chain: bytes, statement: Statement) -> bytes:
    """The bytes that are signed for a statement: domain, chain and content."""
    match statement:
        case VoteStatement():
            s = statement
            return vote_message(chain, s.kind, s.epoch, s.view, s.digest)
        case BatchStatement():
            return batch_message(statement.digest)
        case AttestStatement():
            return attest_message(statement.attestation)
        case BeatStatement():
            return beat_message(statement.beat)
        case _:
            assert_never(statement)


class LocalSigner:
    """Answers at once, from within ``sign``."""

    def __init__(self, chain: bytes, key: Signer, guard: Guard) -> None:
        self._chain = chain
        self._key = key
        self._guard = guard
        self._asker: Answers | None = None

    def bind(self, asker: Answers) -> None:
        """Name who is answered; once, when the node is put together."""
        self._asker = asker

    def recall(self, statements: tuple[Statement, ...], floor: Floor) -> None:
        """Rebuild the guard from the journal. Raises ``Refused`` if it contradicts itself."""
        self._guard.forget(floor)
        for statement in statements:
            self._guard.restore(statement)

    def sign(self, token: int, statements: tuple[Statement, ...]) -> None:
        """Sign all statements, or none if the guard refuses one."""
        assert self._asker is not None, "bind first"
        try:
            for statement in statements:
                self._guard.admit(statement)
        except Refused as refusal:
            self._asker.on_refused(token, str(refusal))
            return
        sign = self._key.sign
        signatures = tuple(sign(message_of(self._chain, statement)) for statement in statements)
        self._asker.on_signed(token, signatures)
