"""``make demo`` as a newcomer runs it, without the installation: it holds, and leaves nothing."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from demo.commands import Unexpected
from demo.network import Network
from tests.architecture.source import ROOT

pytestmark = [pytest.mark.integration, pytest.mark.slow]

SCENES = (
    "Four competing retailers start a node each",
    "Points from a real purchase log",
    "Deposits become LiqBon, at the published rate",
    "A customer pays another, and sees proof",
    "A node is killed in the middle of business",
    "A node lies about a balance",
    "The books",
)


def demo(place: Path, *options: str) -> subprocess.Popen[str]:
    """The demonstration, its temporary files in ``place``."""
    return subprocess.Popen(
        [sys.executable, "-m", "demo", "--base-port", "23600", *options],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(place), "LIQBON_NODE": "http://127.0.0.1:1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def living(place: Path) -> list[str]:
    """Command lines of processes that work in ``place``."""
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = line.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(place) in words:
            found.append(words)
    return found


def test_the_whole_story_holds_and_leaves_nothing_behind(tmp_path: Path) -> None:
    run = demo(tmp_path, "--once")
    told, _ = run.communicate(timeout=300)
    assert run.returncode == 0, told
    titles = re.findall(r"^\d+\. (.*)$", told, flags=re.MULTILINE)
    assert tuple(titles) == SCENES
    assert re.search(r"final at height \d+, attested by [34] of 4, \d+ ms from sending", told)
    assert "\x1b" not in told
    assert max(map(len, told.splitlines())) <= 110
    assert list(tmp_path.iterdir()) == []
    assert living(tmp_path) == []


def test_stopped_half_way_it_stops_what_it_started(tmp_path: Path) -> None:
    run = demo(tmp_path)
    assert run.stdout is not None
    told = ""
    while "\n2. " not in told:
        line = run.stdout.readline()
        assert line, told
        told += line
    assert living(tmp_path) != []
    run.send_signal(signal.SIGTERM)
    rest, _ = run.communicate(timeout=60)
    assert run.returncode == 130, told + rest
    assert "everything is stopped" in rest
    deadline = time.monotonic() + 10
    while living(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert living(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_network_that_cannot_start_says_why_and_is_stopped(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 23990))
        taken.listen()
        network = Network(tmp_path / "network", 23990)
        with (
            pytest.raises(Unexpected, match=r"(?s)did not start.*bramble.*\[node_ended\]"),
            network,
        ):
            network.start()
    assert living(tmp_path) == []
