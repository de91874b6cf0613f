"""A partner leaves, or is removed: [LEDGER-53], [LEDGER-54], [LEDGER-65].

What it may still do while it runs off, what becomes of what it owes, and when it has left.
"""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from primitives.actions import (
    LowerClaimBound,
    PartnerExit,
    ProgrammeOpen,
    ProgrammePause,
    ProgrammeSetRate,
    ProgrammeSetTerms,
    SetDailyCaps,
)
from primitives.amount import MICRO
from primitives.encoding import encode
from primitives.entries import ObligationStatus, limits_key
from primitives.genesis import PartnerLimits
from primitives.governance import Declare, ProposalStatus, RemovePartner
from primitives.membership import PartnerStatus, Role
from primitives.receipt import Outcome, PartnerMoved, Receipt
from primitives.transaction import Decoded
from tests.builders import LIMITS, PARAMETERS, a_genesis, a_person, a_role
from tests.ledger import Ledger
from tests.settling import BROKE, EAST, NORTH, OWED, RICH, SHORT, done, owing, until_due
from tests.voting import (
    TIMELOCK,
    a_rotation,
    an_announcement,
    an_exit,
    directory,
    executed,
    membership,
    proposed,
    removed,
)

ALICE, NEXT = a_person("Alice"), a_person("the next in charge")
RUN_OFF, LEFT = PartnerStatus.RUN_OFF, PartnerStatus.LEFT
BOUGHT = 40 * MICRO


def bought(limits: PartnerLimits, spent: int = 0) -> Ledger:
    """Alice got 40 LiqBon from north, and spent some at east."""
    ledger = Ledger(a_genesis(limits=limits))
    ledger.give(ALICE, BOUGHT)
    if spent:
        done(ledger, ledger.redeem(ALICE, ledger.invoice("east", spent)))
    return ledger


class TestCover:
    """[LEDGER-53] It leaves a reserve behind that pays all that it owes, without any haircut."""

    def test_a_reserve_that_just_covers_it_is_enough(self) -> None:
        limits = replace(RICH, credit=BOUGHT, haircut=9_000, reserve=BOUGHT)
        ledger = bought(limits)
        [event] = done(ledger, an_exit(ledger, "north"))
        assert event == PartnerMoved("north", RUN_OFF)
        assert ledger.limits("north").terms.credit == 0
        assert ledger.balance(ALICE) == BOUGHT
        ledger.scan()

    def test_a_unit_less_is_not(self) -> None:
        ledger = bought(replace(RICH, credit=2 * BOUGHT, reserve=BOUGHT - 1))
        ledger.refuse(an_exit(ledger, "north"), Outcome.RESERVE_NEEDED)

    def test_credit_is_no_cover(self) -> None:
        ledger = bought(replace(RICH, credit=2 * BOUGHT, reserve=0))
        ledger.refuse(an_exit(ledger, "north"), Outcome.RESERVE_NEEDED)

    def test_a_reserve_beyond_its_ceiling_covers_up_to_it(self) -> None:
        """What the others do not recognise is no cover either."""
        limits = replace(RICH, credit=2 * BOUGHT, reserve=BOUGHT, reserve_ceiling=BOUGHT)
        ledger = bought(limits)
        lowered = replace(ledger.limits("north").terms, reserve_ceiling=BOUGHT - 1)
        lower = replace(ledger.limits("north"), terms=lowered)
        ledger.state[limits_key("north")] = encode(lower)
        ledger.refuse(an_exit(ledger, "north"), Outcome.RESERVE_NEEDED)

    def test_a_reserve_that_lapsed_is_no_cover(self) -> None:
        ledger = bought(replace(RICH, reserve=BOUGHT))
        ledger.pass_time(PARAMETERS.reserve_lapse_ms)
        ledger.refuse(an_exit(ledger, "north"), Outcome.RESERVE_NEEDED)

    def test_what_it_is_to_be_paid_counts_as_owed_already(self) -> None:
        """East is owed 30 LiqBon and minted 10 more: paid, it owes what it minted and was paid."""
        ledger = owing(replace(RICH, reserve=9 * MICRO, credit=100 * MICRO))
        ledger.give(ALICE, 10 * MICRO, "east")
        assert ledger.position("east").net == -20 * MICRO
        ledger.refuse(an_exit(ledger, "east"), Outcome.RESERVE_NEEDED)

    def test_what_it_has_to_pay_is_covered_however_much_it_sold_since(self) -> None:
        """North owes 30 and sold for 30: D is zero, and 30 are still to be paid."""
        ledger = owing(SHORT)
        ledger.give(ALICE, OWED, "south")
        done(ledger, ledger.redeem(ALICE, ledger.invoice("north", OWED)))
        assert ledger.position("north").net == 0
        ledger.refuse(an_exit(ledger, "north"), Outcome.RESERVE_NEEDED)

    def test_who_owes_nothing_leaves_with_any_reserve(self) -> None:
        ledger = Ledger(a_genesis(limits=BROKE))
        events = done(ledger, an_exit(ledger, "west"))
        assert events == (PartnerMoved("west", RUN_OFF), PartnerMoved("west", LEFT))
        assert directory(ledger).partners == ("north", "east", "south")
        ledger.scan()

    def test_who_is_owed_leaves_and_is_paid(self) -> None:
        ledger = owing()
        assert done(ledger, an_exit(ledger, "east")) == (PartnerMoved("east", RUN_OFF),)
        done(ledger, ledger.pay(1, 0))
        done(ledger, ledger.confirm(1, 0))
        assert ledger.partner("east").status == RUN_OFF, "it is looked at when a cycle closes"
        ledger.pass_time(ledger.genesis.parameters.settlement_cycle_ms)
        assert ledger.partner("east").status == LEFT


