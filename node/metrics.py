"""What a node's operator watches, in Prometheus' text form. Knows names and units; decides nothing.

Values that others count are read when they are asked for; only durations are observed here. Every
name is described in docs/reference/metrics.md, and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from aiohttp import web
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from node import stages
from node.api.app import Requests
from node.api.seams import Api
from node.retention import EVERYTHING

FINALITY_BUCKETS_S: Final = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0)
EXECUTION_BUCKETS_S: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


class SizedStore(Protocol):
    """A store that knows how large it is."""

    def size(self) -> int:
        """Bytes on disk."""


class Metrics:
    """A registry of its own, so that one process may hold several nodes."""

    def __init__(self, api: Api, requests: Requests, store: SizedStore | None) -> None:
        self.registry = CollectorRegistry()
        self._finality = Histogram(
            "liqbon_finality_seconds",
            "From a transaction's acceptance here to its certificate.",
            buckets=FINALITY_BUCKETS_S,
            registry=self.registry,
        )
        self._execution = Histogram(
            "liqbon_block_execution_seconds",
            "From a final block's turn to its written outcome, pauses included.",
            buckets=EXECUTION_BUCKETS_S,
            registry=self.registry,
        )
        self.registry.register(_NodeCollector(api, requests, store))
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        api.ingress.on_final = self._finality.observe

    def observe_execution(self, seconds: float) -> None:
        """A block took this long to execute."""
        self._execution.observe(seconds)

    def app(self) -> web.Application:
        """``GET /metrics``, for a port that only the operator reaches."""
        app = web.Application()
        app.router.add_get("/metrics", self._serve)
        return app

    async def _serve(self, request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        body = encode(self.registry)
        return web.Response(body=body, headers={"Content-Type": content_type})


class _NodeCollector(Collector):
    """Reads the node when it is asked."""

    def __init__(self, api: Api, requests: Requests, store: SizedStore | None) -> None:
        self._api = api
        self._requests = requests
        self._store = store

    def collect(self) -> Iterable[Metric]:
        """All values as they are now."""
        yield from self._heights()
        yield from self._members()
        yield from self._door()
        yield from self._http()
        yield _stages()

    def _heights(self) -> Iterable[Metric]:
        executor, status = self._api.executor, self._api.status
        yield _gauge("liqbon_epoch", "The epoch that the node is in.", status.members.epoch)
        yield _gauge("liqbon_view", "The view that the node is in.", status.view)
        yield _gauge("liqbon_final_height", "The newest final height.", status.final_height)
        yield _gauge("liqbon_executed_height", "The newest executed height.", executor.height)
        yield _gauge(
            "liqbon_certified_height",
            "The newest height that was executed here and attested by a quorum.",
            executor.certified_height,
        )
        yield _gauge("liqbon_durable_height", "The newest synced height.", executor.durable_height)
        yield _gauge("liqbon_oldest_height", "The lowest height kept whole.", executor.oldest)
        missing = status.history_missing is not None
        yield _gauge(
            "liqbon_history_missing", "1 if nobody connected keeps the next height.", int(missing)
        )
        prunes = self._api.history != EVERYTHING
        yield _gauge("liqbon_prunes", "1 if old heights are deleted, 0 in an archive.", int(prunes))
        yield _gauge("liqbon_state_entries", "Entries of the state.", executor.state.count)
        if self._store is not None:
            yield _gauge("liqbon_store_bytes", "Size of the store on disk.", self._store.size())

    def _members(self) -> Iterable[Metric]:
        status = self._api.status
        is_ready = status.not_ready() is None
        yield _gauge("liqbon_ready", "1 if clients should ask this node.", int(is_ready))
        has_seat = status.me is not None
        yield _gauge("liqbon_validates", "1 if the node has a seat in its epoch.", int(has_seat))
        halted = status.halted is not None
        yield _gauge("liqbon_halted", "1 if the node signs nothing more.", int(halted))
        can_sign = status.signer_trouble is None
        yield _gauge("liqbon_signer_answers", "1 if votes can be signed.", int(can_sign))
        connected = GaugeMetricFamily(
            "liqbon_peer_connected", "1 if a connection to the validator stands.", labels=["peer"]
        )
        for peer in status.peers():
            connected.add_metric([str(peer.member)], int(peer.connected))
        yield connected
        evidence = GaugeMetricFamily(
            "liqbon_evidence", "Proofs that a validator broke a rule.", labels=["accused"]
        )
        counts: dict[int, int] = {}
        for each in status.evidence():
            counts[each.accused] = counts.get(each.accused, 0) + 1
        for accused, count in sorted(counts.items()):
            evidence.add_metric([str(accused)], count)
        yield evidence

    def _door(self) -> Iterable[Metric]:
        ingress = self._api.ingress
        yield _counter(
            "liqbon_transactions_accepted", "Transactions taken in here.", ingress.accepted
        )
        refused = CounterMetricFamily(
            "liqbon_transactions_refused", "Transactions refused here.", labels=["code"]
        )
        for code, count in sorted(ingress.refused.items()):
            refused.add_metric([code], count)
        yield refused
        yield _counter("liqbon_batches_sealed", "Batches sealed here.", ingress.batches)
        yield _gauge(
            "liqbon_transactions_pending",
            "Transactions taken in here and not executed yet.",
            ingress.pending_count,
        )
        yield _gauge(
            "liqbon_transactions_queued",
            "Of the pending ones, those in no batch yet.",
            ingress.queued,
        )

    def _http(self) -> Iterable[Metric]:
        requests = CounterMetricFamily(
            "liqbon_http_requests", "Requests answered.", labels=["path", "status"]
        )
        for (path, status), count in sorted(self._requests.counts.items()):
            requests.add_metric([path, str(status)], count)
        yield requests


def _stages() -> CounterMetricFamily:
    """To be asked for in the loop's own thread, whose time it is."""
    spent = CounterMetricFamily(
        "liqbon_stage_cpu_seconds",
        "Processor time of the event loop's thread, by stage.",
        labels=["stage"],
    )
    for stage, nanoseconds in stages.spent_ns().items():
        spent.add_metric([stage], nanoseconds / 1e9)
    return spent


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _counter(name: str, text: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(name, text, value=value)
