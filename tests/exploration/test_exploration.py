"""The real engine through every run of one view, and broken rules that the walk must notice.

Two views take longer: ``python -m tests.exploration``, docs/results/exploration.json.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.exploration.choices import Bounds
from tests.exploration.walk import Walk
from tests.exploration.world import World
from tests.rules.durability import forget_own_votes
from tests.rules.safety import finalize_after_nullify, skipped_views_not_checked, two_notarize

MOST_STATES = 20_000


@pytest.mark.parametrize("liar", [0, 1])
def test_every_run_of_one_view_agrees(liar: int) -> None:
    """[SAFE-5]: with a liar that leads the view, and with one that does not."""
    found = Walk(World(liar), Bounds(1, 1)).run(MOST_STATES)
    assert found.wrong == "", found.trace
    assert found.complete
    assert found.longest_chain == 1, "no run committed anything"


@pytest.mark.slow
def test_every_run_of_one_view_with_a_crash_agrees() -> None:
    """[DUR-3]: whoever starts again from its journal signs nothing twice."""
    found = Walk(World(1), Bounds(1, 1, crashes=1)).run(MOST_STATES)
    assert found.wrong == "", found.trace
    assert found.complete


class Broken(NamedTuple):
    """A rule taken away, where it shows, and what is then found."""

    apply: Callable[[pytest.MonkeyPatch], None]
    liar: int
    bounds: Bounds
    says: str


BROKEN = {
    "FINALIZE after NULLIFY": Broken(finalize_after_nullify, 1, Bounds(1, 1), "signs FINALIZE"),
    "two NOTARIZE": Broken(two_notarize, 1, Bounds(1, 1), "signs NOTARIZE"),
    "own votes forgotten": Broken(forget_own_votes, 1, Bounds(1, 1, crashes=1), "again"),
    "skipped views not checked": Broken(
        skipped_views_not_checked, 2, Bounds(2, 2), "do not descend"
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """[SAFE-2, SAFE-3, SAFE-7, DUR-3], each dropped in turn."""
    broken = BROKEN[name]
    broken.apply(monkeypatch)
    found = Walk(World(broken.liar), broken.bounds).run(MOST_STATES)
    assert broken.says in found.wrong
    assert found.trace
