"""What a signer wrote down binds it for good, whenever it dies ([DUR-6], [SIG-4])."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.guard import (
    MAX_VIEWS,
    AttestStatement,
    BatchStatement,
    BeatStatement,
    Floor,
    Refused,
    Statement,
    VoteStatement,
)
from node.logframes import HEAD
from node.remembered import Ahead, Asked, Remembered
from node.signer_record import NEW, RECORD, SignerRecord, look_at
from primitives.vote import Beat, Kind
from shell.errors import CommandError
from tests import builders

A = bytes([1]) * 32
B = bytes([2]) * 32
CHAIN = builders.a_chain()
KEY = builders.a_key("consensus of north").public_key
OTHER = builders.a_key("consensus of east").public_key
NO_FLOOR = Floor(0, 0)
SMALL = 4_096
"""A record that is written anew all the time."""


def vote(view: int, kind: Kind = Kind.NOTARIZE, digest: bytes = A, epoch: int = 0) -> VoteStatement:
    return VoteStatement(kind, epoch, view, None if kind == Kind.NULLIFY else digest)


def attest(height: int, root: bytes = A) -> AttestStatement:
    return AttestStatement(builders.an_attestation(height, state_root=root))


def asked(*statements: Statement) -> list[Asked]:
    return [Asked(statement, b"content of it") for statement in statements]


def opened(place: Path, compact_bytes: int = SMALL) -> SignerRecord:
    record = SignerRecord(place, CHAIN, compact_bytes)
    record.open()
    return record


def refuses(record: SignerRecord, statement: Statement, epoch: int = 0) -> bool:
    try:
        record.sign(KEY, epoch, asked(statement))
    except Refused:
        return True
    return False


def contradictions(statement: Statement) -> Iterable[Statement]:
    """What nobody may hear of who heard ``statement``."""
    match statement:
        case VoteStatement(kind=Kind.NULLIFY):
            yield vote(statement.view, Kind.FINALIZE, epoch=statement.epoch)
        case VoteStatement():
            yield vote(statement.view, statement.kind, bytes([9]) * 32, statement.epoch)
            if statement.kind == Kind.FINALIZE:
                yield vote(statement.view, Kind.NULLIFY, epoch=statement.epoch)
        case BatchStatement():
            yield BatchStatement(statement.epoch, statement.seq, bytes([9]) * 32)
        case AttestStatement():
            yield attest(statement.attestation.height, bytes([9]) * 32)
        case BeatStatement():
            pass


VOTES = st.builds(
    vote, st.integers(1, 8), st.sampled_from(list(Kind)), st.sampled_from([A, B]), st.just(0)
)
BATCHES = st.builds(BatchStatement, st.just(0), st.integers(1, 6), st.sampled_from([A, B]))
ATTESTS = st.builds(attest, st.integers(1, 6), st.sampled_from([A, B]))
BEATS = st.builds(lambda tick: BeatStatement(Beat(CHAIN, 0, 1, A, tick)), st.integers(0, 3))
REQUESTS = st.lists(VOTES | BATCHES | ATTESTS | BEATS, min_size=1, max_size=4)
FLOORS = st.builds(Floor, st.integers(0, 6), st.integers(0, 5))


class Cut(Exception):
    """The power is gone."""


@given(data=st.data(), steps=st.lists(REQUESTS | FLOORS, max_size=25))
@settings(max_examples=150, deadline=None)
def test_whenever_it_dies_it_refuses_what_contradicts_what_has_left(
    data: st.DataObject, steps: list[list[Statement] | Floor]
) -> None:
    """[DUR-6] A crash loses any part of what was being written, and nothing of what was synced."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        compact_bytes = data.draw(st.sampled_from([600, SMALL, 10**9]))
        record = opened(place, compact_bytes)
        left: list[Statement] = []
        for step in steps:
            before = (place / RECORD).read_bytes()
            said = _step(record, step)
            dies = data.draw(st.sampled_from(["no", "before its answer", "after it"]))
            if dies == "before its answer":
                after = (place / RECORD).read_bytes()
                if after.startswith(before):
                    kept = data.draw(st.integers(len(before), len(after)))
                    (place / RECORD).write_bytes(after[:kept])
                (place / NEW).write_bytes(after[: data.draw(st.integers(0, len(after)))])
            if dies != "before its answer":
                left += said
            if dies != "no":
                record.close()
                record = opened(place, compact_bytes)
        for statement in left:
            for other in contradictions(statement):
                assert refuses(record, other), (statement, other)
        record.close()


def _step(record: SignerRecord, step: list[Statement] | Floor) -> list[Statement]:
    """What may leave after a step."""
    if isinstance(step, Floor):
        record.forget(KEY, 0, step)
        return []
    try:
        record.sign(KEY, 0, asked(*step))
    except Refused:
        return []
    return step


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path


