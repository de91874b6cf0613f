"""The auditor as a process: killed, interrupted, resumed; its workers; a bar and one document."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from audit.home import last_verified
from primitives.encoding import encode
from tests.builders import a_person
from tests.fakes.chain_node import Handler, served_chain
from tests.fakes.chains import Chain

pytestmark = pytest.mark.integration

HEIGHTS = 60
ALICE, BOB = a_person("alice"), a_person("bob")


@pytest.fixture(scope="module")
def chain() -> Chain:
    chain = Chain()
    chain.block([chain.mint(ALICE, 5_000, "r-1")])
    while len(chain.blocks) < HEIGHTS:
        chain.block([chain.transfer(ALICE, (BOB, 10_000))])
    return chain


class Slow:
    """A node that takes its time over each block above a height, and keeps some back for good."""

    def __init__(self, above: int) -> None:
        self.above = above
        self.held = HEIGHTS
        """Blocks above this height are not handed out."""
        self.asked = 0

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        prefix, _, height = request.path.rpartition("/")
        if prefix == "/v1/blocks":
            self.asked = max(self.asked, int(height))
            await asyncio.sleep(0.05 * max(0, int(height) - self.above))
            while int(height) > self.held:  # noqa: ASYNC110 - set from another thread
                await asyncio.sleep(0.02)
        return await handler(request)

    def reached(self, height: int) -> None:
        until = time.monotonic() + 20
        while self.asked < height:
            assert time.monotonic() < until, "the auditor does not ask"
            time.sleep(0.01)


@pytest.fixture
def slow() -> Slow:
    return Slow(above=HEIGHTS)


@pytest.fixture
def url(chain: Chain, slow: Slow) -> Iterator[str]:
    with served_chain(chain, slow) as url:
        yield url


class Auditor:
    """A home, and the command on it."""

    def __init__(self, path: Path, chain: Chain, url: str) -> None:
        self.home = path / "home"
        genesis = path / "genesis.bin"
        genesis.write_bytes(encode(chain.genesis))
        command = [sys.executable, "-m", "audit.cli", "verify", "--node", url]
        self.command = [*command, "--home", str(self.home), "--genesis", str(genesis)]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self.command, "--output", "json", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Whoever runs the tests in the background of a shell has it ignored, and children too.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def run(self, *arguments: str) -> Any:
        process = self.start(*arguments)
        output, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        assert errors == ""
        return json.loads(output)

    @property
    def height(self) -> int:
        return last_verified(self.home, None).ledger.height


@pytest.fixture
def auditor(tmp_path: Path, chain: Chain, url: str) -> Auditor:
    return Auditor(tmp_path, chain, url)


def children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_the_whole_chain_with_several_processes(auditor: Auditor, chain: Chain) -> None:
    document = auditor.run("--processes", "2")
    last = chain.blocks[-1].certificate
    assert last is not None
    assert document["verified"]["state_root"] == last.attestation.state_root.hex()
    assert document["total"]["done"] == HEIGHTS
    assert document["run"]["processes"] == 2


def test_a_kill_loses_what_came_after_the_checkpoint_and_nothing_else(
    auditor: Auditor, slow: Slow
) -> None:
    auditor.run("--to", "20")
    slow.above = 25
    process = auditor.start()
    slow.reached(40)
    workers = children(process.pid)
    process.kill()
    process.wait(10)
    assert auditor.height == 20
    until = time.monotonic() + 10
    while not all(map(gone, workers)):
        assert time.monotonic() < until, "workers outlive the audit"
        time.sleep(0.05)
    assert workers
    slow.above = HEIGHTS
    document = auditor.run()
    assert (document["run"]["after"], document["verified"]["height"]) == (20, HEIGHTS)
    assert document["total"]["done"] == HEIGHTS


def test_an_interrupt_keeps_what_was_verified(auditor: Auditor, slow: Slow) -> None:
    auditor.run("--to", "20")
    slow.above = slow.held = 40
    process = auditor.start()
    slow.reached(41)
    time.sleep(2.0)  # what is verified is only seen once it has ended; no more than 40 can be
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert json.loads(output)["error"]["code"] == "interrupted"
    assert 20 < auditor.height <= 40
    slow.above = slow.held = HEIGHTS
    assert auditor.run()["total"]["done"] == HEIGHTS


def test_a_terminal_gets_a_bar_and_the_answer_stays_clean(auditor: Auditor, slow: Slow) -> None:
    slow.above = 40
    master, slave = os.openpty()
    process = subprocess.Popen(auditor.command, stdout=subprocess.PIPE, stderr=slave, text=True)
    os.close(slave)
    output, _ = process.communicate(timeout=60)
    os.set_blocking(master, False)
    shown = os.read(master, 1_000_000).decode()
    os.close(master)
    assert process.returncode == 0
    assert "verifying" in shown
    assert f"of {HEIGHTS}" in shown
    assert "Nothing is wrong up to this height." in output
    assert "\x1b" not in output
