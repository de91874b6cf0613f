"""What one validator carries on one core: ``python -m benchmarks.capacity``.

    python -m benchmarks.capacity [--blocks 60] [--size 400] [--senders 10000]

One real node process is pinned to one core, its verifier with it; on another one a player
(``benchmarks.player``) stands for its three peers, whose words were signed and recorded before
(``benchmarks.recording``). So nothing but this validator uses its core, and it does all that a
validator does, but for leading a view and answering clients. Leaves
benchmarks/results/capacity.json.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import uvloop

from benchmarks import founders, machine
from benchmarks.auditor import ROOT
from benchmarks.fleet import LOG, STOP_S, spawned
from benchmarks.machine import Machine
from benchmarks.network import stopped
from benchmarks.player import Player
from benchmarks.population import Workshop
from benchmarks.processes import Others, Usage, snapshot, usage
from benchmarks.ratios import Bare, Ratio
from benchmarks.recording import MEASURED, Recording, record
from benchmarks.stage import until
from client.errors import Fault
from client.http import HttpNode, open_nodes
from node import config
from node.documents import genesis_text
from node.founding import LOOPBACK, ON_LOOPBACK
from node.transport import Address
from primitives.genesis import Genesis
from shell import logs
from shell.keyfile import create_private

RESULT: Final = ROOT / "benchmarks" / "results" / "capacity.json"
BASE_PORT: Final = 9_100
PASSPHRASE: Final = "passphrase"
READY_S: Final = 60.0
ANSWER_S: Final = 5.0


class CapacityResult(msgspec.Struct, frozen=True):
    """One run. ``per_second_by_processor_time`` is what a core would carry that never waits."""

    machine: Machine
    date: str
    commit: str
    core: int
    blocks: int
    transfers: int
    transfers_per_block: int
    seconds: float
    transfers_per_second: float
    cpu_us_per_transfer: float
    per_second_by_processor_time: float
    cpu_share_of_its_core: float
    cpu_share_of_others: float
    bare_verifies_per_second: float
    bare_syncs_per_second: float
    ratios: dict[str, Ratio]
    state_root_equal: bool


class Home(NamedTuple):
    """The measured validator's files, and where it will listen."""

    path: Path
    genesis: Genesis
    ports: config.Ports


def make_home(directory: Path, base_port: int) -> Home:
    """A home whose key has the fourth seat of a network that begins now."""
    path, ports = directory / "node", config.Ports(base_port, base_port + 1, base_port + 2)
    passphrase = directory / PASSPHRASE
    create_private(passphrase, b"a benchmark's\n")
    text = config.config_text(ON_LOOPBACK, ports, {}, str(passphrase))
    key = config.create_home(path, text, b"a benchmark's")
    now_ms = time.time_ns() // 1_000_000
    genesis = founders.genesis(now_ms - founders.HOUR_MS, {MEASURED: key})
    create_private(path / config.GENESIS, genesis_text(genesis))
    return Home(path, genesis, ports)


@asynccontextmanager
async def validator(home: Home, core: int, others: set[int]) -> AsyncIterator[tuple[int, HttpNode]]:
    """The node, ready, on one core; this process on the others."""
    os.sched_setaffinity(0, {core})
    try:
        process = await spawned(home.path)
    finally:
        os.sched_setaffinity(0, others)
    try:
        async with open_nodes([f"http://{LOOPBACK}:{home.ports.api}"], ANSWER_S) as [node]:

            async def stands() -> bool:
                if process.returncode is not None:
                    raise RuntimeError((home.path / LOG).read_text())
                with suppress(Fault):
                    await node.status()
                    return True
                return False

            await until("the validator stands", stands, READY_S)
            yield process.pid, node
    finally:
        await stopped(process, f"the node of {home.path}", STOP_S)


class Played(NamedTuple):
    """How long the measured blocks took, what the validator used for them, and how it ended."""

    seconds: float
    cpu_s: float
    root: str


async def play(home: Home, recording: Recording, core: int, others: set[int]) -> Played:
    """Have the validator carry the recording. Raises ``RuntimeError``."""
    async with validator(home, core, others) as (pid, node):
        player = Player(home.genesis, Address(LOOPBACK, home.ports.peer))
        await player.start()
        try:
            await player.play(recording.funding)
            begun_s, before = time.perf_counter(), _cpu_s(pid)
            await player.play(recording.blocks)
            top = recording.blocks[-1].height

            async def is_certified() -> bool:
                return (await node.status()).certified_height == top

            await until("the last height is certified", is_certified, READY_S)
            seconds, used_s = time.perf_counter() - begun_s, _cpu_s(pid) - before
            root = (await node.status()).state_root
        finally:
            await player.stop()
    return Played(seconds, used_s, root)


