"""What a lane may add to the state in a day: [LEDGER-14], and records that stay: [STATE-3]."""

import pytest
from msgspec.structs import replace

from contracts.transition import dry_run
from primitives.actions import (
    LowerClaimBound,
    ProgrammeOpen,
    ProgrammePause,
    ProgrammeSetRate,
    SetDailyCaps,
)
from primitives.amount import MICRO
from primitives.entries import LaneDay, lane_day_key
from primitives.receipt import Outcome, Skip
from primitives.transaction import Decoded
from tests.builders import DAY_MS, HOUR_MS, PARAMETERS, Person, a_genesis, a_person, a_role
from tests.ledger import Ledger

ALICE, BOB = a_person("Alice"), a_person("Bob")


def newcomer(number: int) -> Person:
    return a_person(f"newcomer {number}")


@pytest.fixture
def ledger() -> Ledger:
    """A lane may create 5 entries a day; Alice's money came in through lane 3."""
    parameters = replace(PARAMETERS, entries_per_lane_and_day=5)
    ledger = Ledger(a_genesis(parameters=parameters))
    mint = ledger.mint("north", ALICE, 10_000)
    assert ledger.send(mint, lane=3) == Outcome.DONE
    return ledger


def created(ledger: Ledger, lane: int) -> int:
    entry = ledger.entry(lane_day_key(lane), LaneDay)
    return entry.created if entry is not None else 0


def test_a_mint_creates_its_mark_the_partner_s_day_and_the_account(ledger: Ledger) -> None:
    assert created(ledger, 3) == 3
    assert ledger.send(ledger.mint("north", ALICE, 1), lane=3) == Outcome.DONE
    assert created(ledger, 3) == 4


def test_a_transfer_between_records_creates_nothing(ledger: Ledger) -> None:
    ledger.block(ledger.transfer(ALICE, (BOB, MICRO)), lane=0)
    assert created(ledger, 0) == 1
    ledger.block(ledger.transfer(ALICE, (BOB, MICRO)), lane=0)
    assert created(ledger, 0) == 1
    assert lane_day_key(1) not in ledger.state


def test_a_new_account_named_twice_is_one_entry(ledger: Ledger) -> None:
    ledger.block(ledger.transfer(ALICE, (BOB, MICRO), (BOB, 1), (ALICE, 1)), lane=0)
    assert created(ledger, 0) == 1


def test_the_limit_may_be_reached_and_not_passed(ledger: Ledger) -> None:
    six = [(newcomer(i), MICRO) for i in range(6)]
    payment = ledger.transfer(ALICE, *six)
    assert ledger.send(payment, lane=0) == Skip.LANE_EXHAUSTED
    assert lane_day_key(0) not in ledger.state
    assert ledger.send(ledger.transfer(ALICE, *six[:5]), lane=0) == Outcome.DONE
    assert created(ledger, 0) == 5


def test_an_exhausted_lane_skips_and_another_lane_carries_the_same_payment(
    ledger: Ledger,
) -> None:
    ledger.block(ledger.transfer(ALICE, *((newcomer(i), MICRO) for i in range(5))), lane=0)
    payment = ledger.transfer(ALICE, (BOB, MICRO))
    assert ledger.send(payment, lane=0) == Skip.LANE_EXHAUSTED
    assert ledger.send(payment, lane=1) == Outcome.DONE
    assert (created(ledger, 0), created(ledger, 1)) == (5, 1)


def test_an_exhausted_lane_still_carries_what_creates_nothing(ledger: Ledger) -> None:
    ledger.block(ledger.transfer(ALICE, *((newcomer(i), MICRO) for i in range(5))), lane=0)
    assert ledger.send(ledger.transfer(ALICE, (newcomer(0), 5)), lane=0) == Outcome.DONE
    too_much = ledger.transfer(newcomer(0), (ALICE, 2 * MICRO))
    assert ledger.send(too_much, lane=0) == Outcome.BALANCE_TOO_LOW


def test_a_refusal_that_creates_a_channel_counts_too(ledger: Ledger) -> None:
    """[LEDGER-13] a refusal leaves the sequence it used, and nothing else."""
    issuer = a_role("east", "issuer")
    for channel in range(1, 6):
        refused = ledger.transfer(issuer, (ALICE, 1), channel=channel)
        assert ledger.send(refused, lane=0) == Outcome.BALANCE_TOO_LOW
    assert created(ledger, 0) == 5
    refused = ledger.transfer(issuer, (ALICE, 1), channel=6)
    assert ledger.send(refused, lane=0) == Skip.LANE_EXHAUSTED
    assert ledger.sequence(issuer, channel=6) == 0
    again = ledger.transfer(issuer, (ALICE, 1), channel=5)
    assert ledger.send(again, lane=0) == Outcome.BALANCE_TOO_LOW


def test_a_channel_and_an_account_in_one_transaction_are_two_entries(ledger: Ledger) -> None:
    ledger.block(ledger.open_channels(ALICE, 2), lane=0)
    ledger.block(ledger.transfer(ALICE, (BOB, MICRO), channel=1), lane=0)
    assert created(ledger, 0) == 2


