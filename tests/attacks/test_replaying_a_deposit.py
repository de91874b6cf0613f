"""A partner, or whoever has its issuer's key, mints twice against one deposit.

A commitment is marked for ever with the first mint that is done [LEDGER-12].
"""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from node.ingress import Refusal
from partner.deposits import Deposit
from partner.outbox import Conflict, Entry, Outbox
from primitives.actions import Mint
from primitives.entries import Mark, MarkKind, mark_key
from primitives.receipt import Outcome, Skip
from primitives.transaction import Decoded
from tests.attacks.scenes import (
    ANN,
    BOB,
    POINT,
    a_tight_genesis,
    all_ordered,
    done,
    in_lanes,
    outcome_of,
    refused,
    texts,
)
from tests.builders import BONUS, DAY_MS, a_commitment, a_genesis, a_mint, a_role, raw
from tests.fakes.node import FakeNode
from tests.fakes.ordering import Ledger as NodeLedger
from tests.ledger import Ledger
from tests.people import Person


class TestOnTheLedger:
    """[LEDGER-6] [LEDGER-12] ``commitment_used``, whatever else about the mint is new."""

    def test_the_same_deposit_mints_once(self) -> None:
        ledger = Ledger()
        done(ledger, ledger.mint("north", ANN, 100, reference="till 7"))
        refused(ledger, ledger.mint("north", ANN, 100, reference="till 7"), "commitment_used")
        assert ledger.balance(ANN) == 100 * POINT

    @pytest.mark.parametrize("points", [1, 99, 101, 100_000])
    @pytest.mark.parametrize("to", [ANN, BOB], ids=["the same customer", "a friend"])
    @pytest.mark.parametrize("programme", ["bonus", "miles"])
    def test_another_amount_customer_or_programme_does_not_make_it_another_deposit(
        self, points: int, to: Person, programme: str
    ) -> None:
        ledger = Ledger(a_genesis(programmes=[BONUS, replace(BONUS, code="miles")]))
        done(ledger, ledger.mint("north", ANN, 100, reference="till 7"))
        again = ledger.mint("north", to, points, reference="till 7", programme=programme)
        refused(ledger, again, "commitment_used")

    def test_nor_do_years(self) -> None:
        ledger = Ledger()
        done(ledger, ledger.mint("north", ANN, 100, reference="till 7"))
        for _ in range(10):
            ledger.pass_time(365 * DAY_MS)
        refused(ledger, ledger.mint("north", ANN, 1, reference="till 7"), "commitment_used")

    def test_the_same_bytes_in_another_lane_come_to_nothing(self) -> None:
        """[TX-8] They are skipped: no receipt, no entry, and the first stays done."""
        ledger = Ledger()
        mint = ledger.mint("north", ANN, 100)
        assert texts(in_lanes(ledger, (0, mint), (1, mint), (3, mint))) == [
            "done",
            "sequence_stale",
            "sequence_stale",
        ]
        assert ledger.send(mint, lane=2) == Skip.SEQUENCE_STALE
        assert ledger.balance(ANN) == 100 * POINT

    def test_two_mints_of_one_deposit_in_two_lanes_of_one_block_make_one(self) -> None:
        ledger = Ledger()
        pair = [
            ledger.mint("north", to, 100, reference="till 7", channel=channel)
            for to, channel in ((ANN, 1), (BOB, 2))
        ]
        assert texts(in_lanes(ledger, (2, pair[0]), (0, pair[1]))) == ["done", "commitment_used"]
        assert (ledger.balance(ANN), ledger.balance(BOB)) == (100 * POINT, 0)

    def test_a_refused_mint_does_not_use_the_deposit_up(self) -> None:
        """The customer's points are not lost in a refusal: once there is room they are minted."""
        ledger = Ledger(a_tight_genesis(100 * POINT))
        done(ledger, ledger.mint("north", BOB, 50))
        refused(ledger, ledger.mint("north", ANN, 100, reference="till 7"), "limit_exceeded")
        key = mark_key("north", MarkKind.COMMITMENT, a_commitment("till 7"))
        assert ledger.entry(key, Mark) is None
        done(ledger, ledger.redeem(BOB, ledger.invoice("north", 50 * POINT)))
        done(ledger, ledger.mint("north", ANN, 100, reference="till 7"))


class TestAtTheDoorsOfTwoNodes:
    """A door that knows of the first refuses the second; two that do not, order both in vain."""

    async def test_a_door_refuses_a_deposit_that_was_minted(self) -> None:
        node = FakeNode()
        node.ledger.fund(ANN)
        chain = node.ledger.executor.chain
        again = a_mint("north", BOB, 5, "north 0", sequence=1, chain=chain)
        with pytest.raises(Refusal) as caught:
            await node.ingress.submit(raw(again))
        assert caught.value.code == "commitment_used"
        node.ingress.close()

    async def test_two_doors_that_know_nothing_of_each_other_mint_it_once(self) -> None:
        ledger = NodeLedger()
        ledger.hold = True
        first, second = FakeNode(ledger), FakeNode(ledger)
        chain = ledger.executor.chain
        pair = [
            a_mint("north", ANN, 100, "till 7", channel=channel, chain=chain) for channel in (1, 2)
        ]
        for node, mint in zip((first, second), pair, strict=True):
            await node.ingress.submit(raw(mint))
        await all_ordered(ledger, first, second)
        outcomes = [outcome_of(ledger, mint.id) for mint in pair]
        assert outcomes == [Outcome.DONE, Outcome.COMMITMENT_USED]
        assert ledger.executor.account(ANN.account).balance == 100 * POINT
        first.ingress.close()
        second.ingress.close()


class TestInThePartnersOutbox:
    """The partner's own protection: one reference, one salt, so one commitment for ever."""

    def test_a_reference_that_is_entered_again_is_the_same_commitment(self, tmp_path: Path) -> None:
        outbox = Outbox(tmp_path)
        deposit = Deposit("till 7", "bonus", 100, ANN.account)
        [first] = outbox.enter("north", [deposit], 1)
        [again] = outbox.enter("north", [deposit], 2)
        assert again.commitment == first.commitment
        ledger = Ledger()
        done(ledger, minted_on(ledger, first))
        refused(ledger, minted_on(ledger, again), "commitment_used")

    def test_a_reference_for_another_customer_is_a_conflict(self, tmp_path: Path) -> None:
        outbox = Outbox(tmp_path)
        outbox.enter("north", [Deposit("till 7", "bonus", 100, ANN.account)], 1)
        with pytest.raises(Conflict):
            outbox.enter("north", [Deposit("till 7", "bonus", 100, BOB.account)], 2)


def minted_on(ledger: Ledger, entry: Entry) -> Decoded:
    """The mint of a deposit as an outbox has it."""
    deposit = entry.deposit
    amount = deposit.points * POINT
    action = Mint(
        entry.partner,
        deposit.programme,
        deposit.points,
        amount,
        entry.commitment,
        deposit.to,
    )
    return ledger.act(a_role("north", "issuer"), action)
