"""Judges one answer by its proof alone. Knows bytes, trust and the time; no network, no retry.

Every value that leaves here was derived from proven bytes. What stands beside a proof is compared
with it only so that a node that says one thing and proves another is named ([PROOF-2], [PROOF-3]).
"""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec

from client.fields import from_base64
from client.trust import Believed
from primitives.certificate import BeatCertificate, StateCertificate
from primitives.encoding import Malformed, Wire, decode
from primitives.entries import MAX_VALUE
from primitives.proof import (
    EntryProof,
    ReceiptProof,
    check_entry_proof,
    check_receipt_proof,
    proven_time,
)
from primitives.receipt import Receipt

W = TypeVar("W", bound=Wire)

FRESH_MS: Final = 60_000
"""How far a proven time may be from the client's clock for an answer to count as of now."""
MAX_PROOF: Final = 128 * 1024
"""Bytes of the longest proof that is read."""


class Freshness(msgspec.Struct, frozen=True):
    """As of when a value is proven, in milliseconds since 1970, and whether that is now."""

    as_of_ms: int
    is_fresh: bool


class ProvenEntry(msgspec.Struct, frozen=True):
    """A state entry (None: absent) under the certificate that proves it."""

    key: bytes
    value: bytes | None
    certificate: StateCertificate


class ProvenReceipt(msgspec.Struct, frozen=True):
    """A receipt under the certificate of its height."""

    receipt: Receipt
    index: int
    certificate: StateCertificate


def read(kind: type[W], text: str | None) -> W:
    """The value in a document's proof member. ``Malformed``: ``proof_missing``,
    ``proof_malformed``."""
    if text is None:
        raise Malformed("proof_missing", "an answer without a proof")
    if len(text) > MAX_PROOF:
        raise Malformed("proof_malformed", f"over {MAX_PROOF} characters")
    try:
        return decode(kind, from_base64(text), MAX_PROOF)
    except Malformed as error:
        raise Malformed("proof_malformed", str(error)) from None


def judge_entry(believed: Believed, floor: int, key: bytes, proof: EntryProof) -> ProvenEntry:
    """The value of ``key``. Raises ``Malformed`` for a lie, ``EpochUnknown``.

    An answer below ``floor``, the newest height verified before this question, is ``stale``: a node
    may not take the client back.
    """
    if proof.key != key:
        raise Malformed("proof_of_another_key", f"asked {key.hex()}, proven {proof.key.hex()}")
    if proof.value is not None and len(proof.value) > MAX_VALUE:
        raise Malformed("proof_malformed", "a value longer than any")
    check_entry_proof(believed.trust_for(proof.certificate), believed.scheme, proof)
    attestation = proof.certificate.attestation
    if attestation.height < floor:
        detail = f"height {attestation.height}, {floor} was proven before"
        raise Malformed("stale", detail)
    believed.learn(proof.certificate)
    return ProvenEntry(key, proof.value, proof.certificate)


def judge_receipt(believed: Believed, origin: bytes, proof: ReceiptProof) -> ProvenReceipt:
    """The receipt of ``origin``. Raises ``Malformed`` for a lie, ``EpochUnknown``."""
    if proof.receipt.origin != origin:
        detail = f"asked {origin.hex()}, proven {proof.receipt.origin.hex()}"
        raise Malformed("proof_of_another_receipt", detail)
    check_receipt_proof(believed.trust_for(proof.certificate), believed.scheme, proof)
    believed.learn(proof.certificate)
    return ProvenReceipt(proof.receipt, proof.index, proof.certificate)


def judge_freshness(
    believed: Believed, certificate: StateCertificate, beat: BeatCertificate | None, now_ms: int
) -> Freshness:
    """Whether what ``certificate`` proves is so now, by its time or by a beat ([PROOF-4]).

    ``beat`` is one that was checked. ``now_ms`` is the client's own clock.
    """
    beat_ms = believed.genesis.parameters.beat_ms
    as_of_ms = proven_time(certificate, beat, beat_ms)
    return Freshness(as_of_ms, abs(now_ms - as_of_ms) <= FRESH_MS)
