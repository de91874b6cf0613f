"""The log's purchases become points by the rules that the tutorial tells."""

import csv
from hashlib import sha256
from pathlib import Path

import pytest

from demo.purchases import (
    COLUMNS,
    LOG,
    POINTS_PER_100_DOLLARS,
    SHOPS,
    Deposit,
    Purchase,
    customers_of,
    deposit_of,
    deposits,
    programme_of,
    read_log,
    write_csv,
)
from node.founders import FOUNDERS

HEADS = " customer_id  date number_of_cds  dollar_value\n"


def the_log() -> list[Purchase]:
    with LOG.open(encoding="utf-8") as lines:
        return list(read_log(lines))


def test_the_share_of_the_log_is_the_one_whose_provenance_is_told() -> None:
    told = (LOG.parent / "README.md").read_text(encoding="utf-8")
    data = LOG.read_bytes()
    assert sha256(data).hexdigest() in told
    assert f"{len(data):,} bytes" in told
    assert f"{len(the_log()):,} purchases that the first 400 customers" in told


def test_a_line_is_read_to_the_cent() -> None:
    lines = [HEADS, " 00003 19970402  2   19.54\n", " 00003 19970402  5    7.5\n"]
    assert list(read_log(lines)) == [
        Purchase(3, 1, "19970402", 1954),
        Purchase(3, 2, "19970402", 750),
    ]


@pytest.mark.parametrize("line", ["", "00003 19970402 2", "x 19970402 2 1.00", "1 19970402 2 a.b"])
def test_a_line_that_is_no_purchase_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="line 2 is no purchase"):
        list(read_log([HEADS, line]))


def test_customers_are_dealt_out_evenly() -> None:
    assert [programme_of(customer) for customer in range(1, 6)] == [*SHOPS, SHOPS[0]]
    numbers = dict.fromkeys(SHOPS, 0)
    for customer in {purchase.customer for purchase in the_log()}:
        numbers[programme_of(customer)] += 1
    assert numbers == dict.fromkeys(SHOPS, 100)


@pytest.mark.parametrize(
    ("customer", "cents", "points"),
    [(1, 1177, 11), (2, 1177, 5), (3, 1177, 47), (4, 1177, 2), (4, 499, 0), (1, 0, 0)],
)
def test_points_are_whole_and_never_rounded_up(customer: int, cents: int, points: int) -> None:
    deposit = deposit_of(Purchase(customer, 1, "19970101", cents))
    assert (deposit.points if deposit else 0) == points


def test_every_retailer_gives_back_one_percent() -> None:
    rates = {founder.programme: founder.points for founder in FOUNDERS}
    assert rates == POINTS_PER_100_DOLLARS


def test_no_two_deposits_share_a_reference() -> None:
    references = [d.reference for dealt in deposits(the_log()).values() for d in dealt]
    assert len(references) > 1_000
    assert len(set(references)) == len(references)


def test_the_file_for_the_import_has_a_row_for_each_deposit(tmp_path: Path) -> None:
    dealt = [Deposit("miles", 3, 47, "cdnow-00003-001-19970102"), Deposit("miles", 7, 1, "r")]
    assert customers_of([*dealt, dealt[0]]) == [3, 7]
    write_csv(tmp_path / "deposits.csv", dealt, {3: "tlqb1three", 7: "tlqb1seven"})
    with (tmp_path / "deposits.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        list(COLUMNS),
        ["cdnow-00003-001-19970102", "47", "tlqb1three", "miles"],
        ["r", "1", "tlqb1seven", "miles"],
    ]
