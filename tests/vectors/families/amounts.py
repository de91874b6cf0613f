"""Amounts as text and as units, and the texts that are refused."""

from collections.abc import Mapping, Sequence

from primitives.amount import MAX_SUPPLY, format_amount, parse_amount
from primitives.encoding import Malformed

FIELDS = {
    "text": "decimal LiqBon",
    "units": "micro-LiqBon as a decimal string, or null where the text is refused",
    "code": "why it is refused, or null",
}

UNITS = (0, 1, 10, 999_999, 1_000_000, 1_000_001, 12_500_000, 100_000_000, 2**53 + 1, MAX_SUPPLY)
REFUSED = (
    *("", " ", "1 ", " 1", "+1", "-1", "-0", "1e3", "1E3", "0x1", "1_000", "1,5", "1 000", "NaN"),
    *("inf", "01", "00", "00.5", ".5", "5.", ".", "1.0", "12.50", "0.0000000", "0.0000001"),
    *("1.0000001", "1.1234567", "1..5", "1.5.5", "\u0661", "\uff11", "\u00b2", "1\n", "1\u0000"),
    *("9223372036854.775808", "9223372036855", "18446744073709.551616", "9" * 40, "9" * 41),
    "9" * 5_000,
)


def refusal(text: str) -> str:
    """The code with which a text is refused."""
    try:
        parse_amount(text)
    except Malformed as error:
        return error.code
    raise AssertionError(f"{text!r} is an amount")


def cases() -> Sequence[Mapping[str, object]]:
    good = [
        {"text": format_amount(units), "units": str(units), "code": None}
        for units in UNITS
        if parse_amount(format_amount(units)) == units
    ]
    assert len(good) == len(UNITS)
    return good + [{"text": text, "units": None, "code": refusal(text)} for text in REFUSED]
