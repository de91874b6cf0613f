"""A run over some modules: each mutant against the trials that reach it, all that is known kept.

Decides which trials a mutant has to face and for how long; not which mutants there are, nor what a
trial is.
"""

from __future__ import annotations

import importlib
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from tests.mutation import live
from tests.mutation.explained import Key
from tests.mutation.judge import TimedOut, Verdict, allow, in_child
from tests.mutation.mutator import Mutant, mutants
from tests.mutation.results import Module, Results, digest_of, key_of
from tests.mutation.trials import Line, Ran, Trials

ROOT = Path(__file__).resolve().parents[2]
SAVED_EVERY_SECONDS = 30
LEAST_SECONDS = 2.0
TIMES_USUAL = 5.0
"""A trial may use so many CPU seconds, and so many times what it uses without a mutant, watched."""


class Target(NamedTuple):
    """A module to be broken."""

    name: str
    source: str
    module: ModuleType
    mutants: list[Mutant]


def target(name: str) -> Target:
    """A file of the checkout, imported, with its mutants."""
    source = (ROOT / name).read_text()
    dotted = name.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    module = importlib.import_module(dotted)
    return Target(name, source, module, mutants(name, source, vars(module)))


class Run:
    """What reaches a line, what is known of a mutant, and what is written down."""

    def __init__(
        self, targets: Sequence[Target], results: Results, reasons: dict[Key, str]
    ) -> None:
        self._targets = targets
        self._results = results
        self._reasons = reasons
        self._reaching: dict[Line, list[int]] = defaultdict(list)
        self._seconds: list[float] = []
        self._saved = 0.0

    def run(self, trials: Trials) -> int:
        """Judge what is to be judged; 0, for it was done."""
        files = frozenset(str(ROOT / target.name) for target in self._targets)
        self._note(in_child(lambda: trials.watched(files)))
        say(f"{len(trials)} trials hold without a mutant, in {sum(self._seconds):.0f} s")
        for target in self._targets:
            self._judge_module(trials, target)
        return 0

    def _note(self, ran: list[Ran]) -> None:
        self._seconds = [each.seconds for each in ran]
        for number, each in enumerate(ran):
            for line in each.lines:
                self._reaching[line].append(number)

    def _judge_module(self, trials: Trials, target: Target) -> None:
        known = self._results.module(target.name, digest_of(target.source), len(target.mutants))
        try:
            for place, survivor in enumerate(known.survivors):
                if key_of(survivor) not in self._reasons:
                    mutant = target.mutants[survivor["number"]]
                    known.asked_again(place, self._judge(trials, target, mutant))
            for mutant in target.mutants[known.judged :]:
                known.add(mutant, self._judge(trials, target, mutant))
                self._save_now_and_then()
        finally:
            known.close()
            self._results.save(self._reasons)
        say(summary(target.name, known, self._reasons))

    def _judge(self, trials: Trials, target: Target, mutant: Mutant) -> Verdict:
        chosen = self._chosen(mutant, trials)

        def begins(number: int) -> None:
            allow(LEAST_SECONDS + TIMES_USUAL * self._seconds[number])

        def attempt() -> int | None:
            live.put(mutant, target.module, target.source)
            return trials.first_to_fail(chosen, begins)

        try:
            failed = in_child(attempt)
        except TimedOut:
            say(f"{mutant.place} {mutant.operator} does not end\n{diff(mutant)}")
            return Verdict.TIMED_OUT
        if failed is not None:
            return Verdict.KILLED
        say(f"{mutant.place} {mutant.operator} lives through {len(chosen)} trials\n{diff(mutant)}")
        return Verdict.SURVIVED

    def _chosen(self, mutant: Mutant, trials: Trials) -> list[int]:
        """The trials that can notice it, the module's own tests before those of others.

        What a module says outside of its functions any trial may notice.
        """
        if mutant.function:
            lines = range(mutant.first_line, mutant.last_line + 1)
            file = str(ROOT / mutant.module)
            chosen = {number for line in lines for number in self._reaching.get((file, line), [])}
        else:
            chosen = set(range(len(trials)))
        own = f"/test_{Path(mutant.module).stem}.py"
        ranks = {number: trials.rank(number, own) for number in chosen}
        return sorted(chosen, key=lambda number: (ranks[number], number))

    def _save_now_and_then(self) -> None:
        if time.monotonic() - self._saved > SAVED_EVERY_SECONDS:
            self._saved = time.monotonic()
            self._results.save(self._reasons)


def say(text: str) -> None:
    """A line for who waits."""
    print(text, flush=True)


def diff(mutant: Mutant) -> str:
    """What the edit does to its lines."""
    return f"  - {mutant.before}\n  + {mutant.after}"


def summary(name: str, known: Module, reasons: dict[Key, str]) -> str:
    """One line a module."""
    told = sum(key_of(survivor) in reasons for survivor in known.survivors)
    lived = len(known.survivors)
    return (
        f"{name}: {known.judged} of {known.mutants} mutants, {known.killed} killed, "
        f"{known.timed_out} timed out, {lived} survived, {told} of these explained"
    )
