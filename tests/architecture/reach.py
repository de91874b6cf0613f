"""What a contract can come to say, read off its syntax: refusals, and events it may leave.

Follows every function of ``contracts`` that another one names, also through a table of functions.
Knows no values, so what a condition excludes is found all the same; who asks says what that is.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

from tests.architecture.source import sources

Place = tuple[str, str]
"""A function: its module below ``contracts``, and its name."""


@dataclass
class Module:
    """One file: its functions, the names that it gives to others', and its tables of functions."""

    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    tables: dict[str, ast.Dict] = field(default_factory=dict)
    columns: dict[str, list[str]] = field(default_factory=dict)


@cache
def contracts() -> dict[str, Module]:
    """Every module of ``contracts``, by its name."""
    found = {}
    for source in sources("contracts"):
        if source.path.parent.name == "contracts":
            found[source.path.stem] = _module(source.tree)
    return found


def _module(tree: ast.Module) -> Module:
    module = Module()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            module.functions[node.name] = node
        elif isinstance(node, ast.ImportFrom) and node.module == "contracts":
            module.modules |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ClassDef):
            fields = [n.target for n in node.body if isinstance(n, ast.AnnAssign)]
            module.columns[node.name] = [ast.unparse(target) for target in fields]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict):
            module.tables[ast.unparse(node.target)] = node.value
    return module


def place_of(function: Callable[..., object]) -> Place:
    """Where a function stands."""
    package, _, module = function.__module__.rpartition(".")
    assert package == "contracts", function
    return module, function.__name__


def _node(place: Place) -> ast.FunctionDef:
    return contracts()[place[0]].functions[place[1]]


def _named(place: Place) -> Iterator[Place]:
    """Functions of ``contracts`` that a function names, whatever it does with them."""
    module = contracts()[place[0]]
    for node in ast.walk(_node(place)):
        if isinstance(node, ast.Name) and node.id in module.functions:
            yield place[0], node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            other = module.modules.get(node.value.id)
            if other is not None and node.attr in contracts()[other].functions:
                yield other, node.attr
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Subscript):
            table = module.tables.get(ast.unparse(node.value.value))
            if table is not None:
                yield from _column(place[0], table, node.attr)


def _column(name: str, table: ast.Dict, attribute: str) -> Iterator[Place]:
    """The functions that stand in one column of a table of named tuples."""
    for row in table.values:
        assert isinstance(row, ast.Call), ast.unparse(row)
        at = contracts()[name].columns[ast.unparse(row.func)].index(attribute)
        yield name, ast.unparse(row.args[at])


def _reached(start: Place, follow: Callable[[ast.FunctionDef], bool]) -> set[Place]:
    """All that can be got at from ``start`` through functions that ``follow`` lets pass."""
    found, waiting = {start}, [start]
    while waiting:
        for place in _named(waiting.pop()):
            if place not in found and follow(_node(place)):
                found.add(place)
                waiting.append(place)
    return found


def _answers(function: ast.FunctionDef) -> bool:
    """Whether an outcome can leave a function: what only asks whether there is one hides it."""
    return function.returns is not None and "Outcome" in ast.unparse(function.returns)


def refusals(start: Place) -> set[str]:
    """Names of the outcomes that can come out of a function, other than done."""
    return {name for place in _reached(start, _answers) for name in _outcomes(_node(place))} - {
        "DONE"
    }


def _outcomes(function: ast.FunctionDef) -> Iterator[str]:
    compared = {
        inner
        for node in ast.walk(function)
        if isinstance(node, ast.Compare)
        for inner in ast.walk(node)
    }
    for node in ast.walk(function):
        told = isinstance(node, ast.Attribute) and node not in compared
        if told and ast.unparse(node.value) == "Outcome":
            yield node.attr


def events(start: Place) -> set[str]:
    """Names of the events that a function, or one that it calls, appends."""
    places = _reached(start, lambda _: True)
    return {name for place in places for name in _appended(_node(place))}


def _appended(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".events.append"):
            [event] = node.args
            assert isinstance(event, ast.Call), ast.unparse(node)
            yield ast.unparse(event.func)
