"""What is known of each module's mutants, in a file that a run adds to and goes on from.

A module is known as long as its source and the mutator are what they were; of another, or of one
judged in part, the rest is done. What was killed stays killed; what lived is asked again each time,
for that is what new tests are written against. ``anew`` forgets all.
"""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

from tests.mutation.explained import Key
from tests.mutation.judge import Verdict
from tests.mutation.mutator import Mutant
from tests.simulation.results import commit

MAKERS = tuple(
    Path(__file__).with_name(name).read_text() for name in ("text.py", "operators.py", "mutator.py")
)
"""What decides which mutants a source has, and in which order."""


def digest_of(source: str) -> str:
    """Of a module's source and of what makes its mutants."""
    return hashlib.sha256("\0".join((source, *MAKERS)).encode()).hexdigest()[:16]


class Module:
    """One module's mutants: how many were judged, in their order, and which lived."""

    def __init__(self, digest: str, mutants: int) -> None:
        self.digest = digest
        self.mutants = mutants
        self.judged = 0
        self.killed = 0
        self.timed_out = 0
        self.survivors: list[dict[str, Any]] = []
        self.commit = ""
        self.date = ""
        self._is_new = False

    def add(self, mutant: Mutant, verdict: Verdict) -> None:
        """Note the next mutant's verdict."""
        self.judged += 1
        self._count(verdict)
        if verdict is Verdict.SURVIVED:
            self.survivors.append({"number": self.judged - 1, **_described(mutant)})

    def asked_again(self, place: int, verdict: Verdict) -> None:
        """What lived before was judged once more; gone if it was killed now."""
        self._count(verdict)
        if verdict is not Verdict.SURVIVED:
            self.survivors[place] = {}

    def close(self) -> None:
        """All that was asked of it is done; if nothing was, it stands as of when something was."""
        self.survivors = [survivor for survivor in self.survivors if survivor]
        if self._is_new:
            self.commit, self.date = commit(), time.strftime("%Y-%m-%d", time.gmtime())

    def _count(self, verdict: Verdict) -> None:
        self._is_new = True
        self.killed += verdict is Verdict.KILLED
        self.timed_out += verdict is Verdict.TIMED_OUT

    @property
    def is_whole(self) -> bool:
        """Whether every mutant was judged."""
        return self.judged == self.mutants

    def document(self, reasons: dict[Key, str]) -> dict[str, Any]:
        """As the file has it."""
        lives = [each for each in self.survivors if each]
        survivors = [{**each, "explained": reasons.get(key_of(each))} for each in lives]
        return {
            "digest": self.digest,
            "commit": self.commit,
            "date": self.date,
            "mutants": self.mutants,
            "judged": self.judged,
            "killed": self.killed,
            "timed_out": self.timed_out,
            "survived": len(survivors),
            "explained": sum(each["explained"] is not None for each in survivors),
            "survivors": survivors,
        }


class Results:
    """All modules, on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.modules: dict[str, Module] = {}
        if path.is_file():
            document = json.loads(path.read_text())
            self.modules = {name: _read(each) for name, each in document["modules"].items()}

    def module(self, name: str, digest: str, mutants: int) -> Module:
        """What is known of a module as it is now, or nothing yet."""
        known = self.modules.get(name)
        if known is None or known.digest != digest or known.mutants != mutants:
            known = self.modules[name] = Module(digest, mutants)
        return known

    def is_whole(self, name: str, source: str) -> bool:
        """Whether every mutant of a module was judged, as its source is."""
        known = self.modules.get(name)
        return known is not None and known.digest == digest_of(source) and known.is_whole

    def forget(self, names: list[str]) -> None:
        """Judge these anew."""
        self.modules = {name: each for name, each in self.modules.items() if name not in names}

    def save(self, reasons: dict[Key, str]) -> None:
        """Replace the file whole."""
        modules = {name: self.modules[name].document(reasons) for name in sorted(self.modules)}
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps({"modules": modules}, indent=1) + "\n")
        new.replace(self._path)


def key_of(survivor: dict[str, Any]) -> Key:
    """What the survivor is called by in ``explained.toml``."""
    module = survivor["place"].rpartition(":")[0]
    return module, survivor["function"], survivor["before"], survivor["after"]


def _described(mutant: Mutant) -> dict[str, Any]:
    return {
        "place": mutant.place,
        "function": mutant.function,
        "operator": mutant.operator,
        "before": mutant.before,
        "after": mutant.after,
    }


def _read(document: dict[str, Any]) -> Module:
    module = Module(document["digest"], document["mutants"])
    for name in ("judged", "killed", "timed_out", "commit", "date"):
        setattr(module, name, document[name])
    module.survivors = [
        {name: value for name, value in each.items() if name != "explained"}
        for each in document["survivors"]
    ]
    return module
