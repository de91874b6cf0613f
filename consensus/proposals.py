"""Is this block a valid child, and do I hold what it needs? Knows rules of form and of lag.

The answer is VALID, WAIT (something is missing, or it is too early: the proposal is held, never
rejected for that) or INVALID (no honest leader proposes it, whatever arrives later).
"""

from __future__ import annotations

from enum import Enum, auto

from consensus.attestation import Attestations
from consensus.chain import Block, Chain
from consensus.config import Config
from consensus.lanes import Lanes
from primitives.block import VERSION, Header, is_empty


class Verdict(Enum):
    """What to do with a proposal now."""

    VALID = auto()
    WAIT = auto()
    INVALID = auto()


class Judge:
    """Judges proposals; ``missing_batches`` names what a waiting one lacks."""

    def __init__(
        self, config: Config, chain: Chain, lanes: Lanes, attestations: Attestations
    ) -> None:
        self._config = config
        self._chain = chain
        self._lanes = lanes
        self._attestations = attestations

    def judge(self, block: Block, now_ms: int) -> Verdict:
        """[BLOCK-4] The verdict on a block of the current view, by its own leader."""
        header = block.header
        parent = self._chain.blocks.get(header.parent)
        if parent is None or not self._chain.is_notarized(parent):
            return Verdict.WAIT
        if not self._is_child(parent.header, header):
            return Verdict.INVALID
        if not skip_is_justified(self._chain, parent.header.view, header.view):
            return Verdict.WAIT
        if header.time > now_ms + self._config.parameters.clock_drift_ms:
            return Verdict.WAIT
        if not is_empty(parent.header, header):
            if not self._may_vote_contents(header.height):
                return Verdict.WAIT
            if self._is_above_last(header.height):
                return Verdict.INVALID
        return self._judge_batches(parent.header, header)

    def _is_child(self, parent: Header, header: Header) -> bool:
        """What can be read off the two headers."""
        return (
            header.version == VERSION
            and header.epoch == parent.epoch
            and parent.view >= self._chain.final.header.view
            and parent.view < header.view
            and header.height == parent.height + 1
            and header.time >= parent.time
            and self._lanes.cut_is_valid(parent.cut, header.cut)
        )

    def _may_vote_contents(self, height: int) -> bool:
        """[LAG-3] A non-empty block waits until this node itself executed height - B."""
        return self._attestations.executed_height >= height - self._config.parameters.lag_bound

    def may_propose_contents(self, height: int) -> bool:
        """[LAG-2] A leader orders only while a state certificate of height - B or later exists; and
        it has itself executed height - B, so that it knows where the epoch ends ([EPOCH-3])."""
        attestations = self._attestations
        known = min(attestations.certified_height, attestations.executed_height)
        within = known >= height - self._config.parameters.lag_bound
        return within and not self._is_above_last(height)

    def _is_above_last(self, height: int) -> bool:
        """[EPOCH-3] Above the epoch's last height nothing is ordered."""
        last = self._attestations.last
        return last is not None and height > last

    def _judge_batches(self, parent: Header, header: Header) -> Verdict:
        """[LANE-7] Voting says: I hold and have verified every batch that it orders."""
        try:
            missing = self.missing_batches(parent, header)
        except ValueError:
            return Verdict.INVALID
        return Verdict.WAIT if missing else Verdict.VALID

    def missing_batches(self, parent: Header, header: Header) -> list[tuple[int, bytes, int]]:
        """(lane, newest missing digest, seq after which it is wanted) of each incomplete lane.
        Raises ``ValueError`` if a named tip does not descend from the parent's."""
        missing = []
        for lane, old, new in zip(self._lanes.lanes, parent.cut, header.cut, strict=True):
            if old != new:
                path = lane.path(old, new)
                if isinstance(path, bytes):
                    missing.append((lane.author, path, old.seq))
        return missing


def skip_is_justified(chain: Chain, parent_view: int, view: int) -> bool:
    """[SAFE-7] Every view between a block and its parent was nullified, provably."""
    return chain.missing_nullification(parent_view, view) is None
