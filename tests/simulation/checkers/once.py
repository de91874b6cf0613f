"""Everything that was acknowledged is final, and final once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from tests.simulation.verdict import Diverged


def check_once(acknowledged: Iterable[bytes], receipts: Mapping[int, tuple[bytes, ...]]) -> None:
    """``acknowledged`` are ids of transactions whose batch was synced and sent by an honest node,
    or whose sender was told that they are final; ``receipts`` the origins by height."""
    counts = Counter(origin for origins in receipts.values() for origin in origins)
    for transaction in dict.fromkeys(acknowledged):
        if counts[transaction] != 1:
            raise Diverged(f"transaction {transaction.hex()} is final {counts[transaction]} times")
