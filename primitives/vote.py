"""What validators sign: votes, attestations, beats. Knows form and meaning; never whether to sign.

Every message carries the chain id and its own domain, so that no signature means anything on
another chain or in another place ([VOTE-1], docs/spec/certificates.md).
"""

from __future__ import annotations

from enum import IntEnum, unique
from typing import Final

from primitives.encoding import Count, Digest, Index, Millis, Signature, Wire, encode
from primitives.hashing import ATTEST_SIGNATURE, BEAT_SIGNATURE, VOTE_SIGNATURE

PROTOCOL_VERSION: Final = 1


@unique
class Kind(IntEnum):
    """What a vote says of a view."""

    PROPOSE = 0
    NOTARIZE = 1
    NULLIFY = 2
    FINALIZE = 3


class Vote(Wire):
    """A member's word in one view. ``digest`` is the block's; nil for NULLIFY, and only there."""

    kind: Kind
    epoch: Count
    view: Count
    digest: Digest | None
    author: Index
    signature: Signature


class Attestation(Wire):
    """The outcome of executing one height, as each validator signs it ([CERT-2])."""

    chain: Digest
    epoch: Count
    height: Count
    block: Digest
    time: Millis
    state_root: Digest
    receipts_root: Digest
    validators: Digest
    next_validators: Digest
    last: bool
    protocol: Count


class Attest(Wire):
    """A member's signature over an attestation."""

    attestation: Attestation
    author: Index
    signature: Signature


class Beat(Wire):
    """No height above ``height`` is known to the author at ``tick`` = floor(clock / beat_ms)."""

    chain: Digest
    epoch: Count
    height: Count
    state_root: Digest
    tick: Count


class SignedBeat(Wire):
    """A member's signature over a beat."""

    beat: Beat
    author: Index
    signature: Signature


def vote_message(chain: bytes, kind: Kind, epoch: int, view: int, digest: bytes | None) -> bytes:
    """What is signed for a vote: [chain, epoch, kind, view, digest or nil]."""
    return VOTE_SIGNATURE.message(encode([chain, epoch, int(kind), view, digest]))


def attest_message(attestation: Attestation) -> bytes:
    """What is signed for an attestation."""
    return ATTEST_SIGNATURE.message(encode(attestation))


def beat_message(beat: Beat) -> bytes:
    """What is signed for a beat."""
    return BEAT_SIGNATURE.message(encode(beat))
