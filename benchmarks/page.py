"""All results on one page with plots: ``python -m benchmarks.page``.

Reads the documents that are in benchmarks/results and docs/results, and leaves
benchmarks/results/page.html: one file, no script, nothing fetched. What was not measured has no
section; each section names its commit, date and machine.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

import msgspec

from benchmarks import capacity, ledger, scenarios, state
from benchmarks.auditor import ROOT
from benchmarks.machine import Machine
from benchmarks.plot import Axis, Bar, Series, bars, lines
from benchmarks.ratios import Ratio
from benchmarks.report import Document, ratios
from benchmarks.scenarios import Entry

RESULTS: Final = ROOT / "benchmarks" / "results"
PAGE: Final = "page.html"
STYLE: Final = """
body{font:16px/1.5 sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;font-size:14px}td,th{padding:.15rem .8rem;text-align:right}
td:first-child,th:first-child{text-align:left}tr:nth-child(even){background:#f4f4f4}
figure{margin:1rem 0}figcaption,.made{color:#666;font-size:14px}svg{max-width:40rem}
"""

Rows = Sequence[Sequence[str]]


def sweep(document: Document) -> str:
    """The rates that were tried, each as it went last; finality at each, and at a distance."""
    newest = {step.offered_per_second: step for step in document.steps if step.duration_s}
    steps = list(newest.values())
    timed = [(s.offered_per_second, s.finality_ms) for s in steps if s.finality_ms is not None]
    offered = Axis("offered a second")
    final = Series("final", [(s.offered_per_second, s.final_per_second) for s in steps])
    ideal = Series("all of it", [(0, 0), *((s.offered_per_second,) * 2 for s in steps)], True)
    late = [
        Series("median", [(rate, spread.p50) for rate, spread in timed]),
        Series("p99", [(rate, spread.p99) for rate, spread in timed]),
    ]
    held = f"{document.sustained_transfers_per_second:,.0f}"
    text = f"{held} transfers a second were sustained for {document.duration_s:.0f} s by "
    text += f"{document.validators} validators, the load generator on the same cores."
    return (
        _paragraph(text)
        + _figure(lines([final, ideal], offered, Axis("final a second")), "throughput")
        + _figure(
            lines(late, offered, Axis("ms to a proof", True)), "finality, from when it was due"
        )
        + _distance(document)
        + _ratios(document.ratios or ratios(document))
    )


def _distance(document: Document) -> str:
    rows = document.finality_behind_delay
    far = [
        Series("light load", [(r.one_way_ms, r.finality_ms.p50) for r in rows if r.finality_ms]),
        Series("its ordering", [(r.one_way_ms, r.ordering_ms.p50) for r in rows if r.ordering_ms]),
        Series("alone", [(r.one_way_ms, r.lone_ms.p50) for r in rows if r.lone_ms]),
        Series("aimed at", [(row.one_way_ms, row.target_ms) for row in rows], True),
    ]
    plot = lines(far, Axis("one-way delay between validators, ms"), Axis("ms to a proof, median"))
    return _figure(plot, "finality at a distance")


def costs(result: ledger.LedgerResult) -> str:
    """Cost and floor of each stage."""
    found = ""
    for title, rows in (("in one process", result.alone), ("in a network", result.network)):
        drawn = [Bar(row.stage, row.cost_us, row.floor_us) for row in rows]
        found += _figure(bars(drawn, "us"), f"a transfer {title}; dark, and in brackets: the floor")
    return found


def growth(result: state.StateResult) -> str:
    """Cost and memory by accounts."""
    rows, accounts = result.rows, Axis("accounts", True)
    stages = list(rows[0].cpu_us) if rows else []
    all_of_it = Series("in all", [(row.accounts, sum(row.cpu_us.values())) for row in rows])
    each = [Series(s.split(" (")[0], [(r.accounts, r.cpu_us[s]) for r in rows]) for s in stages]
    dearest = sorted(each, key=lambda series: -series.points[-1][1])[:3]
    memory = Series("resident", [(row.accounts, row.rss_bytes / 2**20) for row in rows])
    return _figure(
        lines([all_of_it, *dearest], accounts, Axis("us a transfer")), "cost of a transfer"
    ) + _figure(lines([memory], accounts, Axis("MiB")), "memory")


def core(result: capacity.CapacityResult) -> str:
    """One validator on one core."""
    rows = [
        ("transfers a second", f"{result.transfers_per_second:,.0f}"),
        ("for each second of its core's time", f"{result.per_second_by_processor_time:,.0f}"),
        ("us a transfer", f"{result.cpu_us_per_transfer:.1f}"),
        ("of its core it used", f"{result.cpu_share_of_its_core:.0%}"),
    ]
    return _table(["one validator, its peers played", ""], rows) + _ratios(result.ratios)


def scenes(entries: dict[str, Entry]) -> str:
    """Figures of every scenario, over bare checks and syncs where they are rates or times."""
    found = ""
    for name, entry in entries.items():
        rows = []
        for figure, value in entry.figures.items():
            ratio = entry.ratios.get(figure)
            bare = (f"{ratio.bare_verifies:g}", f"{ratio.bare_syncs:g}") if ratio else ("", "")
            rows.append((figure.replace("_", " "), f"{value:,.6g}", *bare))
        found += f"<h3>{escape(name)}</h3>{_made(entry.machine, entry.date, entry.commit)}"
        found += _table(["", "", "bare checks", "bare syncs"], rows)
    return found


SECTIONS: Final[tuple[tuple[str, str, Any, Callable[[Any], str]], ...]] = (
    ("A network under load", "latest.json", Document, sweep),
    ("One validator, one core", "capacity.json", capacity.CapacityResult, core),
    ("Where the time goes", "ledger.json", ledger.LedgerResult, costs),
    ("The size of the state", "state.json", state.StateResult, growth),
    ("Other weather", "scenarios.json", dict[str, scenarios.Entry], scenes),
)
"""Title, file, form, and what is shown of it."""


def page(results: Path) -> str:
    """The page, of whatever is there."""
    parts = []
    for title, name, form, show in SECTIONS:
        if (results / name).exists():
            found = msgspec.json.decode((results / name).read_bytes(), type=form)
            made = "" if isinstance(found, dict) else _made(found.machine, found.date, found.commit)
            parts.append(f"<section><h2>{escape(title)}</h2>{made}{show(found)}</section>")
    body = "".join(parts) or _paragraph("Nothing was measured yet.")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>LiqBon: benchmarks</title><style>{STYLE}</style></head>"
        f"<body><h1>LiqBon: benchmarks</h1>{body}</body></html>\n"
    )


def _made(machine: Machine, date: str, commit: str) -> str:
    where = f"{machine.cores} x {machine.processor}, Python {machine.python}"
    return f'<p class="made">{escape(f"{where}; {date}; {commit}")}</p>'


def _ratios(found: dict[str, Ratio]) -> str:
    rows = [
        (name.replace("_", " "), f"{each.bare_verifies:g}", f"{each.bare_syncs:g}")
        for name, each in found.items()
    ]
    return _table(["over what the machine does bare", "checks", "syncs"], rows)


def _table(heads: Sequence[str], rows: Rows) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _figure(plot: str, caption: str) -> str:
    return f"<figure>{plot}<figcaption>{escape(caption)}</figcaption></figure>" if plot else ""


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def main() -> int:
    """Write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the documents are")
    parser.add_argument("--page", type=Path, help="where the page goes")
    options = parser.parse_args()
    target = options.page or options.results / PAGE
    target.write_text(page(options.results))
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
