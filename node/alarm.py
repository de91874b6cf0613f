"""One timer for the engine's next moment and the fetcher's. Knows moments; not what is due."""

from __future__ import annotations

from node.world import Clock, Timers


class Alarm:
    """Asks for one wake-up call at a time, the nearest."""

    def __init__(self, clock: Clock, timers: Timers) -> None:
        self._clock = clock
        self._timers = timers
        self._engine_ms: int | None = None
        self._answered_ms: int | None = None
        self._asked_ms: int | None = None

    def set_engine(self, at_ms: int | None) -> None:
        """The engine's newest wish replaces the one before."""
        self._engine_ms = at_ms
        self._answered_ms = None

    def rang(self) -> bool:
        """The call came: whether the engine is due. It is told once for each moment."""
        self._asked_ms = None
        due = self._engine_ms
        if due is None or due == self._answered_ms or self._clock.now_ms() < due:
            return False
        self._answered_ms = due
        return True

    def arm(self, other_ms: int | None) -> None:
        """Ask to be called at the engine's moment or at ``other_ms``. A moment of the engine that
        was answered counts again only if the clock was set back before it."""
        engine_ms = self._engine_ms
        if engine_ms is not None and engine_ms == self._answered_ms:
            engine_ms = None if engine_ms <= self._clock.now_ms() else engine_ms
        moments = [moment for moment in (engine_ms, other_ms) if moment is not None]
        self._ask(min(moments, default=None))

    def silence(self) -> None:
        """Ask for no call at all."""
        self._ask(None)

    def _ask(self, at_ms: int | None) -> None:
        if at_ms != self._asked_ms:
            self._asked_ms = at_ms
            self._timers.wake_at(at_ms)
