"""A signer answers what is in the table, in its turn, and signs nothing else ([SIG-1])."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from consensus.effects import SayBatch, SayProposal
from node.guard import (
    AttestStatement,
    BatchStatement,
    BeatStatement,
    Statement,
    VoteStatement,
)
from node.identity import KeyVoice, hello_message
from node.keyring import Keyring
from node.signer import message_of
from node.signer_desk import Desk, HeldSecrets, hello_of
from node.signer_record import RECORD, SignerRecord
from node.signing import (
    MAX_ANSWER,
    MAX_DETAIL,
    MAX_REQUEST,
    MOST_STATEMENTS,
    VERSION,
    Answer,
    Destroy,
    Done,
    Enter,
    Forget,
    Greet,
    HeldKeys,
    ListKeys,
    Meet,
    Recall,
    Recalled,
    Refusal,
    Request,
    Seated,
    Sign,
    Signed,
    Vouch,
    Vouched,
    decode_answer,
    decode_request,
    parts,
    refusal,
)
from node.speech import content_of
from primitives.batch import batch_digest
from primitives.block import block_digest
from primitives.encoding import Malformed, encode
from primitives.hashing import ALL_DOMAINS
from primitives.keys import ED25519
from primitives.validators import ValidatorSet
from primitives.vote import Beat, Kind
from tests import builders

A = bytes([1]) * 32
B = bytes([2]) * 32
CHAIN = builders.a_chain()
PASSPHRASE = b"correct horse"
MEET = Meet(VERSION, CHAIN, looks=False)
LOOK = Meet(VERSION, CHAIN, looks=True)
GREET = Greet(0, 0, 1, A, B)


class House:
    """A signer's home without a process: keys, record, and desks for who comes."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.keyring = Keyring(place)
        self.key = self.keyring.create(PASSPHRASE)
        self.record = SignerRecord(place, CHAIN)
        self.record.open()
        self.secrets = HeldSecrets(self.keyring, [self.key])

    def members(self, epoch: int = 0, key: bytes | None = None) -> Enter:
        others = [member.key for member in builders.a_committee().members.members[1:]]
        return Enter(epoch, (others[0], key or self.key.public_key, *others[1:]))

    def desk(self, *said: Request) -> Desk:
        """One at which this was said, and nothing was refused."""
        desk = Desk(CHAIN, self.secrets, self.record)
        for request in said:
            assert not isinstance(desk.answer(request), Refusal)
        return desk

    def seated(self, epoch: int = 0, *statements: Statement) -> Desk:
        recall = Recall(statements, 0, 0, more=False)
        return self.desk(MEET, self.members(epoch), recall)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def code(answer: Answer) -> str:
    return answer.code if isinstance(answer, Refusal) else type(answer).__name__


def vote(view: int = 1, digest: bytes = A, kind: Kind = Kind.NOTARIZE) -> VoteStatement:
    return VoteStatement(kind, 0, view, digest)


def signing(*statements: Statement) -> Sign:
    return Sign(statements, (b"",) * len(statements))


def a_sealed_batch() -> tuple[BatchStatement, bytes]:
    batch = builders.a_batch([builders.a_mint("north", builders.a_person("ann"), 5)])
    digest = batch_digest(CHAIN, batch.header)
    say = SayBatch(batch.header, digest, batch.transactions)
    return BatchStatement(0, batch.header.seq, digest), content_of(say)


# --- what is signed -------------------------------------------------------------------------------


def test_each_kind_of_statement_is_signed_with_the_key_that_has_the_seat(house: House) -> None:
    block = builders.a_block()
    digest = block_digest(CHAIN, block)
    propose = VoteStatement(Kind.PROPOSE, 0, block.view, digest)
    batch, sealed = a_sealed_batch()
    statements: tuple[Statement, ...] = (
        vote(),
        propose,
        batch,
        AttestStatement(builders.an_attestation()),
        BeatStatement(Beat(CHAIN, 0, 1, A, 1)),
    )
    contents = (b"", content_of(SayProposal(block, digest)), sealed, b"", b"")
    answer = house.seated().answer(Sign(statements, contents))
    assert isinstance(answer, Signed)
    for statement, signature in zip(statements, answer.signatures, strict=True):
        message = message_of(CHAIN, statement)
        assert ED25519.verify(house.key.public_key, message, signature)


