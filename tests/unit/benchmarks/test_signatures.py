"""The benchmark of signatures: it times what it says, and its result is described and kept."""

import asyncio
import re
from pathlib import Path

import msgspec
import pytest

from benchmarks import signatures
from benchmarks.auditor import ROOT
from benchmarks.pooling import Pooled, compare
from benchmarks.signatures import RESULT, SIZES, Least, Row, SignaturesResult, patterns, signed
from primitives.keys import ED25519
from shell.scheme import batch_library

REFERENCE = (ROOT / "docs" / "reference" / "benchmarks.md").read_text()


def test_patterns_are_as_good_and_as_bad_as_they_are_called() -> None:
    good = [signed(number) for number in range(8)]
    bad_ones = {"good": 0, "one bad": 1, "all bad": 4}
    for pattern, batches in patterns(good, 4).items():
        verdicts = [ED25519.verify_many(batch) for batch in batches]
        assert [each.count(False) for each in verdicts] == [bad_ones[pattern]] * 2
    assert len({check.public_key for check in good}) == 8


def test_the_least_of_several_times_is_kept() -> None:
    least = Least()
    least.time((1, "good"), 1, lambda: sum(range(300_000)))
    slow = least.us(1, "good")
    least.time((1, "good"), 1, lambda: None)
    quick = least.us(1, "good")
    least.time((1, "good"), 1, lambda: sum(range(300_000)))
    assert least.us(1, "good") == quick < slow


def test_both_ways_to_judge_batches_are_measured() -> None:
    found = asyncio.run(compare(seconds=0.2, rounds=1))
    assert [each.by for each in found] == ["processes", "threads"]
    assert all(each.transactions_per_second > 0 < each.cpu_us_per_transaction for each in found)


@pytest.mark.skipif(batch_library() is None, reason="liqbon-native is not installed: make native")
def test_the_command_leaves_its_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "signatures.json"
    words = ["signatures", "--rounds", "1", "--pool-seconds", "0.1", "--result", str(place)]
    monkeypatch.setattr("sys.argv", words)
    assert signatures.main() == 0
    made = msgspec.json.decode(place.read_bytes(), type=SignaturesResult)
    assert [row.size for row in made.batches] == list(SIZES)
    assert f"{made.batches[-1].good_us:.1f}" in capsys.readouterr().out


def test_every_field_of_the_result_is_described_and_nothing_else() -> None:
    after = REFERENCE[REFERENCE.index("## Signatures") :].split("## Profile")[0]
    rows = re.findall(r"^\| ([^|]*) \|", after, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    fields = {
        *SignaturesResult.__struct_fields__,
        *Row.__struct_fields__,
        *Pooled.__struct_fields__,
    }
    assert named == fields


def test_the_result_that_is_kept_is_of_batches_that_pay() -> None:
    kept = msgspec.json.decode(RESULT.read_bytes(), type=SignaturesResult)
    by_size = {row.size: row for row in kept.batches}
    assert list(by_size) == list(SIZES)
    assert by_size[256].good_us < 35
    assert by_size[256].good_of_single < by_size[256].one_bad_of_single < 1
    assert max(row.all_bad_of_single for row in kept.batches) < 1.5
