"""``python -m tests.exploration``: walk every run of a small network; 0 if nothing was wrong and
nothing left out, 1 if something was wrong, 3 if the bound was met first."""

from __future__ import annotations

import argparse
import json
import platform
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.exploration.choices import Bounds
from tests.exploration.cuts import cuts
from tests.exploration.walk import Found, Walk
from tests.exploration.world import SIZE, World
from tests.simulation.results import commit


def main(arguments: list[str]) -> int:
    """See the module."""
    parser = _parser()
    options = parser.parse_args(arguments)
    ended = options.views if options.ended is None else options.ended
    if ended not in (options.views - 1, options.views):
        parser.error(f"--ended: {ended} is neither all views nor all but the last")
    bounds = Bounds(options.views, ended, options.crashes)
    print("\n".join(f"cut: {name}: {reason}" for name, reason in cuts(bounds).items()))
    of_commit = commit()
    statuses = []
    for liar in options.liars or range(min(options.views + 1, SIZE)):
        started = time.monotonic()
        walk = Walk(World(liar), bounds)
        found = walk.run(options.most_states, _told if options.levels else None)
        seconds = round(time.monotonic() - started, 1)
        name = f"views {options.views}, {ended} to the end, crashes {options.crashes}, liar {liar}"
        print(_text(name, found, seconds), flush=True)
        if options.results:
            case = {**found._asdict(), "cut": list(cuts(bounds)), "seconds": seconds}
            _save(options.results, of_commit, name, case)
        statuses.append(1 if found.wrong else 0 if found.complete else 3)
    return 1 if 1 in statuses else max(statuses)


def _text(name: str, found: Found, seconds: float) -> str:
    verdict = "WRONG" if found.wrong else "all" if found.complete else "only the first"
    of_members = " + ".join(str(number) for number in found.member_states)
    text = (
        f"{name}: {verdict} {found.states:,} states, {found.steps:,} steps, depth {found.depth}, "
        f"{of_members} states of members, {found.member_steps:,} of their steps, "
        f"{_memory_mb():,} MB, {seconds} s"
    )
    return "\n".join([text, *([found.wrong, *found.trace] if found.wrong else [])])


def _memory_mb() -> int:
    """The most that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _told(depth: int, states: int) -> None:
    print(f"depth {depth}: {states:,} states", file=sys.stderr, flush=True)


def _save(path: Path, of_commit: str, name: str, case: dict[str, object]) -> None:
    """Add one result; those of another commit make way."""
    document: dict[str, object] = {}
    if path.is_file():
        document = json.loads(path.read_text())
    if document.get("commit") != of_commit:
        document = {
            "commit": of_commit,
            "date": datetime.now(UTC).date().isoformat(),
            "machine": f"{platform.machine()}, Python {platform.python_version()}",
            "cases": {},
        }
    cases = document["cases"]
    assert isinstance(cases, dict)
    cases[name] = {**case, "memory_mb": _memory_mb()}
    new = path.with_suffix(".new")
    new.write_text(json.dumps(document, indent=1) + "\n")
    new.replace(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.exploration", description=__doc__)
    # Where more are asked for, a leader's turns are skipped that failed before: see ``dump.ALIKE``.
    parser.add_argument(
        "--views",
        type=int,
        default=2,
        choices=range(1, SIZE + 1),
        metavar="N",
        help="2 unless said",
    )
    parser.add_argument(
        "--ended",
        type=int,
        metavar="N",
        help="how many of them to the end: all, unless said, or all but the last",
    )
    parser.add_argument("--crashes", type=int, default=0, metavar="N", help="in all; 0 unless said")
    parser.add_argument(
        "--liars",
        type=int,
        nargs="+",
        choices=range(SIZE),
        metavar="MEMBER",
        help="one after the other; unless said, each that leads one of the views, and member 0",
    )
    parser.add_argument(
        "--most-states",
        type=int,
        default=20_000_000,
        metavar="N",
        help="20,000,000 unless said; a million takes up to a quarter of a gigabyte",
    )
    parser.add_argument("--levels", action="store_true", help="tell of each depth")
    parser.add_argument("--results", type=Path, metavar="FILE", help="add to this file")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
