"""Real node processes for tests: started by the installed command, ended by process id alone."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

BIN: Final = Path(sysconfig.get_path("scripts"))
PATIENCE_S: Final = 60.0


def command(name: str, *words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one of our commands to its end."""
    return subprocess.run(
        [str(BIN / name), *map(str, words)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env=clean_environment() | environment,
    )


def answer(name: str, *words: object) -> dict[str, Any]:
    """The JSON document of a command that succeeds."""
    outcome = command(name, *words, "--output", "json")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    document: dict[str, Any] = json.loads(outcome.stdout)
    return document


def clean_environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("LIQBON_")}


@contextlib.contextmanager
def process(name: str, *words: object, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A command that runs until it is told to stop; killed at the end if it still runs."""
    with log.open("ab") as errors:
        running = subprocess.Popen(
            [str(BIN / name), *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=clean_environment(),
        )
    try:
        yield running
    finally:
        if running.poll() is None:
            running.terminate()
            try:
                running.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
        assert running.stdout is not None
        running.stdout.close()


def document_of(running: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    """The one JSON document that a running command prints."""
    assert running.stdout is not None
    deadline = time.monotonic() + PATIENCE_S
    text = b""
    with selectors.DefaultSelector() as selector:
        selector.register(running.stdout, selectors.EVENT_READ)
        while time.monotonic() < deadline:
            if not selector.select(0.2):
                continue
            chunk = os.read(running.stdout.fileno(), 65_536)
            text += chunk
            with contextlib.suppress(ValueError):
                document: dict[str, Any] = json.loads(text)
                return document
            assert chunk, f"it ended: {text!r}\n{log.read_text()}"
    raise AssertionError(f"no document in time: {text!r}\n{log.read_text()}")


def get(url: str) -> tuple[int, Any]:
    """Status and JSON of an answer; (0, None) where nobody listens."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
    except OSError:
        return 0, None


def until(what: str, condition: Callable[[], object]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that nobody waited for yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def kill(pid: int) -> None:
    """SIGKILL, and wait until it is gone."""
    os.kill(pid, signal.SIGKILL)
    until(f"{pid} is gone", lambda: not is_alive(pid))


def free_base(nodes: int) -> int:
    """A base port of which all that are needed are free now."""
    for base in range(21_000 + os.getpid() % 100 * 100, 60_000, 100):
        ports = [base + 10 * node + offset for node in range(nodes) for offset in range(3)]
        if all(map(_is_free, ports)):
            return base
    raise AssertionError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
