"""A node's keys as files: made, found again, destroyed; and the commands that do it."""

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
from node.keyring import FIRST, MOST_KEYS, Keyring
from primitives.genesis import chain_id
from shell.errors import KeyFault
from shell.keyfile import create_private
from tests.builders import a_genesis

PASSPHRASE = b"of the house"


def test_keys_are_listed_oldest_first_and_only_unknown_ones_are_opened(tmp_path: Path) -> None:
    keyring = Keyring(tmp_path)
    assert not keyring.exists()
    assert keyring.public_keys() == []
    assert keyring.open(PASSPHRASE) == []
    made = [keyring.create(PASSPHRASE).public_key for _ in range(3)]
    assert keyring.public_keys() == made
    assert [key.public_key for key in keyring.open(PASSPHRASE)] == made
    assert [key.public_key for key in keyring.open(PASSPHRASE, made[:2])] == made[2:]
    with pytest.raises(KeyFault):
        keyring.open(b"another")


def test_a_destroyed_key_is_gone_and_the_last_one_leaves_an_empty_ring(tmp_path: Path) -> None:
    """[EPOCH-7]"""
    keyring = Keyring(tmp_path)
    first, second = (keyring.create(PASSPHRASE).public_key for _ in range(2))
    keyring.destroy(first)
    assert keyring.public_keys() == [second]
    keyring.destroy(first)
    keyring.destroy(second)
    assert not keyring.exists()
    assert list((tmp_path / "keys").iterdir()) == []


def test_a_ring_holds_so_many_keys_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shell.keyfile.seal", lambda *_: b"{}")
    keyring = Keyring(tmp_path)
    for _ in range(MOST_KEYS):
        keyring.create(PASSPHRASE)
    with pytest.raises(KeyFault) as caught:
        keyring.create(PASSPHRASE)
    assert caught.value.code == "keys_many"


def test_a_key_under_the_name_of_another_does_not_open(tmp_path: Path) -> None:
    keyring = Keyring(tmp_path)
    for _ in range(2):
        keyring.create(PASSPHRASE)
    first, second = sorted((tmp_path / "keys").iterdir())
    document = json.loads(first.read_bytes())
    document["public"] = json.loads(second.read_bytes())["public"]
    first.write_text(json.dumps(document))
    with pytest.raises(KeyFault) as caught:
        keyring.open(PASSPHRASE)
    assert caught.value.code == "passphrase_wrong", "the name is sealed in"


# --- commands -------------------------------------------------------------------------------------


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
