"""Proof that a member broke a rule. Knows each kind and how to check it; not what is done then."""

from __future__ import annotations

from enum import IntEnum, unique
from typing import Annotated

import msgspec

from primitives.batch import Batch, BatchHeader, batch_digest, batch_message, decode_batch
from primitives.encoding import Count, Index, Malformed, Signature, Wire, decode
from primitives.keys import SignatureScheme
from primitives.transaction import decode_signed, signatures
from primitives.validators import ValidatorSet
from primitives.vote import Attest, Kind, Vote, attest_message, vote_message

MAX_EVIDENCE = 1024 * 1024


@unique
class Offence(IntEnum):
    """What the accused did. Honest software never produces any of these ([EVID-1])."""

    TWO_PROPOSALS = 0
    TWO_NOTARIZE = 1
    FINALIZE_AND_NULLIFY = 2
    TWO_FINALIZE = 3
    TWO_BATCHES = 4
    BAD_BATCH = 5
    TWO_ATTESTATIONS = 6


class SignedBatchHeader(Wire):
    """What two batches of one place are proven by: their contents do not matter."""

    header: BatchHeader
    signature: Signature


class Evidence(Wire):
    """Signed bytes that contradict each other: encoded votes, attestations or signed batch
    headers; for a bad batch the whole batch, and ``second`` is empty."""

    offence: Offence
    epoch: Count
    accused: Index
    first: Annotated[bytes, msgspec.Meta(max_length=MAX_EVIDENCE)]
    second: Annotated[bytes, msgspec.Meta(max_length=MAX_EVIDENCE)]


_VOTE_KINDS = {
    Offence.TWO_PROPOSALS: (Kind.PROPOSE, Kind.PROPOSE),
    Offence.TWO_NOTARIZE: (Kind.NOTARIZE, Kind.NOTARIZE),
    Offence.FINALIZE_AND_NULLIFY: (Kind.NULLIFY, Kind.FINALIZE),
    Offence.TWO_FINALIZE: (Kind.FINALIZE, Kind.FINALIZE),
}


def check_evidence(
    chain: bytes, members: ValidatorSet, scheme: SignatureScheme, evidence: Evidence
) -> None:
    """Raise ``Malformed`` (``evidence_invalid`` or an encoding code) unless it proves its point."""
    if evidence.epoch != members.epoch:
        raise Malformed("evidence_invalid", "of another epoch")
    match evidence.offence:
        case Offence.TWO_BATCHES:
            _check_two_batches(chain, members, scheme, evidence)
        case Offence.BAD_BATCH:
            _check_bad_batch(chain, members, scheme, evidence)
        case Offence.TWO_ATTESTATIONS:
            _check_two_attestations(members, scheme, evidence, chain)
        case _:
            _check_two_votes(chain, members, scheme, evidence)


def _require(condition: bool, detail: str) -> None:
    if not condition:
        raise Malformed("evidence_invalid", detail)


def _check_two_votes(
    chain: bytes, members: ValidatorSet, scheme: SignatureScheme, evidence: Evidence
) -> None:
    first = decode(Vote, evidence.first)
    second = decode(Vote, evidence.second)
    _require((first.kind, second.kind) == _VOTE_KINDS[evidence.offence], "not these kinds")
    _require(first.view == second.view, "of different views")
    _require(first.digest != second.digest, "they agree")
    for vote in (first, second):
        _require(vote.author == evidence.accused, "of another author")
        _require(vote.epoch == evidence.epoch, "of another epoch")
        message = vote_message(chain, vote.kind, vote.epoch, vote.view, vote.digest)
        key = members.key(vote.author)
        _require(scheme.verify(key, message, vote.signature), "not signed by the accused")


def _signed_header(
    chain: bytes, members: ValidatorSet, scheme: SignatureScheme, signed: SignedBatchHeader | Batch
) -> bytes:
    digest = batch_digest(chain, signed.header)
    key = members.key(signed.header.author)
    _require(scheme.verify(key, batch_message(digest), signed.signature), "not signed")
    return digest


def _check_two_batches(
    chain: bytes, members: ValidatorSet, scheme: SignatureScheme, evidence: Evidence
) -> None:
    pair = [decode(SignedBatchHeader, part) for part in (evidence.first, evidence.second)]
    digests = [_signed_header(chain, members, scheme, signed) for signed in pair]
    slots = [(b.header.epoch, b.header.author, b.header.seq) for b in pair]
    _require(slots[0] == slots[1], "of different places")
    _require(slots[0][:2] == (evidence.epoch, evidence.accused), "of another lane")
    _require(digests[0] != digests[1], "they agree")


def _check_bad_batch(
    chain: bytes, members: ValidatorSet, scheme: SignatureScheme, evidence: Evidence
) -> None:
    batch = decode_batch(evidence.first)
    _signed_header(chain, members, scheme, batch)
    header = batch.header
    _require((header.epoch, header.author) == (evidence.epoch, evidence.accused), "another lane")
    _require(evidence.second == b"", "one batch is enough")
    _require(batch_fault(chain, scheme, batch) is not None, "nothing is wrong with the batch")


def batch_fault(chain: bytes, scheme: SignatureScheme, batch: Batch) -> str | None:
    """Why no honest validator would have sealed this batch; None if it is sound ([LANE-2])."""
    weight = 0
    checks = []
    for raw in batch.transactions:
        try:
            decoded = decode_signed(raw, chain)
        except Malformed as error:
            return error.code
        weight += decoded.weight
        checks.extend(signatures(decoded))
    if weight != batch.header.weight:
        return "batch_weight"
    if not all(scheme.verify_many(checks)):
        return "signature_invalid"
    return None


def _check_two_attestations(
    members: ValidatorSet, scheme: SignatureScheme, evidence: Evidence, chain: bytes
) -> None:
    pair = [decode(Attest, evidence.first), decode(Attest, evidence.second)]
    for attest in pair:
        a = attest.attestation
        _require((a.chain, a.epoch) == (chain, evidence.epoch), "of another chain or epoch")
        _require(attest.author == evidence.accused, "of another author")
        key = members.key(attest.author)
        _require(scheme.verify(key, attest_message(a), attest.signature), "not signed")
    first, second = (attest.attestation for attest in pair)
    _require(first.height == second.height, "of different heights")
    _require(first != second, "they agree")
