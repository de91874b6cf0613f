"""[SYNC-4] From the oldest height on all is there, and below it nothing but what proves epochs."""

from __future__ import annotations

from node.executor import Executor
from tests.simulation.verdict import Diverged


def check_past(executor: Executor, *, all_of_it: bool) -> None:
    """``all_of_it``: no height has come back, and each epoch's end is proven."""
    archive, oldest = executor.archive, executor.oldest
    for height in range(oldest, executor.height + 1):
        record = archive.block(height)
        if record is None or archive.load_receipts(height) is None:
            raise Diverged(f"height {height} is not there; the oldest is {oldest}")
        if any(archive.batch_bytes(ordered.digest) is None for ordered in record.batches):
            raise Diverged(f"a batch of height {height} is not there; the oldest is {oldest}")
    if not all_of_it:
        return
    for height in range(oldest):
        record = archive.block(height)
        if record is not None and record.last != height:
            raise Diverged(f"height {height} is there; the oldest is {oldest}")
        if archive.load_receipts(height) is not None:
            raise Diverged(f"receipts of height {height} are there; the oldest is {oldest}")
    for number in range(executor.epoch.number):
        if executor.step_after(number) is None:
            raise Diverged(f"nothing leads from epoch {number} to the next any more")
