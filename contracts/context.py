"""What a contract may know of the block that it runs in. Knows no view, vote or proposer."""

from __future__ import annotations

from typing import Final

import msgspec

from primitives.genesis import Parameters

DAY_MS: Final = 24 * 3600 * 1000


class BlockContext(msgspec.Struct, frozen=True):
    """A block as contracts see it.

    ``time`` is the block's, in milliseconds since 1970; ``epoch`` that of its validators, ``lanes``
    how many of them there are.
    """

    parameters: Parameters
    chain: bytes
    height: int
    time: int
    lanes: int
    epoch: int

    @property
    def day(self) -> int:
        """The UTC day of block time, counted from 1970-01-01."""
        return self.time // DAY_MS
