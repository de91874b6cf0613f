"""[SAFE-5] Every honest node has the same block, and the same outcome, at each height."""

from __future__ import annotations

from node.executor import ExecutedBlock
from tests.simulation.verdict import Diverged


class Agreement:
    """Compares each executed height with what was executed there first, by anyone, ever."""

    def __init__(self) -> None:
        self._heights: dict[int, tuple[bytes, bytes, bytes]] = {}
        self.receipts: dict[int, tuple[bytes, ...]] = {}

    @property
    def height(self) -> int:
        """The highest height that anyone executed."""
        return max(self._heights, default=0)

    def executed(self, endpoint: int, block: ExecutedBlock) -> None:
        """Take note of a height; a node that lost it in a crash executes it again."""
        record = block.record
        height = record.header.height
        outcome = (record.digest, record.state_root, record.receipts_root)
        first = self._heights.setdefault(height, outcome)
        if first != outcome:
            raise Diverged(f"height {height}: node {endpoint} executed another block or outcome")
        self.receipts[height] = tuple(receipt.origin for receipt in block.receipts)
