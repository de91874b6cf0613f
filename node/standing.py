"""Where the node stands, for clients and operators. Reads the replica and the transport; moves
neither."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from consensus.engine import Engine
from node.api.seams import PeerState
from node.driver import NodeWatcher
from node.executor import Executor
from node.replica import Replica
from node.transport import Transport
from primitives.certificate import BeatCertificate
from primitives.evidence import Evidence
from primitives.validators import ValidatorSet


class Standing:
    """``node.api.seams.NodeStatus`` of one validator."""

    def __init__(
        self,
        replica: Replica,
        transport: Transport,
        executor: Executor,
        watcher: NodeWatcher,
        trouble: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._replica = replica
        self._transport = transport
        self._executor = executor
        self._watcher = watcher
        self._lag_bound = executor.genesis.parameters.lag_bound
        self._trouble = trouble
        self._stopping = False

    @property
    def _engine(self) -> Engine:
        return self._replica.engine

    @property
    def members(self) -> ValidatorSet:
        """Who validates in the epoch in which the node stands."""
        return self._replica.members

    @property
    def me(self) -> int | None:
        """The own member index."""
        return self._replica.me

    @property
    def view(self) -> int:
        """The view that the node is in."""
        return self._engine.view

    @property
    def final_height(self) -> int:
        """The newest final height, executed or not."""
        return self._engine.final_height

    @property
    def halted(self) -> str | None:
        """Why the node signs nothing more, if so."""
        return self._replica.halted

    @property
    def signer_trouble(self) -> str | None:
        """Why the node cannot have anything signed now, with a stable code in front, if so."""
        return self._trouble()

    @property
    def newest_beat(self) -> BeatCertificate | None:
        """The newest quorum of beats that was seen."""
        return self._engine.newest_beat

    @property
    def history_missing(self) -> int | None:
        """The height that is needed next and that nobody who is connected keeps, as they say."""
        return self._watcher.missing

    def stops(self) -> None:
        """From now on clients are sent elsewhere."""
        self._stopping = True

    def not_ready(self) -> str | None:
        """Why clients should rather ask another node, if so."""
        if self._stopping:
            return "this node stops"
        if self.halted is not None:
            return f"halted: {self.halted}"
        if self.signer_trouble is not None:
            return f"only follows: {self.signer_trouble}"
        alone = self._alone()
        if alone is not None:
            return alone
        missing = self.history_missing
        if missing is not None:
            return f"history_missing: no node that is connected keeps height {missing} any more"
        behind = self._behind()
        if behind > self._lag_bound:
            return f"catching up: {behind} heights behind"
        if self._executor.certified is None:
            return "no height is attested yet, so nothing can be proven"
        return None

    def _alone(self) -> str | None:
        if self.me is None:
            return None if self._transport.guests else "no other node is connected"
        connected, quorum = len(self._transport.connected) + 1, self.members.quorum
        return None if connected >= quorum else f"{connected} of {quorum} validators, a quorum"

    def _behind(self) -> int:
        """Heights between what is executed here and the highest that f+1 peers call attested: so
        many that one of them is honest. An observer has no such peers, and believes any guest."""
        engine = self._engine
        reports = sorted(engine.reported_by.values(), reverse=True)
        faults = self.members.faults
        told = reports[faults] if len(reports) > faults else 0
        if self.me is None:
            told = max(engine.ahead.values(), default=0)
        return max(told, engine.final_height) - self._executor.height

    def peers(self) -> Sequence[PeerState]:
        """The other validators. An observer has guest links to them, which it dialled by code."""
        connected, codes = self._transport.connected, self._transport.codes
        seen = (
            [member in connected for member in range(self.members.size)]
            if self.me is not None
            else [member.partner in codes for member in self.members.members]
        )
        return [PeerState(member, up) for member, up in enumerate(seen) if member != self.me]

    def evidence(self) -> Sequence[Evidence]:
        """What members were caught at."""
        return list(self._replica.evidence.values())
