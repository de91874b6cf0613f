"""A node's consensus keys, as files in its home. Knows files; not whose seat a key has.

The first is made with the home; each later one waits for the epoch whose members include it.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Final

from primitives.keys import SEED_SIZE, Ed25519Key
from shell import keyfile
from shell.errors import KeyFault
from shell.keyfile import sync_directory

KEYS: Final = "keys"
FIRST: Final = "consensus.json"
"""The key that a home was made with; later ones are named by their public key."""
PURPOSE: Final = "consensus key"
MOST_KEYS: Final = 16


class Keyring:
    """The keys of one home. They are listed oldest first."""

    def __init__(self, home: Path) -> None:
        self._directory = home / KEYS

    def exists(self) -> bool:
        """Whether there is any key."""
        return bool(self._files())

    def create(self, passphrase: bytes) -> Ed25519Key:
        """Make a further key. Raises ``KeyFault`` (``keys_many``) or what writing raises."""
        files = self._files()
        if len(files) >= MOST_KEYS:
            raise KeyFault("keys_many", f"{self._directory} holds {len(files)} keys")
        seed = secrets.token_bytes(SEED_SIZE)
        key = Ed25519Key.from_seed(seed)
        public = key.public_key.hex()
        file = self._directory / (f"consensus-{public[:16]}.json" if files else FIRST)
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        keyfile.create_private(file, keyfile.seal(seed, passphrase, PURPOSE, public))
        sync_directory(self._directory)
        return key

    def open(self, passphrase: bytes, known: Collection[bytes] = ()) -> list[Ed25519Key]:
        """All keys but those ``known`` by their public halves. None is no fault: the last one is
        destroyed once its partner has left. Raises ``KeyFault``: what is wrong with one of them."""
        wanted = [file for file in self._files() if _public_of(file) not in known]
        return [self._open(file, passphrase) for file in wanted]

    def newest(self, passphrase: bytes) -> Ed25519Key:
        """The key that was made last. Raises ``KeyFault``, ``key_missing`` if there is none."""
        keys = self.open(passphrase)
        if not keys:
            raise KeyFault("key_missing", f"{self._directory} holds no consensus key")
        return keys[-1]

    def public_keys(self) -> list[bytes]:
        """The public halves, without a passphrase. Raises ``KeyFault``."""
        return [_public_of(file) for file in self._files()]

    def destroy(self, public: bytes) -> None:
        """Delete a key for good. What a disk keeps of a deleted file is encrypted."""
        for file in self._files():
            if _public_of(file) == public:
                file.unlink()
        sync_directory(self._directory)

    def _files(self) -> list[Path]:
        found = [file for file in self._directory.glob("consensus*.json") if file.is_file()]
        return sorted(found, key=lambda file: (file.name != FIRST, os.stat(file).st_mtime_ns))

    def _open(self, file: Path, passphrase: bytes) -> Ed25519Key:
        seed = keyfile.unseal(keyfile.read_private(file), passphrase, PURPOSE)
        key = Ed25519Key.from_seed(seed)
        if key.public_key != _public_of(file):
            raise KeyFault("keyfile_malformed", f"{file} names another key than it holds")
        return key


def _public_of(file: Path) -> bytes:
    named = keyfile.parse(keyfile.read_private(file)).public
    try:
        return bytes.fromhex(named)
    except ValueError:
        raise KeyFault("keyfile_malformed", f"{file} names no key") from None
