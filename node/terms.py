"""One epoch as this node lives it, and how the next begins. Knows what is bound to an epoch.

At start the records of the journal are sorted by epoch: the disk may know of later ones than the
store does, and then each is gone through again, in order. What a node sealed and an epoch did not
order is handed back, from its engine or, after a restart, from the journal ([EPOCH-5]).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from consensus.config import Anchor, Config
from consensus.effects import (
    BatchKept,
    Forgotten,
    OwnAttest,
    OwnVote,
    Record,
    StateCertificateKept,
)
from consensus.engine import Engine
from consensus.inputs import Executed, Recovered
from consensus.verification import Verifier
from node.guard import AttestStatement, Floor, statement_of
from node.horizon import Horizon
from node.inbox import Inbox
from node.journal import Journal, Orphans, epoch_of
from node.reception import Reception
from node.speech import Speech
from node.sync import Fetcher
from node.twins import Twins
from node.world import Unseated, World
from primitives.batch import decode_batch
from primitives.block import Header
from primitives.genesis import Genesis, chain_id
from primitives.keys import SignatureScheme
from primitives.validators import ValidatorSet


class Makers(NamedTuple):
    """What makes an epoch's engine, for the own member index there, and its verifier."""

    engine: Callable[[Anchor, int | None], Engine]
    verifier: Callable[[ValidatorSet], Verifier]


def makers(genesis: Genesis, scheme: SignatureScheme) -> Makers:
    """Those of a chain, whoever drives them: a node, a rehearsal, the simulator."""
    chain = chain_id(genesis)

    def engine(anchor: Anchor, me: int | None) -> Engine:
        return Engine(Config(chain, anchor.members, me, genesis.parameters), anchor)

    def verifier(members: ValidatorSet) -> Verifier:
        return Verifier(chain, members, scheme)

    return Makers(engine, verifier)


class Term(NamedTuple):
    """Whatever is bound to the members of one epoch. ``me`` is None where no key has a seat;
    ``orphans`` are transactions that were sealed here and that the epoch before did not order."""

    members: ValidatorSet
    me: int | None
    engine: Engine
    verifier: Verifier
    reception: Reception
    speech: Speech | None
    fetcher: Fetcher
    orphans: tuple[bytes, ...]


