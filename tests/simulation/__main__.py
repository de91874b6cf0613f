"""``python -m tests.simulation``: run seeds, print a verdict for each, exit 0 only if all agree."""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.simulation import shrinking
from tests.simulation.cluster import Cluster
from tests.simulation.coverage import table, watching
from tests.simulation.plan import plan_of
from tests.simulation.results import Results, commit
from tests.simulation.verdict import Outcome, Verdict

AT_ONCE = 8
"""Seeds that a worker is given at a time."""
COLLECT_AFTER = (50_000, 20, 100)
"""A seed makes much and drops most of it at once: cycles are looked for less often than usual."""


class Run(NamedTuple):
    """What came of a seed, the rules that decided something in it, and its trace if that was
    asked for."""

    outcome: Outcome
    rules: tuple[str, ...] = ()
    trace: Sequence[str] = ()


def main(arguments: list[str]) -> int:
    """0 if all agreed, 1 if not, 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    gc.set_threshold(*COLLECT_AFTER)
    if options.shrink is not None:
        return _shrink(options.shrink, options.without)
    seeds = [options.seed] if options.seed is not None else options.seeds
    keep_trace = options.trace or options.seed is not None
    results = Results(options.results, commit()) if options.results else None
    rules: Counter[str] = Counter()
    outcomes = []
    if options.without or keep_trace:
        runs = _in_turn(seeds, options.without, keep_trace)
    else:
        runs = _resumed(seeds, results, options.jobs)
    for run in runs:
        outcomes.append(run.outcome)
        rules.update(run.rules)
        if not options.json:
            print("\n".join([*run.trace, run.outcome.text()]), flush=True)
    _tell(outcomes, results.rules if results else rules, options)
    return 0 if {outcome.verdict for outcome in outcomes} == {Verdict.AGREED} else 1


def _tell(outcomes: list[Outcome], rules: Counter[str], options: argparse.Namespace) -> None:
    counts = Counter(outcome.verdict.value for outcome in outcomes)
    if options.json:
        document = {
            "commit": commit(),
            "verdicts": dict(sorted(counts.items())),
            "rules": dict(sorted(rules.items())),
            "seeds": [outcome.document() for outcome in outcomes],
        }
        print(json.dumps(document, indent=1))
        return
    if options.seed is None:
        print("\n".join(table(rules, len(outcomes))))
    print(", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())))


def _shrink(seed: int, without: tuple[str, ...]) -> int:
    """Find less that fails in the same way, and say how to run it."""
    found = shrinking.shrink(plan_of(seed), without, lambda line: print(line, flush=True))
    if found is None:
        print(f"seed {seed} agrees: there is nothing to shrink")
        return 2
    print(found.outcome.text())
    print(f"python -m tests.simulation --seed {seed} --without {','.join(found.without) or '-'}")
    return 1


def _in_turn(seeds: Sequence[int], without: tuple[str, ...], keep_trace: bool) -> Iterator[Run]:
    with watching() as coverage:
        for seed in seeds:
            cluster = Cluster(shrinking.reduced(plan_of(seed), without), keep_trace=keep_trace)
            outcome = cluster.run()
            yield Run(outcome, coverage.take(), cluster.trace.lines)


def _some(seeds: Sequence[int]) -> list[Run]:
    return list(_in_turn(seeds, (), keep_trace=False))


def _resumed(seeds: Sequence[int], results: Results | None, jobs: int) -> Iterator[Run]:
    """Those that are known, then the others."""
    left = []
    for seed in seeds:
        known = results.known(seed) if results else None
        if known is None:
            left.append(seed)
        else:
            yield Run(known)
    for run in _in_turn(left, (), keep_trace=False) if jobs == 1 else _side_by_side(left, jobs):
        if results:
            results.add(run.outcome, run.rules)
        yield run
    if results:
        results.save()


def _side_by_side(seeds: Sequence[int], jobs: int) -> Iterator[Run]:
    with ProcessPoolExecutor(jobs) as pool:
        shares = [seeds[i : i + AT_ONCE] for i in range(0, len(seeds), AT_ONCE)]
        for runs in pool.map(_some, shares):
            yield from runs


def _seeds(text: str) -> list[int]:
    first, _, last = text.partition("-")
    try:
        return list(range(int(first), int(last or first) + 1))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not A-B") from None


def _without(text: str) -> tuple[str, ...]:
    try:
        return shrinking.parsed(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _jobs(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError(f"{text!r} is not 1 to 64")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--seeds", type=_seeds, metavar="A-B", help="run these, both included")
    which.add_argument("--seed", type=int, metavar="N", help="replay one, with its trace")
    which.add_argument(
        "--shrink", type=int, metavar="N", help="find less of this one that fails in the same way"
    )
    parser.add_argument(
        "--without",
        type=_without,
        default=(),
        metavar="PART,...",
        help="leave out parts of the plan, as --shrink names them",
    )
    parser.add_argument("--json", action="store_true", help="one document instead of lines")
    parser.add_argument("--trace", action="store_true", help="print what happened")
    parser.add_argument("--jobs", type=_jobs, default=1, metavar="N", help="processes to run them")
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="go on where this file of this commit stopped"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
