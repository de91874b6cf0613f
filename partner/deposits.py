"""A deposit of points: its fields, what they must be, and its commitment. Knows no file, no node.

On chain a deposit is a salted commitment: SHA-256 under the domain "commitment" of 32 random bytes
followed by the canonical [partner, programme, reference, points, account]. Salt and reference stay
here; whoever is shown both can check that the commitment is this deposit and no other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

import msgspec

from primitives.actions import MAX_CODE, MAX_POINTS
from primitives.address import parse_address
from primitives.encoding import Malformed, encode
from primitives.genesis import Rate
from primitives.hashing import COMMITMENT

SALT_SIZE: Final = 32
MAX_REFERENCE: Final = 128
"""Characters."""
_FORMULA: Final = ("=", "+", "-", "@")
"""What a spreadsheet would run when the outbox is exported."""
_WHOLE: Final = re.compile(r"[0-9]{1,40}")
_CODE: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")


class Deposit(msgspec.Struct, frozen=True):
    """Points that a customer handed in. ``to`` is the 32-byte account that is credited.

    ``reference`` is the partner's own name for the deposit, and names it once.
    """

    reference: str
    programme: str
    points: int
    to: bytes


def parse_deposit(texts: Mapping[str, str], network_hrp: str) -> Deposit:
    """The deposit in the texts named reference, points, address and programme.

    Raises ``Malformed`` with a code that names field and fault.
    """
    return Deposit(
        parse_reference(texts["reference"]),
        parse_programme(texts["programme"]),
        parse_points(texts["points"]),
        parse_address(texts["address"], network_hrp),
    )


def parse_reference(text: str) -> str:
    """1 to 128 printable characters, NFC, without spaces around them.

    Raises ``Malformed``: ``reference_missing``, ``reference_malformed``, ``reference_formula``.
    """
    text = unicodedata.normalize("NFC", text)
    if not text:
        raise Malformed("reference_missing", "a deposit needs a reference")
    if len(text) > MAX_REFERENCE or not text.isprintable() or text != text.strip():
        detail = f"1 to {MAX_REFERENCE} printable characters, no spaces around them"
        raise Malformed("reference_malformed", detail)
    if text.startswith(_FORMULA):
        raise Malformed("reference_formula", "= + - @ at the start is a formula in a spreadsheet")
    return text


def parse_points(text: str) -> int:
    """Whole points, 1 to 2^63 - 1.

    Raises ``Malformed``: ``points_malformed``, ``points_negative``, ``points_fractional``,
    ``points_zero``, ``points_overflow``.
    """
    if _WHOLE.fullmatch(text):
        if text != "0" and text.startswith("0"):
            raise Malformed("points_malformed", "leading zeros")
        points = int(text)
        if points == 0:
            raise Malformed("points_zero", "nothing was deposited")
        if points > MAX_POINTS:
            raise Malformed("points_overflow", f"at most {MAX_POINTS}")
        return points
    if re.fullmatch(r"-[0-9]{1,40}(\.[0-9]{1,40})?", text):
        raise Malformed("points_negative", "points are deposited, never taken back, here")
    if re.fullmatch(r"[0-9]{1,40}[.,][0-9]{1,40}", text):
        raise Malformed("points_fractional", "whole points only; no separators of thousands")
    raise Malformed("points_malformed", "whole points in the digits 0 to 9")


def parse_programme(text: str) -> str:
    """The code of a programme. Raises ``Malformed`` (``programme_malformed``)."""
    if not _CODE.fullmatch(text):
        detail = f"1 to {MAX_CODE} of a-z, 0-9 and inner hyphens"
        raise Malformed("programme_malformed", detail)
    return text


def commitment_of(salt: bytes, partner: str, deposit: Deposit) -> bytes:
    """32 bytes that stand on chain for the deposit."""
    fields = [partner, deposit.programme, deposit.reference, deposit.points, deposit.to]
    return COMMITMENT.digest(salt, encode(fields))


def worth(points: int, rate: Rate) -> int:
    """Units of 10^-6 LiqBon for points under a rate, rounded down."""
    return points * rate.numerator // rate.denominator
