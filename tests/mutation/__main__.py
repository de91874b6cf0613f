"""``python -m tests.mutation``: judge the mutants of ``contracts``; 0 if none lives unexplained.

Not those of ``contracts.invariants``: nothing is decided there. They are checks of the rules, which
the tests run after every step; what breaks one of them makes no balance wrong. They are judged only
if named.

Goes on where the results file stopped: a module whose source did not change is not judged again,
but for its survivors that nobody explained.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.mutation import explained
from tests.mutation.results import Results, key_of
from tests.mutation.run import ROOT, Run, diff, say, target
from tests.mutation.trials import collect

PACKAGE = "contracts"
CHECKS = "contracts/invariants/"
RESULTS = ROOT / "docs/results/mutation.json"


def main(arguments: list[str]) -> int:
    """0 if every mutant is killed or explained, 1 if not, 2 for wrong usage or a failing test."""
    options = _parser().parse_args(arguments)
    names = options.module or rules()
    explanations = explained.read()
    results = Results(options.results)
    if options.list:
        _list(names)
        return 0
    if not options.survivors:
        if options.anew:
            results.forget(names)
        run = Run([target(name) for name in names], results, explained.reasons(explanations))
        if collect(run.run):
            return 2
    wrong = [*what_is_wrong(results, explanations), *unjudged(results, names)]
    say("\n".join(wrong) or "every mutant was killed or is explained")
    return 1 if wrong else 0


def rules() -> list[str]:
    """Every module that decides something."""
    names = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / PACKAGE).rglob("*.py"))
    return [name for name in names if not name.startswith(CHECKS)]


def _list(names: list[str]) -> None:
    for name in names:
        for mutant in target(name).mutants:
            say(f"{mutant.place} {mutant.operator}\n{diff(mutant)}")


def what_is_wrong(results: Results, explanations: list[explained.Explanation]) -> list[str]:
    """Survivors that nobody explained; explanations of what does not live, where all was judged."""
    reasons = explained.reasons(explanations)
    survivors = [each for known in results.modules.values() for each in known.survivors]
    open_ones = [each for each in survivors if key_of(each) not in reasons]
    whole = {name for name, known in results.modules.items() if known.is_whole}
    lived = {key_of(each) for each in survivors}
    stale = [key for key in reasons if key not in lived and _is_judged(key[0], whole)]
    return [
        *(f"unexplained: {each['place']}\n{_told(key_of(each))}" for each in open_ones),
        *(f"stale: {key[0]}\n{_told(key)}" for key in stale),
    ]


def unjudged(results: Results, names: list[str]) -> list[str]:
    """Modules of which some mutant, as their source is now, was never judged."""
    return [f"not judged: {name}" for name in names if not results.is_whole(name, _source(name))]


def _source(name: str) -> str:
    return (ROOT / name).read_text()


def _is_judged(module: str, whole: set[str]) -> bool:
    return module in whole or not (ROOT / module).is_file()


def _told(key: explained.Key) -> str:
    _, function, before, after = key
    return f"  in {function or 'the module'}\n  - {before}\n  + {after}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--module", nargs="+", metavar="FILE", help="only these, as contracts/x.py")
    parser.add_argument(
        "--results",
        type=Path,
        default=RESULTS,
        metavar="FILE",
        help="read and written (%(default)s)",
    )
    parser.add_argument("--anew", action="store_true", help="forget what is known of these modules")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="print the mutants, judge none")
    what.add_argument("--survivors", action="store_true", help="print who lives, judge none")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
