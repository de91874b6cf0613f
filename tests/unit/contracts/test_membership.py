"""Partners come: they apply in their own words and are voted in on them [LEDGER-50], [LEDGER-64].

Votes themselves are in ``test_governance.py``, keys in ``test_roles_and_seats.py``, and how a
partner goes in ``test_leaving.py``.
"""

import pytest
from msgspec.structs import replace

from primitives.actions import ProgrammeOpen, Propose
from primitives.amount import MICRO
from primitives.entries import Limits, Partner, Position
from primitives.genesis import PartnerLimits, Roles
from primitives.governance import AdmitPartner, Declare, ProposalStatus
from primitives.membership import (
    Application,
    Member,
    PartnerKind,
    PartnerStatus,
    application_id,
    application_key,
)
from primitives.receipt import (
    AccountOpened,
    LimitsSet,
    Outcome,
    PartnerApplied,
    PartnerMoved,
    ProposalMoved,
)
from tests.builders import (
    CODES,
    CUSTODIAN,
    JUDGE,
    LIMITS,
    PARAMETERS,
    a_genesis,
    a_key,
    a_person,
    a_role,
)
from tests.ledger import Ledger
from tests.settling import done
from tests.voting import (
    GRANTED,
    TIMELOCK,
    VOTING,
    a_record,
    a_seat,
    admitted,
    an_admission,
    an_application,
    an_applying,
    an_exit,
    carried_out,
    directory,
    executed,
    membership,
    passed,
)

FIFTH = a_role("fifth", "admin")
NEXT = a_person("the next in charge")
VAULT, REFEREE = a_role(CUSTODIAN, "custodian"), a_role(JUDGE, "custodian")


@pytest.fixture
def ledger() -> Ledger:
    """Whoever is to be admin of the fifth has a record."""
    ledger = Ledger()
    a_record(ledger, FIFTH)
    return ledger


class TestApplying:
    """[LEDGER-50]"""

    def test_a_newcomer_says_what_is_to_be_voted_on(self, ledger: Ledger) -> None:
        wish = an_application(ledger)
        id_ = application_id(FIFTH.account, wish)
        events = done(ledger, an_applying(ledger, wish))
        assert events == (PartnerApplied(FIFTH.account, "fifth", id_),)
        assert ledger.entry(application_key(FIFTH.account), Application) == wish
        ledger.scan()

    def test_who_applies_anew_takes_its_own_place(self, ledger: Ledger) -> None:
        done(ledger, an_applying(ledger, an_application(ledger)))
        other = an_application(ledger, "sixth")
        done(ledger, an_applying(ledger, other, sender=FIFTH))
        assert ledger.entry(application_key(FIFTH.account), Application) == other

    def test_who_copies_an_application_speaks_for_itself(self, ledger: Ledger) -> None:
        """The id is of the sender too, so a vote for one is none for the other."""
        wish = an_application(ledger)
        done(ledger, an_applying(ledger, wish))
        copyist = a_record(ledger, NEXT)
        done(ledger, an_applying(ledger, wish, sender=copyist))
        assert application_id(FIFTH.account, wish) != application_id(copyist.account, wish)
        assert ledger.entry(application_key(FIFTH.account), Application) == wish

    def refuses(self, ledger: Ledger, outcome: Outcome, **fields: object) -> None:
        ledger.refuse(an_applying(ledger, an_application(ledger, **fields), sender=FIFTH), outcome)

    def test_a_code_is_used_once(self, ledger: Ledger) -> None:
        self.refuses(ledger, Outcome.PARTNER_EXISTS, code="north", seat=a_seat(ledger, "north"))

    def test_a_code_is_not_used_again_by_whoever_comes_after_one_that_left(
        self, ledger: Ledger
    ) -> None:
        done(ledger, an_exit(ledger, "west"))
        assert ledger.partner("west").status == PartnerStatus.LEFT
        seat = a_seat(ledger, "west", "a new one")
        self.refuses(ledger, Outcome.PARTNER_EXISTS, code="west", seat=seat)

    def test_its_custodian_exists(self, ledger: Ledger) -> None:
        self.refuses(ledger, Outcome.CUSTODIAN_UNKNOWN, custodian="nobody")

    @pytest.mark.parametrize("role", ["issuer", "cashier"])
    def test_its_custodian_is_not_itself(self, ledger: Ledger, role: str) -> None:
        self.refuses(ledger, Outcome.CUSTODIAN_INVALID, **{role: VAULT.account})

    def test_a_custodian_does_not_apply_under_itself(self, ledger: Ledger) -> None:
        wish = an_application(ledger)
        ledger.refuse(an_applying(ledger, wish, sender=VAULT), Outcome.CUSTODIAN_INVALID)

    @pytest.mark.parametrize("role", ["issuer", "cashier"])
    def test_nobody_judges_its_own_payments(self, ledger: Ledger, role: str) -> None:
        self.refuses(ledger, Outcome.ROLE_INVALID, **{role: REFEREE.account})

    def test_the_judge_does_not_apply(self, ledger: Ledger) -> None:
        wish = an_application(ledger)
        ledger.refuse(an_applying(ledger, wish, sender=REFEREE), Outcome.ROLE_INVALID)

    def test_its_consensus_key_is_its_own(self, ledger: Ledger) -> None:
        taken = a_seat(ledger, "fifth", "consensus of east")
        self.refuses(ledger, Outcome.SEAT_TAKEN, seat=taken)

    def test_refusals_come_in_order(self, ledger: Ledger) -> None:
        """All of it is wrong; one after the other is mended."""
        wrong: dict[str, object] = {
            "code": "north",
            "custodian": "nobody",
            "issuer": VAULT.account,
            "cashier": REFEREE.account,
            "seat": a_seat(ledger, "fifth", "consensus of east"),
        }
        mended = {"code": "fifth", "custodian": CUSTODIAN, "issuer": FIFTH.account}
        for outcome, field in (
            (Outcome.PARTNER_EXISTS, "code"),
            (Outcome.CUSTODIAN_UNKNOWN, "custodian"),
            (Outcome.CUSTODIAN_INVALID, "issuer"),
            (Outcome.ROLE_INVALID, "cashier"),
        ):
            self.refuses(ledger, outcome, **wrong)
            wrong[field] = mended.get(field, FIFTH.account)
        self.refuses(ledger, Outcome.SEAT_TAKEN, **wrong)


