"""Decides whether a statement may be signed. Knows what was signed before; no key, disk or clock.

One digest a slot ([DUR-4]): a view's proposal, NOTARIZE, NULLIFY or FINALIZE; a lane's seq; an
attested height. NULLIFY and FINALIZE exclude each other in a view. Below its floors the guard has
forgotten what was signed, and therefore refuses everything there. Floors only rise.

The engine obeys the same rules; this is the second lock on the same door, and it is rebuilt from
the journal alone, so that a fault of the engine cannot become a contradiction that others hold.
"""

from __future__ import annotations

from typing import Final

import msgspec

from consensus.effects import BatchKept, BlockKept, OwnAttest, OwnVote, Record
from primitives.batch import Batch, batch_digest
from primitives.encoding import Count, Digest, Positive, Wire, decode
from primitives.vote import Attestation, Beat, Kind, Vote, attest_message

MAX_VIEWS: Final = 65_536
"""Views remembered above the floor; beyond that the floor rises over the oldest."""


class VoteStatement(Wire, tag=1):
    """A proposal, NOTARIZE, NULLIFY or FINALIZE."""

    kind: Kind
    epoch: Count
    view: Count
    digest: Digest | None


class BatchStatement(Wire, tag=2):
    """A batch of the own lane."""

    epoch: Count
    seq: Positive
    digest: Digest


class AttestStatement(Wire, tag=3):
    """The outcome of an executed height."""

    attestation: Attestation


class BeatStatement(Wire, tag=4):
    """A beat: no slot, for two of them never contradict each other."""

    beat: Beat


Statement = VoteStatement | BatchStatement | AttestStatement | BeatStatement
"""Everything that a consensus key signs in the protocol, in a form that may cross processes."""


class Floor(msgspec.Struct, frozen=True):
    """Places up to which everything is final and executed here, so that nothing there is signed
    any more: a view, and a seq of the own lane."""

    view: int
    batch: int


class Refused(Exception):
    """Signing this would contradict, or might contradict, what was signed before.

    ``code`` is ``slot_taken``, ``slot_excluded``, ``slot_forgotten`` or ``epoch_past``.
    """

    def __init__(self, code: str, statement: Statement) -> None:
        super().__init__(f"{code}: {statement}")
        self.code = code
        self.statement = statement


class _Mark(msgspec.Struct, frozen=True):
    """The newest place of an ascending series, and what was signed there (None: forgotten)."""

    place: int
    content: bytes | None


_EXCLUDES: Final = {Kind.NULLIFY: Kind.FINALIZE, Kind.FINALIZE: Kind.NULLIFY}
_NOTHING: Final = _Mark(0, None)


class Guard:
    """What one key signed in one epoch."""

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch
        self._view_floor = 0
        self._views: dict[int, dict[Kind, bytes | None]] = {}
        self._batch = _NOTHING
        self._attest = _NOTHING

    def admit(self, statement: Statement) -> None:
        """Remember that ``statement`` is signed now. Raises ``Refused``, and then nothing moved."""
        match statement:
            case VoteStatement():
                self._check_epoch(statement.epoch, statement)
                self._admit_vote(statement)
            case BatchStatement():
                self._check_epoch(statement.epoch, statement)
                self._batch = _ascend(self._batch, statement.seq, statement.digest, statement)
            case AttestStatement():
                self._check_epoch(statement.attestation.epoch, statement)
                height = statement.attestation.height
                content = attest_message(statement.attestation)
                self._attest = _ascend(self._attest, height, content, statement)
            case BeatStatement():
                pass

    def restore(self, statement: Statement) -> None:
        """Remember what the journal holds, in any order, floors included.

        Raises ``Refused`` if two statements contradict each other: such a journal is not of one
        signer, and the node must not start.
        """
        match statement:
            case VoteStatement():
                if statement.epoch == self._epoch and statement.view > self._view_floor:
                    self._admit_vote(statement)
            case BatchStatement():
                if statement.epoch == self._epoch:
                    seq, digest = statement.seq, statement.digest
                    self._batch = _recollect(self._batch, seq, digest, statement)
            case AttestStatement():
                if statement.attestation.epoch == self._epoch:
                    height = statement.attestation.height
                    content = attest_message(statement.attestation)
                    self._attest = _recollect(self._attest, height, content, statement)
            case BeatStatement():
                pass

    def forget(self, floor: Floor) -> None:
        """Raise the floors: refuse whatever is at or below them and was not signed yet."""
        if floor.batch > self._batch.place:
            self._batch = _Mark(floor.batch, None)
        if floor.view > self._view_floor:
            self._view_floor = floor.view
            self._views = {view: held for view, held in self._views.items() if view > floor.view}

    def _check_epoch(self, epoch: int, statement: Statement) -> None:
        if epoch != self._epoch:
            raise Refused("epoch_past", statement)

    def _admit_vote(self, vote: VoteStatement) -> None:
        if vote.view <= self._view_floor:
            raise Refused("slot_forgotten", vote)
        held = self._views.get(vote.view, {})
        if vote.kind in held and held[vote.kind] != vote.digest:
            raise Refused("slot_taken", vote)
        if _EXCLUDES.get(vote.kind) in held:
            raise Refused("slot_excluded", vote)
        self._views.setdefault(vote.view, {})[vote.kind] = vote.digest
        if len(self._views) > MAX_VIEWS:
            self.forget(Floor(min(self._views), 0))


def _ascend(mark: _Mark, place: int, content: bytes, statement: Statement) -> _Mark:
    """The series' newest mark once ``place`` is signed: a higher one, or the same once more."""
    if place > mark.place:
        return _Mark(place, content)
    if place < mark.place or mark.content is None:
        raise Refused("slot_forgotten", statement)
    if content != mark.content:
        raise Refused("slot_taken", statement)
    return mark


def _recollect(mark: _Mark, place: int, content: bytes, statement: Statement) -> _Mark:
    """The series' newest mark once the journal's word on ``place`` was read, in any order."""
    if place < mark.place:
        return mark
    if place == mark.place and mark.content is None:
        return _Mark(place, content)
    return _ascend(mark, place, content, statement)


def vote_statement(vote: Vote) -> VoteStatement:
    """What was signed for ``vote``."""
    return VoteStatement(vote.kind, vote.epoch, vote.view, vote.digest)


def statement_of(record: Record, chain: bytes, me: int) -> Statement | None:
    """What member ``me`` signed, if ``record`` of its journal holds such a thing."""
    match record:
        case OwnVote():
            return vote_statement(record.vote)
        case OwnAttest():
            return AttestStatement(record.attest.attestation)
        case BlockKept(vote=Vote() as vote) if vote.author == me:
            return vote_statement(vote)
        case BatchKept():
            header = decode(Batch, record.batch).header
            if header.author != me:
                return None
            return BatchStatement(header.epoch, header.seq, batch_digest(chain, header))
        case _:
            return None
