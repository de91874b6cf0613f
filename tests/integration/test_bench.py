"""The benchmark's own way through: four real nodes, a load, the replay, the document.

Its form and the conservation of what was sent are checked; speed is not, this machine may be busy.
"""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from benchmarks.auditor import ROOT
from benchmarks.capacity import CapacityResult
from benchmarks.report import FORMAT, Document, conserved
from benchmarks.scenarios import read
from node import stages
from tests.integration.processes import free_base

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def test_a_brief_benchmark_loses_nothing_and_leaves_its_document(tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    command = [sys.executable, "-m", "benchmarks", "--brief", "--base-port", str(free_base(4))]
    outcome = subprocess.run(
        [*command, "--result", str(result)], cwd=ROOT, capture_output=True, text=True, timeout=240
    )
    assert outcome.returncode == 0, outcome.stderr
    document = msgspec.json.decode(result.read_bytes(), type=Document)
    assert document.format == FORMAT
    assert conserved(document)
    assert document.quick
    assert (document.validators, document.senders) == (4, 10_000)
    assert document.sent == document.replay.done > 500
    assert document.replay.certified == document.replay.height
    assert set(document.cpu_us_per_transfer_and_validator) == {
        "threads",
        "verifiers",
        *(stage.name for stage in stages.ALL),
    }
    assert document.finality_ms is not None
    assert 0 < document.finality_ms.p50 <= document.finality_ms.p99
    assert min(document.rss_bytes) > 2**24
    assert all(step.unanswered == 0 for step in document.steps)
    [far] = document.finality_behind_delay
    assert far.finality_ms is not None
    assert far.lone_ms is not None
    assert min(far.finality_ms.p50, far.lone_ms.p50) > 3 * far.one_way_ms
    assert 3 < far.lone_ordering_delays < far.lone_delays
    assert far.lone_heights >= 1
    assert "sustained_transfers_per_second" in document.ratios
    assert "microseconds of processor time a transfer" in outcome.stdout


def test_a_brief_scenario_strikes_a_validator_and_loses_nothing(tmp_path: Path) -> None:
    result = tmp_path / "scenarios.json"
    command = [sys.executable, "-m", "benchmarks.scenarios", "byzantine", "--brief"]
    words = ["--base-port", str(free_base(5)), "--result", str(result)]
    outcome = subprocess.run(
        [*command, *words], cwd=ROOT, capture_output=True, text=True, timeout=240
    )
    assert outcome.returncode == 0, outcome.stderr
    found = read(result)["byzantine"]
    assert found.sent_is_final
    assert found.figures["among_lies_views_lost"] > 0
    assert found.ratios["among_lies_finality_p50_ms"].bare_syncs > 0


def test_a_validator_carries_what_its_played_peers_say_to_the_same_state(tmp_path: Path) -> None:
    result = tmp_path / "capacity.json"
    command = [sys.executable, "-m", "benchmarks.capacity", "--blocks", "6", "--size", "30"]
    words = ["--senders", "400", "--base-port", str(free_base(1)), "--result", str(result)]
    outcome = subprocess.run(
        [*command, *words], cwd=ROOT, capture_output=True, text=True, timeout=240
    )
    if len(os.sched_getaffinity(0)) < 2:
        assert "two cores" in outcome.stderr
        return
    assert outcome.returncode == 0, outcome.stderr
    found = msgspec.json.decode(result.read_bytes(), type=CapacityResult)
    assert found.state_root_equal
    assert found.transfers == 180
    assert found.cpu_us_per_transfer > 0