def _cpu_s(pid: int) -> float:
    used: Usage = usage(snapshot(), pid)
    return used.own_cpu_s + used.children_cpu_s


def measured(options: argparse.Namespace, directory: Path) -> CapacityResult:
    """One whole run."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise RuntimeError("this takes two cores: one for the validator, one for its peers")
    bare, others = machine.bare(directory), Others()
    home = make_home(directory, options.base_port)
    size, senders = options.size, options.senders
    workshop = Workshop()
    try:
        recording = record(
            directory / "solo",
            home.genesis,
            senders,
            size,
            lambda terms: workshop.transfers(terms, 0, options.blocks * size),
        )
    finally:
        workshop.close()
    played = uvloop.run(play(home, recording, cores[0], set(cores[1:])))
    transfers = sum(block.transactions for block in recording.blocks)
    cpu_us = played.cpu_s / transfers * 1e6
    return CapacityResult(
        machine=machine.describe(),
        date=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        commit=machine.commit(ROOT),
        core=cores[0],
        blocks=options.blocks,
        transfers=transfers,
        transfers_per_block=size,
        seconds=round(played.seconds, 2),
        transfers_per_second=round(transfers / played.seconds, 1),
        cpu_us_per_transfer=round(cpu_us, 1),
        per_second_by_processor_time=round(1e6 / cpu_us, 1),
        cpu_share_of_its_core=round(played.cpu_s / played.seconds, 3),
        cpu_share_of_others=round(others.share(), 2),
        bare_verifies_per_second=round(bare.verifies_per_second, 1),
        bare_syncs_per_second=round(bare.syncs_per_second, 1),
        ratios=ratios(transfers / played.seconds, cpu_us, bare),
        state_root_equal=played.root == recording.root.hex(),
    )


def ratios(a_second: float, cpu_us: float, bare: Bare) -> dict[str, Ratio]:
    """The rate and the cost, over bare checks and syncs; a core makes its share of the checks."""
    of_a_core = bare._replace(verifies_per_second=bare.verifies_per_second / bare.cores, cores=1)
    return {
        "transfers_per_second": of_a_core.of_rate(a_second),
        "cpu_us_per_transfer": of_a_core.of_time(cpu_us),
    }


def told(result: CapacityResult) -> str:
    """The document as people read it."""
    ratio = result.ratios["cpu_us_per_transfer"].bare_verifies
    return "\n".join(
        [
            f"{result.transfers} transfers in {result.blocks} blocks on core {result.core}",
            f"{result.transfers_per_second:10.0f}  a second, as the clock went",
            f"{result.per_second_by_processor_time:10.0f}  for each second of its core's time",
            f"{result.cpu_us_per_transfer:10.1f}  us a transfer, {ratio:.2f} bare checks",
            f"{result.cpu_share_of_its_core:10.0%}  of the core were its own",
            f"{result.cpu_share_of_others:10.0%}  of all cores had other work, the player's but",
            f"{'equal' if result.state_root_equal else 'DIFFERENT':>10}  state roots",
        ]
    )


def main() -> int:
    """Measure, write the document, print it; 1 if the validator came to another state."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.capacity")
    parser.add_argument("--blocks", type=int, default=60)
    parser.add_argument("--size", type=int, default=399, help="transfers a block, of three lanes")
    parser.add_argument("--senders", type=int, default=10_000)
    parser.add_argument("--base-port", type=int, default=BASE_PORT)
    parser.add_argument("--result", type=Path, default=RESULT, help="where the document goes")
    options = parser.parse_args()
    logs.configure(level="error")
    try:
        with tempfile.TemporaryDirectory(prefix="liqbon-capacity-") as directory:
            result = measured(options, Path(directory))
    except* (RuntimeError, TimeoutError) as errors:
        print(f"capacity: {errors.exceptions[0]}", file=sys.stderr)
        sys.exit(1)
    options.result.parent.mkdir(parents=True, exist_ok=True)
    options.result.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
    print(told(result))
    return 0 if result.state_root_equal else 1


if __name__ == "__main__":
    sys.exit(main())
