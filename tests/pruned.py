"""Pruning as tests need it: a few heights that are always kept instead of hundreds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from unittest.mock import patch

from node import pruning
from node.executor import Executor
from node.pruning import Pruner

LEAST: Final = 3


@contextmanager
def of_few_heights(slice_: int = 4) -> Iterator[None]:
    """As if a start looked at hardly any height, and slices were small."""
    least = patch.object(pruning, "LEAST_HEIGHTS", LEAST)
    with least, patch.object(pruning, "SLICE", slice_):
        yield


def finish(pruner: Pruner) -> None:
    """Take away all that is due."""
    for _ in pruner.run():
        pass


def pruned(executor: Executor, keep_ms: int) -> int:
    """Everything older than this goes, but for the newest ``LEAST`` heights: the oldest left."""
    executor.flush()
    with of_few_heights():
        finish(Pruner.open(executor, keep_ms))
    return executor.oldest
