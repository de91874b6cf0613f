"""Transfers and channels: [LEDGER-1], [LEDGER-4], [LEDGER-5], [TX-9]."""

import pytest
from msgspec.structs import replace

from primitives.amount import MAX_SUPPLY, MICRO
from primitives.entries import account_key
from primitives.receipt import AccountOpened, Outcome, Receipt, Skip
from tests.builders import PARAMETERS, Person, a_genesis, a_person, a_role
from tests.ledger import Ledger

ALICE, BOB, CAROL = a_person("Alice"), a_person("Bob"), a_person("Carol")
OPENING = PARAMETERS.opening


@pytest.fixture
def ledger() -> Ledger:
    """Alice has 100 LiqBon and Bob one; Carol has no account."""
    ledger = Ledger()
    ledger.give(ALICE, 100 * MICRO)
    ledger.give(BOB, MICRO)
    return ledger


def opened(verdict: Receipt | Skip) -> list[bytes]:
    assert isinstance(verdict, Receipt)
    return [event.account for event in verdict.events if isinstance(event, AccountOpened)]


def test_a_transfer_moves_exactly_its_amount(ledger: Ledger) -> None:
    assert ledger.send(ledger.transfer(ALICE, (BOB, 7))) == Outcome.DONE
    assert (ledger.balance(ALICE), ledger.balance(BOB)) == (100 * MICRO - 7, MICRO + 7)


def test_the_whole_balance_can_be_sent_and_the_record_stays(ledger: Ledger) -> None:
    assert ledger.send(ledger.transfer(ALICE, (BOB, 100 * MICRO))) == Outcome.DONE
    account = ledger.account(ALICE)
    assert account is not None
    assert (account.balance, account.sequence) == (0, 1)


def test_one_unit_more_than_the_balance_is_refused_and_uses_the_sequence(ledger: Ledger) -> None:
    decoded = ledger.transfer(ALICE, (BOB, 100 * MICRO + 1))
    assert ledger.send(decoded) == Outcome.BALANCE_TOO_LOW
    account = ledger.account(ALICE)
    assert account is not None
    assert (account.balance, account.sequence, account.last) == (100 * MICRO, 1, decoded.id)


def test_outputs_count_together_against_the_balance(ledger: Ledger) -> None:
    half = 50 * MICRO
    outcome = ledger.send(ledger.transfer(ALICE, (BOB, half), (CAROL, half + 1)))
    assert outcome == Outcome.BALANCE_TOO_LOW
    assert ledger.account(CAROL) is None


def test_an_output_opens_an_account_and_says_so(ledger: Ledger) -> None:
    [verdict] = ledger.block(ledger.transfer(ALICE, (CAROL, OPENING), (BOB, 1)))
    assert opened(verdict) == [CAROL.account]
    assert ledger.balance(CAROL) == OPENING


def test_an_output_below_the_opening_opens_nothing(ledger: Ledger) -> None:
    outcome = ledger.send(ledger.transfer(ALICE, (BOB, MICRO), (CAROL, OPENING - 1)))
    assert outcome == Outcome.OUTPUT_BELOW_OPENING
    assert (ledger.balance(BOB), ledger.account(CAROL)) == (MICRO, None)


def test_the_first_output_to_a_new_account_must_open_it_alone(ledger: Ledger) -> None:
    small_first = ledger.transfer(ALICE, (CAROL, 1), (CAROL, OPENING))
    assert ledger.send(small_first) == Outcome.OUTPUT_BELOW_OPENING
    large_first = ledger.transfer(ALICE, (CAROL, OPENING), (CAROL, 1), (CAROL, 1))
    [verdict] = ledger.block(large_first)
    assert opened(verdict) == [CAROL.account]
    assert ledger.balance(CAROL) == OPENING + 2


def test_a_record_emptied_to_zero_needs_no_opening_again(ledger: Ledger) -> None:
    ledger.block(ledger.transfer(BOB, (ALICE, MICRO)))
    assert ledger.send(ledger.transfer(ALICE, (BOB, 1))) == Outcome.DONE
    assert ledger.balance(BOB) == 1


def test_a_transfer_to_oneself_keeps_the_balance_and_uses_the_sequence(ledger: Ledger) -> None:
    assert ledger.send(ledger.transfer(ALICE, (ALICE, 100 * MICRO))) == Outcome.DONE
    assert (ledger.balance(ALICE), ledger.sequence(ALICE)) == (100 * MICRO, 1)


def test_outputs_to_oneself_are_no_credit_for_the_others(ledger: Ledger) -> None:
    decoded = ledger.transfer(ALICE, (ALICE, 60 * MICRO), (BOB, 60 * MICRO))
    assert ledger.send(decoded) == Outcome.BALANCE_TOO_LOW
    decoded = ledger.transfer(ALICE, (ALICE, 60 * MICRO), (BOB, 40 * MICRO), (ALICE, 1))
    assert ledger.send(decoded) == Outcome.BALANCE_TOO_LOW
    decoded = ledger.transfer(ALICE, (ALICE, 60 * MICRO), (BOB, 40 * MICRO - 1), (ALICE, 1))
    assert ledger.send(decoded) == Outcome.DONE
    assert ledger.balance(ALICE) == 60 * MICRO + 1


