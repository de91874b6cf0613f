"""A file of runs of one commit: what it holds is not run again. Those of another are dropped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class Results:
    """What is known of each run, on disk."""

    def __init__(self, path: Path, of_commit: str) -> None:
        self._path = path
        self._commit = of_commit
        self._runs: list[dict[str, Any]] = []
        if path.is_file():
            document = json.loads(path.read_text())
            if document.get("commit") == of_commit:
                self._runs = document["runs"]

    def known(self, seconds: int, seed: int, rate: int) -> dict[str, Any] | None:
        """A run that this commit made before."""
        asked = {"seconds": seconds, "seed": seed, "rate": rate}
        for run in self._runs:
            if asked.items() <= run.items():
                return run
        return None

    def add(self, run: dict[str, Any]) -> None:
        """Replace the file whole."""
        self._runs.append(run)
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps({"commit": self._commit, "runs": self._runs}, indent=1) + "\n")
        new.replace(self._path)
