"""``python -m tests.rules``: judge the mutants of the ordering's rules; 0 if each is caught.

Goes on where the results file of this commit stopped.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.rules.catalogue import MUTANTS
from tests.rules.catching import Caught, Judge, collect
from tests.rules.mutant import BySeed, ByTest, Mutant
from tests.rules.results import Results


def main(arguments: list[str]) -> int:
    """0 if every mutant is caught, 1 if not, 2 for wrong usage or a test that fails without any."""
    options = _parser().parse_args(arguments)
    mutants = [each for each in MUTANTS if _is_chosen(each, options)]
    results = Results(options.results) if options.results else None

    def use(items: Sequence[pytest.Item]) -> int:
        judge = Judge(items, options.seeds)
        failing = judge.failing_now()
        if failing:
            print(f"fails without any mutant: {failing}", file=sys.stderr)
            return 2
        return _judge(judge, mutants, results)

    return collect(mutants, use)


def _judge(judge: Judge, mutants: list[Mutant], results: Results | None) -> int:
    missed = 0
    for mutant in mutants:
        caught = results.known(mutant) if results else None
        if caught is None or not caught.by:
            caught = judge.caught(mutant)
        print(f"{mutant.name}: {caught.by or 'NOT CAUGHT'}{_hint(mutant, caught)}: {caught.says}")
        sys.stdout.flush()
        missed += not caught.by
        if results:
            results.add(mutant, caught)
            results.save(MUTANTS)
    print(f"{len(mutants) - missed} of {len(mutants)} mutants caught")
    return 1 if missed else 0


def _hint(mutant: Mutant, caught: Caught) -> str:
    """That another seed is to stand beside the mutant, if so."""
    wanted = mutant.caught_by
    stale = isinstance(wanted, BySeed) and caught.by not in ("", f"seed {wanted.seed}")
    return " (its hint is another)" if stale else ""


def _is_chosen(mutant: Mutant, options: argparse.Namespace) -> bool:
    by_test = isinstance(mutant.caught_by, ByTest)
    if (options.tests and not by_test) or (options.networks and by_test):
        return False
    return not options.only or any(words in mutant.name for words in options.only)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.rules", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="WORDS", help="those whose name holds these")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--tests", action="store_true", help="those that tests catch")
    which.add_argument("--networks", action="store_true", help="those that seeds catch")
    parser.add_argument(
        "--seeds", type=int, default=100, metavar="N", help="try so many (%(default)s)"
    )
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="go on where this file of this commit stopped"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
