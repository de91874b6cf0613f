"""Collects tests as pytest does, and lets somebody else run them: those who judge mutants.

Knows pytest's two hooks for that; no mutant, and no test by name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import Phase, settings

ROOT = Path(__file__).resolve().parents[1]
QUIET = ("-q", "-s", "-p", "no:cacheprovider", "--no-header", "--disable-warnings")

Use = Callable[[pytest.Session], int]
"""Is given the session with all that was collected, in the place of pytest's loop; its status."""


class _Collected:
    """Takes over where pytest would run what it collected."""

    def __init__(self, use: Use) -> None:
        self._use = use
        self.status = 2

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """What fails need not be made small; every test module takes this profile as it is read."""
        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("mutants", settings.get_profile("repeatable"), phases=phases)
        settings.load_profile("mutants")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """The tests are there, and all that they import."""
        self.status = self._use(session)
        return True


def with_collected(places: Sequence[str], use: Use) -> int:
    """Collect these files, folders or tests, below the checkout, and give the session to ``use``;
    its status, or 2 if something is not there."""
    collected = _Collected(use)
    paths = [str(ROOT / place) for place in places]
    pytest.main([*QUIET, f"--rootdir={ROOT}", *paths], plugins=[collected])
    return collected.status
