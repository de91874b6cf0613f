"""Whatever a network could do wrong, told to the checker: it finds each, and a good run is good."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from benchmarks.auditor import Audited, Run, Sums, Total, Verified, sum_of
from tests.chaos.chain import Written
from tests.chaos.checker import MOST_TOLD, Seen, Verdict, judge
from tests.chaos.history import (
    Acknowledged,
    Event,
    GaveUp,
    History,
    Lied,
    Offered,
    Refused,
    fates,
    read_history,
)
from tests.chaos.plan import RECOVERY_MS, Kill, Plan

ISSUER, ALICE, BORIS = b"issuer", b"alice", b"boris"
MINTED, AMOUNT = 1_000, 3
PAYMENTS = 40
PLAN = Plan(1, 40, 1, (Kill(5_000, 2_000, (0, 1)),))
OUTAGE = range(5_000, 7_000 + RECOVERY_MS)


def an_id(name: object) -> str:
    return sha256(repr(name).encode()).hexdigest()


def a_transfer(number: int, height: int, units: int = AMOUNT) -> Written:
    pays = ((BORIS, units),)
    return Written(height, an_id(number), True, ALICE, 0, number, units, pays)


MINT = Written(1, an_id("mint"), True, ISSUER, 0, 0, 0, ((ALICE, MINTED),))


def audited(written: list[Written], roots: list[str]) -> Audited:
    done = [bytes.fromhex(each.id) for each in written if each.done]
    total = Total(len(written), len(done), 0, 0, sum_of(done))
    return Audited(Verified(len(roots) - 1, roots[-1]), Run(1.0, 1.0, 1), total, Sums(3))


def a_good_run() -> Seen:
    """Alice pays Boris once a second, each payment at a height of its own, but for the outage,
    after which all that waited is done at once."""
    events: list[Event] = []
    written = [MINT]
    for number in range(PAYMENTS):
        at_ms = number * 1_000
        proven_ms = (OUTAGE.stop if at_ms in OUTAGE else at_ms) + 200
        events += [
            Offered(an_id(number), at_ms),
            Acknowledged(an_id(number), proven_ms, number + 2, 0, 1),
        ]
        written.append(a_transfer(number, number + 2))
    roots = [an_id(("root", height)) for height in range(PAYMENTS + 2)]
    paid = PAYMENTS * AMOUNT
    return Seen(
        plan=PLAN,
        events=events,
        roots=[list(roots) for _ in range(4)],
        written=written,
        balances={ISSUER: 0, ALICE: MINTED - paid, BORIS: paid},
        audited=audited(written, roots),
        funding=frozenset({MINT.id}),
        struck=Counter(kill=2),
        ended=[],
    )


def codes(verdict: Verdict) -> set[str]:
    return {finding.code for finding in verdict.findings}


def test_a_good_run_agrees_and_is_counted() -> None:
    verdict = judge(a_good_run())
    assert (verdict.verdict, verdict.findings) == ("Agreed", [])
    counters = verdict.counters
    away = len([at_ms for at_ms in range(0, 40_000, 1_000) if at_ms in OUTAGE])
    assert (counters.offered, counters.acknowledged) == (PAYMENTS, PAYMENTS)
    assert counters.offered_connected == counters.acknowledged_connected == PAYMENTS - away
    assert (counters.latency_p50_ms, counters.latency_p99_ms) == (200, 200)
    assert counters.longest_pause_ms == 1_000
    assert (counters.connected_ms, counters.spans) == (40_000 - len(OUTAGE), 2)
    assert (counters.heights, counters.receipts) == (PAYMENTS + 1, PAYMENTS + 1)
    assert counters.struck == {"kill": 2}


def without(seen: Seen, number: int) -> list[Written]:
    return [each for each in seen.written if each.id != an_id(number)]


def a_lost_acknowledgement(seen: Seen) -> Seen:
    """The network forgets the last payment: its chain is sound in itself."""
    written = without(seen, PAYMENTS - 1)
    held = seen.balances | {
        ALICE: seen.balances[ALICE] + AMOUNT,
        BORIS: seen.balances[BORIS] - AMOUNT,
    }
    return seen._replace(
        written=written, balances=held, audited=audited(written, list(seen.roots[0]))
    )


def an_acknowledgement_of_another_height(seen: Seen) -> Seen:
    written = [*without(seen, PAYMENTS - 1), a_transfer(PAYMENTS - 1, PAYMENTS)]
    return seen._replace(written=written)


def a_duplicate(seen: Seen) -> Seen:
    again = a_transfer(PAYMENTS - 1, PAYMENTS + 1)._replace(sequence=PAYMENTS)
    written = [*seen.written, again]
    held = seen.balances | {
        ALICE: seen.balances[ALICE] - AMOUNT,
        BORIS: seen.balances[BORIS] + AMOUNT,
    }
    return seen._replace(
        written=written, balances=held, audited=audited(written, list(seen.roots[0]))
    )


def a_wrong_balance(seen: Seen) -> Seen:
    return seen._replace(balances=seen.balances | {BORIS: seen.balances[BORIS] + 1})


def a_balance_from_nowhere(seen: Seen) -> Seen:
    return seen._replace(balances=seen.balances | {b"mallory": 5})


def a_transfer_of_what_is_not_there(seen: Seen) -> Seen:
    number = PAYMENTS - 1
    written = [*without(seen, number), a_transfer(number, number + 2, MINTED)]
    paid = MINTED + number * AMOUNT
    held = seen.balances | {ALICE: MINTED - paid, BORIS: paid}
    return seen._replace(written=written, balances=held)


def a_skipped_sequence(seen: Seen) -> Seen:
    *most, last = seen.written
    return seen._replace(written=[*most, last._replace(sequence=last.sequence + 1)])


def an_unknown_payment(seen: Seen) -> Seen:
    return seen._replace(funding=frozenset())


def a_strange_action(seen: Seen) -> Seen:
    strange = Written(PAYMENTS + 1, an_id("due"), True, b"", 0, -1, None, ())
    written = [*seen.written, strange]
    return seen._replace(written=written, audited=audited(written, list(seen.roots[0])))


def a_refusal_in_the_chain(seen: Seen) -> Seen:
    *most, last = seen.written
    return seen._replace(written=[*most, last._replace(done=False)])


def a_proven_refusal(seen: Seen) -> Seen:
    return seen._replace(events=[*seen.events, Refused(an_id(0), 900, 4, 1)])


def a_fork(seen: Seen) -> Seen:
    one = [*seen.roots[3]]
    one[7] = an_id("another")
    return seen._replace(roots=[*seen.roots[:3], one])


def a_node_that_is_behind(seen: Seen) -> Seen:
    return seen._replace(roots=[*seen.roots[:3], seen.roots[3][:-1]])


def an_audit_that_fails(seen: Seen) -> Seen:
    return seen._replace(audited=None)


def an_audit_of_another_chain(seen: Seen) -> Seen:
    return seen._replace(audited=audited(without(seen, 3), list(seen.roots[0])))


def an_audit_of_another_root(seen: Seen) -> Seen:
    return seen._replace(audited=audited(list(seen.written), [*seen.roots[0][:-1], an_id("else")]))


def a_lie(seen: Seen) -> Seen:
    return seen._replace(events=[*seen.events, Lied(an_id(0), 700, 2, "proof_invalid")])


def a_node_that_ends(seen: Seen) -> Seen:
    return seen._replace(ended=["bramble: status 1"])


def unacknowledged(seen: Seen, numbers: range) -> Seen:
    ids = {an_id(number) for number in numbers}
    kept = [e for e in seen.events if not (isinstance(e, Acknowledged) and e.id in ids)]
    return seen._replace(events=[*kept, *(GaveUp(id_, 39_000) for id_ in sorted(ids))])


def too_few_acknowledged(seen: Seen) -> Seen:
    """Four of those offered while a quorum was connected, not in a row."""
    return unacknowledged(seen, range(17, 24, 2))


def no_progress(seen: Seen) -> Seen:
    """Everything is acknowledged, but what was offered from the 20th second on only at the end."""
    events: list[Event] = []
    for event in seen.events:
        if isinstance(event, Acknowledged) and event.at_ms >= 15_000:
            event = Acknowledged(event.id, 41_000, event.height, 0, 1)
        events.append(event)
    return seen._replace(events=events)


@pytest.mark.parametrize(
    ("forge", "code"),
    [
        (a_lost_acknowledgement, "lost"),
        (an_acknowledgement_of_another_height, "lost"),
        (a_duplicate, "twice"),
        (a_wrong_balance, "balance"),
        (a_balance_from_nowhere, "balance"),
        (a_transfer_of_what_is_not_there, "replay"),
        (a_skipped_sequence, "replay"),
        (an_unknown_payment, "invented"),
        (a_strange_action, "replay"),
        (a_refusal_in_the_chain, "refused"),
        (a_proven_refusal, "refused"),
        (a_fork, "fork"),
        (a_node_that_is_behind, "fork"),
        (an_audit_that_fails, "audit"),
        (an_audit_of_another_chain, "audit"),
        (an_audit_of_another_root, "audit"),
        (a_lie, "lied"),
        (a_node_that_ends, "node_ended"),
        (too_few_acknowledged, "unacknowledged"),
        (no_progress, "standstill"),
    ],
)
def test_what_must_not_be_is_found(forge: Callable[[Seen], Seen], code: str) -> None:
    verdict = judge(forge(a_good_run()))
    assert verdict.verdict == "Broken"
    assert code in codes(verdict), verdict.findings


@pytest.mark.parametrize(
    ("forge", "code"),
    [
        (a_lost_acknowledgement, "lost"),
        (a_duplicate, "twice"),
        (a_wrong_balance, "balance"),
        (too_few_acknowledged, "unacknowledged"),
        (no_progress, "standstill"),
    ],
)
def test_it_is_found_by_its_own_check_alone(forge: Callable[[Seen], Seen], code: str) -> None:
    assert codes(judge(forge(a_good_run()))) == {code}


def test_what_was_offered_in_an_outage_need_not_be_acknowledged() -> None:
    lost = range(OUTAGE.start // 1_000, OUTAGE.stop // 1_000)
    verdict = judge(unacknowledged(a_good_run(), lost))
    assert verdict.verdict == "Agreed"
    assert verdict.counters.acknowledged == PAYMENTS - len(lost)


def test_one_in_twenty_may_stay_without_an_answer() -> None:
    assert judge(unacknowledged(a_good_run(), range(20, 21))).verdict == "Agreed"


def test_a_run_in_which_nothing_struck_is_vacuous() -> None:
    assert judge(a_good_run()._replace(struck=Counter())).verdict == "Vacuous"


def test_a_run_in_which_nobody_paid_is_vacuous() -> None:
    """There was nothing to acknowledge, so nothing is missing."""
    seen = a_good_run()
    calm = PLAN._replace(seconds=4, faults=())
    seen = seen._replace(plan=calm, events=[], written=[MINT])
    seen = seen._replace(
        balances={ISSUER: 0, ALICE: MINTED}, audited=audited([MINT], list(seen.roots[0]))
    )
    assert judge(seen).verdict == "Vacuous"


def test_of_many_findings_a_few_are_told_and_all_are_counted() -> None:
    seen = a_good_run()
    verdict = judge(seen._replace(written=[MINT]))
    lost = [finding for finding in verdict.findings if finding.code == "lost"]
    assert len(lost) == MOST_TOLD + 1
    assert lost[-1].detail == f"and {PAYMENTS - MOST_TOLD} more"


def test_a_history_is_read_as_it_was_written(tmp_path: Path) -> None:
    events: list[Event] = [
        Offered("a", 1),
        Offered("b", 2),
        Acknowledged("b", 9, 4, 3, 2),
        GaveUp("a", 8),
        Lied("a", 3, 1, "proof_invalid"),
        Refused("a", 4, 2, 1),
    ]
    with History(tmp_path / "history.jsonl") as history:
        for event in events:
            history.add(event)
    assert read_history(tmp_path / "history.jsonl") == events
    one, other = fates(events)
    assert (one.id, one.offered_ms, one.acknowledged) == ("a", 1, None)
    assert (other.id, other.offered_ms, other.acknowledged) == ("b", 2, events[2])