def test_the_count_starts_again_with_the_utc_day_of_block_time(ledger: Ledger) -> None:
    ledger.block(ledger.transfer(ALICE, *((newcomer(i), MICRO) for i in range(5))), lane=0)
    last_moment = DAY_MS - ledger.time % DAY_MS - 1
    payment = ledger.transfer(ALICE, (BOB, MICRO), valid_until=ledger.time + 2 * DAY_MS)
    assert ledger.send(payment, lane=0, after_ms=last_moment) == Skip.LANE_EXHAUSTED
    assert ledger.send(payment, lane=0, after_ms=1) == Outcome.DONE
    assert ledger.entry(lane_day_key(0), LaneDay) == LaneDay(ledger.time // DAY_MS, 1)


def test_an_old_count_is_forgotten_however_many_days_passed(ledger: Ledger) -> None:
    ledger.block(ledger.transfer(ALICE, *((newcomer(i), MICRO) for i in range(5))), lane=0)
    ledger.pass_time(3 * DAY_MS + HOUR_MS)
    assert ledger.send(ledger.transfer(ALICE, (BOB, MICRO)), lane=0) == Outcome.DONE
    assert created(ledger, 0) == 1


def test_the_door_tells_that_its_lane_is_exhausted(ledger: Ledger) -> None:
    ledger.block(ledger.transfer(ALICE, *((newcomer(i), MICRO) for i in range(5))), lane=0)
    payment = ledger.transfer(ALICE, (BOB, MICRO))
    assert dry_run(ledger.state, ledger.context(), 0, payment) == Skip.LANE_EXHAUSTED
    assert dry_run(ledger.state, ledger.context(), 1, payment) == Outcome.DONE


def spendable() -> Ledger:
    """Alice has 100 LiqBon; nothing was created in lane 0."""
    ledger = Ledger()
    assert ledger.send(ledger.mint("north", ALICE, 10_000), lane=3) == Outcome.DONE
    return ledger


def programme(code: str) -> ProgrammeOpen:
    return ProgrammeOpen(
        partner="north",
        programme=code,
        name="Miles",
        point="mile",
        terms_hash=bytes(32),
        terms_url="",
        numerator=1,
        denominator=1,
    )


def test_what_each_dealing_creates() -> None:
    """[LEDGER-14] what stays for ever, and what it puts into the calendar."""
    ledger, admin = spendable(), a_role("north", "admin")
    invoice = ledger.invoice("east", MICRO)

    def creates(decoded: Decoded) -> int:
        before = created(ledger, 0)
        assert ledger.send(decoded, lane=0) == Outcome.DONE
        return created(ledger, 0) - before

    assert creates(ledger.redeem(ALICE, invoice)) == 1, "a redemption"
    assert creates(ledger.refund("east", invoice.id, 1)) == 2, "a mark, and the first day"
    assert creates(ledger.refund("east", invoice.id, 1)) == 1, "a mark"
    assert creates(ledger.act(admin, programme("miles"))) == 3, (
        "a programme, its rate and its terms"
    )
    assert creates(ledger.act(admin, ProgrammeSetRate("north", "bonus", 2**30, 1, 0))) == 1
    assert creates(ledger.act(admin, ProgrammePause("north", "bonus", paused=True))) == 0
    assert creates(ledger.act(admin, LowerClaimBound("north", 1))) == 0
    assert creates(ledger.act(admin, SetDailyCaps("north", 1, 1))) == 0
    waiting = ledger.act(admin, SetDailyCaps("north", 2, 2))
    assert creates(waiting) >= 2, "a queue and a page, and bitmaps that lead there"
    assert creates(ledger.attest("north", 1)) >= 2, "its lapse"
    assert creates(ledger.release("north", 1)) == 0


def test_what_falls_due_is_charged_to_no_lane() -> None:
    """[LEDGER-14] a closing puts obligations into the state however little room lanes have."""
    ledger = Ledger(a_genesis(parameters=replace(PARAMETERS, entries_per_lane_and_day=3)))
    assert ledger.send(ledger.mint("north", ALICE, 10_000), lane=3) == Outcome.DONE
    assert ledger.send(ledger.redeem(ALICE, ledger.invoice("east", MICRO)), lane=1) == Outcome.DONE
    ledger.pass_time(PARAMETERS.settlement_cycle_ms)
    assert ledger.obligation(1, 0).amount == MICRO
    assert created(ledger, 0) == 0


def test_an_exhausted_lane_skips_a_redemption_and_does_not_refuse_it(ledger: Ledger) -> None:
    """[LEDGER-14] its invoice stays good, in another lane."""
    ledger.block(ledger.transfer(ALICE, *((newcomer(i), MICRO) for i in range(5))), lane=0)
    redeem = ledger.redeem(ALICE, ledger.invoice("east", MICRO))
    assert ledger.send(redeem, lane=0) == Skip.LANE_EXHAUSTED
    assert ledger.send(redeem, lane=1) == Outcome.DONE


def test_the_exhausted_reason_comes_after_every_other(ledger: Ledger) -> None:
    """A refusal that creates nothing is final in any lane, so it does not depend on the lane."""
    ledger.block(ledger.transfer(ALICE, *((newcomer(i), MICRO) for i in range(5))), lane=0)
    below = ledger.transfer(ALICE, (BOB, 1))
    assert ledger.send(below, lane=0) == Outcome.OUTPUT_BELOW_OPENING
