"""A rival tries to make what is another's grow: its entries, its places, its share of the lanes.

Whatever a partner or a newcomer sends writes under its own name, or into what all share and each
can fill with a bounded part of: applications stand under who made them [LEDGER-50], proposals are
counted by who made them [LEDGER-61], and what stays for ever is charged to the lane that carried it
[LEDGER-14].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest
from msgspec.structs import replace

from primitives.entries import (
    LaneDay,
    Prefix,
    account_key,
    lane_day_key,
    limits_key,
    partner_key,
    position_key,
)
from primitives.governance import Declare, ReplaceAdmin
from primitives.membership import MEMBERSHIP_KEY, Application, Role, application_key
from primitives.receipt import Outcome, Skip
from primitives.transaction import Decoded
from tests.attacks.scenes import ANN, BOB, done
from tests.builders import CODES, a_genesis, a_person
from tests.ledger import Ledger
from tests.voting import (
    QUIET,
    VOTING,
    a_rotation,
    an_announcement,
    an_application,
    an_applying,
    an_exit,
    approve,
    executed,
    passed,
    proposed,
)

SAID = Declare(bytes(32), "")
HEIR = a_person("an heir")
SHARED: Final = (
    Prefix.DIRECTORY,
    Prefix.MEMBERSHIP,
    Prefix.LANE_DAY,
    Prefix.DUE_NODE,
    Prefix.DUE_PAGE,
    Prefix.DUE_SECOND,
)
"""What belongs to all, and to nobody."""


@pytest.fixture
def ledger() -> Ledger:
    """Ann and Bob have an account."""
    ledger = Ledger(a_genesis(parameters=QUIET))
    for person in (ANN, BOB):
        ledger.give(person, 10**6, "south")
    return ledger


Does = Callable[[Ledger], Decoded]
DEEDS: dict[str, Does] = {
    "applies": lambda t: an_applying(t, an_application(t), sender=ANN),
    "gives a role away": lambda t: a_rotation(t, "east", Role.CASHIER, HEIR),
    "announces a key": lambda t: an_announcement(t, "east", "a new one", lost=True),
    "leaves": lambda t: an_exit(t, "east"),
    "proposes": lambda t: t.propose("east", SAID),
    "votes": lambda t: t.vote("east", proposed(t, SAID, "south")),
}


def written(ledger: Ledger, decoded: Decoded) -> list[bytes]:
    """The keys of the entries that it changed, but for those that all share."""
    before = dict(ledger.state)
    done(ledger, decoded)
    keys = before | ledger.state
    changed = [key for key in keys if before.get(key) != ledger.state.get(key)]
    return sorted(key for key in changed if key[0] not in SHARED)


@pytest.mark.parametrize("deed", DEEDS)
def test_who_does_something_writes_under_its_own_name(ledger: Ledger, deed: str) -> None:
    """Its account, its partner, what it made; of others only the account that takes its role."""
    decoded = DEEDS[deed](ledger)
    sender = decoded.transaction.sender
    own = {account_key(sender), application_key(sender)}
    own |= {key("east") for key in (partner_key, limits_key, position_key)}
    if deed == "gives a role away":
        own.add(account_key(HEIR.account))
    foreign = [key for key in written(ledger, decoded) if key not in own]
    made = [key for key in foreign if key[0] in (Prefix.PROPOSAL, Prefix.BALLOT)]
    assert foreign == made
    for code in CODES:
        if code != "east":
            assert not any(code.encode() in key for key in foreign)


class TestApplications:
    """[LEDGER-50]"""

    def test_one_who_applies_a_thousand_times_has_one(self, ledger: Ledger) -> None:
        for number in range(20):
            wish = an_application(ledger, f"shop-{number}", seat=an_application(ledger).seat)
            done(ledger, an_applying(ledger, wish, sender=ANN))
        found = [key for key in ledger.state if key[0] == Prefix.APPLICATION]
        assert found == [application_key(ANN.account)]

    def test_who_has_no_account_cannot_apply(self, ledger: Ledger) -> None:
        stranger = an_applying(ledger, an_application(ledger), sender=HEIR)
        assert ledger.send(stranger) == Skip.SENDER_UNKNOWN

    def test_each_is_charged_to_its_lane_once(self, ledger: Ledger) -> None:
        ledger.block(ledger.transfer(ANN, (BOB, 1)), lane=2)
        done(ledger, an_applying(ledger, an_application(ledger), sender=ANN), lane=2)
        done(ledger, an_applying(ledger, an_application(ledger), sender=ANN), lane=2)
        day = ledger.entry(lane_day_key(2), LaneDay)
        assert day is not None
        assert day.created == 1

    def test_nobody_s_seat_is_taken_by_an_application(self, ledger: Ledger) -> None:
        """A vote gives seats; until then a key that somebody names is anybody's."""
        before = ledger.state[MEMBERSHIP_KEY]
        seat = an_application(ledger).seat
        done(ledger, an_applying(ledger, an_application(ledger), sender=ANN))
        rival = an_application(ledger, "rival", seat=seat)
        done(ledger, an_applying(ledger, rival, sender=BOB))
        assert ledger.state[MEMBERSHIP_KEY] == before
        found = ledger.entry(application_key(ANN.account), Application)
        assert found is not None
        assert found.code == "fifth"


