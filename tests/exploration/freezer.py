"""Members as bytes and back, fast: whatever never changes is held once, and named by a number."""

from __future__ import annotations

import io
import pickle
from typing import Any

from consensus.chain import Block
from consensus.config import Anchor, Config
from consensus.effects import BlockKept, CertificateKept, OwnVote
from consensus.messages import Propose
from primitives.batch import Tip
from primitives.block import Header
from primitives.certificate import Certificate
from primitives.genesis import Parameters
from primitives.validators import ValidatorSet
from primitives.vote import Kind, Vote
from tests.exploration.world import World

LEAVES = (
    *(World, Config, Anchor, ValidatorSet, Parameters, Kind, Tip, Header, Block, Vote, Certificate),
    *(Propose, BlockKept, CertificateKept, OwnVote),
)


class Freezer:
    """Knows all leaves by their numbers."""

    def __init__(self) -> None:
        self._leaves: list[object] = []
        self._numbers: dict[object, int] = {}
        self._table: dict[type, Any] = dict.fromkeys(LEAVES, self._reduce)

    def freeze(self, value: object) -> bytes:
        """All of a value, but for its leaves."""
        file = io.BytesIO()
        pickler = pickle.Pickler(file, protocol=pickle.HIGHEST_PROTOCOL)
        pickler.dispatch_table = self._table
        pickler.dump(value)
        return file.getvalue()

    def thaw(self, frozen: bytes) -> Any:
        """The value, once more."""
        return _Thawer(io.BytesIO(frozen), self._leaves).load()

    def _reduce(self, leaf: object) -> tuple[object, tuple[int]]:
        number = self._numbers.setdefault(leaf, len(self._leaves))
        if number == len(self._leaves):
            self._leaves.append(leaf)
        return _leaf, (number,)


def _leaf(number: int) -> object:
    """Stands in a pickle for ``Freezer._leaves``."""
    raise AssertionError(number)


class _Thawer(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, leaves: list[object]) -> None:
        super().__init__(file)
        self._leaf = leaves.__getitem__

    def find_class(self, module: str, name: str) -> Any:
        return self._leaf if name == _leaf.__name__ else super().find_class(module, name)
