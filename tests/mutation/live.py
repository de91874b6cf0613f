"""A mutant put into the running process, where everybody who imported the module meets it.

A function keeps its identity and gets the mutant's code, so tables and imports by name need no
change. A value of the module is worked out anew and given to all who took it by its name. There is
no way back: the process that does this is a child that ends with its verdict.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

from tests.mutation.mutator import Mutant
from tests.mutation.text import Text

ROOT = Path(__file__).resolve().parents[2]


def put(mutant: Mutant, module: ModuleType, source: str) -> None:
    """Make ``module``, imported from ``source``, be the mutant."""
    mutated = Text(source).after(mutant.edit)
    place = str(ROOT / mutant.module)
    if mutant.function:
        code = compile(mutated, place, "exec", dont_inherit=True)
        function_of(module, mutant.function).__code__ = _code_of(code, mutant.function)
    else:
        _assign_anew(mutant, module, mutated)


def function_of(module: ModuleType, name: str) -> FunctionType:
    """The function that a module holds under a dotted name, whatever it is wrapped in."""
    held: object = module
    for part in name.split("."):
        held = vars(held)[part]
    for wrapper in ("fget", "__func__", "__wrapped__"):
        held = getattr(held, wrapper, held)
    assert isinstance(held, FunctionType), name
    return held


def _code_of(code: CodeType, name: str) -> CodeType:
    inside = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    for each in inside:
        if each.co_qualname == name:
            return each
        if name.startswith(f"{each.co_qualname}."):
            return _code_of(each, name)
    raise AssertionError(name)


def _assign_anew(mutant: Mutant, module: ModuleType, mutated: str) -> None:
    """Work out the edited value, and those below it that are made of it."""
    anew: set[str] = set()
    for statement in ast.parse(mutated).body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            used = {each.id for each in ast.walk(statement) if isinstance(each, ast.Name)}
            if statement.lineno == mutant.first_line or used & anew:
                anew.add(_assign(statement, module))
    assert anew, mutant.place


def _assign(statement: ast.Assign | ast.AnnAssign, module: ModuleType) -> str:
    """Give the name its value, here and wherever it was taken from here; that name."""
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    name = ast.unparse(target)
    before = vars(module)[name]
    exec(compile(ast.Module([statement], []), module.__name__, "exec"), vars(module))
    for other in list(sys.modules.values()):
        if vars(other).get(name) is before and module.__name__ in _sources_of(other, name):
            setattr(other, name, vars(module)[name])
    return name


def _sources_of(module: ModuleType, name: str) -> Iterator[str]:
    """The modules from which a module takes a name."""
    file = getattr(module, "__file__", None)
    if file is None or not file.startswith(str(ROOT)):
        return
    for node in ast.walk(ast.parse(Path(file).read_text())):
        if isinstance(node, ast.ImportFrom) and any(each.name == name for each in node.names):
            yield node.module or ""
