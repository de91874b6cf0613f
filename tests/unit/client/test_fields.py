"""Times and bytes in documents have one spelling each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.fields import MAX_TIME_MS, format_time, from_base64, parse_time, to_base64
from primitives.encoding import Malformed


@given(st.integers(0, MAX_TIME_MS))
def test_a_time_is_read_as_it_was_written(millis: int) -> None:
    assert parse_time(format_time(millis)) == millis


def test_times_are_rfc_3339_in_utc_with_milliseconds() -> None:
    assert format_time(0) == "1970-01-01T00:00:00.000Z"
    assert format_time(1_793_491_200_007) == "2026-11-01T00:00:00.007Z"
    assert format_time(MAX_TIME_MS) == "9999-12-31T23:59:59.999Z"
    assert format_time(2**53) == "9999-12-31T23:59:59.999Z"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-01",
        "2026-11-01T00:00:00Z",
        "2026-11-01T00:00:00.000",
        "2026-11-01T00:00:00.000+00:00",
        "2026-11-01t00:00:00.000z",
        "2026-13-01T00:00:00.000Z",
        "2026-02-30T00:00:00.000Z",
        "2026-11-01T24:00:00.000Z",
        "1969-12-31T23:59:59.999Z",
        "0000-01-01T00:00:00.000Z",
        " 2026-11-01T00:00:00.000Z",
        "2026-11-01T00:00:00.000Z\n",
        "\u0662026-11-01T00:00:00.000Z",
    ],
)
def test_any_other_time_is_refused(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_time(text)
    assert caught.value.code == "time_malformed"


@given(st.binary(max_size=60))
def test_bytes_are_read_as_they_were_written(data: bytes) -> None:
    assert from_base64(to_base64(data)) == data


@pytest.mark.parametrize(
    "text", ["A", "AA", "AA=", "AB==", "AA==\n", " AA==", "A_==", "AA==AA==", "é"]
)
def test_any_other_base64_is_refused(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        from_base64(text)
    assert caught.value.code == "base64_malformed"


@given(st.text(max_size=12))
def test_any_text_is_bytes_or_refused(text: str) -> None:
    try:
        data = from_base64(text)
    except Malformed:
        return
    assert to_base64(data) == text
