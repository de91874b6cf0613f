"""What partners decide about each other: [LEDGER-66] to [LEDGER-70], [LEDGER-74].

Each measure is carried out. What may stand in its way is in ``test_obstacles.py``; losses are in
``test_losses.py``.
"""

import pytest
from msgspec.structs import replace

from primitives.actions import LowerClaimBound
from primitives.amount import MICRO
from primitives.entries import custodian_key
from primitives.genesis import Custodian
from primitives.governance import (
    PROTOCOL_KEY,
    AssignCustodian,
    Measure,
    Planned,
    ProposalStatus,
    Protocol,
    ReplaceAdmin,
    SetCustodian,
    SetJudge,
    SetLimits,
    SetProtocol,
    VotedLimits,
)
from primitives.membership import Role
from primitives.receipt import (
    AccountOpened,
    CustodianAssigned,
    CustodianSet,
    Event,
    JudgeSet,
    LimitsSet,
    Outcome,
    ProtocolPlanned,
    RoleGiven,
)
from tests.builders import (
    CUSTODIAN,
    JUDGE,
    LIMITS,
    a_genesis,
    a_person,
    a_role,
)
from tests.ledger import Ledger
from tests.settling import done
from tests.voting import (
    GRANTED,
    QUIET,
    TIMELOCK,
    a_rotation,
    an_exit,
    directory,
    executed,
    passed,
    settlement,
)

ALICE, HEIR, SAFE = a_person("Alice"), a_person("an heir"), a_role("safe", "custodian")
AS_IS = VotedLimits(LIMITS.credit, LIMITS.reserve_ceiling, LIMITS.haircut, LIMITS.claim_bound)
SAFE_ADMITTED = SetCustodian("safe", "Safe", SAFE.account, None)


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(a_genesis(parameters=QUIET))


def told(ledger: Ledger, measure: Measure, by: str = "north") -> tuple[Event, ...]:
    """The events of a measure that is carried out, but for the last, that it was."""
    id_ = passed(ledger, measure, by)
    [receipt] = ledger.pass_time(TIMELOCK + 1_000).receipts
    assert ledger.proposal(id_).status == ProposalStatus.EXECUTED
    ledger.scan()
    return receipt.events[:-1]


def second_custodian(ledger: Ledger) -> None:
    executed(ledger, SAFE_ADMITTED)


class TestReplaceAdmin:
    """[LEDGER-66]"""

    def test_a_partner_gets_another_admin_without_its_word(self, ledger: Ledger) -> None:
        events = told(ledger, ReplaceAdmin("north", HEIR.account), "east")
        assert events == (
            AccountOpened(HEIR.account),
            RoleGiven("north", Role.ADMIN, HEIR.account),
        )
        ledger.refuse(an_exit(ledger, "north"), Outcome.NOT_ADMIN)
        done(ledger, a_rotation(ledger, "north", Role.ISSUER, HEIR, sender=HEIR))

    def test_a_thief_s_key_is_of_no_use_from_then_on(self, ledger: Ledger) -> None:
        """The thief had given itself every role; the heir takes them back at once."""
        thief = a_person("a thief")
        for role in (Role.ISSUER, Role.CASHIER, Role.ADMIN):
            done(ledger, a_rotation(ledger, "north", role, thief))
        executed(ledger, ReplaceAdmin("north", HEIR.account), "east")
        for role in (Role.ISSUER, Role.CASHIER):
            done(ledger, a_rotation(ledger, "north", role, HEIR, sender=HEIR))
        ledger.refuse(ledger.mint("north", ALICE, 1, issuer=thief), Outcome.NOT_ISSUER)
        again = a_rotation(ledger, "north", Role.ADMIN, thief, sender=thief)
        ledger.refuse(again, Outcome.NOT_ADMIN)

    def test_it_is_for_one_that_is_leaving_too(self, ledger: Ledger) -> None:
        """Whoever lost its keys can still be paid, and take its reserve home."""
        done(ledger, an_exit(ledger, "north"))
        executed(ledger, ReplaceAdmin("north", HEIR.account), "east")
        assert ledger.partner("north").roles.admin == HEIR.account


