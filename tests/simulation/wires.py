"""Who is connected with whom, and by what handle each knows the other. Knows epochs; no message.

Two processes are members to each other while both have a seat in one epoch. Otherwise each is a
guest of the other: so is whoever is behind, ahead, or has no seat.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Protocol

from node.guests import is_guest
from node.world import GUESTS
from tests.simulation.loop import Loop
from tests.simulation.machine import Machine
from tests.simulation.network import Network
from tests.simulation.process import Process


class Running(Protocol):
    """The cluster: what runs, and how it is called."""

    machines: list[Machine]
    processes: dict[int, Process]
    network: Network
    loop: Loop

    def enter(self, process: Process, call: Callable[[], None]) -> None:
        """Run a call into a process, if it lives."""


class Wires:
    """Connections between the processes of a cluster."""

    def __init__(self, cluster: Running, rng: Random) -> None:
        self._cluster = cluster
        self._rng = rng

    def endpoints_of(self, machine: Machine, peer: int) -> list[int]:
        """Who is meant when a machine's process speaks of a handle."""
        if is_guest(peer):
            return [peer - GUESTS]
        partner = self.partner_behind(machine, peer)
        return [m.endpoint for m in self._cluster.machines if m.partner == partner]

    def partner_behind(self, machine: Machine, peer: int) -> str:
        """Whose node a machine's process speaks of."""
        if is_guest(peer):
            return self._partner(peer - GUESTS)
        members = self._cluster.processes[machine.endpoint].replica.members
        return members.members[peer].partner

    def handle(self, process: Process, other: int) -> int:
        """As what a process knows an endpoint; as it was when they connected, if they are."""
        return process.connected.get(other, self._handle(process, other))

    def connect_soon(self, left: int, right: int) -> None:
        """Tell both that they are connected, each in its own time."""
        for one, other in ((left, right), (right, left)):
            self._cluster.loop.after(self._rng.randint(1, 40), self._connection(one, other))

    def disconnect(self, one: int, other: int) -> None:
        """Tell ``one`` that ``other`` is gone."""
        process = self._cluster.processes.get(one)
        handle = None if process is None else process.connected.pop(other, None)
        if process is None or handle is None or handle in process.connected.values():
            return  # or a twin of it is still there
        self._cluster.enter(process, lambda: process.replica.on_disconnected(handle))

    def renew(self, process: Process) -> None:
        """A process stands in another epoch: everybody is known by another handle."""
        mine = process.machine.endpoint
        process.connected.clear()
        for other in sorted(self._cluster.processes):
            if other != mine:
                self.disconnect(other, mine)
                self.connect_soon(mine, other)

    def are_up(self, left: int, right: int) -> bool:
        """Whether both think that they are connected."""
        processes = self._cluster.processes
        pairs = ((left, right), (right, left))
        return all(one in processes and other in processes[one].connected for one, other in pairs)

    def _connection(self, one: int, other: int) -> Callable[[], None]:
        def connect() -> None:
            processes = self._cluster.processes
            process, peer = processes.get(one), processes.get(other)
            if process is None or peer is None or self._partner(one) == self._partner(other):
                return
            if not self._cluster.network.is_cut(other, one):
                handle = process.connected[other] = self._handle(process, other)
                self._cluster.enter(process, lambda: process.replica.on_connected(handle))

        return connect

    def _partner(self, endpoint: int) -> str:
        return self._cluster.machines[endpoint].partner

    def _handle(self, process: Process, other: int) -> int:
        peer, members = self._cluster.processes.get(other), process.replica.members
        place = members.place_of(self._partner(other))
        if peer is None or place is None or process.replica.me is None:
            return GUESTS + other
        return place if peer.replica.members == members else GUESTS + other
