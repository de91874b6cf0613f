"""The signer signs all of a request or nothing, and never against its guard ([DUR-4])."""

from __future__ import annotations

import pytest

from node.guard import (
    AttestStatement,
    BatchStatement,
    BeatStatement,
    Floor,
    Refused,
    Statement,
    VoteStatement,
)
from node.signer import LocalSigner, message_of
from primitives.keys import Ed25519Key, Ed25519Scheme
from primitives.validators import Validator, ValidatorSet
from primitives.vote import Beat, Kind
from tests import builders

A = bytes([1]) * 32
B = bytes([2]) * 32
CHAIN = builders.a_chain()
KEY = builders.a_key("consensus of north")


class Asker:
    def __init__(self) -> None:
        self.answers: list[tuple[int, tuple[bytes, ...] | str]] = []

    def on_signed(self, token: int, signatures: tuple[bytes, ...]) -> None:
        self.answers.append((token, signatures))

    def on_refused(self, token: int, reason: str) -> None:
        self.answers.append((token, reason))


def a_signer() -> tuple[LocalSigner, Asker]:
    signer, asker = LocalSigner(CHAIN, [KEY]), Asker()
    signer.bind(asker)
    assert signer.enter(builders.a_committee().members) == 0
    return signer, asker


def test_each_kind_of_statement_is_signed_under_its_own_domain() -> None:
    signer, asker = a_signer()
    statements: tuple[Statement, ...] = (
        VoteStatement(Kind.NOTARIZE, 0, 1, A),
        BatchStatement(0, 1, A),
        AttestStatement(builders.an_attestation()),
        BeatStatement(Beat(CHAIN, 0, 1, A, 1)),
    )
    signer.sign(7, statements)
    [(token, signatures)] = asker.answers
    assert token == 7
    messages = [message_of(CHAIN, statement) for statement in statements]
    assert len(set(messages)) == len(messages)
    for message, signature in zip(messages, signatures, strict=True):
        assert isinstance(signature, bytes)
        assert Ed25519Scheme().verify(KEY.public_key, message, signature)


def test_one_refusal_leaves_the_whole_request_unsigned() -> None:
    signer, asker = a_signer()
    signer.sign(1, (VoteStatement(Kind.NULLIFY, 0, 1, None),))
    signer.sign(2, (BatchStatement(0, 1, A), VoteStatement(Kind.FINALIZE, 0, 1, A)))
    token, reason = asker.answers[1]
    assert token == 2
    assert isinstance(reason, str)
    assert reason.startswith("slot_excluded")


def test_what_is_recalled_at_start_binds() -> None:
    signer, asker = a_signer()
    signer.recall((VoteStatement(Kind.NOTARIZE, 0, 9, A),), Floor(view=5, batch=3))
    signer.sign(1, (VoteStatement(Kind.NOTARIZE, 0, 9, B),))
    signer.sign(2, (BatchStatement(0, 3, A),))
    signer.sign(3, (VoteStatement(Kind.NOTARIZE, 0, 5, A),))
    assert [str(answer).split(":")[0] for _, answer in asker.answers] == [
        "slot_taken",
        "slot_forgotten",
        "slot_forgotten",
    ]


def test_a_journal_of_two_signers_is_refused() -> None:
    signer, _ = a_signer()
    both = (VoteStatement(Kind.NOTARIZE, 0, 9, A), VoteStatement(Kind.NOTARIZE, 0, 9, B))
    with pytest.raises(Refused):
        signer.recall(both, Floor(0, 0))


# --- epochs ---------------------------------------------------------------------------------------


def members_of(epoch: int, *keys: Ed25519Key) -> ValidatorSet:
    seats = tuple(Validator(f"p{place}", key.public_key) for place, key in enumerate(keys))
    return ValidatorSet(epoch, seats)


OTHER, SECOND = builders.a_key("consensus of east"), builders.a_key("north's second")


def test_one_key_signs_in_each_epoch_that_names_it_by_a_guard_of_its_own() -> None:
    """[EPOCH-7], [DUR-4] The same slot of another epoch is another slot."""
    signer, asker = a_signer()
    signer.forget(Floor(view=50, batch=7))
    signer.sign(1, (VoteStatement(Kind.NOTARIZE, 0, 51, A),))
    assert signer.enter(members_of(1, OTHER, KEY)) == 1
    signer.sign(2, (VoteStatement(Kind.NOTARIZE, 1, 1, B), BatchStatement(1, 1, B)))
    signer.sign(3, (VoteStatement(Kind.NOTARIZE, 0, 52, A),))
    signer.sign(4, (VoteStatement(Kind.NOTARIZE, 1, 1, A),))
    answers = dict(asker.answers)
    assert all(isinstance(answers[token], tuple) for token in (1, 2))
    assert [str(answers[token]).split(":")[0] for token in (3, 4)] == ["epoch_past", "slot_taken"]


def test_the_key_with_the_seat_signs_whichever_it_is() -> None:
    """[EPOCH-7] One that was added while the node ran, too."""
    signer, asker = a_signer()
    renewed = members_of(1, SECOND, OTHER)
    assert signer.enter(renewed) is None
    signer.add(SECOND)
    assert signer.enter(renewed) == 0
    statement = VoteStatement(Kind.NOTARIZE, 1, 1, A)
    signer.sign(1, (statement,))
    [(_, signatures)] = asker.answers
    [signature] = signatures
    assert isinstance(signature, bytes)
    message = message_of(CHAIN, statement)
    assert Ed25519Scheme().verify(SECOND.public_key, message, signature)
    assert signer.enter(members_of(2, KEY, OTHER)) == 0, "the first key is still there"


def test_a_key_that_was_dropped_takes_no_seat_again() -> None:
    """[EPOCH-7]"""
    signer, _ = a_signer()
    signer.add(SECOND)
    with pytest.raises(AssertionError):
        signer.drop(KEY.public_key)
    assert signer.enter(members_of(1, SECOND)) == 0
    signer.drop(KEY.public_key)
    signer.drop(OTHER.public_key)  # whoever it is of
    assert signer.enter(members_of(2, KEY)) is None


def test_without_a_seat_nothing_is_signed() -> None:
    """[EPOCH-7]"""
    signer, _ = a_signer()
    assert signer.enter(members_of(1, OTHER)) is None
    with pytest.raises(AssertionError):
        signer.sign(1, (VoteStatement(Kind.NOTARIZE, 1, 1, A),))
    with pytest.raises(AssertionError):
        signer.recall((), Floor(0, 0))
    with pytest.raises(AssertionError):
        signer.forget(Floor(0, 0))