class TestBeingAdmitted:
    """[LEDGER-64]"""

    def test_a_newcomer_begins_with_what_was_voted_and_nothing_else(self, ledger: Ledger) -> None:
        executed(ledger, an_admission(ledger))
        roles = Roles(*(a_role("fifth", role).account for role in ("admin", "issuer", "cashier")))
        assert ledger.partner("fifth") == Partner(
            "fifth",
            "Fifth",
            "EUR",
            PartnerKind.SHOP,
            PartnerStatus.ACTIVE,
            roles,
            CUSTODIAN,
            (),
            0,
        )
        assert ledger.position("fifth") == Position(0, 0, 0, 0, 0, 0, 0, 0)
        terms = PartnerLimits(
            credit=GRANTED.credit,
            reserve=0,
            reserve_ceiling=GRANTED.reserve_ceiling,
            haircut=GRANTED.haircut,
            reserve_attested=0,
            claim_bound=GRANTED.claim_bound,
            mint_per_day=100 * MICRO,
            refund_per_day=100 * MICRO,
        )
        assert ledger.limits("fifth") == Limits(terms, False, 0, 0, 0, None, None, None)
        assert directory(ledger).partners == (*CODES, "fifth")
        ledger.scan()

    def test_what_it_tells(self, ledger: Ledger) -> None:
        """Admin's account was there before; issuer and cashier are opened in this order."""
        id_ = passed(ledger, an_admission(ledger))
        [receipt] = ledger.pass_time(TIMELOCK + 1_000).receipts
        assert receipt.events == (
            AccountOpened(a_role("fifth", "issuer").account),
            AccountOpened(a_role("fifth", "cashier").account),
            PartnerMoved("fifth", PartnerStatus.ACTIVE),
            LimitsSet("fifth", GRANTED),
            ProposalMoved(id_, ProposalStatus.EXECUTED, Outcome.DONE),
        )

    def test_its_roles_have_all_channels(self, ledger: Ledger) -> None:
        """[GEN-8]"""
        admitted(ledger)
        for role in ("admin", "issuer", "cashier"):
            record = ledger.account(a_role("fifth", role))
            assert record is not None
            assert record.channels == 256

    def test_it_has_a_seat_from_the_next_epoch_on(self, ledger: Ledger) -> None:
        ledger.epoch = 7
        executed(ledger, an_admission(ledger))
        after = membership(ledger)
        assert after.members[-1] == Member("fifth", a_key("consensus of fifth").public_key)
        assert (after.changed, after.admitted) == (7, 7)

    def test_it_does_business_like_any_other(self, ledger: Ledger) -> None:
        admitted(ledger)
        opened = ProgrammeOpen("fifth", "bonus", "Bonus", "point", bytes(32), "", 10_000, 1)
        done(ledger, ledger.act(FIFTH, opened))
        done(ledger, ledger.mint("fifth", NEXT, 100))
        done(ledger, ledger.redeem(NEXT, ledger.invoice("fifth", MICRO)))
        done(ledger, ledger.act(FIFTH, Propose("fifth", Declare(bytes(32), ""))))
        ledger.scan()

    def test_nobody_is_admitted_in_other_words_than_were_voted_on(self, ledger: Ledger) -> None:
        measure = an_admission(ledger)
        id_ = passed(ledger, measure)
        done(ledger, an_applying(ledger, an_application(ledger, mint_per_day=1)))
        ledger.pass_time(TIMELOCK + 1_000)
        proposal = ledger.proposal(id_)
        assert proposal.status == ProposalStatus.VOID
        assert proposal.obstacle == Outcome.APPLICATION_UNKNOWN
        assert "fifth" not in directory(ledger).partners

    def test_two_cannot_come_under_one_code(self, ledger: Ledger) -> None:
        """The first that is voted in has it; the other's vote is void."""
        ledger.epoch = 1
        first = passed(ledger, an_admission(ledger))
        rival = a_record(ledger, NEXT)
        seat = a_seat(ledger, "fifth", "the rival's key")
        wish = an_application(ledger, seat=seat)
        done(ledger, an_applying(ledger, wish, sender=rival))
        measure = AdmitPartner(rival.account, application_id(rival.account, wish), GRANTED)
        second = passed(ledger, measure)
        ledger.pass_time(TIMELOCK - 5_000)
        ledger.epoch = 2
        ledger.pass_time(10_000)
        assert ledger.proposal(first).status == ProposalStatus.EXECUTED
        ledger.epoch = 3
        ledger.pass_time(TIMELOCK + 10_000)
        assert ledger.proposal(second).obstacle == Outcome.PARTNER_EXISTS


