"""What a mutant is: a rule, what is broken of it, how, and who has to notice. Judges none.

Most are edits: some words of one function are replaced, and the function keeps its identity and
gets the code of the edited source, so that everybody who imported it meets the mutant. Words that
are not there any more, or more than once, are an error: the mutant has to follow the code.
"""

from __future__ import annotations
import __future__

import inspect
import textwrap
from collections.abc import Callable
from functools import cached_property
from types import CodeType, FunctionType
from typing import Any, NamedTuple

import pytest

Patch = Callable[[pytest.MonkeyPatch], None]
Change = tuple[str, str]
"""Words of a function's source, and those that stand there instead."""


class Edit:
    """A function of the product whose source says something else."""

    def __init__(self, target: Any, *changes: Change) -> None:
        self.function = _function(target)
        self.changes = changes

    def __call__(self, patch: pytest.MonkeyPatch) -> None:
        """Give the function the edited code."""
        patch.setattr(self.function, "__code__", self._code())

    @property
    def text(self) -> str:
        """The edited words, for a reader."""
        place = f"{self.function.__module__}.{self.function.__qualname__}"
        changes = "; ".join(f"`{_flat(a)}` is `{_flat(b)}`" for a, b in self.changes)
        return f"in `{place}` {changes}"

    def _code(self) -> CodeType:
        source = textwrap.dedent(inspect.getsource(self.function))
        for before, after in self.changes:
            assert source.count(before) == 1, (self.text, before, source.count(before))
            source = source.replace(before, after)
        flags = __future__.annotations.compiler_flag
        module = compile(source, self.function.__code__.co_filename, "exec", flags, True)
        inner = [each for each in module.co_consts if isinstance(each, CodeType)]
        [code] = [each for each in inner if each.co_name == self.function.__name__]
        return code


def _function(target: Any) -> FunctionType:
    """The function behind a property, a cached one, or a class method."""
    if isinstance(target, property):
        target = target.fget
    if isinstance(target, cached_property):
        target = target.func
    target = getattr(target, "__func__", target)
    assert isinstance(target, FunctionType), target
    return target


class Edits:
    """Several functions, all at once."""

    def __init__(self, *edits: Edit) -> None:
        self.edits = edits

    def __call__(self, patch: pytest.MonkeyPatch) -> None:
        """Give each its edited code."""
        for edit in self.edits:
            edit(patch)

    @property
    def text(self) -> str:
        """The edited words, for a reader."""
        return "; ".join(edit.text for edit in self.edits)


class BySeed(NamedTuple):
    """A seed of the simulator that does not agree, for a reason that holds these words.

    ``seed`` is the first that did when this was written: a hint, tried first. ``guarded`` is False
    where the signer's guard is taken away too: it would stop the node before anybody else sees what
    it prevents.
    """

    says: str
    seed: int = 0
    guarded: bool = True


class ByTest(NamedTuple):
    """Tests that fail, each of them, named as pytest names them."""

    tests: tuple[str, ...]


def by_tests(file: str, *names: str) -> ByTest:
    """Tests of one file below ``tests``."""
    return ByTest(tuple(f"tests/{file}::{name}" for name in names))


class Mutant(NamedTuple):
    """``rule`` is the number of what is broken, ``what`` says how, in a sentence's words."""

    rule: str
    what: str
    apply: Patch
    caught_by: BySeed | ByTest

    @property
    def name(self) -> str:
        """As it is chosen and told."""
        return f"{self.rule} {self.what}"


def text_of(patch: Patch) -> str:
    """What is changed, for the table: the edited words, or what the patch says of itself."""
    return patch.text if isinstance(patch, Edit | Edits) else inspect.getdoc(patch) or ""


def _flat(words: str) -> str:
    return " ".join(words.split())
