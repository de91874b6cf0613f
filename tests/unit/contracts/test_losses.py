"""What nobody will pay is decided on, and borne together: [LEDGER-71] to [LEDGER-73].

Disputes that the partners decide, and losses that those who take part share by their limits.
"""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from primitives.amount import MICRO
from primitives.encoding import encode
from primitives.entries import ObligationStatus, limits_key
from primitives.governance import (
    DecideDispute,
    Measure,
    ProposalStatus,
    RemovePartner,
    ShareObligation,
    SharePosition,
)
from primitives.membership import PartnerStatus
from primitives.receipt import (
    ObligationOverdue,
    ObligationSettled,
    Outcome,
    PositionShifted,
    ReserveDrawn,
)
from primitives.transaction import Decoded
from tests.builders import CODES, DAY_MS, PARAMETERS
from tests.ledger import Ledger
from tests.settling import (
    ALICE,
    BROKE,
    OWED,
    SHORT,
    TERM,
    claimed,
    disputed,
    done,
    overdue,
    owing,
)
from tests.unit.contracts.test_guarantee import CYCLE, HELD, a_network, in_default, told
from tests.voting import TIMELOCK, executed, passed

SETTLED, OVERDUE = ObligationStatus.SETTLED, ObligationStatus.OVERDUE


class TestDisputes:
    """[LEDGER-71]"""

    def test_the_partners_say_that_it_was_paid(self) -> None:
        ledger = disputed(owing())
        id_ = passed(ledger, DecideDispute(1, 0, paid=True), "south")
        assert ledger.proposal(id_).electors == ("south", "west"), "neither debtor nor creditor"
        [receipt] = ledger.pass_time(TIMELOCK + 1_000).receipts
        assert receipt.events[0] == ObligationSettled(1, 0, OWED)
        assert ledger.limits("north").earmarked == 0
        assert ledger.limits("north").terms.reserve == 100 * MICRO
        ledger.scan()

    def test_or_that_it_was_not(self) -> None:
        ledger = disputed(owing(SHORT))
        passed(ledger, DecideDispute(1, 0, paid=False), "south")
        [receipt] = ledger.pass_time(TIMELOCK + 1_000).receipts
        assert receipt.events[:-1] == (
            ReserveDrawn("north", 1, 0, 20 * MICRO),
            ObligationOverdue(1, 0, 10 * MICRO),
        )
        ledger.scan()

    def test_each_party_may_ask_for_it_and_has_no_vote(self) -> None:
        ledger = disputed(owing())
        for code in ("north", "east"):
            id_ = passed(ledger, DecideDispute(1, 0, paid=True), code)
            ledger.refuse(ledger.vote(code, id_), Outcome.NOT_ELECTOR)

    def test_there_has_to_be_a_dispute(self) -> None:
        ledger = owing()
        ledger.refuse(self.asked(ledger, 2), Outcome.OBLIGATION_UNKNOWN)
        ledger.refuse(self.asked(ledger), Outcome.NOT_DISPUTED)
        ledger.refuse(self.asked(claimed(ledger)), Outcome.NOT_DISPUTED)
        done(ledger, ledger.dispute(1, 0))
        done(ledger, self.asked(ledger))

    def asked(self, ledger: Ledger, cycle: int = 1) -> Decoded:
        return ledger.propose("south", DecideDispute(cycle, 0, paid=True))

    def test_who_speaks_first_is_heard(self) -> None:
        """The creditor confirms after all: there is nothing left to decide."""
        ledger = disputed(owing())
        id_ = passed(ledger, DecideDispute(1, 0, paid=False), "south")
        done(ledger, ledger.confirm(1, 0))
        ledger.pass_time(TIMELOCK + 1_000)
        assert ledger.proposal(id_).obstacle == Outcome.NOT_DISPUTED

    def test_the_judge_s_silence_is_no_obstacle_and_its_word_is(self) -> None:
        ledger = disputed(owing())
        id_ = passed(ledger, DecideDispute(1, 0, paid=False), "south")
        done(ledger, ledger.statement(1, 0, paid=True))
        ledger.pass_time(TIMELOCK + 1_000)
        assert ledger.proposal(id_).status == ProposalStatus.VOID


def gone(ledger: Ledger) -> Ledger:
    """North is removed; what it owes stays."""
    executed(ledger, RemovePartner("north"), "south")
    return ledger


