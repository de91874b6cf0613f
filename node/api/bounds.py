"""How much one client, and all of them, may ask at once. Knows counts and time; no request."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable


class _Bucket:
    __slots__ = ("at_s", "tokens")

    def __init__(self, tokens: float, at_s: float) -> None:
        self.tokens = tokens
        self.at_s = at_s


class RateLimiter:
    """A token bucket for each client address; of more than ``most`` the least recent is forgotten.

    ``rate_per_s`` requests in the long run, ``burst`` at once.
    """

    def __init__(self, rate_per_s: int, burst: int, most: int, now_s: Callable[[], float]) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._most = most
        self._now_s = now_s
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def allows(self, client: str) -> bool:
        """Take a token, if there is one."""
        now_s = self._now_s()
        bucket = self._buckets.get(client)
        if bucket is None:
            bucket = self._buckets[client] = _Bucket(float(self._burst), now_s)
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(client)
        earned = (now_s - bucket.at_s) * self._rate_per_s
        bucket.tokens = min(float(self._burst), bucket.tokens + earned)
        bucket.at_s = now_s
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True


class Gate:
    """How many may be inside at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.inside = 0

    def enter(self) -> bool:
        """Go in, if there is room; then ``leave`` must follow."""
        if self.inside >= self._most:
            return False
        self.inside += 1
        return True

    def leave(self) -> None:
        """Make room."""
        assert self.inside > 0
        self.inside -= 1
