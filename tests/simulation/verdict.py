"""What is said of a run. Knows no nodes."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Verdict(Enum):
    """Agreed is the only good one."""

    AGREED = "Agreed"
    STALLED = "Stalled"
    """The healed network did not finish what was asked of it, or did not come to rest."""
    DIVERGED = "Diverged"
    """Something that must never happen did: two outcomes, a lie by an honest node, a crash."""
    VACUOUS = "Vacuous"
    """The run proved nothing: too few commits, no fault, or an adversary that never acted."""


class Diverged(Exception):
    """Raised by a checker on the spot."""


class Outcome(NamedTuple):
    """A run in one line."""

    seed: int
    verdict: Verdict
    reason: str
    members: int
    adversary: str
    height: int
    transactions: int
    faults: int
    simulated_ms: int
    digest: str

    def text(self) -> str:
        """For people."""
        why = f": {self.reason}" if self.reason else ""
        return (
            f"seed {self.seed:>5}  {self.verdict.value:<8}  n={self.members} "
            f"{self.adversary:<10} height {self.height:>3}, {self.transactions} transactions, "
            f"{self.faults} faults, {self.simulated_ms / 1000:.1f} s  {self.digest[:8]}{why}"
        )

    def document(self) -> dict[str, object]:
        """For programs."""
        return {**self._asdict(), "verdict": self.verdict.value}
