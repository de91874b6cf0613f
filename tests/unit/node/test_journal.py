"""What the journal gives back after a crash, and what it refuses to start from ([DUR-1])."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.effects import (
    BatchKept,
    BlockKept,
    CertificateKept,
    Forgotten,
    OwnAttest,
    OwnVote,
    Record,
    StateCertificateKept,
)
from node.journal import GENESIS, Damaged, Executed, Journal, executed_at
from node.logframes import Frame, frame_bytes
from primitives.batch import EMPTY_TIP, batch_digest, header_of, tip_of
from primitives.encoding import encode
from primitives.vote import Attest, Kind
from tests import builders
from tests.unit.node.disk import MemoryDisk

CHAIN = builders.a_chain()
A = bytes([1]) * 32


def votes(count: int, first: int = 1) -> list[Record]:
    views = range(first, first + count)
    return [OwnVote(builders.a_vote(Kind.NOTARIZE, view, A)) for view in views]


def a_lane(count: int) -> list[bytes]:
    """The first batches of lane 0."""
    tip, raws = EMPTY_TIP, []
    for number in range(count):
        mint = builders.a_mint("north", builders.a_person("ann"), 5, f"receipt {number}")
        batch = builders.a_batch([mint], parent=tip)
        tip = tip_of(batch_digest(CHAIN, batch.header), batch.header)
        raws.append(encode(batch))
    return raws


def digest_of(raw: bytes) -> bytes:
    return batch_digest(CHAIN, header_of(raw))


def opened(disk: MemoryDisk, floor: Executed = GENESIS, size: int = 1 << 20) -> Journal:
    journal = Journal(disk, CHAIN, size)
    journal.recover(floor)
    journal.synced()
    return journal


def written(records: list[Record]) -> MemoryDisk:
    """A disk on which every record was synced on its own."""
    disk = MemoryDisk()
    journal = opened(disk)
    for record in records:
        journal.append(record)
        journal.synced()
    return disk


def found(disk: MemoryDisk, floor: Executed = GENESIS) -> list[Record]:
    return Journal(disk, CHAIN).recover(floor)


def said(disk: MemoryDisk, floor: Executed = GENESIS) -> list[Record]:
    """All but what says how much was let go."""
    return [record for record in found(disk, floor) if not isinstance(record, Forgotten)]


def test_what_was_appended_is_given_back_in_order() -> None:
    attestation = builders.an_attestation(4)
    records: list[Record] = [
        BlockKept(builders.a_block(5), None),
        BatchKept(a_lane(1)[0]),
        CertificateKept(builders.a_certificate(Kind.NOTARIZE, 5, A)),
        StateCertificateKept(builders.a_state_certificate(attestation)),
        OwnVote(builders.a_vote(Kind.NULLIFY, 5, None)),
        OwnAttest(Attest(attestation, 0, bytes(64))),
    ]
    assert found(written(records)) == records


def test_a_disk_that_was_just_found_counts_as_unsynced() -> None:
    disk = written(votes(1))
    journal = Journal(disk, CHAIN)
    journal.recover(GENESIS)
    assert journal.dirty


@given(st.data())
def test_a_torn_tail_is_cut_off_and_written_over(data: st.DataObject) -> None:
    disk = written(votes(3))
    sound = len(disk.files[1])
    journal = opened(disk)
    for record in votes(2, first=4):
        journal.append(record)
    whole = bytes(disk.files[1])
    torn = data.draw(st.integers(sound, len(whole) - 1))
    disk.files[1] = bytearray(whole[:torn])
    kept = found(disk)
    assert kept in (votes(3), votes(4))
    journal = opened(disk)
    journal.append(votes(1, first=9)[0])
    assert found(disk) == kept + votes(1, first=9)


@given(st.data())
def test_an_unsynced_tail_may_be_any_garbage(data: st.DataObject) -> None:
    disk = written(votes(3))
    disk.files[1] += data.draw(st.binary(min_size=1, max_size=80))
    assert found(disk) == votes(3)


def test_pages_of_one_turn_may_reach_the_disk_out_of_order() -> None:
    disk = written(votes(2))
    start = len(disk.files[1])
    journal = opened(disk)
    journal.append(votes(1, first=3)[0])
    journal.append(votes(1, first=4)[0])
    disk.files[1][start + 30] ^= 1
    assert found(disk) == votes(2)


@given(place=st.integers(0, 2**16), bit=st.integers(0, 7))
def test_damage_to_what_was_synced_refuses_to_start(place: int, bit: int) -> None:
    disk = written(votes(4))
    size = len(disk.files[1])
    frame = size // 4
    disk.files[1][place % (size - frame)] ^= 1 << bit
    with pytest.raises(Damaged, match="segment 1 is damaged at byte"):
        found(disk)


def test_an_older_segment_has_no_torn_tail() -> None:
    disk = written(votes(2))
    disk.rotate()
    disk.files[1] = disk.files[1][:-1]
    with pytest.raises(Damaged):
        found(disk)


def test_a_sound_frame_of_an_unknown_record_refuses_to_start() -> None:
    disk = written([])
    disk.files[1] += frame_bytes(Frame(9, 1, 0, encode([9, 1])))
    with pytest.raises(Damaged, match="malformed"):
        found(disk)


def test_an_empty_disk_begins_a_segment() -> None:
    disk = MemoryDisk()
    assert found(disk) == []
    assert disk.segments() == [1]


def test_what_a_synced_state_covers_is_let_go_and_the_rest_survives() -> None:
    lane = a_lane(6)
    disk = MemoryDisk()
    journal = opened(disk, size=16_000)
    for height in range(1, 7):
        attestation = builders.an_attestation(height)
        journal.append(BatchKept(lane[height - 1]))
        journal.append(BlockKept(builders.a_block(height), None))
        journal.append(CertificateKept(builders.a_certificate(Kind.FINALIZE, height, A)))
        journal.append(OwnVote(builders.a_vote(Kind.FINALIZE, height, A)))
        journal.append(OwnAttest(Attest(attestation, 0, bytes(64))))
        if height <= 5:
            journal.append(StateCertificateKept(builders.a_state_certificate(attestation)))
        journal.synced()
    journal.append(OwnVote(builders.a_vote(Kind.NOTARIZE, 99, bytes(32 * [7]))))
    journal.synced()
    while journal._size < 16_000:
        journal.append(votes(1)[0])
        journal.synced()
    floor = Executed(5, 0, 5, (5, 0, 0, 0), 5)
    before = found(disk, floor)
    journal.tidy(floor)
    assert len(disk.files) == 2
    assert journal.dirty, "copies are not durable yet"
    assert said(disk, floor) == before, "a crash between copying and syncing loses nothing"
    journal.synced()
    assert disk.segments() == [2]
    assert said(disk, floor) == before
    kinds = [type(record) for record in before]
    assert kinds.count(BatchKept) == kinds.count(BlockKept) == 1
    assert kinds.count(CertificateKept) == 2, "the F of the executed view, and the next"
    assert kinds.count(OwnVote) == 2
    assert kinds.count(OwnAttest) == kinds.count(StateCertificateKept) == 1


def test_a_segment_that_is_mostly_needed_stays() -> None:
    disk = MemoryDisk()
    journal = opened(disk, size=2_000)
    for record in votes(20):
        journal.append(record)
    journal.synced()
    journal.tidy(GENESIS)
    journal.synced()
    assert disk.segments() == [1, 2]
    journal.append(votes(1, first=50)[0])
    journal.synced()
    assert found(disk) == votes(20) + votes(1, first=50)
    journal.tidy(executed_at(builders.a_block(19), 0))
    journal.synced()
    assert disk.segments() == [2]
    assert said(disk) == votes(1, first=20) + votes(1, first=50)


def test_what_is_let_go_is_noted_before_it_goes() -> None:
    """[DUR-5] A store that is lost, or begun anew, does not know of it."""
    disk = MemoryDisk()
    journal = opened(disk, size=1_000)
    for height in (20, 40, 60):
        for record in votes(20, first=height - 19):
            journal.append(record)
        journal.synced()
        floor = Executed(height, 0, height, (height - 2, 0, 0, 0), 0)
        journal.tidy(floor)
        note = Forgotten(0, height, height, (height - 2, 0, 0, 0))
        oldest = disk.segments()[0]
        assert found(disk)[-1] == note, "a crash comes before anything is gone"
        assert oldest in disk.files
        journal.synced()
        assert oldest not in disk.files
        notes = [record for record in found(disk) if isinstance(record, Forgotten)]
        assert notes == [note], "the newest is enough"


def test_an_epochs_end_is_noted_again_as_the_next_ones_beginning() -> None:
    """[DUR-5] Views above the last height's are of no chain, and were voted in all the same."""
    disk = MemoryDisk()
    journal = opened(disk, size=1_000)
    ends = [Executed(20, 0, 20, (18, 0, 0, 0), 0), Executed(20, 1, 0, (0, 0, 0, 0), 0)]
    for floor, first in zip(ends, (1, 21), strict=True):
        for record in votes(20, first=first):
            journal.append(record)
        journal.synced()
        journal.tidy(floor)
        journal.synced()
    assert journal.forgotten_epoch == 1
    notes = [record for record in found(disk) if isinstance(record, Forgotten)]
    assert notes == [Forgotten(1, 20, 0, (0, 0, 0, 0))]