def test_the_guard_holds_from_one_conversation_to_the_next(house: House) -> None:
    """[SIG-1] Whoever asks: an old node, a new one, one that forgot to recall."""
    assert code(house.seated().answer(signing(vote()))) == "Signed"
    second = house.seated(0, vote())
    assert code(second.answer(signing(vote(digest=B)))) == "slot_taken"
    assert code(second.answer(signing(vote()))) == "Signed"


def test_one_slot_is_not_signed_under_the_name_of_another(house: House) -> None:
    """[SIG-1] Else the seq of a batch, which its digest hides, would be whatever the node says."""
    desk = house.seated()
    batch, sealed = a_sealed_batch()
    lies = [
        BatchStatement(0, batch.seq + 1, batch.digest),
        BatchStatement(0, batch.seq, A),
    ]
    for lie in lies:
        assert code(desk.answer(Sign((lie,), (sealed,)))) == "content_foreign"
    assert code(desk.answer(Sign((batch,), (b"",)))) == "malformed"
    block = builders.a_block()
    digest = block_digest(CHAIN, block)
    for view, claimed in ((block.view + 1, digest), (block.view, A)):
        lie_of_view = VoteStatement(Kind.PROPOSE, 0, view, claimed)
        content = content_of(SayProposal(block, digest))
        assert code(desk.answer(Sign((lie_of_view,), (content,)))) == "content_foreign"
    past = house.record.past(house.key.public_key, 0)
    assert past is not None
    assert past.statements() == []


def test_nothing_of_another_chain_or_epoch_is_signed(house: House) -> None:
    desk = house.seated(1)
    foreign = replace(builders.an_attestation(1, chain=bytes(32)), epoch=1)
    assert code(desk.answer(signing(AttestStatement(foreign)))) == "wrong_chain"
    beat = Beat(bytes(32), 1, 1, A, 1)
    assert code(desk.answer(signing(BeatStatement(beat)))) == "wrong_chain"
    for statement in (vote(), AttestStatement(builders.an_attestation())):
        assert code(desk.answer(signing(statement))) == "epoch_past"
    assert code(desk.answer(signing(BeatStatement(Beat(CHAIN, 0, 1, A, 1))))) == "epoch_past"


def test_what_is_said_of_connections_can_never_be_a_vote(house: House) -> None:
    """[SIG-1] [NET-1]"""
    desk = house.seated()
    tls_key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    vouched = desk.answer(Vouch(tls_key))
    assert isinstance(vouched, Vouched)
    certificate = x509.load_der_x509_certificate(vouched.certificate)
    assert certificate.public_key().public_bytes_raw() == tls_key  # type: ignore[union-attr]
    body = certificate.tbs_certificate_bytes
    assert ED25519.verify(house.key.public_key, body, certificate.signature)
    assert not any(body.startswith(domain.prefix) for domain in ALL_DOMAINS)
    greeted = desk.answer(GREET)
    assert isinstance(greeted, Signed)
    hello = hello_of(CHAIN, GREET)
    assert greeted.signatures == (KeyVoice(house.key).greet(hello),)
    assert ED25519.verify(house.key.public_key, hello_message(hello), greeted.signatures[0])


# --- whose turn it is -----------------------------------------------------------------------------


@pytest.mark.parametrize("request_", [signing(vote()), GREET, Vouch(A), Forget(1, 1)])
def test_nothing_is_signed_before_the_journal_was_compared(house: House, request_: Request) -> None:
    """[SIG-2]"""
    before = ([], [MEET], [MEET, house.members()])
    for said in before:
        desk = house.desk(*said)
        assert code(desk.answer(request_)) == "out_of_turn"
    assert code(house.seated().answer(request_)) in ("Signed", "Vouched", "Done")


