"""Replay protection: a sequence is used once, and what may not use it writes nothing [TX-8]."""

import pytest
from msgspec.structs import replace

from contracts.transition import BlockContext, BlockRun, dry_run
from primitives.amount import MICRO
from primitives.encoding import encode
from primitives.entries import Channel, account_key, channel_key
from primitives.receipt import Outcome, Receipt, Skip
from primitives.transaction import MAX_SEQUENCE
from tests.builders import DAY_MS, SECOND_MS, a_person, a_role
from tests.ledger import Ledger

ALICE, BOB, NOBODY = a_person("Alice"), a_person("Bob"), a_person("nobody")


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger()
    ledger.give(ALICE, 100 * MICRO)
    ledger.give(BOB, MICRO)
    return ledger


def test_a_replay_is_stale_and_the_receipt_of_the_first_stands(ledger: Ledger) -> None:
    payment = ledger.transfer(ALICE, (BOB, 5))
    first, second = ledger.block(payment, payment)
    assert isinstance(first, Receipt)
    assert second == Skip.SEQUENCE_STALE
    assert ledger.send(payment, lane=3) == Skip.SEQUENCE_STALE
    assert ledger.balance(BOB) == MICRO + 5


def test_of_two_transactions_of_one_sequence_the_first_is_the_one(ledger: Ledger) -> None:
    one, other = ledger.transfer(ALICE, (BOB, 5)), ledger.transfer(ALICE, (BOB, 6))
    first, second = ledger.block(one, other)
    assert isinstance(first, Receipt)
    assert second == Skip.SEQUENCE_STALE
    account = ledger.account(ALICE)
    assert account is not None
    assert account.last == one.id


def test_a_later_sequence_is_early_until_the_one_before_it_came(ledger: Ledger) -> None:
    now = ledger.transfer(ALICE, (BOB, 5))
    later = ledger.transfer(ALICE, (BOB, 6), sequence=1)
    assert ledger.send(later) == Skip.SEQUENCE_EARLY
    assert ledger.send(now) == Outcome.DONE
    assert ledger.send(later) == Outcome.DONE


def test_valid_until_may_be_reached_and_not_passed(ledger: Ledger) -> None:
    at = ledger.time + SECOND_MS
    assert ledger.send(ledger.transfer(ALICE, (BOB, 5), valid_until=at - 1)) == Skip.EXPIRED
    at = ledger.time + SECOND_MS
    assert ledger.send(ledger.transfer(ALICE, (BOB, 5), valid_until=at)) == Outcome.DONE


def test_seven_days_ahead_is_allowed_and_a_millisecond_more_is_not(ledger: Ledger) -> None:
    limit = ledger.genesis.parameters.validity_limit_ms
    assert limit == 7 * DAY_MS
    far = ledger.transfer(ALICE, (BOB, 5), valid_until=ledger.time + SECOND_MS + limit + 1)
    assert ledger.send(far) == Skip.VALID_TOO_LONG
    edge = ledger.transfer(ALICE, (BOB, 5), valid_until=ledger.time + SECOND_MS + limit)
    assert ledger.send(edge) == Outcome.DONE


def test_a_sender_without_a_record_is_unknown_until_someone_pays_it(ledger: Ledger) -> None:
    payment = ledger.transfer(NOBODY, (BOB, 1))
    assert ledger.send(payment) == Skip.SENDER_UNKNOWN
    ledger.block(ledger.transfer(ALICE, (NOBODY, MICRO)))
    assert ledger.send(payment) == Outcome.DONE


def test_a_channel_that_is_not_open_is_skipped_until_it_is(ledger: Ledger) -> None:
    payment = ledger.transfer(ALICE, (BOB, 1), channel=2)
    assert ledger.send(payment) == Skip.CHANNEL_UNOPENED
    ledger.block(ledger.open_channels(ALICE, 3))
    assert ledger.send(ledger.transfer(ALICE, (BOB, 1), channel=3)) == Skip.CHANNEL_UNOPENED
    assert ledger.send(payment) == Outcome.DONE


def test_channels_count_by_themselves(ledger: Ledger) -> None:
    ledger.block(ledger.open_channels(ALICE, 3))
    payments = [
        ledger.transfer(ALICE, (BOB, 1), channel=channel, sequence=sequence)
        for channel, sequence in [(2, 0), (1, 0), (2, 1), (0, 1)]
    ]
    assert all(isinstance(verdict, Receipt) for verdict in ledger.block(*payments))
    assert [ledger.sequence(ALICE, channel) for channel in range(3)] == [2, 1, 2]
    entry = ledger.entry(channel_key(ALICE.account, 2), Channel)
    assert entry == Channel(2, payments[2].id)


