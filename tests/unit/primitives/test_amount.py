"""Amounts: one text an amount, and no sum that leaves the range."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primitives.amount import (
    MAX_PER_DAY,
    MAX_SUPPLY,
    MICRO,
    add,
    checked,
    format_amount,
    format_signed,
    is_amount,
    parse_amount,
    subtract,
)
from primitives.encoding import Malformed
from tests.vectors.families.amounts import REFUSED

amounts = st.integers(0, MAX_SUPPLY)


@given(amounts)
def test_a_text_leads_back_to_its_amount(units: int) -> None:
    """[CRYPTO-9]"""
    assert parse_amount(format_amount(units)) == units


@given(st.from_regex(r"[0-9.]{1,22}", fullmatch=True) | st.text(max_size=20))
def test_what_parses_has_one_spelling(text: str) -> None:
    """[CRYPTO-9]"""
    try:
        units = parse_amount(text)
    except Malformed as error:
        assert error.code in ("amount_malformed", "amount_overflow")  # noqa: PT017
    else:
        assert format_amount(units) == text


@pytest.mark.parametrize(
    ("text", "units"), [("12.5", 12_500_000), ("0", 0), ("1", MICRO), ("0.000001", 1)]
)
def test_six_decimals_make_a_unit(text: str, units: int) -> None:
    """[CRYPTO-8]"""
    assert parse_amount(text) == units


@pytest.mark.parametrize("text", [text for text in REFUSED if len(text) < 50])
def test_other_spellings_are_refused(text: str) -> None:
    """[CRYPTO-9]"""
    with pytest.raises(Malformed):
        parse_amount(text)


def test_a_daily_cap_of_all_partners_for_a_hundred_years_is_an_amount() -> None:
    """[LEDGER-2], [LEDGER-9] minted and refunded; 36,600 days are a hundred years and more."""
    assert parse_amount("1250000") == MAX_PER_DAY
    assert 36_600 > 100 * 365 + 25
    assert is_amount(100 * 36_600 * 2 * MAX_PER_DAY)


def test_the_largest_supply_is_the_largest_amount() -> None:
    """[CRYPTO-8]"""
    assert parse_amount("9223372036854.775807") == MAX_SUPPLY
    with pytest.raises(Malformed) as refused:
        parse_amount("9223372036854.775808")
    assert refused.value.code == "amount_overflow"


@pytest.mark.parametrize("units", [-1, -MAX_SUPPLY, MAX_SUPPLY + 1, 2**64])
def test_what_is_no_amount_is_not_printed(units: int) -> None:
    assert not is_amount(units)
    code = "amount_negative" if units < 0 else "amount_overflow"
    for refuse in (checked, format_amount):
        with pytest.raises(Malformed) as refused:
            refuse(units)
        assert refused.value.code == code


@given(amounts, amounts)
def test_sums_and_differences_are_exact_or_refused(left: int, right: int) -> None:
    """[CRYPTO-8]"""
    if left + right <= MAX_SUPPLY:
        assert add(left, right) == left + right
    else:
        with pytest.raises(Malformed):
            add(left, right)
    if left >= right:
        assert subtract(left, right) == left - right
    else:
        with pytest.raises(Malformed):
            subtract(left, right)


def test_no_operand_hides_behind_another() -> None:
    """A negative operand would undo an overflow, or be a credit in disguise."""
    for operate in (add, subtract):
        for left, right in ((5, -1), (-1, 5), (MAX_SUPPLY + 1, 1)):
            with pytest.raises(Malformed):
                operate(left, right)


def test_positions_have_a_sign() -> None:
    assert format_signed(-12_500_000) == "-12.5"
    assert format_signed(0) == "0"
    assert format_signed(1) == "0.000001"
    with pytest.raises(Malformed):
        format_signed(-MAX_SUPPLY - 1)
