"""Compares what clients were proven with what the chain holds. Knows the plan; asks nobody.

What it finds has a code:

    fork                two nodes have other roots at one height, or not the same heights
    lost                an acknowledged transfer is not done at the height that was proven
    twice               a transfer has two receipts
    refused             an honest transfer was refused for good
    invented            the chain pays in a way that nobody here asked for
    replay              a replay, one by one, takes what is not there or skips a sequence
    balance             a proven balance is not what the replay comes to
    audit               ``liqbon-audit verify`` does not agree
    lied                a node gave a client something that does not prove what it should
    unacknowledged      less than 95% of what was offered while a quorum was connected
    standstill          a quorum was connected for long, and no height became final
    node_ended          a node ended by itself, or not cleanly when it was asked to

When a quorum was connected the plan says. A run without a fault or an acknowledgement is vacuous.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import msgspec

from benchmarks.auditor import Audited, sum_of
from tests.chaos.chain import Written
from tests.chaos.history import Event, Fate, Lied, Refused, fates
from tests.chaos.plan import Plan, Span, connected, inside

SHARE_PERCENT: Final = 95
LIVE_MS: Final = 5_000
"""A quorum that is connected for so long makes a height final."""
MOST_TOLD: Final = 5
"""Findings of one code that are told; all are counted."""


class Seen(NamedTuple):
    """A run as it was seen from outside: the clients' history, the chain, what was done to whom."""

    plan: Plan
    events: Sequence[Event]
    roots: Sequence[Sequence[str]]
    """Of each node, by height from genesis on."""
    written: Sequence[Written]
    """By one node, in the chain's order."""
    balances: dict[bytes, int]
    """Proven, of everyone who ever paid or was paid."""
    audited: Audited | None
    funding: frozenset[str]
    """The ids of what gave the clients their first balances."""
    struck: Counter[str]
    """How often each kind of fault was carried out."""
    ended: Sequence[str]
    """Nodes that ended by themselves, and how."""


class Finding(msgspec.Struct, frozen=True):
    """Something that must not be."""

    code: str
    detail: str


class Counters(msgspec.Struct, frozen=True):
    """What a run came to. Latencies are from the offer to the checked proof, in milliseconds, of
    what was offered while a quorum was connected."""

    offered: int
    acknowledged: int
    offered_connected: int
    acknowledged_connected: int
    latency_p50_ms: int
    latency_p99_ms: int
    longest_pause_ms: int
    """Within a span in which a quorum was connected, between two heights first proven."""
    connected_ms: int
    spans: int
    heights: int
    receipts: int
    struck: dict[str, int]


class Verdict(msgspec.Struct, frozen=True):
    """``Agreed`` is the only good one; ``Vacuous``: nothing was shown; ``Broken``."""

    verdict: str
    findings: list[Finding]
    counters: Counters


def judge(seen: Seen) -> Verdict:
    """What a run shows."""
    known = fates(seen.events)
    findings = [
        *_chains(seen),
        *_receipts(seen, known),
        *_money(seen),
        *_audit(seen),
        *_clients(seen),
        *_liveness(seen, known),
        *(Finding("node_ended", how) for how in seen.ended),
    ]
    counters = _count(seen, known)
    if findings:
        return Verdict("Broken", _few(findings), counters)
    is_vacuous = not sum(seen.struck.values()) or not counters.acknowledged_connected
    return Verdict("Vacuous" if is_vacuous else "Agreed", [], counters)


def _few(findings: Sequence[Finding]) -> list[Finding]:
    """The first of each code, and how many there are more."""
    by_code: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_code[finding.code].append(finding)
    told = []
    for code, same in by_code.items():
        told += same[:MOST_TOLD]
        if len(same) > MOST_TOLD:
            told.append(Finding(code, f"and {len(same) - MOST_TOLD} more"))
    return told


def _chains(seen: Seen) -> Iterator[Finding]:
    lengths = [len(roots) for roots in seen.roots]
    if len(set(lengths)) > 1:
        yield Finding("fork", f"chains of {lengths} heights")
    for height, found in enumerate(zip(*seen.roots, strict=False)):
        if len(set(found)) > 1:
            yield Finding("fork", f"height {height}: {', '.join(root[:8] for root in found)}")


def _receipts(seen: Seen, known: Sequence[Fate]) -> Iterator[Finding]:
    """Every acknowledged transfer exactly once, where it was proven; nothing else at all."""
    by_id: defaultdict[str, list[Written]] = defaultdict(list)
    for each in seen.written:
        by_id[each.id].append(each)
    for fate in known:
        proven = fate.acknowledged
        there = [each.height for each in by_id[fate.id] if each.done]
        if proven is not None and proven.height not in there:
            yield Finding("lost", f"{fate.id}: proven at {proven.height}, done at {there}")
    ours = {fate.id for fate in known} | seen.funding
    for id_, found in by_id.items():
        if len(found) > 1:
            yield Finding("twice", f"{id_}: at {[each.height for each in found]}")
        if found and id_ not in ours:
            yield Finding("invented", f"{id_}: at {found[0].height}")
        for each in found:
            if not each.done:
                yield Finding("refused", f"{id_}: at {each.height}")


