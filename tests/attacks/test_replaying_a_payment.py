"""A competitor copies a customer's payment out of a rival's lane into its own.

It hopes that the copy is carried out too, or that it leaves a refusal where the payment should be.
A sequence is used once, and what does not use it writes nothing [TX-8].
"""

from __future__ import annotations

import itertools

import pytest
from msgspec.structs import replace

from client.finality import make_final
from client.light import LightClient
from client.trust import Believed
from node.ingress import Refusal
from primitives.amount import MICRO
from primitives.receipt import Outcome, Receipt, Skip
from tests.attacks.scenes import (
    ANN,
    BOB,
    besiege,
    done,
    honest_seeds,
    in_lanes,
    outcome_of,
    texts,
)
from tests.builders import HOUR_MS, PARAMETERS, a_genesis, a_person, raw
from tests.fakes.node import FakeNode
from tests.fakes.nodes import HonestNode
from tests.fakes.ordering import Ledger as NodeLedger
from tests.ledger import Ledger
from tests.simulation.adversaries.replayer import Replayer


@pytest.fixture
def ledger() -> Ledger:
    """Ann has 100 LiqBon."""
    ledger = Ledger()
    ledger.give(ANN, 100 * MICRO)
    return ledger


class TestOnTheLedger:
    """[TX-8] [RCPT-1] [RCPT-2] Exactly once, and exactly one receipt."""

    @pytest.mark.parametrize("lanes", list(itertools.permutations(range(4))))
    def test_copies_in_every_lane_of_one_block_pay_once(
        self, ledger: Ledger, lanes: tuple[int, ...]
    ) -> None:
        """Whichever comes first is the payment; the competitor's copy may well be it."""
        payment = ledger.transfer(ANN, (BOB, 10 * MICRO))
        verdicts = in_lanes(ledger, *((lane, payment) for lane in lanes))
        assert texts(verdicts) == ["done"] + ["sequence_stale"] * 3
        assert ledger.balance(ANN) == 90 * MICRO

    def test_a_late_copy_writes_nothing(self, ledger: Ledger) -> None:
        payment = ledger.transfer(ANN, (BOB, 10 * MICRO))
        done(ledger, payment)
        for pause in (0, 1, HOUR_MS // 2):
            before = dict(ledger.state)
            assert ledger.send(payment, lane=1, after_ms=pause) == Skip.SEQUENCE_STALE
            assert ledger.state == before

    def test_an_early_copy_makes_no_refusal_of_what_is_not_due_yet(self, ledger: Ledger) -> None:
        """Ann signed three in a row; the competitor brings the last one first."""
        row = [ledger.transfer(ANN, (BOB, MICRO), sequence=i) for i in range(3)]
        verdicts = in_lanes(ledger, (1, row[2]), (1, row[1]), (0, row[0]), (0, row[1]), (0, row[2]))
        assert texts(verdicts) == ["sequence_early", "sequence_early", "done", "done", "done"]
        origins = [v.origin for v in verdicts if isinstance(v, Receipt)]
        assert origins == [payment.id for payment in row]

    def test_a_copy_where_there_is_no_room_makes_no_refusal(self) -> None:
        """[LEDGER-14] A competitor exhausts its own lane, then copies a payment into it."""
        tight = replace(PARAMETERS, entries_per_lane_and_day=257)
        ledger = Ledger(a_genesis(parameters=tight))
        for someone in (ANN, BOB):
            ledger.give(someone, 100 * MICRO)
        crowd = [(a_person(f"newcomer {i}"), 10_000) for i in range(255)]
        done(ledger, ledger.transfer(BOB, *crowd), lane=1)
        two = [(a_person("carl"), MICRO), (a_person("dora"), MICRO), (a_person("emil"), MICRO)]
        payment = ledger.transfer(ANN, *two)
        assert ledger.send(payment, lane=1) == Skip.LANE_EXHAUSTED
        done(ledger, payment, lane=0)

    def test_a_redeemed_invoice_is_paid_once_whoever_repeats_it(self, ledger: Ledger) -> None:
        """[LEDGER-17] At the till as between people."""
        redeem = ledger.redeem(ANN, ledger.invoice("east", 10 * MICRO))
        assert texts(in_lanes(ledger, (3, redeem), (1, redeem))) == ["done", "sequence_stale"]
        assert ledger.position("east").redeemed == 10 * MICRO

    def test_an_expired_copy_stays_expired(self, ledger: Ledger) -> None:
        """What nobody carried out in time, nobody can bring back."""
        payment = ledger.transfer(ANN, (BOB, MICRO))
        ledger.pass_time(2 * HOUR_MS)
        assert ledger.send(payment, lane=1) == Skip.EXPIRED
        assert ledger.balance(ANN) == 100 * MICRO


class TestThroughADoor:
    async def test_a_second_door_says_that_it_has_a_receipt(self) -> None:
        ledger = NodeLedger()
        ledger.fund(ANN)
        ours, theirs = FakeNode(ledger), FakeNode(ledger)
        payment = ledger.transfer(ANN, (BOB, MICRO))
        await ours.ingress.submit(raw(payment))
        with pytest.raises(Refusal) as caught:
            await theirs.ingress.submit(raw(payment))
        assert caught.value.code == "already_executed"
        for node in (ours, theirs):
            node.ingress.close()

    async def test_the_customer_is_told_of_the_payment_not_of_the_copy(self) -> None:
        """The copy comes first, in the competitor's lane, then early and late ones: her wallet
        holds the proof of the one receipt there is."""
        ledger = NodeLedger()
        ledger.fund(ANN)
        payment = ledger.transfer(ANN, (BOB, MICRO))
        ledger.author = 2
        ledger.block(payment, payment)
        ledger.block(payment)
        ledger.author = 0
        now_ms = ledger.executor.head_record.header.time
        wallet = LightClient(Believed(ledger.genesis), [HonestNode(ledger)], lambda: now_ms)
        settled = await make_final(wallet, payment, raw(payment), 5)
        assert settled.outcome == Outcome.DONE
        assert outcome_of(ledger, payment.id) == Outcome.DONE
        assert ledger.executor.account(BOB.account).balance == MICRO


@pytest.mark.parametrize("seed", honest_seeds(3))
@pytest.mark.parametrize("byzantine", [0, 2])
def test_in_a_network_every_payment_is_made_once(seed: int, byzantine: int) -> None:
    """[LIVE-7] The run checks that each is final once; here, that none was turned into a refusal
    and that every customer has what she should have."""
    siege = besiege("replayer", seed, byzantine)
    assert isinstance(siege.adversary, Replayer)
    assert siege.adversary.acted > 10
    siege.assert_all_wishes_were_done()
