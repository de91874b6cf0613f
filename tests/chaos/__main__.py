"""``python -m tests.chaos``: one run, its counters and verdict; exit 0 only if it agreed."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from tests.chaos.chain import NotAtRest
from tests.chaos.plan import plan_of
from tests.chaos.results import Results
from tests.chaos.run import TooSlow, run
from tests.integration.processes import free_base
from tests.simulation.results import commit

RATE = 40


def main(arguments: list[str]) -> int:
    """0 if it agreed, 1 if not."""
    options = _parser().parse_args(arguments)
    key = (options.seconds, options.seed, options.rate)
    results = Results(options.results, commit()) if options.results else None
    document = results.known(*key) if results else None
    if document is None:
        document = {"commit": commit()} | _run(options)
        if results and document["verdict"] != "TooSlow":
            results.add(document)
    if options.json:
        print(json.dumps(document, indent=1))
    else:
        _tell(document)
    return 0 if document["verdict"] == "Agreed" else 1


def _run(options: argparse.Namespace) -> dict[str, Any]:
    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    plan = plan_of(options.seed, options.seconds, options.rate)
    head: dict[str, Any] = {
        "seconds": plan.seconds,
        "seed": plan.seed,
        "rate": plan.rate,
        "faults": len(plan.faults),
    }
    directory = options.dir or Path(tempfile.mkdtemp(prefix="liqbon-chaos-"))
    directory.mkdir(parents=True, exist_ok=True)
    say(f"in {directory}")
    began_s = time.monotonic()
    try:
        report = asyncio.run(run(plan, directory, options.base_port or free_base(4), say))
    except (TooSlow, NotAtRest) as error:
        reason = {"code": type(error).__name__, "detail": str(error)}
        return head | {"verdict": type(error).__name__, "findings": [reason]}
    judged: dict[str, Any] = msgspec.to_builtins(report.verdict)
    around = {
        "refusals": report.refusals,
        "most_late_ms": report.most_late_ms,
        "wires": msgspec.to_builtins(report.wires),
        "took_s": round(time.monotonic() - began_s),
    }
    return head | judged | around


def _tell(document: dict[str, Any]) -> None:
    for name, value in document.items():
        if name == "findings":
            for finding in value:
                print(f"{finding['code']}: {finding['detail']}")
        elif isinstance(value, dict):
            print(f"{name}: " + ", ".join(f"{key} {each}" for key, each in value.items()))
        else:
            print(f"{name}: {value}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="of load; 60")
    parser.add_argument("--seed", type=int, default=7, help="of the plan; 7")
    parser.add_argument("--rate", type=int, default=RATE, help=f"transfers a second; {RATE}")
    parser.add_argument("--json", action="store_true", help="one document instead of lines")
    parser.add_argument("--dir", type=Path, metavar="DIR", help="keep everything here, empty now")
    parser.add_argument("--base-port", type=int, metavar="PORT", help="else free ones are sought")
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="do not run what this commit's file holds"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
