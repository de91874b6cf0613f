"""What a mutant has to survive: golden vectors, then tests, collected once and run by their number.

Knows how a trial is run and which lines it ran; not what a mutant is. Everything that runs trials
does so in a child of the process that collected them, which stays as it was after the imports.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any, NamedTuple

import pytest

from tests.collecting import with_collected
from tests.mutation import golden

TESTS = (
    "tests/architecture/test_rulebook.py",
    "tests/unit/contracts",
    "tests/properties/test_netting.py",
)
"""Not the random histories, nor ``tests/confiscation``: they would notice much that these do not,
but take a minute to say so, and a rule deserves a test that names it."""

Line = tuple[str, int]


class Ran(NamedTuple):
    """Lines of the watched files that a trial ran, and how long it took (CPU seconds)."""

    lines: frozenset[Line]
    seconds: float


class Trials:
    """The golden cases, then the tests, in the order they are run in."""

    def __init__(
        self, cases: Sequence[golden.Block | golden.Founding], items: Sequence[pytest.Item]
    ):
        self._cases = cases
        self._items = items
        self._failed: list[str] = []

    def __len__(self) -> int:
        return len(self._cases) + len(self._items)

    def name(self, number: int) -> str:
        """What a reader calls it."""
        if number < len(self._cases):
            return self._cases[number].name
        return self._items[number - len(self._cases)].nodeid

    def rank(self, number: int, own: str) -> int:
        """Golden cases come first, which take no time; then the tests of the file ``own``."""
        if number < len(self._cases):
            return 0
        return 1 if own in self.name(number) else 2

    def first_to_fail(self, chosen: Sequence[int], begins: Callable[[int], None]) -> int | None:
        """Run trials in this order, golden cases first, until one fails; which that is.

        ``begins`` is told of each trial before it is run. None if all hold, or there are none.
        """
        for place, number in enumerate(chosen):
            following = chosen[place + 1] if place + 1 < len(chosen) else None
            begins(number)
            if not self._holds(number, following):
                return number
        return None

    def watched(self, files: frozenset[str]) -> list[Ran]:
        """Run all trials and note which lines of ``files`` each one ran; all must hold."""
        ran = []
        for number in range(len(self)):
            lines: set[Line] = set()
            sys.settrace(_tracer(files, lines))
            start = time.process_time()
            holds = self._holds(number, number + 1 if number + 1 < len(self) else None)
            sys.settrace(None)
            assert holds, f"{self.name(number)} fails without any mutant"
            ran.append(Ran(frozenset(lines), time.process_time() - start))
        return ran

    def _holds(self, number: int, following: int | None) -> bool:
        if number < len(self._cases):
            return _calmly(self._cases[number].holds)
        item = self._items[number - len(self._cases)]
        after = None if following is None else self._items[following - len(self._cases)]
        self._failed.clear()
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        return not self._failed

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A phase of a test ended."""
        if report.failed:
            self._failed.append(report.nodeid)


def _calmly(holds: Callable[[], bool]) -> bool:
    try:
        return holds()
    except Exception:  # noqa: BLE001  a mutant may raise anything
        return False


def _tracer(files: frozenset[str], lines: set[Line]) -> Any:
    def of_line(frame: FrameType, event: str, argument: object) -> Any:
        lines.add((frame.f_code.co_filename, frame.f_lineno))
        return of_line

    def of_call(frame: FrameType, event: str, argument: object) -> Any:
        return of_line if frame.f_code.co_filename in files else None

    return of_call


def collect(use: Callable[[Trials], int]) -> int:
    """Collect all trials and give them to ``use``; its status."""

    def judge(session: pytest.Session) -> int:
        items = [item for item in session.items if item.get_closest_marker("slow") is None]
        trials = Trials(golden.cases(), items)
        session.config.pluginmanager.register(trials)
        return use(trials)

    return with_collected(TESTS, judge)
