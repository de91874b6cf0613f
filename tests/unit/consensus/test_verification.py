"""Nothing reaches the engine unless its signatures were checked, and nothing odd gets through."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from msgspec.structs import replace

from consensus.inputs import Verified
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
    decode_message,
)
from consensus.verification import Verifier
from primitives.batch import EMPTY_TIP, batch_digest
from primitives.block import Header, block_digest
from primitives.certificate import BeatCertificate, MemberSignature
from primitives.encoding import Malformed, encode
from primitives.keys import ED25519
from primitives.vote import Attest, Beat, Kind, SignedBeat, attest_message, beat_message
from tests.builders import (
    a_batch,
    a_block,
    a_certificate,
    a_chain,
    a_committee,
    a_genesis,
    a_person,
    a_state_certificate,
    a_transfer,
    a_vote,
    an_attestation,
)

CHAIN = a_chain()
COMMITTEE = a_committee()
VERIFIER = Verifier(CHAIN, COMMITTEE.members, ED25519)
OTHER = Verifier(a_chain(a_genesis(5)), COMMITTEE.members, ED25519)
TIPS = (EMPTY_TIP,) * 4


def a_chain_of(length: int) -> list[Header]:
    headers, parent = [], bytes(32)
    for height in range(1, length + 1):
        headers.append(a_block(height, parent=parent, proposer=height % 4))
        parent = block_digest(CHAIN, headers[-1])
    return headers


def a_chain_sent(length: int = 3) -> ChainSent:
    headers = a_chain_of(length)
    certificates = [
        a_state_certificate(an_attestation(h.height, block=block_digest(CHAIN, h))) for h in headers
    ]
    return ChainSent(tuple(headers), tuple(certificates))


def a_beat() -> Beat:
    return Beat(CHAIN, 0, 7, bytes(32), 99)


def messages() -> Iterator[Message]:
    """One sound message of each kind."""
    header = a_block(1, proposer=1)
    digest = block_digest(CHAIN, header)
    yield Propose(header, a_vote(Kind.PROPOSE, 1, digest, author=1))
    yield Voted(a_vote(Kind.NOTARIZE, 1, digest, author=2), TIPS)
    yield Certified(a_certificate(Kind.NOTARIZE, 1, digest))
    attestation = an_attestation()
    signed = COMMITTEE.signers[3].sign(attest_message(attestation))
    yield Attested(Attest(attestation, 3, signed))
    yield StateCertified(a_state_certificate(attestation))
    beat = a_beat()
    signatures = [signer.sign(beat_message(beat)) for signer in COMMITTEE.signers]
    yield Beating(SignedBeat(beat, 2, signatures[2]))
    three = tuple(MemberSignature(i, signatures[i]) for i in range(3))
    yield BeatCertified(BeatCertificate(beat, three))
    yield BlockSent(header)
    yield Status(0, 4, 3, 2, TIPS)
    yield FetchBlock(1, digest)
    yield FetchCertificate(0, Kind.NULLIFY, 3)
    yield a_chain_sent()


UNCHECKED = (BlockSent, Status, FetchBlock, FetchCertificate)
"""Their digest is their authentication, or nothing rests on them."""


@pytest.mark.parametrize("message", [*messages()], ids=lambda m: type(m).__name__)
def test_a_sound_message_is_verified_and_has_one_spelling(message: Message) -> None:
    """[MSG-1, MSG-2]"""
    assert VERIFIER.verify(decode_message(encode(message))) == Verified(message)


@pytest.mark.parametrize(
    "message",
    [m for m in messages() if not isinstance(m, UNCHECKED)],
    ids=lambda m: type(m).__name__,
)
def test_a_changed_bit_anywhere_in_what_is_signed_is_refused(message: Message) -> None:
    """[MSG-2, VOTE-1] Everything but the tips, which nobody signs."""
    frame = bytearray(encode(message))
    signed = len(frame) - (len(encode(TIPS)) if isinstance(message, Voted) else 0)
    for place in range(2, signed, 7):
        frame[place] ^= 0x10
        with pytest.raises(Malformed):
            VERIFIER.verify(decode_message(bytes(frame)))
        frame[place] ^= 0x10


@pytest.mark.parametrize(
    "message",
    [m for m in messages() if not isinstance(m, UNCHECKED)],
    ids=lambda m: type(m).__name__,
)
def test_what_was_signed_for_another_chain_is_refused(message: Message) -> None:
    """[VOTE-1]"""
    with pytest.raises(Malformed):
        OTHER.verify(message)


def test_an_epoch_that_is_not_this_one_is_refused() -> None:
    """[CERT-1]"""
    vote = replace(a_vote(Kind.NULLIFY, 1, None), epoch=1)
    with pytest.raises(Malformed, match="epoch_unknown"):
        VERIFIER.verify(Voted(vote, TIPS))


@pytest.mark.parametrize(
    ("authors", "code"),
    [((0, 1), "quorum"), ((0, 0, 1), "form"), ((2, 1, 0), "form")],
)
def test_a_certificate_needs_a_quorum_of_distinct_ascending_authors(
    authors: tuple[int, ...], code: str
) -> None:
    """[CERT-1]"""
    certificate = a_certificate(Kind.NULLIFY, 1, None, authors=authors)
    with pytest.raises(Malformed, match=code):
        VERIFIER.verify(Certified(certificate))


def test_a_certificate_by_somebody_outside_is_refused() -> None:
    """[CERT-1]"""
    certificate = a_certificate(Kind.NULLIFY, 1, None)
    last = certificate.signatures[2]
    outside = replace(
        certificate, signatures=(*certificate.signatures[:2], replace(last, author=4))
    )
    with pytest.raises(Malformed, match="certificate_form"):
        VERIFIER.verify(Certified(outside))


def test_proposals_are_not_counted_and_only_nullify_has_no_digest() -> None:
    """[VOTE-1]"""
    for kind, digest in (
        (Kind.PROPOSE, bytes(32)),
        (Kind.NULLIFY, bytes(32)),
        (Kind.FINALIZE, None),
    ):
        with pytest.raises(Malformed, match="form"):
            VERIFIER.verify(Certified(a_certificate(kind, 1, digest)))
        with pytest.raises(Malformed, match="form"):
            VERIFIER.verify(Voted(a_vote(kind, 1, digest), TIPS))


def test_a_proposal_whose_vote_is_for_another_block_is_refused() -> None:
    """[MSG-2]"""
    header = a_block(1, proposer=1)
    vote = a_vote(Kind.PROPOSE, 1, bytes(32), author=1)
    with pytest.raises(Malformed, match="proposal_form"):
        VERIFIER.verify(Propose(header, vote))


def test_a_chain_with_a_gap_a_swap_or_a_foreign_certificate_is_refused() -> None:
    """[SYNC-2]"""
    sent = a_chain_sent(4)
    headers, certificates = sent.headers, sent.certificates
    broken = [
        ChainSent(headers[:1] + headers[2:], certificates[:1] + certificates[2:]),
        ChainSent(headers[::-1], certificates[::-1]),
        ChainSent(headers, certificates[:3]),
        ChainSent(headers, (*certificates[:3], certificates[0])),
    ]
    for message in broken:
        with pytest.raises(Malformed, match="chain_broken"):
            VERIFIER.verify(message)
    thin = replace(certificates[3], signatures=certificates[3].signatures[:2])
    with pytest.raises(Malformed, match="certificate_quorum"):
        VERIFIER.verify(ChainSent(headers, (*certificates[:3], thin)))


def test_a_batch_that_its_author_did_not_sign_is_refused() -> None:
    """[LANE-1]"""
    person = a_person("x")
    batch = a_batch([a_transfer(person, (person, 1))], author=1)
    forged = replace(batch, signature=bytes(64))
    digest = batch_digest(CHAIN, batch.header)
    assert VERIFIER.batch(batch, encode(batch), digest, None)
    with pytest.raises(Malformed, match="signature_invalid"):
        VERIFIER.batch(forged, encode(forged), digest, None)


def test_the_table_of_messages_is_closed_and_bounded() -> None:
    """[MSG-1]"""
    batch = a_batch([a_transfer(a_person("x"), (a_person("x"), 1))])
    others = [BatchSent(encode(batch)), FetchLane(0, bytes(32), 0), FetchChain(1), Oldest(1)]
    tags = [msgspec.msgpack.decode(encode(message))[0] for message in [*messages(), *others]]
    assert sorted(tags) == list(range(1, 17))
    for frame in (b"", encode([16]), encode([17]), encode([0]), encode([1]), b"\x91" * 5_000):
        with pytest.raises(Malformed):
            decode_message(frame)
    with pytest.raises(Malformed, match="oversized"):  # before anything of it is read
        decode_message(bytes(2**20 + 1))
