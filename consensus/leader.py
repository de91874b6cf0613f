"""Whose turn a view is, and whose turns are skipped. Knows failures; no time, no votes.

A leader that failed k of its turns in a row has its next min(2^(k-1), 16) turns skipped at once;
a notarized block of its resets that ([LIVE-6]). While more than f leaders look failed the network
is at fault, not they, and nobody is skipped: else a healed network would race through empty turns.
"""

from __future__ import annotations

from consensus.config import Config

MOST_SKIPPED = 16


class Leaders:
    """Round robin with growing skips of leaders that fail."""

    def __init__(self, config: Config) -> None:
        self._members = config.members
        self._failures: dict[int, int] = {}
        self._skips: dict[int, int] = {}
        self._skipped: dict[int, None] = {}

    def of(self, view: int) -> int:
        """The leader of a view ([LIVE-1])."""
        return self._members.leader(view)

    def enter(self, view: int) -> None:
        """Decide once, on entering, whether this turn is skipped."""
        leader = self.of(view)
        left = self._skips.get(leader, 0)
        if left > 0 and len(self._failures) <= self._members.faults:
            self._skips[leader] = left - 1
            self._skipped[view] = None

    def skipped(self, view: int) -> bool:
        """True if the turn is to be nullified without waiting."""
        return view in self._skipped

    def failed(self, view: int) -> None:
        """X of the view is held: its leader failed, unless its turn was skipped."""
        if view in self._skipped:
            return
        leader = self.of(view)
        failures = self._failures[leader] = self._failures.get(leader, 0) + 1
        self._skips[leader] = min(2 ** min(failures - 1, 8), MOST_SKIPPED)

    def succeeded(self, view: int) -> None:
        """N of the view is held."""
        leader = self.of(view)
        self._failures.pop(leader, None)
        self._skips.pop(leader, None)

    def prune(self, view: int) -> None:
        """Forget decisions about views below."""
        self._skipped = {v: None for v in self._skipped if v >= view}
