"""The same seed is the same run: in this process, in another, and whatever the hash seed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.__main__ import main
from tests.simulation.cluster import Cluster
from tests.simulation.plan import plan_of
from tests.simulation.results import ROOT, Results
from tests.simulation.verdict import Outcome, Verdict

SEEDS = "0-5"


def digests(hash_seed: str) -> list[str]:
    """Digests of the whole traces, from a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", "--seeds", SEEDS, "--json"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return [each["digest"] for each in json.loads(done.stdout)["seeds"]]


def test_traces_are_equal_under_any_hash_seed() -> None:
    first = digests("0")
    assert first == digests("4242")
    assert len(set(first)) == len(first), "seeds differ from each other"


def test_a_run_depends_on_nothing_that_ran_before() -> None:
    first = Cluster(plan_of(3)).run()
    Cluster(plan_of(4)).run()
    assert Cluster(plan_of(3), keep_trace=True).run() == first


def test_a_seed_replays_with_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    cluster = Cluster(plan_of(0), keep_trace=True)
    assert cluster.run().verdict is Verdict.AGREED
    assert any("executes 1" in line for line in cluster.trace.lines)
    assert main(["--seed", "0"]) == 0
    assert "executes 1" in capsys.readouterr().out


def test_the_exit_status_says_whether_all_agreed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", "0-1", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["verdicts"] == {"Agreed": 2}
    assert [each["seed"] for each in document["seeds"]] == [0, 1]


def an_outcome(seed: int, verdict: Verdict) -> Outcome:
    return Outcome(seed, verdict, "", 4, "none", 9, 9, 9, 9_000, "00")


def test_results_are_on_disk_when_the_run_ends(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    assert main(["--seeds", "0-1", "--results", str(file)]) == 0
    document = json.loads(file.read_text())
    assert [row[document["columns"].index("seed")] for row in document["seeds"]] == [0, 1]
    assert document["verdicts"] == {"Agreed": 2}
    assert document["rules"]["LIVE-1"] == 2
    assert document["commit"]


def test_processes_side_by_side_find_what_one_finds(tmp_path: Path) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    assert main(["--seeds", "0-9", "--results", str(one)]) == 0
    assert main(["--seeds", "4-6", "--results", str(two)]) == 0
    assert main(["--seeds", "0-9", "--jobs", "2", "--results", str(two)]) == 0
    assert one.read_bytes() == two.read_bytes()


def test_a_long_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    results = Results(file, "a commit")
    results.add(an_outcome(1, Verdict.AGREED))
    results.add(an_outcome(2, Verdict.STALLED))
    assert Results(file, "a commit").known(2) == an_outcome(2, Verdict.STALLED)
    assert Results(file, "a commit").known(1) == an_outcome(1, Verdict.AGREED)
    assert Results(file, "a commit").known(3) is None
    assert Results(file, "another commit").known(1) is None
