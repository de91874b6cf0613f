"""What peers say to each other, in one closed and bounded table. Knows form; believes nothing.

``Verified`` marks a message whose signatures were checked: only ``consensus.verification`` makes
one, and the engine takes nothing else ([MSG-1], docs/spec/consensus.md).
"""

from __future__ import annotations

from typing import Annotated, Final, assert_never

import msgspec

from primitives.batch import MAX_BATCH, Tip
from primitives.block import Header
from primitives.certificate import BeatCertificate, Certificate, StateCertificate
from primitives.encoding import Count, Digest, Index, Positive, Wire, decode
from primitives.vote import Attest, Kind, SignedBeat, Vote

MAX_MESSAGE: Final = 1024 * 1024
"""Bytes of one frame between peers."""
CHAIN_HEADERS: Final = 64
"""Headers in one answer of a peer that helps another to catch up."""

Tips = Annotated[tuple[Tip, ...], msgspec.Meta(max_length=100)]


class Propose(Wire, tag=1):
    """A leader's block: the header and its PROPOSE vote."""

    header: Header
    vote: Vote


class Voted(Wire, tag=2):
    """A NOTARIZE, NULLIFY or FINALIZE, and beside it, unsigned, the lane tips that its author
    holds and has verified."""

    vote: Vote
    tips: Tips


class Certified(Wire, tag=3):
    """N, X or F."""

    certificate: Certificate


class BatchSent(Wire, tag=4):
    """A batch in its canonical bytes."""

    batch: Annotated[bytes, msgspec.Meta(max_length=MAX_BATCH)]


class Attested(Wire, tag=5):
    """One validator's word on an executed height."""

    attest: Attest


class StateCertified(Wire, tag=6):
    """A quorum's word on an executed height."""

    certificate: StateCertificate


class Beating(Wire, tag=7):
    """One validator's BEAT."""

    signed: SignedBeat


class BlockSent(Wire, tag=8):
    """A block that was asked for by its digest: the digest is its authentication."""

    header: Header


class Status(Wire, tag=9):
    """Where the sender stands; unsigned, sent on a new connection and at standstill, and to a guest
    whenever a height is certified. ``tips`` are the lanes' of its epoch."""

    epoch: Count
    view: Count
    final_height: Count
    certified_height: Count
    tips: Tips


class FetchBlock(Wire, tag=10):
    """Ask for the block of ``digest``, proposed in ``view``."""

    view: Count
    digest: Digest


class FetchLane(Wire, tag=11):
    """Ask for the batches of a lane that end in ``tip``, above ``after`` (a seq), oldest first."""

    lane: Index
    tip: Digest
    after: Count


class FetchCertificate(Wire, tag=12):
    """Ask for N or X of a view."""

    epoch: Count
    kind: Kind
    view: Count


class FetchChain(Wire, tag=13):
    """Ask for final blocks from ``height`` on."""

    height: Positive


class ChainSent(Wire, tag=14):
    """Consecutive headers, each with its state certificate: so each is final, and provable."""

    headers: Annotated[tuple[Header, ...], msgspec.Meta(min_length=1, max_length=CHAIN_HEADERS)]
    certificates: Annotated[
        tuple[StateCertificate, ...], msgspec.Meta(min_length=1, max_length=CHAIN_HEADERS)
    ]


class BeatCertified(Wire, tag=15):
    """A quorum's BEAT, passed on so that every node can serve it."""

    certificate: BeatCertificate


class Oldest(Wire, tag=16):
    """The answer to a FetchChain of a height that the sender has let go of: ``height`` is the
    lowest that it still has. Its word, which nothing is built on ([SYNC-4])."""

    height: Positive


Message = (
    Propose
    | Voted
    | Certified
    | BatchSent
    | Attested
    | StateCertified
    | Beating
    | BlockSent
    | Status
    | FetchBlock
    | FetchLane
    | FetchCertificate
    | FetchChain
    | ChainSent
    | BeatCertified
    | Oldest
)
Fetch = FetchBlock | FetchLane | FetchCertificate | FetchChain


def epoch_of(message: Message) -> int | None:
    """The epoch in which a message means something; None if digests or heights say all.

    A batch's is read when it is decoded.
    """
    match message:
        case Propose():
            return message.header.epoch
        case Voted():
            return message.vote.epoch
        case Certified():
            return message.certificate.epoch
        case Attested():
            return message.attest.attestation.epoch
        case StateCertified():
            return message.certificate.attestation.epoch
        case Beating():
            return message.signed.beat.epoch
        case ChainSent():
            return message.headers[0].epoch
        case BeatCertified():
            return message.certificate.beat.epoch
        case FetchCertificate() | Status():
            return message.epoch
        case BatchSent() | BlockSent() | FetchBlock() | FetchLane() | FetchChain() | Oldest():
            return None
        case _:
            assert_never(message)


def decode_message(frame: bytes) -> Message:
    """The message in ``frame``. Raises ``Malformed``: such a peer is disconnected."""
    return decode(Message, frame, MAX_MESSAGE)  # type: ignore[arg-type]
