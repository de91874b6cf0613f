"""Nodes on one machine. Knows how to start, kill, restart and stop them; not what they say.

Ends only what it started, by process id. The network runs in a session of its own, so that Ctrl-C
reaches this program alone, which then stops the others in order.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

from demo import api
from demo.commands import Unexpected, environment, find

BASE_PORT: Final = 7600
PORTS_A_NODE: Final = 10
MOST_NODES: Final = 5
"""The founders', and a newcomer's."""
RANGES: Final = 50
START_TIMEOUT_S: Final = 60.0
STOP_TIMEOUT_S: Final = 20.0
HOST: Final = "127.0.0.1"


class Ports(NamedTuple):
    """Where a node listens."""

    api: int
    peer: int
    metrics: int


class Node(NamedTuple):
    """A retailer's node."""

    partner: str
    url: str
    pid: int
    home: Path


def free_base(nodes: int = MOST_NODES, first: int = BASE_PORT) -> int:
    """The first base port, in steps of 100, of which every port that is needed is free."""
    for base in range(first, first + 100 * RANGES, 100):
        ports = [base + PORTS_A_NODE * i + offset for i in range(nodes) for offset in range(3)]
        if all(_is_free(port) for port in ports):
            return base
    raise Unexpected(f"no free ports from {first} on")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


class Network:
    """A development network in ``directory``; to be entered, and left stopped."""

    def __init__(
        self, directory: Path, base_port: int, parameters: dict[str, int] | None = None
    ) -> None:
        self.directory = directory
        self._parameters = parameters or {}
        self.base_port = base_port
        self.document: dict[str, Any] = {}
        self.nodes: dict[str, Node] = {}
        self._log = directory.parent / "network.log"
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Network:
        return self

    def __exit__(self, failing: type[BaseException] | None, *_: object) -> None:
        try:
            self.stop()
        except Unexpected:
            if failing is None:
                raise  # else what failed first is what is told

    def start(self) -> None:
        """Start all nodes and wait until they are ready. Raises ``Unexpected``."""
        words = ["--dir", str(self.directory), "--base-port", str(self.base_port)]
        for name, value in self._parameters.items():
            words += ["--set", f"{name}={value}"]
        process = self._spawn(subprocess.PIPE, "devnet", *words, "--output", "json")
        self.document = self._read_document(process)
        if "error" in self.document:
            error = self.document["error"]
            raise Unexpected(f"the network did not start: {error['message']} [{error['code']}]")
        for node in self.document["nodes"]:
            code, url, pid = node["partner"], node["api"], node["pid"]
            self.nodes[code] = Node(code, url, pid, Path(node["home"]))

    def ports(self, partner: str) -> Ports:
        """Where a node listens, or would, if it were the next one."""
        place = [*self.nodes, partner].index(partner)
        first = self.base_port + PORTS_A_NODE * place
        return Ports(first, first + 1, first + 2)

    def peer(self, partner: str) -> str:
        """Where it awaits other nodes."""
        return f"{HOST}:{self.ports(partner).peer}"

    def add(self, partner: str, home: Path) -> None:
        """Start a node more, whose settings name its ``ports``."""
        url = f"http://{HOST}:{self.ports(partner).api}"
        process = self._spawn(subprocess.DEVNULL, "start", "--home", str(home))
        node = Node(partner, url, process.pid, home)
        api.until(f"{partner} answers", lambda: self._answers(process, node), START_TIMEOUT_S)
        self.nodes[partner] = node

    def reload(self, partner: str) -> None:
        """Have a node read its peers' addresses and its keys again."""
        os.kill(self.nodes[partner].pid, signal.SIGHUP)

    def kill(self, partner: str) -> None:
        """Pull the plug of one node: SIGKILL, no time to write anything down."""
        node = self.nodes[partner]
        os.kill(node.pid, signal.SIGKILL)
        api.until(f"{partner} is dead", lambda: not _listens(node.url), 10)

    def restart(self, partner: str) -> None:
        """Start a killed node again, from what its disk holds."""
        node = self.nodes[partner]
        process = self._spawn(subprocess.DEVNULL, "start", "--home", str(node.home))
        self.nodes[partner] = node._replace(pid=process.pid)
        api.until(f"{partner} answers", lambda: self._answers(process, node), START_TIMEOUT_S)

    def stop(self) -> None:
        """Stop what was started, the newest first; SIGKILL only for what does not stop."""
        for process in reversed(self._processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        stuck = []
        for process in reversed(self._processes):
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                stuck.append(str(process.pid))
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        statuses = [process.returncode for process in self._processes]
        self._processes.clear()
        if stuck:
            raise Unexpected(f"did not stop in {STOP_TIMEOUT_S:.0f} s: process {', '.join(stuck)}")
        if any(statuses):
            raise Unexpected(f"stopped with exit status {statuses}{self._log_tail()}")

    def _spawn(self, output: int, *arguments: str) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [str(find("liqbon-node")), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=log,
                env=environment(),
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def _answers(self, process: subprocess.Popen[bytes], node: Node) -> bool:
        if process.poll() is not None:
            raise Unexpected(
                f"the node of {node.partner} ended with status {process.returncode}"
                + self._log_tail()
            )
        return bool(api.get(node.url, "/status"))

    def _read_document(self, process: subprocess.Popen[bytes]) -> dict[str, Any]:
        """The one JSON document that the network prints when it is ready."""
        assert process.stdout is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        text = b""
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while time.monotonic() < deadline:
                if not selector.select(0.2):
                    continue
                chunk = os.read(process.stdout.fileno(), 65_536)
                text += chunk
                try:
                    document: dict[str, Any] = json.loads(text)
                except ValueError:
                    if chunk:
                        continue
                    status = process.wait(STOP_TIMEOUT_S)
                    told = text.decode(errors="replace").strip()
                    raise Unexpected(
                        f"the network ended with status {status}: {told}{self._log_tail()}"
                    ) from None
                return document
        raise Unexpected(
            f"the network is not ready after {START_TIMEOUT_S:.0f} s{self._log_tail()}"
        )

    def _log_tail(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return "".join(f"\n  | {line[:300]}" for line in lines[-12:])


def _listens(url: str) -> bool:
    try:
        api.get(url, "/status")
    except Unexpected:
        return False
    return True
