"""``python -m tests.simulation``: run seeds, print a verdict for each, exit 0 only if all agree."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.simulation.cluster import Cluster
from tests.simulation.plan import plan_of
from tests.simulation.results import Results, commit
from tests.simulation.verdict import Outcome, Verdict


def main(arguments: list[str]) -> int:
    """0 if all agreed, 1 if not, 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    seeds = [options.seed] if options.seed is not None else options.seeds
    results = Results(options.results, commit()) if options.results else None
    outcomes = []
    for outcome, lines in _run(seeds, results, options.trace or options.seed is not None):
        outcomes.append(outcome)
        if not options.json:
            print("\n".join([*lines, outcome.text()]), flush=True)
    counts = Counter(outcome.verdict.value for outcome in outcomes)
    if options.json:
        document = {
            "commit": commit(),
            "verdicts": dict(sorted(counts.items())),
            "seeds": [outcome.document() for outcome in outcomes],
        }
        print(json.dumps(document, indent=1))
    else:
        print(", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())))
    return 0 if set(counts) == {Verdict.AGREED.value} else 1


def _run(
    seeds: list[int], results: Results | None, keep_trace: bool
) -> Iterator[tuple[Outcome, list[str]]]:
    for seed in seeds:
        known = results.known(seed) if results else None
        if known is not None:
            yield known, []
            continue
        cluster = Cluster(plan_of(seed), keep_trace=keep_trace)
        outcome = cluster.run()
        if results:
            results.add(outcome)
        yield outcome, cluster.trace.lines
    if results:
        results.save()


def _seeds(text: str) -> list[int]:
    first, _, last = text.partition("-")
    try:
        return list(range(int(first), int(last or first) + 1))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not A-B") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--seeds", type=_seeds, metavar="A-B", help="run these, both included")
    which.add_argument("--seed", type=int, metavar="N", help="replay one, with its trace")
    parser.add_argument("--json", action="store_true", help="one document instead of lines")
    parser.add_argument("--trace", action="store_true", help="print what happened")
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="go on where this file of this commit stopped"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
