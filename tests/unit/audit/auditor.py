"""The command that verifies, as somebody at a terminal runs it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from audit.cli import cli
from primitives.encoding import encode
from primitives.genesis import chain_id
from tests.fakes.chains import Chain


class Auditor:
    """A home, a genesis and the command."""

    def __init__(self, path: Path, chain: Chain) -> None:
        self.home = path / "home"
        self.genesis = path / "genesis.bin"
        self.genesis.write_bytes(encode(chain.genesis))
        self.folder = self.home / chain_id(chain.genesis).hex()

    def run(self, url: str, *arguments: str) -> Result:
        options = ["--node", url, "--home", str(self.home), "--processes", "1"]
        if not self.folder.exists():
            options += ["--genesis", str(self.genesis)]
        return CliRunner().invoke(cli, ["verify", *options, *arguments])

    def json(self, url: str, *arguments: str) -> tuple[int, Any]:
        result = self.run(url, *arguments, "--output", "json")
        return status(result), json.loads(result.stdout)


def status(result: Result) -> int:
    """What the process exits with."""
    return result.exit_code


def code(result: Result) -> str:
    """Of the error that was told."""
    found = re.search(r"\[([a-z_]+)\]$", result.stderr, re.MULTILINE)
    return found.group(1) if found else ""
