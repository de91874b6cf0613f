"""Four node processes: money moves, one dies and returns, all stop cleanly and start again."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from client.home import parse_genesis
from node.frames import framed
from node.identity import Identity, KeyVoice
from primitives.genesis import chain_id, validators_of
from tests import builders
from tests.integration.processes import (
    answer,
    command,
    document_of,
    free_base,
    get,
    is_alive,
    kill,
    process,
    until,
)

pytestmark = pytest.mark.integration


@dataclass
class Network:
    """A running development network, and what it printed."""

    directory: Path
    base: int
    running: subprocess.Popen[bytes]
    document: dict[str, Any]
    later: contextlib.ExitStack

    @property
    def nodes(self) -> list[dict[str, Any]]:
        nodes: list[dict[str, Any]] = self.document["nodes"]
        return nodes

    @property
    def options(self) -> list[str]:
        return ["--dir", str(self.directory), "--base-port", str(self.base), "--output", "json"]

    def status(self, node: int) -> dict[str, Any] | None:
        status: dict[str, Any] | None = get(f"{self.nodes[node]['api']}/v1/status")[1]
        return status

    def height(self, node: int) -> int:
        status = self.status(node)
        return -1 if status is None else int(status["certified_height"])

    def deposit(self, points: int, reference: str) -> dict[str, Any]:
        """The first partner mints for the first customer."""
        partner, customer = self.document["partners"][0], self.document["accounts"][0]
        words = ["--programme", partner["programmes"][0]["code"], "--points", str(points)]
        words += ["--to", customer["address"], "--reference", reference, "--yes"]
        return answer("liqbon-partner", "deposit", *words, *self._keys(partner))

    def send(self, amount: str) -> dict[str, Any]:
        """The first customer pays the second."""
        first, second = self.document["accounts"]
        words = ["send", second["address"], amount, "--yes"]
        return answer("liqbon-wallet", *words, *self._keys(first))

    def balance(self, customer: int) -> str:
        home = self.document["accounts"][customer]["home"]
        total: str = answer("liqbon-wallet", "balance", "--home", home)["total"]
        return total

    @staticmethod
    def _keys(owner: dict[str, Any]) -> list[str]:
        return ["--home", owner["home"], "--passphrase-file", owner["passphrase_file"]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("network")


@pytest.fixture(scope="module")
def network(place: Path) -> Iterator[Network]:
    base, log, directory = free_base(4), place / "log", place / "net"
    words = ["devnet", "--dir", directory, "--base-port", base, "--output", "json"]
    with contextlib.ExitStack() as later:
        running = later.enter_context(process("liqbon-node", *words, log=log))
        yield Network(directory, base, running, document_of(running, log), later)


def test_all_nodes_are_ready_where_the_document_says(network: Network) -> None:
    for index, node in enumerate(network.nodes):
        base = network.base + 10 * index
        assert node["api"] == f"http://127.0.0.1:{base}"
        assert node["peer"] == f"127.0.0.1:{base + 1}"
        assert get(f"{node['api']}/health/ready") == (200, {"ok": True, "reason": None})
        assert is_alive(node["pid"])
    genesis = parse_genesis(Path(network.document["genesis"]).read_bytes())
    assert network.document["chain"] == chain_id(genesis).hex()
    asked = [word for node in network.nodes for word in ("--node", node["api"])]
    statuses = answer("liqbon-node", "status", *asked)["nodes"]
    assert [entry["status"]["partner"] for entry in statuses] == [
        node["partner"] for node in network.nodes
    ]
    assert all(entry["status"]["ready"] for entry in statuses)


def test_a_deposit_is_minted_and_a_payment_is_final(network: Network) -> None:
    minted = network.deposit(1_000, "receipt 1")
    assert minted["deposit"]["state"] == "minted"
    network.send("2.5")
    assert (network.balance(0), network.balance(1)) == ("7.5", "2.5")


def test_a_killed_node_is_not_missed_and_catches_up_when_it_returns(network: Network) -> None:
    dead = network.nodes[3]
    kill(dead["pid"])
    for _ in range(3):
        network.send("0.5")
    height = network.height(0)
    log = network.directory / "restart.log"
    with process("liqbon-node", "start", "--home", dead["home"], log=log) as returned:
        until("the node has caught up", lambda: network.height(3) >= height)
        until("it is ready", lambda: get(f"{dead['api']}/health/ready")[0] == 200)
        network.send("0.5")
        until("it follows", lambda: network.height(3) == network.height(0))
        here, there = network.status(0), network.status(3)
        assert here is not None
        assert there is not None
        assert here["state_root"] == there["state_root"]
        again = command("liqbon-node", "start", "--home", dead["home"], "--output", "json")
        assert again.returncode == 1
        assert '"home_in_use"' in again.stdout
        returned.terminate()
        assert returned.wait(20) == 0, "SIGTERM is a clean stop"


def test_a_stranger_is_refused_by_a_running_node(network: Network) -> None:
    """[NET-1] A key that genesis does not name; then a member's certificate without a hello."""
    genesis = parse_genesis(Path(network.document["genesis"]).read_bytes())
    members = validators_of(genesis)
    stranger = Identity(chain_id(genesis), members, 0, KeyVoice(builders.a_key("a stranger")))
    host, port = network.nodes[1]["peer"].split(":")

    async def knock() -> bytes:
        context = stranger.credential().client
        reader, writer = await asyncio.open_connection(
            host, int(port), ssl=context, server_hostname=""
        )
        writer.write(framed(b"let me in"))
        try:
            return await asyncio.wait_for(reader.read(), 20)
        except ConnectionError:
            return b""
        finally:
            writer.close()

    assert asyncio.run(knock()) == b"", "not even a hello"
    status = network.status(1)
    assert status is not None
    assert status["ready"]


