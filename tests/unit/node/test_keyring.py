"""A home's consensus keys: made, listed, opened, and destroyed when their time is over."""

import os
from pathlib import Path

import pytest

from node.keyring import FIRST, KEYS, MOST_KEYS, PURPOSE, Keyring
from primitives.keys import Ed25519Key
from shell import keyfile
from shell.errors import KeyFault

PASSPHRASE = b"correct horse"


def test_keys_are_made_and_opened_oldest_first(tmp_path: Path) -> None:
    ring = Keyring(tmp_path)
    assert not ring.exists()
    first, second = ring.create(PASSPHRASE), ring.create(PASSPHRASE)
    files = {file.name: file for file in (tmp_path / KEYS).iterdir()}
    assert set(files) == {FIRST, f"consensus-{second.public_key.hex()[:16]}.json"}
    assert all(file.stat().st_mode & 0o077 == 0 for file in files.values())
    os.utime(files[FIRST], (2**31, 2**31))  # copied back: it is the first one even so
    assert ring.exists()
    assert ring.public_keys() == [first.public_key, second.public_key]
    assert [key.sign(b"x") for key in ring.open(PASSPHRASE)] == [
        first.sign(b"x"),
        second.sign(b"x"),
    ]


def test_a_wrong_passphrase_opens_no_key(tmp_path: Path) -> None:
    ring = Keyring(tmp_path)
    ring.create(PASSPHRASE)
    with pytest.raises(KeyFault) as caught:
        ring.open(b"wrong")
    assert caught.value.code == "passphrase_wrong"


def test_a_home_without_keys_opens_none(tmp_path: Path) -> None:
    """Its last one was destroyed: whoever ran a validator goes on as an observer."""
    assert Keyring(tmp_path).public_keys() == []
    assert Keyring(tmp_path).open(PASSPHRASE) == []
    with pytest.raises(KeyFault) as caught:
        Keyring(tmp_path).newest(PASSPHRASE)
    assert caught.value.code == "key_missing"


def test_keys_that_are_known_are_not_opened_again(tmp_path: Path) -> None:
    ring = Keyring(tmp_path)
    made = [ring.create(PASSPHRASE).public_key for _ in range(3)]
    assert [key.public_key for key in ring.open(PASSPHRASE, made[:2])] == made[2:]


def test_a_file_that_names_another_key_is_refused(tmp_path: Path) -> None:
    """Somebody put the bytes of one key under the name of another."""
    Keyring(tmp_path).create(PASSPHRASE)
    other = Ed25519Key.from_seed(bytes(32)).public_key
    file = tmp_path / KEYS / f"consensus-{other.hex()[:16]}.json"
    sealed = keyfile.seal(b"\1" * 32, PASSPHRASE, PURPOSE, other.hex())
    keyfile.create_private(file, sealed)
    with pytest.raises(KeyFault) as caught:
        Keyring(tmp_path).open(PASSPHRASE)
    assert caught.value.code == "keyfile_malformed"


def test_a_destroyed_key_is_gone_and_the_others_are_not(tmp_path: Path) -> None:
    """[EPOCH-7]"""
    ring = Keyring(tmp_path)
    first, second = ring.create(PASSPHRASE), ring.create(PASSPHRASE)
    ring.destroy(first.public_key)
    ring.destroy(b"\1" * 32)  # whoever it is of
    assert ring.public_keys() == [second.public_key]
    third = ring.create(PASSPHRASE)
    assert len(list((tmp_path / KEYS).iterdir())) == 2
    assert ring.public_keys() == [second.public_key, third.public_key]


def test_a_home_holds_a_bounded_number_of_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyfile, "seal", lambda *_: b"sealing each would take seconds")
    ring = Keyring(tmp_path)
    for _ in range(MOST_KEYS):
        ring.create(PASSPHRASE)
    with pytest.raises(KeyFault) as caught:
        ring.create(PASSPHRASE)
    assert caught.value.code == "keys_many"
    assert len(list((tmp_path / KEYS).iterdir())) == MOST_KEYS
