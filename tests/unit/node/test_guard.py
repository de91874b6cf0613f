"""The second lock: whatever the engine asks, one digest a slot ([DUR-4])."""

from __future__ import annotations

from itertools import product

import pytest
from msgspec.structs import replace

from consensus.effects import BatchKept, BlockKept, CertificateKept, OwnAttest, OwnVote
from node.guard import (
    MAX_VIEWS,
    AttestStatement,
    BatchStatement,
    BeatStatement,
    Floor,
    Guard,
    Refused,
    VoteStatement,
    statement_of,
)
from primitives.encoding import encode
from primitives.vote import Attest, Beat, Kind
from tests import builders

A = bytes([1]) * 32
B = bytes([2]) * 32


def vote(kind: Kind, view: int = 5, digest: bytes | None = A) -> VoteStatement:
    return VoteStatement(kind, 0, view, None if kind == Kind.NULLIFY else digest)


def attest(height: int, root: bytes = A) -> AttestStatement:
    return AttestStatement(builders.an_attestation(height, state_root=root))


def refusal(guard: Guard, statement: object) -> str:
    with pytest.raises(Refused) as caught:
        guard.admit(statement)  # type: ignore[arg-type]
    return caught.value.code


@pytest.mark.parametrize("kind", [Kind.PROPOSE, Kind.NOTARIZE, Kind.FINALIZE])
def test_a_second_digest_in_a_view_is_refused(kind: Kind) -> None:
    guard = Guard(0)
    guard.admit(vote(kind))
    assert refusal(guard, vote(kind, digest=B)) == "slot_taken"


@pytest.mark.parametrize("kind", list(Kind))
def test_the_same_vote_may_be_signed_again(kind: Kind) -> None:
    guard = Guard(0)
    guard.admit(vote(kind))
    guard.admit(vote(kind))


@pytest.mark.parametrize(
    ("first", "second"), [(Kind.FINALIZE, Kind.NULLIFY), (Kind.NULLIFY, Kind.FINALIZE)]
)
def test_finalize_and_nullify_exclude_each_other_in_a_view_only(first: Kind, second: Kind) -> None:
    guard = Guard(0)
    guard.admit(vote(first))
    assert refusal(guard, vote(second)) == "slot_excluded"
    guard.admit(vote(second, view=6))


def test_notarize_is_allowed_after_nullify_of_the_view() -> None:
    guard = Guard(0)
    guard.admit(vote(Kind.NULLIFY))
    guard.admit(vote(Kind.NOTARIZE))


def test_a_refusal_leaves_no_trace() -> None:
    guard = Guard(0)
    guard.admit(vote(Kind.NULLIFY))
    refusal(guard, vote(Kind.FINALIZE))
    guard.admit(vote(Kind.NULLIFY))
    guard.admit(vote(Kind.NOTARIZE, digest=B))


def test_a_lane_only_ascends_and_has_one_batch_a_seq() -> None:
    guard = Guard(0)
    guard.admit(BatchStatement(0, 1, A))
    guard.admit(BatchStatement(0, 1, A))
    assert refusal(guard, BatchStatement(0, 1, B)) == "slot_taken"
    guard.admit(BatchStatement(0, 2, B))
    assert refusal(guard, BatchStatement(0, 1, A)) == "slot_forgotten"


def test_a_height_has_one_attestation() -> None:
    guard = Guard(0)
    guard.admit(attest(3))
    guard.admit(attest(3))
    assert refusal(guard, attest(3, root=B)) == "slot_taken"
    assert refusal(guard, attest(2)) == "slot_forgotten"
    guard.admit(attest(7, root=B))


def test_below_the_floor_everything_is_refused() -> None:
    guard = Guard(0)
    guard.admit(vote(Kind.NOTARIZE, view=4))
    guard.forget(Floor(view=5, batch=2))
    for kind in Kind:
        assert refusal(guard, vote(kind, view=5)) == "slot_forgotten"
    assert refusal(guard, BatchStatement(0, 2, A)) == "slot_forgotten"
    guard.forget(Floor(view=1, batch=1))
    assert refusal(guard, vote(Kind.NOTARIZE, view=4)) == "slot_forgotten"
    guard.admit(vote(Kind.NOTARIZE, view=6))
    guard.admit(BatchStatement(0, 3, A))


