"""Claims by who has no record: what a first transaction may be, and what it costs whom."""

import pytest

from contracts.transition import dry_run
from primitives.actions import CampaignClose, ContentRegister
from primitives.receipt import AccountOpened, Outcome, RewardPaid, Skip
from primitives.transaction import Decoded
from tests.builders import DAY_MS, PARAMETERS, a_person, an_id
from tests.ledger import Ledger
from tests.settling import done
from tests.trading import (
    ANN,
    NEW,
    REWARD,
    ROB,
    campaign,
    claim,
    gained,
    started,
    trading,
    voucher,
)
from tests.unit.contracts.test_campaigns import REFUSALS

OPENING = PARAMETERS.opening


def outcomes(ledger: Ledger, *transactions: Decoded, lane: int = 0) -> list[str]:
    verdicts = ledger.block(*transactions, lane=lane)
    return [v.text if isinstance(v, Skip) else v.outcome.text for v in verdicts]


class TestWhoHasNoRecord:
    """[LEDGER-43] A claim may be the first that is ever heard of somebody."""

    def test_a_claim_opens_the_record_and_uses_its_first_sequence(self) -> None:
        ledger = trading()
        id_ = started(ledger)
        decoded = claim(ledger, voucher(ledger, id_))
        assert done(ledger, decoded) == (
            AccountOpened(NEW.account),
            RewardPaid(id_, NEW.account, REWARD),
        )
        account = ledger.account(NEW)
        assert account is not None
        assert (account.balance, account.sequence, account.last) == (REWARD, 1, decoded.id)
        assert account.channels == 1
        assert ledger.send(decoded) == Skip.SEQUENCE_STALE
        ledger.scan()

    @pytest.mark.parametrize("name", sorted({*REFUSALS} - {"a used voucher", "a second claim"}))
    def test_a_claim_that_would_be_refused_writes_nothing(self, name: str) -> None:
        """So that nobody makes the state grow for nothing."""
        ledger = trading()
        id_ = started(ledger)
        _, made = REFUSALS[name]
        action = made(ledger, id_).transaction.action
        before = dict(ledger.state)
        assert ledger.send(ledger.act(NEW, action)) == Skip.SENDER_UNKNOWN
        assert ledger.state == before

    @pytest.mark.parametrize(
        ("fields", "skip"),
        [
            ({"sequence": 1}, Skip.SEQUENCE_EARLY),
            ({"channel": 1}, Skip.CHANNEL_UNOPENED),
            ({"valid_until": 0}, Skip.EXPIRED),
        ],
    )
    def test_only_channel_and_sequence_nought_are_there(
        self, fields: dict[str, object], skip: Skip
    ) -> None:
        ledger = trading()
        decoded = claim(ledger, voucher(ledger, started(ledger)), **fields)
        assert ledger.send(decoded) == skip

    def test_anything_else_of_a_stranger_is_skipped(self) -> None:
        ledger = trading()
        id_ = started(ledger)
        assert ledger.send(ledger.act(NEW, CampaignClose(id_))) == Skip.SENDER_UNKNOWN
        assert ledger.send(campaign(ledger, sender=NEW)) == Skip.SENDER_UNKNOWN
        free = ledger.act(NEW, ContentRegister(an_id("what costs nothing")))
        assert ledger.send(free) == Skip.SENDER_UNKNOWN
        assert ledger.account(NEW) is None

    def test_a_reward_of_just_the_opening_opens_a_record(self) -> None:
        ledger = trading()
        done(ledger, claim(ledger, voucher(ledger, started(ledger, reward=OPENING))))
        assert ledger.balance(NEW) == OPENING

    def test_the_lane_is_charged_for_what_a_claim_creates(self) -> None:
        """Record, mark and count: three entries. Another lane still has room."""
        for room, expected in ((2, "lane_exhausted"), (3, "done")):
            ledger = trading(entries_per_lane_and_day=20)
            id_ = started(ledger)
            used = len(ledger.state)
            ledger.pass_time(DAY_MS)
            people = [a_person(f"filler {n}") for n in range(20 - room)]
            for person in people:
                done(ledger, ledger.transfer(ROB, (person, OPENING)))
            assert len(ledger.state) == used + len(people)
            said = voucher(ledger, id_)
            assert outcomes(ledger, claim(ledger, said)) == [expected]
            assert (ledger.account(NEW) is None) == (expected != "done")
            if expected != "done":
                assert outcomes(ledger, claim(ledger, said), lane=1) == ["done"]

    def test_the_same_claim_in_two_lanes_of_a_block_pays_once(self) -> None:
        ledger = trading()
        id_ = started(ledger)
        decoded = claim(ledger, voucher(ledger, id_))
        assert outcomes(ledger, decoded, decoded) == ["done", "sequence_stale"]
        assert ledger.balance(NEW) == REWARD

    def test_of_two_that_race_for_the_last_reward_one_is_paid(self) -> None:
        """The other, without a record, is as if it had never come."""
        ledger = trading()
        id_ = started(ledger, budget=REWARD)
        late = a_person("too late")
        first = claim(ledger, voucher(ledger, id_))
        second = claim(ledger, voucher(ledger, id_, late, id=an_id("2")), late)
        assert outcomes(ledger, first, second) == ["done", "sender_unknown"]
        assert ledger.account(late) is None

    def test_claim_and_payment_out_of_it_fit_in_one_block(self) -> None:
        ledger = trading()
        id_ = started(ledger)
        payment = ledger.transfer(NEW, (ANN, REWARD), sequence=1)
        verdicts = outcomes(ledger, claim(ledger, voucher(ledger, id_)), payment)
        assert verdicts == ["done", "done"]
        assert (ledger.balance(NEW), gained(ledger, ANN)) == (0, [REWARD])
        ledger.scan()

    def test_a_dry_run_at_the_door_says_what_a_block_would(self) -> None:
        """And knows of what was let in before; nothing is written."""
        ledger = trading()
        id_ = started(ledger, per_claimant=2)
        context, before = ledger.context(), dict(ledger.state)
        good = claim(ledger, voucher(ledger, id_))
        assert dry_run(ledger.state, context, 0, good) == Outcome.DONE
        following = claim(ledger, voucher(ledger, id_, id=an_id("2")), sequence=1)
        assert dry_run(ledger.state, context, 0, following) == Skip.SEQUENCE_EARLY
        assert dry_run(ledger.state, context, 0, following, 1) == Outcome.DONE
        bad = claim(ledger, voucher(ledger, an_id("none")))
        assert dry_run(ledger.state, context, 0, bad) == Skip.SENDER_UNKNOWN
        assert ledger.state == before
        assert outcomes(ledger, good, following) == ["done", "done"]
        assert ledger.balance(NEW) == 2 * REWARD
