"""Votes, attestations, beats, certificates and evidence: bytes, what is signed, and verdicts."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from primitives.batch import batch_digest
from primitives.certificate import (
    AnyCertificate,
    BeatCertificate,
    Certificate,
    MemberSignature,
    StateCertificate,
    certified_message,
    check_certificate,
)
from primitives.encoding import Malformed, encode
from primitives.evidence import Evidence, Offence, SignedBatchHeader, check_evidence
from primitives.keys import ED25519
from primitives.vote import (
    Attest,
    Beat,
    Kind,
    SignedBeat,
    Vote,
    attest_message,
    beat_message,
    vote_message,
)
from tests.builders import (
    a_batch,
    a_certificate,
    a_chain,
    a_code,
    a_committee,
    a_person,
    a_state_certificate,
    a_transfer,
    a_vote,
    an_attestation,
    seed_of,
)

FIELDS = {
    "name": "what is special about the case",
    "chain": "chain id",
    "seed": "the author's consensus key (RFC 8032); members are seats 0 to 3 of the first genesis",
    "message": "what is signed",
    "vote": "canonical bytes of a vote",
    "attest": "canonical bytes of a signed attestation",
    "beat": "canonical bytes of a signed beat",
    "members": "consensus keys of the epoch's members, in order",
    "validators": "their validators hash",
    "certificate": "canonical bytes",
    "evidence": "canonical bytes",
    "code": "why it is refused for these members and this chain, or null if it holds",
}

CHAIN = a_chain()
COMMITTEE = a_committee()
D1, D2 = bytes([1]) * 32, bytes([2]) * 32
BEAT = Beat(CHAIN, 0, 812, D1, 179_349_120)


def vote_case(vote: Vote) -> dict[str, object]:
    message = vote_message(CHAIN, vote.kind, vote.epoch, vote.view, vote.digest)
    return {
        "name": vote.kind.name,
        "chain": CHAIN.hex(),
        "seed": seed_of(f"consensus of {a_code(vote.author)}").hex(),
        "message": message.hex(),
        "vote": encode(vote).hex(),
    }


def signed_cases() -> list[dict[str, object]]:
    """An attestation and a beat, signed by seat 2."""
    attestation = an_attestation(812, block=D1, state_root=D2)
    signer, seed = COMMITTEE.signers[2], seed_of(f"consensus of {a_code(2)}").hex()
    attest = Attest(attestation, 2, signer.sign(attest_message(attestation)))
    beat = SignedBeat(BEAT, 2, signer.sign(beat_message(BEAT)))
    held = {"chain": CHAIN.hex(), "seed": seed}
    return [
        held | {"message": attest_message(attestation).hex(), "attest": encode(attest).hex()},
        held | {"message": beat_message(BEAT).hex(), "beat": encode(beat).hex()},
    ]


def a_beat_certificate() -> BeatCertificate:
    message = beat_message(BEAT)
    signatures = [MemberSignature(i, COMMITTEE.signers[i].sign(message)) for i in (1, 2, 3)]
    return BeatCertificate(BEAT, tuple(signatures))


def certificates() -> list[tuple[str, AnyCertificate]]:
    """What holds, and what does not."""
    good: Certificate = a_certificate(Kind.NOTARIZE, 9, D1)
    one, two, three = good.signatures
    forged = MemberSignature(2, one.signature)
    state: StateCertificate = a_state_certificate(an_attestation(812, block=D1, state_root=D2))
    other = a_state_certificate(replace(an_attestation(812), validators=D1))
    return [
        ("N", good),
        ("X", a_certificate(Kind.NULLIFY, 9, None)),
        ("F of all", a_certificate(Kind.FINALIZE, 9, D1, authors=(0, 1, 2, 3))),
        ("state", state),
        ("beat", a_beat_certificate()),
        ("too few", a_certificate(Kind.NOTARIZE, 9, D1, authors=(0, 1))),
        ("one member twice", replace(good, signatures=(one, two, two))),
        ("descending", replace(good, signatures=(two, one, three))),
        ("beyond the members", replace(good, signatures=(one, two, replace(three, author=4)))),
        ("a signature of another", replace(good, signatures=(one, two, forged))),
        ("another view than was signed", replace(good, view=10)),
        ("another digest than was signed", replace(good, digest=D2)),
        ("proposals", a_certificate(Kind.PROPOSE, 9, D1)),
        ("N without a digest", a_certificate(Kind.NOTARIZE, 9, None)),
        ("X with a digest", a_certificate(Kind.NULLIFY, 9, D1)),
        ("another epoch", replace(good, epoch=1)),
        ("a state of another chain", a_state_certificate(an_attestation(812, chain=D1))),
        ("a state of other members", other),
    ]


def evidence() -> list[tuple[str, Evidence]]:
    """Each offence proven by seat 1, and what proves nothing."""

    def vote(kind: Kind, digest: bytes | None, view: int = 5, author: int = 1) -> bytes:
        return encode(a_vote(kind, view, digest, author=author))

    def accuse(offence: Offence, first: bytes, second: bytes) -> Evidence:
        return Evidence(offence, 0, 1, first, second)

    def header(amount: int) -> bytes:
        payment = a_transfer(a_person("Alice"), (a_person("Bob"), amount))
        batch = a_batch([payment], author=1)
        return encode(SignedBatchHeader(batch.header, batch.signature))

    def attest(state_root: bytes) -> bytes:
        attestation = an_attestation(812, state_root=state_root)
        signature = COMMITTEE.signers[1].sign(attest_message(attestation))
        return encode(Attest(attestation, 1, signature))

    notarize, finalize = vote(Kind.NOTARIZE, D1), vote(Kind.FINALIZE, D1)
    return [
        (
            "two proposals",
            accuse(Offence.TWO_PROPOSALS, vote(Kind.PROPOSE, D1), vote(Kind.PROPOSE, D2)),
        ),
        ("two notarize", accuse(Offence.TWO_NOTARIZE, notarize, vote(Kind.NOTARIZE, D2))),
        (
            "nullify and finalize",
            accuse(Offence.FINALIZE_AND_NULLIFY, vote(Kind.NULLIFY, None), finalize),
        ),
        ("two finalize", accuse(Offence.TWO_FINALIZE, finalize, vote(Kind.FINALIZE, D2))),
        ("two batches", accuse(Offence.TWO_BATCHES, header(1), header(2))),
        ("a bad batch", accuse(Offence.BAD_BATCH, bad_batch(), b"")),
        ("two attestations", accuse(Offence.TWO_ATTESTATIONS, attest(D1), attest(D2))),
        ("one vote twice", accuse(Offence.TWO_NOTARIZE, notarize, notarize)),
        ("two views", accuse(Offence.TWO_NOTARIZE, notarize, vote(Kind.NOTARIZE, D2, view=6))),
        ("two authors", accuse(Offence.TWO_NOTARIZE, notarize, vote(Kind.NOTARIZE, D2, author=2))),
        ("notarize and nullify", accuse(Offence.TWO_NOTARIZE, notarize, vote(Kind.NULLIFY, None))),
        ("a sound batch", accuse(Offence.BAD_BATCH, encode(sound_batch()), b"")),
        ("one attestation twice", accuse(Offence.TWO_ATTESTATIONS, attest(D1), attest(D1))),
    ]


def sound_batch() -> object:
    return a_batch([a_transfer(a_person("Alice"), (a_person("Bob"), 1))], author=1)


def bad_batch() -> bytes:
    """Its author signed it, and one of its transactions is not signed."""
    payment = a_transfer(a_person("Alice"), (a_person("Bob"), 1))
    [signature] = payment.signed.signatures
    unsigned = replace(payment.signed, signatures=(replace(signature, signature=bytes(64)),))
    batch = a_batch([replace(payment, signed=unsigned)], author=1)
    assert batch_digest(CHAIN, batch.header)
    return encode(batch)


def verdict(check: object, thing: object) -> str | None:
    try:
        check(CHAIN, COMMITTEE.members, ED25519, thing)  # type: ignore[operator]
    except Malformed as error:
        return error.code
    return None


def cases() -> Sequence[Mapping[str, object]]:
    members = {
        "chain": CHAIN.hex(),
        "members": [member.key.hex() for member in COMMITTEE.members.members],
        "validators": COMMITTEE.members.hash.hex(),
    }
    votes = [a_vote(kind, 9, None if kind == Kind.NULLIFY else D1, author=2) for kind in Kind]
    return [
        *map(vote_case, votes),
        *signed_cases(),
        *(
            {
                "name": name,
                **members,
                "message": certified_message(CHAIN, thing).hex(),
                "certificate": encode(thing).hex(),
                "code": verdict(check_certificate, thing),
            }
            for name, thing in certificates()
        ),
        *(
            {
                "name": name,
                **members,
                "evidence": encode(thing).hex(),
                "code": verdict(check_evidence, thing),
            }
            for name, thing in evidence()
        ),
    ]
