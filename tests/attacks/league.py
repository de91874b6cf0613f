"""Some partners in league against the others, who play by the rules.

The league has the customers too: it mints for them without a point deposited, sells nothing to
anybody else, pays nobody, and confirms among its own what was never paid. The others sell for
LiqBon, pay what they owe in money, deny payments that never came, and in the end remove whoever did
not pay and bear what is left. Who holds reserves is honest.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from contracts import limits as rules
from primitives.amount import MICRO
from primitives.entries import Obligation, ObligationStatus, Prefix, decode_entry
from primitives.governance import (
    Measure,
    Proposal,
    ProposalStatus,
    RemovePartner,
    ShareObligation,
    SharePosition,
    proposal_key,
)
from primitives.transaction import Decoded
from tests.builders import DAY_MS, LIMITS, PARAMETERS, a_code, a_genesis, a_person, an_id
from tests.ledger import Ledger
from tests.voting import TIMELOCK, an_exit

CROOK: Final = a_person("a crook")
"""Spends what the league mints."""
MEMBERS: Final = 7
TERM: Final = PARAMETERS.payment_term_ms


class League:
    """A network of seven, two of them in league, who may owe ``bound`` units together."""

    def __init__(self, seed: int, share: int) -> None:
        self.random = random.Random(seed)
        limits = replace(
            LIMITS, credit=60 * MICRO, reserve=20 * MICRO, haircut=2_000, claim_bound=500 * MICRO
        )
        parameters = replace(
            PARAMETERS, guarantee_share=share, reserve_lapse_ms=400 * DAY_MS, voting_ms=60 * DAY_MS
        )
        self.ledger = Ledger(a_genesis(MEMBERS, parameters=parameters, limits=limits))
        self.codes = tuple(a_code(index) for index in range(MEMBERS))
        self.crooks, self.honest = self.codes[:2], self.codes[2:]
        self.bound = sum(rules.limit(self.ledger.limits(code)) for code in self.crooks)
        self.shared = 0
        self.most = self.most_guaranteed = 0
        self.ledger.give(CROOK, 10 * MICRO, self.crooks[0])

    @property
    def taken(self) -> int:
        """Units that the league owes the pool, and what of it the others bear by now.

        Whatever the others sold and were not paid for, and whatever their reserves paid, is in it.
        """
        owed = sum(self.ledger.position(code).net for code in self.crooks)
        return owed + self.shared

    @property
    def guaranteed(self) -> int:
        """Units that the others' reserves paid and that are not back."""
        advances = [self.ledger.limits(code).advance for code in self.crooks]
        return sum(advance.amount for advance in advances if advance is not None)

    def run(self, moves: int) -> None:
        """So many moves of the league, each answered by the others."""
        for _ in range(moves):
            self.random.choice(MOVES)(self)
            self.answer()
            self.check()

    def check(self) -> None:
        """It never is more than what the league's limits allow it together."""
        self.most = max(self.most, self.taken)
        self.most_guaranteed = max(self.most_guaranteed, self.guaranteed)
        assert self.taken <= self.bound, (self.taken, self.bound)

    def send(self, decoded: Decoded) -> None:
        """A block of one transaction, whatever becomes of it."""
        self.ledger.block(decoded)

    def wait(self, ms: int) -> None:
        """A block without transactions, so much later."""
        self.ledger.pass_time(ms)

    def obligations(self) -> list[tuple[tuple[int, int], Obligation]]:
        """Those that are not settled, by name."""
        found = []
        for key in sorted(self.ledger.state):
            if key[0] == Prefix.OBLIGATION:
                owed = decode_entry(key, self.ledger.state[key])
                assert isinstance(owed, Obligation)
                if owed.status != ObligationStatus.SETTLED:
                    found.append(((int.from_bytes(key[1:5], "big"), key[5]), owed))
        return found

    def answer(self) -> None:
        """The others pay what they owe, and deny what they were not paid."""
        for name, owed in self.obligations():
            if owed.debtor in self.honest and owed.status == ObligationStatus.OPEN:
                self.send(self.ledger.pay(*name))
                if owed.creditor in self.honest:
                    self.send(self.ledger.confirm(*name))
            claimed = owed.debtor in self.crooks and owed.status == ObligationStatus.CLAIMED
            if claimed and owed.creditor in self.honest:
                self.send(self.ledger.dispute(*name))
                self.send(self.ledger.statement(*name, paid=False))

    def reckon(self) -> None:
        """The others remove the league, and bear what is left of its debts."""
        for code in self.crooks:
            self.decide(RemovePartner(code))
        for _ in range(3):
            self.wait(7 * DAY_MS)
            self.wait(TERM)
            self.check()
        for name, owed in self.obligations():
            if owed.debtor in self.crooks:
                self.decide(ShareObligation(*name), owed.outstanding)
        for code in self.crooks:
            position, limits = self.ledger.position(code), self.ledger.limits(code)
            left = position.expected - max(0, limits.terms.reserve - limits.earmarked)
            if left > 0:
                self.decide(SharePosition(code, left), left)

    def decide(self, measure: Measure, loss: int = 0) -> None:
        """All of the others are for it; whether it is done depends on what it is about."""
        proposal = self.ledger.propose(self.honest[0], measure)
        self.send(proposal)
        found = self.ledger.entry(proposal_key(proposal.id), Proposal)
        if found is None:
            return
        for code in self.honest[: found.needed]:
            self.send(self.ledger.vote(code, proposal.id))
        self.wait(TIMELOCK + 1_000)
        if self.ledger.proposal(proposal.id).status == ProposalStatus.EXECUTED:
            self.shared += loss
        self.check()


