"""Partners in league mint for each other, pay nobody, and leave or are removed.

Whatever they do, in whatever order, they never owe the others more than their limits allow them
together [LEDGER-8]: not by the guarantee [LEDGER-55], not by having losses shared [LEDGER-73], not
by leaving [LEDGER-53] or being removed [LEDGER-65]. What that is worth is lost to the others, and
to no customer.
"""

from __future__ import annotations

import pytest

from primitives.amount import MICRO
from primitives.governance import (
    Declare,
    Measure,
    ProposalStatus,
    RemovePartner,
    ReplaceAdmin,
    SetLimits,
    VotedLimits,
)
from primitives.membership import Role
from tests.attacks.league import CROOK, TERM, League
from tests.attacks.scenes import balances, done, refused
from tests.builders import DAY_MS, a_genesis, a_person, a_role
from tests.ledger import Ledger
from tests.voting import QUIET, VOTING, a_rotation, proposed

SEEDS = range(12)
SHARES = (1_000, 10_000)
"""A tenth of the reserves, and all of them."""


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("share", SHARES)
def test_they_never_take_more_than_their_limits(seed: int, share: int) -> None:
    """The bound is held against after every move, and after all that the others answer."""
    league = League(seed, share)
    league.run(40)
    before = balances(league.ledger.state)
    league.reckon()
    assert balances(league.ledger.state) == before, "no balance pays for it"
    league.ledger.scan()


def test_they_did_what_they_could() -> None:
    """So that nothing passes for want of trying: reserves paid for them, and much is gone."""
    leagues = [League(seed, 10_000) for seed in SEEDS]
    for league in leagues:
        league.run(40)
        league.reckon()
    assert max(league.most for league in leagues) > 70 * MICRO
    assert max(league.most_guaranteed for league in leagues) > 50 * MICRO
    assert sum(league.shared > 0 for league in leagues) >= 8


def test_the_greediest_takes_exactly_what_its_limits_allow() -> None:
    """Mint all, buy for it, pay nothing; reserves pay, others' reserves pay, losses are shared."""
    league = League(0, 10_000)
    ledger = league.ledger
    for code in league.crooks:
        room = league.bound // 2 - ledger.position(code).net
        done(ledger, ledger.mint(code, CROOK, room // 10_000))
    shop = ledger.invoice(league.honest[0], ledger.balance(CROOK))
    done(ledger, ledger.redeem(CROOK, shop))
    assert league.taken == league.bound
    for _ in range(4):
        league.wait(7 * DAY_MS)
        league.wait(TERM)
        league.check()
    reserves = 2 * 20 * MICRO
    assert league.taken == league.bound - reserves, "what their own reserves paid is back"
    league.reckon()
    assert league.taken == league.bound - reserves


CROOKED = a_person("a crook").account
GIFT = SetLimits("north", VotedLimits(20_000 * MICRO, 10**15, 0, 10**15))
AGAINST_WEST: dict[str, Measure] = {
    "nothing for it any more": SetLimits("west", VotedLimits(0, 0, 10_000, 0)),
    "its keys": ReplaceAdmin("west", CROOKED),
    "its seat": RemovePartner("west"),
}


class TestVotes:
    """[LEDGER-61] Two thirds are not enough, whatever it is about."""

    @pytest.fixture
    def ledger(self) -> Ledger:
        """Of seven partners three are in league: at most two may be for consensus to hold."""
        return Ledger(a_genesis(7, parameters=QUIET))

    def decide(self, ledger: Ledger, measure: Measure) -> ProposalStatus:
        """Those in league are for it, and nobody else says anything."""
        id_ = proposed(ledger, measure, LEAGUE[0])
        for code in LEAGUE:
            if code in ledger.proposal(id_).electors:
                done(ledger, ledger.vote(code, id_))
        ledger.pass_time(VOTING + 1_000)
        return ledger.proposal(id_).status

    @pytest.mark.parametrize("what", AGAINST_WEST)
    def test_a_minority_takes_nothing_from_another(self, ledger: Ledger, what: str) -> None:
        before = (ledger.partner("west"), ledger.limits("west"))
        assert self.decide(ledger, AGAINST_WEST[what]) == ProposalStatus.EXPIRED
        assert (ledger.partner("west"), ledger.limits("west")) == before

    def test_nor_gives_itself_anything(self, ledger: Ledger) -> None:
        """Who gains is not even asked, so it takes more of the others."""
        before = ledger.limits("north")
        assert self.decide(ledger, GIFT) == ProposalStatus.EXPIRED
        assert ledger.limits("north") == before

    def test_one_account_with_the_keys_of_two_has_their_votes_and_no_more(
        self, ledger: Ledger
    ) -> None:
        """Partners are counted, and not keys: nobody votes twice by taking another's role."""
        done(ledger, a_rotation(ledger, "east", Role.ADMIN, a_role("north", "admin")))
        id_ = proposed(ledger, Declare(bytes(32), ""))
        admin = a_role("north", "admin")
        for code in ("north", "east"):
            done(ledger, ledger.vote(code, id_, sender=admin))
            refused(ledger, ledger.vote(code, id_, sender=admin), "vote_unchanged")
        assert ledger.proposal(id_).approved == 2


LEAGUE = ("north", "east", "south")
