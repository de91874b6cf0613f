"""A partner's key is stolen: what its thief can do, until when, and what it never can.

No key of a partner moves a customer's LiqBon [LEDGER-1]. What a thief makes the partner owe is
bounded by its limits and its daily caps [LEDGER-8], [LEDGER-9]; and the others give the partner
back to its owner by vote, which the thief cannot put off [LEDGER-66].
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from primitives.actions import (
    LowerClaimBound,
    PartnerRotateKeys,
    ProgrammeSetRate,
    SetDailyCaps,
    Transfer,
)
from primitives.amount import MAX_PER_DAY, MICRO
from primitives.entries import Account
from primitives.governance import (
    AssignCustodian,
    Declare,
    ProposalStatus,
    ReplaceAdmin,
    SetCustodian,
    SetJudge,
)
from primitives.keys import ED25519
from primitives.membership import PartnerStatus, Role, role_message
from primitives.transaction import Decoded, signatures
from tests.attacks.scenes import ANN, BOB, balances, done, refused
from tests.builders import CUSTODIAN, DAY_MS, JUDGE, LIMITS, Person, a_genesis, a_person, a_role
from tests.ledger import Ledger
from tests.settling import OWED, disputed, owing
from tests.voting import (
    QUIET,
    TIMELOCK,
    a_rotation,
    an_announcement,
    an_exit,
    approve,
    executed,
    passed,
    proposed,
)

THIEF, HEIR = a_person("a thief"), a_person("the owner, with a new key")
NORTH = a_role("north", "admin")
CAP = 100 * MICRO
LIMIT = replace(LIMITS, credit=0, reserve=250 * MICRO, haircut=0, mint_per_day=CAP)


@pytest.fixture
def ledger() -> Ledger:
    """Ann has 10 LiqBon; north may owe 250, and issue 100 a day."""
    ledger = Ledger(a_genesis(limits=LIMIT, parameters=QUIET))
    ledger.give(ANN, 10 * MICRO, "east")
    return ledger


class TestIssuerAndCashier:
    """[LEDGER-8], [LEDGER-9]"""

    def test_the_issuer_s_makes_it_owe_a_cap_a_day_and_its_limit_at_most(
        self, ledger: Ledger
    ) -> None:
        for minted in (100, 100, 50, 0):
            for _ in range(12):
                ledger.send(ledger.mint("north", BOB, 1_000))
                ledger.send(ledger.mint("north", BOB, 100))
            assert ledger.position("north").minted <= 250 * MICRO
            assert ledger.balance(BOB) <= 250 * MICRO, minted
            ledger.pass_time(DAY_MS)
        assert ledger.position("north").minted == 250 * MICRO

    def test_they_say_nothing_for_the_partner(self, ledger: Ledger) -> None:
        id_ = proposed(ledger, Declare(bytes(32), ""), "east")
        for role in ("issuer", "cashier"):
            thief = a_role("north", role)
            for attempt in (
                ledger.vote("north", id_, sender=thief),
                ledger.propose("north", Declare(bytes(32), ""), sender=thief),
                an_exit(ledger, "north", sender=thief),
                a_rotation(ledger, "north", Role.ADMIN, THIEF, sender=thief),
                an_announcement(ledger, "north", "a thief's key", sender=thief),
            ):
                refused(ledger, again(ledger, thief, attempt), "not_admin")

    def test_its_owner_takes_them_back_at_once(self, ledger: Ledger) -> None:
        """[LEDGER-51]"""
        done(ledger, a_rotation(ledger, "north", Role.ISSUER, HEIR))
        refused(ledger, ledger.mint("north", BOB, 1), "not_issuer")


def again(ledger: Ledger, sender: Person, decoded: Decoded) -> Decoded:
    """The same action, signed for the ledger as it stands now."""
    return ledger.act(sender, decoded.transaction.action)


MISCHIEF: dict[str, Callable[[Ledger], Decoded]] = {
    "takes the roles": lambda t: a_rotation(t, "north", Role.ISSUER, THIEF),
    "takes the seat": lambda t: an_announcement(t, "north", "a thief's key", lost=True),
    "leaves": lambda t: an_exit(t, "north"),
    "lowers its claim bound": lambda t: t.act(NORTH, LowerClaimBound("north", 0)),
    "asks for higher caps": lambda t: t.act(NORTH, SetDailyCaps("north", MAX_PER_DAY, MAX_PER_DAY)),
    "publishes a better rate": lambda t: t.act(
        NORTH, ProgrammeSetRate("north", "bonus", 2**32 - 1, 1, 0)
    ),
    "proposes": lambda t: t.propose("north", Declare(bytes(32), "")),
    "takes the admin's role": lambda t: a_rotation(t, "north", Role.ADMIN, THIEF),
}


class TestAdmin:
    """[LEDGER-51], [LEDGER-53], [LEDGER-66]"""

    @pytest.mark.parametrize("what", MISCHIEF)
    def test_whatever_it_does_no_balance_is_touched(self, ledger: Ledger, what: str) -> None:
        before = balances(ledger.state)
        done(ledger, MISCHIEF[what](ledger))
        ledger.pass_time(40 * DAY_MS)
        assert {k: v for k, v in balances(ledger.state).items() if k in before} == before
        ledger.scan()

    def test_it_does_not_get_at_the_reserve(self, ledger: Ledger) -> None:
        """[LEDGER-25] That takes the custodian's word too."""
        forged = ledger.release("north", 250 * MICRO, by=THIEF)
        refused(ledger, forged, "not_custodian")

    def test_with_its_issuer_s_key_it_mints_no_more_than_a_cap_before_a_day_is_over(
        self, ledger: Ledger
    ) -> None:
        """Higher caps wait."""
        done(ledger, MISCHIEF["takes the roles"](ledger))
        done(ledger, MISCHIEF["asks for higher caps"](ledger))
        done(ledger, ledger.mint("north", BOB, 10_000, issuer=THIEF))
        refused(ledger, ledger.mint("north", BOB, 1, issuer=THIEF), "daily_cap_exceeded")

    @pytest.mark.parametrize("what", MISCHIEF)
    def test_it_cannot_put_off_the_vote_that_ends_it(self, ledger: Ledger, what: str) -> None:
        """Before it is proposed, while it is voted on, and while it waits."""
        for moment in ("before", "voting", "waiting"):
            town = Ledger(ledger.genesis)
            if moment == "before":
                done(town, MISCHIEF[what](town))
            id_ = proposed(town, ReplaceAdmin("north", HEIR.account), "east")
            if moment == "voting":
                done(town, MISCHIEF[what](town))
            approve(town, id_)
            if moment == "waiting":
                done(town, MISCHIEF[what](town))
            town.pass_time(TIMELOCK + 1_000)
            assert town.proposal(id_).status == ProposalStatus.EXECUTED
            assert town.partner("north").roles.admin == HEIR.account

    def test_it_cannot_give_the_role_to_whom_the_vote_is_for(self, ledger: Ledger) -> None:
        """That would make it void; but what the new owner signed for another role is no use."""
        signed = HEIR.endorse(role_message(ledger.chain, "north", Role.CASHIER))
        forged = ledger.act(NORTH, PartnerRotateKeys("north", Role.ADMIN, signed))
        assert not all(ED25519.verify_many(signatures(forged)))
        sound = a_rotation(ledger, "north", Role.CASHIER, HEIR)
        assert all(ED25519.verify_many(signatures(sound)))

    def test_it_votes_for_one_and_one_is_not_enough(self, ledger: Ledger) -> None:
        id_ = proposed(ledger, SetJudge(CUSTODIAN))
        done(ledger, ledger.vote("north", id_))
        ledger.pass_time(QUIET.voting_ms + 1_000)
        assert ledger.proposal(id_).status == ProposalStatus.EXPIRED

    def test_it_fills_no_places_but_the_partner_s_own(self, ledger: Ledger) -> None:
        for _ in range(16):
            proposed(ledger, Declare(bytes(32), ""))
        refused(ledger, ledger.propose("north", Declare(bytes(32), "")), "proposals_full")
        executed(ledger, ReplaceAdmin("north", HEIR.account), "east")

    def test_a_partner_that_the_thief_had_leave_is_still_its_owner_s(self, ledger: Ledger) -> None:
        """What it owes and is owed, and its reserve, are there for whom the others give it to."""
        ledger.give(BOB, 10 * MICRO)
        done(ledger, an_exit(ledger, "north"))
        executed(ledger, ReplaceAdmin("north", HEIR.account), "east")
        assert ledger.partner("north").status == PartnerStatus.RUN_OFF
        done(ledger, ledger.release("north", 240 * MICRO, sender=HEIR))


