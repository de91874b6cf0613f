"""Notices one's own key at work elsewhere, and a journal that is older than what it signed.

Knows what this node signed, by heights and views; judges no signature of others. Two nodes with one
key, or a restored backup, do not know of each other: but what a quorum saw holds their signatures,
and one that was not made here is the other's ([DUR-4]).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, assert_never

from consensus.config import Anchor
from consensus.effects import (
    BatchKept,
    BlockKept,
    CertificateKept,
    Effect,
    Execute,
    Forgotten,
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
from consensus.verification import Verifier
from node.journal import Damaged
from node.world import History
from primitives.block import Header
from primitives.certificate import StateCertificate
from primitives.keys import Check
from primitives.vote import attest_message, vote_message

LOOKED_BACK: Final = 4_096
"""Newest heights at most whose certificates are looked at for an own signature at start."""
_OR_I: Final = ", or this one did once"


class Twins:
    """What this node knows that it signed; all else with its signature is a twin's."""

    def __init__(self, history: History) -> None:
        self._history = history
        self.spoken = 0
        """The highest height for which there ever was an own ATTEST, as far as is known here."""
        self._proposed = 0
        """The newest view of this epoch with an own proposal; after a start, the newest view of
        which the journal knows anything, for it lets go of proposals, but not of what came next."""
        self._certified = 0
        """The highest height of which the journal held a certificate at start."""

    def begin(self, spoken: int, certified: int) -> None:
        """The journal was read: the newest height with an own ATTEST in it, and with a state
        certificate."""
        self.spoken, self._certified = spoken, certified

    def recall(
        self, me: int, verifier: Verifier, header: Header, records: Sequence[Record]
    ) -> None:
        """An epoch begins after ``header``, with what the journal holds of it. Raises ``Damaged``
        if that is not one's own."""
        for record in records:
            _check_own(me, verifier, record)
        self._proposed = max([header.view, *map(_view_of, records)])

    def look_back(self, me: int, anchor: Anchor) -> None:
        """Raise ``Damaged`` if the store holds a signature of this key that the journal has
        forgotten."""
        newest, epoch = anchor.header.height, anchor.members.epoch
        for height in range(newest, max(self.spoken, newest - LOOKED_BACK), -1):
            certificate = self._history.certificate_of(height)
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
        case Forgotten():
            return record.view
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
