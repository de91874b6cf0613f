"""Plots are well-formed and to scale; the page holds what was measured and fetches nothing."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest
from msgspec.structs import replace

from benchmarks.page import main, page
from benchmarks.plot import Axis, Bar, Scale, Series, bars, lines
from benchmarks.report import ratios
from benchmarks.scenarios import keep
from benchmarks.verdict import Percentiles, Step
from tests.unit.benchmarks.test_report import a_document
from tests.unit.benchmarks.test_scenarios import an_entry

LINEAR, LOG = Axis("x"), Axis("x", logarithmic=True)
SVG = "{http://www.w3.org/2000/svg}"


def a_step(rate: float) -> Step:
    spread = Percentiles(200.0, 400.0, 500.0, 99)
    return Step(rate, 8.0, rate, 5.0, True, {}, 0, spread, 1.0, [])


def test_a_linear_axis_begins_at_nothing_and_reaches_its_values() -> None:
    scale = Scale(LINEAR, [3.0, 2_162.0], (0.0, 100.0))
    assert scale.ticks[0] == 0
    assert scale.ticks[-1] >= 2_162
    assert 4 <= len(scale.ticks) <= 10
    assert scale.at(0.0) == 0
    assert scale.at(scale.ticks[-1]) == 100


def test_a_logarithmic_axis_gives_every_power_of_ten_the_same_room() -> None:
    scale = Scale(LOG, [1_000.0, 1_000_000.0], (0.0, 90.0))
    assert scale.ticks == [1e3, 1e4, 1e5, 1e6]
    assert [scale.at(tick) for tick in scale.ticks] == [0, 30, 60, 90]


@pytest.mark.parametrize("values", [[0.0], [5.0], [0.001, 0.002]])
def test_any_values_have_an_axis(values: list[float]) -> None:
    scale = Scale(LINEAR, values, (0.0, 100.0))
    assert all(0 <= scale.at(value) <= 100 for value in values)


def test_a_plot_is_well_formed_and_has_every_point_and_name() -> None:
    series = [
        Series("a & b", [(1, 2), (3, 4)]),
        Series("c", [(1, 1)], dashed=True),
        Series("d", []),
    ]
    root = ET.fromstring(lines(series, LINEAR, LOG))
    assert len(root.findall(f"{SVG}polyline")) == 2
    assert len(root.findall(f"{SVG}circle")) == 2
    texts = {each.text for each in root.findall(f"{SVG}text")}
    assert {"a & b", "c"} <= texts
    assert "d" not in texts


def test_bars_are_as_long_as_their_values() -> None:
    root = ET.fromstring(bars([Bar("whole", 10.0, 5.0), Bar("half", 5.0)], "us"))
    whole, part, half = (float(each.attrib["width"]) for each in root.findall(f"{SVG}rect"))
    assert whole == pytest.approx(2 * part)
    assert half == pytest.approx(part)


def test_nothing_has_no_plot() -> None:
    assert lines([Series("a", [])], LINEAR, LINEAR) == bars([], "us") == ""


def test_the_page_shows_what_is_there_and_fetches_nothing(tmp_path: Path) -> None:
    assert "Nothing was measured" in page(tmp_path)
    document = replace(a_document(), steps=[a_step(1_000.0), a_step(1_300.0)])
    document = replace(document, ratios=ratios(document))
    (tmp_path / "latest.json").write_bytes(msgspec.json.encode(document))
    keep(tmp_path / "scenarios.json", "idle", an_entry({"heights": 0.0, "watched_s": 60.0}))
    text = page(tmp_path)
    assert text.count("<svg") == 3
    assert "1,600 transfers a second" in text
    assert "<h3>idle</h3>" in text
    assert "One validator, one core" not in text
    assert document.commit in text
    assert not re.search(r"<script|\bsrc=|\bhref=|@import|url\(", text)


def test_the_command_leaves_the_page_beside_the_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["page", "--results", str(tmp_path)])
    assert main() == 0
    assert (tmp_path / "page.html").read_text() == page(tmp_path)
    assert "page.html" in capsys.readouterr().out
