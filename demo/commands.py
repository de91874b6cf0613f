"""Runs the installed commands, as a person would type them. Knows statuses; nothing of ours.

Every command is asked for its one JSON document; its exit status is part of the answer.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

TIMEOUT_S: Final = 120.0


class Unexpected(Exception):
    """Something did not go as the story says. The text is for people."""


class Answer(NamedTuple):
    """What a command said. ``told`` is its standard error; ``took_s`` includes its start-up."""

    status: int
    document: Any
    told: str
    took_s: float


def find(name: str) -> Path:
    """The installed command: beside the running interpreter, else on the path."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise Unexpected(f"{name} is not installed: run 'make install' first")
    return Path(found)


def environment() -> dict[str, str]:
    """Ours, without settings of LiqBon that the person may have: the story brings its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LIQBON")}


def start_up_s() -> float:
    """Seconds that a command takes which does nothing but begin: how fast this machine is now."""
    started = time.monotonic()
    words = [str(find("liqbon-wallet")), "balance", "--help"]
    subprocess.run(words, capture_output=True, timeout=TIMEOUT_S, env=environment(), check=True)
    return time.monotonic() - started


def run(name: str, *arguments: str | Path, expect: Sequence[int] = (0,)) -> Answer:
    """Run a command to its end. Raises ``Unexpected`` for another status than expected."""
    words = [str(find(name)), *map(str, arguments), "--output", "json"]
    started = time.monotonic()
    try:
        done = subprocess.run(
            words,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=TIMEOUT_S,
            env=environment(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unexpected(f"no end in {TIMEOUT_S:.0f} s: {shown(words)}") from None
    took_s = time.monotonic() - started
    if done.returncode not in expect:
        told = (done.stderr.strip() + "\n" + done.stdout.strip()).strip()
        raise Unexpected(f"exit status {done.returncode} of: {shown(words)}\n{told}")
    try:
        document = json.loads(done.stdout) if done.stdout.strip() else None
    except ValueError:
        raise Unexpected(f"no JSON document: {shown(words)}\n{done.stdout[:500]}") from None
    return Answer(done.returncode, document, done.stderr, took_s)


def shown(words: Sequence[str]) -> str:
    """A command as one would type it."""
    return " ".join([Path(words[0]).name, *words[1:]])


def expect(truth: bool, text: str) -> None:
    """Go on only if it is so. Raises ``Unexpected``."""
    if not truth:
        raise Unexpected(text)
