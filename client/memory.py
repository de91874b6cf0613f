"""Where a light client keeps what it verified, so that nobody takes it back. Knows one file.

``light.json`` holds the epochs followed and the newest verified certificate. All of it is verified
again from genesis when it is read, so that whoever changes the file can forget heights and forge
none. A writer never replaces a newer height by an older one, whichever process verified it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from client.fields import from_base64, to_base64
from client.trust import Believed, EpochUnknown
from primitives.certificate import StateCertificate
from primitives.encoding import Malformed, decode, encode
from primitives.proof import EpochStep
from shell.errors import CommandError
from shell.keyfile import sync_directory

FILE: Final = "light.json"
MAX_FILE: Final = 64 * 1024 * 1024


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    chain: str
    steps: list[str]
    certificate: str | None


class Memory:
    """The file in a home."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE
        self._lock = home / ".light.lock"

    def recall(self, believed: Believed) -> None:
        """Bring what was verified before into ``believed``, which is at its genesis.

        Raises ``CommandError`` (``light_state_malformed``): the file is damaged or of another
        chain.
        """
        document = self._read()
        if document is None:
            return
        if document.chain != believed.chain.hex():
            raise self._damaged("it is of another chain")
        try:
            for step in document.steps:
                believed.follow(decode(EpochStep, from_base64(step)))
            if document.certificate is not None:
                certificate = decode(StateCertificate, from_base64(document.certificate))
                believed.check(certificate)
                believed.learn(certificate)
        except (Malformed, EpochUnknown) as error:
            raise self._damaged(str(error)) from None

    def keep(self, believed: Believed) -> None:
        """Write what is believed, unless the file knows a newer height."""
        newest = believed.newest
        if newest is None:
            return
        document = _Document(
            version=1,
            chain=believed.chain.hex(),
            steps=[to_base64(encode(step)) for step in believed.steps],
            certificate=to_base64(encode(newest)),
        )
        with self._locked():
            if newest.attestation.height > self._height():
                self._replace(msgspec.json.encode(document))

    def _height(self) -> int:
        document = self._read()
        if document is None or document.certificate is None:
            return -1
        try:
            certificate = decode(StateCertificate, from_base64(document.certificate))
        except Malformed as error:
            raise self._damaged(str(error)) from None
        return certificate.attestation.height

    def _read(self) -> _Document | None:
        try:
            with self._path.open("rb") as file:
                data = file.read(MAX_FILE + 1)
        except FileNotFoundError:
            return None
        if len(data) > MAX_FILE:
            raise self._damaged(f"over {MAX_FILE} bytes")
        try:
            return msgspec.json.decode(data, type=_Document)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._damaged(str(error)) from None

    def _replace(self, data: bytes) -> None:
        temporary = self._path.with_name(f".{FILE}.new")
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
        sync_directory(self._path.parent)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._lock.open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _damaged(self, why: str) -> CommandError:
        return CommandError(
            "light_state_malformed",
            f"{self._path}: {why}",
            "Without it the client starts again from genesis, and an old answer could pass for a "
            "new one until it has heard from several nodes; move the file away to do so.",
        )
