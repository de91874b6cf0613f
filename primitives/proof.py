"""What a light client checks: certificates, receipts and state entries. Knows no node, no clock.

A ``Trust`` is what the client already believes: the chain id and the members of an epoch. From the
pinned genesis it follows the chain of ``last`` certificates and never goes back ([PROOF-1]).
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from primitives.certificate import BeatCertificate, StateCertificate, check_certificate
from primitives.encoding import Count, Digest, Malformed, Wire, encode
from primitives.genesis import Genesis, chain_id, validators_of
from primitives.keys import SignatureScheme
from primitives.merkle import verify_list_proof
from primitives.receipt import Receipt
from primitives.stateproof import StateProof, verify_state_proof
from primitives.validators import Validator, ValidatorSet, check_members

MAX_LIST_PROOF = 32


class ReceiptProof(Wire):
    """A receipt, its place under the receipts root, and the certificate of its height."""

    certificate: StateCertificate
    receipt: Receipt
    index: Count
    count: Count
    path: Annotated[tuple[Digest, ...], msgspec.Meta(max_length=MAX_LIST_PROOF)]


class EntryProof(Wire):
    """A state entry or its absence under the state root, and the certificate of its height."""

    certificate: StateCertificate
    key: Annotated[bytes, msgspec.Meta(min_length=1, max_length=128)]
    value: bytes | None
    proof: StateProof


class EpochStep(Wire):
    """The ``last`` certificate of an epoch and the members that it hands over to."""

    certificate: StateCertificate
    members: Annotated[tuple[Validator, ...], msgspec.Meta(min_length=1, max_length=100)]


class Trust(msgspec.Struct, frozen=True):
    """What a client believes: the chain, and who validates ``members.epoch``."""

    chain: bytes
    members: ValidatorSet


def trust_genesis(genesis: Genesis) -> Trust:
    """Where every client starts: a genesis whose digest it pinned."""
    return Trust(chain_id(genesis), validators_of(genesis))


def follow_epoch(trust: Trust, scheme: SignatureScheme, step: EpochStep) -> Trust:
    """The trust after one handover. Raises ``Malformed`` (certificate codes, ``epoch_step``)."""
    check_certificate(trust.chain, trust.members, scheme, step.certificate)
    attestation = step.certificate.attestation
    if not attestation.last:
        raise Malformed("epoch_step", "only an epoch's last certificate hands over")
    members = ValidatorSet(trust.members.epoch + 1, step.members)
    check_members(step.members)
    if members.hash != attestation.next_validators:
        raise Malformed("epoch_step", "other members than the certificate names")
    return Trust(trust.chain, members)


def check_state_certificate(
    trust: Trust, scheme: SignatureScheme, certificate: StateCertificate
) -> None:
    """Raise ``Malformed`` unless a quorum of the trusted members attested it."""
    check_certificate(trust.chain, trust.members, scheme, certificate)


def check_receipt_proof(trust: Trust, scheme: SignatureScheme, proof: ReceiptProof) -> None:
    """Raise ``Malformed`` unless the receipt is under an attested receipts root."""
    check_state_certificate(trust, scheme, proof.certificate)
    root = proof.certificate.attestation.receipts_root
    leaf = encode(proof.receipt)
    if not verify_list_proof(root, proof.count, proof.index, leaf, proof.path):
        raise Malformed("proof_invalid", "the receipt is not under the attested root")


def check_entry_proof(trust: Trust, scheme: SignatureScheme, proof: EntryProof) -> None:
    """Raise ``Malformed`` unless the entry, or its absence, is under an attested state root."""
    check_state_certificate(trust, scheme, proof.certificate)
    root = proof.certificate.attestation.state_root
    if not verify_state_proof(root, proof.key, proof.value, proof.proof):
        raise Malformed("proof_invalid", "the entry is not under the attested root")


def check_beat(trust: Trust, scheme: SignatureScheme, beat: BeatCertificate) -> None:
    """Raise ``Malformed`` unless a quorum beat at that height and tick ([PROOF-4])."""
    check_certificate(trust.chain, trust.members, scheme, beat)


def proven_time(certificate: StateCertificate, beat: BeatCertificate | None, beat_ms: int) -> int:
    """Milliseconds since 1970 as of which the certificate is the newest, as far as was proven.

    A beat counts only if it names the same height and root.
    """
    attestation = certificate.attestation
    if beat is None or (beat.beat.height, beat.beat.state_root) != (
        attestation.height,
        attestation.state_root,
    ):
        return attestation.time
    return max(attestation.time, beat.beat.tick * beat_ms)
