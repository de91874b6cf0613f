"""Amounts of LiqBon. Knows units, bounds and the decimal text form; not who owns what.

An amount is an unsigned integer of micro-LiqBon (10^-6), at most 2^63 - 1; a partner's position is
a signed one. No float ever holds either ([CRYPTO-8], docs/spec/cryptography.md).
"""

from __future__ import annotations

import re
from typing import Annotated, Final, TypeAlias

import msgspec

from primitives.encoding import Malformed

Amount: TypeAlias = int
"""Micro-LiqBon, 0 to MAX_SUPPLY."""

MICRO: Final = 1_000_000
"""Micro-LiqBon in one LiqBon."""

DECIMALS: Final = 6

MAX_SUPPLY: Final = 2**63 - 1
"""Micro-LiqBon. No amount, and no sum of all amounts, is larger."""

MAX_PER_DAY: Final = 1_250_000 * MICRO
"""Micro-LiqBon that a partner may mint in a day, and again that it may refund.

The totals of the supply only grow, so what is added to them in a day is bounded by the type, or
two who mint, redeem and give back to each other would use them up for everyone. 100 partners *
36,600 days (100 years) * 2 (minted and refunded) * 1,250,000 * 10^6 < 2^63, and nothing is
redeemed that was not minted or refunded before ([LEDGER-2], docs/spec/ledger.md).
"""

DailyCap = Annotated[int, msgspec.Meta(ge=0, le=MAX_PER_DAY)]
"""Micro-LiqBon, 0 to MAX_PER_DAY: the most that a partner mints, or refunds, in a day."""

# One spelling an amount: no sign, exponent, leading zero or trailing zero after the point. The
# digits are ASCII ([0-9], not \d), and the integer part is bounded before int() sees it.
_FORM: Final = re.compile(r"(0|[1-9][0-9]{0,39})(?:\.([0-9]{0,5}[1-9]))?")


def parse_amount(text: str) -> Amount:
    """Micro-LiqBon of a decimal such as ``12.5``.

    Raises ``Malformed``: ``amount_malformed`` for any other spelling, ``amount_overflow`` beyond
    MAX_SUPPLY. Zero is an amount; where it is not allowed is the ledger's rule.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise Malformed(
            "amount_malformed",
            "an amount is digits with at most six decimals, such as 12.5: no sign, exponent, "
            "leading zeros, or trailing zeros after the point",
        )
    whole, fraction = match.group(1), match.group(2) or ""
    units = int(whole) * MICRO + int(fraction.ljust(DECIMALS, "0"))
    if units > MAX_SUPPLY:
        raise Malformed("amount_overflow", f"at most {format_amount(MAX_SUPPLY)} LiqBon")
    return units


def format_amount(units: Amount) -> str:
    """The one decimal text of an amount: ``parse_amount`` gives it back. Raises as ``checked``."""
    whole, fraction = divmod(checked(units), MICRO)
    if not fraction:
        return str(whole)
    return f"{whole}.{fraction:06d}".rstrip("0")


def format_signed(units: int) -> str:
    """The decimal text of a signed quantity, such as a partner's position; ``-`` before it."""
    return f"-{format_amount(-units)}" if units < 0 else format_amount(units)


def is_amount(units: int) -> bool:
    """Whether ``units`` is within 0 to MAX_SUPPLY."""
    return 0 <= units <= MAX_SUPPLY


def checked(units: int) -> Amount:
    """``units`` itself. ``Malformed``: ``amount_negative``, ``amount_overflow`` (beyond 2^63-1)."""
    if units < 0:
        raise Malformed("amount_negative", str(units))
    if units > MAX_SUPPLY:
        raise Malformed("amount_overflow", str(units))
    return units


def add(left: Amount, right: Amount) -> Amount:
    """The sum of two amounts. Raises ``Malformed`` as ``checked`` does."""
    return checked(checked(left) + checked(right))


def subtract(left: Amount, right: Amount) -> Amount:
    """What is left of ``left``. ``Malformed`` ``amount_negative`` when ``right`` is more."""
    return checked(checked(left) - checked(right))
