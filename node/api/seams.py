"""What the API asks besides the executor and the ingress, and its bounds. Knows no replica."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import msgspec

from node.executor import Executor
from node.ingress import Ingress
from node.queries import Queries
from node.retention import EVERYTHING
from primitives.certificate import BeatCertificate
from primitives.evidence import Evidence
from primitives.validators import ValidatorSet


class PeerState(NamedTuple):
    """Another validator, by its index, and whether a connection to it stands."""

    member: int
    connected: bool


class NodeStatus(Protocol):
    """Where the node stands, as whoever drives the replica tells it."""

    @property
    def members(self) -> ValidatorSet:
        """Who validates in the epoch in which the node stands."""

    @property
    def me(self) -> int | None:
        """The own member index there; None for an observer."""

    @property
    def view(self) -> int:
        """The view that the node is in."""

    @property
    def final_height(self) -> int:
        """The newest final height, executed or not."""

    @property
    def halted(self) -> str | None:
        """Why the node signs nothing more, if so."""

    @property
    def signer_trouble(self) -> str | None:
        """Why the node cannot have anything signed now, if so."""

    @property
    def newest_beat(self) -> BeatCertificate | None:
        """The newest quorum of beats that was seen."""

    @property
    def history_missing(self) -> int | None:
        """The height that is needed next and that nobody who is connected keeps, as they say."""

    def not_ready(self) -> str | None:
        """Why clients should rather ask another node, if so."""

    def peers(self) -> Sequence[PeerState]:
        """The other validators."""

    def evidence(self) -> Sequence[Evidence]:
        """What members were caught at."""


class ApiLimits(msgspec.Struct, frozen=True):
    """Bounds of the API. Sizes in bytes, durations in seconds."""

    body: int = 64 * 1024
    bulk_body: int = 8 * 1024 * 1024
    connections: int = 4_096
    requests_at_once: int = 2_048
    streams: int = 64
    rate_per_s: int = 500
    burst: int = 2_000
    clients_remembered: int = 10_000
    wait_s: float = 30.0
    default_wait_s: float = 10.0


class Api(NamedTuple):
    """Everything a handler reaches."""

    executor: Executor
    queries: Queries
    ingress: Ingress
    status: NodeStatus
    limits: ApiLimits
    software: str
    """The release, as ``/v1/status`` names it."""
    history: str = EVERYTHING
    """How much of the past is kept, as the settings say it."""

    def partners_in(self, epoch: int) -> list[str]:
        """The codes of those who validate in an epoch that has begun here, by member index."""
        found = self.executor.archive.epoch(epoch)
        assert found is not None, epoch
        return [member.partner for member in found.members]

    @property
    def network(self) -> str:
        """The human-readable part of addresses."""
        return self.executor.genesis.network
