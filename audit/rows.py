"""Verified blocks as rows of tables, for those who analyse. Knows columns; writes no file.

A row says what was verified in the pass that made it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Final

import msgspec

from audit.ledger import Carried, VerifiedBlock
from audit.movements import Moved, moved_by, moved_by_due
from audit.plain import codes_in, plain_json, snake
from audit.rows_governance import PREFIXES, GovernanceRows
from audit.tables import (
    ACCOUNTS,
    BLOCKS,
    CAMPAIGNS,
    CONTENTS,
    CYCLES,
    EVENTS,
    MOVEMENTS,
    OBLIGATIONS,
    ORDERS,
    POSITIONS,
    RATES,
    TRANSACTIONS,
    Row,
    Table,
)
from primitives.address import address
from primitives.commerce import Campaign, Content, Order
from primitives.encoding import Wire
from primitives.entries import (
    Account,
    Obligation,
    Position,
    Prefix,
    PublishedRate,
    SettlementCycle,
    decode_entry,
)
from primitives.receipt import Outcome, Receipt, Skip


class Rows:
    """Makes rows of blocks, and of the state that they lead to."""

    def __init__(self, network: str) -> None:
        self._network = network
        self._together = GovernanceRows(network)

    def of_block(
        self, block: VerifiedBlock, state: Mapping[bytes, bytes]
    ) -> Iterator[tuple[Table, Row]]:
        """The rows of one block; ``state`` is the one that it left."""
        yield BLOCKS, _block_row(block)
        sent = {each.decoded.id for each in block.transactions}
        for receipt in block.receipts:
            if receipt.origin not in sent:
                for row in self._movements(block, receipt.origin, moved_by_due(receipt, state)):
                    yield MOVEMENTS, row
        for place, carried in enumerate(block.transactions):
            yield TRANSACTIONS, self._transaction_row(block.header.height, place, carried)
            if isinstance(carried.verdict, Receipt) and carried.verdict.outcome == Outcome.DONE:
                moved = moved_by(carried.decoded, carried.verdict, state)
                for row in self._movements(block, carried.decoded.id, moved):
                    yield MOVEMENTS, row
        yield from _event_rows(block, sent)
        yield from self._together.of_block(block, state)

    def of_state(self, state: Mapping[bytes, bytes]) -> Iterator[tuple[Table, Row]]:
        """The rows of a whole state."""
        for key, raw in state.items():
            if key[0] in _STATE_ROWS:
                yield from self._entry_rows(key, decode_entry(key, raw))
            elif key[0] in PREFIXES:
                yield self._together.of_entry(key, decode_entry(key, raw), state)

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
            snake(type(transaction.action).__name__),
            "skipped" if isinstance(verdict, Skip) else verdict.outcome.text,
            verdict.text if isinstance(verdict, Skip) else None,
            None if transaction.memo is None else transaction.memo.hex(),
        )

    def _movements(
        self, block: VerifiedBlock, origin: bytes, moved: Iterable[Moved]
    ) -> Iterator[Row]:
        """``origin``: the id of a transaction, or the receipt's origin of what fell due."""
        header = block.header
        start: Row = (header.height, header.time, origin.hex())
        for place, each in enumerate(moved):
            yield (
                *start,
                place,
                each.kind,
                each.partner,
                each.programme,
                each.points,
                self._named(each.source),
                self._named(each.destination),
                each.units,
                None if each.reference is None else each.reference.hex(),
            )

    def _named(self, account: bytes | None) -> str | None:
        return None if account is None else self._address(account)

    def _entry_rows(self, key: bytes, value: Wire) -> Iterator[tuple[Table, Row]]:
        match value:
            case Account():
                name = self._address(key[1:])
                yield ACCOUNTS, (name, value.balance, value.sequence, value.channels)
            case Position():
                totals = msgspec.structs.astuple(value)
                yield POSITIONS, (codes_in(key, 1)[0], *totals, value.net)
            case SettlementCycle():
                cycle = int.from_bytes(key[1:], "big")
                for each in value.lines:
                    line = (each.partner, each.expected, each.amount)
                    yield CYCLES, (cycle, value.closed, value.height, *line)
            case Obligation():
                yield OBLIGATIONS, _obligation_row(key, value)
            case PublishedRate(rate=rate):
                [partner, programme] = codes_in(key, 2)
                terms = (rate.since, rate.numerator, rate.denominator, value.published)
                place = int.from_bytes(key[-4:], "big")
                yield RATES, (partner, programme, place, *terms)
            case Campaign() as campaign:
                yield CAMPAIGNS, self._campaign_row(key[1:], campaign)
            case Order() as order:
                yield ORDERS, self._order_row(key[1:], order)
            case Content(author=author, hash=digest):
                counts = (value.likes, value.units)
                yield CONTENTS, (key[1:].hex(), self._address(author), digest.hex(), *counts)
            case _:
                raise AssertionError(key.hex())

    def _campaign_row(self, id_: bytes, campaign: Campaign) -> Row:
        return (
            id_.hex(),
            self._address(campaign.sponsor),
            self._address(campaign.signer),
            campaign.reward,
            campaign.bonus,
            campaign.left,
            campaign.per_claimant,
            campaign.ends,
            campaign.claims,
            campaign.closed,
        )

    def _order_row(self, id_: bytes, order: Order) -> Row:
        offer = order.offer
        return (
            id_.hex(),
            self._address(order.buyer),
            self._address(offer.seller),
            self._named(offer.promoter),
            self._address(offer.arbiter),
            offer.price,
            offer.share,
            offer.goods.hex(),
            order.status.text,
            order.deadline,
            order.locked,
            None if order.tracking is None else order.tracking.hex(),
            order.to_buyer,
            order.to_promoter,
        )


_STATE_ROWS: Final = frozenset(
    {
        Prefix.ACCOUNT,
        Prefix.POSITION,
        Prefix.CYCLE,
        Prefix.OBLIGATION,
        Prefix.RATE,
        Prefix.CAMPAIGN,
        Prefix.ORDER,
        Prefix.CONTENT,
    }
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


def _event_rows(block: VerifiedBlock, sent: Container[bytes]) -> Iterator[tuple[Table, Row]]:
    """``sent``: the ids of the block's transactions."""
    for receipt in block.receipts:
        due = receipt.origin not in sent
        for place, event in enumerate(receipt.events):
            told = plain_json(event)
            name = snake(type(event).__name__)
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