def test_nothing_is_noted_twice() -> None:
    disk = MemoryDisk()
    journal = opened(disk, size=500)
    for _ in range(3):
        for record in votes(10):
            journal.append(record)
        journal.synced()
        journal.tidy(Executed(20, 0, 20, (), 0))
        journal.synced()
    assert journal.census()["Forgotten"] == 1


def test_copies_keep_their_place_in_the_order() -> None:
    disk = MemoryDisk()
    journal = opened(disk, size=1_000)
    final = CertificateKept(builders.a_certificate(Kind.FINALIZE, 7, A))
    for record in [*votes(7), final, *votes(1, first=8)]:
        journal.append(record)
    journal.synced()
    floor = Executed(7, 0, 7, (), 0)
    journal.tidy(floor)
    journal.append(votes(1, first=50)[0])
    journal.synced()
    assert found(disk, floor) == [final, *votes(1, first=8), *votes(1, first=50)]
    journal = opened(disk, floor)
    journal.append(votes(1, first=51)[0])
    assert found(disk, floor)[-1] == votes(1, first=51)[0]


def test_batches_are_found_by_digest_in_memory_and_on_disk() -> None:
    lane = a_lane(3)
    disk = MemoryDisk()
    journal = opened(disk, size=2_000)
    digests = [digest_of(raw) for raw in lane]
    for raw in lane:
        journal.append(BatchKept(raw))
        journal.synced()
    for digest, raw in zip(digests, lane, strict=True):
        held = journal.shelf.get(digest)
        assert held is not None
        assert held.raw == raw
        assert encode(held.batch) == raw
    again = opened(disk)
    held = again.shelf.get(digests[1])
    assert held is not None
    assert held.raw == lane[1]
    assert again.shelf.get(A) is None
    floor = Executed(1, 0, 1, (2, 0, 0, 0), 1)
    while journal._size < 2_000:
        journal.append(votes(1)[0])
    journal.synced()
    journal.tidy(floor)
    journal.synced()
    assert journal.shelf.get(digests[1]) is None
    held = journal.shelf.get(digests[2])
    assert held is not None
    assert held.raw == lane[2]


