"""Lets go of old heights, one atomic write a height. Knows what leads to a height; reads no clock.

A height goes with its block record, receipts, batches, lane rows, certificate, and the index rows
that lead to it, all of which follow from what is stored of it. What stays: the state; epochs;
record and certificate of each epoch's last height, which prove the next one's members ([CERT-4]);
the rows of lists (``i``), since what they name is state. The write that takes a height away says
so, too: after a crash at any point a height is there whole, or gone and known to be gone.

Only heights go that no start and no proof of the present state needs: older than the span that is
kept, and ``LEAST_HEIGHTS`` and more below what is durable and attested.
"""

from __future__ import annotations

from collections.abc import Generator
from itertools import pairwise
from typing import Final

import msgspec

from client.changes import named_by
from node.archive import (
    BATCH,
    DEAD_KEY,
    OLDEST_KEY,
    BlockRecord,
    ReceiptList,
    batch_key,
    block_key,
    certificate_key,
    height_bytes,
    lane_key,
    receipts_key,
)
from node.executor import Executor
from node.index import (
    PASSING,
    Location,
    due_changes,
    due_paid,
    index_changes,
    locate,
    touched,
)
from node.recovery import CHECKED_HEIGHTS
from node.store import REMEDY, Change, StoreBroken
from primitives.batch import Batch
from primitives.transaction import SignedTransaction, transaction_id

LEAST_HEIGHTS: Final = CHECKED_HEIGHTS
"""Below the newest that is durable and attested so many are kept, however old: a start looks at
them, and whoever is a little behind asks for them ([SYNC-4])."""
SLICE: Final = 64
"""Transactions between two yields: one or two milliseconds; a height counts as ``HEIGHT_COST``."""
HEIGHT_COST: Final = 8
ROW_BYTES: Final = 64
"""What a row takes on disk, about, besides what is counted."""
LEAST_DEAD: Final = 1024 * 1024
DEAD_SHARE: Final = 4
"""The store is compacted when a quarter of it is what was deleted: so each byte that is deleted has
at most four others written anew."""
RANGE_BYTES: Final = 32 * 1024 * 1024
"""What one compaction is to write at most, about: ranges of keys are cut so small."""

Range = tuple[bytes, bytes]

_SIGNED: Final = msgspec.msgpack.Decoder(SignedTransaction)