class TestCustodian:
    """[LEDGER-23], [LEDGER-68]"""

    VAULT = a_role(CUSTODIAN, "custodian")

    def test_it_raises_nothing_by_itself(self, ledger: Ledger) -> None:
        raised = ledger.attest("north", 251 * MICRO, sender=self.VAULT)
        refused(ledger, raised, "not_admin")

    def test_it_hands_nothing_back_by_itself(self, ledger: Ledger) -> None:
        refused(ledger, ledger.release("north", 1, sender=self.VAULT), "not_admin")

    def test_its_owner_gets_another_account_by_vote(self, ledger: Ledger) -> None:
        safe = a_person("a new safe")
        executed(ledger, SetCustodian(CUSTODIAN, "Vault", safe.account, None))
        refused(ledger, ledger.attest("north", 1), "not_custodian")
        done(ledger, ledger.attest("north", 250 * MICRO, by=safe))

    def test_it_names_no_partner_s_keys(self, ledger: Ledger) -> None:
        refused(ledger, an_exit(ledger, "north", sender=self.VAULT), "not_admin")

    def test_partners_take_their_reserves_elsewhere(self, ledger: Ledger) -> None:
        """[LEDGER-69] By vote, one by one, and the old custodian's word is worth nothing then."""
        safe = a_role("safe", "custodian")
        executed(ledger, SetCustodian("safe", "Safe", safe.account, None))
        executed(ledger, AssignCustodian("north", "safe"))
        refused(ledger, ledger.attest("north", 0), "not_custodian")