def test_memory_for_batches_is_bounded() -> None:
    lane = a_lane(4)
    disk = written([BatchKept(raw) for raw in lane])
    journal = opened(disk)
    journal.shelf._limit = len(lane[0]) * 2 + 10
    for raw in lane:
        assert journal.shelf.get(digest_of(raw)) is not None
    assert len(journal.shelf._cache) == 2
    assert len(journal.shelf) == 4


def test_a_journal_that_is_gone_is_not_taken_for_a_new_one() -> None:
    """[DUR-4] The store shows that this node took part: what it signed since is forgotten."""
    floor = executed_at(builders.a_block(3), 3)
    with pytest.raises(Damaged, match="height 3"):
        Journal(MemoryDisk(), CHAIN).recover(floor)


def a_batch_with_a_memo(memo: bytes) -> bytes:
    person = builders.a_person("ann")
    transfer = builders.a_transfer(person, (person, 1), memo=memo)
    return encode(builders.a_batch([transfer]))


@pytest.mark.parametrize("claims", [2**32 - 1, 500])
def test_a_memo_that_looks_like_a_frame_does_not_make_a_torn_tail_damage(claims: int) -> None:
    """Else a customer's bytes would keep every node that lost its power from starting again."""
    disk = written(votes(3))
    size = len(disk.files[1])
    memo = frame_bytes(Frame(5, 9, claims, b"")).ljust(32, b"\0")
    journal = Journal(disk, CHAIN)
    journal.recover(GENESIS)
    journal.synced()
    journal.append(BatchKept(a_batch_with_a_memo(memo)))
    assert size < 500 < disk.files[1].index(memo)
    whole = bytes(disk.files[1])
    for end in range(size + 1, len(whole)):
        disk.files[1] = bytearray(whole[:end])
        assert found(disk) == votes(3)


def test_a_damaged_length_below_a_synced_frame_is_damage() -> None:
    disk = written(votes(3))
    disk.files[1][14] = 0xFF
    with pytest.raises(Damaged, match="byte 0"):
        found(disk)
