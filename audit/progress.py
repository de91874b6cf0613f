"""How far an audit got, for people, on standard error: a bar, or a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from shell.output import Printer

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

LINE_EVERY_S: Final = 10.0
BAR_EVERY_S: Final = 0.1


class Watcher(Protocol):
    """Is told of each verified block."""

    def seen(self, height: int, transactions: int) -> None:
        """A block of so many transactions was verified."""


class Lines:
    """A line every ten seconds, for logs."""

    def __init__(self, printer: Printer, last: int) -> None:
        self._printer = printer
        self._last = last
        self._told_s = time.monotonic()
        self._transactions = 0

    def seen(self, height: int, transactions: int) -> None:
        """Add it up; say it now and then."""
        self._transactions += transactions
        passed_s = time.monotonic() - self._told_s
        if passed_s >= LINE_EVERY_S:
            rate = self._transactions / passed_s
            self._printer.note(f"height {height} of {self._last}, {rate:.0f} transactions/s")
            self._told_s += passed_s
            self._transactions = 0


class Bar:
    """A progress bar on a terminal."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task
        self._begun_s = self._shown_s = time.monotonic()
        self._transactions = 0

    def seen(self, height: int, transactions: int) -> None:
        """Move the bar, ten times a second at most."""
        self._transactions += transactions
        now_s = time.monotonic()
        if now_s - self._shown_s >= BAR_EVERY_S:
            rate = self._transactions / max(now_s - self._begun_s, BAR_EVERY_S)
            self._progress.update(self._task, completed=height, rate=f"{rate:.0f} transactions/s")
            self._shown_s = now_s


@contextmanager
def watching(printer: Printer, first: int, last: int) -> Iterator[Watcher]:
    """Show the way from height ``first`` to ``last``."""
    if not sys.stderr.isatty():
        yield Lines(printer, last)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("verifying"),
        BarColumn(),
        TextColumn("height {task.completed} of {task.total}"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("verifying", total=last, completed=first, rate="")
        yield Bar(progress, task)
