"""What answering a peer costs is counted to that peer."""

from __future__ import annotations

from consensus.effects import BatchKept
from consensus.messages import FetchLane
from node.journal import GENESIS, Journal
from node.sync import LANE_BATCHES, SERVED_BYTES_A_SECOND, Library
from primitives.batch import EMPTY_TIP, batch_digest, tip_of
from primitives.block import Header
from primitives.certificate import StateCertificate
from primitives.encoding import encode
from tests import builders
from tests.unit.node.disk import MemoryDisk

CHAIN = builders.a_chain()


class NothingExecuted:
    """A ``node.sync.Past`` before the first height."""

    def chain_from(
        self, height: int, limit: int
    ) -> tuple[tuple[Header, ...], tuple[StateCertificate, ...]] | None:
        return None

    def batch(self, digest: bytes) -> bytes | None:
        return None


def test_batches_read_on_the_way_to_the_answer_count_as_served() -> None:
    """[SYNC-3] Small old batches below large new ones: little is sent, much is read."""
    journal = Journal(MemoryDisk(), CHAIN)
    journal.recover(GENESIS)
    person = builders.a_person("ann")
    tip = EMPTY_TIP
    for place in range(4 * LANE_BATCHES):
        count = 1 if place < LANE_BATCHES else 100
        transfer = builders.a_transfer(person, (person, 1))
        batch = builders.a_batch([transfer] * count, parent=tip, author=1)
        journal.append(BatchKept(encode(batch)))
        tip = tip_of(batch_digest(CHAIN, batch.header), batch.header)
    library = Library(journal.shelf, NothingExecuted())
    requests = 0
    while library.may_serve(2, 5_000):
        sent = library.lane(FetchLane(1, tip.digest, 0), 2)
        assert len(sent) == LANE_BATCHES
        requests += 1
        assert requests < 50, "each one reads more than a megabyte"
    read = len(encode(batch)) * 3 * LANE_BATCHES
    assert requests <= SERVED_BYTES_A_SECOND // read + 1
    assert library.may_serve(3, 5_000)
