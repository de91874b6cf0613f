"""The server keeps what its description promises: statuses, media types, documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from node.api.openapi import description
from node.api.seams import ApiLimits
from tests.fakes import market, story
from tests.fakes.node import FakeNode, served_in_thread

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
schema = schemathesis.openapi.from_dict(description()).exclude(path="/v1/stream")


def a_node() -> FakeNode:
    node = FakeNode(limits=ApiLimits(rate_per_s=10**9, burst=10**9))
    story.spend(node.ledger)
    story.settle(node.ledger)
    story.change_terms(node.ledger)
    market.stock(node.ledger)
    return node


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served_in_thread(a_node) as found:
        yield found


# What is sent in MessagePack is fuzzed next door: schemathesis does not write it.
@pytest.mark.filterwarnings("ignore:Skipped test cases")
@schema.parametrize()
@settings(max_examples=15, suppress_health_check=list(HealthCheck))
def test_the_server_answers_as_described(case: schemathesis.Case[Any], url: str) -> None:
    case.call_and_validate(base_url=url, checks=CHECKS)
