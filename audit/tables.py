"""Verified blocks as rows of tables, for those who analyse. Knows columns; writes no file.

A row says what was verified in the pass that made it. Amounts are whole units of 10^-6 LiqBon, so
that sums are exact in whatever reads them; ids are lower-case hex, accounts bech32m addresses.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum, unique
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from audit.ledger import Carried, VerifiedBlock
from primitives.actions import Mint, Redeem, Refund, Transfer
from primitives.address import address
from primitives.encoding import Wire
from primitives.entries import (
    Account,
    Obligation,
    Position,
    Prefix,
    PublishedRate,
    Redemption,
    SettlementCycle,
    decode_entry,
    redemption_key,
)
from primitives.receipt import Event, Outcome, Receipt, Skip
from primitives.transaction import Transaction

Value: TypeAlias = str | int | bool | None
Row: TypeAlias = tuple[Value, ...]


@unique
class Kind(Enum):
    """What a column holds. A moment is in milliseconds since 1970."""

    TEXT = "text"
    INTEGER = "integer"
    FLAG = "flag"
    MOMENT = "moment"


class Table(NamedTuple):
    """A table: its name, what a row is, and its columns in order."""

    name: str
    row: str
    columns: tuple[tuple[str, Kind], ...]


_T, _I, _F, _M = Kind.TEXT, Kind.INTEGER, Kind.FLAG, Kind.MOMENT

BLOCKS: Final = Table(
    "blocks",
    "a height that was attested",
    (
        ("height", _I),
        ("time", _M),
        ("digest", _T),
        ("epoch", _I),
        ("view", _I),
        ("transactions", _I),
        ("receipts", _I),
        ("state_root", _T),
        ("receipts_root", _T),
        ("attested_by", _I),
    ),
)
TRANSACTIONS: Final = Table(
    "transactions",
    "a transaction that a block ordered; outcome is done, a refusal, or skipped",
    (
        ("height", _I),
        ("place", _I),
        ("lane", _I),
        ("id", _T),
        ("sender", _T),
        ("channel", _I),
        ("sequence", _I),
        ("valid_until", _M),
        ("action", _T),
        ("outcome", _T),
        ("skip", _T),
        ("memo", _T),
    ),
)
MOVEMENTS: Final = Table(
    "movements",
    "LiqBon that came into being, changed hands, were burnt or given back",
    (
        ("height", _I),
        ("time", _M),
        ("transaction", _T),
        ("place", _I),
        ("kind", _T),
        ("partner", _T),
        ("programme", _T),
        ("points", _I),
        ("source", _T),
        ("destination", _T),
        ("units", _I),
        ("reference", _T),
    ),
)
EVENTS: Final = Table(
    "events",
    "an event of a receipt; due is true for what happened by itself",
    (
        ("height", _I),
        ("origin", _T),
        ("due", _F),
        ("place", _I),
        ("event", _T),
        ("fields", _T),
    ),
)
ACCOUNTS: Final = Table(
    "accounts",
    "an account at the last height",
    (("account", _T), ("balance_units", _I), ("sequence", _I), ("channels", _I)),
)
POSITIONS: Final = Table(
    "positions",
    "a partner's totals at the last height",
    (
        ("partner", _T),
        *((f"{name}_units", _I) for name in Position.__struct_fields__),
        ("net_units", _I),
    ),
)
CYCLES: Final = Table(
    "cycles",
    "a partner at the closing of a settlement cycle: E, and what it pays or is paid",
    (
        ("cycle", _I),
        ("closed", _M),
        ("height", _I),
        ("partner", _T),
        ("expected_units", _I),
        ("units", _I),
    ),
)
OBLIGATIONS: Final = Table(
    "obligations",
    "a payment between partners, as it stands at the last height",
    (
        ("cycle", _I),
        ("place", _I),
        ("debtor", _T),
        ("creditor", _T),
        ("units", _I),
        ("settled_units", _I),
        ("status", _T),
        ("deadline", _M),
        ("reference", _T),
        ("late", _F),
    ),
)
RATES: Final = Table(
    "rates",
    "a rate that was ever published",
    (
        ("partner", _T),
        ("programme", _T),
        ("place", _I),
        ("since", _M),
        ("numerator", _I),
        ("denominator", _I),
        ("published", _M),
    ),
)

TABLES: Final = (
    BLOCKS,
    TRANSACTIONS,
    MOVEMENTS,
    EVENTS,
    ACCOUNTS,
    POSITIONS,
    CYCLES,
    OBLIGATIONS,
    RATES,
)


class Rows:
    """Makes rows of blocks, and of the state that they lead to."""

    def __init__(self, network: str) -> None:
        self._network = network

    def of_block(
        self, block: VerifiedBlock, state: Mapping[bytes, bytes]
    ) -> Iterator[tuple[Table, Row]]:
        """The rows of one block; ``state`` is the one that it left."""
        yield BLOCKS, _block_row(block)
        for place, carried in enumerate(block.transactions):
            yield TRANSACTIONS, self._transaction_row(block.header.height, place, carried)
            if isinstance(carried.verdict, Receipt) and carried.verdict.outcome == Outcome.DONE:
                for row in self._movements(block, carried, state):
                    yield MOVEMENTS, row
        yield from _event_rows(block)

    def of_state(self, state: Mapping[bytes, bytes]) -> Iterator[tuple[Table, Row]]:
        """The rows of a whole state."""
        for key, raw in state.items():
            if key[0] in _STATE_ROWS:
                yield from self._entry_rows(key, decode_entry(key, raw))

    def _address(self, account: bytes) -> str:
        return address(account, self._network)

    def _transaction_row(self, height: int, place: int, carried: Carried) -> Row:
        transaction, verdict = carried.decoded.transaction, carried.verdict
        return (
            height,
            place,
            carried.lane,
            carried.decoded.id.hex(),
            self._address(transaction.sender),
            transaction.channel,
            transaction.sequence,
            transaction.valid_until,
            _snake(type(transaction.action).__name__),
            "skipped" if isinstance(verdict, Skip) else verdict.outcome.text,
            verdict.text if isinstance(verdict, Skip) else None,
            None if transaction.memo is None else transaction.memo.hex(),
        )

    def _movements(
        self, block: VerifiedBlock, carried: Carried, state: Mapping[bytes, bytes]
    ) -> Iterator[Row]:
        header = block.header
        start: Row = (header.height, header.time, carried.decoded.id.hex())
        for place, moved in enumerate(self._moved(carried.decoded.transaction, state)):
            yield (*start, place, *moved)

    def _moved(self, transaction: Transaction, state: Mapping[bytes, bytes]) -> Iterator[Row]:
        """Kind, partner, programme, points, source, destination, units, reference."""
        sender = self._address(transaction.sender)
        match transaction.action:
            case Transfer(outputs=outputs):
                for each in outputs:
                    to = self._address(each.account)
                    yield "transfer", None, None, None, sender, to, each.amount, None
            case Mint() as m:
                to, made = self._address(m.to), m.commitment.hex()
                yield "mint", m.partner, m.programme, m.points, None, to, m.amount, made
            case Redeem(invoice=i):
                yield "redeem", i.partner, None, None, sender, None, i.amount, i.id.hex()
            case Refund() as r:
                key = redemption_key(r.partner, r.invoice)
                redemption = decode_entry(key, state[key])
                assert isinstance(redemption, Redemption)
                to = self._address(redemption.payer)
                yield "refund", r.partner, None, None, None, to, r.amount, r.invoice.hex()
            case _:
                return

    def _entry_rows(self, key: bytes, value: Wire) -> Iterator[tuple[Table, Row]]:
        match value:
            case Account():
                name = self._address(key[1:])
                yield ACCOUNTS, (name, value.balance, value.sequence, value.channels)
            case Position():
                totals = msgspec.structs.astuple(value)
                yield POSITIONS, (_codes(key, 1)[0], *totals, value.net)
            case SettlementCycle():
                cycle = int.from_bytes(key[1:], "big")
                for each in value.lines:
                    line = (each.partner, each.expected, each.amount)
                    yield CYCLES, (cycle, value.closed, value.height, *line)
            case Obligation():
                yield OBLIGATIONS, _obligation_row(key, value)
            case PublishedRate(rate=rate):
                [partner, programme] = _codes(key, 2)
                terms = (rate.since, rate.numerator, rate.denominator, value.published)
                place = int.from_bytes(key[-4:], "big")
                yield RATES, (partner, programme, place, *terms)
            case _:
                raise AssertionError(key.hex())


_STATE_ROWS: Final = frozenset(
    {Prefix.ACCOUNT, Prefix.POSITION, Prefix.CYCLE, Prefix.OBLIGATION, Prefix.RATE}
)


def _block_row(block: VerifiedBlock) -> Row:
    header, said = block.header, block.certificate.attestation
    return (
        header.height,
        header.time,
        block.digest.hex(),
        header.epoch,
        header.view,
        len(block.transactions),
        len(block.receipts),
        said.state_root.hex(),
        said.receipts_root.hex(),
        len(block.certificate.signatures),
    )


def _event_rows(block: VerifiedBlock) -> Iterator[tuple[Table, Row]]:
    ids = {each.decoded.id for each in block.transactions}
    for receipt in block.receipts:
        due = receipt.origin not in ids
        for place, event in enumerate(receipt.events):
            told = json.dumps(_plain(event), separators=(",", ":"))
            name = _snake(type(event).__name__)
            origin = receipt.origin.hex()
            yield EVENTS, (block.header.height, origin, due, place, name, told)


def _obligation_row(key: bytes, value: Obligation) -> Row:
    return (
        int.from_bytes(key[1:5], "big"),
        key[5],
        value.debtor,
        value.creditor,
        value.amount,
        value.settled,
        value.status.text,
        value.deadline,
        None if value.reference is None else value.reference.hex(),
        value.late,
    )


def _codes(key: bytes, count: int) -> list[str]:
    """The codes in a key, each after its length."""
    codes, place = [], 1
    for _ in range(count):
        size = key[place]
        codes.append(key[place + 1 : place + 1 + size].decode("ascii"))
        place += 1 + size
    return codes


def _plain(value: Event | Wire | Any) -> Any:
    """Fields by name, bytes as hex; amounts stay whole units."""
    if isinstance(value, Wire):
        return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
    return value.hex() if isinstance(value, bytes) else value


def _snake(name: str) -> str:
    words: Iterable[str] = ("_" + c.lower() if c.isupper() else c for c in name)
    return "".join(words).lstrip("_")
