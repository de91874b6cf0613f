"""A signer process beside a node of a town: its home, its socket, and how it comes and goes."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

from node import config
from shell.keyfile import replace_private
from tests.integration.processes import answer, document_of, kill, process
from tests.integration.town import Town


class Apart:
    """The signer of one partner's node. ``place`` is short: a socket's path has 107 bytes."""

    def __init__(self, town: Town, code: str, place: Path, later: contextlib.ExitStack) -> None:
        self.town = town
        self.code = code
        self.home = place / "signer"
        self.socket = self.home / "signer" / "socket"
        self._later = later
        self._running: subprocess.Popen[bytes] | None = None

    def move_out(self) -> None:
        """What an operator does: the keys go to a home of their own, and both homes name the
        socket."""
        node = self.town.node_home(self.code)
        self.home.mkdir(mode=0o700)
        shutil.move(node / "keys", self.home / "keys")
        shutil.copy(node / config.GENESIS, self.home / config.GENESIS)
        self.point(node)
        shutil.copy(node / config.CONFIG, self.home / config.CONFIG)

    def point(self, node: Path) -> None:
        """Have a node's home name the socket."""
        text = (node / config.CONFIG).read_text()
        text = text.replace("[key]\n", f'[key]\nsigner = "unix:{self.socket}"\n')
        replace_private(node / config.CONFIG, text.encode())

    def launch(self) -> None:
        words = ["signer", "--home", self.home, "--output", "json"]
        running = process("liqbon-node", *words, log=self.log)
        self._running = self._later.enter_context(running)
        document_of(self._running, self.log)

    def kill(self) -> None:
        """As a power cut does."""
        assert self._running is not None
        self._running.kill()
        kill(self._running.pid)

    def stop(self) -> None:
        assert self._running is not None
        self._running.terminate()
        assert self._running.wait(30) == 0, self.log.read_text()

    def signal(self, name: int) -> None:
        assert self._running is not None
        self._running.send_signal(name)

    @property
    def log(self) -> Path:
        return self.home / "signer.log"

    def keys(self) -> list[str]:
        """What its home holds."""
        keys: list[str] = answer("liqbon-node", "keys", "show", "--home", self.home)[
            "consensus_keys"
        ]
        return keys

    def rotate(self) -> str:
        """Another key, made where the signer has its keys, and announced by the admin: the key."""
        home = ["--home", str(self.home)]
        made: dict[str, Any] = answer("liqbon-node", "keys", "rotate", self.code, *home)
        self.signal(signal.SIGHUP)
        self.town.admin(self.code, "keys", "seat", made["token"], "--lost")
        key: str = made["consensus_key"]
        return key