class TestAnObligation:
    """[LEDGER-72]"""

    def test_the_others_bear_it_and_the_creditor_no_more_than_its_share(self) -> None:
        """In proportion to limits of 2,000, 1,100 and 1,200 LiqBon."""
        ledger = gone(in_default(share=0))
        before = ledger.position("east")
        passed(ledger, ShareObligation(1, 0), "south")
        receipts = ledger.pass_time(TIMELOCK + 1_000).receipts
        events = receipts[-1].events
        shares = {"east": 13_953_488, "south": 7_674_419, "west": 8_372_093}
        assert sum(shares.values()) == OWED
        assert events[:-1] == (
            ObligationSettled(1, 0, OWED),
            PositionShifted("east", shares["east"] - OWED),
            PositionShifted("south", shares["south"]),
            PositionShifted("west", shares["west"]),
        )
        after = ledger.position("east")
        assert (after.receivable, after.received) == (0, OWED)
        assert after.net == before.net + shares["east"], "it sold, and was not paid but for that"
        assert ledger.position("north").net == 0
        assert ledger.limits("north").overdue == 0
        ledger.scan()

    def test_who_is_square_then_has_left(self) -> None:
        ledger = gone(in_default(share=0))
        executed(ledger, ShareObligation(1, 0), "south")
        ledger.pass_time(CYCLE)
        assert ledger.partner("north").status == PartnerStatus.LEFT
        ledger.scan()

    def test_whom_it_is_about_has_no_vote_and_the_creditor_has(self) -> None:
        ledger = in_default()
        executed(ledger, RemovePartner("north"), "south")
        id_ = passed(ledger, ShareObligation(1, 0), "east")
        assert ledger.proposal(id_).electors == ("east", "south", "west")

    def test_what_stands_in_its_way(self) -> None:
        ledger = owing(BROKE)
        share = ShareObligation(1, 0)
        ledger.refuse(ledger.propose("south", ShareObligation(2, 0)), Outcome.OBLIGATION_UNKNOWN)
        ledger.refuse(ledger.propose("south", share), Outcome.PARTNER_STAYS)
        gone(ledger)
        ledger.refuse(ledger.propose("south", share), Outcome.OBLIGATION_IN_TIME)
        overdue(ledger)
        for code in CODES:
            terms = replace(ledger.limits(code).terms, credit=0)
            ledger.state[limits_key(code)] = encode(replace(ledger.limits(code), terms=terms))
        ledger.refuse(ledger.propose("south", share), Outcome.NOBODY_TO_SHARE)
        done(ledger, ledger.pay(1, 0))
        done(ledger, ledger.confirm(1, 0))
        ledger.refuse(ledger.propose("south", share), Outcome.OBLIGATION_SETTLED)

    @pytest.mark.parametrize("words", ["claimed", "claimed and denied"])
    def test_its_debtor_cannot_put_it_off_by_claiming_a_payment(self, words: str) -> None:
        """It was late, and is not settled: whatever is said between the vote and its time."""
        ledger = gone(overdue(owing(SHORT, timelock_ms=DAY_MS)))
        id_ = passed(ledger, ShareObligation(1, 0), "south")
        ledger.pass_time(DAY_MS - 60_000)
        done(ledger, ledger.pay(1, 0))
        if words == "claimed and denied":
            done(ledger, ledger.dispute(1, 0))
        ledger.pass_time(60_000)
        assert ledger.proposal(id_).status == ProposalStatus.EXECUTED
        assert ledger.obligation(1, 0).status == SETTLED
        assert ledger.limits("north").earmarked == 0
        ledger.pass_time(PARAMETERS.dispute_ms)
        ledger.scan()

    def test_who_was_paid_confirms_it_and_nobody_bears_anything(self) -> None:
        ledger = gone(overdue(owing(SHORT)))
        id_ = passed(ledger, ShareObligation(1, 0), "south")
        done(ledger, ledger.pay(1, 0))
        done(ledger, ledger.confirm(1, 0))
        ledger.pass_time(TIMELOCK + 1_000)
        assert ledger.proposal(id_).obstacle == Outcome.OBLIGATION_SETTLED
        assert [ledger.position(code).assumed for code in CODES] == [0] * 4


