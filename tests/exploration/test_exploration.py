"""The real engine through every run of one view, broken rules that the walk must notice, and cuts
that must leave nothing out.

More views take longer: ``python -m tests.exploration``, docs/results/exploration.json.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from primitives.vote import Kind
from tests.exploration import choices, dump
from tests.exploration.__main__ import main
from tests.exploration.choices import Bounds
from tests.exploration.cuts import cuts
from tests.exploration.member import Said
from tests.exploration.walk import Walk
from tests.exploration.world import World
from tests.rules.durability import forget_own_votes
from tests.rules.safety import finalize_after_nullify, skipped_views_not_checked, two_notarize

MOST_STATES = 20_000
Outcome = tuple[tuple[tuple[int, int, str], ...], ...]


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


@pytest.mark.parametrize("liar", [0, 1, 2])
def test_every_run_of_two_views_of_which_one_ends_agrees(liar: int) -> None:
    """[SAFE-5, SAFE-7]: the second is proposed and notarized."""
    found = Walk(World(liar), Bounds(2, 1)).run(MOST_STATES)
    assert found.wrong == "", found.trace
    assert found.complete


def test_a_run_says_what_was_cut_and_saves_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "exploration.json"
    assert main(["--views", "2", "--ended", "1", "--liars", "0", "--results", str(path)]) == 0
    [case] = json.loads(path.read_text())["cases"].values()
    assert case["complete"]
    assert case["cut"] == list(cuts(Bounds(2, 1)))
    said = capsys.readouterr().out
    assert all(f"cut: {name}: " in said for name in case["cut"])


def test_a_walk_that_meets_its_bound_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--views", "1", "--liars", "0", "--most-states", "10"]) == 3
    assert "only the first" in capsys.readouterr().out


def test_bounds_that_are_no_bounds_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--views", "3", "--ended", "1"])
    assert "--ended: 1 is neither" in capsys.readouterr().err


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
    "skipped views not checked in the last view": Broken(
        skipped_views_not_checked, 2, Bounds(2, 1), "rests on what is not there"
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


class Reduction(NamedTuple):
    """What is not walked, and where it shows what that leaves out: nothing."""

    undo: Callable[[pytest.MonkeyPatch], None]
    liar: int
    bounds: Bounds


def _all_is_compared(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(dump, "ALIKE", frozenset())


def _every_step_is_a_state(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Walk, "_is_heard", lambda walk, number, following: True)


def _votes_of_the_last_view_are_heard(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Bounds, "is_heard", lambda bounds, said: said[1] <= bounds.views)


def _both_lies_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(choices, "is_used", lambda pair, used: True)


REDUCTIONS = {
    "engines that behave alike are one": Reduction(_all_is_compared, 0, Bounds(2, 1)),
    "silent steps are put off": Reduction(_every_step_is_a_state, 0, Bounds(1, 1)),
    "votes of the last view are silent": Reduction(
        _votes_of_the_last_view_are_heard, 0, Bounds(2, 1)
    ),
    "the second lie after the first": Reduction(_both_lies_at_once, 1, Bounds(1, 1)),
}


@pytest.mark.parametrize("name", REDUCTIONS)
def test_a_reduction_leaves_no_outcome_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With and without it members come to say the same."""
    reduction = REDUCTIONS[name]
    assert name in cuts(reduction.bounds)
    fewer, outcomes = _outcomes(reduction)
    reduction.undo(monkeypatch)
    more, all_outcomes = _outcomes(reduction)
    assert more > fewer, "it saves nothing"
    assert outcomes == all_outcomes


def _outcomes(reduction: Reduction) -> tuple[int, set[Outcome]]:
    world, bounds = World(reduction.liar), reduction.bounds
    walk = Walk(world, bounds)
    found = walk.run(MOST_STATES)
    assert found.complete, found.wrong
    assert found.wrong == ""
    return found.states, {_outcome(world, bounds, heard) for heard in walk.heard()}


def _outcome(world: World, bounds: Bounds, heard: Sequence[frozenset[Said]]) -> Outcome:
    """By names, and the same whichever of two lies is called the first."""

    def named(names: dict[str, str]) -> Outcome:
        return tuple(
            tuple(
                sorted(
                    (kind, view, _renamed(world.name(digest), names))
                    for kind, view, digest in said
                    if view <= bounds.ended or kind == Kind.PROPOSE
                )
            )
            for said in heard
        )

    return min(named({}), named({"1": "1'", "1'": "1"}))


def _renamed(name: str, names: dict[str, str]) -> str:
    return "/".join(names.get(part, part) for part in name.split("/"))
