"""Errors as people and programs see them. Knows codes and exit statuses; not what went wrong.

Every failure of a command is a ``CommandError``: a stable code, a sentence, what to do about it,
and the exit status. Nothing else ends a command except a bug, which is told in one line.
"""

from __future__ import annotations

from enum import IntEnum, unique

import msgspec


@unique
class Status(IntEnum):
    """Exit statuses of every command (docs/reference/cli). Values never change."""

    OK = 0
    ERROR = 1
    USAGE = 2
    NOT_FOUND = 3
    INSUFFICIENT_FUNDS = 4
    REFUSED = 5
    UNAVAILABLE = 6
    UNKNOWN = 7
    KEY = 8
    PROOF = 9


class CommandError(Exception):
    """A command cannot go on.

    ``code`` is stable; ``message`` says what was wrong and ``hint`` what to do. ``details`` are
    further values for programs: text or numbers, never secrets.
    """

    status = Status.ERROR

    def __init__(
        self,
        code: str,
        message: str,
        hint: str = "",
        status: Status | None = None,
        details: dict[str, str | int] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.details = details or {}
        if status is not None:
            self.status = status


class UsageError(CommandError):
    """What was typed, or a file that was given, is not what the command takes."""

    status = Status.USAGE


class KeyFault(CommandError):
    """A key file cannot be read or opened."""

    status = Status.KEY


class ErrorBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """The error of a command as JSON."""

    code: str
    message: str
    status: int
    hint: str = ""
    details: dict[str, str | int] = {}


class ErrorDocument(msgspec.Struct, frozen=True):
    """The one document on standard output of a command that failed under ``--output json``."""

    error: ErrorBody


def error_document(error: CommandError) -> ErrorDocument:
    """What ``error`` is to a program."""
    body = ErrorBody(error.code, error.message, int(error.status), error.hint, error.details)
    return ErrorDocument(body)
