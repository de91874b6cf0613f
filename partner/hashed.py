"""The digest of a document that people can read elsewhere. Knows files and their bound; no node."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

import click

from partner.arguments import digest_of
from shell.errors import CommandError, UsageError

MAX_DOCUMENT: Final = 16 * 1024 * 1024
"""Bytes."""


def document_digest(file: Path | None, digest: str | None, options: tuple[str, str]) -> bytes:
    """The SHA-256 of ``file``, or the one that was named; ``options`` are what both are called.

    Raises ``UsageError``, ``CommandError`` (``oversized``).
    """
    if (file is None) == (digest is None):
        raise click.UsageError(f"{options[0]} or {options[1]}: one of them")
    if digest is not None:
        return digest_of(digest, options[1])
    assert file is not None
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_DOCUMENT + 1)
    except OSError as error:
        raise UsageError("file_missing", f"{file}: {error.strerror}") from None
    if len(data) > MAX_DOCUMENT:
        raise CommandError("oversized", f"{file}: over {MAX_DOCUMENT} bytes")
    return hashlib.sha256(data).digest()
