"""What is typed behind a partner's commands, read once. Knows spellings; no node, no file."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeVar

from client.fields import parse_time
from partner.deposits import parse_programme, parse_reference
from primitives.address import parse_address
from primitives.amount import parse_amount
from primitives.encoding import Malformed, Wire, decode, encode
from shell.errors import UsageError

T = TypeVar("T")
_DURATION: Final = re.compile(r"([1-9][0-9]{0,8})(ms|s|m|h|d)")
_UNITS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def units_of(text: str, name: str, *, zero: bool = False) -> int:
    """Units of 10^-6 LiqBon; ``name`` is what people call the argument. Raises ``UsageError``."""
    units = int(_told(parse_amount, text, name))
    if units == 0 and not zero:
        raise UsageError("amount_zero", f"{name}: it is nothing")
    return units


def account_of_address(text: str, network: str, name: str) -> bytes:
    """The 32-byte account of an address of this network. Raises ``UsageError``."""
    return _told(lambda given: parse_address(given, network), text, name)


def digest_of(text: str, name: str) -> bytes:
    """32 bytes of 64 lower-case hex digits. Raises ``UsageError`` (``id_malformed``)."""
    if not _DIGEST.fullmatch(text):
        raise UsageError("id_malformed", f"{name}: 64 lower-case hex digits")
    return bytes.fromhex(text)


def code_of(text: str, name: str) -> str:
    """The code of a partner or a programme. Raises ``UsageError`` (``programme_malformed``)."""
    return _told(parse_programme, text, name)


def reference_of(text: str) -> str:
    """A reference as deposits have them. Raises ``UsageError``."""
    return _told(parse_reference, text, "--reference")


def time_of(text: str, name: str) -> int:
    """Milliseconds since 1970 of 2026-12-24T12:00:00.000Z, 2026-12-24T12:00:00Z or 2026-12-24.

    Raises ``UsageError`` (``time_malformed``).
    """
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        text = f"{text}T00:00:00.000Z"
    elif re.fullmatch(r"[0-9T:-]{19}Z", text):
        text = f"{text[:-1]}.000Z"
    return _told(parse_time, text, name)


def duration_of(text: str, name: str) -> int:
    """Milliseconds of 90s, 15m, 12h, 31d or 500ms. Raises ``UsageError``
    (``duration_malformed``)."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise UsageError("duration_malformed", f"{name}: a whole number and ms, s, m, h or d")
    return int(found[1]) * _UNITS[found[2]]


def misshapen(value: Wire) -> str | None:
    """What its form forbids of what was typed, e.g. a text too long; None if nothing.

    Better said here than by a node.
    """
    try:
        decode(type(value), encode(value))
    except Malformed as error:
        return error.detail
    return None


def told_duration(millis: int) -> str:
    """The largest unit that tells it exactly: ``30 days``, ``90 s``."""
    names = (("d", "days"), ("h", "hours"), ("m", "minutes"), ("s", "s"), ("ms", "ms"))
    for unit, name in names:
        if millis % _UNITS[unit] == 0:
            return f"{millis // _UNITS[unit]} {name}"
    raise AssertionError("a whole number of milliseconds")


def _told(parse: Callable[[str], T], text: str, name: str) -> T:
    try:
        return parse(text)
    except Malformed as error:
        raise UsageError(error.code, f"{name}: {error.detail}") from None
