"""A network of which some partners collude, with money and goods that no ledger can see.

Honest partners mint against real deposits, hand out goods for what is redeemed, pay in money what
they owe, confirm what really arrived and deny the rest; custodians and the judge say what is true.
Colluders mint against nothing, spend through puppets, confirm to each other what nobody paid, name
payments that they never made, deny those that they got, let others' reserves pay, vote at random,
and leave. The honest remove who does not pay, and share what is lost for good. What colluders took
is counted in money and goods, not from the ledger's own figures.
"""

from __future__ import annotations

import random
from collections import Counter

from msgspec.structs import replace

from primitives.actions import CastVote, PartnerExit, Propose, Redeem, Refund
from primitives.amount import MAX_PER_DAY, MICRO
from primitives.entries import (
    SETTLEMENT_KEY,
    Obligation,
    ObligationStatus,
    Partner,
    Settlement,
    SettlementCycle,
    cycle_key,
    partner_key,
)
from primitives.genesis import Genesis, Rate
from primitives.governance import (
    Measure,
    Proposal,
    ProposalStatus,
    RemovePartner,
    ShareObligation,
    SharePosition,
    proposal_key,
)
from primitives.membership import PartnerStatus
from primitives.receipt import (
    ObligationSettled,
    Outcome,
    PositionShifted,
    ProposalMoved,
    Receipt,
    ReserveDrawn,
)
from primitives.transaction import Decoded
from tests.builders import (
    BONUS,
    DAY_MS,
    HOUR_MS,
    LIMITS,
    PARAMETERS,
    Person,
    a_genesis,
    a_person,
    a_role,
)
from tests.ledger import Ledger

PARTNERS = ("north", "east", "south", "west", "partner-4")
PUPPETS = [a_person(f"puppet {i}") for i in range(2)]
HONEST = [a_person(f"owner {i}") for i in range(2)]
OPEN, CLAIMED = ObligationStatus.OPEN, ObligationStatus.CLAIMED
DISPUTED, OVERDUE = ObligationStatus.DISPUTED, ObligationStatus.OVERDUE
SETTLED = ObligationStatus.SETTLED
Name = tuple[int, int]


def a_pool_genesis() -> Genesis:
    """Small limits, without the bounds that would hide them."""
    limits = replace(
        LIMITS,
        credit=40 * MICRO,
        reserve=100 * MICRO,
        reserve_ceiling=200 * MICRO,
        claim_bound=10**6 * MICRO,
        mint_per_day=MAX_PER_DAY,
        refund_per_day=MAX_PER_DAY,
    )
    parameters = replace(
        PARAMETERS,
        settlement_cycle_ms=2 * DAY_MS,
        increase_delay_ms=DAY_MS,
        payment_term_ms=DAY_MS + HOUR_MS,
        voting_ms=3 * DAY_MS,
        timelock_ms=DAY_MS,
        guarantee_share=2_000,
    )
    par = replace(BONUS, rates=(Rate(0, 1, 1),))
    return a_genesis(len(PARTNERS), parameters=parameters, limits=limits, programmes=[par])