def test_a_hello_of_another_chain_or_version_is_refused(house: House) -> None:
    """[SIG-2]"""
    desk = house.desk()
    assert code(desk.answer(ListKeys())) == "out_of_turn"
    assert code(desk.answer(Meet(VERSION + 1, CHAIN, looks=False))) == "signer_version"
    assert code(desk.answer(Meet(VERSION, bytes(32), looks=False))) == "wrong_chain"
    assert code(desk.answer(ListKeys())) == "out_of_turn"
    assert code(desk.answer(MEET)) == "Done"
    assert desk.answer(ListKeys()) == HeldKeys((house.key.public_key,))


def test_the_seat_is_that_of_the_member_whose_key_is_here(house: House) -> None:
    desk = house.desk(MEET)
    assert desk.answer(house.members()) == Seated(1)
    assert desk.answer(house.members(key=A)) == Seated(None)
    assert code(desk.answer(Recall((), 0, 0, more=False))) == "out_of_turn"


def test_a_longer_journal_is_recalled_in_parts(house: House) -> None:
    desk = house.desk(MEET, house.members())
    for digest, more in ((A, True), (B, False)):
        answer = desk.answer(Recall((vote(1 + more, digest),), 0, 0, more))
        assert code(answer) == ("Done" if more else "Recalled")
    assert code(desk.answer(signing(vote(2, B)))) == "slot_taken"
    assert code(desk.answer(signing(vote(1, A)))) == "slot_taken"
    statements = tuple(vote(view) for view in range(2 * MOST_STATEMENTS + 1))
    assert [len(part) for part in parts(statements)] == [MOST_STATEMENTS, MOST_STATEMENTS, 1]
    assert parts(()) == [()]


def test_what_was_signed_last_and_is_not_in_the_journal_is_handed_back(house: House) -> None:
    """[SIG-4]"""
    batch, sealed = a_sealed_batch()
    first = house.seated()
    signed = first.answer(Sign((vote(), batch), (b"", sealed)))
    assert isinstance(signed, Signed)
    desk = house.desk(MEET, house.members())
    answer = desk.answer(Recall((vote(),), 0, 0, more=False))
    assert answer == Recalled((batch,), (sealed,), signed.signatures[1:])


def test_a_journal_that_is_behind_or_foreign_is_not_signed_after(house: House) -> None:
    """[SIG-4]"""
    desk = house.seated()
    desk.answer(signing(vote(1)))
    desk.answer(signing(vote(2)))
    for statements, told in (
        ((vote(2),), "signer_ahead"),
        ((vote(1, B), vote(2)), "signer_contradicts"),
    ):
        desk = house.desk(MEET, house.members())
        assert code(desk.answer(Recall(statements, 0, 0, more=False))) == told
        assert code(desk.answer(signing(vote(3)))) == "out_of_turn"


def test_an_epoch_that_is_long_over_is_not_signed_in(house: House) -> None:
    """[SIG-4]"""
    for epoch in (4, 5):
        statement = VoteStatement(Kind.NOTARIZE, epoch, 1, A)
        assert code(house.seated(epoch).answer(signing(statement))) == "Signed"
    assert code(house.desk(MEET).answer(house.members(3))) == "signer_past"
    assert code(house.desk(MEET).answer(house.members(4))) == "Seated"


def test_who_only_looks_changes_nothing(house: House) -> None:
    """[SIG-5]"""
    house.seated().answer(signing(vote()))
    size = (house.place / RECORD).stat().st_size
    desk = house.desk(LOOK, house.members())
    more = (vote(), vote(2, B))
    assert desk.answer(Recall(more, 9, 9, more=False)) == Recalled((), (), ())
    for request in (signing(vote(3)), GREET, Vouch(A), Forget(9, 9), Destroy(house.key.public_key)):
        assert code(desk.answer(request)) == "looks_only"
    assert (house.place / RECORD).stat().st_size == size
    assert house.desk(LOOK).answer(house.members(9)) == Seated(1)
    assert code(house.seated(0, vote()).answer(signing(vote(2, A)))) == "Signed"


# --- keys -----------------------------------------------------------------------------------------


