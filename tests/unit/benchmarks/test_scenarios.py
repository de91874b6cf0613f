"""The document of scenarios: ratios, entries that stay, and what the reference says of it."""

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from benchmarks.auditor import ROOT
from benchmarks.bench import Measured
from benchmarks.network import Spent
from benchmarks.ratios import Bare
from benchmarks.scenarios import RESULT, SCENARIOS, Entry, entry, keep, ratios, read, told
from benchmarks.stage import Outcome, Settings, figures_of
from benchmarks.verdict import Percentiles, Step

REFERENCE = (ROOT / "docs" / "reference" / "benchmarks.md").read_text()
BARE = Bare(verifies_per_second=40_000.0, syncs_per_second=5_000.0, cores=2)


def an_entry(figures: dict[str, float]) -> Entry:
    settings = Settings(rate=400.0, seconds=20.0, warm_up_s=3.0, base_port=1)
    return entry(settings, BARE, Outcome(figures, {}, True))


def documented(heading: str) -> set[str]:
    after = REFERENCE[REFERENCE.index("## Scenarios") :]
    table = after[after.index(heading) :].split("\n\n")[0]
    return {
        name for row in table.split("\n")[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])
    }


def test_rates_and_times_are_set_against_bare_ones_and_counts_are_not() -> None:
    found = ratios({"x_per_second": 400.0, "x_ms": 10.0, "x_us": 50.0, "x_s": 1.0, "x": 7.0}, BARE)
    assert found["x_per_second"].bare_verifies == 0.01
    assert found["x_ms"].bare_syncs == 50
    assert found["x_us"].bare_verifies == 1
    assert found["x_s"].bare_verifies == 20_000
    assert "x" not in found


def test_an_entry_takes_its_place_and_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "results" / "scenarios.json"
    keep(path, "idle", an_entry({"heights": 1.0}))
    keep(path, "loads", an_entry({"till_final_per_second": 2.0}))
    keep(path, "idle", an_entry({"heights": 3.0}))
    kept = read(path)
    assert set(kept) == {"loads", "idle"}
    assert kept["idle"].figures == {"heights": 3.0}
    assert kept["loads"].figures == {"till_final_per_second": 2.0}


def test_a_reader_sees_a_figure_with_its_ratios() -> None:
    text = told("loads", an_entry({"till_final_per_second": 400.0, "heights": 7.0}))
    assert "400.0  till_final_per_second   0.01 checks, 0.08 syncs" in text
    assert "7.0  heights\n" in text + "\n"


def test_every_scenario_and_every_field_is_described() -> None:
    assert documented("| scenario |") >= set(SCENARIOS)
    assert documented("| field of an entry |") == set(Entry.__struct_fields__)
    assert all(scenario.__doc__ for scenario in SCENARIOS.values())


@pytest.mark.skipif(not RESULT.exists(), reason="no result is kept in this checkout")
def test_the_result_that_is_kept_lost_nothing() -> None:
    for name, kept in read(RESULT).items():
        assert kept.sent_is_final, name
        named = {
            re.sub(r"^[a-z_]+?_(?=final|cpu_us|views)", "STEP_", each) for each in kept.figures
        }
        assert named <= documented("| figure |"), name


def test_a_step_in_which_a_node_was_silent_has_no_rate_and_is_no_standstill() -> None:
    spread = Percentiles(200.0, 400.0, 500.0, 99)
    spoken = Step(400.0, 20.0, 390.0, 5.0, True, {}, 0, spread, 1.0, [])
    spent = [Spent(20.0, {"execute": 2.0, "loop": 2.0}, 1)]
    found = figures_of("calm", Measured(spoken, spent, 10.0))
    assert found["calm_final_per_second"] == 390.0
    assert found["calm_cpu_us"] == pytest.approx(0.2 / 390.0 * 1e6)
    silent = replace(spoken, duration_s=0.0, final_per_second=0.0)
    assert figures_of("calm", Measured(silent, spent, 10.0)) == {
        "calm_finality_p50_ms": 200.0,
        "calm_finality_p99_ms": 400.0,
    }
