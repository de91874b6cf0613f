"""Who has to stay away, and for how long. Knows names and repetition; not what was done.

Names are whatever the caller tells peers apart by: a place in an epoch, a partner, a host.
"""

from __future__ import annotations

from typing import Final, Generic, TypeVar

import msgspec

FIRST_PENALTY_S: Final = 5.0
LAST_PENALTY_S: Final = 300.0
GOOD_CONDUCT_S: Final = 600.0
"""After so long without misbehaviour the next penalty is the first again."""
MAX_BLAMED: Final = 1_024
"""Names that are remembered; strangers choose the hosts that they come from."""

Name = TypeVar("Name", int, str)


class _Blame(msgspec.Struct):
    until_s: float = 0.0
    times: int = 0


class Penalties(Generic[Name]):
    """Blame by name. Times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._blame: dict[Name, _Blame] = {}

    def add(self, name: Name, now_s: float) -> float:
        """Blame ``name`` once more. Answers for how many seconds it stays away."""
        if name not in self._blame and len(self._blame) >= MAX_BLAMED:
            self._forget_one()
        blame = self._blame.setdefault(name, _Blame())
        if now_s > blame.until_s + GOOD_CONDUCT_S:
            blame.times = 0
        penalty_s: float = min(FIRST_PENALTY_S * 2**blame.times, LAST_PENALTY_S)
        blame.times += 1
        blame.until_s = now_s + penalty_s
        return penalty_s

    def holds(self, name: Name | None, now_s: float) -> bool:
        """Whether ``name`` has to stay away now; what has no name has not."""
        blame = None if name is None else self._blame.get(name)
        return blame is not None and now_s < blame.until_s

    def clear(self) -> None:
        """Forget all."""
        self._blame.clear()

    def _forget_one(self) -> None:
        del self._blame[min(self._blame, key=lambda name: self._blame[name].until_s)]