def test_a_key_is_destroyed_unless_it_has_the_seat(house: House) -> None:
    """[EPOCH-7]"""
    second = house.keyring.create(PASSPHRASE)
    assert house.secrets.reread(PASSPHRASE) == 2
    desk = house.seated()
    assert code(desk.answer(Destroy(house.key.public_key))) == "key_seated"
    members = ValidatorSet(1, builders.a_committee().members.members)
    keys = (second.public_key, *(member.key for member in members.members[1:]))
    assert desk.answer(Enter(1, keys)) == Seated(0)
    assert desk.answer(Destroy(house.key.public_key)) == Done()
    assert desk.answer(ListKeys()) == HeldKeys((second.public_key,))
    assert house.keyring.public_keys() == [second.public_key]


# --- bytes ----------------------------------------------------------------------------------------

DIGESTS = st.binary(min_size=32, max_size=32)
COUNTS = st.integers(0, 2**63 - 1)
STATEMENTS = st.lists(
    st.builds(VoteStatement, st.sampled_from(list(Kind)), COUNTS, COUNTS, st.none() | DIGESTS)
    | st.builds(BatchStatement, COUNTS, st.integers(1, 2**63 - 1), DIGESTS),
    max_size=4,
).map(tuple)
ASKED = (
    st.builds(Meet, st.integers(0, 65_535), DIGESTS, st.booleans())
    | st.builds(Enter, COUNTS, st.lists(DIGESTS, max_size=5).map(tuple))
    | st.builds(Recall, STATEMENTS, COUNTS, COUNTS, st.booleans())
    | st.builds(Forget, COUNTS, COUNTS)
    | st.builds(Sign, STATEMENTS, st.lists(st.binary(max_size=9), max_size=4).map(tuple))
    | st.builds(Vouch, DIGESTS)
    | st.builds(Destroy, DIGESTS)
    | st.just(ListKeys())
)
ANSWERS = (
    st.builds(refusal, st.text(max_size=9), st.text(max_size=2 * MAX_DETAIL))
    | st.just(Done())
    | st.builds(Seated, st.none() | st.integers(0, 65_535))
    | st.builds(HeldKeys, st.lists(DIGESTS, max_size=3).map(tuple))
)


@given(ASKED)
def test_every_request_survives_its_bytes(request_: Request) -> None:
    """[SIG-2]"""
    assert decode_request(encode(request_)) == request_


@given(ANSWERS)
def test_every_answer_survives_its_bytes(answer: Answer) -> None:
    """[SIG-2] A refusal's detail is cut to what fits."""
    assert decode_answer(encode(answer)) == answer


@given(data=st.data(), asked=ASKED)
def test_bytes_that_are_no_request_are_malformed_and_nothing_else(
    data: st.DataObject, asked: Request
) -> None:
    """[SIG-2] Cut, flipped, lengthened, or made up."""
    raw = bytearray(encode(asked))
    match data.draw(st.sampled_from(["cut", "flip", "longer", "made up"])):
        case "cut":
            raw = raw[: data.draw(st.integers(0, len(raw) - 1))]
        case "flip":
            raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
        case "longer":
            raw += data.draw(st.binary(min_size=1, max_size=5))
        case _:
            raw = bytearray(data.draw(st.binary(max_size=200)))
    for decode in (decode_request, decode_answer):
        try:
            found = decode(bytes(raw))
        except Malformed:
            continue
        assert encode(found) == bytes(raw)


def test_what_is_too_long_is_refused() -> None:
    """[SIG-2]"""
    with pytest.raises(Malformed, match="oversized"):
        decode_request(bytes(MAX_REQUEST + 1))
    with pytest.raises(Malformed, match="oversized"):
        decode_answer(bytes(MAX_ANSWER + 1))
    many = Sign((vote(),) * (MOST_STATEMENTS + 1), ())
    with pytest.raises(Malformed, match="malformed"):
        decode_request(encode(many))


def test_a_request_of_the_largest_turn_fits() -> None:
    """[SIG-2] As many statements as there may be, each of the longest kind."""
    attests = (AttestStatement(builders.an_attestation(2**40)),) * MOST_STATEMENTS
    assert len(encode(Sign(attests, (b"",) * MOST_STATEMENTS))) <= MAX_REQUEST
