"""``python -m tests.model``: ask Spin of every model, print what it found; 0 if all is as expected.

Installs nothing: without Spin or gcc it names the Debian package and ends with 2.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from tests.model.cases import CASES, Case
from tests.model.spin import MODELS, Answer, missing, search
from tests.simulation.results import commit

EXPLAINED = {True: "holds", False: "violated"}


def main(arguments: list[str]) -> int:
    """0 if every answer is the expected one, 1 if not, 2 if Spin or gcc is missing."""
    options = _parser().parse_args(arguments)
    packages = missing()
    if packages:
        print(f"missing: apt-get install {' '.join(packages)}", file=sys.stderr)
        return 2
    known = results_of(options.results)
    surprises = 0
    for case in CASES:
        if (options.quick and not case.quick) or options.only not in case.name:
            continue
        if case.name in known:
            continue
        answer = search(case)
        surprises += not as_expected(case, answer)
        print(_line(case, answer), flush=True)
        known[case.name] = _described(case, answer)
        if options.results:
            _save(options.results, {"run": _run(), "cases": known})
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
        "commit": commit(),
        "date": datetime.now(UTC).date().isoformat(),
        "model": f"{case.model}.pml",
        "text": text_of(case),
        "definitions": list(case.definitions),
        "expected": EXPLAINED[case.holds],
        "found": EXPLAINED[answer.holds],
        **{name: value for name, value in answer._asdict().items() if name != "holds"},
    }


def text_of(case: Case) -> str:
    """What a result is about: a digest of the model's text, in hex."""
    return sha256((MODELS / f"{case.model}.pml").read_bytes()).hexdigest()[:16]


def results_of(path: Path | None) -> dict[str, dict[str, object]]:
    """Results to go on from: those of the same text with the same definitions, whatever else has
    changed since."""
    if path is None or not path.is_file():
        return {}
    found: dict[str, dict[str, object]] = json.loads(path.read_text())["cases"]
    asked = {case.name: (text_of(case), list(case.definitions)) for case in CASES}
    return {
        name: result
        for name, result in found.items()
        if asked.get(name) == (result.get("text"), result["definitions"])
    }


def _run() -> dict[str, object]:
    spin = subprocess.run(["spin", "-V"], capture_output=True, text=True, check=True).stdout
    return {"machine": f"{platform.machine()}, {_processor()}", "spin": spin.strip()}


def _processor() -> str:
    text = Path("/proc/cpuinfo").read_text()
    models = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    return f"{len(models)} x {models[0]}" if models else "unknown"


def _save(path: Path, document: Mapping[str, object]) -> None:
    new = path.with_suffix(".new")
    new.write_text(json.dumps(document, indent=1) + "\n")
    new.replace(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only those that the tests run")
    parser.add_argument("--only", default="", metavar="TEXT", help="cases whose name has this")
    parser.add_argument(
        "--results",
        type=Path,
        metavar="FILE",
        help="go on from what this file says of models as they are now",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
