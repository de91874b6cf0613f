"""The command: ``python -m benchmarks [--quick]``. Knows options and exit statuses."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Final

import uvloop

from benchmarks.auditor import ROOT
from benchmarks.bench import Stuck
from benchmarks.report import conserved, table, write
from benchmarks.run import BRIEF, FULL, QUICK, Asked, run

LATEST: Final = ROOT / "benchmarks" / "results" / "latest.json"
VALIDATORS: Final = 4
SENDERS: Final = 10_000
LEAST_SENDERS: Final = 10_000
BASE_PORT: Final = 8_700


def main() -> int:
    """Run, write the document, print the table. 0 unless something was lost or broken.

    A target that is missed is a figure, not an error.
    """
    asked, result = _options()
    try:
        with tempfile.TemporaryDirectory(prefix="liqbon-bench-") as directory:
            document = uvloop.run(run(asked, Path(directory)))
    except (Stuck, RuntimeError, TimeoutError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    write(document, result)
    print(table(document))
    print(f"\nwritten to {result}", file=sys.stderr)
    if not conserved(document):
        print("benchmark: what was sent is not what became final", file=sys.stderr)
        return 1
    return 0


def _options() -> tuple[Asked, Path]:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--quick", action="store_true", help="short steps: under two minutes")
    parser.add_argument("--brief", action="store_true", help="show that it works, in seconds")
    parser.add_argument("--rate", type=float, help="try this rate alone, in transfers a second")
    parser.add_argument("--validators", type=int, default=VALIDATORS)
    parser.add_argument("--senders", type=int, default=SENDERS)
    parser.add_argument("--base-port", type=int, default=BASE_PORT)
    parser.add_argument("--result", type=Path, default=LATEST, help="where the document goes")
    options = parser.parse_args()
    if options.senders < LEAST_SENDERS or options.senders % options.validators:
        parser.error(f"at least {LEAST_SENDERS} senders, as many for each validator")
    effort = BRIEF if options.brief else QUICK if options.quick else FULL
    asked = Asked(effort, options.rate, options.validators, options.senders, options.base_port)
    return asked, options.result


if __name__ == "__main__":
    sys.exit(main())
