"""What a step may not do to limits, reserves, rates and the calendar is found, and told what it is.

[LEDGER-14], [LEDGER-21] to [LEDGER-25], [LEDGER-33] to [LEDGER-35], [STATE-8]: each forbidden
change is made once, to a ledger where a bit of everything stands (``busy.py``).
"""

import pytest
from msgspec.structs import replace

from primitives.amount import MAX_PER_DAY, MICRO
from primitives.entries import (
    DIRECTORY_KEY,
    Directory,
    DuePage,
    DueSecond,
    LaneDay,
    Partner,
    PendingCaps,
    PendingReserve,
    Prefix,
    Programme,
    PublishedRate,
    ReserveLapse,
    custodian_key,
    due_page_key,
    due_second_key,
    lane_day_key,
    partner_key,
    programme_key,
    rate_key,
)
from primitives.genesis import Custodian, Rate
from tests.builders import DAY_MS, LIMITS
from tests.ledger import Ledger
from tests.unit.contracts.busy import (
    ADMINS,
    CUSTODIANS,
    NOW,
    Breaks,
    Case,
    Change,
    apply,
    both,
    changed,
    drop,
    limits,
    put,
    refused,
    stepped,
    terms,
)

TIME = NOW.time
NORTH, EAST, SOUTH, WEST = ADMINS.values()
VAULT, REFEREE = CUSTODIANS
BONUS = programme_key("north", "bonus")
LAPSE = ReserveLapse("north", 5)
PAST = TIME // 1000 - 1


def last_second(change: str) -> Breaks:
    """Something done to the last second of the calendar, which has not come."""

    def step(ledger: Ledger) -> list[Change]:
        keys = [key for key in ledger.state if key[0] == Prefix.DUE_SECOND]
        second = max(int.from_bytes(key[1:], "big") for key in keys)
        queue, page = due_second_key(second), due_page_key(second, 0)
        steps = {
            "taken": drop(queue),
            "started": changed(queue, DueSecond, start=1),
            "page": drop(page),
            "rewritten": put(page, DuePage((LAPSE,))),
        }
        return steps[change](ledger)

    return step


def raised_caps(ledger: Ledger) -> list[Change]:
    """West's raised caps, in force at once."""
    stands = ledger.limits("west")
    caps = stands.pending_caps
    assert caps is not None
    raised = replace(stands.terms, mint_per_day=caps.mint_per_day)
    return limits("west", terms=raised, pending_caps=None)(ledger)


def grown(ledger: Ledger) -> list[Change]:
    """South's reserve, which waits to be higher, in force at once."""
    stands = ledger.limits("south")
    assert stands.pending_reserve is not None
    higher = replace(stands.terms, reserve=stands.pending_reserve.amount)
    return limits("south", terms=higher, pending_reserve=None)(ledger)


def rise(since: int) -> Breaks:
    """An increase of east's reserve, attested now."""

    def step(ledger: Ledger) -> list[Change]:
        attested = replace(ledger.limits("east").terms, reserve_attested=TIME)
        pending = PendingReserve(60_000 * MICRO, TIME, since)
        return limits("east", terms=attested, pending_reserve=pending)(ledger)

    return step


def left(amount: int) -> Breaks:
    """A part of east's reserve is gone."""

    def step(ledger: Ledger) -> list[Change]:
        stands = ledger.limits("east").terms
        lower = replace(stands, reserve=stands.reserve - amount)
        return limits("east", terms=lower, moved=TIME)(ledger)

    return step


def handed_back_by_north(ledger: Ledger) -> list[Change]:
    """Out of what 10 LiqBon stand on, 9 are left."""
    bare = terms("north", credit=0, haircut=0, reserve=10 * MICRO)(ledger)
    apply(ledger, bare)
    return limits("north", terms=replace(ledger.limits("north").terms, reserve=9 * MICRO))(ledger)


def left_while_late(ledger: Ledger) -> list[Change]:
    """A part of east's reserve is gone, and east was late before."""
    apply(ledger, limits("east", overdue=1)(ledger))
    return left(MICRO)(ledger)


def begun(ledger: Ledger) -> list[Change]:
    """North's next rate, in force at once."""
    programme = ledger.entry(BONUS, Programme)
    assert programme is not None
    return changed(BONUS, Programme, place=1, rate=programme.newest)(ledger)


