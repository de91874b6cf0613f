"""``python -m tests.model``: ask Spin of every model, print what it found; 0 if all is as expected.

Installs nothing: without Spin or gcc it names the Debian package and ends with 2.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.model.cases import CASES, Case
from tests.model.spin import Answer, missing, search
from tests.simulation.results import commit

EXPLAINED = {True: "holds", False: "violated"}


def main(arguments: list[str]) -> int:
    """0 if every answer is the expected one, 1 if not, 2 if Spin or gcc is missing."""
    options = _parser().parse_args(arguments)
    packages = missing()
    if packages:
        print(f"missing: apt-get install {' '.join(packages)}", file=sys.stderr)
        return 2
    document = _known(options.results)
    surprises = 0
    for case in CASES:
        if (options.quick and not case.quick) or options.only not in case.name:
            continue
        if case.name in document["cases"]:
            continue
        answer = search(case)
        surprises += not as_expected(case, answer)
        print(_line(case, answer), flush=True)
        document["cases"][case.name] = _described(case, answer)
        if options.results:
            _save(options.results, document)
    print(f"{surprises} surprises" if surprises else "all as expected")
    return 1 if surprises else 0


def as_expected(case: Case, answer: Answer) -> bool:
    """Whether the answer is what a case expects; what holds must have been searched to the end."""
    return answer.holds == case.holds and (answer.complete or not case.holds)


def _line(case: Case, answer: Answer) -> str:
    verdict = EXPLAINED[answer.holds] if as_expected(case, answer) else "SURPRISE"
    return (
        f"{verdict:9} {case.name}: {answer.states:,} states, {answer.transitions:,} steps, "
        f"depth {answer.depth:,}, {answer.memory_mb:,} MB, {answer.seconds} s"
    )


def _described(case: Case, answer: Answer) -> dict[str, object]:
    return {
        "model": f"{case.model}.pml",
        "definitions": list(case.definitions),
        "expected": EXPLAINED[case.holds],
        "found": EXPLAINED[answer.holds],
        **{name: value for name, value in answer._asdict().items() if name != "holds"},
    }


def _known(path: Path | None) -> dict[str, dict[str, object]]:
    """Results of this commit, to go on from; of another commit they are of no use."""
    if path is not None and path.is_file():
        known: dict[str, dict[str, object]] = json.loads(path.read_text())
        if known["run"].get("commit") == commit():
            return known
    spin = subprocess.run(["spin", "-V"], capture_output=True, text=True, check=True).stdout
    run: dict[str, object] = {
        "commit": commit(),
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {_processor()}",
        "spin": spin.strip(),
    }
    return {"run": run, "cases": {}}


def _processor() -> str:
    text = Path("/proc/cpuinfo").read_text()
    models = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    return f"{len(models)} x {models[0]}" if models else "unknown"


def _save(path: Path, document: dict[str, dict[str, object]]) -> None:
    new = path.with_suffix(".new")
    new.write_text(json.dumps(document, indent=1) + "\n")
    new.replace(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only those that the tests run")
    parser.add_argument("--only", default="", metavar="TEXT", help="cases whose name has this")
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="go on where this file of this commit stopped"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