class TestVotesAndProposals:
    """[LEDGER-14], [LEDGER-61], [LEDGER-62]"""

    def test_a_vote_that_is_turned_back_and_forth_adds_nothing(self, ledger: Ledger) -> None:
        id_ = proposed(ledger, SAID)
        done(ledger, ledger.vote("east", id_))
        size = len(ledger.state)
        for number in range(10):
            done(ledger, ledger.vote("east", id_, approve=bool(number % 2)))
        assert len(ledger.state) == size

    def test_what_votes_add_is_bounded_by_what_was_proposed(self, ledger: Ledger) -> None:
        """A ballot of each elector, and one more deadline."""
        id_ = proposed(ledger, SAID)
        before = {key for key in ledger.state if key[0] != Prefix.CHANNEL}
        for code in CODES[:3]:
            done(ledger, ledger.vote(code, id_))
        added = [key for key in ledger.state if key not in before]
        ballots = [key for key in added if key[0] == Prefix.BALLOT]
        rest = [key for key in added if key not in ballots]
        assert len(ballots) == 3
        assert all(Prefix.DUE_NODE <= key[0] <= Prefix.DUE_SECOND for key in rest)

    def test_a_vote_through_a_channel_that_is_new_is_free_and_a_refused_one_is_not(self) -> None:
        """Else whoever has 256 channels had 256 entries for nothing."""
        ledger = Ledger(a_genesis(parameters=QUIET))
        id_ = proposed(ledger, SAID)
        charged = ledger.entry(lane_day_key(0), LaneDay)
        assert charged is not None
        done(ledger, ledger.vote("east", id_, channel=1))
        assert ledger.entry(lane_day_key(0), LaneDay) == charged
        again = ledger.vote("east", id_, channel=2)
        assert ledger.send(again) == Outcome.VOTE_UNCHANGED
        after = ledger.entry(lane_day_key(0), LaneDay)
        assert after is not None
        assert after.created == charged.created + 1

    def test_who_proposes_in_order_to_have_it_rejected_pays_with_its_lane(self) -> None:
        """Two in league propose and reject, again and again: a lane's day bounds it."""
        full = replace(QUIET, entries_per_lane_and_day=40)
        ledger = Ledger(a_genesis(parameters=full))
        count = 0
        while True:
            proposal = ledger.propose("north", SAID)
            if ledger.send(proposal) == Skip.LANE_EXHAUSTED:
                break
            for code in ("north", "east"):
                done(ledger, ledger.vote(code, proposal.id, approve=False))
            count += 1
        assert 5 <= count <= 20
        assert ledger.send(ledger.propose("south", SAID), lane=2) == Outcome.DONE

    def test_a_full_lane_stops_no_vote(self) -> None:
        """[LEDGER-14] Whoever fills the lanes cannot have a deadline pass."""
        full = replace(QUIET, entries_per_lane_and_day=9)
        ledger = Ledger(a_genesis(parameters=full))
        id_ = proposed(ledger, SAID)
        while ledger.send(ledger.propose("north", SAID)) != Skip.LANE_EXHAUSTED:
            pass
        approve(ledger, id_)
        ledger.pass_time(VOTING)
        ledger.scan()

    def test_the_calendar_is_empty_again_once_all_is_over(self, ledger: Ledger) -> None:
        """[STATE-8] Deadlines of votes leave nothing behind."""
        before = calendar(ledger)
        for number in range(10):
            if number % 2:
                passed(ledger, SAID)
            else:
                proposed(ledger, SAID)
        assert len(calendar(ledger)) > len(before)
        ledger.pass_time(2 * VOTING)
        assert len(calendar(ledger)) <= len(before)


def calendar(ledger: Ledger) -> list[bytes]:
    return [k for k in ledger.state if Prefix.DUE_NODE <= k[0] <= Prefix.DUE_SECOND]


def test_a_role_can_be_forced_on_nobody_by_a_partner(ledger: Ledger) -> None:
    """[LEDGER-51] Who takes it signs for it; who is named by a vote gets channels, and no duty."""
    executed(ledger, ReplaceAdmin("north", BOB.account))
    record = ledger.account(BOB)
    assert record is not None
    assert (record.balance, record.channels, record.sequence) == (10**6, 256, 0)
    done(ledger, ledger.transfer(BOB, (ANN, 10**6)))
