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

ATTACKS = "Seven ways to cheat, tried with real keys"
SCENES = (
    "Four competing retailers start a node each",
    "Points become LiqBon, which are the customer's",
    "Alice pays Boris",
    "Points of one shop are spent at another",
    "The retailers settle with one another",
    "A newcomer begins with nothing",
    "People trade without an operator",
    ATTACKS,
    "A node is killed in the middle of business",
    "A fifth retailer joins, and validates",
    "A retailer stops paying",
    "An auditor who trusts nobody",
    "The books",
)
REFUSALS = (
    "limit_exceeded",
    "commitment_used",
    "not_issuer",
    "not_cashier",
    "signature_invalid",
    "certificate_quorum",
    "payment_not_claimed",
    "paid once",
)
"""Why each way to cheat fails, in the order of the table; the third has two."""
ENDS = (("arrives;", "0", "4.5", "0.5"), ("broken;", "2", "2.7", "0.3"))
"""Which order, and what Boris, Alice and Cleo get of it."""
MOST_WORDS = 1_250
"""A minute or two of reading, tables included."""


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
    told, _ = run.communicate(timeout=600)
    assert run.returncode == 0, told
    titles = re.findall(r"^\d+\. (.*)$", told, flags=re.MULTILINE)
    assert tuple(titles) == SCENES
    assert re.search(r"final after \d+ ms, signed by [34] of 4", told)
    table = told.partition(ATTACKS)[2].partition("proven")[0].splitlines()[2:]
    reasons = [line for line in table if line.strip()]
    assert len(reasons) == len(REFUSALS)
    for line, reason in zip(reasons, REFUSALS, strict=True):
        assert reason in line, line
    assert [line.split()[0] for line in reasons if line.split()[0].isdigit()] == list("1234567")
    assert "Cleo holds 5, Dora 3;" in told
    orders = [line.split() for line in told.splitlines() if line.startswith("   arrives")]
    for words, (which, *got) in zip(orders, ENDS, strict=True):
        assert which in words[:2]
        assert words[-3:] == got
    assert re.search(r"is signed by [45] of 5,\s+Marlpit Bakery among them", told)
    assert re.search(r"blocks of\s+3\s+epochs", told)
    assert re.search(r"is caught at\s+height\s+\d+:\s+batch_forged", told)
    assert told.count("proven  ") == len(SCENES) - 1
    assert len(told.split()) < MOST_WORDS
    assert "\x1b" not in told
    assert max(map(len, told.splitlines())) <= 110
    assert list(tmp_path.iterdir()) == []
    assert living(tmp_path) == []


@pytest.mark.parametrize(
    ("scene", "number"),
    [(2, signal.SIGTERM), (SCENES.index(ATTACKS) + 1, signal.SIGINT)],
    ids=["start", "attacks"],
)
def test_stopped_half_way_it_stops_what_it_started(
    tmp_path: Path, scene: int, number: signal.Signals
) -> None:
    run = demo(tmp_path)
    assert run.stdout is not None
    told = ""
    while f"\n{scene}. " not in told:
        line = run.stdout.readline()
        assert line, told
        told += line
    assert living(tmp_path) != []
    run.send_signal(number)
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
