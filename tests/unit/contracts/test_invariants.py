"""The invariants see what is broken: every fact is broken once, and told [LEDGER-2], [LEDGER-3]."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from contracts.invariants import check_all, check_changes
from primitives.amount import MICRO
from primitives.encoding import Malformed, Wire, encode
from primitives.entries import (
    DIRECTORY_KEY,
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
    MarkKind,
    Position,
    ReserveLapse,
    Supply,
    account_key,
    channel_key,
    day_key,
    due_node_key,
    due_page_key,
    due_second_key,
    limits_key,
    mark_key,
    partner_key,
    position_key,
    programme_key,
)
from primitives.hashing import ZERO_DIGEST
from tests.builders import GENESIS_TIME, PARAMETERS, a_commitment, a_person, a_role
from tests.ledger import Ledger

ALICE, BOB, CAROL = a_person("Alice"), a_person("Bob"), a_person("Carol")
LAPSE = (GENESIS_TIME + PARAMETERS.reserve_lapse_ms) // 1000
ITEM = ReserveLapse("north", GENESIS_TIME)
ALICE_KEY, BOB_KEY = account_key(ALICE.account), account_key(BOB.account)
COMMITMENT = mark_key("north", MarkKind.COMMITMENT, a_commitment("deposit 1"))

State = dict[bytes, bytes]


@pytest.fixture
def ledger() -> Ledger:
    """Alice has 10 LiqBon and two channels, one of them used; Bob has one."""
    ledger = Ledger()
    ledger.give(ALICE, 10 * MICRO)
    ledger.block(ledger.open_channels(ALICE, 2))
    ledger.block(ledger.transfer(ALICE, (BOB, MICRO), channel=1))
    return ledger


def test_a_sound_state_passes_and_is_summed_up(ledger: Ledger) -> None:
    totals = ledger.scan()
    assert (totals.supply, totals.minted, totals.marks) == (10 * MICRO, 10 * MICRO, 1)
    assert totals.entries == len(ledger.state)


def put(key: bytes, value: Wire) -> Callable[[State], None]:
    return lambda state: state.update({key: encode(value)})


def drop(key: bytes) -> Callable[[State], None]:
    return lambda state: state.pop(key) and None


def bits(*children: int) -> DueNode:
    return DueNode(sum(1 << child for child in children).to_bytes(32, "little"))


PAGE = due_page_key(LAPSE, 0)
QUEUE = due_second_key(LAPSE)
BROKEN: dict[str, Callable[[State], None]] = {
    "a unit that nobody minted": put(ALICE_KEY, Account(9 * MICRO + 1, 2, 1, ZERO_DIGEST)),
    "a unit that vanished": put(ALICE_KEY, Account(9 * MICRO - 1, 2, 1, ZERO_DIGEST)),
    "a supply that no balance holds": put(SUPPLY_KEY, Supply(11 * MICRO, 0, 0)),
    "a redemption that no partner counted": put(SUPPLY_KEY, Supply(11 * MICRO, MICRO, 0)),
    "more redeemed than there was": put(SUPPLY_KEY, Supply(0, MICRO, 0)),
    "a position without LiqBon": put(position_key("east"), Position(0, 0, 0, 0, 0, 1, 0, 0)),
    "totals that only add up by chance": put(
        position_key("north"), Position(10 * MICRO, 1, 1, 0, 0, 0, 0, 0)
    ),
    "a partner without a position": drop(position_key("east")),
    "a partner without limits": drop(limits_key("east")),
    "a partner without its programme": drop(programme_key("east", "bonus")),
    "a partner missing from the directory": put(
        DIRECTORY_KEY, Directory(("north", "east", "south"), ("vault", "referee"))
    ),
    "a partner of another code": lambda state: state.update(
        {partner_key("east"): state[partner_key("west")]}
    ),
    "a day of nobody": put(day_key("nobody"), Day(1, 1, 0)),
    "a channel that is not open": put(channel_key(BOB.account, 1), Channel(1, ZERO_DIGEST)),
    "a channel beside channel 0": put(channel_key(ALICE.account, 0), Channel(1, ZERO_DIGEST)),
    "a channel never used": put(channel_key(ALICE.account, 1), Channel(0, ZERO_DIGEST)),
    "a channel of nobody": put(channel_key(CAROL.account, 1), Channel(1, ZERO_DIGEST)),
    "an account under a short key": put(b"\x10short", Account(0, 1, 0, ZERO_DIGEST)),
    "a second that no bitmap names": put(due_second_key(5), DueSecond(0, 0, 0)),
    "a bitmap that names an empty second": put(due_node_key(b""), bits(LAPSE >> 24, 3)),
    "a queue without its page": drop(PAGE),
    "a page without its queue": put(due_page_key(LAPSE, 7), DuePage((ITEM,))),
    "a queue that is done and still there": put(QUEUE, DueSecond(0, 4, 0)),
    "a page with room before the last": put(QUEUE, DueSecond(0, 0, 1)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_state_is_found_broken_by(ledger: Ledger, name: str) -> None:
    """[STATE-1], [STATE-7], [STATE-8]"""
    BROKEN[name](ledger.state)
    with pytest.raises(AssertionError):
        ledger.scan()


def test_values_of_a_state_are_canonical_and_known(ledger: Ledger) -> None:
    """[STATE-4], [STATE-5]"""
    with pytest.raises(Malformed, match="not_canonical"):
        check_all(
            [
                *ledger.state.items(),
                (account_key(ZERO_DIGEST), b"\x94\xcc\x00\x01\x00\xc4\x20" + ZERO_DIGEST),
            ]
        )
    with pytest.raises(Malformed, match="entry_unknown"):
        check_all([*ledger.state.items(), (b"\xff", b"\x90")])


def test_a_key_stands_once(ledger: Ledger) -> None:
    with pytest.raises(AssertionError, match="a key stands once"):
        check_all([*ledger.state.items(), (ALICE_KEY, ledger.state[ALICE_KEY])])


def changed(ledger: Ledger, key: bytes, kind: type[Wire], **fields: object) -> tuple[bytes, bytes]:
    value = ledger.entry(key, kind)
    assert value is not None
    return key, encode(replace(value, **fields))


SIGNED = (ALICE.account,)
Step = Callable[[Ledger], list[tuple[bytes, bytes | None]]]
BAD_STEPS: dict[str, Step] = {
    "a debit that the owner did not sign": lambda lg: [
        changed(lg, ALICE_KEY, Account, balance=9 * MICRO + 1),
        changed(lg, BOB_KEY, Account, balance=MICRO - 1),
    ],
    "a sequence that the owner did not use": lambda lg: [
        changed(lg, BOB_KEY, Account, sequence=1, last=bytes(31) + b"\x01")
    ],
    "a channel that the owner did not open": lambda lg: [changed(lg, BOB_KEY, Account, channels=2)],
    "a sequence that goes back": lambda lg: [
        changed(lg, ALICE_KEY, Account, sequence=0, last=ZERO_DIGEST)
    ],
    "a sequence without its id": lambda lg: [changed(lg, ALICE_KEY, Account, sequence=9)],
    "channels that close": lambda lg: [changed(lg, ALICE_KEY, Account, channels=1)],
    "a unit that nobody minted": lambda lg: [
        changed(lg, ALICE_KEY, Account, balance=9 * MICRO + 1)
    ],
    "a supply that no balance got": lambda lg: [changed(lg, SUPPLY_KEY, Supply, minted=11 * MICRO)],
    "a position that moved alone": lambda lg: [
        changed(lg, position_key("north"), Position, received=1)
    ],
    "totals that shrink": lambda lg: [
        changed(lg, position_key("north"), Position, minted=9 * MICRO, assumed=MICRO)
    ],
    "a channel's sequence that goes back": lambda lg: [
        changed(lg, channel_key(ALICE.account, 1), Channel, sequence=0)
    ],
    "another's channel": lambda lg: [
        (channel_key(BOB.account, 1), encode(Channel(1, ZERO_DIGEST)))
    ],
    "a mark made twice": lambda lg: [
        (COMMITMENT, encode(Mark(ZERO_DIGEST, 9))),
    ],
    "a record that is deleted": lambda lg: [(BOB_KEY, None)],
    "a mark that is deleted": lambda lg: [(COMMITMENT, None)],
}


@pytest.mark.parametrize("name", BAD_STEPS)
def test_a_step_is_found_broken_by(ledger: Ledger, name: str) -> None:
    """[LEDGER-1], [LEDGER-12], [STATE-3], [TX-8]"""
    assert COMMITMENT in ledger.state
    steps = BAD_STEPS[name](ledger)
    with pytest.raises(AssertionError):
        check_changes(ledger.state, steps, SIGNED, ledger.context())


def minted(ledger: Ledger, amount: int, **limits: int) -> list[tuple[bytes, bytes | None]]:
    """A mint of ``amount`` by north, while its limits were these."""
    entry = ledger.entry(limits_key("north"), Limits)
    day = ledger.entry(day_key("north"), Day)
    assert entry is not None
    assert day is not None
    ledger.state[limits_key("north")] = encode(
        replace(entry, terms=replace(entry.terms, **limits), reserve_counts=False)
    )
    deposit = mark_key("north", MarkKind.COMMITMENT, a_commitment("deposit 2"))
    return [
        (account_key(CAROL.account), encode(Account(amount, 1, 0, ZERO_DIGEST))),
        changed(ledger, SUPPLY_KEY, Supply, minted=10 * MICRO + amount),
        changed(ledger, position_key("north"), Position, minted=10 * MICRO + amount),
        (day_key("north"), encode(Day(day.day, day.minted + amount, 0))),
        (deposit, encode(Mark(ZERO_DIGEST, ledger.height + 1))),
    ]


ISSUER = a_role("north", "issuer").account


def test_minting_is_held_to_limit_and_cap(ledger: Ledger) -> None:
    """[LEDGER-8], [LEDGER-9]"""
    room = {"credit": 15 * MICRO, "mint_per_day": 15 * MICRO}
    now = ledger.context()
    check_changes(ledger.state, minted(ledger, 5 * MICRO, **room), (ISSUER,), now)
    with pytest.raises(AssertionError, match="D and receivables within the limit"):
        check_changes(ledger.state, minted(ledger, 5 * MICRO + 1, **room), (ISSUER,), now)
    room["credit"] += 1
    with pytest.raises(AssertionError, match="minted today within the cap"):
        check_changes(ledger.state, minted(ledger, 5 * MICRO + 1, **room), (ISSUER,), now)
    room["mint_per_day"] += 1
    check_changes(ledger.state, minted(ledger, 5 * MICRO + 1, **room), (ISSUER,), now)
