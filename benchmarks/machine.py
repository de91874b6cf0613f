"""What this machine can do without us: cores, signature checks, disk syncs. Knows no network."""

from __future__ import annotations

import os
import platform
import subprocess
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Final

import msgspec

from benchmarks.population import holder
from benchmarks.ratios import Bare
from primitives.keys import ED25519

VERIFY_S: Final = 2.0
READY_S: Final = 0.3
"""Each process sleeps so long once, so that all of them stand before the clock starts."""
SYNC_S: Final = 1.0
SYNC_BYTES: Final = 4096
_ROUND: Final = 100


class Machine(msgspec.Struct, frozen=True):
    """Where a result was measured."""

    processor: str
    cores: int
    memory_bytes: int
    system: str
    python: str


def describe() -> Machine:
    """This machine, as far as Linux tells."""
    return Machine(
        processor=_field(Path("/proc/cpuinfo"), "model name") or platform.processor() or "unknown",
        cores=os.cpu_count() or 1,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        system=platform.platform(),
        python=platform.python_version(),
    )


def _field(path: Path, name: str) -> str | None:
    if not path.is_file():
        return None
    for line in path.read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None


def commit(root: Path) -> str:
    """The commit that is measured, with ``+changes`` if files differ from it; else ``unknown``."""
    try:
        revision = _git(root, "rev-parse", "HEAD")
        changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return revision + ("+changes" if changed else "")


def _git(root: Path, *arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(
        command, cwd=root, check=True, capture_output=True, text=True
    ).stdout.strip()


def bare(directory: Path) -> Bare:
    """Both, one after the other; the syncs in ``directory``."""
    return Bare(verifies_per_second(), syncs_per_second(directory), os.cpu_count() or 1)


def verifies_per_second(seconds: float = VERIFY_S) -> float:
    """Ed25519 checks a second of all cores together, a process each, nothing else done."""
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        for ready in [pool.submit(time.sleep, READY_S) for _ in range(cores)]:
            ready.result()
        return sum(pool.map(_verify, [seconds] * cores))


def _verify(seconds: float) -> float:
    key = holder("verifier").key
    message = b"what a transaction's signature is over: its domain, and 32 bytes"
    signature, public_key, verify = key.sign(message), key.public_key, ED25519.verify
    begun, done = perf_counter(), 0
    while perf_counter() - begun < seconds:
        for _ in range(_ROUND):
            assert verify(public_key, message, signature), "a good signature was refused"
        done += _ROUND
    return done / (perf_counter() - begun)


def syncs_per_second(directory: Path, seconds: float = SYNC_S) -> float:
    """Appends of 4 KiB a second to one file in ``directory``, each made durable before the next."""
    block = os.urandom(SYNC_BYTES)
    with tempfile.TemporaryFile(dir=directory) as file:
        descriptor, done, begun = file.fileno(), 0, perf_counter()
        while perf_counter() - begun < seconds:
            os.write(descriptor, block)
            os.fdatasync(descriptor)
            done += 1
        return done / (perf_counter() - begun)
