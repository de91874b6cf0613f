"""Figures as multiples of what the machine does bare, in the same run. Pure.

A slower machine makes every figure worse, but these hardly. A rate is compared with the checks of
all cores together and with syncs one after another; a time with one check on one core, and one
sync.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec


class Ratio(msgspec.Struct, frozen=True):
    """A figure over its bare counterpart."""

    bare_verifies: float
    bare_syncs: float


class Bare(NamedTuple):
    """What the machine does with nothing else running, ``cores`` of it in the first."""

    verifies_per_second: float
    syncs_per_second: float
    cores: int

    @property
    def verify_us(self) -> float:
        """One check on one core."""
        return self.cores / self.verifies_per_second * 1e6

    @property
    def sync_us(self) -> float:
        """One sync."""
        return 1e6 / self.syncs_per_second

    def of_rate(self, a_second: float) -> Ratio:
        """Of so many a second: how many there are for one check, and for one sync."""
        return Ratio(
            _short(a_second / self.verifies_per_second), _short(a_second / self.syncs_per_second)
        )

    def of_time(self, us: float) -> Ratio:
        """Of microseconds: how many checks, or syncs, could be made meanwhile."""
        return Ratio(_short(us / self.verify_us), _short(us / self.sync_us))


def _short(value: float) -> float:
    """Four digits, however small."""
    return float(f"{value:.4g}")
