"""What partners and customers do in random histories, the right way and every wrong way.

Each move makes one transaction against the ledger as it stands. Knows what is worth trying; judges
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from primitives.actions import (
    LowerClaimBound,
    ProgrammeOpen,
    ProgrammePause,
    ProgrammeSetRate,
    Redeem,
    SetDailyCaps,
)
from primitives.amount import MAX_PER_DAY, MAX_SUPPLY, MICRO
from primitives.entries import Programme, programme_key
from primitives.transaction import Decoded
from tests.builders import (
    BONUS,
    CUSTODIAN,
    DAY_MS,
    HOUR_MS,
    JUDGE,
    Person,
    a_person,
    a_role,
    an_id,
)
from tests.ledger import Ledger
from tests.properties.slow_book import Desk
from tests.properties.slow_partners import rate_in_force

CROWD = [a_person(f"customer {i}") for i in range(6)]
"""They have accounts from the start, but for the last one."""
CODES = ("north", "east", "south", "west")
PROGRAMMES = ("bonus", "later", "par", "miles", "stamps")


@dataclass
class Hands:
    """Whoever acts: what they see of the ledger, and what they remember."""

    ledger: Ledger
    desk: Desk
    sent: list[Decoded] = field(default_factory=list)
    spent: list[tuple[str, bytes, int]] = field(default_factory=list)
    """(partner, invoice, amount) of what was redeemed."""
    deposits: int = 0
    given: int = 0

    def remember(self, decoded: Decoded, code: str) -> None:
        self.sent.append(decoded)
        action = decoded.signed.transaction.action
        if code == "done" and isinstance(action, Redeem):
            invoice = action.invoice
            self.spent.append((invoice.partner, invoice.id, invoice.amount))

    def now(self) -> int:
        """The time of the block to come."""
        return self.ledger.time + 1_000

    def deposit_to(self, partner: str, to: Person, points: int, **fields: object) -> Decoded:
        self.deposits += 1
        name = str(fields.get("programme", "bonus"))
        rate = rate_in_force(self.desk, partner, name)
        worth = points * rate.numerator // rate.denominator if rate is not None else 1
        fields = {
            "reference": f"deposit {self.deposits}",
            "amount": min(max(1, worth), MAX_SUPPLY),
        } | fields
        return self.ledger.mint(partner, to, points, **fields)

    # --- customers -------------------------------------------------------------------------------

    def pay(self, who: int, whom: int, size: int) -> Decoded:
        sender, to = CROWD[who % 6], CROWD[whom % 6]
        held = self.ledger.balance(sender)
        amounts = (1, held // 3, MICRO, held, held + 1, 9_999, 10_000, MAX_SUPPLY)
        return self.ledger.transfer(sender, (to, max(1, amounts[size % 8])))

    def pay_many(self, who: int, whom: int, size: int) -> Decoded:
        sender = CROWD[who % 6]
        people = [*CROWD, a_person(f"newcomer {whom % 40}"), a_person(f"newcomer {size % 40}")]
        chosen = [people[(whom + i * size) % 8] for i in range(1 + size % 4)]
        amounts = (10_000, 5, 20_000, MICRO)
        return self.ledger.transfer(
            sender, *((to, amounts[(who + i) % 4]) for i, to in enumerate(chosen))
        )

    def overflow(self, who: int, whom: int, size: int) -> Decoded:
        return self.ledger.transfer(
            CROWD[who % 6], (CROWD[whom % 6], MAX_SUPPLY), (CROWD[size % 6], MAX_SUPPLY)
        )

    def open_channels(self, who: int, whom: int, size: int) -> Decoded:
        return self.ledger.open_channels(CROWD[who % 6], 2 + size % 15)

    def pay_by_channel(self, who: int, whom: int, size: int) -> Decoded:
        sender = (CROWD[who % 6], a_role(CODES[who % 4], "issuer"))[size % 2]
        return self.ledger.transfer(sender, (CROWD[whom % 6], 1 + size), channel=1 + whom % 6)

    def replay(self, who: int, whom: int, size: int) -> Decoded:
        return self.sent[(who * 256 + size) % len(self.sent)]

    def mistime(self, who: int, whom: int, size: int) -> Decoded:
        sender, now = CROWD[who % 6], self.now()
        limit = self.ledger.genesis.parameters.validity_limit_ms
        sequence = self.ledger.sequence(sender)
        fields: dict[str, object] = (
            {"sequence": sequence + 1},
            {"sequence": max(0, sequence - 1)},
            {"sequence": 2**53},
            {"valid_until": now - 1},
            {"valid_until": now},
            {"valid_until": now + limit},
            {"valid_until": now + limit + 1},
            {"channel": 255},
        )[size % 8]
        return self.ledger.transfer(sender, (CROWD[whom % 6], 1), **fields)

    # --- deposits and spending -------------------------------------------------------------------

    def deposit(self, who: int, whom: int, size: int) -> Decoded:
        to = (CROWD[whom % 6], a_person(f"newcomer {whom % 40}"))[size % 2]
        return self.deposit_to(CODES[who % 3], to, (1, 200, 3_000, 6_000)[size % 4])

    def odd_deposit(self, who: int, whom: int, size: int) -> Decoded:
        fields: dict[str, object] = (
            {"programme": "later"},
            {"programme": "miles"},
            {"amount": 1 + size},
            {"reference": f"deposit {1 + size % 5}"},
            {"issuer": CROWD[who % 5]},
            {"issuer": a_role(CODES[(who + 1) % 4], "issuer")},
            {"programme": "par"},
        )[size % 7]
        return self.deposit_to((*CODES, "nobody")[whom % 5], CROWD[who % 6], 1 + size, **fields)

    def flood(self, who: int, whom: int, size: int) -> Decoded:
        return self.deposit_to("west", CROWD[who % 6], MAX_PER_DAY - size, programme="par")

    def redeem(self, who: int, whom: int, size: int) -> Decoded:
        """The richest customer in reach spends a good part."""
        sender = max(CROWD[who % 3 :], key=self.ledger.balance)
        held = self.ledger.balance(sender)
        amount = max(1, (held // 2, held // 8, 15 * MICRO, MICRO)[size % 4])
        invoice = self.ledger.invoice(CODES[whom % 4], amount)
        return self.ledger.redeem(sender, invoice)

    def odd_redeem(self, who: int, whom: int, size: int) -> Decoded:
        sender, partner = CROWD[who % 6], CODES[whom % 4]
        held = self.ledger.balance(sender)
        wrong: dict[str, object] = (
            {"payer": CROWD[(who + 1) % 6]},
            {"payer": sender},
            {"expires": self.now() - 1},
            {"expires": self.now()},
            {"id": self.spent[size % len(self.spent)][1] if self.spent else "first"},
            {},
            {},
            {},
        )[size % 8]
        amount = held + 1 if size % 8 == 5 else max(1, held // 9)
        amount = 70 * MICRO if size % 8 == 7 else amount
        code = "nobody" if size % 32 == 9 else partner
        invoice = self.ledger.invoice(code, amount, **wrong)
        rival = a_role(CODES[(whom + 1) % 4], "cashier")
        fields: dict[str, object] = {"cashier": rival} if size % 8 == 6 else {}
        return self.ledger.redeem(sender, invoice, **fields)

    def refund(self, who: int, whom: int, size: int) -> Decoded:
        partner, invoice, amount = self._some_invoice(who * 256 + whom)
        part = (amount, amount // 2, 1, amount + 1)[size % 4]
        return self.ledger.refund(partner, invoice, max(1, part))

    def odd_refund(self, who: int, whom: int, size: int) -> Decoded:
        partner, invoice, amount = self._some_invoice(who)
        cashiers = (a_role(CODES[whom % 4], "cashier"), a_role(partner, "admin"), CROWD[who % 6])
        self.given += size % 2
        fields: dict[str, object] = (
            {"refund": f"an old one {self.given % 3}"},
            {"cashier": cashiers[whom % 3]},
            {},
        )[size % 3]
        code = (partner, CODES[whom % 4], "nobody")[size % 5 % 3]
        return self.ledger.refund(code, invoice, max(1, amount // 50), **fields)

    def _some_invoice(self, choice: int) -> tuple[str, bytes, int]:
        if not self.spent or choice % 13 == 0:
            return CODES[choice % 4], an_id(f"no invoice {choice}"), MICRO
        return self.spent[-1 - choice % min(12, len(self.spent))]

    # --- partners about themselves ---------------------------------------------------------------

    def _admin(self, who: int, whom: int) -> tuple[str, Person]:
        """A partner, and mostly its admin."""
        code = (*CODES, *CODES, *CODES, "nobody")[who % 13]
        speaker = CODES[whom % 4] if whom % 11 == 0 or code == "nobody" else code
        return code, a_role(speaker, "admin")

    def open_programme(self, who: int, whom: int, size: int) -> Decoded:
        code, admin = self._admin(who, whom)
        code = "north" if size % 4 else code
        admin = a_role("north", "admin") if size % 4 else admin
        name = PROGRAMMES[size % 5] if size % 3 == 0 else f"series-{size % 23}"
        terms = (BONUS.name, BONUS.point, BONUS.terms_hash, BONUS.terms_url)
        action = ProgrammeOpen(code, name, *terms, 1 + size * 100, 1 + whom % 7)
        return self.ledger.act(admin, action)

    def set_rate(self, who: int, whom: int, size: int) -> Decoded:
        code, admin = self._admin(who, whom)
        name = PROGRAMMES[size % 5 if size % 7 == 0 else size % 3]
        programme = self.ledger.entry(programme_key(code, name), Programme)
        newest = programme.newest if programme is not None else BONUS.rates[0]
        notice = self.ledger.genesis.parameters.rate_notice_ms
        now = self.now()
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

    def pause(self, who: int, whom: int, size: int) -> Decoded:
        code, admin = self._admin(who, whom)
        name = PROGRAMMES[size % 5]
        return self.ledger.act(admin, ProgrammePause(code, name, size % 11 == 0))

    def lower_bound(self, who: int, whom: int, size: int) -> Decoded:
        code, admin = self._admin(who, whom)
        bound = self.ledger.limits(code).terms.claim_bound if code in CODES else 0
        lower = (bound, max(0, bound - 1), bound + 1, bound * 9 // 10)[size % 4]
        return self.ledger.act(admin, LowerClaimBound(code, lower))

    def set_caps(self, who: int, whom: int, size: int) -> Decoded:
        code, admin = self._admin(who, whom)
        caps = tuple(x * MICRO for x in ((100, 20), (50, 30), (150, 10), (1, 1))[size % 4])
        return self.ledger.act(admin, SetDailyCaps(code, *caps))

    # --- reserves --------------------------------------------------------------------------------

    def attest(self, who: int, whom: int, size: int) -> Decoded:
        code, admin = self._admin(who, whom)
        held = self.ledger.limits(code).terms.reserve if code in CODES else 0
        amounts = (
            held,
            held + 10 * MICRO,
            held * 2 // 3,
            600 * MICRO + 1,
            400 * MICRO,
            300 * MICRO,
        )
        now = self.now()
        attested = self.ledger.limits(code).terms.reserve_attested if code in CODES else 0
        old = max(attested + 1, now - 3 * DAY_MS)
        times = (now, now - HOUR_MS, now + 1, now - 4 * DAY_MS, attested + 1, old, old)
        by = a_role(CUSTODIAN, "custodian")
        sender = (admin, admin, admin, by)[size % 4]
        by = a_role(JUDGE, "custodian") if size % 17 == 0 else by
        amount = min(MAX_SUPPLY, amounts[whom % 6])
        return self.ledger.attest(code, amount, times[size % 7], sender=sender, by=by)

    def release(self, who: int, whom: int, size: int) -> Decoded:
        code, admin = self._admin(who, whom)
        terms = self.ledger.limits(code).terms if code in CODES else None
        held = terms.reserve if terms is not None else 1
        amount = max(1, (held // 20, held, held + 1, held // 3)[size % 4])
        stale: dict[str, object] = {"reserve": held - 1 if held else 1} if size % 9 == 0 else {}
        if terms is None:
            stale = {"reserve": 1, "attested": 1}
        by = a_role(JUDGE if size % 13 == 0 else CUSTODIAN, "custodian")
        return self.ledger.release(code, min(amount, MAX_SUPPLY), sender=admin, by=by, **stale)

    # --- settlement ------------------------------------------------------------------------------

    def _debt(self, choice: int) -> tuple[int, int]:
        """Mostly one that is not settled."""
        names = self.desk.book.notes("debts")
        open_ = [n for n in names if self.desk.book.word("debt", *n).status != "settled"]
        chosen = open_ if open_ and choice % 8 else names
        return chosen[-1 - choice % min(6, len(chosen))] if chosen else (1, choice % 5)

    def _speaker(self, name: tuple[int, int], side: str, whom: int) -> Person:
        debt = self.desk.book.word("debt", *name)
        right = getattr(debt, side) if debt is not None else CODES[whom % 4]
        return a_role(CODES[whom % 4] if whom % 9 == 0 else right, "admin")

    def settle_pay(self, who: int, whom: int, size: int) -> Decoded:
        name = self._debt(who) if size % 31 else (99, 0)
        return self.ledger.pay(*name, sender=self._speaker(name, "debtor", whom))

    def settle_confirm(self, who: int, whom: int, size: int) -> Decoded:
        name = self._debt(who) if size % 31 else (99, 0)
        return self.ledger.confirm(*name, sender=self._speaker(name, "creditor", whom))

    def settle_dispute(self, who: int, whom: int, size: int) -> Decoded:
        name = self._debt(who) if size % 31 else (99, 0)
        for claimed in self.desk.book.notes("debts"):
            if size % 2 and self.desk.book.word("debt", *claimed).status == "claimed":
                name = claimed
        return self.ledger.dispute(*name, sender=self._speaker(name, "creditor", whom))

    def settle_statement(self, who: int, whom: int, size: int) -> Decoded:
        name = self._debt(who) if size % 31 else (99, 0)
        for disputed in self.desk.book.notes("debts"):
            if size % 2 and self.desk.book.word("debt", *disputed).status == "disputed":
                name = disputed
        sender = a_role(CUSTODIAN if whom % 9 == 0 else JUDGE, "custodian")
        return self.ledger.statement(*name, paid=size % 3 == 0, sender=sender)


MOVES: tuple[Callable[[Hands, int, int, int], Decoded], ...] = (
    Hands.pay,
    Hands.pay_many,
    Hands.deposit,
    Hands.deposit,
    Hands.odd_deposit,
    Hands.open_channels,
    Hands.pay_by_channel,
    Hands.replay,
    Hands.mistime,
    Hands.overflow,
    Hands.flood,
    Hands.redeem,
    Hands.redeem,
    Hands.redeem,
    Hands.odd_redeem,
    Hands.odd_redeem,
    Hands.refund,
    Hands.refund,
    Hands.odd_refund,
    Hands.open_programme,
    Hands.set_rate,
    Hands.pause,
    Hands.lower_bound,
    Hands.set_caps,
    Hands.attest,
    Hands.attest,
    Hands.release,
    Hands.settle_pay,
    Hands.settle_pay,
    Hands.settle_confirm,
    Hands.settle_dispute,
    Hands.settle_dispute,
    Hands.settle_statement,
)

PARTNERS_SAY = (
    Hands.deposit,
    Hands.redeem,
    Hands.refund,
    Hands.set_rate,
    Hands.set_caps,
    Hands.attest,
    Hands.release,
    Hands.settle_pay,
    Hands.settle_confirm,
    Hands.settle_dispute,
    Hands.settle_dispute,
    Hands.settle_statement,
    Hands.settle_statement,
)
"""What happens between partners."""