def mint(league: League) -> None:
    """As much as may be, for nothing."""
    code = league.random.choice(league.crooks)
    for points in (5_000, 1_000, 100):
        league.send(league.ledger.mint(code, CROOK, points))


def buy(league: League) -> None:
    """Goods of somebody who sells them."""
    spend(league, league.random.choice(league.honest))


def sell_to_itself(league: League) -> None:
    """Claims on the others, for no goods."""
    spend(league, league.random.choice(league.crooks))


def spend(league: League, code: str) -> None:
    ledger = league.ledger
    amount = ledger.balance(CROOK) // league.random.choice((1, 2, 5))
    if amount:
        id_ = an_id(f"bill {ledger.height}")
        league.send(ledger.redeem(CROOK, ledger.invoice(code, amount, id=id_)))


def lie_about_paying(league: League) -> None:
    """A payment that never came is claimed; among its own it is confirmed."""
    owed = [each for each in league.obligations() if each[1].debtor in league.crooks]
    for name, obligation in owed[:2]:
        league.send(league.ledger.pay(*name))
        if obligation.creditor in league.crooks and league.random.random() < 0.5:
            league.send(league.ledger.confirm(*name))


def deny_to_itself(league: League) -> None:
    """The debtor's reserve is held for a dispute among its own, so that others' reserves pay."""
    for name, owed in league.obligations():
        if {owed.debtor, owed.creditor} <= {*league.crooks}:
            league.send(league.ledger.pay(*name))
            league.send(league.ledger.dispute(*name))


def take_reserve_back(league: League) -> None:
    for amount in (80, 20, 5):
        code = league.random.choice(league.crooks)
        league.send(league.ledger.release(code, amount * MICRO))


def leave(league: League) -> None:
    if league.random.random() < 0.3:
        league.send(an_exit(league.ledger, league.crooks[0]))


def wait_a_week(league: League) -> None:
    """A cycle closes."""
    league.wait(7 * DAY_MS)


def wait_a_term(league: League) -> None:
    """What was not paid is drawn."""
    league.wait(TERM)


MOVES: Final[list[Callable[[League], None]]] = [
    mint,
    mint,
    buy,
    sell_to_itself,
    sell_to_itself,
    lie_about_paying,
    deny_to_itself,
    take_reserve_back,
    leave,
    wait_a_week,
    wait_a_week,
    wait_a_term,
    wait_a_term,
]
