"""When to give up on a view, and when to speak up again. Times as data; no clock, no votes.

All times are milliseconds of the node's own clock, given with each input. While the network is
idle no deadline runs; when work appears they start from that moment.
"""

from __future__ import annotations

from consensus.config import Config

MOST_DOUBLINGS = 10
PATIENCE = 4
"""So much shorter than a view's first timeout is the wait for an F."""


class Pacemaker:
    """Deadlines of the current view and of standstill."""

    def __init__(self, config: Config) -> None:
        self._parameters = config.parameters
        self._me = config.me or 0
        self._timeouts = 0
        self._entered_ms = 0
        self._busy_since_ms: int | None = None
        self._restless = False
        self._final_ms = 0
        self._attested_ms = 0
        self._resends = 0

    @property
    def busy(self) -> bool:
        """True while views run: deadlines count, leaders propose."""
        return self._busy_since_ms is not None

    @property
    def restless(self) -> bool:
        """True while something is open, be it only an attestation: standstill counts."""
        return self._restless

    def enter(self, now_ms: int) -> None:
        """A view was entered."""
        self._entered_ms = now_ms

    def set_busy(self, busy: bool, restless: bool, now_ms: int) -> None:
        """Start or stop the deadlines of views, and those of standstill ([IDLE-2])."""
        if busy and self._busy_since_ms is None:
            self._busy_since_ms = now_ms
        if not busy:
            self._busy_since_ms = None
        if (busy or restless) and not self._restless:
            self._final_ms = self._attested_ms = now_ms
        self._restless = busy or restless

    def timed_out(self) -> None:
        """A view's deadline passed: the next ones are longer."""
        self._timeouts += 1

    def finalized(self, now_ms: int) -> None:
        """A height became final: only this shortens views again ([LIVE-5])."""
        self._timeouts = 0
        self._resends = 0
        self._final_ms = now_ms

    def attested(self, now_ms: int) -> None:
        """The first uncertified height was certified, or there is none."""
        self._attested_ms = now_ms

    def resent(self, now_ms: int) -> None:
        """Standstill traffic was sent."""
        self._final_ms = self._attested_ms = now_ms
        self._resends += 1

    def _start_ms(self) -> int:
        assert self._busy_since_ms is not None
        return max(self._entered_ms, self._busy_since_ms)

    def view_deadline_ms(self) -> int | None:
        """When to NULLIFY the current view; doubles with each timeout, up to the limit."""
        if self._busy_since_ms is None:
            return None
        parameters = self._parameters
        doubled = parameters.view_timeout_ms << min(self._timeouts, MOST_DOUBLINGS)
        return self._start_ms() + min(doubled, parameters.view_timeout_limit_ms)

    def empty_block_ms(self, patient: bool) -> int | None:
        """When a leader may propose an empty block; ``patient`` if nothing but its parent's F is
        lacking, which is on its way unless the network is slower than that ([IDLE-2])."""
        if self._busy_since_ms is None:
            return None
        patience_ms = self._parameters.view_timeout_ms // PATIENCE if patient else 0
        return self._start_ms() + max(self._parameters.empty_block_ms, patience_ms)

    def gathers_until_ms(self, parent_ms: int) -> int | None:
        """When a leader may propose contents after a parent of that time: while blocks follow each
        other it lets transactions gather, since each block costs everyone ([LIVE-8])."""
        if self._busy_since_ms is None:
            return None
        return min(parent_ms, self._start_ms()) + self._parameters.empty_block_ms

    def standstill_ms(self) -> int | None:
        """When to send again what others may lack: too long without a new final height, or with
        one that is not certified ([LIVE-4]). The jitter is a function of who and how often,
        so that members do not speak at once, without any randomness."""
        if not self._restless:
            return None
        standstill = self._parameters.standstill_ms
        jitter = (self._me * 37 + self._resends * 61) % 16 * standstill // 64
        return min(self._final_ms, self._attested_ms) + standstill + jitter
