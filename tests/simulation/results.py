"""A file of verdicts that a long run adds to, so that it can be stopped and gone on with.

Results of another commit are of no use to this one: the file then starts anew.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.simulation.verdict import Outcome, Verdict

ROOT = Path(__file__).resolve().parents[2]
SAVED_EVERY = 20


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
    """What is known of each seed, on disk."""

    def __init__(self, path: Path, of_commit: str) -> None:
        self._path = path
        self._commit = of_commit
        self._known: dict[int, Outcome] = {}
        self._unsaved = 0
        if path.is_file():
            document = json.loads(path.read_text())
            if document.get("commit") == of_commit:
                self._known = {each["seed"]: _outcome(each) for each in document["seeds"]}

    def known(self, seed: int) -> Outcome | None:
        """The outcome of a seed that was run before on this commit."""
        return self._known.get(seed)

    def add(self, outcome: Outcome) -> None:
        """Remember an outcome."""
        self._known[outcome.seed] = outcome
        self._unsaved += 1
        if self._unsaved >= SAVED_EVERY or outcome.verdict is not Verdict.AGREED:
            self.save()

    def save(self) -> None:
        """Replace the file whole."""
        self._unsaved = 0
        seeds = [self._known[seed].document() for seed in sorted(self._known)]
        text = json.dumps({"commit": self._commit, "seeds": seeds}, indent=1)
        new = self._path.with_suffix(".new")
        new.write_text(text + "\n")
        new.replace(self._path)


def _outcome(document: dict[str, object]) -> Outcome:
    fields = {**document, "verdict": Verdict(document["verdict"])}
    return Outcome(**fields)  # type: ignore[arg-type]