Dealing = Callable[[Ledger], Decoded]
OVER: dict[str, Dealing] = {
    "mint": lambda t: t.mint("north", ALICE, 1),
    "redeem": lambda t: t.redeem(ALICE, t.invoice("north", 1)),
    "open a programme": lambda t: t.act(
        NORTH, ProgrammeOpen("north", "miles", "Miles", "mile", bytes(32), "", 1, 1)
    ),
    "publish a rate": lambda t: t.act(NORTH, ProgrammeSetRate("north", "bonus", 20_000, 1, 0)),
    "publish terms": lambda t: t.act(NORTH, ProgrammeSetTerms("north", "bonus", bytes(32), "", 0)),
    "pause a programme": lambda t: t.act(NORTH, ProgrammePause("north", "bonus", True)),
    "propose": lambda t: t.propose("north", Declare(bytes(32), "")),
    "announce a key": lambda t: an_announcement(t, "north", "a new one"),
    "leave": lambda t: an_exit(t, "north"),
}
GOES_ON: dict[str, Dealing] = {
    "change keys": lambda t: a_rotation(t, "north", Role.CASHIER, NEXT),
    "attest its reserve": lambda t: t.attest("north", 60 * MICRO),
    "release of its reserve": lambda t: t.release("north", 10 * MICRO),
    "pay": lambda t: t.pay(1, 0),
    "lower its claim bound": lambda t: t.act(NORTH, LowerClaimBound("north", 1)),
    "lower its daily caps": lambda t: t.act(NORTH, SetDailyCaps("north", 0, 0)),
}


class TestWhoMayNotLeave:
    """[LEDGER-53]"""

    def test_refusals_come_in_order(self) -> None:
        ledger = Ledger()
        ledger.refuse(ledger.act(NORTH, PartnerExit("nobody")), Outcome.PARTNER_UNKNOWN)
        ledger.refuse(ledger.act(NORTH, PartnerExit("east")), Outcome.NOT_ADMIN)
        for code in ("east", "south", "west"):
            done(ledger, an_exit(ledger, code))
        ledger.refuse(an_exit(ledger, "east"), Outcome.PARTNER_LEAVING)
        ledger.refuse(an_exit(ledger, "north"), Outcome.LAST_PARTNER)

    def test_the_last_one_that_takes_part_stays(self) -> None:
        """Also while others are still in the directory, running off."""
        ledger = Ledger()
        ledger.give(ALICE, MICRO, "east")
        for code in ("east", "south", "west"):
            done(ledger, an_exit(ledger, code))
        assert directory(ledger).partners == ("north", "east")
        ledger.refuse(an_exit(ledger, "north"), Outcome.LAST_PARTNER)