def test_a_request_is_written_before_it_is_answered(place: Path) -> None:
    record = opened(place)
    record.sign(KEY, 0, asked(vote(1), BatchStatement(0, 1, A)))
    again = look_at(place, CHAIN)
    assert again is not None
    assert not again.torn
    past = again.past(KEY, 0)
    assert past is not None
    assert past.statements() == [vote(1), BatchStatement(0, 1, A)]
    assert past.last == tuple(asked(vote(1), BatchStatement(0, 1, A)))


def test_what_is_not_new_is_not_written_again(place: Path) -> None:
    record = opened(place)
    record.sign(KEY, 0, asked(vote(1)))
    size = (place / RECORD).stat().st_size
    record.sign(KEY, 0, asked(vote(1), BeatStatement(Beat(CHAIN, 0, 1, A, 1))))
    assert (place / RECORD).stat().st_size == size
    past = record.past(KEY, 0)
    assert past is not None
    assert past.last == tuple(asked(vote(1))), "a beat is no request that could be lost"


def test_nothing_of_a_refused_request_is_written(place: Path) -> None:
    record = opened(place)
    record.sign(KEY, 0, asked(vote(1, Kind.NULLIFY)))
    size = (place / RECORD).stat().st_size
    with pytest.raises(Refused):
        record.sign(KEY, 0, asked(vote(2), vote(1, Kind.FINALIZE)))
    assert (place / RECORD).stat().st_size == size


def test_a_torn_end_is_cut_off(place: Path) -> None:
    record = opened(place)
    record.sign(KEY, 0, asked(vote(1)))
    whole = (place / RECORD).read_bytes()
    record.sign(KEY, 0, asked(vote(2)))
    record.close()
    torn = (place / RECORD).read_bytes()[:-1]
    (place / RECORD).write_bytes(torn)
    again = opened(place)
    assert again.torn == len(torn) - len(whole) > 0
    assert (place / RECORD).read_bytes() == whole
    assert refuses(again, vote(1, digest=B))
    assert not refuses(again, vote(2, digest=B))


@pytest.mark.parametrize("where", [0, 3, HEAD, HEAD + 20])
def test_a_flipped_byte_in_what_was_synced_is_refused(place: Path, where: int) -> None:
    record = opened(place)
    for view in (1, 2, 3):
        record.sign(KEY, 0, asked(vote(view)))
    record.close()
    data = bytearray((place / RECORD).read_bytes())
    data[where] ^= 1
    (place / RECORD).write_bytes(data)
    with pytest.raises(CommandError) as caught:
        opened(place)
    assert caught.value.code == "record_damaged"
    assert (place / RECORD).read_bytes() == data, "nothing is repaired"


def test_a_record_of_another_chain_is_refused(place: Path) -> None:
    opened(place).sign(KEY, 0, asked(vote(1)))
    with pytest.raises(CommandError) as caught:
        SignerRecord(place, bytes(32)).open()
    assert caught.value.code == "record_foreign"


def test_a_record_that_contradicts_itself_is_refused(place: Path) -> None:
    """Two signers' records, one behind the other."""
    first, second = place / "first", place / "second"
    for folder, digest in ((first, A), (second, B)):
        folder.mkdir()
        opened(folder).sign(KEY, 0, asked(vote(1, digest=digest)))
    both = (first / RECORD).read_bytes() + (second / RECORD).read_bytes()
    (place / RECORD).write_bytes(both)
    with pytest.raises(CommandError) as caught:
        opened(place)
    assert caught.value.code == "record_damaged"


def test_it_stays_small_while_floors_rise(place: Path) -> None:
    record = opened(place)
    for view in range(1, 500):
        record.sign(KEY, 0, asked(vote(view), BatchStatement(0, view, A)))
        record.forget(KEY, 0, Floor(view - 1, view - 1))
    assert (place / RECORD).stat().st_size < 2 * SMALL
    assert not (place / NEW).exists()
    again = look_at(place, CHAIN)
    assert again is not None
    assert refuses(again, vote(499, digest=B))
    assert refuses(again, vote(100, digest=B)), "what it forgot it refuses"
    assert refuses(again, BatchStatement(0, 499, B))


def test_views_that_never_end_are_bounded() -> None:
    past = Remembered(0)
    for view in range(1, MAX_VIEWS + 10):
        past.admit(asked(vote(view, Kind.NULLIFY)))
    assert len(past.statements()) <= MAX_VIEWS
    with pytest.raises(Refused):
        past.admit(asked(vote(1, Kind.FINALIZE)))


