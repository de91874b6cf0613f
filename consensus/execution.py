"""Final blocks on their way to the executor, in order. Knows batches by digest; no content."""

from __future__ import annotations

from collections import deque

import msgspec

from consensus.chain import Block
from consensus.config import Anchor
from consensus.effects import Execute
from consensus.lanes import Lanes
from primitives.batch import Tip
from primitives.block import order_of

MOST_ISSUED = 8
"""Blocks that the executor may have waiting: their batches are in memory meanwhile."""
LOOK_AHEAD = 4


class Missing(msgspec.Struct, frozen=True):
    """Batches of a final block that are not held: the chain ending in ``tip``, above ``after``."""

    lane: int
    tip: bytes
    after: int


class Queue:
    """Final blocks not yet executed."""

    def __init__(self, anchor: Anchor, lanes: Lanes) -> None:
        self._lanes = lanes
        self._waiting: deque[Block] = deque()
        self._issued: deque[Block] = deque()
        self._cut: tuple[Tip, ...] = anchor.header.cut

    def add(self, blocks: list[Block]) -> None:
        """Blocks that became final, oldest first."""
        self._waiting.extend(blocks)

    def issue(self, most: int) -> list[Execute]:
        """Every next block up to height ``most`` whose batches are held, as far as the executor's
        queue allows."""
        effects = []
        while self._waiting and len(self._issued) < MOST_ISSUED:
            block = self._waiting[0]
            if block.header.height > most:
                break
            lanes = self._paths(self._cut, block)
            if lanes is None:
                break
            order = order_of(block.header.height, lanes)
            effects.append(Execute(block.header, block.digest, tuple(order)))
            self._issued.append(self._waiting.popleft())
            self._cut = block.header.cut
        return effects

    def _paths(self, cut: tuple[Tip, ...], block: Block) -> list[list[bytes]] | None:
        lanes = []
        for lane, old, new in zip(self._lanes.lanes, cut, block.header.cut, strict=True):
            path = lane.path(old, new)
            if isinstance(path, bytes):
                return None
            lanes.append([held.digest for held in path])
        return lanes

    def missing(self) -> list[Missing]:
        """What the next few blocks lack: the nearest first, so that fetching stays bounded."""
        found: list[Missing] = []
        cut = self._cut
        for block in list(self._waiting)[:LOOK_AHEAD]:
            for lane, old, new in zip(self._lanes.lanes, cut, block.header.cut, strict=True):
                path = lane.path(old, new)
                if isinstance(path, bytes):
                    found.append(Missing(lane.author, path, old.seq))
            cut = block.header.cut
        return found

    def executed(self, height: int) -> Block | None:
        """The executor finished a height; the block, if it was issued here."""
        if self._issued and self._issued[0].header.height == height:
            return self._issued.popleft()
        return None
