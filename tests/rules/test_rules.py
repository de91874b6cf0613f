"""Every broken rule is caught, in the way that it should be; and that is what is published.

Tests are run by one process for all mutants, seeds here: the one that is written beside a mutant is
tried first, and only when seeds have come to mean something else the others are.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.architecture.test_rules import DEFINITION, SPEC
from tests.rules.__main__ import main
from tests.rules.catalogue import FAMILIES, MUTANTS, NO_MUTANT
from tests.rules.catching import Caught, first_seed, network
from tests.rules.mutant import BySeed, Edit, Mutant, by_tests
from tests.rules.results import Results, described, table
from tests.simulation.verdict import Verdict

RESULTS = ROOT / "docs/results/rules.json"
MOST_SEEDS = 100
BY_SEED = [mutant for mutant in MUTANTS if isinstance(mutant.caught_by, BySeed)]


def rules() -> set[str]:
    """The numbers that the specification gives to rules of the ordering."""
    text = "\n".join(path.read_text() for path in sorted(SPEC.glob("*.md")))
    return {rule for rule in DEFINITION.findall(text) if rule.partition("-")[0] in FAMILIES}


def test_every_rule_of_the_ordering_has_a_mutant_or_a_reason() -> None:
    broken = {mutant.rule for mutant in MUTANTS}
    assert rules() - broken == set(NO_MUTANT)
    assert broken <= rules()
    assert all(NO_MUTANT.values())


def test_mutants_have_names_of_their_own() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("mutant", BY_SEED, ids=lambda mutant: mutant.name)
def test_a_broken_rule_is_caught_by_a_seed(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(mutant.caught_by, BySeed)
    mutant.apply(monkeypatch)
    caught = first_seed(mutant.caught_by, MOST_SEEDS)
    assert caught.by, f"{MOST_SEEDS} seeds agreed without the rule"


@pytest.mark.slow
def test_every_other_broken_rule_is_caught_by_the_tests_named_for_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.rules", "--tests"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_open_guard_alone_breaks_nothing() -> None:
    """The engine's rules suffice by themselves: the guard is the second lock."""
    outcomes = [network(seed, guarded=False).run() for seed in range(10)]
    assert {outcome.verdict for outcome in outcomes} == {Verdict.AGREED}


def test_what_is_published_is_of_these_mutants_and_each_was_caught() -> None:
    document = json.loads(RESULTS.read_text())
    published = [
        {key: each[key] for key in ("rule", "what", "how")} for each in document["mutants"]
    ]
    assert published == [described(mutant) for mutant in MUTANTS]
    assert all(each["by"] for each in document["mutants"])
    assert RESULTS.with_suffix(".md").read_text() == table(document)


# --- the judges ---------------------------------------------------------------------------------


def limit(value: int) -> int:
    """What the edits below are tried on."""
    return min(value, 7)


def test_an_edit_changes_who_imported_the_function_and_can_be_undone() -> None:
    before = limit
    with pytest.MonkeyPatch.context() as patch:
        Edit(limit, ("7", "9"))(patch)
        assert before(10) == 9
    assert before(10) == 7


@pytest.mark.parametrize("words", ["8", "value"])
def test_an_edit_of_words_that_are_not_there_once_is_an_error(words: str) -> None:
    with pytest.MonkeyPatch.context() as patch, pytest.raises(AssertionError):
        Edit(limit, (words, "9"))(patch)


def test_a_mutant_that_nobody_notices_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And one that is no program, which every test would notice, does not count as noticed."""
    test = by_tests(
        "unit/primitives/test_vote.py", "test_an_attestation_and_a_beat_are_signed_whole"
    )
    harmless = Mutant("SAFE-1", "nothing", lambda patch: None, test)
    broken = Mutant(
        "SAFE-1",
        "no program",
        lambda patch: patch.setattr("tests.unit.primitives.test_vote.beat_message", None),
        test,
    )
    for mutant in (harmless, broken):
        monkeypatch.setattr("tests.rules.__main__.MUTANTS", [mutant])
        assert main([]) == 1
        assert "NOT CAUGHT" in capsys.readouterr().out


def test_a_long_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    file = tmp_path / "rules.json"
    first, second = MUTANTS[:2]
    results = Results(file)
    results.add(first, Caught("seed 3", "Stalled"))
    results.save(MUTANTS)
    again = Results(file)
    assert again.known(first) == Caught("seed 3", "Stalled")
    assert again.known(second) is None
    assert first.what in file.with_suffix(".md").read_text()
