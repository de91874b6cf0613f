"""How every document spells amounts, ids, addresses, times and proofs. Knows no document.

Spellings are the same everywhere, in requests and in answers (docs/reference/api.md):

    amounts     decimal strings in LiqBon, ``"12.5"``; signed quantities may start with ``-``
    ids         lower-case hex
    addresses   bech32m, ``lqb1...`` or ``tlqb1...``
    times       RFC 3339 in UTC with milliseconds, ``"2026-11-01T00:00:00.000Z"``
    proofs      base64 (standard alphabet, padded) of the canonical bytes of a type of
                ``primitives.proof`` or ``primitives.certificate``
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Generic, TypeVar

import msgspec

from primitives.encoding import Malformed

Item = TypeVar("Item")

MAX_PAGE = 100
"""Items of the longest page."""
MAX_ENTRIES = 32
"""State entries that one question may ask for."""
MAX_SUBMISSIONS = 1_000
"""Transactions of the longest bulk submission."""

AmountText = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(0|[1-9][0-9]{0,12})(\.[0-9]{0,5}[1-9])?$",
        description="An amount in LiqBon: at most six decimals, no trailing zeros.",
        examples=["12.5"],
    ),
]
SignedText = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^-?(0|[1-9][0-9]{0,12})(\.[0-9]{0,5}[1-9])?$",
        description="A signed quantity in LiqBon.",
        examples=["-0.25"],
    ),
]
NumberText = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(0|[1-9][0-9]{0,18})$",
        description="A whole number that may exceed 2^53.",
    ),
]
HexText = Annotated[
    str, msgspec.Meta(pattern=r"^([0-9a-f]{2})*$", description="Bytes in lower-case hex.")
]
DigestText = Annotated[
    str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$", description="32 bytes in lower-case hex.")
]
AddressText = Annotated[
    str,
    msgspec.Meta(pattern=r"^t?lqb1[02-9ac-hj-np-z]{58}$", description="An account, in bech32m."),
]
TimeText = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$",
        description="RFC 3339, UTC, milliseconds.",
    ),
]
Base64Text = Annotated[
    str, msgspec.Meta(description="Canonical bytes in base64.", extra={"content": "base64"})
]
Height = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A document. Absent values are null, never left out."""


class Page(View, Generic[Item], frozen=True):
    """Some of a list, in its order. ``next`` is the cursor of what follows; null at the end.
    ``oldest`` is set at the end of a list of what happened, where the node has let go of all that
    is older than this height: more may have been, and an archive node knows it."""

    items: list[Item]
    next: str | None
    oldest: Height | None = None


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
MAX_TIME_MS: Final = 253_402_300_799_999
"""The last millisecond of the year 9999: later ones have no RFC 3339 text and are shown as it."""


def format_time(millis: int) -> str:
    """RFC 3339 of milliseconds since 1970; times beyond the year 9999 are shown as its end."""
    moment = _EPOCH + timedelta(milliseconds=min(millis, MAX_TIME_MS))
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def parse_time(text: str) -> int:
    """Milliseconds since 1970 of the one spelling. Raises ``Malformed`` (``time_malformed``)."""
    if _TIME.fullmatch(text) is None:
        raise Malformed("time_malformed", "times look like 2026-11-01T00:00:00.000Z")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed("time_malformed", str(error)) from None
    if moment < _EPOCH:
        raise Malformed("time_malformed", "times start in 1970")
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def to_base64(data: bytes) -> str:
    """Standard alphabet, padded."""
    return b64encode(data).decode("ascii")


def from_base64(text: str) -> bytes:
    """The bytes of the one spelling. Raises ``Malformed`` (``base64_malformed``)."""
    try:
        data = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = None
    if data is None or to_base64(data) != text:
        raise Malformed("base64_malformed", "standard alphabet, padded, nothing else")
    return data
