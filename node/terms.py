"""One epoch as this node lives it, and how the next begins. Knows what is bound to an epoch.

At start the records of the journal are sorted by epoch: the disk may know of later ones than the
store does, and then each is gone through again, in order. What a node sealed and an epoch did not
order is handed back, from its engine or, after a restart, from the journal ([EPOCH-5]).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final, NamedTuple, assert_never

from consensus.config import Anchor, Config
from consensus.effects import (
    BatchKept,
    BlockKept,
    CertificateKept,
    Effect,
    Execute,
    Keep,
    OwnAttest,
    OwnVote,
    Record,
    Say,
    SayAttest,
    SayBatch,
    SayBeat,
    SayProposal,
    SayVote,
    StateCertificateKept,
)
from consensus.engine import Engine
from consensus.inputs import Executed, Recovered
from consensus.verification import Verifier
from node.guard import AttestStatement, Floor, statement_of
from node.horizon import Horizon
from node.inbox import Inbox
from node.journal import Damaged, Journal, Orphans, epoch_of
from node.reception import Reception
from node.speech import Speech
from node.sync import Fetcher
from node.world import World
from primitives.batch import decode_batch
from primitives.block import Header
from primitives.certificate import StateCertificate
from primitives.genesis import Genesis, chain_id
from primitives.keys import Check, SignatureScheme
from primitives.validators import ValidatorSet
from primitives.vote import attest_message, vote_message

_OR_I: Final = ", or this one did once"
LOOKED_BACK: Final = 4_096
"""Newest heights at most whose certificates are looked at for an own signature at start."""


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
        self.attested = 0
        """The highest height for which the journal still held an own ATTEST at start."""
        self.spoken = 0
        """The highest height for which there ever was an own ATTEST, as far as is known here."""
        self._proposed = 0
        """The newest view of this epoch with an own proposal; after a start, the newest view of
        which the journal knows anything, for it lets go of proposals, but not of what came next."""
        self._certified = 0
        """The highest height of which the journal held a certificate at start."""

    def first(self) -> Term:
        """Recover. Raises ``journal.Damaged`` or ``guard.Refused``: then this node must not sign
        with its key."""
        anchor = self._world.history.head()
        executed = tuple(self._world.history.uncertified())
        me = self._take_seat(anchor)
        floor = self.horizon.begin(anchor.header, [outcome.height for outcome in executed])
        records = self._journal.recover(floor)
        self.spoken, self._certified = self._journal.newest_attest, self._journal.newest_certified
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

    def _take_seat(self, anchor: Anchor) -> int | None:
        """Find out who this node is among the epoch's members, and what it may have left undone."""
        members, before = anchor.members, anchor.before
        me = self._world.signing.enter(members)
        self.horizon.orphans = None
        if me is None or before is None:
            return me
        place = before.members.place_of(members.members[me].partner)
        if place is not None:
            seq = before.cut[place].seq
            self.horizon.orphans = Orphans(before.members.epoch, place, seq)
        return me

    def _term(self, anchor: Anchor, me: int | None, executed: tuple[Executed, ...]) -> Term:
        members = anchor.members
        verifier = self._makers.verifier(members)
        records = self._records.pop(members.epoch, [])
        self._records = {e: kept for e, kept in self._records.items() if e > members.epoch}
        if me is not None:
            self._recall(me, verifier, anchor.header, records)
            self._look_back(me, anchor)
        engine = self._makers.engine(anchor, me)
        reception = Reception(
            verifier,
            self._world,
            self._journal.shelf,
            self._inbox,
            engine.config.parameters.standstill_ms // 2,
        )
        self._inbox.put(Recovered(tuple(records), executed))
        speech = None if me is None else Speech(verifier, me)
        return Term(members, me, engine, verifier, reception, speech, Fetcher(me), ())

    def _recall(self, me: int, verifier: Verifier, header: Header, records: list[Record]) -> None:
        for record in records:
            _check_own(me, verifier, record)
        said = [statement_of(record, verifier.chain, me) for record in records]
        statements = tuple(statement for statement in said if statement is not None)
        self._proposed = max([header.view, *map(_view_of, records)])
        self._world.signing.recall(statements, Floor(header.view, header.cut[me].seq))
        heights = [s.attestation.height for s in statements if isinstance(s, AttestStatement)]
        self.attested = max(heights, default=self.attested)

    def _look_back(self, me: int, anchor: Anchor) -> None:
        """Raise ``Damaged`` if the store holds a signature of this key that the journal has
        forgotten."""
        newest, epoch = anchor.header.height, anchor.members.epoch
        for height in range(newest, max(self.spoken, newest - LOOKED_BACK), -1):
            certificate = self._world.history.certificate_of(height)
            if certificate is not None and certificate.attestation.epoch != epoch:
                return
            if certificate is not None and self._forgot(me, certificate):
                reason = f"this node's key attested height {height}"
                raise Damaged("journal_behind", reason + self._newest_known())

    def note(self, say: Say) -> None:
        """This was just signed, and goes to the journal before anyone hears of it."""
        match say:
            case SayAttest():
                self.spoken = max(self.spoken, say.attestation.height)
            case SayProposal():
                self._proposed = max(self._proposed, say.header.view)
            case SayBatch() | SayVote() | SayBeat():
                pass

    @property
    def horizon_of_proposals(self) -> tuple[int, int]:
        """A final block above this height and view that the own key proposed was proposed by
        another node, unless this one did so since it started."""
        return self._certified, self._proposed

    def twin(self, me: int | None, effect: Effect) -> str | None:
        """What is wrong if something that a quorum saw holds a signature of one's own that was not
        made here: one key in two nodes, or an old journal. What the other one signed, this one does
        not know, and must not contradict ([DUR-4])."""
        match effect:
            case Keep(record=StateCertificateKept(certificate=certificate)):
                if not self._forgot(me, certificate):
                    return None
                deed = f"attests height {certificate.attestation.height}"
                return f"another node {deed} with this node's key{_OR_I}" + self._newest_known()
            case Execute(header=header):  # what is not final yet proves nothing
                if header.proposer != me or header.view <= self._proposed:
                    return None
                if header.height <= self._certified:
                    return None  # from before the store was lost: the proposal was let go
                deed = f"proposed height {header.height}"
                known = ", and its journal knows nothing after that view"
                return f"another node {deed} with this node's key{_OR_I}{known}"
            case _:
                return None

    def _forgot(self, me: int | None, certificate: StateCertificate) -> bool:
        height = certificate.attestation.height
        return height > self.spoken and any(s.author == me for s in certificate.signatures)

    def _newest_known(self) -> str:
        return f", and the newest that its journal knows of is height {self.spoken}"


def _view_of(record: Record) -> int:
    match record:
        case BlockKept():
            return record.header.view
        case CertificateKept():
            return record.certificate.view
        case OwnVote():
            return record.vote.view
        case BatchKept() | StateCertificateKept() | OwnAttest():
            return 0
        case _:
            assert_never(record)


def _check_own(me: int, verifier: Verifier, record: Record) -> None:
    """Raise ``Damaged`` if one's own word is somebody else's, or of another chain."""
    match record:
        case OwnVote(vote=said):
            message = vote_message(verifier.chain, said.kind, said.epoch, said.view, said.digest)
        case OwnAttest(attest=said):
            message = attest_message(said.attestation)
        case _:
            return
    check = Check(verifier.members.key(me), message, said.signature)
    if said.author != me or not verifier.scheme.verify_many([check])[0]:
        raise Damaged("journal_foreign", "the journal holds votes of another validator or chain")


def _contents(batches: Sequence[bytes]) -> tuple[bytes, ...]:
    return tuple(each for raw in batches for each in decode_batch(raw).transactions)
