"""Blocks of the ledger: state before, transactions, receipts and skips, state after."""

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from primitives.actions import ProgrammePause
from primitives.amount import MAX_SUPPLY, MICRO
from primitives.genesis import Genesis, Rate
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from tests.builders import (
    BONUS,
    DAY_MS,
    GENESIS_TIME,
    LIMITS,
    PARAMETERS,
    a_genesis,
    a_person,
    a_role,
)
from tests.ledger import Ledger
from tests.vectors.recording import FIELDS as FIELDS
from tests.vectors.recording import record

ALICE, BOB, CAROL = a_person("Alice"), a_person("Bob"), a_person("Carol")
ISSUER = a_role("north", "issuer")
START = GENESIS_TIME + DAY_MS
"""When the second rate of the programme begins."""


def the_genesis() -> Genesis:
    """One founder with little room, a rate to come, and a programme that has not begun."""
    limits = replace(LIMITS, credit=5 * MICRO, reserve=100 * MICRO, mint_per_day=60 * MICRO)
    rates = (Rate(GENESIS_TIME, 10_000, 1), Rate(START, 10_001, 3))
    later = replace(BONUS, code="later", rates=(Rate(START, 1, 1),))
    programmes = [replace(BONUS, rates=rates), later]
    parameters = replace(
        PARAMETERS,
        entries_per_lane_and_day=7,
        due_per_block=2,
        settlement_cycle_ms=400 * DAY_MS,
    )
    return a_genesis(n=1, parameters=parameters, limits=limits, programmes=programmes)


def the_ledger(genesis: Genesis | None = None) -> Ledger:
    """Alice has 49 LiqBon and two channels, Bob one; the lane created four entries of seven."""
    ledger = Ledger(genesis or the_genesis())
    ledger.give(ALICE, 50 * MICRO)
    ledger.block(ledger.open_channels(ALICE, 2), ledger.transfer(ALICE, (BOB, MICRO), sequence=1))
    return ledger


Case = Callable[[Ledger], list[Decoded]]


def pay(*outputs: tuple[object, int], **fields: object) -> Case:
    return lambda ledger: [ledger.transfer(ALICE, *outputs, **fields)]  # type: ignore[arg-type]


def mint(points: int, **fields: object) -> Case:
    return lambda ledger: [ledger.mint("north", BOB, points, **fields)]


def untimely(ahead: int) -> Case:
    """``valid_until`` is ``ahead`` of the block's time."""
    return lambda ledger: [
        ledger.transfer(ALICE, (BOB, 1), valid_until=ledger.context().time + ahead)
    ]


def both_ways(ledger: Ledger) -> list[Decoded]:
    return [ledger.transfer(ALICE, (BOB, 49 * MICRO)), ledger.transfer(BOB, (ALICE, 50 * MICRO))]


def twice(ledger: Ledger) -> list[Decoded]:
    return [ledger.transfer(ALICE, (BOB, 1))] * 2


def foreign_mint(ledger: Ledger) -> list[Decoded]:
    return [ledger.mint("nobody", BOB, 1, issuer=ISSUER)]


def thief(ledger: Ledger) -> list[Decoded]:
    return [ledger.mint("north", BOB, 1, issuer=BOB)]


FOUR = [(a_person(f"newcomer {i}"), 10_000) for i in range(4)]

