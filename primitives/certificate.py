"""Q signatures of distinct members over one message. Knows quorums and forms; not what follows.

Certificates never enter a digest: two nodes may hold different ones of the same thing ([CERT-1]).
"""

from __future__ import annotations

import itertools
from typing import Annotated, assert_never

import msgspec

from primitives.encoding import Count, Digest, Index, Malformed, Signature, Wire
from primitives.keys import Check, SignatureScheme
from primitives.validators import ValidatorSet
from primitives.vote import (
    Attestation,
    Beat,
    Kind,
    attest_message,
    beat_message,
    vote_message,
)


class MemberSignature(Wire):
    """A signature by the member at ``author``."""

    author: Index
    signature: Signature


Signatures = Annotated[tuple[MemberSignature, ...], msgspec.Meta(min_length=1, max_length=100)]


class Certificate(Wire):
    """N, X or F: a quorum of NOTARIZE, NULLIFY or FINALIZE votes of one view and digest."""

    kind: Kind
    epoch: Count
    view: Count
    digest: Digest | None
    signatures: Signatures


class StateCertificate(Wire):
    """A quorum of ATTESTs of one height: what wallets, auditors and light clients check."""

    attestation: Attestation
    signatures: Signatures


class BeatCertificate(Wire):
    """A quorum of equal BEATs: at that tick no higher state certificate existed."""

    beat: Beat
    signatures: Signatures


AnyCertificate = Certificate | StateCertificate | BeatCertificate


def certified_message(chain: bytes, certificate: AnyCertificate) -> bytes:
    """The message that every signature of the certificate must be over."""
    match certificate:
        case Certificate():
            c = certificate
            return vote_message(chain, c.kind, c.epoch, c.view, c.digest)
        case StateCertificate():
            return attest_message(certificate.attestation)
        case BeatCertificate():
            return beat_message(certificate.beat)


def check_certificate(
    chain: bytes, members: ValidatorSet, scheme: SignatureScheme, certificate: AnyCertificate
) -> None:
    """Raise ``Malformed`` unless a quorum of ``members`` signed.

    Codes: ``certificate_form``, ``certificate_chain``, ``certificate_epoch``,
    ``certificate_quorum``, ``certificate_signature``.
    """
    _check_form(chain, members, certificate)
    authors = [signature.author for signature in certificate.signatures]
    if any(later <= earlier for earlier, later in itertools.pairwise(authors)):
        raise Malformed("certificate_form", "authors must ascend strictly")
    if authors[-1] >= members.size:
        raise Malformed("certificate_form", f"author {authors[-1]} of {members.size}")
    if len(authors) < members.quorum:
        raise Malformed("certificate_quorum", f"{len(authors)} of {members.quorum}")
    message = certified_message(chain, certificate)
    checks = [Check(members.key(s.author), message, s.signature) for s in certificate.signatures]
    if not all(scheme.verify_many(checks)):
        raise Malformed("certificate_signature", "a signature is not its author's")


def _check_form(chain: bytes, members: ValidatorSet, certificate: AnyCertificate) -> None:
    match certificate:
        case Certificate():
            epoch = certificate.epoch
            if certificate.kind == Kind.PROPOSE:
                raise Malformed("certificate_form", "proposals are not counted")
            if (certificate.digest is None) != (certificate.kind == Kind.NULLIFY):
                raise Malformed("certificate_form", "only NULLIFY has no digest")
            own_chain = chain
        case StateCertificate():
            epoch = certificate.attestation.epoch
            own_chain = certificate.attestation.chain
            if certificate.attestation.validators != members.hash:
                raise Malformed("certificate_epoch", "attested for another set of validators")
        case BeatCertificate():
            epoch = certificate.beat.epoch
            own_chain = certificate.beat.chain
        case _:
            assert_never(certificate)
    if own_chain != chain:
        raise Malformed("certificate_chain", own_chain.hex())
    if epoch != members.epoch:
        raise Malformed("certificate_epoch", f"{epoch}, the members are of {members.epoch}")