class TestRunningOff:
    """[LEDGER-53]"""

    @pytest.fixture(params=["it leaves", "it is removed"])
    def ledger(self, request: pytest.FixtureRequest) -> Ledger:
        """North, which owes east 30 LiqBon and has a reserve of 100, runs off."""
        ledger = owing()
        ledger.give(ALICE, 20 * MICRO, "south")
        if request.param == "it leaves":
            done(ledger, an_exit(ledger, "north"))
        else:
            removed(ledger, "north")
        return ledger

    @pytest.mark.parametrize("what", OVER)
    def test_no_more_does_it(self, ledger: Ledger, what: str) -> None:
        ledger.refuse(OVER[what](ledger), Outcome.PARTNER_LEAVING)

    @pytest.mark.parametrize("what", GOES_ON)
    def test_as_before_it_may(self, ledger: Ledger, what: str) -> None:
        done(ledger, GOES_ON[what](ledger))
        ledger.scan()

    def test_it_has_no_vote_and_no_seat(self, ledger: Ledger) -> None:
        assert [each.partner for each in membership(ledger).members] == ["east", "south", "west"]
        id_ = proposed(ledger, Declare(bytes(32), ""), "south")
        assert ledger.proposal(id_).electors == ("east", "south", "west")
        ledger.refuse(ledger.vote("north", id_), Outcome.PARTNER_LEAVING)

    def test_its_members_changed_in_this_epoch(self) -> None:
        ledger = owing()
        ledger.epoch = 5
        done(ledger, an_exit(ledger, "north"))
        assert (membership(ledger).changed, membership(ledger).admitted) == (5, -1)

    def test_it_refunds_within_what_its_reserve_covers(self) -> None:
        """[LEDGER-19] Credit is over; the rest of the reserve is room."""
        limits = replace(RICH, credit=100 * MICRO, reserve=BOUGHT + MICRO)
        ledger = bought(limits)
        bill = ledger.invoice("north", 3 * MICRO)
        done(ledger, ledger.redeem(ALICE, bill))
        ledger.give(ALICE, 3 * MICRO)
        done(ledger, an_exit(ledger, "north"))
        ledger.refuse(ledger.refund("north", bill.id, MICRO + 1), Outcome.LIMIT_EXCEEDED)
        done(ledger, ledger.refund("north", bill.id, MICRO))

    def test_it_confirms_what_it_was_paid(self) -> None:
        ledger = owing()
        done(ledger, an_exit(ledger, "east"))
        done(ledger, ledger.pay(1, 0))
        done(ledger, ledger.dispute(1, 0))
        done(ledger, ledger.confirm(1, 0))

    def test_it_takes_its_reserve_with_it_once_nothing_is_owed(self, ledger: Ledger) -> None:
        done(ledger, ledger.pay(1, 0))
        done(ledger, ledger.confirm(1, 0))
        done(ledger, ledger.release("north", 100 * MICRO))
        ledger.pass_time(ledger.genesis.parameters.settlement_cycle_ms)
        assert ledger.partner("north").status == LEFT

    def test_its_reserve_stays_where_something_is_owed(self, ledger: Ledger) -> None:
        ledger.refuse(ledger.release("north", 70 * MICRO + 1), Outcome.RESERVE_NEEDED)
        done(ledger, ledger.release("north", 70 * MICRO))


