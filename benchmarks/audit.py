"""How fast, and in how much memory, an audit replays a long chain: ``python -m benchmarks.audit``.

    python -m benchmarks.audit --transfers 1000000 [--result FILE] [--keep DIRECTORY]

The chain is made first (``benchmarks.solo``), then handed out by a process of its own
(``benchmarks.shelf``) on the same cores, and ``liqbon-audit verify`` is run over it as anyone
would. Its memory is looked at when 10%, 50% and 100% of the heights were asked for: it may grow
with the state, and not with the chain. Leaves docs/results/audit.json.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.request import urlopen

import msgspec

from benchmarks import founders, machine
from benchmarks.auditor import ROOT, Audited, command
from benchmarks.machine import Machine
from benchmarks.population import Workshop
from benchmarks.processes import snapshot, usage
from benchmarks.solo import Solo
from primitives.encoding import encode

RESULT: Final = ROOT / "docs" / "results" / "audit.json"
SENDERS: Final = 10_000
DONE: Final = "done.json"
LOOK_S: Final = 0.2
LOOKS: Final = (0.10, 0.50, 1.00)


class Memory(msgspec.Struct, frozen=True):
    """Resident bytes of the audit with its processes, the most seen up to a share of the chain."""

    share: float
    rss_bytes: int


class Made(msgspec.Struct, frozen=True):
    """A chain that stands in a directory, and how long it took to make it."""

    transfers: int
    seconds: float


class AuditResult(msgspec.Struct, frozen=True):
    """One run. ``transactions_per_second`` counts everything, from the first connection to the last
    checkpoint."""

    machine: Machine
    date: str
    commit: str
    transfers: int
    senders: int
    heights: int
    chain_bytes: int
    making_seconds: float
    seconds: float
    transactions_per_second: float
    processes: int
    memory: list[Memory]
    cpu_seconds: float
    state_entries: int
    verified: bool


class Watch:
    """The audit's memory and processor time while it runs."""

    def __init__(self, pid: int, url: str, heights: int) -> None:
        self._pid = pid
        self._url = url
        self._heights = heights
        self._most = 0
        self.cpu_s = 0.0
        self.memory: list[Memory] = []

    def look(self) -> None:
        """Take note of how things stand."""
        try:
            used = usage(snapshot(), self._pid)
        except KeyError:
            return  # it has ended
        if not used.rss_bytes:
            return
        self._most = max(self._most, used.rss_bytes)
        self.cpu_s = max(self.cpu_s, used.own_cpu_s + used.children_cpu_s)
        with urlopen(f"{self._url}/asked", timeout=30) as answer:
            share = int(answer.read()) / self._heights
        while len(self.memory) < len(LOOKS) - 1 and share >= LOOKS[len(self.memory)]:
            self.memory.append(Memory(LOOKS[len(self.memory)], self._most))

    def end(self) -> None:
        """The rest of the looks are of the end."""
        for share in LOOKS[len(self.memory) :]:
            self.memory.append(Memory(share, self._most))


def main() -> int:
    """Make, serve, audit; 0 if everything held."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="liqbon-audit-") as temporary:
        directory = options.keep or Path(temporary)
        if not (directory / DONE).exists():
            _make(directory, options.transfers)
        made = msgspec.json.decode((directory / DONE).read_bytes(), type=Made)
        if made.transfers != options.transfers:
            raise SystemExit(f"{directory} holds a chain of {made.transfers} transfers")
        result = _measure(directory, made)
    options.result.parent.mkdir(parents=True, exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n"
    options.result.write_bytes(text)
    print(text.decode(), end="")
    return 0 if result.verified else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit")
    parser.add_argument("--transfers", type=int, default=1_000_000)
    parser.add_argument("--result", type=Path, default=RESULT, help="where the document goes")
    parser.add_argument("--keep", type=Path, help="keep the chain here, and use it if it is there")
    return parser.parse_args()


def _make(directory: Path, transfers: int) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    begun_s = time.monotonic()
    solo = Solo(directory / "chain", SENDERS)
    workshop = Workshop()
    try:
        solo.fund()
        solo.transfers(workshop, transfers, lambda made: _say(f"{made} of {transfers} made"))
    finally:
        workshop.close()
        solo.close()
    made = Made(transfers, round(time.monotonic() - begun_s, 1))
    (directory / DONE).write_bytes(msgspec.json.encode(made))


def _measure(directory: Path, made: Made) -> AuditResult:
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.shelf", str(directory / "chain")],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    assert server.stdin is not None
    try:
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        with urlopen(f"{url}/v1/status", timeout=30) as answer:
            heights = int(msgspec.json.decode(answer.read())["certified_height"])
        document, watch = _audit(url, heights)
    finally:
        server.stdin.close()
        server.wait(30)
    return AuditResult(
        machine=machine.describe(),
        date=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        commit=machine.commit(ROOT),
        transfers=made.transfers,
        senders=SENDERS,
        heights=heights,
        chain_bytes=_size(directory / "chain"),
        making_seconds=made.seconds,
        seconds=document.run.seconds,
        transactions_per_second=document.run.transactions_per_second,
        processes=document.run.processes,
        memory=watch.memory,
        cpu_seconds=round(watch.cpu_s, 1),
        state_entries=document.sums.entries,
        verified=document.verified.height == heights
        and document.total.done >= made.transfers
        and not document.total.refused + document.total.skipped,
    )


def _audit(url: str, heights: int) -> tuple[Audited, Watch]:
    """``liqbon-audit verify`` from genesis, in a home of its own."""
    with tempfile.TemporaryDirectory(prefix="liqbon-auditor-") as home:
        genesis = Path(home) / "genesis.bin"
        genesis.write_bytes(encode(founders.genesis()))
        arguments = command(url, genesis, Path(home))
        process = subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE)
        watch = Watch(process.pid, url, heights)
        while process.poll() is None:
            watch.look()
            time.sleep(LOOK_S)
        watch.end()
        assert process.stdout is not None
        output = process.stdout.read()
    if process.returncode:
        raise SystemExit(f"the audit ended with {process.returncode}: {output.decode()}")
    return msgspec.json.decode(output, type=Audited), watch


def _size(directory: Path) -> int:
    return sum(
        (Path(folder) / name).stat().st_size
        for folder, _, names in os.walk(directory)
        for name in names
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
