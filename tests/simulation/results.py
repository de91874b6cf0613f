"""A file of verdicts that a long run adds to, so that it can be stopped and gone on with.

Results of another commit are of no use to this one: the file then starts anew.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.simulation.verdict import Outcome, Verdict

ROOT = Path(__file__).resolve().parents[2]
SAVED_EVERY = 50


def commit() -> str:
    """The checkout's commit, with ``+`` if anything in it was changed since, but for results."""
    tracked = ("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs/results")
    told = [_git("rev-parse", "HEAD"), _git(*tracked)]
    return told[0] + ("+" if told[1] else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else "unknown"


class Results:
    """What is known of each seed, and how many of them each rule mattered to, on disk."""

    def __init__(self, path: Path, of_commit: str) -> None:
        self._path = path
        self._commit = of_commit
        self._known: dict[int, Outcome] = {}
        self._unsaved = 0
        self.rules: Counter[str] = Counter()
        """In how many seeds each rule decided something."""
        document = json.loads(path.read_text()) if path.is_file() else {}
        if document.get("commit") == of_commit:
            outcomes = [_outcome(row) for row in document["seeds"]]
            self._known = {outcome.seed: outcome for outcome in outcomes}
            self.rules.update(document["rules"])

    def known(self, seed: int) -> Outcome | None:
        """The outcome of a seed that was run before on this commit."""
        return self._known.get(seed)

    def add(self, outcome: Outcome, rules: Sequence[str] = ()) -> None:
        """Remember an outcome, and the rules that decided something in that run."""
        self._known[outcome.seed] = outcome
        self.rules.update(rules)
        self._unsaved += 1
        if self._unsaved >= SAVED_EVERY or outcome.verdict is not Verdict.AGREED:
            self.save()

    def save(self) -> None:
        """Replace the file whole. A line a seed: its fields in the order of ``columns``."""
        self._unsaved = 0
        counts = Counter(outcome.verdict.value for outcome in self._known.values())
        head = {
            "commit": self._commit,
            "verdicts": dict(sorted(counts.items())),
            "rules": dict(sorted(self.rules.items())),
            "columns": Outcome._fields,
        }
        rows = [json.dumps(_row(self._known[seed])) for seed in sorted(self._known)]
        text = json.dumps(head, indent=1)[:-2] + ',\n "seeds": [\n' + ",\n".join(rows) + "\n]}\n"
        new = self._path.with_suffix(".new")
        new.write_text(text)
        new.replace(self._path)


def _row(outcome: Outcome) -> list[object]:
    return list(outcome._replace(verdict=outcome.verdict.value))  # type: ignore[arg-type]


def _outcome(row: Sequence[object]) -> Outcome:
    made = Outcome(*row)  # type: ignore[arg-type]
    return made._replace(verdict=Verdict(made.verdict))
