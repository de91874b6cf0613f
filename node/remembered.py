"""What one key signed in one epoch, as a signer in a process of its own remembers it. Pure.

Knows statements, floors and the guard; no key, file or peer. The guard decides; this keeps what the
guard is rebuilt from, and compares it with what a node's journal says. A node asks for one request
at a time and syncs the answer into its journal before it asks again, so its journal lacks nothing
but the last request. A journal that lacks more is not the newest one: the node has lost its disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from node.guard import (
    MAX_VIEWS,
    AttestStatement,
    BatchStatement,
    BeatStatement,
    Floor,
    Guard,
    Statement,
    VoteStatement,
)
from primitives.vote import Kind


class Ahead(Exception):
    """The journal does not know of something that was signed before the last request."""

    def __init__(self, statement: Statement) -> None:
        super().__init__(f"the journal does not know of {statement}")
        self.statement = statement


class Asked(NamedTuple):
    """One statement of a request, and what the node needs besides to say it again."""

    statement: Statement
    content: bytes


class _Said(NamedTuple):
    """What a journal says was signed: the votes, and the newest place of each series."""

    votes: frozenset[VoteStatement]
    batch: int
    attest: int
    floor: Floor

    def lacks(self, statement: Statement) -> bool:
        """Whether this was signed, matters still, and is not there."""
        match statement:
            case VoteStatement():
                return statement.view > self.floor.view and statement not in self.votes
            case BatchStatement():
                return statement.seq > max(self.batch, self.floor.batch)
            case AttestStatement():
                return statement.attestation.height > self.attest
            case BeatStatement():
                return False


def _said(statements: Sequence[Statement], floor: Floor) -> _Said:
    batches = [s.seq for s in statements if isinstance(s, BatchStatement)]
    attests = [s.attestation.height for s in statements if isinstance(s, AttestStatement)]
    votes = frozenset(s for s in statements if isinstance(s, VoteStatement))
    return _Said(votes, max(batches, default=0), max(attests, default=0), floor)


class Remembered:
    """The past of one key in one epoch. Bounded: floors rise, and a lane and the attested heights
    only ascend."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.floor = Floor(0, 0)
        self.last: tuple[Asked, ...] = ()
        """What was new in the newest request that had anything new."""
        self._guard = Guard(epoch)
        self._votes: dict[int, dict[Kind, VoteStatement]] = {}
        self._batch: BatchStatement | None = None
        self._attest: AttestStatement | None = None

    def statements(self) -> list[Statement]:
        """Everything that is remembered: a guard that restores it decides the same."""
        found: list[Statement] = [vote for held in self._votes.values() for vote in held.values()]
        found += [each for each in (self._batch, self._attest) if each is not None]
        return found

    def admit(self, asked: Sequence[Asked]) -> tuple[Asked, ...]:
        """Let all of a request be signed: what of it is new, and has to be durable before any
        signature leaves. Raises ``guard.Refused``; the guard may then refuse more than it must."""
        for each in asked:
            self._guard.admit(each.statement)
        new = tuple(each for each in asked if not self._knows(each.statement))
        if new:
            self.note(new)
        return new

    def note(self, new: tuple[Asked, ...]) -> None:
        """Remember a request that was admitted, now or before this process began."""
        self.last = new
        for each in new:
            self._keep(each.statement)

    def compare(self, statements: Sequence[Statement], floor: Floor) -> tuple[Asked, ...]:
        """What of the last request a journal does not hold. Nothing moves. Raises ``Ahead``, and
        ``guard.Refused`` if the journal contradicts itself or what was signed here."""
        self._rebuilt(statements)
        said = [statement for statement in statements if _epoch_of(statement) == self.epoch]
        journal = _said(said, floor)
        last = frozenset(each.statement for each in self.last)
        for statement in self.statements():
            if statement not in last and journal.lacks(statement):
                raise Ahead(statement)
        return tuple(each for each in self.last if journal.lacks(each.statement))

    def recall(self, statements: Sequence[Statement], floor: Floor) -> list[Statement]:
        """Take a journal's word, once ``compare`` found no fault with it. Answers what was not
        known yet. Raises ``guard.Refused``.

        What lies below its floor the journal has forgotten, so it is refused until the next
        journal is recalled. It is not forgotten here: a machine that loses its power may take a
        node's store further back than where it stood at a start.
        """
        self._guard = self._rebuilt(statements)
        self._guard.forget(floor)
        return self._keep_new(statements)

    def restore(self, statements: Sequence[Statement], floor: Floor) -> None:
        """Remember what was remembered before, in any order. Raises ``guard.Refused``."""
        for statement in statements:
            self._guard.restore(statement)
        self._keep_new(statements)
        self.forget(floor)

    def forget(self, floor: Floor) -> None:
        """Raise the floors for good: what a synced state covers is never asked for again."""
        self.floor = Floor(max(self.floor.view, floor.view), max(self.floor.batch, floor.batch))
        self._guard.forget(self.floor)
        self._votes = {view: held for view, held in self._votes.items() if view > self.floor.view}

    def _rebuilt(self, statements: Iterable[Statement]) -> Guard:
        guard = Guard(self.epoch)
        guard.forget(self.floor)
        for statement in (*self.statements(), *statements):
            guard.restore(statement)
        return guard

    def _keep_new(self, statements: Iterable[Statement]) -> list[Statement]:
        new = []
        for statement in statements:
            if not self._knows(statement):
                new.append(statement)
                self._keep(statement)
        return new

    def _knows(self, statement: Statement) -> bool:
        """Whether nothing has to be written down for it."""
        if _epoch_of(statement) != self.epoch:
            return True
        match statement:
            case VoteStatement():
                held = self._votes.get(statement.view, {})
                return statement.view <= self.floor.view or statement.kind in held
            case BatchStatement():
                return self._batch is not None and statement.seq <= self._batch.seq
            case AttestStatement():
                newest = self._attest
                height = statement.attestation.height
                return newest is not None and height <= newest.attestation.height
            case BeatStatement():
                return True

    def _keep(self, statement: Statement) -> None:
        if self._knows(statement):
            return
        match statement:
            case VoteStatement():
                self._votes.setdefault(statement.view, {})[statement.kind] = statement
                if len(self._votes) > MAX_VIEWS:  # as the guard does
                    self.forget(Floor(min(self._votes), 0))
            case BatchStatement():
                self._batch = statement
            case AttestStatement():
                self._attest = statement
            case BeatStatement():
                pass


def _epoch_of(statement: Statement) -> int:
    match statement:
        case VoteStatement() | BatchStatement():
            return statement.epoch
        case AttestStatement():
            return statement.attestation.epoch
        case BeatStatement():
            return statement.beat.epoch
