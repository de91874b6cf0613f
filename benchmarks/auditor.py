"""``liqbon-audit verify`` as a benchmark runs it: a process of its own, and what it says.

Knows the command and the part of its document that is read here; the reference of both is
docs/reference/cli/audit.md.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

ROOT: Final = Path(__file__).resolve().parents[1]
TIMEOUT_S: Final = 600.0
_IDS: Final = 2**256


class Verified(msgspec.Struct, frozen=True):
    """Up to where, and with which root."""

    height: int
    state_root: str


class Run(msgspec.Struct, frozen=True):
    """How long it took, and with how many processes beside the one that executes."""

    seconds: float
    transactions_per_second: float
    processes: int


class Total(msgspec.Struct, frozen=True):
    """What became of all transactions."""

    transactions: int
    done: int
    refused: int
    skipped: int
    done_ids: str


class Sums(msgspec.Struct, frozen=True):
    """The size of the state."""

    entries: int


class Audited(msgspec.Struct, frozen=True):
    """The part of ``audit.documents.VerifyDocument`` that benchmarks read."""

    verified: Verified
    run: Run
    total: Total
    sums: Sums


def command(url: str, genesis: Path, home: Path) -> list[str]:
    """The auditor from genesis to the newest height, in a home of its own."""
    asked = ["verify", "--node", url, "--genesis", str(genesis), "--home", str(home)]
    return [sys.executable, "-m", "audit.cli", *asked, "--output", "json"]


async def audited(url: str, genesis: Path, last: int) -> Audited | None:
    """What the auditor says of the chain up to height ``last``; None: it does not hold."""
    with tempfile.TemporaryDirectory(prefix="liqbon-auditor-") as home:
        arguments = [*command(url, genesis, Path(home)), "--to", str(last)]
        process = await asyncio.create_subprocess_exec(
            *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(TIMEOUT_S):
            output, _ = await process.communicate()
    if process.returncode:
        sys.stderr.write(output.decode())
        return None
    return msgspec.json.decode(output, type=Audited)


def sum_of(ids: Iterable[bytes]) -> str:
    """Stands for a set of ids, so that what was sent and what was done can be compared."""
    return (sum(int.from_bytes(id_, "big") for id_ in ids) % _IDS).to_bytes(32, "big").hex()
