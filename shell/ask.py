"""Questions to the person at the terminal. Knows prompts and secrets' files; not what they open."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

from shell.errors import KeyFault, UsageError

STANDARD_INPUT: Final = "-"
MAX_PASSPHRASE: Final = 1024
"""Bytes."""


def confirm(question: str, yes: bool) -> None:
    """Go on only if the person agrees, or said ``--yes`` before. Raises ``UsageError``."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(
            "confirmation_needed",
            f"{question} needs an answer",
            "Add --yes where nobody can answer.",
        )
    if not click.confirm(question, err=True):
        raise UsageError("not_confirmed", "not confirmed; nothing was done")


def passphrase(file: str | None, *, new: bool = False) -> bytes:
    """UTF-8 bytes of the passphrase: the first line of ``file`` ("-": standard input), or asked.

    ``new`` asks twice. Never taken from an argument. Raises ``KeyFault`` (``passphrase_missing``,
    ``passphrase_malformed``, ``passphrase_file``).
    """
    if file is not None:
        return _checked(_first_line(file))
    if not sys.stdin.isatty():
        raise KeyFault(
            "passphrase_missing",
            "no passphrase, and no terminal to ask for it",
            "Give --passphrase-file FILE, or - for standard input.",
        )
    text: str = click.prompt(
        "Passphrase", hide_input=True, confirmation_prompt=new, err=True, type=str
    )
    return _checked(text.encode())


def _first_line(file: str) -> bytes:
    try:
        if file == STANDARD_INPUT:
            line = sys.stdin.buffer.readline(MAX_PASSPHRASE + 2)
        else:
            with Path(file).open("rb") as stream:
                line = stream.readline(MAX_PASSPHRASE + 2)
    except OSError as error:
        raise KeyFault("passphrase_file", f"{file}: {error.strerror}") from None
    return line.removesuffix(b"\n").removesuffix(b"\r")


def _checked(secret: bytes) -> bytes:
    if not secret:
        raise KeyFault("passphrase_missing", "the passphrase is empty")
    if len(secret) > MAX_PASSPHRASE:
        raise KeyFault("passphrase_malformed", f"a passphrase has at most {MAX_PASSPHRASE} bytes")
    try:
        secret.decode()
    except UnicodeDecodeError:
        raise KeyFault("passphrase_malformed", "a passphrase is UTF-8 text") from None
    return secret
