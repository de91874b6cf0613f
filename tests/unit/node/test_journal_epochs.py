"""Records know their epoch: which ones a start there needs, and what outlives the next."""

from __future__ import annotations

from consensus.effects import (
    BatchKept,
    BlockKept,
    CertificateKept,
    OwnAttest,
    OwnVote,
    Record,
    StateCertificateKept,
)
from node.journal import Executed, Orphans, epoch_of
from primitives.batch import EMPTY_TIP, tip_of
from primitives.encoding import encode
from primitives.validators import ValidatorSet
from primitives.vote import Attest, Kind
from tests import builders
from tests.builders import Committee
from tests.unit.node.disk import MemoryDisk
from tests.unit.node.fakes import digest_of
from tests.unit.node.test_journal import A, found, opened, written


def committee(epoch: int) -> Committee:
    made = builders.a_committee()
    return Committee(made.signers, ValidatorSet(epoch, made.members.members))


def lane(epoch: int, author: int, count: int) -> list[Record]:
    tip, kept = EMPTY_TIP, list[Record]()
    for number in range(count):
        mint = builders.a_mint("north", builders.a_person("ann"), 5, f"receipt {number}")
        batch = builders.a_batch([mint], parent=tip, author=author, committee=committee(epoch))
        tip = tip_of(digest_of(batch), batch.header)
        kept.append(BatchKept(encode(batch)))
    return kept


def attested(epoch: int, height: int) -> list[Record]:
    attestation = builders.an_attestation(height, members=committee(epoch).members)
    certificate = builders.a_state_certificate(attestation, committee=committee(epoch))
    return [OwnAttest(Attest(attestation, 0, bytes(64))), StateCertificateKept(certificate)]


def voted(epoch: int, view: int, height: int) -> list[Record]:
    seats = committee(epoch)
    return [
        BlockKept(builders.a_block(height, view=view, epoch=epoch), None),
        OwnVote(builders.a_vote(Kind.NOTARIZE, view, A, committee=seats)),
        CertificateKept(builders.a_certificate(Kind.NOTARIZE, view, A, committee=seats)),
    ]


LAST = 20
"""Of epoch 3."""
OLD = [*voted(3, 80, LAST), *lane(3, 0, 3), *lane(3, 1, 2), *attested(3, LAST)]
NEW = [*voted(4, 1, LAST + 1), *lane(4, 0, 2), *attested(4, LAST + 1)]
NEXT = voted(5, 1, LAST + 9)
ALL = [*OLD, *NEW, *NEXT]


def test_every_record_knows_its_epoch() -> None:
    assert {epoch_of(record) for record in OLD} == {3}
    assert {epoch_of(record) for record in NEW} == {4}
    assert {epoch_of(record) for record in NEXT} == {5}


def test_whatever_is_of_a_later_epoch_than_the_floor_is_needed() -> None:
    """[DUR-2] Views and seqs begin anew there, so their smallness means nothing."""
    floor = Executed(LAST, 3, 80, (1, 2, 0, 0), LAST - 1)
    kept = found(written(ALL), floor)
    assert kept == [OLD[2], *lane(3, 0, 3)[1:], *attested(3, LAST), *NEW, *NEXT]


def test_of_an_epoch_that_is_over_only_own_orphans_are_needed() -> None:
    """[EPOCH-5] They are to be sealed again; nobody asks for the rest any more."""
    floor = Executed(LAST, 4, 0, (0, 0, 0, 0), LAST, Orphans(3, 0, 1))
    assert found(written(ALL), floor) == [*lane(3, 0, 3)[1:], *NEW, *NEXT]
    nobodys = floor._replace(orphans=None)
    assert found(written(ALL), nobodys) == [*NEW, *NEXT]


def test_orphans_are_dropped_with_the_epoch_after_theirs() -> None:
    floor = Executed(LAST + 9, 5, 1, (0, 0, 0, 0), LAST + 9, Orphans(4, 0, 1))
    own = lane(4, 0, 2)[1:]
    newest = attested(5, LAST + 9)
    kept = found(written([*ALL, *newest]), floor)
    assert [record for record in kept if isinstance(record, BatchKept)] == own
    assert [record for record in kept if type(record) in map(type, newest)] == newest


def test_attests_are_kept_by_height_whatever_the_epoch() -> None:
    """[CERT-4] A height that may have lost its certificate is the epoch's before, perhaps."""
    floor = Executed(LAST + 1, 4, 1, (0, 0, 0, 0), LAST - 1)
    kept = found(written(ALL), floor)
    assert [record for record in kept if isinstance(record, OwnAttest)] == [
        attested(3, LAST)[0],
        attested(4, LAST + 1)[0],
    ]


def test_orphans_outlive_the_segment_that_they_were_written_to() -> None:
    """[DUR-2] Copied as long as their epoch's floor names them, and gone after."""
    disk = MemoryDisk()
    journal = opened(disk, size=6_000)
    for record in OLD:
        journal.append(record)
    while journal._size < 6_000:
        journal.append(voted(3, 1, 1)[1])
    journal.synced()
    floor = Executed(LAST, 4, 0, (0, 0, 0, 0), LAST, Orphans(3, 0, 2))
    journal.tidy(floor)
    journal.synced()
    assert disk.segments() == [2]
    [orphan] = lane(3, 0, 3)[2:]
    assert [r for r in found(disk, floor) if isinstance(r, BatchKept)] == [orphan]
    for record in attested(5, LAST + 9):
        journal.append(record)
    journal.synced()
    over = Executed(LAST + 9, 5, 1, (0, 0, 0, 0), LAST + 9)
    assert not [r for r in found(disk, over) if isinstance(r, BatchKept)]
