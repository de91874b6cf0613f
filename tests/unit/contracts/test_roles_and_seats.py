"""A partner's keys: roles go to other accounts, a seat to another key [LEDGER-51], [LEDGER-52]."""

import pytest

from primitives.amount import MICRO
from primitives.entries import Account
from primitives.genesis import Roles
from primitives.membership import Member, Role
from primitives.receipt import AccountOpened, Outcome, RoleGiven, SeatAnnounced
from tests.builders import CUSTODIAN, JUDGE, Person, a_key, a_person, a_role
from tests.ledger import Ledger
from tests.settling import done
from tests.voting import (
    a_record,
    a_rotation,
    an_announcement,
    an_exit,
    membership,
    removed,
)

FIFTH = a_role("fifth", "admin")
NEXT = a_person("the next in charge")
VAULT, REFEREE = a_role(CUSTODIAN, "custodian"), a_role(JUDGE, "custodian")
NORTH = a_role("north", "admin")


@pytest.fixture
def ledger() -> Ledger:
    """Somebody who is nobody's partner has a record."""
    ledger = Ledger()
    a_record(ledger, FIFTH)
    return ledger


class TestRoles:
    """[LEDGER-51]"""

    @pytest.mark.parametrize("role", Role)
    def test_a_role_goes_to_whoever_takes_it_at_once(self, ledger: Ledger, role: Role) -> None:
        events = done(ledger, a_rotation(ledger, "north", role, NEXT))
        assert events == (AccountOpened(NEXT.account), RoleGiven("north", role, NEXT.account))
        assert getattr(ledger.partner("north").roles, role.text) == NEXT.account
        record = ledger.account(NEXT)
        assert record == Account(0, 256, 0, bytes(32))
        ledger.scan()

    def test_whoever_has_a_record_keeps_it_and_gets_all_channels(self, ledger: Ledger) -> None:
        """[GEN-8]"""
        a_record(ledger, NEXT)
        events = done(ledger, a_rotation(ledger, "north", Role.CASHIER, NEXT))
        assert events == (RoleGiven("north", Role.CASHIER, NEXT.account),)
        assert ledger.account(NEXT) == Account(MICRO, 256, 0, bytes(32))

    def test_the_old_issuer_mints_no_more_and_the_new_one_does(self, ledger: Ledger) -> None:
        done(ledger, a_rotation(ledger, "north", Role.ISSUER, NEXT))
        ledger.refuse(ledger.mint("north", FIFTH, 1), Outcome.NOT_ISSUER)
        done(ledger, ledger.mint("north", FIFTH, 100, issuer=NEXT))

    def test_what_the_old_cashier_signed_and_nobody_used_is_void(self, ledger: Ledger) -> None:
        ledger.give(FIFTH, MICRO)
        invoice = ledger.invoice("north", MICRO)
        done(ledger, a_rotation(ledger, "north", Role.CASHIER, NEXT))
        ledger.refuse(ledger.redeem(FIFTH, invoice), Outcome.NOT_CASHIER)
        done(ledger, ledger.redeem(FIFTH, invoice, cashier=NEXT))

    def test_the_old_admin_says_nothing_any_more(self, ledger: Ledger) -> None:
        done(ledger, a_rotation(ledger, "north", Role.ADMIN, NEXT))
        ledger.refuse(an_exit(ledger, "north"), Outcome.NOT_ADMIN)
        done(ledger, a_rotation(ledger, "north", Role.ISSUER, NEXT, sender=NEXT))

    def test_only_the_admin_gives_a_role_away(self, ledger: Ledger) -> None:
        for sender in (a_role("north", "issuer"), a_role("east", "admin"), FIFTH):
            rotation = a_rotation(ledger, "north", Role.CASHIER, NEXT, sender=sender)
            ledger.refuse(rotation, Outcome.NOT_ADMIN)
        nobody = a_rotation(ledger, "nobody", Role.CASHIER, NEXT, sender=NORTH)
        ledger.refuse(nobody, Outcome.PARTNER_UNKNOWN)

    def test_who_has_the_role_does_not_take_it_again(self, ledger: Ledger) -> None:
        again = a_rotation(ledger, "north", Role.CASHIER, a_role("north", "cashier"))
        ledger.refuse(again, Outcome.ROLE_INVALID)

    @pytest.mark.parametrize("holder", [VAULT, REFEREE])
    @pytest.mark.parametrize("role", Role)
    def test_nobody_attests_or_judges_for_itself(
        self, ledger: Ledger, holder: Person, role: Role
    ) -> None:
        """[GEN-11]"""
        rotation = a_rotation(ledger, "north", role, holder)
        ledger.refuse(rotation, Outcome.ROLE_INVALID)

    def test_one_account_may_have_all_roles(self, ledger: Ledger) -> None:
        for role in (Role.CASHIER, Role.ISSUER, Role.ADMIN):
            done(ledger, a_rotation(ledger, "north", role, NEXT))
        assert ledger.partner("north").roles == Roles(*(NEXT.account,) * 3)
        ledger.scan()


class TestSeats:
    """[LEDGER-52]"""

    def test_another_key_sits_from_the_next_epoch_on(self, ledger: Ledger) -> None:
        ledger.epoch = 3
        before = membership(ledger)
        events = done(ledger, an_announcement(ledger, "east", "a new one"))
        key = a_key("a new one").public_key
        assert events == (SeatAnnounced("east", key, False),)
        after = membership(ledger)
        assert after.members[1] == Member("east", key)
        assert after.members[:1] + after.members[2:] == before.members[:1] + before.members[2:]
        assert after.changed == -1, "an epoch ends by itself, in its time"

    def test_a_lost_key_ends_the_epoch_soon(self, ledger: Ledger) -> None:
        ledger.epoch = 3
        done(ledger, an_announcement(ledger, "east", "a new one", lost=True))
        assert (membership(ledger).changed, membership(ledger).admitted) == (3, -1)

    def test_a_key_has_one_seat(self, ledger: Ledger) -> None:
        for key in ("consensus of north", "consensus of east"):
            ledger.refuse(an_announcement(ledger, "east", key), Outcome.SEAT_TAKEN)

    def test_a_key_that_was_given_up_is_free_again(self, ledger: Ledger) -> None:
        done(ledger, an_announcement(ledger, "east", "a new one"))
        done(ledger, an_announcement(ledger, "east", "consensus of east"))
        assert membership(ledger).members[1].key == a_key("consensus of east").public_key

    def test_only_an_admin_of_an_active_partner_announces(self, ledger: Ledger) -> None:
        stolen = an_announcement(ledger, "east", "a thief's", sender=NORTH)
        ledger.refuse(stolen, Outcome.NOT_ADMIN)
        nobody = an_announcement(ledger, "nobody", "a thief's", sender=NORTH)
        ledger.refuse(nobody, Outcome.PARTNER_UNKNOWN)
        removed(ledger, "east")
        ledger.refuse(an_announcement(ledger, "east", "a new one"), Outcome.PARTNER_LEAVING)