def publish(code: str, rate: Rate) -> Breaks:
    """A further rate of a partner's bonus programme."""

    def step(ledger: Ledger) -> list[Change]:
        key = programme_key(code, "bonus")
        programme = ledger.entry(key, Programme)
        assert programme is not None
        place = programme.published
        return both(
            put(rate_key(code, "bonus", place), PublishedRate(rate, TIME)),
            changed(key, Programme, published=place + 1, newest=rate),
        )(ledger)

    return step


BAD_STEPS: dict[str, Case] = {
    "a higher credit": (terms("east", credit=LIMITS.credit + 1), [EAST], "credit was voted"),
    "a lower haircut": (terms("east", haircut=0), [EAST], "what others set was voted"),
    "a higher K": (
        terms("east", claim_bound=LIMITS.claim_bound + 1),
        [EAST],
        "K only falls",
    ),
    "K lowered by another": (terms("east", claim_bound=1), [NORTH], "K fell by the admin's word"),
    "a cap raised at once": (
        terms("east", mint_per_day=LIMITS.mint_per_day + 1),
        [EAST],
        "a cap rises after its delay",
    ),
    "a cap raised before its time": (
        raised_caps,
        [WEST],
        "a cap rises after its delay",
    ),
    "a cap lowered by another": (
        terms("east", refund_per_day=1),
        [NORTH],
        "a cap fell without a word",
    ),
    "a cap asked for by nobody": (
        limits("east", pending_caps=PendingCaps(MAX_PER_DAY, MAX_PER_DAY, TIME + DAY_MS)),
        [],
        "a cap was asked for without a word",
    ),
    "a cap asked for and forgotten": (
        limits("west", pending_caps=None),
        [],
        "what was asked for was forgotten",
    ),
    "a cap asked for at short notice": (
        limits("east", pending_caps=PendingCaps(MAX_PER_DAY, MAX_PER_DAY, TIME + 1)),
        [EAST],
        "when a raised cap counts",
    ),
    "a reserve that grows at once": (
        grown,
        [SOUTH, VAULT],
        "a reserve counts more after its delay",
    ),
    "a reserve attested by nobody": (
        terms("east", reserve_attested=TIME),
        [SOUTH],
        "an attestation was sent in",
    ),
    "an attestation of the future": (
        terms("east", reserve_attested=TIME + 1),
        [EAST],
        "an attestation is not of the future",
    ),
    "an attestation of the past": (
        terms("east", reserve_attested=LIMITS.reserve_attested - 1),
        [EAST],
        "attestations move forward",
    ),
    "an increase at short notice": (
        rise(since=TIME + 1),
        [EAST],
        "when an increase counts",
    ),
    "an increase that was not attested": (
        limits(
            "east",
            pending_reserve=PendingReserve(60_000 * MICRO, LIMITS.reserve_attested, TIME + DAY_MS),
        ),
        [EAST],
        "an increase was attested",
    ),
    "a reserve handed back by nobody": (
        left(MICRO),
        [SOUTH],
        "a reserve is handed back by the admin",
    ),
    "a reserve handed back that something stood on": (
        handed_back_by_north,
        [NORTH],
        "what a reserve that was handed back stood behind",
    ),
    "a reserve handed back while something is overdue": (
        left_while_late,
        [EAST],
        "handed back while something is overdue",
    ),
    "a reserve that lapsed before its time": (
        limits("east", reserve_counts=False),
        [],
        "a reserve lapsed before its time",
    ),
    "a reserve that left at another time": (
        limits("east", moved=TIME - 1),
        [EAST],
        "when the reserve was last drawn or handed back",
    ),
    "a partner renamed": (
        changed(partner_key("north"), Partner, name="North and sons"),
        [NORTH],
        "a partner stays who it is",
    ),
    "a programme closed": (
        changed(partner_key("north"), Partner, programmes=()),
        [NORTH],
        "programmes stay",
    ),
    "a programme opened by another": (
        changed(partner_key("north"), Partner, programmes=("bonus", "miles")),
        [EAST],
        "a programme is opened by the admin",
    ),
    "a programme paused by another": (
        changed(BONUS, Programme, paused=True),
        [EAST],
        "a programme is paused by the admin",
    ),
    "other terms": (
        changed(BONUS, Programme, terms_url=""),
        [NORTH],
        "the terms in force were published",
    ),
    "a rate that begins too early": (
        begun,
        [NORTH],
        "a rate begins when it said",
    ),
    "another rate in force": (
        changed(BONUS, Programme, rate=Rate(1, 1, 1)),
        [NORTH],
        "the rate in force stays",
    ),
    "a history rewritten": (
        changed(rate_key("north", "bonus", 0), PublishedRate, published=1),
        [NORTH],
        "what was published stays",
    ),
    "a rate published by another": (
        publish("north", Rate(TIME + 50 * DAY_MS, 10_001, 1)),
        [EAST],
        "a rate is published by the admin",
    ),
    "a worse rate at short notice": (
        publish("east", Rate(TIME + 30 * DAY_MS - 1, 9_999, 1)),
        [EAST],
        "a worse rate is announced in time",
    ),
    "a rate in the past": (
        publish("north", Rate(TIME - 1, 10_001, 1)),
        [NORTH],
        "a rate does not begin in the past",
    ),
    "a rate before another": (
        publish("north", Rate(TIME + DAY_MS, 10_001, 1)),
        [NORTH],
        "rates start one after another",
    ),
    "a rate in the far future": (
        publish("north", Rate(TIME + 366 * DAY_MS + 1, 10_001, 1)),
        [NORTH],
        "a rate does not begin too far ahead",
    ),
    "another directory": (
        changed(DIRECTORY_KEY, Directory, partners=("north", "east", "south")),
        [NORTH, EAST, SOUTH, WEST],
        "partners",
    ),
    "another custodian's account": (
        changed(custodian_key("vault"), Custodian, account=NORTH.account),
        [VAULT],
        "a custodian is as was voted",
    ),
    "a lane that created too much": (
        put(lane_day_key(0), LaneDay(NOW.day, 100_001)),
        [],
        "entries that a lane created today",
    ),
    "a lane of yesterday": (put(lane_day_key(0), LaneDay(NOW.day - 1, 1)), [], "a lane's day"),
    "a deadline taken away": (last_second("taken"), [], "what is not due yet was taken"),
    "a deadline passed over": (last_second("started"), [], "what is not due yet was taken"),
    "a page taken away": (last_second("page"), [], "what is not due yet was taken"),
    "another deadline instead": (last_second("rewritten"), [], "a page is written forwards"),
    "something due in the past": (
        put(due_page_key(PAST, 0), DuePage((LAPSE,))),
        [],
        "nothing is put under a second that has come",
    ),
    "a queue in the past": (
        put(due_second_key(PAST), DueSecond(0, 0, 0)),
        [],
        "a queue begins before its second has come",
    ),
    "a queue that begins in the middle": (
        put(due_second_key(PAST + 10**6), DueSecond(0, 1, 0)),
        [],
        "a queue begins with its first item",
    ),
}
GOOD_STEPS: dict[str, Case] = {
    "a rate": (publish("north", Rate(TIME + 50 * DAY_MS, 1, 1)), [NORTH], ""),
    "a worse rate": (publish("east", Rate(TIME + 30 * DAY_MS, 9_999, 1)), [EAST], ""),
    "a better rate": (publish("east", Rate(TIME + 1, 10_001, 1)), [EAST], ""),
    "K lowered": (terms("east", claim_bound=1), [EAST], ""),
    "a cap lowered": (terms("east", mint_per_day=1), [EAST], ""),
    "a reserve handed back": (left(MICRO), [EAST], ""),
    "an increase attested": (rise(TIME + DAY_MS), [EAST], ""),
    "a programme paused": (changed(BONUS, Programme, paused=True), [NORTH], ""),
}


@pytest.mark.parametrize("name", BAD_STEPS)
def test_a_step_is_found_broken_by(name: str) -> None:
    refused(BAD_STEPS[name])


@pytest.mark.parametrize("name", GOOD_STEPS)
def test_what_may_happen_is_not_found_broken(name: str) -> None:
    """So the steps above fail for what is wrong with them alone."""
    stepped(GOOD_STEPS[name])
