"""[IDLE-1] A network that nobody sends anything to does what falls due, each thing at its time."""

from __future__ import annotations

from typing import Final, NamedTuple

import pytest
from msgspec.structs import replace

from primitives.actions import ProgrammeOpen, ProgrammeSetRate
from primitives.receipt import CycleClosed, Event, ObligationSettled, RateChanged, ReserveDrawn
from tests.builders import (
    BONUS,
    GENESIS_TIME,
    a_mint,
    a_redeem,
    an_action,
    an_invoice,
)
from tests.simulation.checkers.progress import unrest
from tests.simulation.checkers.punctual import check_cycles
from tests.simulation.clients import POINTS
from tests.simulation.cluster import Cluster
from tests.simulation.machine import START_MS
from tests.simulation.plan import Plan, plan_of

CYCLE_MS: Final = 30_000
TERM_MS: Final = 20_000
DRAWN_MS: Final = CYCLE_MS + TERM_MS + 1_000
"""The closing's block came some milliseconds after its moment, and the calendar counts seconds."""
RATE_MS: Final = 15_000
SPENT: Final = 500_000
TOLERANCE_MS: Final = 500
"""A timer, a block, and the drift of a clock."""


class Happened(NamedTuple):
    """An event of something that fell due, and the time of its block after genesis."""

    event: Event
    after_ms: int


def a_quiet_plan() -> Plan:
    """Four honest members on exact clocks whom nothing befalls, and nobody who sends anything."""
    plan = plan_of(0)
    parameters = replace(
        plan.parameters,
        settlement_cycle_ms=CYCLE_MS,
        payment_term_ms=TERM_MS,
        rate_notice_ms=1_000,
        lag_bound=2,
    )
    quiet = plan._replace(members=4, parameters=parameters, adversary="none", byzantine=-1)
    quiet = quiet._replace(turnover=())
    skews = (0,) * quiet.endpoints
    return quiet._replace(faults=(), skews_ms=skews, people=0, paces=quiet.paces[:4])


def a_cluster() -> Cluster:
    """Started, with one customer's purchase and one rate to come: then everyone is silent."""
    cluster = Cluster(a_quiet_plan())
    cluster.clients.customers.clear()
    chain, person = cluster.setting.chain, cluster.setting.keys.person
    ann, admin = person("ann"), person("admin of west")
    cashier = person("cashier of east")
    terms = (BONUS.terms_hash, BONUS.terms_url)
    opened = ProgrammeOpen("west", "extra", "Extra", "point", *terms, 10, 1)
    worse = ProgrammeSetRate("west", "extra", 9, 1, GENESIS_TIME + RATE_MS)
    issuer = person("issuer of north")
    mint = a_mint("north", ann, POINTS, issuer=issuer, chain=chain)
    bought = a_redeem(ann, an_invoice("east", SPENT), cashier=cashier, chain=chain)
    words = [an_action(admin, a, sequence=n, chain=chain) for n, a in enumerate((opened, worse))]
    cluster.clients.add([mint, bought], 10)
    cluster.clients.add(words, 10)
    for endpoint in range(4):
        cluster.start(endpoint)
    cluster._look_after_clients()
    return cluster


def run_to(cluster: Cluster, after_ms: int) -> None:
    """Until so long after genesis."""
    cluster.loop.run_until(GENESIS_TIME + after_ms - START_MS)


def fell_due(cluster: Cluster) -> list[Happened]:
    """In the order in which it happened, at the first member."""
    archive = cluster.processes[0].executor.archive
    found = []
    for height in range(1, cluster.agreement.height + 1):
        record, listed = archive.block(height), archive.receipts(height)
        assert record is not None
        assert listed is not None
        for receipt in listed.receipts[: record.due]:
            after_ms = record.header.time - GENESIS_TIME
            found += [Happened(event, after_ms) for event in receipt.events]
    return found


def at_rest(cluster: Cluster) -> bool:
    return unrest(list(cluster.processes.values())) == ""


def test_an_idle_network_wakes_for_what_falls_due_and_for_nothing_else() -> None:
    """A rate starts, cycles close, a deadline passes; nobody sends a transaction meanwhile."""
    cluster = a_cluster()
    run_to(cluster, RATE_MS - 5_000)
    assert cluster.clients.are_done
    assert at_rest(cluster)
    sent, height = cluster.clients.sent, cluster.agreement.height
    moments = (RATE_MS, CYCLE_MS, DRAWN_MS, 2 * CYCLE_MS, 3 * CYCLE_MS)
    for moment in moments:
        run_to(cluster, moment - 100)
        assert at_rest(cluster), "until the very moment"
        assert cluster.agreement.height == height
        run_to(cluster, moment + 4_000)
        assert at_rest(cluster), "and soon after it"
        assert height < cluster.agreement.height <= height + 2
        height = cluster.agreement.height
    assert cluster.clients.sent == sent
    happened = fell_due(cluster)
    assert [type(each.event) for each in happened] == [
        *(RateChanged, CycleClosed, ReserveDrawn, ObligationSettled, CycleClosed, CycleClosed)
    ]
    expected = [RATE_MS, CYCLE_MS, *[DRAWN_MS] * 2, 2 * CYCLE_MS, 3 * CYCLE_MS]
    for (event, after_ms), due_ms in zip(happened, expected, strict=True):
        assert due_ms <= after_ms <= due_ms + TOLERANCE_MS, event
    assert happened[1].event == CycleClosed(cycle=1, claims=SPENT, obligations=1)
    assert happened[2].event == ReserveDrawn("north", 1, 0, SPENT)
    assert happened[3].event == ObligationSettled(1, 0, SPENT)
    for process in cluster.processes.values():
        check_cycles(process.executor)


@pytest.mark.parametrize("down_ms", [2_000, CYCLE_MS * 3 // 2])
def test_what_fell_due_while_all_were_down_happens_once_they_are_back(down_ms: int) -> None:
    """[LEDGER-27] Closings that a standstill slept through are one, in step with those before."""
    cluster = a_cluster()
    run_to(cluster, CYCLE_MS - 1_000)
    for endpoint in range(4):
        cluster.crash(endpoint)
    run_to(cluster, CYCLE_MS - 1_000 + down_ms)
    for endpoint in range(4):
        cluster.start(endpoint)
    run_to(cluster, CYCLE_MS - 1_000 + down_ms + 6_000)
    assert at_rest(cluster)
    closed = [each for each in fell_due(cluster) if isinstance(each.event, CycleClosed)]
    assert [each.event for each in closed] == [CycleClosed(cycle=1, claims=SPENT, obligations=1)]
    assert closed[0].after_ms >= CYCLE_MS - 1_000 + down_ms
    next_due_ms = cluster.processes[0].executor.head_record.next_due_ms
    assert next_due_ms is not None
    assert next_due_ms > closed[0].after_ms + GENESIS_TIME
    check_cycles(cluster.processes[0].executor)
