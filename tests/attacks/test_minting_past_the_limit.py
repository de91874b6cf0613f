"""A partner wants LiqBon that nobody stands behind: more than its limit lets it owe.

Whatever it splits, mixes or times: D + receivable + amount <= L, or ``limit_exceeded`` [LEDGER-8].
"""

from __future__ import annotations

import itertools

import pytest
from msgspec.structs import replace

from contracts import limits as rules
from node.ingress import Refusal
from primitives.actions import (
    Attestation,
    ProgrammeOpen,
    ReserveAttest,
    SetDailyCaps,
    attestation_message,
)
from primitives.amount import MICRO
from primitives.evidence import batch_fault
from primitives.keys import ED25519
from primitives.receipt import Outcome
from tests.attacks.scenes import (
    ANN,
    BOB,
    CYCLE_MS,
    DEBT,
    POINT,
    a_tight_genesis,
    all_ordered,
    besiege,
    done,
    honest_seeds,
    in_lanes,
    outcome_of,
    refused,
    texts,
)
from tests.builders import (
    BONUS,
    DAY_MS,
    LIMITS,
    a_batch,
    a_genesis,
    a_mint,
    a_role,
    raw,
)
from tests.fakes.node import FakeNode
from tests.fakes.ordering import Ledger as NodeLedger
from tests.ledger import Ledger
from tests.simulation.adversaries.minter import Minter

LIMIT = 100 * MICRO
ALL_POINTS = LIMIT // POINT


@pytest.fixture
def ledger() -> Ledger:
    """Each partner may owe 100 LiqBon."""
    return Ledger(a_tight_genesis(LIMIT))


