"""What the engine wants done. Knows no way of doing it.

The replica performs the effects of one turn in this order: records are appended and own messages
are guarded, signed and appended; one sync; then everything is sent, and own messages come back as
inputs. So whatever is audible is durable ([DUR-1]), and the engine may rely on a ``Keep`` at once.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from consensus.messages import Fetch, Message, Tips
from primitives.batch import BatchHeader
from primitives.block import Header, Ordered
from primitives.certificate import Certificate, StateCertificate
from primitives.encoding import Count, Wire
from primitives.evidence import Evidence
from primitives.vote import Attest, Attestation, Beat, Kind, Vote


class BlockKept(Wire, tag=1):
    """A block that may be voted for or built upon; the vote is the leader's PROPOSE, if held."""

    header: Header
    vote: Vote | None


class BatchKept(Wire, tag=2):
    """A verified batch (one's own too) in its canonical bytes."""

    batch: bytes


class CertificateKept(Wire, tag=3):
    """N, X or F."""

    certificate: Certificate


class StateCertificateKept(Wire, tag=4):
    """A state certificate."""

    certificate: StateCertificate


class OwnVote(Wire, tag=5):
    """A vote (or proposal) of one's own, signed."""

    vote: Vote


class OwnAttest(Wire, tag=6):
    """An attestation of one's own, signed."""

    attest: Attest


class Forgotten(Wire, tag=7):
    """What was said up to here may be in the journal no more: in earlier epochs anything, in this
    one what belongs to views up to ``view`` and to batches up to its lane's seq ([DUR-5])."""

    epoch: Count
    height: Count
    view: Count
    lanes: Annotated[tuple[Count, ...], msgspec.Meta(max_length=100)]
    """The executed seq of each lane."""


Record = (
    BlockKept | BatchKept | CertificateKept | StateCertificateKept | OwnVote | OwnAttest | Forgotten
)
"""What the journal holds. Own batches are ``BatchKept`` by their author field."""


class SayProposal(msgspec.Struct, frozen=True):
    """Propose ``header``: the replica signs Vote(PROPOSE, view, digest)."""

    header: Header
    digest: bytes


class SayVote(msgspec.Struct, frozen=True):
    """Vote, with the tips that travel beside it."""

    kind: Kind
    view: int
    digest: bytes | None
    tips: Tips


class SayBatch(msgspec.Struct, frozen=True):
    """Sign and publish the own lane's next batch."""

    header: BatchHeader
    digest: bytes
    transactions: tuple[bytes, ...]


class SayAttest(msgspec.Struct, frozen=True):
    """Attest an executed height."""

    attestation: Attestation


class SayBeat(msgspec.Struct, frozen=True):
    """Beat; neither guarded nor journaled: two beats never contradict each other."""

    beat: Beat


Say = SayProposal | SayVote | SayBatch | SayAttest | SayBeat


class Keep(msgspec.Struct, frozen=True):
    """Append to the journal in this turn."""

    record: Record


class Send(msgspec.Struct, frozen=True):
    """Send to one member, or to every other member when ``to`` is None. Lossy by nature."""

    to: int | None
    message: Message


class SendBatches(msgspec.Struct, frozen=True):
    """Send batches that are held, by digest, to one member or (None) to every other one."""

    to: int | None
    digests: tuple[bytes, ...]


class Wake(msgspec.Struct, frozen=True):
    """Come back at ``at_ms`` (None: only an input will wake the engine). Replaces the last one."""

    at_ms: int | None


class Execute(msgspec.Struct, frozen=True):
    """The next final block, all of whose batches are held; heights come without gaps."""

    header: Header
    digest: bytes
    batches: tuple[Ordered, ...]


class Certify(msgspec.Struct, frozen=True):
    """A state certificate is complete: hand it to the executor (its record is kept apart)."""

    certificate: StateCertificate


class Accuse(msgspec.Struct, frozen=True):
    """A member broke a rule, provably."""

    evidence: Evidence


class Halt(msgspec.Struct, frozen=True):
    """f+1 others attest another outcome than mine: stop, sign nothing more, and tell a human."""

    height: int
    mine: Attestation
    theirs: Attestation


class Need(msgspec.Struct, frozen=True):
    """Something missing: a request, and whom to ask first. Part of ``engine.needs``, not an effect:
    the replica asks, peer after peer, for as long as the need stands there ([SYNC-1])."""

    request: Fetch
    first: tuple[int, ...]


Effect = (
    SayProposal
    | SayVote
    | SayBatch
    | SayAttest
    | SayBeat
    | Keep
    | Send
    | SendBatches
    | Wake
    | Execute
    | Certify
    | Accuse
    | Halt
)
