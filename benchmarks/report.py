"""The document that a benchmark leaves, and how it reads as a table. Knows figures; measures none.

docs/reference/benchmarks.md says what each field means; tests hold the two together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from benchmarks.distance import TARGET_DELAYS, TARGET_EXTRA_MS, Behind, told
from benchmarks.machine import Machine
from benchmarks.ratios import Bare, Ratio
from benchmarks.verdict import Percentiles, Step

FORMAT: Final = 1
TARGET_PER_SECOND: Final = 1_500
TARGET_FINALITY_MS: Final = 300
"""At half of what is sustained, in the median."""
TARGET_REPLAY: Final = 1.5
"""How many times as fast an auditor is to be as the network was."""


class Replay(msgspec.Struct, frozen=True):
    """What the auditor found. ``done_ids`` stands for the set of ids that were done."""

    height: int
    certified: int
    transactions: int
    done: int
    refused: int
    skipped: int
    done_ids: str
    state_root: str
    seconds: float


class Document(msgspec.Struct, frozen=True):
    """One run of ``python -m benchmarks``."""

    format: int
    machine: Machine
    date: str
    commit: str
    quick: bool
    validators: int
    senders: int
    sustained_transfers_per_second: float
    duration_s: float
    finality_ms: Percentiles | None
    offered_transfers_per_second: float
    finality_ms_when_sustained: Percentiles | None
    bare_verifies_per_second: float
    bare_syncs_per_second: float
    cpu_us_per_transfer_and_validator: dict[str, float]
    cpu_us_per_transfer_of_generator: float
    cpu_share: float
    cpu_share_of_others: float
    rss_bytes: list[int]
    store_bytes: list[int]
    blocks_per_second: float
    transfers_per_block: float
    sent: int
    final: int
    sent_is_final: bool
    state_roots_equal: bool
    replay: Replay
    steps: list[Step]
    replay_transfers_per_second: float = 0.0
    replay_ratio: float = 0.0
    finality_behind_delay: list[Behind] = []
    ratios: dict[str, Ratio] = {}


def ratios(document: Document) -> dict[str, Ratio]:
    """Every figure of speed or cost, over bare checks and bare syncs of the same run."""
    d = document
    bare = Bare(d.bare_verifies_per_second, d.bare_syncs_per_second, d.machine.cores)
    rates = {
        "sustained_transfers_per_second": d.sustained_transfers_per_second,
        "replay_transfers_per_second": d.replay_transfers_per_second,
    }
    times_us = {
        f"{name}.{part}": getattr(spread, part) * 1_000
        for name, spread in (
            ("finality_ms", d.finality_ms),
            ("finality_ms_when_sustained", d.finality_ms_when_sustained),
        )
        if spread is not None
        for part in ("p50", "p99")
    }
    costs = d.cpu_us_per_transfer_and_validator
    times_us |= {f"cpu_us_per_transfer_and_validator.{stage}": us for stage, us in costs.items()}
    times_us["cpu_us_per_transfer_and_validator"] = sum(costs.values())
    times_us["cpu_us_per_transfer_of_generator"] = d.cpu_us_per_transfer_of_generator
    found = {name: bare.of_rate(rate) for name, rate in rates.items()}
    return found | {name: bare.of_time(us) for name, us in times_us.items()}


def conserved(document: Document) -> bool:
    """Whether exactly what was sent became final, at every node and in the replay."""
    replay = document.replay
    return (
        document.state_roots_equal
        and document.sent_is_final
        and document.final == document.sent
        and replay.refused == replay.skipped == 0
    )


def met(document: Document) -> dict[str, bool]:
    """Each part of the target, and whether it was met."""
    finality = document.finality_ms
    return {
        f"at least {TARGET_PER_SECOND} transfers/s": (
            document.sustained_transfers_per_second >= TARGET_PER_SECOND
        ),
        f"median finality under {TARGET_FINALITY_MS} ms": (
            finality is not None and finality.p50 < TARGET_FINALITY_MS
        ),
        f"replay at least {TARGET_REPLAY} times as fast": document.replay_ratio >= TARGET_REPLAY,
        f"median finality within {TARGET_DELAYS} delays and {TARGET_EXTRA_MS} ms": (
            bool(document.finality_behind_delay)
            and all(row.is_met for row in document.finality_behind_delay)
        ),
    }


def write(document: Document, path: Path) -> None:
    """The document as indented JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")


def table(document: Document) -> str:
    """The document as people read it."""
    d = document
    machine = f"{d.machine.cores} x {d.machine.processor}, Python {d.machine.python}"
    rows = [
        ("machine", machine),
        ("commit", d.commit),
        ("validators, senders", f"{d.validators}, {d.senders}"),
        (
            "sustained",
            f"{d.sustained_transfers_per_second:.0f} transfers/s for {d.duration_s:.0f} s",
        ),
        (f"finality at {d.offered_transfers_per_second:.0f}/s", _spread(d.finality_ms)),
        ("finality when sustained", _spread(d.finality_ms_when_sustained)),
        ("blocks", f"{d.blocks_per_second:.1f}/s of {d.transfers_per_block:.0f} transfers"),
        ("bare signature checks", f"{d.bare_verifies_per_second:.0f}/s"),
        ("bare disk syncs", f"{d.bare_syncs_per_second:.0f}/s"),
        *_in_bare(d),
        ("memory a node", ", ".join(f"{size / 2**20:.0f} MiB" for size in d.rss_bytes)),
        ("sent, final", f"{d.sent}, {d.final}"),
        (
            "replay",
            f"{d.replay.height} heights, equal roots, in {d.replay.seconds:.0f} s",
        ),
        (
            "replay's speed",
            f"{d.replay_transfers_per_second:.0f}/s, {d.replay_ratio:.1f} times the network's",
        ),
    ]
    rows += [(name, "met" if reached else "MISSED") for name, reached in met(d).items()]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:<{width}}  {value}" for name, value in rows]
    return "\n".join([*lines, "", _costs(d), "", told(d.finality_behind_delay)])


def _in_bare(document: Document) -> list[tuple[str, str]]:
    """The two figures that travel best."""
    found = document.ratios
    if not found:
        return []
    rate, cost = (
        found["sustained_transfers_per_second"].bare_verifies,
        found["cpu_us_per_transfer_and_validator"].bare_verifies,
    )
    return [
        ("transfers for a bare check", f"{rate:.3f}"),
        ("a transfer costs a validator", f"{cost:.1f} bare checks"),
    ]


def _spread(finality: Percentiles | None) -> str:
    if finality is None:
        return "nothing was timed"
    return f"{finality.p50:.0f} ms median, {finality.p99:.0f} ms p99, {finality.samples} timed"


def _costs(document: Document) -> str:
    costs = document.cpu_us_per_transfer_and_validator
    ranked = sorted(costs.items(), key=lambda item: -item[1])
    lines = [f"{us:8.1f}  {stage}" for stage, us in ranked]
    lines.append(f"{sum(costs.values()):8.1f}  in all, at each of {document.validators}")
    lines.append(f"{document.cpu_us_per_transfer_of_generator:8.1f}  the load generator")
    head = "microseconds of processor time a transfer and validator, by stage"
    lines.append(f"{document.cpu_share:8.0%}  of all cores were busy with these")
    lines.append(f"{document.cpu_share_of_others:8.0%}  with something else on this machine")
    return "\n".join([head, *lines])
