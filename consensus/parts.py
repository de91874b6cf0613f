"""What the engine is made of, and what it noted of others. Knows no rule: the parts do.

Functions that look across parts (what is missing, what to say again) take this, not the engine.
"""

from __future__ import annotations

from consensus.attestation import Attestations
from consensus.chain import Chain
from consensus.config import Anchor, Config
from consensus.execution import Queue
from consensus.lanes import Lanes
from consensus.messages import Status
from consensus.simplex import Simplex

MOST_GUESTS = 64
"""Guests whose word is remembered."""


class Parts:
    """The parts of one engine, joined as they know each other."""

    def __init__(self, config: Config, anchor: Anchor) -> None:
        self.config = config
        self.lanes = Lanes(config, anchor.header.cut)
        self.attestations = Attestations(config, anchor)
        self.simplex = Simplex(config, Chain(anchor), self.lanes, self.attestations)
        self.queue = Queue(anchor, self.lanes)
        self.reported_by: dict[int, int] = {}
        """The height up to which each peer, when it last said where it stood, held certificates."""
        self.ahead: dict[int, int] = {}
        """The height up to which guests, and peers in later epochs, say they hold certificates: no
        member's word, so it makes this node ask them, and changes nothing else ([EPOCH-6])."""
        self.heeded_ms = 0
        """Since when nobody said such a thing, and nothing came of it, in milliseconds."""
        self.lacking: dict[tuple[str, int, bytes], int] = {}
        """Since when, in milliseconds, a batch keeps a proposal waiting."""
        self.standing_still = False

    @property
    def view(self) -> int:
        """The current view."""
        return self.simplex.view

    @property
    def final_height(self) -> int:
        """The newest final height of the chain: blocks above the epoch's last are no part of it."""
        height = self.simplex.chain.final.header.height
        last = self.attestations.last
        return height if last is None else min(height, last)

    @property
    def executable(self) -> int:
        """The highest height that is surely of this epoch: a later end is B above what is yet to
        be executed ([EPOCH-3])."""
        last, bound = self.attestations.last, self.config.parameters.lag_bound
        return self.attestations.executed_height + bound if last is None else last

    def note_ahead(self, now_ms: int, peer: int, status: Status) -> None:
        """Note what a guest, or a peer in another epoch, says that it holds."""
        self.heeded_ms = now_ms
        self.ahead.pop(peer, None)
        if status.epoch >= self.config.members.epoch:
            self.ahead[peer] = status.certified_height
        while len(self.ahead) > MOST_GUESTS:
            del self.ahead[next(iter(self.ahead))]

    @property
    def heeds_until_ms(self) -> int | None:
        """When such claims are forgotten: one that leads nowhere is not asked about for ever."""
        return self.heeded_ms + self.config.parameters.view_timeout_limit_ms if self.ahead else None

    def is_member(self, peer: int) -> bool:
        """Whether a peer is one of the epoch's members, and no guest."""
        return peer < self.config.members.size

    @property
    def certified_height(self) -> int:
        """The newest height with a state certificate."""
        return self.attestations.certified_height
