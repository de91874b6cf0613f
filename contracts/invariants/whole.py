"""Every fact that one state alone can show. Knows entries and their sums; no step, no time.

Accounts, marks and redemptions are added up as they pass by and not kept, so that what a check
needs beside the state itself does not grow with the number of customers, but for the keys seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from contracts.invariants import (
    whole_commerce,
    whole_governance,
    whole_limits,
    whole_membership,
    whole_programmes,
    whole_settlement,
)
from contracts.invariants.calendar import Calendar, check_calendar, is_calendar
from contracts.invariants.facts import at, at_most, equal, holds
from primitives.amount import MAX_SUPPLY
from primitives.commerce import Campaign, Claimed, Content, Order
from primitives.encoding import Wire
from primitives.entries import (
    SUPPLY_KEY,
    Account,
    Channel,
    Day,
    LaneDay,
    Limits,
    Mark,
    Partner,
    Position,
    Prefix,
    Redemption,
    Supply,
    account_key,
    day_key,
    decode_entry,
    limits_key,
    partner_key,
    position_key,
)
from primitives.governance import Ballot


class Totals(msgspec.Struct, frozen=True):
    """What a whole state adds up to; amounts in units of 10^-6 LiqBon."""

    entries: int
    accounts: int
    marks: int
    supply: int
    minted: int


@dataclass
class Reading:
    """A state as it was read: few entries kept, many only counted.

    ``redeemed`` holds, by partner, what all invoices came to and what was given back of it.
    """

    kept: dict[bytes, Wire] = field(default_factory=dict)
    calendar: Calendar = field(default_factory=Calendar)
    commerce: whole_commerce.Commerce = field(default_factory=whole_commerce.Commerce)
    votes: whole_governance.Votes = field(default_factory=whole_governance.Votes)
    keys: set[bytes] = field(default_factory=set)
    accounts: int = 0
    balances: int = 0
    marks: int = 0
    redeemed: dict[str, tuple[int, int]] = field(default_factory=dict)
    single: dict[str, None] = field(default_factory=dict)


def check_all(entries: Iterable[tuple[bytes, bytes]]) -> Totals:
    """Every fact that one state alone can show: [LEDGER-2], [LEDGER-3], [STATE-1] to [STATE-8].

    And that redemptions, refunds, obligations, reserves and rates add up to what the positions and
    programmes say, campaigns and orders to what is locked, and ballots to what is decided. Raises
    ``AssertionError``, or ``Malformed`` for what is no entry.
    """
    reading = Reading()
    for key, value in entries:
        holds("a key stands once", key not in reading.keys, key.hex())
        reading.keys.add(key)
        _read(reading, key, decode_entry(key, value))
    state = reading.kept
    supply = at(state, SUPPLY_KEY, Supply)
    held = reading.balances + reading.commerce.locked
    equal("balances are the supply", held, supply.supply)
    at_most("redeemed LiqBon was minted or refunded", 0, supply.supply)
    at_most("minted and refunded stay in bounds", supply.minted + supply.refunded, MAX_SUPPLY)
    at_most("what is given back was redeemed", supply.refunded, supply.redeemed)
    codes = _check_partners(reading, supply)
    _check_channels(reading)
    check_calendar(reading.calendar)
    alarms = reading.calendar.waiting()
    whole_membership.check(state, codes, reading.keys)
    whole_governance.check(state, codes, reading.votes, alarms)
    whole_programmes.check(state, codes, alarms)
    whole_settlement.check(state, codes, alarms)
    whole_limits.check(state, codes, alarms)
    whole_commerce.check(reading.commerce, alarms, reading.keys)
    return Totals(len(reading.keys), reading.accounts, reading.marks, supply.supply, supply.minted)


def _read(reading: Reading, key: bytes, value: Wire) -> None:
    match value:
        case Account():
            equal("the size of an account's key", len(key), 33)
            reading.accounts += 1
            reading.balances += value.balance
            if value.channels > 1:
                reading.kept[key] = value
        case Mark():
            reading.marks += 1
            if key[0] == Prefix.VOUCHER:
                reading.commerce.use_voucher(key)
            else:
                reading.single[_partner_in(key)] = None
        case Redemption():
            code = _partner_in(key)
            equal("the size of a redemption's key", len(key), 2 + len(code) + 32)
            at_most("refunds of an invoice within what was redeemed", value.refunded, value.amount)
            amount, refunded = reading.redeemed.get(code, (0, 0))
            reading.redeemed[code] = (amount + value.amount, refunded + value.refunded)
        case Channel():
            holds("a channel is not channel 0", key[33] > 0, key.hex())
            at_most("a channel stands from its first use", 1, value.sequence)
            reading.kept[key] = value
        case Ballot():
            reading.votes.read(key, value)
        case LaneDay():
            pass
        case _ if is_calendar(value):
            reading.calendar.read(key, value)
        case Campaign() | Claimed() | Order() | Content():
            reading.commerce.read(key, value)
        case _:
            reading.kept[key] = value


def _partner_in(key: bytes) -> str:
    """The code of the partner after the prefix byte."""
    return key[2 : 2 + key[1]].decode("ascii")


def _check_partners(reading: Reading, supply: Supply) -> tuple[str, ...]:
    state = reading.kept
    codes = whole_membership.all_codes(state)
    positions: list[Position] = []
    expected: dict[bytes, type[Wire]] = {}
    for code in codes:
        partner = at(state, partner_key(code), Partner)
        equal("a partner stands under its code", partner.code, code)
        position = at(state, position_key(code), Position)
        positions.append(position)
        expected |= {partner_key(code): Partner, position_key(code): Position}
        expected[limits_key(code)] = Limits
        if day_key(code) in state:
            expected[day_key(code)] = Day
        used = reading.redeemed.get(code, (0, 0))
        counted = (position.redeemed, position.refunded)
        equal(f"redemptions and refunds at {code}", used, counted)
    kinds = (Partner, Position, Limits, Day)
    found = {key: type(value) for key, value in state.items() if isinstance(value, kinds)}
    equal("every partner is whole", found, expected)
    strangers = [code for code in (*reading.single, *reading.redeemed) if code not in codes]
    equal("single-use ids belong to partners", strangers, [])
    equal("positions are the supply", sum(p.net for p in positions), supply.supply)
    equal("what some assume others are relieved of", sum(p.assumed for p in positions), 0)
    totals = (supply.minted, supply.redeemed, supply.refunded)
    sums = tuple(sum(column) for column in zip(*(_issued(p) for p in positions), strict=True))
    equal("what partners minted, redeemed, refunded", sums, totals)
    return codes


def _issued(position: Position) -> tuple[int, int, int]:
    return position.minted, position.redeemed, position.refunded


def _check_channels(reading: Reading) -> None:
    for key, value in reading.kept.items():
        if isinstance(value, Channel):
            account = at(reading.kept, account_key(key[1:33]), Account)
            at_most("a channel is open", key[33] + 1, account.channels)
