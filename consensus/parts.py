"""What the engine is made of, and what it noted of others. Knows no rule: the parts do.

Functions that look across parts (what is missing, what to say again) take this, not the engine.
"""

from __future__ import annotations

from consensus.attestation import Attestations
from consensus.chain import Chain
from consensus.config import Anchor, Config
from consensus.execution import Queue
from consensus.lanes import Lanes
from consensus.simplex import Simplex


class Parts:
    """The parts of one engine, joined as they know each other."""

    def __init__(self, config: Config, anchor: Anchor) -> None:
        self.config = config
        self.lanes = Lanes(config, anchor.header.cut)
        self.attestations = Attestations(config, anchor.certificate, anchor.header.height)
        self.simplex = Simplex(config, Chain(anchor), self.lanes, self.attestations)
        self.queue = Queue(anchor, self.lanes)
        self.reported_by: dict[int, int] = {}
        """The height up to which each peer, when it last said where it stood, held certificates."""
        self.lacking: dict[tuple[str, int, bytes], int] = {}
        """Since when, in milliseconds, a batch keeps a proposal waiting."""
        self.standing_still = False

    @property
    def view(self) -> int:
        """The current view."""
        return self.simplex.view

    @property
    def final_height(self) -> int:
        """The newest final height."""
        return self.simplex.chain.final.header.height

    @property
    def certified_height(self) -> int:
        """The newest height with a state certificate."""
        return self.attestations.certified_height
