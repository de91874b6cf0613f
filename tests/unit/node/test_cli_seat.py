"""keys seat, keys rotate: the newest key of a home says whose it is."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from client.tokens import read_seat
from node import config
from node.cli_seat import rotate, seat
from node.documents import genesis_text
from node.keyring import Keyring
from shell.errors import KeyFault, UsageError
from tests import builders

PASSPHRASE = b"correct horse"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    (tmp_path / "passphrase").write_bytes(PASSPHRASE + b"\n")
    (tmp_path / "passphrase").chmod(0o600)
    text = config.config_text(config.Hosts(), config.Ports(), {}, str(tmp_path / "passphrase"))
    config.create_home(path, text, PASSPHRASE)
    (path / config.GENESIS).write_bytes(genesis_text(builders.a_genesis()))
    return path


def test_a_rotated_key_is_another_and_takes_the_seat(home: Path) -> None:
    """[EPOCH-7] The old one stays: it signs until the epoch begins whose members name the new."""
    [first] = Keyring(home).public_keys()
    words = ["north", "--home", str(home), "--output", "json"]
    made = json.loads(CliRunner().invoke(rotate, words, catch_exceptions=False).stdout)
    kept = Keyring(home).public_keys()
    assert kept[0] == first
    assert [key.hex() for key in kept[1:]] == [made["consensus_key"]]
    again = json.loads(CliRunner().invoke(seat, words, catch_exceptions=False).stdout)
    assert again == made
    token = read_seat(made["token"], builders.a_chain())
    assert token.seat.key == kept[1]


def test_a_home_whose_last_key_was_destroyed_gets_another(home: Path) -> None:
    """[EPOCH-7] Its partner left, and comes back."""
    [first] = Keyring(home).public_keys()
    Keyring(home).destroy(first)
    words = ["north", "--home", str(home), "--output", "json"]
    with pytest.raises(KeyFault) as caught:
        CliRunner().invoke(seat, words, catch_exceptions=False)
    assert caught.value.code == "key_missing"
    made = json.loads(CliRunner().invoke(rotate, words, catch_exceptions=False).stdout)
    [second] = Keyring(home).public_keys()
    assert made["consensus_key"] == second.hex() != first.hex()


def test_nothing_is_made_for_a_code_that_is_none_or_a_wrong_passphrase(
    home: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        CliRunner().invoke(rotate, ["North", "--home", str(home)], catch_exceptions=False)
    assert caught.value.code == "partner_malformed"
    (tmp_path / "passphrase").write_bytes(b"wrong\n")
    with pytest.raises(KeyFault) as refused:
        CliRunner().invoke(rotate, ["north", "--home", str(home)], catch_exceptions=False)
    assert refused.value.code == "passphrase_wrong"
    assert len(Keyring(home).public_keys()) == 1