def test_each_key_and_epoch_has_a_past_of_its_own_and_the_two_newest_are_kept(place: Path) -> None:
    record = opened(place)
    for epoch in (3, 4, 5):
        record.sign(KEY, epoch, asked(vote(1, epoch=epoch)))
    record.sign(OTHER, 1, asked(vote(1, digest=B, epoch=1)))
    record.close()
    for found in (record, opened(place)):
        assert [found.past(KEY, epoch) is None for epoch in (2, 3, 4, 5, 6)] == [
            True,
            True,
            False,
            False,
            False,
        ]
        assert found.past(OTHER, 0) is None
        assert found.past(OTHER, 1) is not None


def test_a_destroyed_keys_past_goes_with_it(place: Path) -> None:
    record = opened(place)
    record.sign(KEY, 0, asked(vote(1)))
    record.drop(KEY)
    record.forget(OTHER, 0, NO_FLOOR)
    assert "nothing" not in record.summary()
    assert KEY.hex()[:16] not in record.summary()


def test_a_disk_that_fails_is_told(place: Path) -> None:
    record = opened(place)
    assert record._file is not None
    os.close(record._file)
    with pytest.raises(OSError, match="Bad file descriptor"):
        record.sign(KEY, 0, asked(vote(1)))


# --- a journal against it -------------------------------------------------------------------------


def signed(*requests: tuple[Statement, ...]) -> Remembered:
    past = Remembered(0)
    for request in requests:
        past.admit(asked(*request))
    return past


def test_what_the_journal_lacks_of_the_last_request_is_handed_back() -> None:
    """[SIG-4]"""
    last = (vote(2), BatchStatement(0, 1, A), attest(4))
    past = signed((vote(1),), last)
    assert past.compare([vote(1)], NO_FLOOR) == tuple(asked(*last))
    assert past.compare([vote(1), vote(2)], NO_FLOOR) == tuple(asked(*last[1:]))
    assert past.compare([vote(1), *last], NO_FLOOR) == ()


@pytest.mark.parametrize(
    "earlier", [vote(1), vote(2, Kind.NULLIFY), BatchStatement(0, 1, A), attest(3)]
)
def test_a_journal_that_lacks_more_is_behind_the_signer(earlier: Statement) -> None:
    """[SIG-4]"""
    past = signed((earlier,), (vote(7),))
    with pytest.raises(Ahead):
        past.compare([vote(7)], NO_FLOOR)
    with pytest.raises(Ahead):
        past.compare([], NO_FLOOR)
    assert past.compare([earlier, vote(7)], NO_FLOOR) == ()


def test_below_its_floors_a_journal_may_have_forgotten() -> None:
    """[SIG-4] All but what it attested, whose newest it keeps."""
    past = signed((vote(5), BatchStatement(0, 3, A)), (vote(9),))
    assert past.compare([vote(9)], Floor(5, 3)) == ()
    with pytest.raises(Ahead):
        past.compare([vote(9)], Floor(4, 3))
    with pytest.raises(Ahead):
        past.compare([vote(9)], Floor(5, 2))


def test_where_a_store_stands_binds_until_the_next_journal_and_what_it_synced_for_good() -> None:
    """[SIG-4] A crash may take a store back; seen in the simulator, as a node that halted."""
    past = signed()
    past.recall([], Floor(5, 2))
    for below in (vote(5), BatchStatement(0, 2, A)):
        with pytest.raises(Refused):
            past.admit(asked(below))
    past.recall([], Floor(3, 1))
    past.admit(asked(vote(4), vote(5), BatchStatement(0, 2, A)))
    past.forget(Floor(5, 2))
    past.recall([], Floor(3, 1))
    for below in (vote(4), vote(5), vote(5, digest=B), BatchStatement(0, 2, B)):
        with pytest.raises(Refused):
            past.admit(asked(below))


def test_a_journal_of_another_epoch_says_nothing_of_this_one() -> None:
    past = signed((BatchStatement(0, 1, A), attest(1)), (vote(1),))
    with pytest.raises(Ahead):
        past.compare([BatchStatement(1, 5, A), vote(1)], NO_FLOOR)


@pytest.mark.parametrize("statement", [vote(1), BatchStatement(0, 2, A), attest(2)])
def test_a_journal_that_contradicts_it_is_refused_and_moves_nothing(statement: Statement) -> None:
    past = signed((statement,))
    for other in contradictions(statement):
        with pytest.raises(Refused):
            past.compare([other], NO_FLOOR)
    assert past.compare([statement], NO_FLOOR) == ()
    assert past.statements() == [statement]


def test_a_record_that_is_missing_or_older_takes_in_what_the_journal_holds(place: Path) -> None:
    """[SIG-4]"""
    record = opened(place)
    journal = [vote(1), vote(1, Kind.FINALIZE), BatchStatement(0, 4, A), attest(3)]
    record.recall(KEY, 0, journal, Floor(0, 2))
    record.close()
    again = opened(place)
    for statement in journal:
        for other in contradictions(statement):
            assert refuses(again, other)
    assert refuses(again, BatchStatement(0, 3, A))
