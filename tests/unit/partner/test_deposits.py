"""What a deposit may be, in one field after the other and in a whole file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner.deposits import (
    Deposit,
    commitment_of,
    parse_points,
    parse_programme,
    parse_reference,
    worth,
)
from partner.rows import MAX_CELL, BadRows, read_rows
from primitives.address import address
from primitives.encoding import Malformed
from primitives.genesis import Rate
from primitives.hashing import COMMITMENT
from shell.errors import UsageError
from tests.builders import a_person

ALICE = a_person("alice").account
ADDRESS = address(ALICE, "tlqb")
HEAD = "reference,points,address,programme\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0", "points_zero"),
        ("-5", "points_negative"),
        ("-0.5", "points_negative"),
        ("1.5", "points_fractional"),
        ("1,5", "points_fractional"),
        ("1e3", "points_malformed"),
        ("", "points_malformed"),
        (" 5", "points_malformed"),
        ("+5", "points_malformed"),
        ("05", "points_malformed"),
        ("٣", "points_malformed"),
        ("five", "points_malformed"),
        ("0x10", "points_malformed"),
        (str(2**63), "points_overflow"),
        ("9" * 40, "points_overflow"),
        ("9" * 4000, "points_malformed"),
    ],
)
def test_points_that_are_none_say_why(text: str, code: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_points(text)
    assert caught.value.code == code


def test_the_largest_number_of_points_is_taken() -> None:
    assert parse_points(str(2**63 - 1)) == 2**63 - 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "reference_missing"),
        (" r", "reference_malformed"),
        ("r ", "reference_malformed"),
        ("r\x00", "reference_malformed"),
        ("r\n", "reference_malformed"),
        ("r\u202e", "reference_malformed"),
        ("r" * 129, "reference_malformed"),
        ("=1+1", "reference_formula"),
        ("+49 170 1234567", "reference_formula"),
        ("-1", "reference_formula"),
        ("@SUM(A1)", "reference_formula"),
    ],
)
def test_references_that_are_none_say_why(text: str, code: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_reference(text)
    assert caught.value.code == code


def test_two_spellings_of_one_reference_are_one() -> None:
    assert parse_reference("Cafe\u0301 7") == parse_reference("Caf\u00e9 7")


@pytest.mark.parametrize("text", ["", "Bonus", "-bonus", "bonus-", "b" * 33, "bo nus", "bonus\n"])
def test_programme_codes_are_those_of_the_ledger(text: str) -> None:
    with pytest.raises(Malformed, match="programme_malformed"):
        parse_programme(text)


class TestCommitment:
    def test_it_is_the_documented_digest(self) -> None:
        """An auditor who is shown salt and deposit computes this, with nothing of ours but bytes:
        95 = an array of five, a5 and d9/c4 the text and byte string heads of MessagePack."""
        deposit = Deposit("r-1", "bonus", 500, ALICE)
        by_hand = (
            b"\x95\xa5north\xa5bonus\xa3r-1\xcd" + (500).to_bytes(2, "big") + b"\xc4\x20" + ALICE
        )
        assert commitment_of(bytes(32), "north", deposit) == COMMITMENT.digest(bytes(32), by_hand)

    def test_every_field_and_the_salt_change_it(self) -> None:
        base = Deposit("r-1", "bonus", 500, ALICE)
        others = [
            Deposit("r-2", "bonus", 500, ALICE),
            Deposit("r-1", "miles", 500, ALICE),
            Deposit("r-1", "bonus", 501, ALICE),
            Deposit("r-1", "bonus", 500, a_person("bob").account),
        ]
        digests = {commitment_of(bytes(32), "north", deposit) for deposit in [base, *others]}
        digests |= {commitment_of(b"\1" * 32, "north", base), commitment_of(bytes(32), "e", base)}
        assert len(digests) == 7


@given(
    points=st.integers(1, 2**63 - 1),
    numerator=st.integers(1, 2**32 - 1),
    denominator=st.integers(1, 2**32 - 1),
)
def test_worth_is_rounded_down_and_never_more_than_the_rate(
    points: int, numerator: int, denominator: int
) -> None:
    units = worth(points, Rate(0, numerator, denominator))
    assert units * denominator <= points * numerator < (units + 1) * denominator


class TestRows:
    @staticmethod
    def _file(tmp_path: Path, text: str | bytes) -> Path:
        path = tmp_path / "deposits.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def test_rows_come_in_their_order_with_their_lines(self, tmp_path: Path) -> None:
        text = (
            "\ufeffprogramme,reference,address,points\r\n"
            f'bonus,"r, 1",{ADDRESS},5\r\n'
            "\r\n"
            f"bonus,r-2,{ADDRESS.upper()},6\r\n"
        )
        rows = read_rows(self._file(tmp_path, text), "tlqb")
        assert [(row.line, row.deposit) for row in rows] == [
            (2, Deposit("r, 1", "bonus", 5, ALICE)),
            (4, Deposit("r-2", "bonus", 6, ALICE)),
        ]

    def test_every_bad_row_is_named_with_its_line_and_code(self, tmp_path: Path) -> None:
        lines = [
            f"r-1,5,{ADDRESS},bonus",
            f"r-2,0,{ADDRESS},bonus",
            f"r-3,1.5,{ADDRESS},bonus",
            f"r-1,5,{ADDRESS},bonus",
            f"=cmd,5,{ADDRESS},bonus",
            f"r-6,5,{ADDRESS[:-1]}q,bonus",
            f"r-7,5,{address(ALICE, 'lqb')},bonus",
            "r-8,5",
            f"r-9,5,{ADDRESS},Bonus",
            f"{'r' * (MAX_CELL + 1)},5,{ADDRESS},bonus",
        ]
        with pytest.raises(BadRows) as caught:
            read_rows(self._file(tmp_path, HEAD + "\n".join(lines)), "tlqb")
        assert [(row.line, row.code) for row in caught.value.rows] == [
            (3, "points_zero"),
            (4, "points_fractional"),
            (5, "reference_repeated"),
            (6, "reference_formula"),
            (7, "address_checksum"),
            (8, "address_network"),
            (9, "row_malformed"),
            (10, "programme_malformed"),
            (11, "oversized"),
        ]
        assert caught.value.status == 2
        assert "line 5: reference_repeated: as on line 2" in caught.value.message

    def test_a_line_break_inside_quotes_does_not_shift_the_lines(self, tmp_path: Path) -> None:
        text = f'{HEAD}"r\n1",5,{ADDRESS},bonus\nr-2,0,{ADDRESS},bonus\n'
        with pytest.raises(BadRows) as caught:
            read_rows(self._file(tmp_path, text), "tlqb")
        assert [(row.line, row.code) for row in caught.value.rows] == [
            (2, "reference_malformed"),
            (4, "points_zero"),
        ]

    def test_an_open_quote_is_a_bad_row_not_a_swallowed_file(self, tmp_path: Path) -> None:
        text = f'{HEAD}"r-1,5,{ADDRESS},bonus\nr-2,5,{ADDRESS},bonus\n'
        with pytest.raises(BadRows) as caught:
            read_rows(self._file(tmp_path, text), "tlqb")
        assert caught.value.rows[0].code == "row_malformed"

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            (b"", "file_empty"),
            (HEAD.encode(), "file_empty"),
            (b"reference,points,address\nr,1,x\n", "columns_wrong"),
            (b"reference;points;address;programme\n", "columns_wrong"),
            (HEAD.strip().encode() + b",phone\n", "columns_wrong"),
            (HEAD.encode() + b"r\xff,5,a,bonus\n", "encoding_unknown"),
            (HEAD.encode("utf-16"), "encoding_unknown"),
        ],
    )
    def test_a_file_of_another_shape_is_refused(
        self, tmp_path: Path, text: bytes, code: str
    ) -> None:
        with pytest.raises(UsageError) as caught:
            read_rows(self._file(tmp_path, text), "tlqb")
        assert caught.value.code == code

    def test_a_file_that_is_not_there_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="No such file"):
            read_rows(tmp_path / "nowhere.csv", "tlqb")