class TestSetLimits:
    """[LEDGER-67]"""

    def test_what_others_let_a_partner_owe(self, ledger: Ledger) -> None:
        before = ledger.limits("north")
        assert told(ledger, SetLimits("north", GRANTED)) == (LimitsSet("north", GRANTED),)
        after = ledger.limits("north")
        assert after == replace(
            before,
            terms=replace(
                before.terms,
                credit=GRANTED.credit,
                reserve_ceiling=GRANTED.reserve_ceiling,
                haircut=GRANTED.haircut,
                claim_bound=GRANTED.claim_bound,
            ),
        )

    def test_a_lower_limit_stops_minting_and_takes_nothing(self, ledger: Ledger) -> None:
        ledger.give(ALICE, MICRO)
        executed(ledger, SetLimits("north", VotedLimits(0, 0, 10_000, 0)))
        assert ledger.balance(ALICE) == MICRO
        ledger.refuse(ledger.mint("north", ALICE, 1), Outcome.LIMIT_EXCEEDED)
        bill = ledger.invoice("north", MICRO)
        done(ledger, ledger.redeem(ALICE, bill))
        ledger.refuse(ledger.refund("north", bill.id, 1), Outcome.LIMIT_EXCEEDED)

    def test_a_reserve_above_a_lowered_ceiling_is_held_and_counts_up_to_it(
        self, ledger: Ledger
    ) -> None:
        lower = replace(AS_IS, credit=0, reserve_ceiling=10 * MICRO, haircut=0)
        executed(ledger, SetLimits("north", lower))
        assert ledger.limits("north").terms.reserve == LIMITS.reserve
        done(ledger, ledger.mint("north", ALICE, 1_000))
        ledger.refuse(ledger.mint("north", ALICE, 1), Outcome.LIMIT_EXCEEDED)
        ledger.refuse(ledger.attest("north", 10 * MICRO + 1), Outcome.CEILING_EXCEEDED)
        ledger.scan()

    def test_a_ceiling_that_is_raised_again_lets_it_count_at_once(self, ledger: Ledger) -> None:
        """It was attested, and the vote waited as long as an increase does."""
        executed(ledger, SetLimits("north", replace(AS_IS, reserve_ceiling=10 * MICRO)))
        executed(ledger, SetLimits("north", AS_IS))
        done(ledger, ledger.mint("north", ALICE, 1_000_000))
        assert QUIET.timelock_ms >= QUIET.increase_delay_ms

    def test_an_increase_that_waits_counts_up_to_the_ceiling_too(self, ledger: Ledger) -> None:
        id_ = passed(ledger, SetLimits("north", replace(AS_IS, reserve_ceiling=60_000 * MICRO)))
        ledger.pass_time(TIMELOCK - 3_600_000)
        done(ledger, ledger.attest("north", 70_000 * MICRO))
        ledger.pass_time(3_600_000)
        assert ledger.proposal(id_).status == ProposalStatus.EXECUTED
        ledger.pass_time(QUIET.increase_delay_ms)
        assert ledger.limits("north").terms.reserve == 70_000 * MICRO
        done(ledger, ledger.attest("north", 60_000 * MICRO))
        assert ledger.limits("north").terms.reserve == 60_000 * MICRO
        ledger.scan()

    def test_what_a_partner_lowered_itself_others_raise(self, ledger: Ledger) -> None:
        """[LEDGER-21]"""
        done(ledger, ledger.act(a_role("north", "admin"), LowerClaimBound("north", 1)))
        executed(ledger, SetLimits("north", AS_IS))
        assert ledger.limits("north").terms.claim_bound == LIMITS.claim_bound

    def test_the_highest_figures_there_are(self, ledger: Ledger) -> None:
        """Nothing overflows: limits are computed exactly."""
        most = 2**63 - 1
        credit = QUIET.total_credit - 3 * LIMITS.credit
        executed(ledger, SetLimits("north", VotedLimits(credit, most, 0, most)))
        done(ledger, ledger.attest("north", most))
        ledger.pass_time(QUIET.increase_delay_ms)
        assert ledger.limits("north").terms.reserve == most
        done(ledger, ledger.mint("north", ALICE, 1_000_000))
        done(ledger, ledger.redeem(ALICE, ledger.invoice("north", MICRO)))
        ledger.scan()