class TestOnTheLedger:
    """[LEDGER-6] [LEDGER-8] Nothing gets past the limit, and a refusal leaves nothing behind."""

    def test_the_last_unit_within_is_minted_and_the_first_beyond_is_not(
        self, ledger: Ledger
    ) -> None:
        refused(ledger, ledger.mint("north", ANN, ALL_POINTS + 1), "limit_exceeded")
        done(ledger, ledger.mint("north", ANN, ALL_POINTS))
        refused(ledger, ledger.mint("north", ANN, 1), "limit_exceeded")
        assert ledger.position("north").net == LIMIT

    def test_splitting_it_over_programmes_does_not_help(self) -> None:
        terms = [BONUS, replace(BONUS, code="miles"), replace(BONUS, code="stamps")]
        genesis = a_genesis(programmes=terms, limits=a_tight_genesis(LIMIT).partners[0].limits)
        ledger = Ledger(genesis)
        for programme in ("bonus", "miles"):
            done(ledger, ledger.mint("north", ANN, ALL_POINTS // 2, programme=programme))
        for programme in ("bonus", "miles", "stamps"):
            mint = ledger.mint("north", ANN, 1, programme=programme)
            refused(ledger, mint, "limit_exceeded")

    def test_opening_a_programme_with_a_mad_rate_does_not_help(self, ledger: Ledger) -> None:
        """[LEDGER-33] The rate is the partner's own business; what it owes by it is not."""
        admin = a_role("north", "admin")
        mad = ProgrammeOpen(
            "north", "mad", "Mad points", "point", bytes(32), "https://example.com", 2**32 - 1, 1
        )
        done(ledger, ledger.act(admin, mad))
        mint = ledger.mint("north", ANN, 1, programme="mad", amount=2**32 - 1)
        refused(ledger, mint, "limit_exceeded")

    @pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
    def test_racing_itself_through_three_lanes_in_one_block_does_not_help(
        self, ledger: Ledger, order: tuple[int, ...]
    ) -> None:
        """Each mint fits by itself, and each lane's author saw only its own."""
        share = ALL_POINTS * 2 // 5
        mints = [ledger.mint("north", ANN, share, channel=1 + i) for i in range(3)]
        verdicts = in_lanes(ledger, *((lane, mints[lane]) for lane in order))
        assert texts(verdicts) == ["done", "done", "limit_exceeded"]
        assert ledger.position("north").net == 2 * share * POINT

    def test_what_others_are_about_to_pay_it_is_no_room(self, ledger: Ledger) -> None:
        """D is below zero until it is paid: minting on that room would exceed L by what comes in.

        [LEDGER-8] [LEDGER-28]
        """
        done(ledger, ledger.mint("north", ANN, ALL_POINTS))
        done(ledger, ledger.redeem(ANN, ledger.invoice("east", DEBT)))
        ledger.pass_time(CYCLE_MS)
        east = ledger.position("east")
        assert (east.net, east.receivable) == (-DEBT, DEBT)
        refused(ledger, ledger.mint("east", BOB, ALL_POINTS + 1), "limit_exceeded")
        done(ledger, ledger.mint("east", BOB, ALL_POINTS))
        done(ledger, ledger.pay(1, 0))
        done(ledger, ledger.confirm(1, 0))
        assert ledger.position("east").net == LIMIT
        refused(ledger, ledger.mint("east", BOB, 1), "limit_exceeded")

    def test_redeeming_minting_and_refunding_does_not_walk_around_it(self, ledger: Ledger) -> None:
        """[LEDGER-19] A refund is held to the limit like a mint."""
        done(ledger, ledger.mint("north", ANN, ALL_POINTS))
        invoice = ledger.invoice("north", 30 * MICRO)
        done(ledger, ledger.redeem(ANN, invoice))
        done(ledger, ledger.mint("north", BOB, 30 * MICRO // POINT))
        refused(ledger, ledger.refund("north", invoice.id, 30 * MICRO), "limit_exceeded")
        refused(ledger, ledger.refund("north", invoice.id, 1), "limit_exceeded")
        assert ledger.position("north").net == LIMIT

    def test_the_daily_cap_cannot_be_raised_for_today(self) -> None:
        """[LEDGER-9] [LEDGER-22] A stolen key, or a hasty partner, has one day's cap a day."""
        ledger = Ledger(a_genesis(limits=replace(LIMITS, mint_per_day=MICRO)))
        done(ledger, ledger.mint("north", ANN, 100))
        raised = SetDailyCaps("north", 1_000 * MICRO, 1_000 * MICRO)
        done(ledger, ledger.act(a_role("north", "admin"), raised))
        refused(ledger, ledger.mint("north", ANN, 1), "daily_cap_exceeded")


class TestByMoreReserve:
    """[LEDGER-23] The limit grows by the custodian's word, and not before the others had a day."""

    def test_a_partner_cannot_attest_its_own_reserve(self) -> None:
        ledger = Ledger()
        own = ledger.attest("north", 80_000 * MICRO, by=a_role("north", "admin"))
        refused(ledger, own, "not_custodian")

    def test_a_forged_word_of_the_custodian_is_no_sound_transaction(self) -> None:
        """[TX-10] [LANE-2] The policy is the custodian's, the signature is not: no honest
        validator orders it, and whoever seals it has proven itself a forger."""
        ledger = Ledger()
        said = Attestation("north", 80_000 * MICRO, ledger.time)
        custodian, admin = a_role("vault", "custodian"), a_role("north", "admin")
        message = attestation_message(ledger.chain, said)
        forged = replace(admin.endorse(message), policy=custodian.policy)
        attest = ledger.act(admin, ReserveAttest(said, forged))
        assert batch_fault(ledger.chain, ED25519, a_batch([attest])) == "signature_invalid"

    def test_not_beyond_the_ceiling_and_not_at_once(self) -> None:
        ledger = Ledger()
        ceiling = LIMITS.reserve_ceiling
        ledger.pass_time(DAY_MS)
        refused(ledger, ledger.attest("north", ceiling + 1), "ceiling_exceeded")
        before = rules.limit(ledger.limits("north"))
        done(ledger, ledger.attest("north", ceiling))
        assert rules.limit(ledger.limits("north")) == before
        ledger.pass_time(DAY_MS)
        assert rules.limit(ledger.limits("north")) > before

    def test_a_lapsed_reserve_is_no_room(self) -> None:
        """[LEDGER-10] It stops counting by itself; nobody has to notice."""
        free = replace(LIMITS, credit=0, reserve=LIMIT, haircut=0)
        ledger = Ledger(a_genesis(limits=free))
        ledger.pass_time(35 * DAY_MS)
        refused(ledger, ledger.mint("north", ANN, 1), "limit_exceeded")


class TestAtTheDoorOfANode:
    """A node refuses it before it is ordered; a node that does not gains nothing."""

    async def test_it_is_refused_with_its_reason_and_never_ordered(self) -> None:
        node = FakeNode(NodeLedger(genesis=a_tight_genesis(LIMIT)))
        chain = node.ledger.executor.chain
        mint = a_mint("north", ANN, ALL_POINTS + 1, chain=chain)
        with pytest.raises(Refusal) as caught:
            await node.ingress.submit(raw(mint))
        assert caught.value.code == "limit_exceeded"
        assert node.ledger.executor.height == 0
        node.ingress.close()

    async def test_two_that_fit_alone_and_not_together_are_decided_by_the_ledger(self) -> None:
        """A door judges each by the state that it has; the ledger has the last word."""
        ledger = NodeLedger(genesis=a_tight_genesis(LIMIT))
        node, chain = FakeNode(ledger), ledger.executor.chain
        ledger.hold = True
        share = ALL_POINTS * 3 // 5
        mints = [
            a_mint("north", ANN, share, f"deposit {i}", channel=i, chain=chain) for i in range(2)
        ]
        for mint in mints:
            await node.ingress.submit(raw(mint))
        await all_ordered(ledger, node)
        outcomes = [outcome_of(ledger, mint.id) for mint in mints]
        assert outcomes == [Outcome.DONE, Outcome.LIMIT_EXCEEDED]
        node.ingress.close()

    def test_a_validator_that_orders_it_all_the_same_gets_a_refusal(self) -> None:
        ledger = NodeLedger(genesis=a_tight_genesis(LIMIT))
        mint = a_mint("north", ANN, ALL_POINTS + 1, chain=ledger.executor.chain)
        ledger.block(mint)
        assert outcome_of(ledger, mint.id) == Outcome.LIMIT_EXCEEDED
        assert ledger.executor.account(ANN.account).balance == 0


@pytest.mark.parametrize("seed", honest_seeds(3))
def test_a_validator_in_league_with_its_issuer_mints_nothing_in_a_whole_network(seed: int) -> None:
    """[LEDGER-8] [LEDGER-9] It seals what no honest door would take in: beyond the limit, or
    beyond the daily cap. That all LiqBon is what honest customers deposited, the run checks."""
    siege = besiege("minter", seed)
    assert isinstance(siege.adversary, Minter)
    told = siege.fates(siege.adversary.intents)
    assert told, "none of its mints was ordered"
    assert set(told) <= {"limit_exceeded", "daily_cap_exceeded"}
