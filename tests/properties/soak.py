"""``python -m tests.properties.soak``: random histories, many steps long, until one is not sound.

Exits 0 if all were sound and met whatever can be met, 1 at the first that was not (its seed and the
command that replays it are printed), 2 for wrong usage. With ``--results`` it goes on where that
file of this commit stopped. Knows seeds and counts; what a history checks is in ``histories.py``.
"""

from __future__ import annotations

import argparse
import json
import sys
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


class Record:
    """What all histories of this commit so far have met, in a file or nowhere."""

    def __init__(self, path: Path | None, of_commit: str) -> None:
        self._path = path
        self._commit = of_commit
        self.seeds = 0
        self.transactions = 0
        self.met = nothing_met()
        if path is not None and path.is_file():
            self._resume(json.loads(path.read_text()))

    def _resume(self, document: dict[str, Any]) -> None:
        """Figures of another commit are of no use to this one: then all begins anew."""
        if (document.get("commit"), document.get("steps_of_a_history")) != (self._commit, LENGTH):
            return
        self.seeds, self.transactions = int(document["seeds"]), int(document["transactions"])
        for kind, counted in zip(Met._fields, self.met, strict=True):
            for name, codes in document[kind].items():
                counted.update({(name, code): count for code, count in codes.items()})

    @property
    def steps(self) -> int:
        return self.seeds * LENGTH

    def document(self) -> dict[str, object]:
        """As it stands in the file."""
        return {
            "commit": self._commit,
            "date": datetime.now(UTC).date().isoformat(),
            "steps": self.steps,
            "steps_of_a_history": LENGTH,
            "seeds": self.seeds,
            "transactions": self.transactions,
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
    place = -1
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
    record.transactions += len(history.sent)
    record.seeds += 1
    return True


def main(arguments: list[str]) -> int:
    """0 if all were sound, 1 if not, 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    if options.seed is not None:
        return 0 if run(options.seed, Record(None, commit())) else 1
    record = Record(options.results, commit())
    while record.steps < options.steps:
        if not run(record.seeds, record):
            return 1
        if record.seeds % SAVED_EVERY == 0:
            record.save()
            print(f"{record.steps} steps, {record.transactions} transactions", flush=True)
    record.save()
    missed = missing(record.met)
    print(f"{record.steps} steps, all sound; missing: {', '.join(missed) or 'nothing'}")
    return 1 if missed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.properties.soak", description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--steps", type=int, metavar="N", help="at least so many steps in all")
    which.add_argument("--seed", type=int, metavar="N", help="one history again")
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="go on where this file of this commit stopped"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
