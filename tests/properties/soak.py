"""``python -m tests.properties.soak``: random histories, many steps long, until one is not sound.

Exits 0 if all were sound, 1 at the first that was not (its seed and the command that replays it are
printed), 2 for wrong usage. With ``--results`` it goes on where that file stopped, if the sources
are the same. Knows seeds and counts; what a history checks is in ``histories.py``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
import traceback
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.properties.histories import a_history, seeded
from tests.properties.met import Met, missing, nothing_met
from tests.simulation.results import commit

LENGTH = 1_000
"""Steps of a history: networks that people leave and join, and that go on."""
SCANS = 100
"""Steps after which every invariant of the whole state, and every figure, is looked at."""
SAVED_EVERY = 10
ROOT = Path(__file__).resolve().parents[2]
MADE_OF = (
    "primitives",
    "contracts",
    "tests/properties",
    "tests/ledger.py",
    "tests/builders.py",
    "tests/people.py",
)


def sources() -> str:
    """A digest of all that decides what a history does and what is asked of it."""
    hasher = hashlib.sha256()
    for place in MADE_OF:
        path = ROOT / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            hasher.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return hasher.hexdigest()[:16]


class Record:
    """What all histories of these sources so far have met, in a file or nowhere."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._sources = sources()
        self.seeds = 0
        self.transactions = 0
        self.seconds = 0.0
        self.met = nothing_met()
        if path is not None and path.is_file():
            self._resume(json.loads(path.read_text()))

    def _resume(self, document: dict[str, Any]) -> None:
        """Figures of other sources are of no use to these: then all begins anew."""
        if (document["sources"], document["steps_of_a_history"]) != (self._sources, LENGTH):
            return
        self.seeds, self.transactions = document["seeds"], document["transactions"]
        self.seconds = document["seconds"]
        for kind in Met._fields:
            for name, codes in document[kind].items():
                getattr(self.met, kind).update({(name, code): n for code, n in codes.items()})

    @property
    def steps(self) -> int:
        return self.seeds * LENGTH

    def document(self) -> dict[str, object]:
        """As it stands in the file."""
        return {
            "commit": commit(),
            "sources": self._sources,
            "date": datetime.now(UTC).date().isoformat(),
            "steps": self.steps,
            "steps_of_a_history": LENGTH,
            "seeds": self.seeds,
            "transactions": self.transactions,
            "seconds": round(self.seconds),
            "missing": missing(self.met),
            **{kind: _nested(getattr(self.met, kind)) for kind in Met._fields},
        }

    def save(self) -> None:
        """Replace the file whole."""
        if self._path is not None:
            new = self._path.with_suffix(".new")
            new.write_text(json.dumps(self.document(), indent=1) + "\n")
            new.replace(self._path)


def _nested(counted: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (name, code), count in sorted(counted.items()):
        found.setdefault(name, {})[code] = count
    return found


def run(seed: int, record: Record) -> bool:
    """Whether the history of that seed is sound; then it is counted."""
    place, begun = -1, time.process_time()
    try:
        history = a_history(seed)
        for place, step in enumerate(seeded(seed, LENGTH)):
            history.take(step)
            if place % SCANS == 0:
                history.compare()
        history.compare()
    except Exception:  # noqa: BLE001  whatever it is, it is what was looked for
        traceback.print_exc()
        print(f"seed {seed} is not sound after step {place}; again:")
        print(f"  python -m tests.properties.soak --seed {seed}", flush=True)
        return False
    record.met.add(history)
    record.seconds += time.process_time() - begun
    record.transactions += len(history.sent)
    record.seeds += 1
    return True


def main(arguments: list[str]) -> int:
    """0 if all were sound, 1 if not, 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    if options.seed is not None:
        return 0 if run(options.seed, Record(None)) else 1
    record = Record(options.results)
    while record.steps < options.steps:
        if not run(record.seeds, record):
            return 1
        if record.seeds % SAVED_EVERY == 0:
            record.save()
            print(f"{record.steps} steps, {record.transactions} transactions", flush=True)
    record.save()
    missed = missing(record.met)
    print(f"{record.steps} steps, all sound; not met: {', '.join(missed) or 'nothing'}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.properties.soak", description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--steps", type=int, metavar="N", help="at least so many steps in all")
    which.add_argument("--seed", type=int, metavar="N", help="one history again")
    parser.add_argument(
        "--results",
        type=Path,
        metavar="FILE",
        help="go on where this file stopped",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
