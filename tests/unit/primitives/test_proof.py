"""What a light client may believe, and each way of being lied to ([PROOF-1] to [PROOF-4])."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from primitives.certificate import (
    BeatCertificate,
    Certificate,
    MemberSignature,
    StateCertificate,
    check_certificate,
)
from primitives.encoding import Malformed, encode
from primitives.entries import Account, account_key
from primitives.hashing import ZERO_DIGEST
from primitives.keys import ED25519
from primitives.merkle import list_proof, list_root
from primitives.proof import (
    EntryProof,
    EpochStep,
    ReceiptProof,
    Trust,
    check_beat,
    check_entry_proof,
    check_receipt_proof,
    check_state_certificate,
    follow_epoch,
    proven_time,
    trust_genesis,
)
from primitives.receipt import Outcome, Receipt
from primitives.statetree import StateTree
from primitives.validators import Validator, ValidatorSet
from primitives.vote import Beat, attest_message, beat_message
from tests.builders import (
    a_chain,
    a_committee,
    a_genesis,
    a_key,
    a_person,
    a_state_certificate,
    an_attestation,
)

TRUST = trust_genesis(a_genesis())
COMMITTEE = a_committee()
ALICE = a_person("alice")
KEY = account_key(ALICE.account)
VALUE = encode(Account(5_000_000, 1, 0, ZERO_DIGEST))


def a_tree() -> StateTree:
    tree = StateTree(4)
    others = [(account_key(a_person(f"other {i}").account), VALUE) for i in range(20)]
    tree.commit(1, [(KEY, VALUE), *others])
    return tree


def an_entry_proof(key: bytes = KEY, value: bytes | None = VALUE) -> EntryProof:
    tree = a_tree()
    certificate = a_state_certificate(an_attestation(state_root=tree.root))
    return EntryProof(certificate, key, value, tree.prove(key))


def a_receipt_proof() -> ReceiptProof:
    receipts = [Receipt(bytes([i]) * 32, Outcome.DONE, ()) for i in range(7)]
    leaves = [encode(receipt) for receipt in receipts]
    certificate = a_state_certificate(an_attestation(receipts_root=list_root(leaves)))
    return ReceiptProof(certificate, receipts[3], 3, 7, tuple(list_proof(leaves, 3)))


def test_the_genesis_is_where_trust_starts() -> None:
    """[PROOF-1]"""
    assert Trust(a_chain(), COMMITTEE.members) == TRUST


def test_a_value_and_an_absence_are_proven() -> None:
    """[PROOF-2]"""
    check_entry_proof(TRUST, ED25519, an_entry_proof())
    nobody = account_key(a_person("nobody").account)
    check_entry_proof(TRUST, ED25519, an_entry_proof(nobody, None))


def test_no_other_value_key_or_absence_passes_with_a_sound_proof() -> None:
    """[PROOF-2]"""
    sound = an_entry_proof()
    richer = encode(Account(9_000_000, 1, 0, ZERO_DIGEST))
    other = account_key(a_person("other 3").account)
    for lie in (
        replace(sound, value=richer),
        replace(sound, value=None),
        replace(sound, key=other),
        replace(sound, proof=an_entry_proof(other).proof),
    ):
        with pytest.raises(Malformed, match="proof_invalid"):
            check_entry_proof(TRUST, ED25519, lie)


def test_a_receipt_is_proven_with_its_place() -> None:
    """[PROOF-2]"""
    sound = a_receipt_proof()
    check_receipt_proof(TRUST, ED25519, sound)
    for lie in (
        replace(sound, receipt=replace(sound.receipt, outcome=Outcome.BALANCE_TOO_LOW)),
        replace(sound, index=2),
        replace(sound, count=8),
        replace(sound, path=sound.path[:-1]),
        replace(sound, path=(*sound.path, ZERO_DIGEST)),
    ):
        with pytest.raises(Malformed, match="proof_invalid"):
            check_receipt_proof(TRUST, ED25519, lie)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"chain": bytes(32)}, "certificate_chain"),
        ({"epoch": 1}, "certificate_epoch"),
        ({"validators": bytes(32)}, "certificate_epoch"),
    ],
)
def test_a_certificate_of_another_chain_or_epoch_is_refused(
    change: dict[str, object], code: str
) -> None:
    """[CERT-1, CERT-2]"""
    attestation = replace(an_attestation(), **change)
    with pytest.raises(Malformed, match=code):
        check_state_certificate(TRUST, ED25519, a_state_certificate(attestation))


def test_too_few_repeated_or_foreign_signatures_are_refused() -> None:
    """[CERT-1]"""
    attestation = an_attestation()
    sound = a_state_certificate(attestation)
    one = sound.signatures[0]
    stranger = MemberSignature(2, a_key("stranger").sign(attest_message(attestation)))
    for signatures, code in (
        (sound.signatures[:2], "certificate_quorum"),
        ((one, one, one), "certificate_form"),
        ((*sound.signatures[:2], stranger), "certificate_signature"),
    ):
        with pytest.raises(Malformed, match=code):
            check_state_certificate(TRUST, ED25519, StateCertificate(attestation, signatures))


def test_a_signature_by_an_old_quorum_rule_is_not_enough_for_more_members() -> None:
    """[CERT-1] Three of seven are no quorum."""
    seven = a_committee(7)
    attestation = an_attestation(members=seven.members)
    certificate = a_state_certificate(attestation, authors=(0, 1, 2), committee=seven)
    with pytest.raises(Malformed, match="certificate_quorum"):
        check_certificate(a_chain(), seven.members, ED25519, certificate)


def a_step(*, last: bool = True) -> EpochStep:
    seats = tuple(Validator(f"next-{i}", a_key(f"next {i}").public_key) for i in range(4))
    following = ValidatorSet(1, seats)
    attestation = replace(an_attestation(), last=last, next_validators=following.hash)
    return EpochStep(a_state_certificate(attestation), seats)


def test_an_epoch_hands_over_to_exactly_the_members_that_it_names() -> None:
    """[PROOF-3]"""
    step = a_step()
    following = follow_epoch(TRUST, ED25519, step)
    assert following.members == ValidatorSet(1, step.members)
    with pytest.raises(Malformed, match="epoch_step"):
        follow_epoch(TRUST, ED25519, a_step(last=False))
    with pytest.raises(Malformed, match="epoch_step"):
        follow_epoch(TRUST, ED25519, replace(step, members=step.members[::-1]))
    with pytest.raises(Malformed, match="certificate_epoch"):
        follow_epoch(following, ED25519, step)


def a_beat(height: int = 1, tick: int = 179_349_150, root: bytes = ZERO_DIGEST) -> BeatCertificate:
    beat = Beat(a_chain(), 0, height, root, tick)
    message = beat_message(beat)
    signers = enumerate(COMMITTEE.signers[:3])
    return BeatCertificate(beat, tuple(MemberSignature(i, s.sign(message)) for i, s in signers))


def test_a_beat_proves_freshness_of_its_own_height_alone() -> None:
    """[PROOF-4, CERT-6]"""
    certificate = a_state_certificate(an_attestation())
    beat = a_beat()
    check_beat(TRUST, ED25519, beat)
    time = certificate.attestation.time
    assert proven_time(certificate, None, 10_000) == time
    assert proven_time(certificate, beat, 10_000) == beat.beat.tick * 10_000 > time
    assert proven_time(certificate, a_beat(height=2), 10_000) == time
    assert proven_time(certificate, a_beat(root=bytes(31) + b"\1"), 10_000) == time
    assert proven_time(certificate, a_beat(tick=1), 10_000) == time


def test_a_beat_certificate_needs_a_quorum() -> None:
    """[CERT-1, CERT-6]"""
    beat = a_beat()
    with pytest.raises(Malformed, match="certificate_quorum"):
        check_beat(TRUST, ED25519, replace(beat, signatures=beat.signatures[:2]))
    assert not isinstance(beat, Certificate)
