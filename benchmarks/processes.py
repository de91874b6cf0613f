"""What processes used, as Linux counts it. Knows /proc; not what the processes do."""

from __future__ import annotations

import os
from pathlib import Path
from time import perf_counter
from typing import Final, NamedTuple

_TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
# Places in /proc/PID/stat after the command's closing parenthesis (proc_pid_stat(5), from 3 on).
_PARENT, _USER, _SYSTEM, _RESIDENT = 1, 11, 12, 21


class Process(NamedTuple):
    """A process at one moment: processor seconds so far, and memory."""

    pid: int
    parent: int
    cpu_s: float
    rss_bytes: int


class Usage(NamedTuple):
    """A process, and all that it started."""

    own_cpu_s: float
    children_cpu_s: float
    rss_bytes: int


def snapshot() -> dict[int, Process]:
    """Every process there is."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                process = _parse(int(entry.name), (entry / "stat").read_text())
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended meanwhile
            found[process.pid] = process
    return found


def busy_s() -> float:
    """Seconds that all cores together have worked since the machine started, for anyone; what the
    host took from a virtual machine counts too."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    user, nice, system, _, _, irq, softirq, steal = map(int, fields)
    return (user + nice + system + irq + softirq + steal) * _TICK_S


def usage(processes: dict[int, Process], pid: int) -> Usage:
    """Of one process and its descendants. KeyError if it is not there."""
    own = processes[pid]
    children: list[Process] = []
    generation = [own]
    while generation:
        parents = {process.pid for process in generation}
        generation = [p for p in processes.values() if p.parent in parents and p.pid not in parents]
        children += generation
    return Usage(
        own_cpu_s=own.cpu_s,
        children_cpu_s=sum(child.cpu_s for child in children),
        rss_bytes=own.rss_bytes + sum(child.rss_bytes for child in children),
    )


class Others:
    """How much of all cores anything else used from now on: the more, the less figures say."""

    def __init__(self) -> None:
        self._begun = self._now()

    def share(self) -> float:
        """Of everything that the cores could have done so far."""
        at_s, busy, own = (now - then for now, then in zip(self._now(), self._begun, strict=True))
        return max(0.0, busy - own) / (at_s * (os.cpu_count() or 1))

    def _now(self) -> tuple[float, float, float]:
        return perf_counter(), busy_s(), sum(os.times()[:4])


def _parse(pid: int, line: str) -> Process:
    fields = line[line.rindex(")") + 2 :].split()
    cpu_s = (int(fields[_USER]) + int(fields[_SYSTEM])) * _TICK_S
    return Process(pid, int(fields[_PARENT]), cpu_s, int(fields[_RESIDENT]) * _PAGE)
