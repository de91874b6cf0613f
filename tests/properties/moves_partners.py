"""What partners say of themselves, their reserves and what they owe, rightly and wrongly.

Each move makes one transaction against the ledger as it stands. Knows what is worth trying; judges
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from primitives.actions import (
    LowerClaimBound,
    ProgrammeOpen,
    ProgrammePause,
    ProgrammeSetRate,
    ProgrammeSetTerms,
    SetDailyCaps,
)
from primitives.amount import MAX_PER_DAY, MAX_SUPPLY, MICRO
from primitives.entries import Programme, programme_key
from primitives.genesis import PartnerLimits
from primitives.membership import Role
from primitives.transaction import Decoded
from tests.builders import BONUS, DAY_MS, HOUR_MS, Person, an_id
from tests.ledger import Ledger
from tests.properties.cast import DEADBEATS, EDGES, Town

PROGRAMMES = ("bonus", "later", "par", "miles", "stamps")
Side = tuple[str, Person]


@dataclass
class Offices:
    """Whoever runs a partner: programmes, caps, reserves, settlement."""

    town: Town

    @property
    def ledger(self) -> Ledger:
        return self.town.ledger

    def _admin(self, who: int, whom: int) -> Side:
        """A partner, and mostly its admin."""
        code = self.town.leaving(who // 11) if who % 11 == 0 else self.town.partner(who)
        return code, self.town.speaker(code, Role.ADMIN, whom)

    def _terms(self, code: str) -> PartnerLimits | None:
        known = code in self.town.desk.codes()
        return self.ledger.limits(code).terms if known else None

    def _owes(self, code: str) -> int:
        """What a reserve has to cover of a partner that leaves [LEDGER-53]."""
        desk = self.town.desk
        return max(desk.position(code) + desk.receivable(code), desk.payable(code))

    # --- programmes ------------------------------------------------------------------------------

    def open_programme(self, who: int, whom: int, size: int) -> Decoded:
        code, admin = self._admin(who, whom)
        names = self.town.desk.book.notes("programmes", code)
        name = f"series-{size % 23}" if size % 3 else PROGRAMMES[size % 5]
        if not names:
            name = "par"
        terms = (BONUS.name, BONUS.point, BONUS.terms_hash, BONUS.terms_url)
        rate = (10_000, 1) if name == "bonus" else (1 + size * 100, 1 + whom % 7)
        if name == "par":
            rate = (1, 1)
        return self.ledger.act(admin, ProgrammeOpen(code, name, *terms, *rate))

    def open_many(self, who: int, whom: int, size: int) -> Decoded:
        """One partner opens all that it may."""
        code = self.town.desk.active()[0]
        admin = self.town.holder(code, Role.ADMIN)
        terms = (BONUS.name, BONUS.point, BONUS.terms_hash, BONUS.terms_url)
        action = ProgrammeOpen(code, f"series-{size % 23}", *terms, 1 + size, 1)
        return self.ledger.act(admin, action)

    def set_rate(self, who: int, whom: int, size: int) -> Decoded:
        code, admin = self._admin(who, size // 3)
        name = PROGRAMMES[size % 5 if size % 7 == 0 else size % 3]
        programme = self.ledger.entry(programme_key(code, name), Programme)
        newest = programme.newest if programme is not None else BONUS.rates[0]
        notice = self.ledger.genesis.parameters.rate_notice_ms
        now = self.town.now()
        since = (
            0,
            now + HOUR_MS,
            now + notice,
            now + notice - 1,
            newest.since,
            newest.since + 1,
            now + 366 * DAY_MS + 1,
            now + notice + HOUR_MS,
        )[whom % 8]
        numerator = max(1, newest.numerator + (100, -100, 0)[size % 3] * (1 + who % 2))
        action = ProgrammeSetRate(code, name, numerator, newest.denominator, since)
        return self.ledger.act(admin, action)

    def set_terms(self, who: int, whom: int, size: int) -> Decoded:
        code, admin = self._admin(who if who % 3 == 0 else 1, size // 3)
        name = PROGRAMMES[size % 5 if size % 7 == 0 else 2]
        programme = self.ledger.entry(programme_key(code, name), Programme)
        newest = programme.terms_newest if programme is not None else 0
        notice = self.ledger.genesis.parameters.rate_notice_ms
        now = self.town.now()
        since = (
            0,
            now + notice + HOUR_MS,
            newest + 1,
            newest,
            now + (366 * DAY_MS if size % 16 == 0 else 2 * notice),
            now + 366 * DAY_MS + 1,
            0,
            now + notice + DAY_MS,
        )[whom % 8]
        action = ProgrammeSetTerms(code, name, an_id(f"terms {size}"), BONUS.terms_url, since)
        return self.ledger.act(admin, action)

    def pause(self, who: int, whom: int, size: int) -> Decoded:
        code, admin = self._admin(who, whom)
        name = PROGRAMMES[size % 5]
        return self.ledger.act(admin, ProgrammePause(code, name, size % 3 == 0))

    # --- limits ----------------------------------------------------------------------------------

    def lower_bound(self, who: int, whom: int, size: int) -> Decoded:
        code, admin = self._admin(who, whom)
        terms = self._terms(code)
        bound = terms.claim_bound if terms is not None else 0
        lower = (bound, max(0, bound - 1), bound + 1, bound * 98 // 100)[size % 4]
        return self.ledger.act(admin, LowerClaimBound(code, min(lower, MAX_SUPPLY)))

    def set_caps(self, who: int, whom: int, size: int) -> Decoded:
        code, admin = self._admin(who, whom)
        caps = tuple(x * MICRO for x in ((100, 20), (80, 30), (150, 10), (120, 20))[size % 4])
        if size % 19 == 0:
            caps = ((MAX_PER_DAY, MAX_PER_DAY), (MICRO, MICRO))[whom % 2]
        return self.ledger.act(admin, SetDailyCaps(code, *caps))

    # --- reserves --------------------------------------------------------------------------------

    def attest(self, who: int, whom: int, size: int) -> Decoded:
        code, admin = self._admin(who, size // 4)
        terms = self._terms(code)
        held = terms.reserve if terms is not None else 0
        attested = terms.reserve_attested if terms is not None else 0
        ceiling = terms.reserve_ceiling if terms is not None else 0
        amounts = (
            held,
            held + 10 * MICRO,
            held * 2 // 3,
            ceiling + 1,
            400 * MICRO,
            300 * MICRO,
            ceiling,
            EDGES[who % 6],
            self._owes(code),
            self._owes(code) - 1,
        )
        now = self.town.now()
        old = max(attested + 1, now - 3 * DAY_MS)
        times = (now, now, now, now - HOUR_MS, now + 1, now - 9 * DAY_MS, attested + 1, old, now)
        by = self.town.custodian(code, size)
        sender = (admin, admin, admin, by)[size % 4]
        amount = min(MAX_SUPPLY, max(0, amounts[whom % 10]))
        if code in DEADBEATS and size % 5:
            amount //= 100
        return self.ledger.attest(code, amount, times[size % 9], sender=sender, by=by)

    def release(self, who: int, whom: int, size: int) -> Decoded:
        code, admin = self._admin(who, whom)
        terms = self._terms(code)
        held = terms.reserve if terms is not None else 1
        amount = max(1, (held // 20, held, held + 1, held // 3)[size % 4])
        stale: dict[str, object] = {"reserve": held - 1 if held else 1} if size % 9 == 0 else {}
        if terms is None:
            stale = {"reserve": 1, "attested": 1}
        by = self.town.custodian(code, size)
        return self.ledger.release(code, min(amount, MAX_SUPPLY), sender=admin, by=by, **stale)

    # --- settlement ------------------------------------------------------------------------------

    def settle_pay(self, who: int, whom: int, size: int) -> Decoded:
        """Deadbeats seldom say in time that they paid, and later it is not true."""
        name = self.town.debt(who, *(("open", "overdue") if size % 4 else ("overdue",)))
        debt = self.town.desk.book.word("debt", *name)
        if debt is not None and debt.status == "open" and debt.debtor in DEADBEATS and size % 6:
            name = self.town.debt(who + 1, "open", "overdue", "claimed")
        return self.ledger.pay(*name, sender=self.town.party(name, "debtor", whom))

    def settle_confirm(self, who: int, whom: int, size: int) -> Decoded:
        wanted = ("claimed",) if size % 8 else ("open", "overdue", "disputed")
        name = self.town.debt(who, *wanted)
        return self.ledger.confirm(*name, sender=self.town.party(name, "creditor", whom))

    def settle_dispute(self, who: int, whom: int, size: int) -> Decoded:
        late = [n for n, debt in self.town.desk.debts() if debt.late and debt.status == "claimed"]
        name = self.town.debt(who, "claimed") if size % 5 else self.town.debt(who)
        name = late[0] if late and size % 2 else name
        return self.ledger.dispute(*name, sender=self.town.party(name, "creditor", whom))

    def settle_statement(self, who: int, whom: int, size: int) -> Decoded:
        """Judges take their time."""
        name = self.town.debt(who, *(("disputed",) if size % 5 < 2 else ("claimed", "settled")))
        late = [n for n, debt in self.town.desk.debts() if debt.late and debt.status == "disputed"]
        name = late[0] if late and size % 2 else name
        return self.ledger.statement(*name, paid=size % 3 == 0, sender=self.town.judge(whom))


PARTNERS_DO: tuple[Callable[[Offices, int, int, int], Decoded], ...] = (
    Offices.open_programme,
    Offices.open_programme,
    Offices.open_many,
    Offices.set_rate,
    Offices.set_terms,
    Offices.pause,
    Offices.lower_bound,
    Offices.set_caps,
    Offices.attest,
    Offices.attest,
    Offices.release,
    Offices.settle_pay,
    Offices.settle_pay,
    Offices.settle_confirm,
    Offices.settle_dispute,
    Offices.settle_dispute,
    Offices.settle_statement,
)