class TestHavingLeft:
    """[LEDGER-54]"""

    def test_its_reserve_pays_and_then_it_has_left(self) -> None:
        ledger = owing()
        done(ledger, an_exit(ledger, "north"))
        ledger.pass_time(until_due(ledger))
        assert ledger.obligation(1, 0).status == ObligationStatus.SETTLED
        assert ledger.partner("north").status == RUN_OFF
        result = ledger.pass_time(ledger.genesis.parameters.settlement_cycle_ms)
        events = [event for receipt in result.receipts for event in receipt.events]
        assert events[0] == PartnerMoved("north", LEFT), "before the cycle closes"
        assert directory(ledger).partners == ("east", "south", "west")
        assert ledger.limits("north").terms.reserve == 70 * MICRO
        done(ledger, ledger.release("north", 70 * MICRO))
        ledger.scan()

    def test_what_is_still_out_there_keeps_it(self) -> None:
        """LiqBon that nobody spent are owed to whoever will take them."""
        ledger = bought(RICH)
        done(ledger, an_exit(ledger, "north"))
        for _ in range(3):
            ledger.pass_time(PARAMETERS.settlement_cycle_ms)
        assert ledger.partner("north").status == RUN_OFF
        done(ledger, ledger.redeem(ALICE, ledger.invoice("east", BOUGHT)))
        for _ in range(3):
            ledger.pass_time(PARAMETERS.settlement_cycle_ms)
        assert ledger.partner("north").status == LEFT
        assert ledger.position("north").paid == BOUGHT

    @pytest.mark.parametrize("broken", ["payable", "receivable"])
    def test_it_has_not_left_while_anything_is_open(self, broken: str) -> None:
        """D is zero, and something is still to be paid, or to come."""
        ledger = owing()
        code = "north" if broken == "payable" else "east"
        if broken == "payable":
            ledger.give(ALICE, OWED, "south")
            done(ledger, ledger.redeem(ALICE, ledger.invoice("north", OWED)))
        else:
            ledger.give(ALICE, OWED, "east")
        done(ledger, an_exit(ledger, code))
        assert ledger.position(code).net == 0
        assert ledger.partner(code).status == RUN_OFF

    def test_it_refunds_nothing_any_more(self) -> None:
        ledger = Ledger()
        ledger.give(ALICE, MICRO)
        bill = ledger.invoice("north", MICRO)
        done(ledger, ledger.redeem(ALICE, bill))
        done(ledger, an_exit(ledger, "north"))
        assert ledger.partner("north").status == LEFT
        ledger.refuse(ledger.refund("north", bill.id, 1), Outcome.PARTNER_LEAVING)

    def test_its_proposals_go_on_without_it(self) -> None:
        ledger = Ledger()
        id_ = proposed(ledger, Declare(bytes(32), ""), "west")
        done(ledger, an_exit(ledger, "west"))
        for code in ("north", "east", "south"):
            done(ledger, ledger.vote(code, id_))
        assert ledger.partner("west").proposals == 1
        ledger.pass_time(TIMELOCK + 1_000)
        assert ledger.proposal(id_).status == ProposalStatus.EXECUTED
        assert (ledger.partner("west").proposals, ledger.partner("west").status) == (0, LEFT)
        ledger.scan()


class TestBeingRemoved:
    """[LEDGER-65]"""

    def test_whatever_it_owes_it_runs_off(self) -> None:
        ledger = owing(BROKE)
        executed(ledger, RemovePartner("north"), "south")
        assert ledger.partner("north").status == RUN_OFF
        assert ledger.limits("north").terms.credit == 0
        assert ledger.obligation(1, 0).status == ObligationStatus.OPEN

    def test_who_left_meanwhile_is_not_removed(self) -> None:
        ledger = owing()
        id_ = proposed(ledger, RemovePartner("north"), "south")
        for code in ("east", "south", "west"):
            done(ledger, ledger.vote(code, id_))
        done(ledger, an_exit(ledger, "north"))
        ledger.pass_time(TIMELOCK + 1_000)
        assert ledger.proposal(id_).obstacle == Outcome.PARTNER_LEAVING


def test_all_leave_at_once_but_one() -> None:
    """In one block, each after the other; whoever is last stays."""
    ledger = Ledger(a_genesis(limits=LIMITS))
    codes = ("north", "east", "south", "west")
    verdicts = ledger.block(*(an_exit(ledger, code) for code in codes))
    outcomes = [each.outcome for each in verdicts if isinstance(each, Receipt)]
    assert outcomes == [Outcome.DONE] * 3 + [Outcome.LAST_PARTNER]
    assert directory(ledger).partners == ("west",)
    assert a_role("west", "admin").account == ledger.partner("west").roles.admin
    ledger.scan()


def test_another_s_admin_sends_nobody_away() -> None:
    ledger = Ledger()
    ledger.refuse(an_exit(ledger, "north", sender=EAST), Outcome.NOT_ADMIN)
