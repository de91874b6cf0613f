"""The commands around a home's consensus keys, when it has one and when it has none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from client.tokens import make_seat
from node import cli_home, cli_seat, config
from node.documents import genesis_text
from node.keyring import FIRST, Keyring
from primitives.genesis import chain_id
from shell.errors import KeyFault
from shell.keyfile import create_private
from tests.builders import a_genesis

PASSPHRASE = b"of the house"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose last key was destroyed, as that of a partner who left."""
    create_private(tmp_path / "passphrase", PASSPHRASE)
    path = tmp_path / "home"
    text = config.config_text(config.Hosts(), config.Ports(), {}, str(tmp_path / "passphrase"))
    key = config.create_home(path, text, PASSPHRASE)
    create_private(path / config.GENESIS, genesis_text(a_genesis()))
    Keyring(path).destroy(key.public_key)
    return path


def run(command: click.Command, home: Path, *words: str) -> Any:
    outcome = CliRunner().invoke(
        command, [*words, "--home", str(home), "--output", "json"], catch_exceptions=False
    )
    return json.loads(outcome.stdout)


def test_a_home_without_a_key_says_so(home: Path) -> None:
    shown = run(cli_home.show_key, home)
    assert (shown["consensus_key"], shown["consensus_keys"], shown["partner"]) == (None, [], None)
    text = CliRunner().invoke(cli_home.show_key, ["--home", str(home)]).stdout
    assert "consensus key  none" in text


def test_a_home_without_a_key_can_be_given_one(home: Path) -> None:
    with pytest.raises(KeyFault) as caught:
        CliRunner().invoke(cli_seat.seat, ["north", "--home", str(home)], catch_exceptions=False)
    assert caught.value.code == "key_missing"
    assert "keys rotate north" in caught.value.hint
    made = run(cli_seat.rotate, home, "north")
    [key] = Keyring(home).open(PASSPHRASE)
    assert made["consensus_key"] == key.public_key.hex()
    assert made["token"] == make_seat(key, chain_id(a_genesis()), "north")
    assert run(cli_seat.seat, home, "north")["token"] == made["token"]
    assert [file.name for file in (home / "keys").iterdir()] == [FIRST]
