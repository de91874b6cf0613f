"""A wallet as a test types at it: home, network, and its commands in this process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from client.home import Home
from primitives.address import address, single_key
from primitives.genesis import Genesis
from shell.mnemonic import account_key, sentence_seed
from tests.builders import Person
from tests.fakes.network import (
    WORDS,
    Network,
)
from wallet.cli import cli


def the_owner(words: str = WORDS, account: int = 0) -> Person:
    """Who a wallet's words are."""
    key = account_key(sentence_seed(words), account)
    return Person("owner", (key,), single_key(key.public_key))


def invoke(line: str, *paths: Path, stdin: str = "") -> Result:
    """A command typed as a line; each ``@`` stands for the next path."""
    given = iter(paths)
    words = [str(next(given)) if word == "@" else word for word in line.split()]
    return CliRunner().invoke(cli, words, input=stdin)


@dataclass
class Wallet:
    """A wallet with a network behind it."""

    network: Network
    genesis: Genesis
    home: Home
    path: Path

    def run(self, *arguments: str, home: Path | None = None, stdin: str = "") -> Result:
        path = home or self.path
        return CliRunner().invoke(
            cli,
            [*arguments, "--home", str(path)],
            input=stdin,
            env={"LIQBON_PASSPHRASE_FILE": str(self.path.with_suffix(".pass"))},
        )

    def json(self, *arguments: str, status: int = 0) -> Any:
        result = self.run(*arguments, "--output", "json")
        assert result.exit_code == status, (result.stdout, result.stderr)
        return json.loads(result.stdout)

    def name(self, person: Person) -> str:
        return address(person.account, self.genesis.network)
