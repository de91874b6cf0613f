"""A secret at rest: encrypted under a passphrase, readable by its owner alone.

Knows one versioned document and how to put it on disk without ever losing or overwriting one.
Refuses to know what the secret is for, beyond a word (``purpose``) and a public text (``public``:
a key, an address) that are authenticated with it and can be read without the passphrase.

Argon2id (RFC 9106, its second recommended choice: 64 MiB, 3 passes, 4 lanes; about 0.2 s) makes the
key; ChaCha20-Poly1305 (RFC 8439) encrypts, with everything else in the document as associated data.
"""

from __future__ import annotations

import os
import secrets
import stat
import unicodedata
from pathlib import Path
from threading import Lock
from typing import Annotated, Final, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from primitives.encoding import encode
from shell.errors import KeyFault

VERSION: Final = 1
MEMORY_KIB: Final = 64 * 1024
PASSES: Final = 3
LANES: Final = 4
SALT_SIZE: Final = 16
NONCE_SIZE: Final = 12
MAX_SECRET: Final = 1024
"""Bytes."""
MAX_DOCUMENT: Final = 16 * 1024

_ASSOCIATED: Final = b"LiqBon key file\0"

_one_derivation: Final = Lock()
"""Two derivations at once wait for each other for ever (seen with cryptography 50.0.2 and OpenSSL
3.0.19): each takes some of the threads that both need for their lanes."""

Hex = Annotated[str, msgspec.Meta(pattern=r"\A(?:[0-9a-f]{2})*\Z", max_length=4096)]
Text = Annotated[str, msgspec.Meta(max_length=256)]


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Derivation(_Document, frozen=True):
    """How the key was made. The bounds keep a forged file from eating the machine's memory."""

    name: Literal["argon2id"]
    memory_kib: Annotated[int, msgspec.Meta(ge=8 * 1024, le=1024 * 1024)]
    passes: Annotated[int, msgspec.Meta(ge=1, le=16)]
    lanes: Annotated[int, msgspec.Meta(ge=1, le=16)]
    salt: Hex


class Keyfile(_Document, frozen=True):
    """The document. Whatever in it is not secret is authenticated."""

    version: int
    purpose: Text
    public: Text
    derivation: Derivation
    cipher: Literal["chacha20-poly1305"]
    nonce: Hex
    ciphertext: Hex


def seal(secret: bytes, passphrase: bytes, purpose: str, public: str) -> bytes:
    """The document that holds ``secret`` (1..1,024 bytes). ``passphrase`` is UTF-8.

    Takes 64 MiB and about 0.2 s; salt and nonce are fresh.
    """
    if not 0 < len(secret) <= MAX_SECRET:
        raise ValueError(f"a secret has 1 to {MAX_SECRET} bytes, not {len(secret)}")
    salt = secrets.token_bytes(SALT_SIZE).hex()
    derivation = Derivation("argon2id", MEMORY_KIB, PASSES, LANES, salt)
    nonce = secrets.token_bytes(NONCE_SIZE)
    head = Keyfile(VERSION, purpose, public, derivation, "chacha20-poly1305", nonce.hex(), "")
    cipher = ChaCha20Poly1305(_derive(derivation, passphrase))
    ciphertext = cipher.encrypt(nonce, secret, _associated(head))
    document = msgspec.structs.replace(head, ciphertext=ciphertext.hex())
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def parse(document: bytes) -> Keyfile:
    """The document's fields, not yet authenticated. Raises ``KeyFault`` (``keyfile_malformed``)."""
    if len(document) > MAX_DOCUMENT:
        raise KeyFault("keyfile_malformed", f"more than {MAX_DOCUMENT} bytes are no key file")
    try:
        keyfile = msgspec.json.decode(document, type=Keyfile, strict=True)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise KeyFault("keyfile_malformed", f"not a key file: {error}") from None
    if keyfile.version != VERSION:
        raise KeyFault(
            "keyfile_version",
            f"a key file of version {keyfile.version}; this release reads version {VERSION}",
        )
    sizes = len(keyfile.nonce) // 2, len(keyfile.derivation.salt) // 2
    if sizes != (NONCE_SIZE, SALT_SIZE):
        raise KeyFault("keyfile_malformed", f"nonce and salt of {sizes[0]} and {sizes[1]} bytes")
    return keyfile


