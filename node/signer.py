"""Signs for one validator what its guard lets pass. Knows its keys; no disk, peer or vote.

A key signs in the epochs whose members include it, each with a guard of its own: what is signed
names its epoch, so what one epoch's guard forgot means nothing in another.

In this process the journal is the guard's memory: the replica restores it at start, and appends
and syncs each signature before anyone hears of it ([DUR-1]). A signer in a process of its own takes
this one's place behind ``node.world.Signing`` and keeps its own record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, assert_never

from consensus.effects import Say
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
from node.identity import KeyVoice
from node.world import Unheard
from primitives.batch import batch_message
from primitives.keys import Signer
from primitives.validators import ValidatorSet
from primitives.vote import attest_message, beat_message, vote_message


class Answers(Protocol):
    """Who asked: the replica."""

    def on_signed(self, token: int, signatures: tuple[bytes, ...]) -> None:
        """All statements of the request are signed."""

    def on_refused(self, token: int, reason: str) -> None:
        """None of them is, and none may be."""

    def on_unsigned(self, token: int) -> None:
        """Whether they are nobody knows: the signer is gone."""

    def renew(self) -> None:
        """Who signs here has changed: enter the epoch again."""


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

    outlives = False
    trouble: str | None = None
    """Nothing can be wrong with what is in the same process."""

    def __init__(
        self, chain: bytes, keys: Sequence[Signer], guard: Callable[[int], Guard] = Guard
    ) -> None:
        self._chain = chain
        self._keys = {key.public_key: key for key in keys}
        self._new_guard = guard
        self._seat: tuple[Signer, Guard] | None = None
        self._asker: Answers | None = None

    def bind(self, asker: Answers) -> None:
        """Name who is answered; once, when the node is put together."""
        self._asker = asker

    def public_keys(self) -> list[bytes]:
        """Of the keys that are held."""
        return list(self._keys)

    def add(self, key: Signer) -> None:
        """Hold another key: it may have a seat in a later epoch."""
        self._keys[key.public_key] = key

    def drop(self, public: bytes) -> None:
        """Hold a key no longer: it has had its time, and has no seat now."""
        assert self._seat is None or self._seat[0].public_key != public, "it has the seat"
        self._keys.pop(public, None)

    def enter(self, members: ValidatorSet) -> int | None:
        """Take the seat that one of the keys has in this epoch: its index."""
        self._seat = None
        for me, member in enumerate(members.members):
            key = self._keys.get(member.key)
            if key is not None:
                self._seat = key, self._new_guard(members.epoch)
                return me
        return None

    def recall(self, statements: tuple[Statement, ...], floor: Floor) -> tuple[Unheard, ...]:
        """Rebuild the guard from the journal. Raises ``Refused`` if it contradicts itself. What was
        signed and not written down died with this process before anyone heard it."""
        assert self._seat is not None, "an observer signs nothing"
        self.forget(floor)
        _, guard = self._seat
        for statement in statements:
            guard.restore(statement)
        return ()

    def forget(self, floor: Floor) -> None:
        """Raise the guard's floors."""
        assert self._seat is not None, "an observer signs nothing"
        _, guard = self._seat
        guard.forget(floor)

    def voice(self) -> KeyVoice:
        """The key that has the seat, for connections."""
        assert self._seat is not None, "an observer has no voice"
        key, _ = self._seat
        return KeyVoice(key)

    def sign(
        self,
        token: int,
        statements: tuple[Statement, ...],
        says: tuple[Say, ...] = (),  # noqa: ARG002 - for a signer that outlives the node
    ) -> None:
        """Sign all statements, or none if the guard refuses one."""
        assert self._asker is not None, "bind first"
        assert self._seat is not None, "an observer signs nothing"
        key, guard = self._seat
        try:
            for statement in statements:
                guard.admit(statement)
        except Refused as refusal:
            self._asker.on_refused(token, str(refusal))
            return
        signatures = tuple(key.sign(message_of(self._chain, statement)) for statement in statements)
        self._asker.on_signed(token, signatures)