CASES: dict[str, Case] = {
    "nothing": lambda _: [],
    "a transfer": pay((BOB, 12_500_000)),
    "a transfer that opens an account": pay((CAROL, 10_000), memo=b"\x07" * 32),
    "repeated outputs and one to oneself": pay((CAROL, 10_000), (ALICE, 5), (CAROL, 1), (BOB, 2)),
    "the first use of a channel": pay((BOB, 1), channel=1),
    "a refusal that creates a channel": pay((BOB, 50 * MICRO), channel=1),
    "more channels": lambda ledger: [ledger.open_channels(ALICE, 16)],
    "spent in the block in which it came": both_ways,
    "a mint": mint(123),
    "a mint that opens an account": lambda ledger: [ledger.mint("north", CAROL, 1)],
    "balance_too_low": pay((BOB, 49 * MICRO + 1)),
    "balance_too_low for channels": lambda ledger: [ledger.open_channels(BOB, 3)],
    "output_below_opening": pay((CAROL, 9_999)),
    "output_below_opening though a later output is enough": pay((CAROL, 1), (CAROL, 10_000)),
    "amount_overflow": pay((BOB, MAX_SUPPLY), (CAROL, 1)),
    "channels_not_more": lambda ledger: [ledger.open_channels(ALICE, 2)],
    "partner_unknown": foreign_mint,
    "not_issuer": thief,
    "programme_unknown": mint(1, programme="miles"),
    "rate_not_in_force": mint(1, programme="later"),
    "rate_mismatch": mint(1, amount=10_001),
    "commitment_used": mint(1, reference="deposit 1"),
    "limit_exceeded": mint(4_501),
    "daily_cap_exceeded": mint(1_001),
    "expired": untimely(-1),
    "valid in the very last moment": untimely(0),
    "valid as far ahead as may be": untimely(PARAMETERS.validity_limit_ms),
    "valid_too_long": untimely(PARAMETERS.validity_limit_ms + 1),
    "sender_unknown": lambda ledger: [ledger.transfer(CAROL, (BOB, 1))],
    "channel_unopened": pay((BOB, 1), channel=2),
    "sequence_early": pay((BOB, 1), sequence=3),
    "sequence_stale": pay((BOB, 1), sequence=1),
    "sequence_stale the second time": twice,
    "lane_exhausted": pay(*FOUR),
    "the last entries of the lane's day": pay(*FOUR[:3]),
}


def simple(name: str) -> dict[str, object]:
    ledger = the_ledger()
    return record(name, ledger, CASES[name](ledger))


def paused() -> dict[str, object]:
    ledger = the_ledger()
    pause = ProgrammePause("north", "bonus", paused=True)
    assert ledger.send(ledger.act(a_role("north", "admin"), pause)) == Outcome.DONE
    return record("programme_paused", ledger, mint(1)(ledger))


def due() -> list[dict[str, object]]:
    """Time passes: rates begin, a reserve lapses, and a block's bound leaves the rest for later."""
    ledger = the_ledger()
    cases = [record("a moment before the rates begin", ledger, [], START - 1 - ledger.time)]
    amount = 7 * 10_001 // 3
    at_new_rate = ledger.mint("north", BOB, 7, amount=amount)
    cases.append(record("rates begin before the block's mint", ledger, [at_new_rate], after_ms=1))
    lapse = GENESIS_TIME + PARAMETERS.reserve_lapse_ms
    valid = {"amount": amount, "valid_until": lapse}
    late = ledger.mint("north", BOB, 7, **valid)
    cases.append(
        record("a reserve lapses before the block's mint", ledger, [late], lapse - ledger.time)
    )
    ledger = the_ledger()
    cases += [
        record("more is due than a block carries out", ledger, [], lapse - ledger.time),
        record("what a block left is done by the next", ledger, [], after_ms=0),
    ]
    return cases


def new_day() -> dict[str, object]:
    """The lane, and the partner's cap, begin anew."""
    ledger = the_ledger()
    midnight = DAY_MS - ledger.time % DAY_MS
    fields = {"valid_until": ledger.time + 2 * DAY_MS}
    transactions = [
        ledger.transfer(ALICE, *FOUR, **fields),
        ledger.mint("north", BOB, 1, amount=3_333, **fields),
    ]
    return record("a new day begins", ledger, transactions, midnight)


def too_small() -> dict[str, object]:
    """At the second rate a point is worth less than it takes to open an account."""
    ledger = the_ledger()
    fields = {"amount": 3_333, "valid_until": START + DAY_MS}
    mint_one = ledger.mint("north", CAROL, 1, **fields)
    return record("output_below_opening of a mint", ledger, [mint_one], START - ledger.time)


def cases() -> Sequence[Mapping[str, object]]:
    return [*map(simple, CASES), paused(), *due(), new_day(), too_small()]