class TestCustodians:
    """[LEDGER-68], [LEDGER-69]"""

    def custodian(self, ledger: Ledger, code: str) -> Custodian:
        found = ledger.entry(custodian_key(code), Custodian)
        assert found is not None
        return found

    def test_a_custodian_is_admitted(self, ledger: Ledger) -> None:
        events = told(ledger, SAFE_ADMITTED)
        assert events == (AccountOpened(SAFE.account), CustodianSet("safe", SAFE.account))
        assert directory(ledger).custodians == (CUSTODIAN, JUDGE, "safe")
        assert self.custodian(ledger, "safe") == Custodian("safe", "Safe", SAFE.account, None)
        record = ledger.account(SAFE)
        assert record is not None
        assert record.channels == 256

    def test_a_custodian_s_account_is_replaced(self, ledger: Ledger) -> None:
        """Its old key attests nothing any more, and the new one does."""
        executed(ledger, SetCustodian(CUSTODIAN, "New vault", SAFE.account, None))
        assert directory(ledger).custodians == (CUSTODIAN, JUDGE)
        lower = LIMITS.reserve - 1
        ledger.refuse(ledger.attest("north", lower), Outcome.NOT_CUSTODIAN)
        done(ledger, ledger.attest("north", lower, by=SAFE))

    def test_a_partner_has_its_reserve_held_by_another(self, ledger: Ledger) -> None:
        second_custodian(ledger)
        before = ledger.limits("north")
        events = told(ledger, AssignCustodian("north", "safe"))
        assert events == (CustodianAssigned("north", "safe"),)
        assert ledger.partner("north").custodian == "safe"
        after = replace(before, reserve_counts=False, moved=ledger.time)
        assert ledger.limits("north") == after

    def test_what_is_held_counts_once_the_new_one_attests_it(self, ledger: Ledger) -> None:
        second_custodian(ledger)
        credit_only = SetLimits("north", replace(AS_IS, credit=0))
        executed(ledger, credit_only)
        executed(ledger, AssignCustodian("north", "safe"))
        ledger.refuse(ledger.mint("north", ALICE, 1), Outcome.LIMIT_EXCEEDED)
        old = ledger.attest("north", LIMITS.reserve, ledger.time)
        ledger.refuse(old, Outcome.NOT_CUSTODIAN)
        stale = ledger.attest("north", LIMITS.reserve, ledger.limits("north").moved, by=SAFE)
        ledger.refuse(stale, Outcome.ATTESTATION_STALE)
        done(ledger, ledger.attest("north", LIMITS.reserve, by=SAFE))
        ledger.refuse(ledger.mint("north", ALICE, 1), Outcome.LIMIT_EXCEEDED)
        ledger.pass_time(QUIET.increase_delay_ms)
        done(ledger, ledger.mint("north", ALICE, 1))

    def test_an_increase_that_waited_is_forgotten(self, ledger: Ledger) -> None:
        second_custodian(ledger)
        id_ = passed(ledger, AssignCustodian("north", "safe"))
        ledger.pass_time(TIMELOCK - 3_600_000)
        done(ledger, ledger.attest("north", 70_000 * MICRO))
        ledger.pass_time(3_600_000)
        assert ledger.proposal(id_).status == ProposalStatus.EXECUTED
        assert ledger.limits("north").pending_reserve is None
        ledger.pass_time(QUIET.increase_delay_ms)
        assert ledger.limits("north").terms.reserve == LIMITS.reserve

    def test_a_consent_to_hand_back_is_not_the_new_custodian_s(self, ledger: Ledger) -> None:
        second_custodian(ledger)
        executed(ledger, AssignCustodian("north", "safe"))
        ledger.refuse(ledger.release("north", 1), Outcome.NOT_CUSTODIAN)
        done(ledger, ledger.release("north", 1, by=SAFE))

    def test_another_judges_payments(self, ledger: Ledger) -> None:
        """[LEDGER-70]"""
        second_custodian(ledger)
        assert told(ledger, SetJudge("safe")) == (JudgeSet("safe"),)
        before = settlement(ledger)
        assert before.custodian == "safe"

    def test_a_custodian_may_belong_to_a_partner_that_left(self, ledger: Ledger) -> None:
        done(ledger, an_exit(ledger, "west"))
        executed(ledger, SetCustodian("safe", "Safe", SAFE.account, "west"))
        ledger.scan()


class TestProtocol:
    """[LEDGER-74]"""

    def planned(self, ledger: Ledger) -> Protocol:
        found = ledger.entry(PROTOCOL_KEY, Protocol)
        assert found is not None
        return found

    def test_a_version_is_planned_for_a_height(self, ledger: Ledger) -> None:
        height = ledger.height + 100
        plan = Protocol(1, Planned(2, height))
        assert told(ledger, SetProtocol(2, height)) == (ProtocolPlanned(plan),)
        assert self.planned(ledger) == plan
        assert (plan.at(height - 1), plan.at(height)) == (1, 2)

    def test_a_later_plan_takes_its_place(self, ledger: Ledger) -> None:
        executed(ledger, SetProtocol(3, 1_000))
        executed(ledger, SetProtocol(2, 2_000))
        assert self.planned(ledger) == Protocol(1, Planned(2, 2_000))

    def test_what_came_into_force_is_what_the_next_must_be_above(self, ledger: Ledger) -> None:
        executed(ledger, SetProtocol(2, ledger.height + 7))
        while ledger.height < 12:
            ledger.pass_time(1_000)
        assert self.planned(ledger).at(ledger.height) == 2
        again = ledger.propose("north", SetProtocol(2, ledger.height + 100))
        ledger.refuse(again, Outcome.VERSION_NOT_NEWER)
        executed(ledger, SetProtocol(3, ledger.height + 100))
        assert self.planned(ledger).version == 2
        ledger.scan()
