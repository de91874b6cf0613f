"""The metrics say what the node says."""

from __future__ import annotations

import aiohttp

from node.api.serving import serve
from node.metrics import Metrics
from primitives.evidence import Evidence, Offence
from tests.builders import a_person, raw
from tests.fakes.node import FakeNode

ANN, BOB = a_person("ann"), a_person("bob")


def samples(text: str) -> dict[str, float]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


async def scrape(node: FakeNode, metrics: Metrics) -> dict[str, float]:
    serving = await serve(metrics.app(), "127.0.0.1", 0, 10)
    url = f"http://127.0.0.1:{serving.port}/metrics"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.status == 200
        found = samples(await answer.text())
    await serving.close()
    return found


async def test_heights_counts_and_durations_are_those_of_the_node() -> None:
    node = FakeNode()
    metrics = Metrics(node.api, node.requests, None)
    node.ledger.fund(ANN)
    await node.ingress.submit_many([raw(node.ledger.transfer(ANN, (BOB, 20_000))), b"junk"])
    node.ledger.attest = False
    node.ledger.block()
    node.status.halted = "another outcome"
    node.status.accused = [Evidence(Offence.TWO_NOTARIZE, 0, 2, b"", b"")]
    node.requests.count("/v1/status", 200)
    metrics.observe_execution(0.003)
    found = await scrape(node, metrics)
    assert found["liqbon_executed_height"] == 3
    assert found["liqbon_certified_height"] == 2
    assert found["liqbon_durable_height"] == 0
    assert found["liqbon_state_entries"] == node.ledger.executor.state.count
    assert found["liqbon_transactions_accepted_total"] == 1
    assert found['liqbon_transactions_refused_total{code="malformed"}'] == 1
    assert found["liqbon_batches_sealed_total"] == 1
    assert found["liqbon_epoch"] == node.status.members.epoch
    assert found["liqbon_validates"] == 1
    assert found["liqbon_halted"] == 1
    assert found["liqbon_ready"] == 1
    assert found['liqbon_evidence{accused="2"}'] == 1
    assert found['liqbon_peer_connected{peer="3"}'] == 1
    assert found['liqbon_http_requests_total{path="/v1/status",status="200"}'] == 1
    assert found["liqbon_finality_seconds_count"] == 1
    assert found['liqbon_block_execution_seconds_bucket{le="0.005"}'] == 1
    assert found["process_resident_memory_bytes"] > 0


async def test_two_nodes_in_one_process_have_metrics_of_their_own() -> None:
    first, second = FakeNode(), FakeNode()
    both = [Metrics(node.api, node.requests, None) for node in (first, second)]
    first.ledger.block()
    assert (await scrape(first, both[0]))["liqbon_executed_height"] == 1
    assert (await scrape(second, both[1]))["liqbon_executed_height"] == 0