class TestAPosition:
    """[LEDGER-73]"""

    @pytest.fixture
    def ledger(self) -> Ledger:
        """North issued 60 LiqBon that nobody spent yet, has a reserve of 20, and was removed."""
        ledger = Ledger(a_network(HELD | {"north": 20}))
        ledger.give(ALICE, 60 * MICRO)
        return gone(ledger)

    def test_the_others_owe_the_pool_what_it_owed(self, ledger: Ledger) -> None:
        passed(ledger, SharePosition("north", 40 * MICRO), "south")
        [receipt] = ledger.pass_time(TIMELOCK + 1_000).receipts
        shifts = [event for event in receipt.events if isinstance(event, PositionShifted)]
        assert [shift.partner for shift in shifts] == ["east", "north", "south", "west"]
        assert shifts[1].amount == -40 * MICRO
        assert sum(shift.amount for shift in shifts) == 0
        assert ledger.position("north").net == 20 * MICRO
        assert ledger.balance(ALICE) == 60 * MICRO
        ledger.scan()

    def test_nobody_bears_what_its_reserve_covers(self, ledger: Ledger) -> None:
        more = ledger.propose("south", SharePosition("north", 40 * MICRO + 1))
        ledger.refuse(more, Outcome.POSITION_SMALLER)
        done(ledger, ledger.propose("south", SharePosition("north", 40 * MICRO)))

    def test_nor_what_it_will_pay(self) -> None:
        """E, and not D: what it owes in obligations is their creditors' to be shared."""
        ledger = gone(overdue(owing(BROKE)))
        one = ledger.propose("south", SharePosition("north", 1))
        ledger.refuse(one, Outcome.POSITION_SMALLER)

    def test_it_is_of_who_is_running_off(self, ledger: Ledger) -> None:
        for measure, outcome in (
            (SharePosition("nobody", 1), Outcome.PARTNER_UNKNOWN),
            (SharePosition("east", 1), Outcome.PARTNER_STAYS),
        ):
            ledger.refuse(ledger.propose("south", measure), outcome)

    def test_who_has_left_owes_nothing_to_share(self) -> None:
        ledger = Ledger(a_network(HELD))
        executed(ledger, RemovePartner("west"), "south")
        assert ledger.partner("west").status == PartnerStatus.LEFT
        again = ledger.propose("south", SharePosition("west", 1))
        ledger.refuse(again, Outcome.PARTNER_STAYS)

    def test_nobody_can_bear_it_whose_limit_is_zero(self, ledger: Ledger) -> None:
        for code in CODES[1:]:
            terms = replace(ledger.limits(code).terms, credit=0)
            bare = replace(ledger.limits(code), terms=terms, reserve_counts=False)
            ledger.state[limits_key(code)] = encode(bare)
        share = ledger.propose("south", SharePosition("north", MICRO))
        ledger.refuse(share, Outcome.NOBODY_TO_SHARE)

    def test_the_same_loss_is_not_borne_twice(self, ledger: Ledger) -> None:
        first, second = (
            passed(ledger, SharePosition("north", 40 * MICRO), code) for code in ("south", "west")
        )
        ledger.pass_time(TIMELOCK + 10_000)
        assert ledger.proposal(first).status == ProposalStatus.EXECUTED
        assert ledger.proposal(second).obstacle == Outcome.POSITION_SMALLER

    def test_what_became_an_obligation_meanwhile_is_not_borne_as_a_position(
        self, ledger: Ledger
    ) -> None:
        """A cycle closes while the vote waits: 30 of the 60 are to be paid to east."""
        done(ledger, ledger.redeem(ALICE, ledger.invoice("east", 30 * MICRO)))
        ledger.pass_time(ledger.genesis.time + CYCLE - DAY_MS - ledger.time)
        id_ = passed(ledger, SharePosition("north", 40 * MICRO), "south")
        ledger.pass_time(TIMELOCK + 1_000)
        assert ledger.position("north").payable == 30 * MICRO
        assert ledger.proposal(id_).obstacle == Outcome.POSITION_SMALLER
        executed(ledger, SharePosition("north", 10 * MICRO), "south")
        ledger.scan()

    def test_shares_are_exact_to_a_unit(self) -> None:
        """Largest remainders; ties by code."""
        ledger = Ledger(a_network(dict.fromkeys(HELD, 0)))
        ledger.give(ALICE, 10 * MICRO)
        gone(ledger)
        executed(ledger, SharePosition("north", 10 * MICRO), "south")
        assert [ledger.position(code).assumed for code in CODES] == [
            -10_000_000,
            3_333_334,
            3_333_333,
            3_333_333,
        ]


class TestAfterwards:
    """[LEDGER-60] Positions move; balances never."""

    @pytest.mark.parametrize(
        "prepare",
        [lambda: gone(in_default()), lambda: gone(overdue(owing(SHORT)))],
        ids=["after a guarantee", "after a reserve"],
    )
    def test_everything_is_settled_in_the_end(self, prepare: Callable[[], Ledger]) -> None:
        ledger = prepare()
        held = ledger.balance(ALICE)
        supply = ledger.scan().supply
        share: Measure = ShareObligation(1, 0)
        if ledger.obligation(1, 0).status != SETTLED:
            executed(ledger, share, "south")
        for _ in range(3):
            ledger.pass_time(100 * DAY_MS)
            ledger.pass_time(TERM)
            ledger.pass_time(TERM)
        assert ledger.scan().supply == supply
        assert ledger.balance(ALICE) == held


def test_a_loss_that_was_guaranteed_is_one_of_who_paid() -> None:
    """South and west paid east; what north owes them now is shared in turn."""
    ledger = in_default()
    told(ledger)
    executed(ledger, RemovePartner("north"), "south")
    executed(ledger, SharePosition("north", OWED), "south")
    ledger.pass_time(CYCLE)
    owed = [ledger.obligation(2, place) for place in range(2)]
    assert {each.debtor for each in owed} == {"east"}, "who was paid, and bears its share now"
    assert sum(each.amount for each in owed) == ledger.position("east").assumed
    ledger.scan()
