"""What was typed, or stands in a file, as values. Knows spellings; asks no node.

A ``liqbon:`` URI may be given whole, as the part after ``invoice/`` and the like, as a file that
holds either, or on standard input. Every fault is a ``UsageError`` that names the argument.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, Generic, NamedTuple, TypeVar

from client.fields import parse_time
from client.home import Home
from client.uri import (
    MAX_URI,
    SCHEME,
    Asked,
    ContentRequest,
    InvoiceRequest,
    OfferRequest,
    PaymentRequest,
    VoucherRequest,
    parse_asked,
    parse_content,
    parse_invoice,
    parse_memo,
    parse_offer,
    parse_uri,
    parse_voucher,
)
from primitives.address import parse_address
from primitives.amount import parse_amount
from primitives.encoding import Malformed
from shell import ask
from shell.errors import UsageError

T = TypeVar("T", InvoiceRequest, VoucherRequest, OfferRequest, ContentRequest)

COMMANDS: Final[dict[type, str]] = {
    PaymentRequest: "pay",
    InvoiceRequest: "redeem",
    VoucherRequest: "claim",
    OfferRequest: "order buy",
    ContentRequest: "like",
}
"""The command that does what a URI asks for."""

_SPANS: Final = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
_SPAN: Final = re.compile(r"([1-9][0-9]{0,5})([mhd])")
_HEX: Final = re.compile(r"[0-9a-f]{64}")


class Kind(NamedTuple, Generic[T]):
    """A kind of URI that a command takes: what it is called, its type, its bare form's parser."""

    name: str
    type: type[T]
    parse: Callable[[str, bytes], T]

    @property
    def label(self) -> str:
        """The argument's name in messages."""
        return self.name.upper()


INVOICE: Final = Kind("invoice", InvoiceRequest, parse_invoice)
VOUCHER: Final = Kind("voucher", VoucherRequest, parse_voucher)
OFFER: Final = Kind("offer", OfferRequest, parse_offer)
CONTENT: Final = Kind("content", ContentRequest, parse_content)


def read_uri(text: str, home: Home) -> Asked:
    """What a typed URI asks for. Raises ``UsageError``."""
    try:
        return parse_uri(text, home.chain, home.genesis.network)
    except Malformed as error:
        raise UsageError(error.code, f"URI: {error.detail}") from None


def read_carried(kind: Kind[T], text: str, home: Home, passphrase_file: str | None) -> T:
    """What the argument means: a URI, bare base64url, a file of either, or ``-``.

    Raises ``UsageError``; ``<kind>_expected`` where it is a URI of another kind.
    """
    if text == passphrase_file == ask.STANDARD_INPUT:
        raise UsageError(
            "usage", f"standard input cannot hold both the {kind.name} and the passphrase"
        )
    found = _contents(text, kind.name).strip()
    try:
        if found[: len(SCHEME)].lower() != SCHEME:
            return kind.parse(found, home.chain)
        request = parse_uri(found, home.chain, home.genesis.network)
    except Malformed as error:
        raise UsageError(error.code, f"{kind.label}: {error.detail}") from None
    if not isinstance(request, kind.type):
        raise UsageError(
            f"{kind.name}_expected",
            f"{kind.label}: it asks for something else",
            f"Use '{COMMANDS[type(request)]}'.",
        )
    return request


def _contents(text: str, name: str) -> str:
    """The text itself, or of the file that it names."""
    try:
        if text == ask.STANDARD_INPUT:
            return _bounded(sys.stdin.buffer.read(MAX_URI + 2), name)
        # What a URI carries is longer than any file's name, and no file is asked for a URI.
        if len(text) > 255 or text[: len(SCHEME)].lower() == SCHEME or not Path(text).is_file():
            return text
        with Path(text).open("rb") as file:
            return _bounded(file.read(MAX_URI + 2), name)
    except OSError as error:
        raise UsageError("file_error", f"{name.upper()}: {error.strerror}") from None
    except ValueError:  # no file's name holds a zero byte
        return text


def _bounded(data: bytes, name: str) -> str:
    if len(data) > MAX_URI + 1:  # a final line break is no part of it
        raise UsageError("oversized", f"{name.upper()}: over {MAX_URI} characters")
    try:
        return data.decode("ascii")
    except UnicodeDecodeError:
        raise UsageError(f"{name}_malformed", f"{name.upper()}: not ASCII text") from None


def units_of(text: str, what: str) -> int:
    """Units of an amount that was typed, at least one. Raises ``UsageError``."""
    return _parsed(parse_asked, text, what)


def units_or_none(text: str, what: str) -> int:
    """Units of an amount that may be zero. Raises ``UsageError``."""
    return _parsed(parse_amount, text, what)


def memo_of(text: str | None) -> bytes | None:
    """The bytes of ``--memo``. Raises ``UsageError``."""
    return None if text is None else _parsed(parse_memo, text, "--memo")


def account_of_address(text: str, home: Home, what: str) -> bytes:
    """The account id of an address of this network. Raises ``UsageError``."""
    return _parsed(lambda text: parse_address(text, home.genesis.network), text, what)


def digest_of(text: str, what: str) -> bytes:
    """32 bytes of lower-case hex: an id, or a digest. ``UsageError`` (``id_malformed``)."""
    if _HEX.fullmatch(text) is None:
        raise UsageError("id_malformed", f"{what}: 64 lower-case hex digits")
    return bytes.fromhex(text)


def moment_of(text: str, what: str) -> int:
    """Milliseconds since 1970 of RFC 3339 in UTC, seconds or milliseconds.

    Never counted from now: typed again, it means the same. ``UsageError`` (``time_malformed``).
    """
    whole = re.sub(r"(?<=:[0-9]{2})Z$", ".000Z", text)
    return _parsed(parse_time, whole, what)


def span_of(text: str, what: str) -> int:
    """Milliseconds of ``90m``, ``12h`` or ``14d``. ``UsageError`` (``duration_malformed``)."""
    match = _SPAN.fullmatch(text)
    if match is None:
        raise UsageError("duration_malformed", f"{what}: a number of m, h or d, such as 14d")
    return int(match[1]) * _SPANS[match[2]]


_Value = TypeVar("_Value")


def _parsed(parse: Callable[[str], _Value], text: str, what: str) -> _Value:
    try:
        return parse(text)
    except Malformed as error:
        raise UsageError(error.code, f"{what}: {error.detail}") from None