def unseal(document: bytes, passphrase: bytes, purpose: str) -> bytes:
    """The secret. Raises ``KeyFault``: ``keyfile_malformed``, ``keyfile_version``,
    ``keyfile_purpose`` or ``passphrase_wrong`` (a changed document looks the same)."""
    keyfile = parse(document)
    if keyfile.purpose != purpose:
        raise KeyFault("keyfile_purpose", f"a key for {keyfile.purpose!r}, not for {purpose!r}")
    cipher = ChaCha20Poly1305(_derive(keyfile.derivation, passphrase))
    nonce, ciphertext = bytes.fromhex(keyfile.nonce), bytes.fromhex(keyfile.ciphertext)
    try:
        return cipher.decrypt(nonce, ciphertext, _associated(keyfile))
    except InvalidTag:
        raise KeyFault(
            "passphrase_wrong",
            "the passphrase does not open this key file",
            "If the passphrase is right, the file was changed: take its backup.",
        ) from None


def _derive(derivation: Derivation, passphrase: bytes) -> bytes:
    """32 bytes. One passphrase typed on two keyboards is one passphrase: NFKC."""
    text = unicodedata.normalize("NFKC", passphrase.decode())
    with _one_derivation:
        return Argon2id(
            salt=bytes.fromhex(derivation.salt),
            length=32,
            iterations=derivation.passes,
            lanes=derivation.lanes,
            memory_cost=derivation.memory_kib,
        ).derive(text.encode())


def _associated(keyfile: Keyfile) -> bytes:
    derivation = keyfile.derivation
    made = [derivation.name, derivation.memory_kib, derivation.passes, derivation.lanes]
    head = [keyfile.version, keyfile.purpose, keyfile.public, *made, derivation.salt]
    return _ASSOCIATED + encode([*head, keyfile.cipher, keyfile.nonce])


def read_private(path: Path) -> bytes:
    """The file's bytes. Raises ``KeyFault`` (``keyfile_missing``, ``keyfile_permissions``).

    A key file belongs to the user who reads it, is open to nobody else, and is no symbolic link.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise KeyFault("keyfile_missing", f"{path}: {error.strerror}") from None
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise KeyFault("keyfile_permissions", f"{path} is not a plain file")
        if found.st_uid != os.geteuid():
            raise KeyFault("keyfile_permissions", f"{path} belongs to another user")
        if found.st_mode & 0o077:
            mode = stat.S_IMODE(found.st_mode)
            raise KeyFault(
                "keyfile_permissions",
                f"{path} is open to others (mode {mode:04o})",
                f"chmod 600 {path}",
            )
        return file.read(MAX_DOCUMENT + 1)


def create_private(path: Path, data: bytes) -> None:
    """Create the file with mode 0600, whole and durable, or not at all.

    Raises ``KeyFault`` (``keyfile_exists``): a key is never overwritten.
    """
    temporary = _written(path, data)
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise KeyFault("keyfile_exists", f"{path} exists and is not overwritten") from None
    finally:
        temporary.unlink()
    sync_directory(path.parent)


def replace_private(path: Path, data: bytes) -> None:
    """Put ``data`` in the file's place (a new passphrase); a crash leaves the old or the new."""
    temporary = _written(path, data)
    try:
        temporary.replace(path)
    except OSError:
        temporary.unlink()
        raise
    sync_directory(path.parent)


def _written(path: Path, data: bytes) -> Path:
    """A durable file of mode 0600 beside ``path``, of a name that nobody else has."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
    except OSError:
        temporary.unlink()
        raise
    return temporary


def sync_directory(path: Path) -> None:
    """Make what was created, renamed or removed in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
