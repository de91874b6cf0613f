"""Exported rows: complete, of what was verified, the same in every format."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from audit.crew import Inline
from audit.home import Verified
from audit.replay import Audit
from audit.rows import Rows
from audit.sinks import FORMATS, open_sink
from audit.tables import TABLES, Row
from primitives.actions import (
    CampaignClose,
    ContentRegister,
    OrderDispute,
    OrderRelease,
    OrderResolve,
    OrderShip,
)
from primitives.address import address
from primitives.amount import MICRO
from primitives.entries import SUPPLY_KEY, Supply, decode_entry
from shell.errors import UsageError
from tests.builders import DAY_MS, PARAMETERS, a_person, a_redeem, a_refund, a_role, an_invoice
from tests.fakes import market
from tests.fakes.chains import Chain, ChainSource, an_honest_chain, handed_out

CAROL = a_person("carol")
Exported = dict[str, list[Row]]


def a_chain_with_everything() -> Chain:
    """Mints, transfers, refusals, a redemption, a refund, a cycle with an obligation."""
    chain = an_honest_chain()
    sale = an_invoice("south", 3 * MICRO // 2, expires=chain.now_ms + DAY_MS)
    chain.block([a_redeem(CAROL, sale, **chain._fields(CAROL.account))])
    cashier = chain._fields(a_role("south", "cashier").account)
    chain.block([], [a_refund("south", sale.id, MICRO // 2, **cashier)])
    again = chain._fields(a_role("south", "cashier").account)
    chain.block([], [a_refund("south", bytes(32), MICRO, "another", **again)])
    chain.block(after_ms=PARAMETERS.settlement_cycle_ms)
    return chain


def a_market() -> Chain:
    """A campaign that is claimed from and ends by itself, one that is closed; orders that are
    released, judged, paid by time and still held; a work that is liked."""
    chain = Chain()
    chain.block([chain.mint(each, 10_000, str(n)) for n, each in enumerate(market.PEOPLE)])
    given = market.campaign(chain)
    closed = market.campaign(chain, budget=3 * MICRO)
    orders = [market.buying(chain) for _ in range(3)]
    chain.block([given, closed, *orders])
    released, judged, waits = (order.id for order in orders)
    chain.block(
        [
            market.claim(chain, given.id),
            chain.act(market.SUE, CampaignClose(closed.id)),
            *(chain.act(market.BEN, OrderShip(each, None)) for each in (judged, waits)),
            chain.act(market.ANN, OrderRelease(released)),
            chain.act(market.ANN, OrderDispute(judged)),
            chain.act(market.JOY, OrderResolve(judged, MICRO)),
            chain.act(market.BEN, ContentRegister(market.WORK)),
            market.like(chain),
        ]
    )
    chain.block(after_ms=7 * DAY_MS)
    chain.block(after_ms=7 * DAY_MS + 1_000)
    chain.block([market.buying(chain)])
    return chain


async def exported(chain: Chain) -> Exported:
    """Every row of a chain, by table, made while it is verified."""
    verified = Verified.found(chain.genesis)
    source = ChainSource(handed_out(chain.blocks), chain)
    rows: Exported = defaultdict(list)
    maker = Rows(chain.genesis.network)
    async for block in Audit(verified, source, Inline()).blocks(len(chain.blocks)):
        for table, row in maker.of_block(block, verified.ledger.state):
            rows[table.name].append(row)
    for table, row in maker.of_state(verified.ledger.state):
        rows[table.name].append(row)
    supply = decode_entry(SUPPLY_KEY, verified.ledger.state[SUPPLY_KEY])
    assert isinstance(supply, Supply)
    locked = sum(row[5] for row in rows["campaigns"]) + sum(row[10] for row in rows["orders"])  # type: ignore[misc]
    assert sum(row[1] for row in rows["accounts"]) + locked == supply.supply  # type: ignore[misc]
    return rows


def assert_movements_add_up(rows: Exported) -> None:
    """To the balance of every account, and to what is locked by each campaign and order."""
    held: dict[object, int] = defaultdict(int)
    for _, _, _, _, _, _, _, _, source, destination, units, _ in rows["movements"]:
        assert isinstance(units, int)
        if source is not None:
            held[source] -= units
        if destination is not None:
            held[destination] += units
    balances = {row[0]: row[1] for row in rows["accounts"] if row[1]}
    assert {name: units for name, units in held.items() if units} == balances
    locked: dict[object, int] = defaultdict(int)
    for row in rows["movements"]:
        kind, units, about = str(row[4]), row[10], row[11]
        assert isinstance(units, int)
        if kind.startswith(("campaign", "order")):
            locked[about] += units if kind.endswith("lock") else -units
    stands = {row[0]: row[5] for row in rows["campaigns"]}
    stands |= {row[0]: row[10] for row in rows["orders"]}
    assert locked == stands


async def test_movements_add_up_to_every_balance() -> None:
    rows = await exported(a_chain_with_everything())
    assert_movements_add_up(rows)
    kinds = {row[4] for row in rows["movements"]}
    assert kinds == {"mint", "transfer", "redeem", "refund"}


async def test_movements_into_campaigns_and_orders_and_out_of_them_add_up() -> None:
    """[LEDGER-2]: what is locked is in no balance and not lost."""
    rows = await exported(a_market())
    assert_movements_add_up(rows)
    assert {row[9] for row in rows["transactions"]} == {"done"}
    kinds = {row[4] for row in rows["movements"]} - {"mint"}
    assert kinds == {
        "campaign_lock",
        "campaign_pay",
        "campaign_return",
        "order_lock",
        "order_pay",
        "order_share",
        "order_return",
        "like",
    }
    sent = {row[3] for row in rows["transactions"]}
    due = [(row[4], row[10]) for row in rows["movements"] if row[2] not in sent]
    assert sorted(due) == [  # type: ignore[type-var]
        ("campaign_return", market.BUDGET - market.REWARD - market.BONUS),
        ("order_pay", market.PRICE - market.SHARE),
        ("order_share", market.SHARE),
    ]


async def test_campaigns_orders_and_contents_are_told_as_they_stand() -> None:
    rows = await exported(a_market())
    assert sorted((row[5], row[8], row[9]) for row in rows["campaigns"]) == [
        (0, 0, True),
        (0, 1, True),
    ]
    ends = [(row[8], row[10], row[12], row[13]) for row in rows["orders"]]
    share = market.SHARE * (market.PRICE - MICRO) // market.PRICE
    assert sorted(ends) == [  # type: ignore[type-var]
        ("done", 0, 0, market.SHARE),
        ("done", 0, 0, market.SHARE),
        ("done", 0, MICRO, share),
        ("open", market.PRICE, 0, 0),
    ]
    author = address(market.BEN.account, "tlqb")
    assert rows["contents"] == [(market.ESSAY.hex(), author, market.WORK.hex(), 1, market.LIKED)]


async def test_a_refund_names_who_got_it_back() -> None:
    rows = await exported(a_chain_with_everything())
    [refund] = [row for row in rows["movements"] if row[4] == "refund"]
    assert refund[9] == address(CAROL.account, "tlqb")
    assert refund[5] == "south"


async def test_refused_and_skipped_transactions_move_nothing_and_are_told() -> None:
    rows = await exported(a_chain_with_everything())
    outcomes = {row[9] for row in rows["transactions"]}
    assert outcomes == {"done", "balance_too_low", "invoice_unknown", "skipped"}
    done = {row[3] for row in rows["transactions"] if row[9] == "done"}
    assert {row[2] for row in rows["movements"]} <= done


async def test_what_fell_due_is_told_apart() -> None:
    rows = await exported(a_chain_with_everything())
    due = [row for row in rows["events"] if row[2]]
    assert {row[4] for row in due} == {"cycle_closed"}
    assert json.loads(str(due[0][5])) == {"cycle": 1, "claims": MICRO, "obligations": 1}
    [obligation] = rows["obligations"]
    assert obligation[2:7] == ("north", "south", MICRO, 0, "open")
    assert sorted(row[3] for row in rows["cycles"]) == ["north", "south"]  # type: ignore[type-var]


def write(kind: str, path: Path, rows: Exported) -> list[Path]:
    sink = open_sink(kind, path)
    for table in TABLES:
        sink.add(table, rows[table.name])
    return sink.finish()


def read(kind: str, path: Path, table: str) -> list[tuple[object, ...]]:
    if kind == "sqlite":
        with sqlite3.connect(path) as database:
            return database.execute(f"SELECT * FROM {table}").fetchall()
    if kind == "csv":
        with (path / f"{table}.csv").open(newline="") as file:
            return [tuple(row) for row in csv.reader(file)][1:]
    with duckdb.connect() as database:
        return database.execute(
            "SELECT * FROM read_parquet(?)", [str(path / f"{table}.parquet")]
        ).fetchall()


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("make", [a_chain_with_everything, a_market])
async def test_every_format_holds_every_row(
    kind: str, make: Callable[[], Chain], tmp_path: Path
) -> None:
    rows = await exported(make())
    path = tmp_path / "it's here"
    files = write(kind, path, rows)
    assert all(file.is_file() for file in files)
    for table in TABLES:
        found = read(kind, path, table.name)
        assert len(found) == len(rows[table.name]), table.name
        plain = [tuple("" if v is None else str(v) for v in row) for row in found]
        expected = [
            tuple(
                "" if v is None else str(v)
                for v, (_, column) in zip(row, table.columns, strict=True)
                if column.value in {"text", "integer"}
            )
            for row in rows[table.name]
        ]
        kept = [
            tuple(
                v
                for v, (_, column) in zip(row, table.columns, strict=True)
                if column.value in {"text", "integer"}
            )
            for row in plain
        ]
        assert kept == expected, table.name


@pytest.mark.parametrize("kind", FORMATS)
def test_nothing_is_overwritten(kind: str, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("somebody's")
    with pytest.raises(UsageError) as refused:
        open_sink(kind, tmp_path / "there")
    assert refused.value.code == "file_exists"
    assert (tmp_path / "there").read_text() == "somebody's"


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_discarded_leaves_nothing(kind: str, tmp_path: Path) -> None:
    sink = open_sink(kind, tmp_path / "tables")
    sink.add(TABLES[0], [(1, 0, "", 0, 0, 0, 0, "", "", 3)])
    sink.discard()
    assert list(tmp_path.iterdir()) == []


def test_moments_are_told_in_utc(tmp_path: Path) -> None:
    sink = open_sink("sqlite", tmp_path / "chain")
    sink.add(TABLES[0], [(1, 1_793_491_200_123, "", 0, 0, 0, 0, "", "", 3)])
    sink.finish()
    assert read("sqlite", tmp_path / "chain", "blocks")[0][1] == "2026-11-01T00:00:00.123Z"
