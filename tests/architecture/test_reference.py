"""The reference pages name what there is, all of it, and no more: transactions, API, metrics."""

import json
import re
from pathlib import Path
from typing import get_args

from prometheus_client.metrics_core import Metric

from contracts.agenda import DUE, MEASURES
from contracts.rulebook import RULES
from node.api.openapi import description
from node.api.parameters import EVENT_TYPES
from node.api.problems import CODES
from node.api.routes import ROUTES
from node.api.seams import ApiLimits
from node.metrics import Metrics
from node.pending import MAX_COUNT, MAX_NEWCOMERS, MAX_PER_PARTNER, MAX_PER_SENDER
from primitives.receipt import Event
from scripts.transactions_page import page
from tests.architecture.source import ROOT
from tests.fakes.node import FakeNode

REFERENCE = ROOT / "docs" / "reference"
API_PAGE = (REFERENCE / "api.md").read_text(encoding="utf-8")
METRICS_PAGE = (REFERENCE / "metrics.md").read_text(encoding="utf-8")


def test_the_published_description_is_the_one_that_is_served() -> None:
    published = json.loads((REFERENCE / "openapi.json").read_text(encoding="utf-8"))
    assert published == json.loads(json.dumps(description())), "run scripts/describe_api"


def test_the_published_transactions_are_those_of_the_code() -> None:
    published = (REFERENCE / "transactions.md").read_text(encoding="utf-8")
    assert published == page(), "run scripts/describe_transactions"


def test_every_action_measure_event_and_due_item_has_a_heading_of_its_own() -> None:
    published = (REFERENCE / "transactions.md").read_text(encoding="utf-8")
    headings = re.findall(r"^### (\w+)$", published, flags=re.MULTILINE)
    listed = [*RULES, *MEASURES, *DUE, *get_args(Event)]
    assert {kind.__name__ for kind in listed} <= set(headings)
    assert len(set(headings)) == len(headings)


def test_every_path_is_in_the_reference() -> None:
    listed = set(re.findall(r"`(?:GET|POST) (/[^`]*)`", API_PAGE))
    assert listed == {route.path for route in ROUTES} | {"/v1/stream", "/openapi.json"}


def test_every_parameter_is_beside_its_path() -> None:
    rows = {row.split("`")[1]: row for row in API_PAGE.splitlines() if row.startswith("| `")}
    for route in ROUTES:
        row = rows[f"{route.method} {route.path}"]
        for parameter in route.parameters:
            if parameter.place == "query" and route.method == "GET":
                assert f"`{parameter.name}`" in row, (route.path, parameter.name)


def test_every_event_is_in_the_reference() -> None:
    told = API_PAGE.partition("## Events")[2].partition("An obligation")[0]
    listed = re.findall(r"`([a-z_]+)`", told.partition("hold:")[2])
    assert listed == list(EVENT_TYPES)


def test_every_code_is_in_the_reference_with_its_status() -> None:
    listed = re.findall(r"^\| `([a-z_]+)` \| (\d{3}) \| ", API_PAGE, flags=re.MULTILINE)
    assert {code: int(status) for code, status in listed} == {
        code: status for code, (status, _) in CODES.items()
    }


def test_the_bounds_are_those_in_force() -> None:
    limits = ApiLimits()
    numbers = [
        limits.connections,
        limits.requests_at_once,
        limits.streams,
        limits.rate_per_s,
        limits.burst,
        MAX_COUNT,
        MAX_PER_SENDER,
        MAX_PER_PARTNER,
        MAX_NEWCOMERS,
    ]
    for number in numbers:
        assert re.search(rf"\b{number:,}\b", API_PAGE), number


async def test_every_metric_is_in_the_reference_with_kind_and_labels(tmp_path: Path) -> None:
    node = FakeNode()
    metrics = Metrics(node.api, node.requests, store=_Sized())
    found = {metric.name: metric for metric in metrics.registry.collect()}
    mine = {name: metric for name, metric in found.items() if name.startswith("liqbon_")}
    row = re.compile(r"^\| `(liqbon_\w+)` \| (\w+) \|([^|]*)\|", flags=re.MULTILINE)
    listed = {name: (kind, labels) for name, kind, labels in row.findall(METRICS_PAGE)}
    assert set(listed) == set(mine)
    for name, metric in mine.items():
        kind, labels = listed[name]
        assert kind == metric.type, name
        assert set(re.findall(r"`(\w+)`", labels)) >= _labels(metric) - {"le"}, name


class _Sized:
    def size(self) -> int:
        return 1


def _labels(metric: Metric) -> set[str]:
    return {label for sample in metric.samples for label in sample.labels}