def _money(seen: Seen) -> Iterator[Finding]:
    """Transfers and mints, one after the other, from nothing."""
    held: defaultdict[bytes, int] = defaultdict(int)
    next_: defaultdict[tuple[bytes, int], int] = defaultdict(int)
    for each in seen.written:
        if each.takes is None:
            yield Finding("replay", f"{each.id}: neither a transfer nor a mint")
            continue
        slot = (each.sender, each.channel)
        if each.sequence != next_[slot]:
            yield Finding("replay", f"{each.id}: sequence {each.sequence}, not {next_[slot]}")
        next_[slot] = each.sequence + 1
        if not each.done:
            continue
        if held[each.sender] < each.takes:
            yield Finding("replay", f"{each.id}: takes {each.takes} of {held[each.sender]}")
        held[each.sender] -= each.takes
        for account, units in each.pays:
            held[account] += units
    for account in {*held, *seen.balances}:
        proven = seen.balances.get(account)
        if proven != held[account]:
            yield Finding("balance", f"{account.hex()}: proven {proven}, replayed {held[account]}")


def _audit(seen: Seen) -> Iterator[Finding]:
    said = seen.audited
    if said is None:
        yield Finding("audit", "the chain does not hold")
        return
    heights = min(map(len, seen.roots))
    done = [bytes.fromhex(each.id) for each in seen.written if each.done]
    if said.verified.height != heights - 1 or said.verified.state_root != seen.roots[0][-1]:
        yield Finding("audit", f"{said.verified} of {heights} heights")
    if (said.total.done, said.total.done_ids) != (len(done), sum_of(done)):
        yield Finding("audit", f"{said.total.done} done, {len(done)} here")


def _clients(seen: Seen) -> Iterator[Finding]:
    for event in seen.events:
        match event:
            case Lied():
                yield Finding("lied", f"node {event.node} at {event.at_ms} ms: {event.code}")
            case Refused():
                yield Finding("refused", f"{event.id}: {event.outcome}")
            case _:
                pass


def _liveness(seen: Seen, known: Sequence[Fate]) -> Iterator[Finding]:
    spans = connected(seen.plan)
    counted = [fate for fate in known if inside(spans, fate.offered_ms)]
    done = sum(fate.acknowledged is not None for fate in counted)
    if done * 100 < len(counted) * SHARE_PERCENT:
        yield Finding("unacknowledged", f"{done} of {len(counted)}")
    news = list(_news(known))
    for begin, end in spans:
        if end - begin >= LIVE_MS and not any(begin <= at_ms < end for at_ms in news):
            yield Finding("standstill", f"from {begin} to {end} ms")


def _news(known: Sequence[Fate]) -> Iterator[int]:
    """The moments at which a height was first proven to a client that is above all before."""
    acknowledged = [fate.acknowledged for fate in known if fate.acknowledged is not None]
    top = 0
    for each in sorted(acknowledged, key=lambda each: each.at_ms):
        if each.height > top:
            top = each.height
            yield each.at_ms


def _count(seen: Seen, known: Sequence[Fate]) -> Counters:
    spans = connected(seen.plan)
    counted = [fate for fate in known if inside(spans, fate.offered_ms)]
    proven = [fate for fate in counted if fate.acknowledged is not None]
    took = sorted(f.acknowledged.at_ms - f.offered_ms for f in proven if f.acknowledged)
    return Counters(
        offered=len(known),
        acknowledged=sum(fate.acknowledged is not None for fate in known),
        offered_connected=len(counted),
        acknowledged_connected=len(proven),
        latency_p50_ms=took[len(took) // 2] if took else 0,
        latency_p99_ms=took[len(took) * 99 // 100] if took else 0,
        longest_pause_ms=_longest_pause(spans, list(_news(known))),
        connected_ms=sum(end - begin for begin, end in spans),
        spans=len(spans),
        heights=min(map(len, seen.roots), default=1) - 1,
        receipts=len(seen.written),
        struck=dict(sorted(seen.struck.items())),
    )


def _longest_pause(spans: Sequence[Span], news: Sequence[int]) -> int:
    longest = 0
    for begin, end in spans:
        edges = [begin, *(at_ms for at_ms in news if begin <= at_ms < end), end]
        longest = max(longest, *(after - before for before, after in pairwise(edges)))
    return longest