def test_256_outputs_are_carried_out_with_an_event_for_each_account_opened(
    ledger: Ledger,
) -> None:
    people = [a_person(f"one of many {i}") for i in range(256)]
    [verdict] = ledger.block(ledger.transfer(ALICE, *((p, OPENING) for p in people)))
    assert opened(verdict) == [person.account for person in people]
    assert ledger.balance(ALICE) == 100 * MICRO - 256 * OPENING


def test_outputs_beyond_all_possible_liqbon_are_an_overflow(ledger: Ledger) -> None:
    decoded = ledger.transfer(ALICE, (BOB, MAX_SUPPLY), (CAROL, 1))
    assert ledger.send(decoded) == Outcome.AMOUNT_OVERFLOW
    decoded = ledger.transfer(ALICE, (BOB, MAX_SUPPLY))
    assert ledger.send(decoded) == Outcome.BALANCE_TOO_LOW
    decoded = ledger.transfer(ALICE, *((BOB, MAX_SUPPLY) for _ in range(256)))
    assert ledger.send(decoded) == Outcome.AMOUNT_OVERFLOW


def test_a_transfer_spends_what_the_one_before_it_in_the_block_brought(ledger: Ledger) -> None:
    first = ledger.transfer(ALICE, (BOB, 100 * MICRO))
    second = ledger.transfer(BOB, (ALICE, 101 * MICRO))
    verdicts = ledger.block(first, second)
    assert [v.outcome for v in verdicts if isinstance(v, Receipt)] == [Outcome.DONE] * 2
    assert ledger.balance(ALICE) == 101 * MICRO


def test_an_account_of_several_keys_pays_like_any_other(ledger: Ledger) -> None:
    family = a_person("the family", keys=3, threshold=2)
    ledger.give(family, MICRO)
    assert ledger.send(ledger.transfer(family, (BOB, 5))) == Outcome.DONE


def test_channels_are_opened_by_holding_enough_and_nothing_is_taken(ledger: Ledger) -> None:
    assert ledger.send(ledger.open_channels(ALICE, 16)) == Outcome.DONE
    account = ledger.account(ALICE)
    assert account is not None
    assert (account.channels, account.balance) == (16, 100 * MICRO)


@pytest.mark.parametrize(("channels", "outcome"), [(2, Outcome.DONE), (3, Outcome.BALANCE_TOO_LOW)])
def test_each_channel_beyond_the_first_needs_the_channel_balance(
    ledger: Ledger, channels: int, outcome: Outcome
) -> None:
    assert ledger.send(ledger.open_channels(BOB, channels)) == outcome


def test_one_unit_below_the_channel_balance_opens_no_channel(ledger: Ledger) -> None:
    ledger.block(ledger.transfer(BOB, (ALICE, 1)))
    assert ledger.send(ledger.open_channels(BOB, 2)) == Outcome.BALANCE_TOO_LOW


@pytest.mark.parametrize("channels", [4, 3, 2])
def test_channels_are_never_fewer_nor_the_same(ledger: Ledger, channels: int) -> None:
    ledger.block(ledger.open_channels(ALICE, 4))
    assert ledger.send(ledger.open_channels(ALICE, channels)) == Outcome.CHANNELS_NOT_MORE


def test_channels_stay_open_when_the_balance_is_gone(ledger: Ledger) -> None:
    ledger.block(ledger.open_channels(ALICE, 3))
    ledger.block(ledger.transfer(ALICE, (BOB, 100 * MICRO)))
    decoded = ledger.transfer(ALICE, (BOB, 1), channel=2)
    assert ledger.send(decoded) == Outcome.BALANCE_TOO_LOW
    assert ledger.sequence(ALICE, channel=2) == 1


def test_a_role_has_all_channels_already(ledger: Ledger) -> None:
    issuer = a_role("north", "issuer")
    assert ledger.send(ledger.open_channels(issuer, 16)) == Outcome.CHANNELS_NOT_MORE


def test_the_opening_is_the_genesis_s_own() -> None:
    parameters = replace(PARAMETERS, opening=1)
    ledger = Ledger(a_genesis(parameters=parameters))
    ledger.give(ALICE, MICRO)
    assert ledger.send(ledger.transfer(ALICE, (CAROL, 1))) == Outcome.DONE


def test_a_receiver_never_consents_and_never_signs(ledger: Ledger) -> None:
    stranger: Person = a_person("a stranger who never signed")
    ledger.block(ledger.transfer(ALICE, (stranger, OPENING)))
    assert account_key(stranger.account) in ledger.state
    assert ledger.sequence(stranger) == 0