def test_a_channel_s_first_sequence_is_zero(ledger: Ledger) -> None:
    issuer = a_role("north", "issuer")
    early = ledger.transfer(issuer, (BOB, 1), channel=255, sequence=1)
    assert ledger.send(early) == Skip.SEQUENCE_EARLY
    assert channel_key(issuer.account, 255) not in ledger.state
    refused = ledger.transfer(issuer, (BOB, 1), channel=255)
    assert ledger.send(refused) == Outcome.BALANCE_TOO_LOW
    assert ledger.sequence(issuer, channel=255) == 1


def test_a_rival_who_replays_a_refused_payment_changes_nothing(ledger: Ledger) -> None:
    """[RCPT-1] the receipt that the sequence was used with is the only one there will be."""
    too_much = ledger.transfer(BOB, (ALICE, 2 * MICRO))
    assert ledger.send(too_much) == Outcome.BALANCE_TOO_LOW
    ledger.block(ledger.transfer(ALICE, (BOB, 5 * MICRO)))
    for lane in range(4):
        assert ledger.send(too_much, lane=lane) == Skip.SEQUENCE_STALE


def test_skips_are_counted_by_reason_and_leave_no_receipt(ledger: Ledger) -> None:
    """[RCPT-2]"""
    stale = ledger.transfer(ALICE, (BOB, 1))
    ledger.block(stale, stale, stale, ledger.transfer(NOBODY, (BOB, 1)))
    assert ledger.last is not None
    assert ledger.last.skipped == {Skip.SEQUENCE_STALE: 2, Skip.SENDER_UNKNOWN: 1}
    assert [receipt.origin for receipt in ledger.last.receipts] == [stale.id]


def test_the_door_counts_what_is_on_its_way(ledger: Ledger) -> None:
    context = ledger.context()
    third = ledger.transfer(ALICE, (BOB, 5), sequence=2)
    before = dict(ledger.state)
    assert dry_run(ledger.state, context, 0, third) == Skip.SEQUENCE_EARLY
    assert dry_run(ledger.state, context, 0, third, 1) == Skip.SEQUENCE_EARLY
    assert dry_run(ledger.state, context, 0, third, 2) == Outcome.DONE
    assert dry_run(ledger.state, context, 0, third, 3) == Skip.SEQUENCE_STALE
    assert ledger.state == before


def test_the_door_does_not_go_back_behind_the_state(ledger: Ledger) -> None:
    ledger.block(ledger.transfer(ALICE, (BOB, 5)))
    following = ledger.transfer(ALICE, (BOB, 6))
    assert dry_run(ledger.state, ledger.context(), 0, following, 0) == Outcome.DONE


def test_the_door_tells_a_refusal_beforehand(ledger: Ledger) -> None:
    too_much = ledger.transfer(BOB, (ALICE, 2 * MICRO))
    assert dry_run(ledger.state, ledger.context(), 0, too_much) == Outcome.BALANCE_TOO_LOW
    assert ledger.sequence(BOB) == 0


def test_a_transaction_of_another_chain_is_our_own_mistake(ledger: Ledger) -> None:
    """Its form was checked against the chain long before [TX-3]."""
    foreign = ledger.transfer(ALICE, (BOB, 5), chain=bytes(32))
    with pytest.raises(AssertionError):
        ledger.send(foreign)


def test_a_lane_that_does_not_exist_is_our_own_mistake(ledger: Ledger) -> None:
    with pytest.raises(AssertionError):
        ledger.send(ledger.transfer(ALICE, (NOBODY, MICRO)), lane=4)


def test_a_block_of_the_same_time_as_its_parent_is_in_order(ledger: Ledger) -> None:
    payment = ledger.transfer(ALICE, (BOB, 5))
    assert ledger.send(payment, after_ms=0) == Outcome.DONE


def test_the_run_shows_the_state_as_it_stands_in_the_block(ledger: Ledger) -> None:
    context: BlockContext = replace(ledger.context(), height=9)
    run = BlockRun(ledger.state, context)
    run.apply(0, ledger.transfer(ALICE, (BOB, 5)))
    assert run.state.changes() == run.finish().changes
    assert len(run.state.changes()) == 2


def test_the_last_sequence_of_all_can_be_used_once(ledger: Ledger) -> None:
    """[TX-8] 2^53 is the largest that the form allows; after it the channel is used up."""
    last = ledger.transfer(ALICE, (BOB, 5), sequence=MAX_SEQUENCE)
    assert ledger.send(last) == Skip.SEQUENCE_EARLY
    account = ledger.account(ALICE)
    assert account is not None
    ledger.state[account_key(ALICE.account)] = encode(replace(account, sequence=MAX_SEQUENCE))
    assert ledger.send(last) == Outcome.DONE
    assert ledger.sequence(ALICE) == MAX_SEQUENCE + 1
    assert ledger.send(last) == Skip.SEQUENCE_STALE
    ledger.scan()
