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
from primitives.keys import Ed25519Scheme
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
