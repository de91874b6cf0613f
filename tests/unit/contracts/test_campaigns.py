"""Campaigns: what a sponsor locks, who may claim it and how often, and that the rest returns."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from contracts.campaigns import MAX_DURATION_MS
from primitives.actions import CampaignClose
from primitives.amount import MICRO
from primitives.commerce import Claimed, claim_key, voucher_key
from primitives.entries import Mark
from primitives.receipt import (
    AccountOpened,
    CampaignClosed,
    CampaignOpened,
    Outcome,
    Receipt,
    RewardPaid,
    Skip,
)
from primitives.transaction import Decoded
from tests.builders import DAY_MS, PARAMETERS, SECOND_MS, a_person, an_id
from tests.ledger import Ledger
from tests.settling import done, waited
from tests.trading import (
    ANN,
    BEN,
    BONUS,
    BUDGET,
    HELD,
    NEW,
    REWARD,
    ROB,
    SIGNER,
    SUE,
    campaign,
    claim,
    gained,
    started,
    the_campaign,
    trading,
    voucher,
)

OPENING = PARAMETERS.opening
WEEK_MS = 7 * DAY_MS


def outcomes(ledger: Ledger, *transactions: Decoded, lane: int = 0) -> list[str]:
    verdicts = ledger.block(*transactions, lane=lane)
    return [v.text if isinstance(v, Skip) else v.outcome.text for v in verdicts]


class TestCreating:
    """[LEDGER-40]"""

    def test_locks_the_budget_which_stays_in_the_supply(self) -> None:
        ledger = trading()
        supply = ledger.scan().supply
        decoded = campaign(ledger)
        assert done(ledger, decoded) == (CampaignOpened(decoded.id, BUDGET),)
        assert gained(ledger, SUE) == [-BUDGET]
        stands = the_campaign(ledger, decoded.id)
        assert (stands.sponsor, stands.signer) == (SUE.account, SIGNER.account)
        assert (stands.left, stands.claims, stands.closed) == (BUDGET, 0, False)
        assert ledger.scan().supply == supply

    @pytest.mark.parametrize(
        ("fields", "refusal"),
        [
            ({"ends": 0}, Outcome.DEADLINE_INVALID),
            ({"budget": REWARD - 1}, Outcome.BUDGET_TOO_SMALL),
            ({"bonus": BUDGET - REWARD + 1}, Outcome.BUDGET_TOO_SMALL),
            ({"reward": 2**63 - 1, "bonus": 2**63 - 1}, Outcome.BUDGET_TOO_SMALL),
            ({"budget": HELD + 1}, Outcome.BALANCE_TOO_LOW),
            ({"ends": 0, "budget": 1}, Outcome.DEADLINE_INVALID),
            ({"budget": 2**63 - 1, "reward": 2**63 - 1, "bonus": 1}, Outcome.BUDGET_TOO_SMALL),
        ],
    )
    def test_is_refused(self, fields: dict[str, object], refusal: Outcome) -> None:
        ledger = trading()
        ledger.refuse(campaign(ledger, **fields), refusal)
        ledger.scan()

    @pytest.mark.parametrize(
        ("ahead_ms", "outcome"),
        [
            (0, Outcome.DEADLINE_INVALID),
            (1, Outcome.DONE),
            (MAX_DURATION_MS, Outcome.DONE),
            (MAX_DURATION_MS + 1, Outcome.DEADLINE_INVALID),
        ],
    )
    def test_ends_after_block_time_and_within_366_days(
        self, ahead_ms: int, outcome: Outcome
    ) -> None:
        ledger = trading()
        ends = ledger.context().time + ahead_ms
        assert ledger.send(campaign(ledger, ends=ends)) == outcome

    def test_takes_all_that_the_sponsor_has_if_it_says_so(self) -> None:
        ledger = trading()
        started(ledger, budget=HELD)
        assert ledger.balance(SUE) == 0


class TestClaiming:
    """[LEDGER-41]"""

    def test_pays_the_claimant_out_of_what_is_left(self) -> None:
        ledger = trading()
        id_ = started(ledger)
        said = voucher(ledger, id_, ANN)
        decoded = claim(ledger, said, ANN)
        assert done(ledger, decoded) == (RewardPaid(id_, ANN.account, REWARD),)
        assert gained(ledger, SUE, ANN) == [-BUDGET, REWARD]
        stands = the_campaign(ledger, id_)
        assert (stands.left, stands.claims) == (BUDGET - REWARD, 1)
        mark = ledger.entry(voucher_key(id_, said.id), Mark)
        assert mark == Mark(decoded.id, ledger.height)
        assert ledger.entry(claim_key(id_, ANN.account), Claimed) == Claimed(1)
        ledger.scan()

    def test_of_a_referral_pays_both_in_one_step(self) -> None:
        ledger = trading()
        id_ = started(ledger, bonus=BONUS)
        friend = a_person("a friend without a record")
        decoded = claim(ledger, voucher(ledger, id_, referrer=friend.account))
        assert done(ledger, decoded) == (
            AccountOpened(NEW.account),
            RewardPaid(id_, NEW.account, REWARD),
            AccountOpened(friend.account),
            RewardPaid(id_, friend.account, BONUS),
        )
        assert (ledger.balance(NEW), ledger.balance(friend)) == (REWARD, BONUS)
        assert the_campaign(ledger, id_).left == BUDGET - REWARD - BONUS
        ledger.scan()

    def test_ends_with_the_last_whole_reward(self) -> None:
        """10 LiqBon are five grants of 2; the sixth finds nothing."""
        ledger = trading()
        id_ = started(ledger, per_claimant=9)
        for number in range(5):
            done(ledger, claim(ledger, voucher(ledger, id_, ANN, id=an_id(f"{number}")), ANN))
        ledger.refuse(claim(ledger, voucher(ledger, id_, ANN), ANN), Outcome.BUDGET_EXHAUSTED)
        assert the_campaign(ledger, id_).left == 0

    def test_a_rest_that_is_too_small_stays_for_the_sponsor(self) -> None:
        ledger = trading()
        id_ = started(ledger, budget=2 * REWARD - 1)
        done(ledger, claim(ledger, voucher(ledger, id_, ANN), ANN))
        again = voucher(ledger, id_, BEN, id=an_id("another"))
        ledger.refuse(claim(ledger, again, BEN), Outcome.BUDGET_EXHAUSTED)
        done(ledger, ledger.act(SUE, CampaignClose(id_)))
        assert gained(ledger, SUE) == [-REWARD]

    def test_a_referral_is_paid_whole_or_not_at_all(self) -> None:
        """What is left would do for the claimant alone."""
        ledger = trading()
        id_ = started(ledger, bonus=BONUS, budget=2 * (REWARD + BONUS) - 1)
        done(ledger, claim(ledger, voucher(ledger, id_, ANN, referrer=ROB.account), ANN))
        second = voucher(ledger, id_, BEN, referrer=ROB.account, id=an_id("2"))
        ledger.refuse(claim(ledger, second, BEN), Outcome.BUDGET_EXHAUSTED)
        assert the_campaign(ledger, id_).left == REWARD + BONUS - 1

    def test_counts_against_each_claimant_alone(self) -> None:
        ledger = trading()
        id_ = started(ledger, per_claimant=2)
        for number in range(2):
            done(ledger, claim(ledger, voucher(ledger, id_, ANN, id=an_id(f"{number}")), ANN))
        third = claim(ledger, voucher(ledger, id_, ANN, id=an_id("third")), ANN)
        ledger.refuse(third, Outcome.CLAIMS_EXCEEDED)
        done(ledger, claim(ledger, voucher(ledger, id_, BEN), BEN))

    def test_a_voucher_id_is_used_up_in_its_own_campaign_only(self) -> None:
        """Who sees a voucher cannot spend its id by a campaign of its own."""
        ledger = trading()
        mine, rival = started(ledger), started(ledger, sender=BEN)
        done(ledger, claim(ledger, voucher(ledger, rival, ROB), ROB))
        done(ledger, claim(ledger, voucher(ledger, mine, ANN), ANN))

    def test_pays_up_to_the_moment_in_which_voucher_and_campaign_end(self) -> None:
        ledger = trading()
        ends = ledger.time + 10_500
        id_ = started(ledger, ends=ends)
        said = voucher(ledger, id_, ANN, expires=ends)
        assert ledger.send(claim(ledger, said, ANN), after_ms=ends - ledger.time) == Outcome.DONE
        assert ledger.time == ends


def _unknown(ledger: Ledger, id_: bytes) -> Decoded:
    return claim(ledger, voucher(ledger, an_id("none"), ANN, expires=0), ANN, signer=BEN)


def _ended(ledger: Ledger, id_: bytes) -> Decoded:
    done(ledger, ledger.act(SUE, CampaignClose(id_)))
    return claim(ledger, voucher(ledger, id_, BEN, expires=0), ANN, signer=BEN)


def _used(ledger: Ledger, id_: bytes) -> Decoded:
    said = voucher(ledger, id_, ANN)
    done(ledger, claim(ledger, said, ANN))
    return claim(ledger, said, ANN)


def _used_up(ledger: Ledger, id_: bytes) -> Decoded:
    done(ledger, claim(ledger, voucher(ledger, id_, ANN), ANN))
    return claim(ledger, voucher(ledger, id_, ANN, id=an_id("another")), ANN)


def _of(**fields: object) -> Callable[[Ledger, bytes], Decoded]:
    return lambda ledger, id_: claim(ledger, voucher(ledger, id_, ANN, **fields), ANN)


REFUSALS: dict[str, tuple[Outcome, Callable[[Ledger, bytes], Decoded]]] = {
    "no such campaign": (Outcome.CAMPAIGN_UNKNOWN, _unknown),
    "an ended campaign": (Outcome.CAMPAIGN_ENDED, _ended),
    "a stranger's word": (
        Outcome.NOT_SIGNER,
        lambda ledger, id_: claim(
            ledger, voucher(ledger, id_, BEN, expires=0), ANN, signer=a_person("stranger")
        ),
    ),
    "the sponsor's own key, if it is not the signer's": (
        Outcome.NOT_SIGNER,
        lambda ledger, id_: claim(ledger, voucher(ledger, id_, ANN), ANN, signer=SUE),
    ),
    "another's voucher": (
        Outcome.VOUCHER_FOR_ANOTHER,
        lambda ledger, id_: claim(ledger, voucher(ledger, id_, BEN, expires=0), ANN),
    ),
    "an expired voucher": (Outcome.VOUCHER_EXPIRED, _of(expires=0, referrer=BEN.account)),
    "a referrer of a grant": (Outcome.REFERRER_INVALID, _of(referrer=ROB.account)),
    "a used voucher": (Outcome.VOUCHER_USED, _used),
    "a second claim": (Outcome.CLAIMS_EXCEEDED, _used_up),
}


class TestRefusedClaims:
    """[LEDGER-41] In the order of the checks: what is wrong later too does not matter."""

    @pytest.mark.parametrize("name", REFUSALS)
    def test_is_refused(self, name: str) -> None:
        ledger = trading()
        refusal, made = REFUSALS[name]
        ledger.refuse(made(ledger, started(ledger)), refusal)
        ledger.scan()

    @pytest.mark.parametrize("referrer", [None, ANN.account], ids=["none", "oneself"])
    def test_a_referral_needs_somebody_else(self, referrer: bytes | None) -> None:
        ledger = trading()
        id_ = started(ledger, bonus=BONUS)
        said = voucher(ledger, id_, ANN, referrer=referrer)
        ledger.refuse(claim(ledger, said, ANN), Outcome.REFERRER_INVALID)

    def test_an_account_is_not_opened_with_too_little(self) -> None:
        """Neither the referrer's, nor ([LEDGER-43]) the claimant's own."""
        ledger = trading()
        id_ = started(ledger, reward=OPENING, bonus=OPENING - 1, per_claimant=2)
        said = voucher(ledger, id_, ANN, referrer=NEW.account)
        ledger.refuse(claim(ledger, said, ANN), Outcome.OUTPUT_BELOW_OPENING)
        done(ledger, claim(ledger, replace(said, referrer=ROB.account), ANN))
        small = started(ledger, reward=OPENING - 1)
        decoded = claim(ledger, voucher(ledger, small))
        assert ledger.send(decoded) == Skip.SENDER_UNKNOWN
        assert ledger.account(NEW) is None
        done(ledger, claim(ledger, voucher(ledger, small, BEN), BEN))
        ledger.scan()


class TestClosing:
    """[LEDGER-42]"""

    def test_returns_what_is_left_at_once_and_for_good(self) -> None:
        ledger = trading()
        id_ = started(ledger)
        done(ledger, claim(ledger, voucher(ledger, id_)))
        events = done(ledger, ledger.act(SUE, CampaignClose(id_)))
        assert events == (CampaignClosed(id_, BUDGET - REWARD),)
        assert gained(ledger, SUE) == [-REWARD]
        stands = the_campaign(ledger, id_)
        assert (stands.left, stands.closed) == (0, True)
        ledger.refuse(ledger.act(SUE, CampaignClose(id_)), Outcome.CAMPAIGN_ENDED)
        assert waited(ledger, WEEK_MS + SECOND_MS)[-1] == ()
        assert gained(ledger, SUE) == [-REWARD]
        ledger.scan()

    def test_is_the_sponsor_s_alone(self) -> None:
        ledger = trading()
        id_ = started(ledger, signer=BEN.account)
        ledger.refuse(ledger.act(ANN, CampaignClose(id_)), Outcome.NOT_SPONSOR)
        ledger.refuse(ledger.act(BEN, CampaignClose(id_)), Outcome.NOT_SPONSOR)
        unknown = ledger.act(SUE, CampaignClose(an_id("none")))
        ledger.refuse(unknown, Outcome.CAMPAIGN_UNKNOWN)

    def test_happens_by_itself_at_the_end(self) -> None:
        ledger = trading()
        ends = ledger.time + WEEK_MS
        id_ = started(ledger, ends=ends)
        assert () not in waited(ledger, ends - 1 - ledger.time)
        assert not the_campaign(ledger, id_).closed
        told = waited(ledger, 1)
        assert (CampaignClosed(id_, BUDGET),) in told
        assert gained(ledger, SUE) == [0]
        ledger.scan()

    def test_between_its_end_and_the_next_whole_second_it_pays_nobody(self) -> None:
        ledger = trading()
        ends = ledger.time + 10_001
        id_ = started(ledger, ends=ends)
        said = voucher(ledger, id_, ANN)
        assert ledger.send(claim(ledger, said, ANN), after_ms=ends + 1 - ledger.time) == (
            Outcome.CAMPAIGN_ENDED
        )
        assert not the_campaign(ledger, id_).closed
        ledger.pass_time(SECOND_MS)
        assert gained(ledger, SUE, ANN) == [0, 0]

    def test_an_exhausted_one_returns_nothing_and_says_so(self) -> None:
        ledger = trading()
        id_ = started(ledger, budget=REWARD)
        done(ledger, claim(ledger, voucher(ledger, id_)))
        assert done(ledger, ledger.act(SUE, CampaignClose(id_))) == (CampaignClosed(id_, 0),)


def test_who_refers_and_who_claims_may_be_the_sponsor() -> None:
    """It gives to itself what was its own."""
    ledger = trading()
    id_ = started(ledger, bonus=BONUS)
    done(ledger, claim(ledger, voucher(ledger, id_, SUE, referrer=ROB.account), SUE))
    done(ledger, claim(ledger, voucher(ledger, id_, referrer=SUE.account, id=an_id("2"))))
    assert gained(ledger, SUE, ROB) == [REWARD + BONUS - BUDGET, BONUS]
    ledger.scan()


def test_nothing_is_lost_by_the_passing_of_time() -> None:
    """[LEDGER-42] A year later every budget is back, but for what was claimed."""
    ledger = trading(due_per_block=2)
    ids = [started(ledger, ends=ledger.time + days * DAY_MS) for days in (1, 1, 1, 2, 300)]
    done(ledger, claim(ledger, voucher(ledger, ids[0])))
    assert gained(ledger, SUE) == [-5 * BUDGET]
    for _ in range(8):
        verdicts = ledger.pass_time(50 * DAY_MS)
        assert all(isinstance(receipt, Receipt) for receipt in verdicts.receipts)
    for _ in range(30):
        ledger.pass_time(SECOND_MS)
    assert gained(ledger, SUE) == [-REWARD]
    assert all(the_campaign(ledger, id_).closed for id_ in ids)
    assert ledger.scan().supply == 5 * HELD == ledger.scan().minted
    assert ledger.balance(NEW) == REWARD == 2 * MICRO
