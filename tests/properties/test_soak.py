"""The long run goes on where it stopped, ends at the first history that is not sound, and says so.

And a contract that breaks a rule of partners, votes or losses is noticed by the histories.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from contracts import governance, guarantee, limits, measures, membership, settlement
from primitives.entries import Limits
from tests.properties import soak
from tests.properties.histories import History, a_history, seeded


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "LENGTH", 40)
    monkeypatch.setattr(soak, "SAVED_EVERY", 1)


def told(path: Path) -> dict[str, Any]:
    """The file, without what tells two runs apart that met the same."""
    document: dict[str, Any] = json.loads(path.read_text())
    return {name: value for name, value in document.items() if name != "seconds"}


def test_a_run_that_was_stopped_goes_on_and_says_the_same_in_the_end(tmp_path: Path) -> None:
    stopped, whole = tmp_path / "stopped.json", tmp_path / "whole.json"
    for steps in (40, 120):
        assert soak.main(["--steps", str(steps), "--results", str(stopped)]) == 0
    assert soak.main(["--steps", "120", "--results", str(whole)]) == 0
    assert told(stopped) == told(whole)
    assert told(whole)["seeds"] == 3
    assert told(whole)["told"]["Transfer"]["done"] >= 3


def test_a_run_of_other_sources_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "histories.json"
    assert soak.main(["--steps", "80", "--results", str(path)]) == 0
    monkeypatch.setattr(soak, "sources", lambda: "others")
    assert soak.main(["--steps", "40", "--results", str(path)]) == 0
    assert told(path)["seeds"] == 1


def test_the_first_history_that_is_not_sound_ends_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def cursed(seed: int) -> History:
        history = a_history(seed)
        if seed == 1:
            monkeypatch.setattr(history, "compare", lambda: 1 / 0)
        return history

    monkeypatch.setattr(soak, "a_history", cursed)
    assert soak.main(["--steps", "120"]) == 1
    assert "python -m tests.properties.soak --seed 1" in capsys.readouterr().out
    assert soak.main(["--seed", "0"]) == 0
    assert soak.main(["--seed", "1"]) == 1


def an_overdue_one_mints(found: Limits) -> bool:
    return found.overdue > 0


BROKEN: dict[str, tuple[object, str, Callable[..., object]]] = {
    "a debtor of the others mints": (limits, "suspended", an_overdue_one_mints),
    "a custodian speaks for a partner": (membership, "may_hold", lambda *_: True),
    "half of the electors decide": (governance, "needed", lambda electors: (electors + 1) // 2),
    "two newcomers come in an epoch": (measures, "must_wait", lambda *_: False),
    "whom it is about has a vote": (measures, "subjects", lambda *_: ()),
    "nobody is struck off": (membership, "leave_when_square", lambda _: None),
    "others' reserves pay nothing": (guarantee, "pay", lambda *_: 0),
    "an advance is never paid back": (guarantee, "repay", lambda *_: None),
    "votes are not counted as they were cast": (
        governance,
        "_counted",
        lambda proposal, *_, **__: replace(proposal, approved=proposal.approved + 1),
    ),
    "a lowered ceiling changes nothing": (
        limits,
        "recognised",
        lambda found: found.terms.reserve if found.reserve_counts else 0,
    ),
    "a loss is shared and stays": (settlement, "write_off", lambda *_: 1),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_rule_is_noticed(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the slow ledger or by an invariant, within a few histories."""
    where, name, broken = BROKEN[fault]
    monkeypatch.setattr(where, name, broken)
    with pytest.raises(AssertionError):
        _run_some()


def _run_some() -> None:
    for seed in range(12):
        a_history(seed).run(list(seeded(seed, 1_000)), scan_every=100)