def test_the_network_stops_with_every_node_and_starts_again(network: Network) -> None:
    """The node that was started by hand is stopped as well: it is of this network."""
    by_hand = ["start", "--home", network.nodes[3]["home"]]
    own_log = network.directory / "by-hand.log"
    returned = network.later.enter_context(process("liqbon-node", *by_hand, log=own_log))
    until("it is ready", lambda: get(f"{network.nodes[3]['api']}/health/ready")[0] == 200)
    balances = (network.balance(0), network.balance(1))
    heights = [network.height(node) for node in range(4)]
    network.running.send_signal(signal.SIGTERM)
    assert network.running.wait(30) == 0
    assert returned.wait(10) == 0
    assert not any(is_alive(node["pid"]) for node in network.nodes)
    log = network.directory / "again.log"
    with process("liqbon-node", "devnet", *network.options, log=log) as running:
        network.document = document_of(running, log)
        assert min(network.height(node) for node in range(4)) >= max(heights)
        assert (network.balance(0), network.balance(1)) == balances
        network.send("0.25")
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 0


def test_one_transfer_and_the_end(tmp_path: Path) -> None:
    words = ["--once", "--validators", 1, "--base-port", free_base(1), "--dir", tmp_path / "net"]
    document = answer("liqbon-node", "devnet", *words)
    assert document["transfer"]["amount"] == "1"
    assert len(document["nodes"]) == 1
    assert not is_alive(document["nodes"][0]["pid"])


def test_a_network_whom_nobody_sends_anything_closes_its_cycles(tmp_path: Path) -> None:
    """[IDLE-1] [LEDGER-27] And it has the custodians and the deadlines that it was asked for."""
    log = tmp_path / "log"
    words = ["--validators", 1, "--base-port", free_base(1), "--dir", tmp_path / "net"]
    words += ["--set", "settlement_cycle_ms=2000", "--set", "payment_term_ms=9000"]
    with process("liqbon-node", "devnet", *words, "--output", "json", log=log) as running:
        document = document_of(running, log)
        duties = {each["code"]: each["settlement"] for each in document["custodians"]}
        assert duties == {"quayside": False, "tollhouse": True}
        for keeper in document["custodians"]:
            shown = answer("liqbon-wallet", "address", "--home", keeper["home"])
            assert shown["address"] == keeper["address"]
        genesis = parse_genesis(Path(document["genesis"]).read_bytes())
        assert genesis.parameters.payment_term_ms == 9_000
        [node] = document["nodes"]
        until("cycles closed", lambda: get(f"{node['api']}/v1/settlement")[1]["cycle"] >= 4)
        status, page = get(f"{node['api']}/v1/settlement/cycles")
        assert status == 200
        assert [cycle["cycle"] for cycle in page["items"]][-3:] == [3, 2, 1]


def test_nodes_do_not_outlive_the_network_that_started_them(tmp_path: Path) -> None:
    log = tmp_path / "log"
    words = ["--validators", 1, "--base-port", free_base(1), "--dir", tmp_path / "net"]
    with process("liqbon-node", "devnet", *words, "--output", "json", log=log) as running:
        [node] = document_of(running, log)["nodes"]
        running.kill()
        running.wait()
        until("the node has stopped", lambda: not is_alive(node["pid"]))
        home = Path(node["home"])
        (home / "config.toml").write_text("[api]\nport = 'high'\n")
        refused = command("liqbon-node", "start", "--home", home, "--output", "json")
        assert refused.returncode == 2
        assert "api.port" in refused.stdout


def test_a_network_can_be_stopped_while_it_starts(tmp_path: Path) -> None:
    log = tmp_path / "log"
    words = ["--validators", 1, "--base-port", free_base(1), "--dir", tmp_path / "net"]
    with process("liqbon-node", "devnet", *words, log=log) as running:
        until("a node is being started", lambda: list(tmp_path.glob("net/nodes/*/node.log")))
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 0, log.read_text()
    genesis = tmp_path / "net" / "genesis.json"
    assert genesis.exists()
    answer("liqbon-node", "devnet", *words, "--once")
