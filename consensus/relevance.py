"""Could this message change anything? Asked before its signatures are checked ([MSG-2]).

Nothing is taken in here: what could change something is looked at again once it is verified.
"""

from __future__ import annotations

from typing import assert_never

from consensus.messages import (
    Attested,
    BatchSent,
    BeatCertified,
    Beating,
    BlockSent,
    Certified,
    ChainSent,
    FetchBlock,
    FetchCertificate,
    FetchChain,
    FetchLane,
    Message,
    Oldest,
    Propose,
    StateCertified,
    Status,
    Voted,
)
from consensus.parts import Parts
from primitives.batch import header_of


def wants(parts: Parts, message: Message, digest: bytes | None) -> bool:
    """False if nobody needs to check its signatures, of which a full batch has a thousand.
    ``digest`` is a batch's."""
    simplex, attestations = parts.simplex, parts.attestations
    match message:
        case Propose() | Voted():
            return simplex.wants_vote(message.vote)
        case Certified():
            return not simplex.chain.holds(message.certificate)
        case BatchSent():
            assert digest is not None
            return parts.lanes.accepts(digest, header_of(message.batch))
        case Attested():
            return attestations.wants(message.attest)
        case StateCertified():
            height = message.certificate.attestation.height
            return attestations.wants_certificate(height)
        case ChainSent():
            final = simplex.chain.final.digest
            attached = any(header.parent == final for header in message.headers)
            first = message.headers[0].height
            return attached or any(height >= first for height in attestations.gaps())
        case BeatCertified():
            newest = attestations.newest_beat
            return newest is None or message.certificate.beat.tick > newest.beat.tick
        case BlockSent() | Beating() | Status() | Oldest():
            return True
        case FetchBlock() | FetchLane() | FetchCertificate() | FetchChain():
            return True
        case _:
            assert_never(message)
