"""One run of the model checker: generate, compile, search. Knows Spin's options and its output."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.model.cases import Case

MODELS = Path(__file__).resolve().parents[2] / "docs" / "spec" / "model"
PACKAGES = {"spin": "spin", "gcc": "gcc"}
"""Command, and the Debian package that has it."""
DEPTH = 3_000_000
MEMORY_MB = 9_000
COMPILED = ("-DSAFETY", "-DNOREDUCE", "-DCOLLAPSE", f"-DMEMLIM={MEMORY_MB}", "-w")


class Answer(NamedTuple):
    """What a search found. ``complete``: every state within the bounds was visited."""

    holds: bool
    complete: bool
    states: int
    transitions: int
    depth: int
    memory_mb: int
    seconds: float
    violated: str


def missing() -> list[str]:
    """Debian packages that this machine lacks."""
    return [package for command, package in PACKAGES.items() if shutil.which(command) is None]


def search(case: Case) -> Answer:
    """Visit every state of a case; stops at the first violation."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="liqbon-model-") as folder:
        definitions = [f"-D{definition}" for definition in case.definitions]
        _run(folder, "spin", "-a", *definitions, str(MODELS / f"{case.model}.pml"))
        # Compiling well takes longer than a small search.
        level = "-O0" if case.quick else "-O2"
        _run(folder, "gcc", level, *COMPILED, "-o", "pan", "pan.c")
        said = _run(folder, "./pan", f"-m{DEPTH}", "-w24")
    return _answer(said, time.monotonic() - started)


def _run(folder: str, *command: str) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=True, errors="replace"
    )
    return done.stdout


def _answer(said: str, seconds: float) -> Answer:
    if "State-vector" not in said:
        raise RuntimeError(f"Spin said nothing of a search:\n{said[-2000:]}")
    errors = _number(r"errors: (\d+)", said)
    cut_short = "Search not completed" in said or "max search depth too small" in said
    violated = re.search(r"assertion violated (.*) \(at depth", said)
    return Answer(
        holds=errors == 0,
        complete=not cut_short,
        states=_number(r"(\d+) states, stored", said),
        transitions=_number(r"(\d+) transitions", said),
        depth=_number(r"depth reached (\d+)", said),
        memory_mb=_number(r"(\d+)\.\d+\s+total actual memory usage", said),
        seconds=round(seconds, 1),
        violated=violated[1] if violated else "",
    )


def _number(pattern: str, said: str) -> int:
    found = re.search(pattern, said)
    if found is None:
        raise RuntimeError(f"nothing like {pattern!r} in:\n{said[-2000:]}")
    return int(found[1])
