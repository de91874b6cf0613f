"""Whether a mutant is caught, and by what. Knows seeds and tests; no rule.

Tests are collected once, and found to pass. Then each mutant is put into a child of this process,
which runs its tests, or seeds until one does not agree, tells what it saw, and ends.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Sequence
from itertools import chain
from typing import NamedTuple

import pytest
from _pytest.runner import runtestprotocol

from node.guard import Guard, Statement
from tests.collecting import with_collected
from tests.rules.mutant import BySeed, ByTest, Mutant
from tests.simulation.cluster import Cluster
from tests.simulation.plan import plan_of
from tests.simulation.verdict import Verdict

LONGEST_S = {BySeed: 3_600, ByTest: 60}
"""How long a mutant may take. One that never ends breaks more than a rule."""
MOST_WORDS = 100
OUR_OWN = ("TypeError", "NameError", "AttributeError", "UnboundLocalError", "ImportError")
"""A mutant that fails like this does not break a rule: it is no program."""


Use = Callable[[Sequence[pytest.Item]], int]


class OpenGuard(Guard):
    """Lets everything pass."""

    def admit(self, statement: Statement) -> None:
        pass

    def restore(self, statement: Statement) -> None:
        pass


class Caught(NamedTuple):
    """What noticed a mutant, and the first line of what it said. Nothing did if ``by`` is empty."""

    by: str
    says: str


def network(seed: int, *, guarded: bool = True) -> Cluster:
    """A seed's network, its signers' guards taken away if they would hide the fault."""
    cluster = Cluster(plan_of(seed))
    if not guarded:
        cluster.setting.guard = OpenGuard
    return cluster


def first_seed(wanted: BySeed, most: int) -> Caught:
    """The first run that ends as it should, the one that did before first."""
    for seed in dict.fromkeys(chain([wanted.seed], range(most))):
        outcome = network(seed, guarded=wanted.guarded).run()
        failed = outcome.verdict in (Verdict.DIVERGED, Verdict.STALLED)
        if failed and wanted.says in outcome.reason and not _is_our_own(outcome.reason):
            return Caught(f"seed {seed}", _line(f"{outcome.verdict.value}: {outcome.reason}"))
    return Caught("", f"{most} seeds agreed, or said something else")


def _is_our_own(reason: str) -> bool:
    return any(f"{error}(" in reason or reason.startswith(f"{error}:") for error in OUR_OWN)


def _line(text: str) -> str:
    """The first line, and not all of it: what a table has room for."""
    first = text.strip().partition("\n")[0]
    return first if len(first) <= MOST_WORDS else first[: MOST_WORDS - 3] + "..."


class Judge:
    """Judges mutants over tests that were collected."""

    def __init__(self, items: Sequence[pytest.Item], most_seeds: int) -> None:
        self._items = items
        self._most_seeds = most_seeds

    def caught(self, mutant: Mutant) -> Caught:
        """Put the mutant into a child, and what the child says."""

        def judge() -> Caught:
            with pytest.MonkeyPatch.context() as patch:
                mutant.apply(patch)
                if isinstance(mutant.caught_by, BySeed):
                    return first_seed(mutant.caught_by, self._most_seeds)
                return self._failing(mutant.caught_by)

        return _in_a_child(judge, LONGEST_S[type(mutant.caught_by)])

    def failing_now(self) -> str:
        """The first of all tests that fails without any mutant; empty if none does."""

        def judge() -> Caught:
            for item in self._items:
                said = _run(item)
                if said is not None:
                    return Caught(item.nodeid, said)
            return Caught("", "")

        found = _in_a_child(judge, LONGEST_S[BySeed])
        return f"{found.by}: {found.says}" if found.by or found.says else ""

    def _failing(self, wanted: ByTest) -> Caught:
        """Every one of these has to fail; a test with parameters, for some of them."""
        heard = []
        for test in wanted.tests:
            said = [_run(each) for each in self._items if each.nodeid.partition("[")[0] == test]
            failures = [each for each in said if each is not None and not _is_our_own(each)]
            if not failures:
                return Caught("", f"{test} holds, or does not run: {said}")
            heard.append(failures[0])
        return Caught(", ".join(wanted.tests), heard[0])


def _run(item: pytest.Item) -> str | None:
    """How a test fails; None if it does not."""
    for report in runtestprotocol(item, log=False, nextitem=None):
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            return _line(report.longreprtext if crash is None else crash.message)
    return None


def _in_a_child(judge: Callable[[], Caught], seconds: int) -> Caught:
    """What a child process finds, which ends with that."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(seconds)
        status = 1
        try:
            with os.fdopen(writing, "w") as pipe:
                json.dump(judge(), pipe)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return Caught(*json.loads(told)) if told else Caught("", "did not end, or died")


def collect(mutants: Sequence[Mutant], use: Use) -> int:
    """Collect the tests that these mutants name, and give them to ``use``; its status, or 2
    if a test is not there."""
    named = [each.caught_by.tests for each in mutants if isinstance(each.caught_by, ByTest)]
    tests = dict.fromkeys(chain.from_iterable(named))
    if not tests:
        return use([])
    return with_collected(list(tests), lambda session: use(session.items))