def test_another_epoch_is_refused() -> None:
    guard = Guard(1)
    for statement in (vote(Kind.NOTARIZE), BatchStatement(0, 1, A), attest(1)):
        assert refusal(guard, statement) == "epoch_past"


def test_beats_are_never_in_conflict() -> None:
    guard = Guard(0)
    beat = Beat(builders.a_chain(), 0, 1, A, 7)
    guard.admit(BeatStatement(beat))
    guard.admit(BeatStatement(replace(beat, height=2)))


def test_memory_is_bounded_and_what_is_forgotten_is_refused() -> None:
    guard = Guard(0)
    for view in range(1, MAX_VIEWS + 2):
        guard.admit(vote(Kind.NULLIFY, view=view))
    assert refusal(guard, vote(Kind.FINALIZE, view=1)) == "slot_forgotten"
    assert refusal(guard, vote(Kind.FINALIZE, view=2)) == "slot_excluded"


@pytest.mark.parametrize("order", [1, -1])
def test_a_restored_guard_refuses_what_the_first_one_refused(order: int) -> None:
    said = [
        vote(Kind.NOTARIZE),
        vote(Kind.NULLIFY),
        BatchStatement(0, 1, A),
        BatchStatement(0, 2, A),
        attest(1),
        attest(2),
    ]
    guard = Guard(0)
    for statement in said[::order]:
        guard.restore(statement)
    for statement in said:
        guard.restore(statement)
    assert refusal(guard, vote(Kind.NOTARIZE, digest=B)) == "slot_taken"
    assert refusal(guard, vote(Kind.FINALIZE)) == "slot_excluded"
    assert refusal(guard, BatchStatement(0, 2, B)) == "slot_taken"
    assert refusal(guard, attest(2, root=B)) == "slot_taken"
    guard.admit(BatchStatement(0, 2, A))


def test_the_journals_word_on_the_floor_itself_is_remembered() -> None:
    guard = Guard(0)
    guard.forget(Floor(view=5, batch=2))
    guard.restore(BatchStatement(0, 2, A))
    guard.restore(BatchStatement(0, 1, A))
    guard.restore(vote(Kind.NOTARIZE, view=5))
    guard.admit(BatchStatement(0, 2, A))
    assert refusal(guard, BatchStatement(0, 2, B)) == "slot_taken"
    assert refusal(guard, vote(Kind.NOTARIZE, view=5)) == "slot_forgotten"


def test_a_journal_that_contradicts_itself_is_refused() -> None:
    pairs = [
        (vote(Kind.NOTARIZE), vote(Kind.NOTARIZE, digest=B)),
        (vote(Kind.NULLIFY), vote(Kind.FINALIZE)),
        (BatchStatement(0, 2, A), BatchStatement(0, 2, B)),
        (attest(2), attest(2, root=B)),
    ]
    for pair, order in product(pairs, (1, -1)):
        first, second = pair[::order]
        guard = Guard(0)
        guard.restore(first)
        with pytest.raises(Refused):
            guard.restore(second)


def test_statements_are_read_off_the_own_records_and_no_others() -> None:
    chain = builders.a_chain()
    mine, other = (builders.a_vote(Kind.PROPOSE, 1, A, author=author) for author in (0, 1))
    block = builders.a_block()
    attestation = builders.an_attestation()
    batch = builders.a_batch([builders.a_mint("north", builders.a_person("ann"), 5)])
    own_attest = Attest(attestation, 0, bytes(64))
    assert statement_of(OwnVote(mine), chain, 0) == VoteStatement(Kind.PROPOSE, 0, 1, A)
    assert statement_of(BlockKept(block, mine), chain, 0) == VoteStatement(Kind.PROPOSE, 0, 1, A)
    assert statement_of(BlockKept(block, other), chain, 0) is None
    assert statement_of(BlockKept(block, None), chain, 0) is None
    assert statement_of(OwnAttest(own_attest), chain, 0) == AttestStatement(attestation)
    kept = statement_of(BatchKept(encode(batch)), chain, 0)
    assert isinstance(kept, BatchStatement)
    assert kept.seq == 1
    assert statement_of(BatchKept(encode(batch)), chain, 1) is None
    certificate = builders.a_certificate(Kind.NOTARIZE, 1, A)
    assert statement_of(CertificateKept(certificate), chain, 0) is None
