"""Who acts in random histories, and what they see and remember: people, the ledger, its slow twin.

Whoever holds a role is looked up as it stands, because roles move; and beside the right speaker
there is always a wrong one: a customer, a rival, an old key, a partner that left, a newcomer. Knows
who is who; not what is worth trying.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from primitives.actions import Redeem
from primitives.amount import MAX_SUPPLY, MICRO
from primitives.codes import MAX_PARTNERS
from primitives.membership import Role
from primitives.transaction import Decoded
from tests.builders import CODES, CUSTODIAN, JUDGE, ROLES, Person, a_code, a_person, a_role
from tests.ledger import Ledger
from tests.properties.slow_book import Debt, Desk
from tests.properties.slow_programmes import rate_in_force
from tests.properties.slow_speakers import account_of, judge, keeper

CROWD = [a_person(f"customer {i}") for i in range(6)]
"""They have accounts from the start, but for the last one."""
FOUNDERS = (*CODES, "partner-4")
HARBOURS = tuple(f"harbour-{i}" for i in range(24))
"""Codes under which newcomers apply."""
APPLICANTS = [a_person(f"applicant {i}") for i in range(5)]
SPARES = [a_person(f"spare key {i}") for i in range(8)]
"""Accounts that may take a role when a key is lost."""
KEEPERS = (CUSTODIAN, JUDGE, "lockbox", "trustee", "north-bank")
"""Codes of custodians, of whom the first two are there from the start."""
DEADBEATS = ("north", "harbour-0", "harbour-3", "harbour-6")
"""They pay nothing of their own accord."""


def a_newcomer(number: int) -> Person:
    """Somebody without a record, at first."""
    return a_person(f"newcomer {number % 40}")


@lru_cache(maxsize=1)
def everyone() -> dict[bytes, Person]:
    """Whoever may come to hold a role, by account."""
    codes = (*map(a_code, range(MAX_PARTNERS)), *HARBOURS)
    roles = [a_role(code, role) for code in codes for role in ROLES]
    roles += [a_role(code, "custodian") for code in KEEPERS]
    return {person.account: person for person in (*CROWD, *APPLICANTS, *SPARES, *roles)}


@dataclass
class Town:
    """The ledger and its slow twin, seen by whoever acts; and what they remember of it."""

    ledger: Ledger
    desk: Desk
    sent: list[Decoded] = field(default_factory=list)
    spent: list[tuple[str, bytes, int]] = field(default_factory=list)
    """(partner, invoice, amount) of what was redeemed."""
    seats: list[str] = field(default_factory=list)
    """Names of consensus keys that somebody showed."""
    deposits: int = 0

    def person(self, account: bytes) -> Person:
        """Whoever holds the keys of an account."""
        return everyone()[account]

    def remember(self, decoded: Decoded, code: str) -> None:
        """What became of a transaction."""
        self.sent.append(decoded)
        action = decoded.signed.transaction.action
        if code == "done" and isinstance(action, Redeem):
            invoice = action.invoice
            self.spent.append((invoice.partner, invoice.id, invoice.amount))

    def now(self) -> int:
        """The time of the block to come."""
        return self.ledger.time + 1_000

    def deadline(self, choice: int) -> int:
        """When something ends; a block before that leaves the last word to the next one."""
        book, now = self.desk.book, self.now()
        votes = [book.word("motion", id_) for id_ in book.notes("motions")]
        ends = [each.deadline for each in votes if each.status == "open"]
        ends += [debt.deadline for _, debt in self.desk.debts() if debt.status != "settled"]
        ends += [book.word("order", id_).deadline for id_ in book.notes("orders")]
        ahead = sorted(end for end in ends if end > now)[:4]
        return ahead[choice % len(ahead)] if ahead else now

    # --- partners and who speaks for them --------------------------------------------------------

    def partner(self, choice: int) -> str:
        """Mostly one that takes part; else one that left, or that there never was."""
        active = self.desk.active()
        if choice % 12 or choice == 0:
            return active[choice % len(active)]
        others = ["nobody", *(code for code in self.desk.codes() if code not in active)]
        return others[choice // 12 % len(others)]

    def giver(self, choice: int) -> str:
        """One that gives points for more than it takes in, mostly: then others are owed."""
        active = self.desk.active()
        return active[choice % (1 + len(active) // 2)] if choice % 4 else self.partner(choice // 4)

    def taker(self, choice: int) -> str:
        """The other way round."""
        active = self.desk.active()[::-1]
        return active[choice % (1 + len(active) // 2)] if choice % 4 else self.partner(choice // 4)

    def leaving(self, choice: int) -> str:
        """One that is running off or has left; any if there is none."""
        active = self.desk.active()
        gone = [code for code in self.desk.codes() if code not in active]
        return gone[-1 - choice % min(3, len(gone))] if gone else self.partner(choice)

    def holder(self, code: str, role: Role) -> Person:
        """Who has a role of a partner now; of one that there is not, a customer."""
        if code not in self.desk.codes():
            return CROWD[0]
        return self.person(account_of(self.desk, code, role))

    def speaker(self, code: str, role: Role, choice: int) -> Person:
        """Mostly who has the role."""
        if choice % 9:
            return self.holder(code, role)
        return self.stranger(code, role, choice // 9)

    def stranger(self, code: str, role: Role, choice: int) -> Person:
        """Somebody who wants to speak for a partner and may not, or not any more."""
        active = self.desk.active()
        others = [each for each in Role if each is not role]
        old = [self.person(held) for held in self.desk.book.notes("role", code, role)[-3:-1]]
        people = [
            CROWD[choice % len(CROWD)],
            self.holder(active[choice % len(active)], role),
            self.holder(code, others[choice % len(others)]),
            APPLICANTS[choice % len(APPLICANTS)],
            self.holder(self.leaving(choice), role),
            *old,
        ]
        return people[choice % len(people)]

    def custodian(self, code: str, choice: int) -> Person:
        """Who holds a partner's reserve, mostly."""
        if choice % 13 == 0 or code not in self.desk.codes():
            return a_role(KEEPERS[choice // 13 % len(KEEPERS)], "custodian")
        found = keeper(self.desk, self.desk.book.word("held by", code))
        assert found is not None
        return self.person(found.account)

    def judge(self, choice: int) -> Person:
        """Who says which payments were made, mostly."""
        if choice % 9 == 0:
            return self.stranger(self.partner(choice), Role.ADMIN, choice)
        return self.person(judge(self.desk))

    # --- deposits --------------------------------------------------------------------------------

    def deposit_to(self, partner: str, to: Person, points: int, **fields: object) -> Decoded:
        """Points handed in, worth what they are worth now."""
        self.deposits += 1
        name = str(fields.get("programme", "bonus"))
        rate = rate_in_force(self.desk, partner, name)
        worth = points * rate.numerator // rate.denominator if rate is not None else 1
        fields = {
            "reference": f"deposit {self.deposits}",
            "amount": min(max(1, worth), MAX_SUPPLY),
            "issuer": self.holder(partner, Role.ISSUER),
        } | fields
        return self.ledger.mint(partner, to, points, **fields)

    # --- obligations -----------------------------------------------------------------------------

    def debt(self, choice: int, *statuses: str) -> tuple[int, int]:
        """Mostly one of these statuses, or at least one that is not settled."""
        names = self.desk.book.notes("debts")
        fitting = [name for name in names if self.stands(name).status in statuses]
        unsettled = [name for name in names if self.stands(name).status != "settled"]
        chosen = fitting or unsettled or names
        if not chosen or choice % 31 == 0:
            return (99, choice % 5)
        if choice % 8 == 0:
            chosen = names
        return tuple(chosen[-1 - choice % min(6, len(chosen))])

    def stands(self, name: tuple[int, int]) -> Debt:
        """An obligation as it stands."""
        found = self.desk.book.word("debt", *name)
        assert isinstance(found, Debt)
        return found

    def party(self, name: tuple[int, int], side: str, choice: int) -> Person:
        """The admin of an obligation's debtor or creditor, mostly."""
        found = self.desk.book.word("debt", *name)
        code = getattr(found, side) if found is not None else self.partner(choice)
        return self.speaker(code, Role.ADMIN, choice)


EDGES = (1, MAX_SUPPLY, MAX_SUPPLY - 1, 2**62, 2**32, MICRO)
"""Amounts at the ends of what can be written."""