class Terms:
    """Makes the first one at start, and each next one when its epoch is over."""

    def __init__(self, makers: Makers, world: World, journal: Journal, inbox: Inbox) -> None:
        self._makers = makers
        self._world = world
        self._journal = journal
        self._inbox = inbox
        self._records: dict[int, list[Record]] = {}
        self.horizon = Horizon(world.history)
        self._forgotten = 0
        self.attested = 0
        """The highest height for which the journal still held an own ATTEST at start."""
        self.twins = Twins(world.history)

    def first(self) -> Term:
        """Recover. Raises ``journal.Damaged`` or ``guard.Refused``: then this node must not sign
        with its key."""
        anchor = self._world.history.head()
        executed = tuple(self._world.history.uncertified())
        me = self._take_seat(anchor)
        floor = self.horizon.begin(anchor.header, [outcome.height for outcome in executed])
        records = self._journal.recover(floor)
        self._forgotten = self._journal.forgotten_epoch
        me = self._unless_forgotten(me, anchor.members)
        self.twins.begin(self._journal.newest_attest, self._journal.newest_certified)
        return self._begin(anchor, me, executed, records)

    def again(self) -> Term:
        """The same epoch as a start would find it now: who signs here has changed. Nothing may be
        under way. Raises what ``first`` raises."""
        anchor = self._world.history.head()
        executed = tuple(self._world.history.uncertified())
        me = self._take_seat(anchor)
        self._inbox.clear()
        return self._begin(anchor, me, executed, self._journal.kept())

    def _begin(
        self,
        anchor: Anchor,
        me: int | None,
        executed: tuple[Executed, ...],
        records: Sequence[Record],
    ) -> Term:
        """Stand where the store does, with what the journal holds."""
        self._records = {}
        for record in records:
            self._records.setdefault(epoch_of(record), []).append(record)
        left = self._records.get(anchor.members.epoch - 1, [])
        first = 0 if anchor.before is None else anchor.before.last + 1
        self._certify_again(left, {each.height for each in executed if each.height < first})
        executed = tuple(each for each in executed if each.height >= first)
        batches = [record.batch for record in left if isinstance(record, BatchKept)]
        return self._term(anchor, me, executed)._replace(orphans=_contents(batches))

    def _certify_again(self, records: Sequence[Record], heights: Collection[int]) -> None:
        """A crash may have taken certificates of the epoch before from the store: the journal has
        them, and those who could make them again have gone on."""
        for record in records:
            if isinstance(record, StateCertificateKept):
                height = record.certificate.attestation.height
                if height in heights:
                    self._world.execution.certify(record.certificate)
                    self.horizon.certified(height)

    def after(self, term: Term) -> Term:
        """The epoch is over here: with its last certificate, which is on disk, the next begins
        ([EPOCH-5]). What was under way meant the members of the one before."""
        left = [term.reception.batch(digest) for digest in term.engine.orphans()]
        anchor = self._world.history.head()
        assert anchor.members.epoch == term.members.epoch + 1, "its end is not in the store"
        self._inbox.clear()
        batches = [raw for raw in left if raw is not None]
        following = self._term(anchor, self._take_seat(anchor), ())
        return following._replace(orphans=_contents(batches))

    def tidy(self, term: Term) -> None:
        """Let the journal forget what a synced state commit covers ([DUR-2])."""
        if self._journal.dirty or not self._journal.wants_tidying(self.horizon.has_moved()):
            return
        header, floor = self.horizon.floor()
        self._journal.tidy(floor)
        if term.me is not None and header.epoch == term.members.epoch:
            self._world.signing.forget(Floor(header.view, header.cut[term.me].seq))

    def _take_seat(self, anchor: Anchor) -> int | None:
        """Find out who this node is among the epoch's members, and what it may have left undone."""
        members, before = anchor.members, anchor.before
        me = self._unless_forgotten(self._world.signing.enter(members), members)
        self.horizon.orphans = None
        if me is None or before is None:
            return me
        place = before.members.place_of(members.members[me].partner)
        if place is not None:
            seq = before.cut[place].seq
            self.horizon.orphans = Orphans(before.members.epoch, place, seq)
        return me

    def _unless_forgotten(self, me: int | None, members: ValidatorSet) -> int | None:
        """Who lost the store, and of an epoch does not know any more what was said in it, says
        nothing there ([DUR-5])."""
        return None if members.epoch < self._forgotten else me

    def _term(self, anchor: Anchor, me: int | None, executed: tuple[Executed, ...]) -> Term:
        members = anchor.members
        verifier = self._makers.verifier(members)
        records = self._records.pop(members.epoch, [])
        self._records = {e: kept for e, kept in self._records.items() if e > members.epoch}
        speech = None if me is None else Speech(verifier, me)
        regained: list[Record] = []
        if me is not None and speech is not None:
            try:
                regained = self._recall(me, speech, anchor.header, records)
                self.twins.look_back(me, anchor)
            except Unseated:
                me = speech = None
        if me is None:  # who only follows says nothing, and so has said nothing
            records = [each for each in records if not isinstance(each, OwnVote | OwnAttest)]
        engine = self._makers.engine(anchor, me)
        reception = Reception(
            verifier,
            self._world,
            self._journal.shelf,
            self._inbox,
            engine.config.parameters.standstill_ms // 2,
        )
        self._inbox.put(Recovered((*records, *regained), executed))
        fetcher = Fetcher(me)
        reception.on_oldest, fetcher.on_missing = fetcher.told, self._missing
        return Term(members, me, engine, verifier, reception, speech, fetcher, ())

    def _missing(self, height: int | None) -> None:
        self._world.watcher.history_missing(height)

    def _floor(self, me: int, speech: Speech, records: Sequence[Record] = ()) -> Floor:
        """Below what the journal has forgotten: not what is executed, but what stays so. Of the
        epoch before nothing counts here."""
        durable, view, seq = self.horizon.durable(), 0, 0
        if durable.epoch == speech.epoch:
            view, seq = durable.view, durable.cut[me].seq
        for record in records:
            if isinstance(record, Forgotten):
                view, seq = max(view, record.view), max(seq, record.lanes[me])
        return Floor(view, seq)

    def _recall(
        self, me: int, speech: Speech, header: Header, records: list[Record]
    ) -> list[Record]:
        """What is known to have been said binds. Answers what only the signer still knew, which the
        journal has from now on. Raises ``Unseated``."""
        verifier = speech.verifier
        self.twins.recall(me, verifier, header, records)
        said = [statement_of(record, verifier.chain, me) for record in records]
        statements = tuple(statement for statement in said if statement is not None)
        regained: list[Record] = []
        for unheard in self._world.signing.recall(statements, self._floor(me, speech, records)):
            regained += speech.written(*unheard)
            self.twins.note(unheard.say)
        for record in regained:
            self._journal.append(record)
        heights = [s.attestation.height for s in statements if isinstance(s, AttestStatement)]
        heights += [r.attest.attestation.height for r in regained if isinstance(r, OwnAttest)]
        self.attested = max(heights, default=self.attested)
        return regained


def _contents(batches: Sequence[bytes]) -> tuple[bytes, ...]:
    return tuple(each for raw in batches for each in decode_batch(raw).transactions)