class Pool:
    """One history. ``took`` is what the colluders are richer by, in units."""

    def __init__(self, seed: int, colluders: tuple[str, ...]) -> None:
        self.chance = random.Random(seed)
        self.ledger = Ledger(a_pool_genesis())
        self.colluders = colluders
        self.honest = tuple(code for code in PARTNERS if code not in colluders)
        self.cash: Counter[str] = Counter()
        self.custody = Counter({p.code: p.limits.reserve for p in self.ledger.genesis.partners})
        self.goods: Counter[tuple[str, bool]] = Counter()
        """Handed out by a partner, to puppets (True) or owners (False)."""
        self.arrived: Counter[Name] = Counter()
        """Money that the creditor of an obligation really got, from its debtor or a reserve."""
        self.invoices: list[tuple[str, bytes, int, bool]] = []
        self.debts: list[Name] = []
        self.closed = 0
        self.most = Counter({code: self.limit(code) for code in PARTNERS})
        """The most that each limit was since a reserve was last handed back."""
        self.begun = dict(self.custody)
        self.borne: Counter[str] = Counter()
        """What votes made each owe, since its limit was noted anew; negative what they took off."""
        self.voted: Counter[str] = Counter()
        """The same, since the beginning."""
        self.relieved: Counter[str] = Counter()
        """What each does not owe any more because the others chose to bear it."""
        self.open: list[bytes] = []

    @property
    def took(self) -> int:
        richer = sum(self.cash[p] + self.custody[p] - self.begun[p] for p in self.colluders)
        got = sum(self.goods[p, True] for p in self.honest)
        gave = sum(self.goods[p, False] for p in self.colluders)
        return richer + got - gave

    def limit(self, code: str) -> int:
        limits = self.ledger.limits(code)
        terms = limits.terms
        counts = min(terms.reserve, terms.reserve_ceiling) if limits.reserve_counts else 0
        return limits.terms.credit + counts * (10_000 - limits.terms.haircut) // 10_000

    def room(self, code: str) -> int:
        position = self.ledger.position(code)
        return self.limit(code) - position.net - position.receivable

    # --- one step --------------------------------------------------------------------------------

    def step(self) -> None:
        """Something that colluders or owners do, then what honest partners answer."""
        moves = (
            *(self.fake, self.spend, self.spend, self.give_back),
            *(self.lie, self.lie, self.bank, self.vote, self.leave),
        )
        if self.chance.random() < 0.2:
            self.send(None, self.chance.choice((HOUR_MS, 12 * HOUR_MS, DAY_MS)))
        elif self.chance.random() < 0.35:
            self.chance.choice((self.earn, self.buy))()
        else:
            self.chance.choice(moves)()
        self.answer()

    def send(self, decoded: Decoded | None, after_ms: int = 1_000) -> bool:
        """Whether it was done; and what reserves paid meanwhile is handed over."""
        verdict = None
        if decoded is None:
            self.ledger.pass_time(after_ms)
        else:
            verdict = self.ledger.send(decoded, after_ms=after_ms)
        assert self.ledger.last is not None
        for receipt in self.ledger.last.receipts:
            for event in receipt.events:
                if isinstance(event, ReserveDrawn):
                    debt = self.ledger.obligation(event.cycle, event.place)
                    self.custody[event.partner] -= event.amount
                    self.cash[debt.creditor] += event.amount
                    self.arrived[event.cycle, event.place] += event.amount
            self._note_votes(receipt)
        for code in PARTNERS:
            self.most[code] = max(self.most[code], self.limit(code))
        self._find_debts()
        return verdict == Outcome.DONE

    def _note_votes(self, receipt: Receipt) -> None:
        """Who bears what for whom, once that was voted and is carried out."""
        last = receipt.events[-1] if receipt.events else None
        if not isinstance(last, ProposalMoved) or last.status != ProposalStatus.EXECUTED:
            return
        for event in receipt.events:
            if isinstance(event, PositionShifted):
                self.voted[event.partner] += event.amount
                self.borne[event.partner] += max(0, event.amount)
            if isinstance(event, ObligationSettled):
                debt = self.ledger.obligation(event.cycle, event.place)
                self.relieved[debt.debtor] += event.amount
        measure = self._proposal(last.proposal).measure
        if isinstance(measure, SharePosition):
            self.relieved[measure.partner] += measure.amount

    def _proposal(self, id_: bytes) -> Proposal:
        found = self.ledger.entry(proposal_key(id_), Proposal)
        assert found is not None
        return found

    def _find_debts(self) -> None:
        head = self.ledger.entry(SETTLEMENT_KEY, Settlement)
        assert head is not None
        while self.closed + 1 < head.cycle:
            self.closed += 1
            cycle = self.ledger.entry(cycle_key(self.closed), SettlementCycle)
            assert cycle is not None
            self.debts += [(self.closed, place) for place in range(cycle.obligations)]

    # --- people ----------------------------------------------------------------------------------

    def fake(self) -> None:
        """A deposit that nobody made, of all the room that there is or a part."""
        code = self.chance.choice(self.colluders)
        amount = self.room(code) // self.chance.choice((1, 1, 2))
        if amount > 0:
            self.send(self.ledger.mint(code, self.chance.choice(PUPPETS), amount, amount=amount))

    def earn(self) -> None:
        code = self.chance.choice(self.honest)
        amount = self.chance.randrange(1, 20) * MICRO
        owner = self.chance.choice(HONEST)
        self.send(self.ledger.mint(code, owner, amount, amount=amount))

    def spend(self) -> None:
        self._redeem(self.chance.choice(PUPPETS), puppet=True)

    def buy(self) -> None:
        self._redeem(self.chance.choice(HONEST), puppet=False)

    def _redeem(self, who: Person, *, puppet: bool) -> None:
        code = self.chance.choice(PARTNERS)
        amount = self.ledger.balance(who) // self.chance.choice((1, 2, 3))
        if not amount:
            return
        decoded = self.ledger.redeem(who, self.ledger.invoice(code, amount))
        action = decoded.signed.transaction.action
        assert isinstance(action, Redeem)
        if self.send(decoded):
            self.goods[code, puppet] += amount
            self.invoices.append((code, action.invoice.id, amount, puppet))

    def give_back(self) -> None:
        """Colluders refund at will; honest partners get the goods back."""
        if not self.invoices:
            return
        code, invoice, amount, puppet = self.chance.choice(self.invoices)
        decoded = self.ledger.refund(code, invoice, self.chance.randrange(1, amount + 1))
        action = decoded.signed.transaction.action
        assert isinstance(action, Refund)
        if self.send(decoded):
            self.goods[code, puppet] -= action.amount

    # --- colluders settle ------------------------------------------------------------------------

    def lie(self) -> None:
        """Whatever may be said about an obligation of a colluder."""
        names = [n for n in self.debts if self._is_colluders(n)]
        if not names:
            return
        name = self.chance.choice(names[-8:])
        debt = self.ledger.obligation(*name)
        if debt.debtor in self.colluders:
            if self.chance.random() < 0.3 and debt.status in (OPEN, OVERDUE):
                self._pay_money(name, debt)
            if self.chance.random() < 0.5:
                self.send(self.ledger.pay(*name))
        if debt.creditor in self.colluders:
            say = self.chance.choice((self.ledger.confirm, self.ledger.dispute))
            self.send(say(*name))

    def bank(self) -> None:
        """Move money into the custodian's hands, or out of them if the ledger lets it."""
        code = self.chance.choice(self.colluders)
        if self.chance.random() < 0.5:
            amount = self.chance.randrange(1, 50) * MICRO
            held = self.custody[code] + amount
            if self.send(self.ledger.attest(code, held)):
                self.cash[code] -= amount
                self.custody[code] = held
            return
        reserve = self.ledger.limits(code).terms.reserve
        amount = max(1, reserve // self.chance.choice((1, 2, 10)))
        if self.send(self.ledger.release(code, amount)):
            self.cash[code] += amount
            self.custody[code] -= amount
            self.most[code] = self.limit(code)  # all that it owes must be covered by what is left
            self.borne[code] = 0

    def leave(self) -> None:
        """Take the whole reserve along if nothing is owed; or leave it behind."""
        code = self.chance.choice(self.colluders)
        if self.chance.random() < 0.1:
            self.send(self.ledger.act(a_role(code, "admin"), PartnerExit(code)))

    def vote(self) -> None:
        for id_ in self.open[-3:]:
            code = self.chance.choice(self.colluders)
            word = CastVote(code, id_, self.chance.random() < 0.5)
            self.send(self.ledger.act(a_role(code, "admin"), word))

    def _is_colluders(self, name: Name) -> bool:
        debt = self.ledger.obligation(*name)
        return debt.debtor in self.colluders or debt.creditor in self.colluders

    def _pay_money(self, name: Name, debt: Obligation) -> None:
        """What did not arrive yet goes from one bank account to the other."""
        amount = debt.amount - self.arrived[name]
        self.cash[debt.debtor] -= amount
        self.cash[debt.creditor] += amount
        self.arrived[name] += amount

    # --- honest partners, and who judges ---------------------------------------------------------

    def answer(self) -> None:
        """Honest partners do their duty and defend themselves, well before any deadline."""
        for name in self.debts:
            debt = self.ledger.obligation(*name)
            if debt.debtor in self.honest and debt.status in (OPEN, OVERDUE):
                self._pay_money(name, debt)
                assert self.send(self.ledger.pay(*name))
            if debt.status != SETTLED and debt.creditor in self.honest:
                if self.arrived[name] == debt.amount:
                    assert self.send(self.ledger.confirm(*name))
                elif debt.status == CLAIMED:
                    assert self.send(self.ledger.dispute(*name))
            if self.ledger.obligation(*name).status == DISPUTED and (
                debt.debtor in self.honest or debt.creditor in self.honest
            ):
                paid = self.arrived[name] == debt.amount
                assert self.send(self.ledger.statement(*name, paid=paid))

        if self.chance.random() < 0.3:
            self.govern()

    def govern(self) -> None:
        """Remove a colluder that does not pay, and then bear what it leaves behind."""
        measure = self._measure()
        if measure is None:
            return
        proposer = self.chance.choice(self.honest)
        decoded = self.ledger.act(a_role(proposer, "admin"), Propose(proposer, measure))
        if not self.send(decoded):
            return
        self.open.append(decoded.id)
        for code in self.honest:
            self.send(self.ledger.act(a_role(code, "admin"), CastVote(code, decoded.id, True)))

    def _measure(self) -> Measure | None:
        late = [name for name in self.debts if self.ledger.obligation(*name).late]
        for name in late:
            debtor = self.ledger.obligation(*name).debtor
            if self._status(debtor) == PartnerStatus.ACTIVE:
                return RemovePartner(debtor)
        if late and self.chance.random() < 0.5:
            return ShareObligation(*self.chance.choice(late))
        for code in self.colluders:
            limits = self.ledger.limits(code)
            left = self.ledger.position(code).expected
            left -= max(0, limits.terms.reserve - limits.earmarked)
            if self._status(code) == PartnerStatus.RUN_OFF and left > 0:
                return SharePosition(code, left)
        return None

    def _status(self, code: str) -> PartnerStatus:
        partner = self.ledger.entry(partner_key(code), Partner)
        assert partner is not None
        return partner.status

    # --- what must hold --------------------------------------------------------------------------

    def check(self) -> None:
        """The colluders took no more than their limits and what the others chose to bear for them.

        The honest have what their books say, and the pool owes them what their reserves paid.
        """
        bound = sum(self.most[code] for code in self.colluders)
        chosen = sum(self.relieved[code] for code in self.colluders)
        assert self.took <= bound + chosen, (self.took, bound, chosen)
        for code in PARTNERS:
            position = self.ledger.position(code)
            owes = max(position.net + position.receivable, position.payable)
            most = self.most[code] + self.borne[code]
            assert owes <= most, (code, owes, self.most[code], self.borne[code])
        for code in self.honest:
            paid = self.ledger.position(code).assumed - self.voted[code]
            assert self.custody[code] - self.begun[code] == paid <= 0, code
            self._check_bank(code)

    def _check_bank(self, code: str) -> None:
        """What is on an honest partner's bank account is what its position says."""
        position = self.ledger.position(code)
        booked = position.received - position.paid
        for name in self.debts:
            debt = self.ledger.obligation(*name)
            on_its_way = self.arrived[name] - debt.settled
            if code in (debt.debtor, debt.creditor) and on_its_way:
                booked += on_its_way if code == debt.creditor else -on_its_way
        assert self.cash[code] == booked
