"""Carries out what a plan says goes wrong, and puts it right again. Knows machines, no protocol."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Protocol

from tests.simulation.loop import Loop, Trace
from tests.simulation.machine import Machine, Pace
from tests.simulation.network import CALM, Network
from tests.simulation.plan import Crash, Fault, Jump, Partition, Plan, Storm, end_of
from tests.simulation.process import Process
from tests.simulation.wires import Wires


class Failing(Protocol):
    """The cluster: what may fail."""

    plan: Plan
    loop: Loop
    trace: Trace
    network: Network
    machines: list[Machine]
    processes: dict[int, Process]
    wires: Wires
    faults: int

    def start(self, endpoint: int) -> None:
        """Begin a life."""

    def crash(self, endpoint: int) -> None:
        """Lose power."""


class Failures:
    """Crashes, partitions, storms and clocks that jump. Every one of them ends."""

    def __init__(self, cluster: Failing, rng: Random) -> None:
        self._cluster = cluster
        self._rng = rng
        self._restarts: dict[int, int] = {}

    def foretell(self) -> int:
        """Have everything happen in its time; when the last of it is over, in milliseconds."""
        plan = self._cluster.plan
        for fault in plan.faults:
            self._cluster.loop.after(fault.at_ms, partial(self._inflict, fault))
        return max([plan.storm_ms, *map(end_of, plan.faults)])

    def upgrade(self, machine: Machine, release: int) -> None:
        """Somebody installs another release on a machine, and starts its node again."""
        machine.knows = release
        self._cluster.faults += 1
        strike = self.outage(machine.endpoint, 100)
        self._cluster.loop.after(self._rng.randint(1, 1_000), strike)

    def heal(self) -> None:
        """From now on nothing fails; what is Byzantine stays so."""
        cluster = self._cluster
        cluster.trace.note("calm")
        cluster.network.weather = CALM
        for machine in cluster.machines:
            machine.disk.ambush = None
            machine.set_pace(Pace())
            if machine.endpoint not in cluster.processes and not self._is_down(machine.endpoint):
                cluster.start(machine.endpoint)

    def _is_down(self, endpoint: int) -> bool:
        return bool(self._restarts.get(endpoint))

    def _inflict(self, fault: Fault) -> None:
        cluster = self._cluster
        cluster.trace.note(f"fault {fault}")
        match fault:
            case Storm():
                cluster.network.weather = fault.weather
            case Jump():
                cluster.machines[fault.endpoint].skew_ms = fault.skew_ms
                cluster.faults += 1
            case Crash():
                for endpoint in fault.endpoints:
                    strike = self.outage(endpoint, fault.down_ms)
                    if fault.in_sync:
                        cluster.machines[endpoint].disk.ambush = strike
                    else:
                        strike()
            case Partition():
                self._part(fault)

    def outage(self, endpoint: int, down_ms: int) -> Callable[[], None]:
        """What makes an endpoint crash, and start again after a while."""

        def strike() -> None:
            self._cluster.crash(endpoint)
            self._restarts[endpoint] = self._restarts.get(endpoint, 0) + 1
            self._cluster.loop.after(down_ms, self._restart(endpoint))

        return strike

    def _restart(self, endpoint: int) -> Callable[[], None]:
        def restart() -> None:
            self._restarts[endpoint] -= 1
            if not self._is_down(endpoint):
                self._cluster.start(endpoint)

        return restart

    def _part(self, fault: Partition) -> None:
        cluster = self._cluster
        others = [e for e in range(cluster.plan.endpoints) if e not in fault.side]
        links = [(near, far) for near in fault.side for far in others]
        if not fault.one_way:
            links += [(far, near) for near, far in links]
        for left, right in links:
            cluster.network.cut(left, right)
            if not fault.silent:
                cluster.wires.disconnect(right, left)

        def heal() -> None:
            cluster.trace.note(f"healed {fault}")
            for left, right in links:
                cluster.network.join(left, right)
            for near in fault.side:
                for far in others:
                    if not fault.silent or not cluster.wires.are_up(near, far):
                        cluster.wires.connect_soon(near, far)

        cluster.loop.after(fault.lasts_ms, heal)
