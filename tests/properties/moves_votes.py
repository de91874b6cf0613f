"""What partners put to the vote in random histories, and how they vote, rightly and wrongly.

Each move makes one transaction against the ledger as it stands; a round of votes makes one of each
elector. Knows what is worth trying; judges nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from primitives.actions import CastVote, Propose
from primitives.amount import MAX_SUPPLY, MICRO
from primitives.governance import (
    AdmitPartner,
    AssignCustodian,
    DecideDispute,
    Declare,
    Measure,
    RemovePartner,
    ReplaceAdmin,
    SetCustodian,
    SetJudge,
    SetLimits,
    SetProtocol,
    ShareObligation,
    SharePosition,
    VotedLimits,
)
from primitives.membership import Role
from primitives.transaction import Decoded
from tests.builders import a_role, an_id
from tests.ledger import Ledger
from tests.properties.cast import CROWD, EDGES, KEEPERS, SPARES, Town
from tests.properties.slow_members import name_of
from tests.properties.slow_settlement import expectation
from tests.properties.slow_votes import Motion

MANY = 7
"""Electors who read what they vote on admit nobody any more when there are so many."""
FEW = 3
"""And remove nobody when there are so few."""
FAR = 10**6
"""Heights that no history comes to: a block under unknown rules is carried out by nobody."""


Making = Callable[["Council", int, int, int], Measure]


@dataclass
class Council:
    """Whoever proposes something, or votes."""

    town: Town

    @property
    def ledger(self) -> Ledger:
        return self.town.ledger

    # --- what is proposed ------------------------------------------------------------------------

    def admit(self, who: int, whom: int, size: int) -> Measure:
        book, codes = self.town.desk.book, self.town.desk.codes()
        applicants = list(dict.fromkeys(book.notes("applicants")))
        fresh = [a for a in applicants if book.word("application", a).code not in codes]
        chosen = fresh if fresh and size % 7 else applicants
        if not chosen:
            return AdmitPartner(CROWD[0].account, an_id("none"), self._limits("nobody", whom))
        applicant = chosen[-1 - who % len(chosen)]
        words = book.notes("application", applicant)
        wish = words[0] if size % 11 == 0 else words[-1]
        return AdmitPartner(applicant, name_of(applicant, wish), self._limits(wish.code, whom))

    def _limits(self, code: str, choice: int) -> VotedLimits:
        credit = (40, 0, 60, 20, 100)[choice % 5] * MICRO
        if choice % 8 == 3:
            credit = min(MAX_SUPPLY, max(0, self._left(code) + choice % 3 - 1))
        ceiling = (600, 300, 900, 0)[choice % 4] * MICRO
        haircut = (1_000, 0, 10_000, 2_500)[choice // 4 % 4]
        bound = (60, 200, 0, 90)[choice // 3 % 4] * MICRO
        if choice % 16 == 0:
            edge = EDGES[choice // 16 % 6]
            return VotedLimits(edge, MAX_SUPPLY, 0, MAX_SUPPLY)
        if choice % 16 == 8:
            return VotedLimits(credit, EDGES[choice // 16 % 6], haircut, EDGES[choice // 3 % 6])
        return VotedLimits(credit, ceiling, haircut, bound)

    def _left(self, code: str) -> int:
        """Of all credit that may be given, what nobody else has."""
        book, active = self.town.desk.book, self.town.desk.active()
        given = sum(book.word("voted", each).credit for each in active if each != code)
        return self.ledger.genesis.parameters.total_credit - int(given)

    def remove(self, who: int, whom: int, size: int) -> Measure:
        """Mostly one that does not pay."""
        desk = self.town.desk
        late = [code for code in desk.active() if desk.overdue(code)]
        return RemovePartner(late[0] if late and size % 4 else self.town.partner(who))

    def replace(self, who: int, whom: int, size: int) -> Measure:
        code = self.town.partner(who) if size % 5 else self.town.leaving(who)
        accounts = (
            SPARES[whom % 8].account,
            self.town.holder(code, Role.ADMIN).account,
            self.town.custodian(code, 1).account,
            self.town.judge(1).account,
            a_role(code, "admin").account,
            SPARES[size % 8].account,
        )
        return ReplaceAdmin(code, accounts[size % 6])

    def limits(self, who: int, whom: int, size: int) -> Measure:
        code = self.town.partner(who) if size % 9 else self.town.leaving(who)
        return SetLimits(code, self._limits(code, size))

    def custodian(self, who: int, whom: int, size: int) -> Measure:
        code = KEEPERS[who % 5] if size % 4 else f"trustee-{who % 20}"
        account = a_role(KEEPERS[who % 5], "custodian").account
        if size % 4 == 0:
            account = SPARES[whom % 8].account
        if size % 7 == 0:
            others = (a_role(KEEPERS[whom % 5], "custodian"), SPARES[size % 8])
            admin = self.town.holder(self.town.partner(who), Role.ADMIN)
            account = (*others, admin)[whom % 3].account
        owner = self.town.partner(whom) if whom % 4 == 0 else None
        return SetCustodian(code, code.capitalize(), account, owner)

    def assign(self, who: int, whom: int, size: int) -> Measure:
        known = self.town.desk.book.notes("custodians")
        code = self.town.partner(who) if size % 6 else self.town.leaving(who)
        return AssignCustodian(code, [*known, "nobody"][whom % (len(known) + 1)])

    def name_judge(self, who: int, whom: int, size: int) -> Measure:
        known = self.town.desk.book.notes("custodians")
        return SetJudge([*known, "nobody"][whom % (len(known) + 1)])

    def decide(self, who: int, whom: int, size: int) -> Measure:
        name = self.town.debt(who, "disputed") if size % 5 else self.town.debt(who)
        return DecideDispute(*name, paid=bool(whom % 2))

    def share_obligation(self, who: int, whom: int, size: int) -> Measure:
        desk = self.town.desk
        active = desk.active()
        left = [name for name, debt in desk.debts() if debt.debtor not in active]
        late = [name for name in left if self.town.stands(name).late]
        chosen = late if late and size % 4 else left
        if not chosen or size % 9 == 0:
            return ShareObligation(*self.town.debt(who))
        return ShareObligation(*chosen[-1 - who % len(chosen)])

    def share_position(self, who: int, whom: int, size: int) -> Measure:
        desk = self.town.desk
        gone = [c for c in desk.directory() if c not in desk.active()]
        owing = [code for code in gone if expectation(desk, code) > desk.free(code)] or gone
        code = owing[who % len(owing)] if owing and size % 8 else self.town.partner(who)
        owes = expectation(desk, code) - desk.free(code) if code in desk.codes() else 0
        amounts = (owes, owes // 2, owes + 1, 1, EDGES[who % 6])
        return SharePosition(code, min(MAX_SUPPLY, max(1, amounts[whom % 5])))

    def protocol(self, who: int, whom: int, size: int) -> Measure:
        soon = self.ledger.height + (1, 0, 2)[whom % 3]
        height = max(1, soon) if size % 3 == 0 else FAR + whom
        return SetProtocol((1, 2, 3, 65_535)[size % 4], height)

    def declare(self, who: int, whom: int, size: int) -> Measure:
        return Declare(an_id(f"declaration {size}"), "https://example.com/declaration")

    # --- proposals and votes ---------------------------------------------------------------------

    def propose(self, who: int, whom: int, size: int) -> Decoded:
        made = self._pressing() if size % 3 == 0 else None
        made = made or MEASURES[(who * 5 + size) % len(MEASURES)]
        measure = made(self, whom, size // 2, who)
        code = self.town.leaving(who // 17) if who % 17 == 0 else self.town.partner(whom)
        sender = self.town.speaker(code, Role.ADMIN, size)
        return self.ledger.act(sender, Propose(code, measure))

    def _pressing(self) -> Making | None:
        """What only some moments allow: a dispute, or a debtor that left and does not pay."""
        active = self.town.desk.active()
        debts = [debt for _, debt in self.town.desk.debts()]
        if any(debt.late and debt.debtor not in active for debt in debts):
            return Council.share_obligation
        if any(debt.status == "disputed" for debt in debts):
            return Council.decide
        return None

    def storm(self, who: int, whom: int, size: int) -> list[Decoded]:
        """One partner proposes as much as it can in a block, through many channels."""
        code = self.town.desk.active()[0]
        admin = self.town.holder(code, Role.ADMIN)
        words = [Propose(code, self.declare(who, whom, size + i)) for i in range(9)]
        return [self.ledger.act(admin, word, channel=1 + i) for i, word in enumerate(words)]

    def vote(self, who: int, whom: int, size: int) -> Decoded:
        """Anybody's vote on anything."""
        id_ = self._motion(who, anything=size % 5 == 0)
        found = self.town.desk.book.word("motion", id_)
        code = self.town.partner(whom)
        if isinstance(found, Motion) and size % 7:
            code = found.electors[whom % len(found.electors)]
        sender = self.town.speaker(code, Role.ADMIN, size // 2)
        return self.ledger.act(sender, CastVote(code, id_, self._approves(id_, size)))

    def round(self, who: int, whom: int, size: int) -> list[Decoded]:
        """Every elector votes, most of them alike."""
        id_ = self._motion(who)
        found = self.town.desk.book.word("motion", id_)
        if not isinstance(found, Motion) or found.status != "open":
            return [self.propose(who, whom, size)]
        contrary = size % (2 * len(found.electors))
        votes = []
        for i, code in enumerate(found.electors):
            approve = self._approves(id_, size) is (i != contrary)
            admin = self.town.holder(code, Role.ADMIN)
            votes.append(self.ledger.act(admin, CastVote(code, id_, approve)))
        return votes

    def _motion(self, choice: int, *, anything: bool = False) -> bytes:
        """Mostly one that is open."""
        ids = self.town.desk.book.notes("motions")
        if not ids or choice % 37 == 0:
            return an_id("no proposal")
        lately = ids[-40:]
        open_ = [id_ for id_ in lately if self.town.desk.book.word("motion", id_).status == "open"]
        idle = [id_ for id_ in open_ if self._is_idle(id_)]
        open_ = [id_ for id_ in open_ if id_ not in idle] or open_
        chosen = open_ if open_ and not anything else lately
        return bytes(chosen[choice % len(chosen)])

    def _is_idle(self, id_: bytes) -> bool:
        return isinstance(self.town.desk.book.word("motion", id_).measure, Declare)

    def _approves(self, id_: bytes, size: int) -> bool:
        """Mostly yes, as long as there are neither too few partners nor too many."""
        found = self.town.desk.book.word("motion", id_)
        active = len(self.town.desk.active())
        match found.measure if isinstance(found, Motion) else None:
            case AdmitPartner() if active >= MANY:
                return False
            case RemovePartner() if active <= FEW:
                return size % 16 == 1
            case _:
                return size % 6 != 0


MEASURES: tuple[Making, ...] = (
    Council.admit,
    Council.admit,
    Council.remove,
    Council.replace,
    Council.limits,
    Council.custodian,
    Council.assign,
    Council.name_judge,
    Council.decide,
    Council.share_obligation,
    Council.share_position,
    Council.protocol,
    Council.declare,
)
COUNCIL_DOES: tuple[Callable[[Council, int, int, int], Decoded], ...] = (
    Council.propose,
    Council.propose,
    Council.vote,
)
