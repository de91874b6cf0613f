"""Two hundred networks, none of which may fork, stall, or prove nothing."""

from __future__ import annotations

import pytest

from tests.simulation.adversaries import DRAWN
from tests.simulation.cluster import Cluster
from tests.simulation.coverage import PROBES, watching
from tests.simulation.plan import ADVERSARIES, plan_of
from tests.simulation.verdict import Verdict

SEEDS = 200
CHUNK = 10
MONEY = {
    *("Minted", "Redeemed", "Refunded", "ProgrammeOpened", "RatePublished", "RateChanged"),
    *("CycleClosed", "PaymentClaimed", "PaymentDisputed", "ReserveDrawn", "ObligationSettled"),
}


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_every_seed_agrees(first: int) -> None:
    """[SAFE-5] [LIVE-7] Ten seeds at a time, so that they spread over processes."""
    outcomes = [Cluster(plan_of(seed)).run() for seed in range(first, first + CHUNK)]
    bad = [outcome.text() for outcome in outcomes if outcome.verdict is not Verdict.AGREED]
    assert bad == []


def test_who_lies_with_its_own_batches_is_given_some() -> None:
    """In a network of seven no customer ever came to the liar: seed 1578 at cc338f0."""
    cluster = Cluster(plan_of(1578))
    assert cluster.run().verdict is Verdict.AGREED
    assert cluster.adversary.acted


def test_who_lies_is_there_until_it_has_lied() -> None:
    """It was down for as long as it was a member: seed 2845 at 5f09446."""
    assert Cluster(plan_of(2845)).run().verdict is Verdict.AGREED


def test_nobody_lets_go_of_what_the_archive_has_not_got() -> None:
    """Else nobody is left whom it could ask: seed 410 at 5f09446 stood still."""
    cluster = Cluster(plan_of(410))
    assert cluster.run().verdict is Verdict.AGREED
    oldest = {e: process.executor.oldest for e, process in cluster.processes.items()}
    assert oldest[cluster.plan.archive] == 0 < max(oldest.values())


def test_a_partner_may_change_keys_in_every_turn() -> None:
    """Seed 4112 at 30d16d8: four times, which had no fifth key."""
    plan = plan_of(4112)
    assert len({turn.partner for turn in plan.turnover}) == 1
    assert Cluster(plan).run().verdict is Verdict.AGREED


def test_partners_spend_settle_and_quarrel_in_the_first_seeds() -> None:
    """What the checkers saw no fault in did happen, in networks beset by faults."""
    happened: set[str] = set()
    seed = 0
    while MONEY - happened and seed < SEEDS // 4:
        plan = plan_of(seed)
        if plan.closes and plan.members > 1:
            cluster = Cluster(plan)
            cluster.run()
            happened |= kinds_of_events(cluster)
        seed += 1
    assert MONEY - happened == set()


def test_every_rule_decides_something_in_the_first_seeds() -> None:
    """Agreement says little of a rule that never mattered. The busiest plans come first."""
    left = {probe.rule for probe in PROBES}
    plans = sorted(map(plan_of, range(SEEDS)), key=lambda plan: -len(plan.turnover))
    with watching() as coverage:
        for plan in plans:
            Cluster(plan).run()
            left.difference_update(coverage.take())
            if not left:
                break
    assert left == set()


def kinds_of_events(cluster: Cluster) -> set[str]:
    """Names of the events in all receipts of a run."""
    archive = cluster.fullest().archive
    found = [archive.receipts(height) for height in range(1, cluster.agreement.height)]
    listed = [receipts.receipts for receipts in found if receipts is not None]
    return {type(e).__name__ for receipts in listed for r in receipts for e in r.events}


def test_the_seeds_cover_what_they_claim_to() -> None:
    plans = [plan_of(seed) for seed in range(SEEDS)]
    faults = {type(fault).__name__ for plan in plans for fault in plan.faults}
    assert faults == {"Crash", "Partition", "Jump", "Storm"}
    assert {plan.adversary for plan in plans} == set(ADVERSARIES)
    assert len(set(ADVERSARIES)) == len(DRAWN) + 3, "and nobody, the twin, the withholder"
    assert {turn.change for plan in plans for turn in plan.turnover} == {
        *("lost", "announced", "comes", "leaves", "removed", "upgraded")
    }
    assert {plan.members for plan in plans} == {1, 4, 5, 6, 7, 10}
    assert any(plan.real_keys for plan in plans)
    assert any(plan.parameters.lag_bound == 1 for plan in plans)
    assert {plan.closes for plan in plans} == {True, False}
    assert {keep for plan in plans for keep in plan.keeps_ms} == {None, 0, 500, 2_000}
    assert all(None in plan.keeps_ms for plan in plans), "who was away asks somebody"
    blackouts = [
        fault
        for plan in plans
        for fault in plan.faults
        if type(fault).__name__ == "Crash" and len(fault.endpoints) == plan.endpoints > 1  # type: ignore[union-attr]
    ]
    assert blackouts, "power cuts that take every node"