class Pruner:
    """What is too old in one executor's store. Writes only within ``run`` and ``compacted``."""

    def __init__(self, executor: Executor, keep_ms: int | None, returned: list[int]) -> None:
        self._executor = executor
        self._archive = executor.archive
        self._keep_ms = keep_ms
        self._returned = returned
        self._work = 0
        self.dead = int.from_bytes(executor.store.get(DEAD_KEY) or b"", "big")
        """Bytes, about, that were deleted since the store was last compacted."""

    @classmethod
    def open(cls, executor: Executor, keep_ms: int | None) -> Pruner:
        """``keep_ms`` of block time are kept; None: everything that is there.

        LevelDB may lose an older unsynced write in a power cut and keep a later one. So heights
        may be back that were gone, below the oldest: they are found here, and go again.
        """
        store, oldest = executor.store, executor.oldest
        found = store.scan(block_key(0), block_key(oldest)) if oldest else iter(())
        heights = [int.from_bytes(key[1:], "big") for key, _ in found]
        records = [(height, executor.archive.block(height)) for height in heights]
        return cls(executor, keep_ms, [h for h, r in records if r is not None and r.last != h])

    def is_due(self) -> bool:
        """Whether there is something that ``run`` would take away."""
        return bool(self._returned) or self._is_old(self._archive.oldest)

    def run(self) -> Generator[None, None, None]:
        """Take away all that is due, the oldest height first; yields every few milliseconds, and
        may be left at any of these. Raises ``OSError``, ``StoreBroken``."""
        while self._returned:
            yield from self._erase(self._returned[0], self._archive.oldest)
            del self._returned[0]
        while self._is_old(height := self._archive.oldest):
            yield from self._erase(height, height + 1)

    def wants_compacting(self, size: int) -> bool:
        """Whether a good part of a store of ``size`` bytes is deleted."""
        return self.dead >= max(LEAST_DEAD, size // DEAD_SHARE)

    def ranges(self, size: int) -> list[Range]:
        """What to compact, piece by piece, in a store of ``size`` bytes: where rows were deleted.

        Rows under a height lie together; those under a hash lie between others everywhere.
        """
        oldest = self._archive.oldest
        by_height = [(key(0), key(oldest)) for key in (block_key, receipts_key, certificate_key)]
        lanes = (lane_key(0, 0, 0), lane_key(self._executor.epoch.number + 1, 0, 0))
        pieces = 1 << min(8, (size // RANGE_BYTES).bit_length())
        edges = [bytes([256 * place // pieces]) for place in range(pieces)] + [b"\xff" * 33]
        hashed = [
            (prefix + start, prefix + stop)
            for prefix in (BATCH, *PASSING)
            for start, stop in pairwise(edges)
        ]
        return [*by_height, lanes, *hashed]

    def compacted(self, dead: int) -> None:
        """So many of the deleted bytes have left the disk."""
        self.dead = max(0, self.dead - dead)
        self._executor.store.write([(DEAD_KEY, height_bytes(self.dead))], sync=False)

    # --- one height -----------------------------------------------------------------------------

    def _is_old(self, height: int) -> bool:
        executor = self._executor
        if self._keep_ms is None:
            return False
        if height + LEAST_HEIGHTS > min(executor.durable_height, executor.certified_height):
            return False
        time = self._record(height).header.time
        return time < executor.head_record.header.time - self._keep_ms

    def _record(self, height: int) -> BlockRecord:
        record = self._archive.block(height)
        if record is None:
            raise StoreBroken(f"height {height} is missing: {REMEDY}")
        return record

    def _erase(self, height: int, oldest: int) -> Generator[None, None, None]:
        """Everything of a height, at once; from then on ``oldest`` is the oldest one kept."""
        record, receipts = self._record(height), self._archive.load_receipts(height)
        if receipts is None or len(receipts.leaves) != record.receipts:
            raise StoreBroken(f"receipts of height {height} are missing: {REMEDY}")
        gone = [receipts_key(height)]
        if record.last != height:
            gone += [block_key(height), certificate_key(height)]
        yield from self._count(HEIGHT_COST)
        due = receipts.receipts[: record.due]
        for place, receipt in enumerate(due):
            paid = due_paid(receipt, self._executor.named)
            gone += [key for key, _ in due_changes(paid, height, place)]
        size = sum(map(len, receipts.leaves))
        at = Location(height, record.due, 0, 0)
        for ordered in record.batches:
            batch = self._archive.load_batch(ordered.digest)
            if batch is None:
                raise StoreBroken(f"a batch of height {height} is missing: {REMEDY}")
            gone.append(batch_key(ordered.digest))
            gone.append(lane_key(record.header.epoch, ordered.lane, ordered.seq))
            size += sum(map(len, batch.transactions))
            at = yield from self._rows(gone, batch, receipts, at)
        assert at.receipt == len(receipts.leaves), (at, len(receipts.leaves))
        self._write(gone, size, oldest)

    def _rows(
        self, gone: list[bytes], batch: Batch, receipts: ReceiptList, at: Location
    ) -> Generator[None, None, Location]:
        """The index rows of a batch's transactions; ``at`` is where the next receipt is."""
        executor = self._executor
        for raw in batch.transactions:
            yield from self._count(1)
            if at.receipt == len(receipts.leaves):
                break
            receipt = receipts.receipts[at.receipt]
            transaction = _SIGNED.decode(raw).transaction  # it was checked before it was ordered
            if receipt.origin != transaction_id(transaction):
                continue  # it wrote nothing here
            accounts = touched(transaction, receipt, executor.named(named_by(transaction.action)))
            *rows, name = [key for key, _ in index_changes(receipt.origin, accounts, at)]
            gone += rows
            place = locate(executor.store, receipt.origin)
            if place is not None and place.height == at.height:
                gone.append(name)  # else its row is another's, whose id begins alike
            at = at._replace(receipt=at.receipt + 1)
        return at

    def _write(self, gone: list[bytes], size: int, oldest: int) -> None:
        dead = self.dead + size + ROW_BYTES * len(gone)
        changes: list[Change] = [(key, None) for key in gone]
        changes.append((OLDEST_KEY, height_bytes(oldest)))
        changes.append((DEAD_KEY, height_bytes(dead)))
        self._executor.store.write(changes, sync=False)
        self.dead, self._archive.oldest = dead, oldest

    def _count(self, work: int) -> Generator[None, None, None]:
        self._work += work
        if self._work >= SLICE:
            self._work = 0
            yield