class TestOneNewcomerAnEpoch:
    """[LEDGER-64]"""

    def two(self, ledger: Ledger) -> tuple[bytes, bytes]:
        """Two newcomers were voted in, in one epoch."""
        return passed(ledger, an_admission(ledger)), passed(ledger, an_admission(ledger, "sixth"))

    def test_the_second_waits_for_the_next_epoch(self, ledger: Ledger) -> None:
        first, second = self.two(ledger)
        ledger.pass_time(TIMELOCK + 10_000)
        assert ledger.proposal(first).status == ProposalStatus.EXECUTED
        waiting = ledger.proposal(second)
        assert waiting.status == ProposalStatus.PASSED
        assert waiting.deadline == ledger.time + TIMELOCK
        assert directory(ledger).partners == (*CODES, "fifth")
        ledger.scan()
        ledger.epoch += 1
        ledger.pass_time(TIMELOCK + 1_000)
        assert ledger.proposal(second).status == ProposalStatus.EXECUTED
        assert directory(ledger).partners == (*CODES, "fifth", "sixth")

    def test_it_waits_again_and_again_but_not_for_ever(self, ledger: Ledger) -> None:
        """A timelock at a time, as long as one may vote."""
        _, second = self.two(ledger)
        decided = ledger.proposal(second).decided
        looks = 0
        while ledger.proposal(second).status == ProposalStatus.PASSED:
            ledger.pass_time(TIMELOCK + 1_000)
            looks += 1
        over = ledger.proposal(second)
        assert over.status == ProposalStatus.EXPIRED
        assert ledger.time >= decided + TIMELOCK + VOTING
        assert looks == 5
        assert ledger.partner("north").proposals == 0
        ledger.scan()

    def test_nothing_else_waits_for_it(self, ledger: Ledger) -> None:
        admitted(ledger)
        ledger.epoch -= 1
        executed(ledger, Declare(bytes(32), ""))


def test_one_that_was_admitted_leaves_and_another_is_admitted(ledger: Ledger) -> None:
    """Seats and the directory follow, in the order of admission."""
    admitted(ledger)
    done(ledger, an_exit(ledger, "fifth"))
    assert directory(ledger).partners == CODES
    admitted(ledger, "sixth")
    assert directory(ledger).partners == (*CODES, "sixth")
    assert [each.partner for each in membership(ledger).members] == [*CODES, "sixth"]
    ledger.scan()


def test_a_full_directory_admits_nobody() -> None:
    """[LEDGER-64] A hundred partners, those that are running off among them."""
    ledger = Ledger(a_genesis(100, parameters=replace(PARAMETERS, total_credit=2**62)))
    admin = a_record(ledger, FIFTH)
    wish = an_application(ledger)
    done(ledger, an_applying(ledger, wish))
    measure = AdmitPartner(admin.account, application_id(admin.account, wish), GRANTED)
    ledger.refuse(ledger.propose("north", measure), Outcome.DIRECTORY_FULL)
    done(ledger, an_exit(ledger, "west"))
    done(ledger, ledger.propose("north", measure))


def test_all_credit_stays_within_what_the_genesis_allows(ledger: Ledger) -> None:
    """[LEDGER-64], [LEDGER-67]"""
    left = PARAMETERS.total_credit - 4 * LIMITS.credit
    voted = replace(GRANTED, credit=left + 1)
    measure = an_admission(ledger, voted=voted)
    ledger.refuse(ledger.propose("north", measure), Outcome.CREDIT_EXCEEDED)
    assert carried_out(ledger, replace(measure, limits=replace(voted, credit=left))).obstacle == 0
