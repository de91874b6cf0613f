"""What must hold of every state, and of every step between two. Knows sums and shapes; trusts none.

``check_all`` reads a whole state; ``check_changes`` only what a block, or one transaction, changed.
Both raise ``AssertionError`` with the two values that should have agreed. Tests call them all the
time, an auditor for every block since genesis.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NoReturn, TypeVar

import msgspec

from contracts import limits as limit_rules
from contracts.state import StateReader
from primitives.amount import MAX_SUPPLY
from primitives.encoding import Wire
from primitives.entries import (
    DIRECTORY_KEY,
    DUE_PAGE_ITEMS,
    SUPPLY_KEY,
    Account,
    Channel,
    Day,
    Directory,
    DueNode,
    DuePage,
    DueSecond,
    Limits,
    Mark,
    Partner,
    Position,
    Prefix,
    Programme,
    Supply,
    account_key,
    day_key,
    decode_entry,
    due_node_key,
    due_page_key,
    limits_key,
    partner_key,
    position_key,
    programme_key,
)

W = TypeVar("W", bound=Wire)

_TRANSIENT = (Prefix.DUE_NODE, Prefix.DUE_PAGE, Prefix.DUE_SECOND)
"""Entries of what fell due go; all others stay for ever ([STATE-3])."""


class Totals(msgspec.Struct, frozen=True):
    """What a whole state adds up to; amounts in units of 10^-6 LiqBon."""

    entries: int
    accounts: int
    marks: int
    supply: int
    minted: int


def _equal(what: str, left: object, right: object) -> None:
    if left != right:
        _broken(what, left, right)


def _at_most(what: str, left: int, right: int) -> None:
    if left > right:
        _broken(what, left, right)


def _broken(what: str, left: object, right: object) -> NoReturn:
    raise AssertionError(f"{what}: {left!r} against {right!r}")


def _at(state: Mapping[bytes, Wire], key: bytes, kind: type[W]) -> W:
    """The entry that must stand under ``key``."""
    value = state.get(key)
    if not isinstance(value, kind):
        _broken(f"the entry under {key.hex()}", value, kind.__name__)
    return value


def check_all(entries: Iterable[tuple[bytes, bytes]]) -> Totals:
    """Every fact that one state alone can show: [LEDGER-2], [LEDGER-3], [STATE-1] to [STATE-8]."""
    state: dict[bytes, Wire] = {}
    for key, value in entries:
        _equal("a key stands once", key in state, False)
        state[key] = decode_entry(key, value)
    supply = _at(state, SUPPLY_KEY, Supply)
    accounts = [value for value in state.values() if isinstance(value, Account)]
    balances = sum(account.balance for account in accounts)
    _equal("balances are the supply", balances, supply.supply)
    _at_most("redeemed LiqBon was minted or refunded", 0, supply.supply)
    _at_most("minted LiqBon stays in bounds", supply.minted, MAX_SUPPLY)
    _check_partners(state, supply)
    _check_channels(state)
    _check_calendar(state)
    marks = sum(isinstance(value, Mark) for value in state.values())
    return Totals(len(state), len(accounts), marks, supply.supply, supply.minted)


def _check_partners(state: dict[bytes, Wire], supply: Supply) -> None:
    directory = _at(state, DIRECTORY_KEY, Directory)
    positions: list[Position] = []
    expected: dict[bytes, type[Wire]] = {}
    for code in directory.partners:
        partner = _at(state, partner_key(code), Partner)
        positions.append(_at(state, position_key(code), Position))
        _equal("a partner stands under its code", partner.code, code)
        expected |= {partner_key(code): Partner, position_key(code): Position}
        expected[limits_key(code)] = Limits
        if day_key(code) in state:
            expected[day_key(code)] = Day
        for programme in partner.programmes:
            expected[programme_key(code, programme)] = Programme
    kinds = (Partner, Position, Limits, Day, Programme)
    found = {key: type(value) for key, value in state.items() if isinstance(value, kinds)}
    _equal("every partner is in the directory, whole", found, expected)
    _equal("positions are the supply", sum(p.net for p in positions), supply.supply)
    totals = (supply.minted, supply.redeemed, supply.refunded)
    sums = tuple(sum(column) for column in zip(*(_totals(p) for p in positions), strict=True))
    _equal("what partners minted, redeemed, refunded", sums, totals)


def _totals(position: Position) -> tuple[int, int, int]:
    """Minted, redeemed, refunded."""
    return position.minted, position.redeemed, position.refunded


def _check_channels(state: dict[bytes, Wire]) -> None:
    for key, value in state.items():
        if isinstance(value, Account):
            _equal("the size of an account's key", len(key), 33)
        if isinstance(value, Channel):
            account = _at(state, account_key(key[1:33]), Account)
            _equal("a channel is open", 0 < key[33] < account.channels, True)
            _at_most("a channel stands from its first use", 1, value.sequence)


def _check_calendar(state: dict[bytes, Wire]) -> None:
    """The bitmaps name exactly the seconds that have a queue, and queues exactly their pages."""
    nodes: dict[bytes, int] = {}
    pages: dict[bytes, int] = {}
    for key, queue in state.items():
        if not isinstance(queue, DueSecond):
            continue
        second = int.from_bytes(key[1:], "big")
        path = key[1:]
        for depth in range(len(path)):
            node = due_node_key(path[:depth])
            nodes[node] = nodes.get(node, 0) | 1 << path[depth]
        for number in range(queue.first, queue.last + 1):
            page = _at(state, due_page_key(second, number), DuePage)
            pages[due_page_key(second, number)] = len(page.items)
            if number < queue.last:
                _equal("only the last page has room", len(page.items), DUE_PAGE_ITEMS)
        _at_most("something is left", queue.start + 1, pages[due_page_key(second, queue.first)])
    found = {
        key: int.from_bytes(node.children, "little")
        for key, node in state.items()
        if isinstance(node, DueNode)
    }
    _equal("the calendar's bitmaps", found, nodes)
    stored = {key: len(page.items) for key, page in state.items() if isinstance(page, DuePage)}
    _equal("the calendar's pages", stored, pages)


class _Step:
    """The entries that changed between two states, by key, and how to read the others."""

    def __init__(self, before: StateReader, changes: Sequence[tuple[bytes, bytes | None]]) -> None:
        self._before = before
        self._after = dict(changes)
        self.keys = tuple(key for key, _ in changes)

    def old(self, key: bytes) -> Wire | None:
        raw = self._before.get(key)
        return None if raw is None else decode_entry(key, raw)

    def new(self, key: bytes) -> Wire | None:
        if key not in self._after:
            return self.old(key)
        raw = self._after[key]
        return None if raw is None else decode_entry(key, raw)


def check_changes(
    before: StateReader,
    changes: Sequence[tuple[bytes, bytes | None]],
    signed: Collection[bytes],
) -> None:
    """Every fact about a step from ``before`` to after ``changes``.

    ``signed`` are the accounts whose owners signed a transaction that used its sequence in the
    step: no other balance went down and no other sequence moved ([LEDGER-1], [TX-8]).
    """
    step = _Step(before, changes)
    balances = issued = positions = 0
    for key in step.keys:
        old, new = step.old(key), step.new(key)
        if new is None:
            _equal("only what fell due is removed", key[0] in _TRANSIENT, True)
        match new:
            case Account():
                balances += _account_step(key[1:], old, new, signed)
            case Channel():
                _channel_step(key[1:33], old, new, signed)
            case Supply():
                assert isinstance(old, Supply)
                issued += new.supply - old.supply
            case Position():
                assert isinstance(old, Position)
                positions += new.net - old.net
                _position_step(step, key, old, new)
            case Mark():
                _equal("a mark is made once", old, None)
            case _:
                pass
    _equal("balances and supply moved alike", balances, issued)
    _equal("positions and supply moved alike", positions, issued)


def _account_step(account: bytes, old: Wire | None, new: Account, signed: Collection[bytes]) -> int:
    """How much the balance grew."""
    if old is None:
        return new.balance
    assert isinstance(old, Account)
    owner_signed = account in signed
    if not owner_signed:
        _at_most("a balance fell though its owner did not sign", old.balance, new.balance)
        _equal("a sequence moved though its owner did not sign", new.sequence, old.sequence)
        _equal("channels opened though their owner did not sign", new.channels, old.channels)
    _at_most("sequences only rise", old.sequence, new.sequence)
    _at_most("channels stay open", old.channels, new.channels)
    _equal(
        "the last id changes with the sequence", old.last == new.last, old.sequence == new.sequence
    )
    return new.balance - old.balance


def _channel_step(
    account: bytes, old: Wire | None, new: Channel, signed: Collection[bytes]
) -> None:
    _equal("a channel's owner signed", account in signed, True)
    before = old.sequence if isinstance(old, Channel) else 0
    _at_most("a channel's sequence only rises", before + 1, new.sequence)


def _position_step(step: _Step, key: bytes, old: Position, new: Position) -> None:
    """Totals only grow, and issuing found room under the limit and the daily caps."""
    for earlier, later in zip(_totals(old), _totals(new), strict=True):
        _at_most("totals only grow", earlier, later)
    if new.minted + new.refunded == old.minted + old.refunded:
        return
    code = key[2:].decode("ascii")
    limits, day = step.new(limits_key(code)), step.new(day_key(code))
    assert isinstance(limits, Limits)
    assert isinstance(day, Day)
    _at_most("D within the limit", new.net, limit_rules.limit(limits))
    _at_most("minted today within the cap", day.minted, limits.terms.mint_per_day)
    _at_most("refunded today within the cap", day.refunded, limits.terms.refund_per_day)