class TestJudge:
    """[LEDGER-32], [LEDGER-70], [LEDGER-71]"""

    REFEREE = a_role(JUDGE, "custodian")

    def test_it_touches_no_balance_and_no_reserve_but_a_debtor_s(self) -> None:
        ledger = disputed(owing())
        before = balances(ledger.state)
        done(ledger, ledger.statement(1, 0, paid=False))
        assert balances(ledger.state) == before
        assert ledger.limits("north").terms.reserve == 100 * MICRO - OWED
        assert ledger.limits("east").terms.reserve == 100 * MICRO

    def test_partners_name_another(self) -> None:
        ledger = disputed(owing())
        executed(ledger, SetJudge(CUSTODIAN), "south")
        refused(ledger, ledger.statement(1, 0, paid=False), "not_custodian")
        vault = a_role(CUSTODIAN, "custodian")
        done(ledger, ledger.statement(1, 0, paid=True, sender=vault))


def test_a_role_account_pays_like_anybody_and_from_nobody_else(ledger: Ledger) -> None:
    """[LEDGER-1] A partner's keys are accounts of their own."""
    record = ledger.account(NORTH)
    assert record == Account(0, 256, 0, bytes(32))
    payment = ledger.transfer(NORTH, (BOB, MICRO))
    assert isinstance(payment.transaction.action, Transfer)
    refused(ledger, payment, "balance_too_low")


def test_who_gets_a_role_by_vote_gets_nothing_else(ledger: Ledger) -> None:
    """[LEDGER-60] Not the balance of the account that had it."""
    ledger.give(NORTH, 5 * MICRO, "east")
    id_ = passed(ledger, ReplaceAdmin("north", HEIR.account), "east")
    ledger.pass_time(TIMELOCK + 1_000)
    assert ledger.proposal(id_).status == ProposalStatus.EXECUTED
    assert (ledger.balance(NORTH), ledger.balance(HEIR)) == (5 * MICRO, 0)
    done(ledger, ledger.transfer(NORTH, (BOB, 5 * MICRO)))
