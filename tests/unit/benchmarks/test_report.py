"""The document's form, the result that is kept, and what the reference says of both."""

import re
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from benchmarks.__main__ import LATEST
from benchmarks.auditor import ROOT
from benchmarks.distance import Behind
from benchmarks.machine import Machine
from benchmarks.report import FORMAT, Document, Replay, conserved, met, ratios, table, write
from benchmarks.verdict import Percentiles
from node import stages

REFERENCE = (ROOT / "docs" / "reference" / "benchmarks.md").read_text()

REQUIRED = {
    "machine",
    "date",
    "commit",
    "validators",
    "sustained_transfers_per_second",
    "duration_s",
    "finality_ms",
    "offered_transfers_per_second",
    "bare_verifies_per_second",
    "bare_syncs_per_second",
    "cpu_us_per_transfer_and_validator",
    "rss_bytes",
}


def a_document() -> Document:
    return Document(
        format=FORMAT,
        machine=Machine("a processor", 2, 2**34, "Linux", "3.11"),
        date="2026-11-21T00:00:00Z",
        commit="0" * 40,
        quick=True,
        validators=4,
        senders=10_000,
        sustained_transfers_per_second=1_600.0,
        duration_s=60.0,
        finality_ms=Percentiles(120.0, 240.0, 300.0, 500),
        offered_transfers_per_second=800.0,
        finality_ms_when_sustained=None,
        bare_verifies_per_second=40_000.0,
        bare_syncs_per_second=5_000.0,
        cpu_us_per_transfer_and_validator={"execute": 60.0, "verifiers": 70.0},
        cpu_us_per_transfer_of_generator=30.0,
        cpu_share=0.9,
        cpu_share_of_others=0.01,
        rss_bytes=[2**27] * 4,
        store_bytes=[2**27] * 4,
        blocks_per_second=5.0,
        transfers_per_block=320.0,
        sent=100_000,
        final=100_000,
        sent_is_final=True,
        state_roots_equal=True,
        replay=Replay(300, 300, 100_000, 100_000, 0, 0, "0" * 64, "0" * 64, 20.0),
        steps=[],
        replay_transfers_per_second=8_000.0,
        replay_ratio=5.0,
        finality_behind_delay=[
            Behind(
                one_way_ms=100,
                offered_per_second=50.0,
                finality_ms=Percentiles(530.0, 700.0, 710.0, 99),
                delays=5.3,
                ordering_ms=None,
                ordering_delays=0.0,
                lone_ms=None,
                lone_delays=0.0,
                lone_ordering_delays=0.0,
                lone_heights=1.0,
                target_ms=550,
                cpu_share_of_others=0.0,
            )
        ],
    )


def documented(heading: str) -> set[str]:
    """Names in the first column of the table below a heading, or a paragraph, of the reference."""
    after = REFERENCE[REFERENCE.index(heading) :]
    table_text = after[after.index("|---") :].split("\n\n")[0]
    return set(re.findall(r"^\| `(\w+)`", table_text, re.MULTILINE))


def test_the_document_has_every_field_that_was_promised() -> None:
    assert set(Document.__struct_fields__) >= REQUIRED


def test_every_field_is_described_and_nothing_else() -> None:
    assert documented("## The document") == set(Document.__struct_fields__)


def test_every_stage_is_described() -> None:
    named = {stage.name for stage in stages.ALL} | {"verifiers", "threads"}
    assert documented("The stages of") == named


def test_a_document_survives_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "results" / "latest.json"
    write(a_document(), path)
    assert msgspec.json.decode(path.read_bytes(), type=Document) == a_document()


@pytest.mark.parametrize(
    "loss",
    [
        {"final": 99_999},
        {"final": 100_001},
        {"sent_is_final": False},
        {"state_roots_equal": False},
        {"replay": Replay(300, 300, 100_000, 99_999, 1, 0, "0" * 64, "0" * 64, 20.0)},
        {"replay": Replay(300, 300, 100_000, 99_999, 0, 1, "0" * 64, "0" * 64, 20.0)},
    ],
)
def test_a_run_that_lost_something_is_not_conserved(loss: dict[str, object]) -> None:
    assert conserved(a_document())
    assert not conserved(replace(a_document(), **loss))


def test_the_target_is_read_off_the_figures() -> None:
    assert all(met(a_document()).values())
    slow = replace(
        a_document(),
        sustained_transfers_per_second=1_499.0,
        finality_ms=None,
        replay_ratio=1.49,
        finality_behind_delay=[],
    )
    assert not any(met(slow).values())


def test_a_distance_at_which_finality_is_late_misses_the_target() -> None:
    [row] = a_document().finality_behind_delay
    late = replace(row, finality_ms=Percentiles(551.0, 700.0, 710.0, 99))
    for rows in ([row, late], [replace(row, finality_ms=None)], []):
        assert False in met(replace(a_document(), finality_behind_delay=rows)).values()


def test_every_figure_is_set_against_bare_checks_and_syncs() -> None:
    found = ratios(a_document())
    assert found["sustained_transfers_per_second"].bare_verifies == 0.04
    assert found["sustained_transfers_per_second"].bare_syncs == 0.32
    # Two cores make 40,000 checks a second together: 50 us each on one of them.
    assert found["cpu_us_per_transfer_and_validator"].bare_verifies == 2.6
    assert found["cpu_us_per_transfer_and_validator.execute"].bare_verifies == 1.2
    assert found["finality_ms.p50"].bare_syncs == 600
    assert "finality_ms_when_sustained.p50" not in found


def test_the_table_shows_every_stage_and_the_sum() -> None:
    text = table(a_document())
    assert "1600 transfers/s for 60 s" in text
    assert "8000/s, 5.0 times the network's" in text
    assert "70.0  verifiers" in text
    assert "130.0  in all, at each of 4" in text
    assert "550 ms met" in text
    shown = table(replace(a_document(), ratios=ratios(a_document())))
    assert "2.6 bare checks" in shown


@pytest.mark.skipif(not LATEST.exists(), reason="no result is kept in this checkout")
def test_the_result_that_is_kept_lost_nothing() -> None:
    kept = msgspec.json.decode(LATEST.read_bytes(), type=Document)
    assert kept.format == FORMAT
    assert conserved(kept)
    assert sum(kept.cpu_us_per_transfer_and_validator.values()) > 0
    assert len(kept.rss_bytes) == len(kept.store_bytes) == kept.validators
