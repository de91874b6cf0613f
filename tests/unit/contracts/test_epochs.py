"""When an epoch ends, and who comes after."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from contracts import epochs
from contracts.epochs import Epoch, Moment
from contracts.genesis import genesis_changes
from contracts.state import State
from primitives.encoding import decode, encode
from primitives.genesis import validators_of
from primitives.membership import MEMBERSHIP_KEY, Member, Membership
from tests.builders import HOUR_MS, PARAMETERS, a_genesis, a_key

GENESIS = a_genesis()
FOUNDERS = validators_of(GENESIS).members
BOUND = PARAMETERS.lag_bound
LEAST, MOST = PARAMETERS.epoch_minimum_ms, PARAMETERS.epoch_maximum_ms


def the_state(changed: int, members: tuple[Member, ...] | None = None) -> State:
    """The founders' state, in which a change of ``changed`` is recorded."""
    entries = dict(genesis_changes(GENESIS))
    before = decode(Membership, entries[MEMBERSHIP_KEY])
    after = replace(before, changed=changed, members=members or before.members)
    entries[MEMBERSHIP_KEY] = encode(after)
    return State(entries)


def an_epoch(number: int = 0, began: int = GENESIS.time) -> Epoch:
    return replace(epochs.first(GENESIS), number=number, began=began)


def test_an_epoch_begins_open_with_the_founders() -> None:
    epoch = epochs.first(GENESIS)
    assert epoch.members == FOUNDERS
    assert (epoch.number, epoch.after, epoch.last, epoch.recorded) == (0, 0, None, 0)
    assert decode(Epoch, encode(epoch)) == epoch


@pytest.mark.parametrize(
    ("changed", "age", "ends"),
    [
        (-1, LEAST, False),
        (-1, MOST - 1, False),
        (-1, MOST, True),
        (0, LEAST - 1, False),
        (0, LEAST, True),
        (0, MOST, True),
    ],
)
def test_a_change_ends_it_after_its_least_age_and_nothing_outlives_the_greatest(
    changed: int, age: int, ends: bool
) -> None:
    state, epoch = the_state(changed), an_epoch()
    after = epochs.after(epoch, state, PARAMETERS, Moment(7, GENESIS.time + age))
    assert after.last == (7 + BOUND if ends else None)
    assert epochs.due_ms(epoch, state, PARAMETERS) == GENESIS.time + (
        MOST if changed < 0 else LEAST
    )


def test_a_change_of_an_epoch_gone_by_ends_nothing() -> None:
    epoch = an_epoch(number=3)
    moment = Moment(7, GENESIS.time + MOST - 1)
    assert epochs.after(epoch, the_state(2), PARAMETERS, moment) == epoch
    assert epochs.after(epoch, the_state(3), PARAMETERS, moment).last == 7 + BOUND


def test_who_follows_is_fixed_once() -> None:
    newcomer = Member("harbour", a_key("harbour").public_key)
    seats = tuple(Member(each.partner, each.key) for each in FOUNDERS)
    epoch, at = an_epoch(), Moment(7, GENESIS.time + LEAST)
    fixed = epochs.after(epoch, the_state(0, (*seats, newcomer)), PARAMETERS, at)
    assert [each.partner for each in fixed.following][-1] == "harbour"
    assert fixed.recorded == 1, "what is decided from now on is for the epoch after the next"
    later = epochs.after(fixed, the_state(1, seats), PARAMETERS, Moment(8, at.time + HOUR_MS))
    assert later == fixed
    assert epochs.due_ms(fixed, the_state(1, seats), PARAMETERS) is None


def test_the_next_epoch_begins_at_the_last_height() -> None:
    at = Moment(7, GENESIS.time + LEAST)
    fixed = epochs.after(an_epoch(), the_state(0), PARAMETERS, at)
    last = 7 + BOUND
    assert fixed.validators_after(last - 1) == fixed.validators
    assert fixed.validators_after(last) == fixed.next_validators
    following = epochs.begin(fixed, Moment(last, at.time + 50))
    assert (following.number, following.after, following.began) == (1, last, at.time + 50)
    assert following.validators == fixed.next_validators
    assert following.last is None
    with pytest.raises(AssertionError):
        epochs.begin(fixed, Moment(last - 1, at.time))
