"""Every mutant of a module: the same edits in the same order for the same source.

Knows statements and where they stand; ``operators`` knows expressions. What it leaves alone: type
annotations, defaults, decorators, the bodies of classes but for their methods, messages of
assertions, and assertions that only tell the type checker what is known.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from tests.mutation.operators import ARITHMETIC, IN_EXPRESSIONS, IN_TABLES, Operator, Site
from tests.mutation.text import Edit, Text

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Found: TypeAlias = tuple[str, Edit]


class Mutant(NamedTuple):
    """One edit of a module, and the lines of which a test must have run one to notice it.

    ``function`` is the name by which the module holds it, empty for what stands in none.
    """

    module: str
    function: str
    operator: str
    before: str
    after: str
    first_line: int
    last_line: int
    edit: Edit

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.module}:{self.first_line}"

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is called by as long as its function says the same."""
        return self.module, self.function, self.before, self.after


class _Where(NamedTuple):
    text: Text
    names: Mapping[str, object]
    function: str
    rebound: frozenset[str]
    final: ast.stmt | None


def mutants(module: str, source: str, names: Mapping[str, object]) -> list[Mutant]:
    """All of a module's, in the order of its lines; ``names`` is what it holds once imported."""
    text = Text(source)
    where = _Where(text, names, "", frozenset(), None)
    seen: set[Edit] = set()
    found = []
    for function, statement, (operator, edit) in _of_body(ast.parse(source).body, where):
        before, after = text.told(edit)
        if edit not in seen and before != after:
            seen.add(edit)
            first, last = statement.lineno, _last_line(statement)
            found.append(Mutant(module, function, operator, before, after, first, last, edit))
    return found


def _last_line(statement: ast.stmt) -> int:
    """The last line of what the statement says itself, before any block under it."""
    under = [block[0].lineno for block in _blocks(statement) if block]
    if under:
        return max(statement.lineno, min(under) - 1)
    return statement.end_lineno or statement.lineno


def _of_body(body: list[ast.stmt], where: _Where) -> Iterator[tuple[str, ast.stmt, Found]]:
    for statement in body:
        if isinstance(statement, Function):
            yield from _of_body(statement.body, _within(statement, where))
        elif isinstance(statement, ast.ClassDef):
            methods = [each for each in statement.body if isinstance(each, Function)]
            inside = where._replace(function=f"{where.function}{statement.name}.")
            yield from _of_body([*methods], inside)
        elif where.final is None:
            for found in _of_table(statement, where):
                yield "", statement, found
        elif not _is_left_alone(statement):
            for found in _of_statement(statement, where):
                yield where.function, statement, found
            for block in _blocks(statement):
                yield from _of_body(block, where)


def _within(function: Function, where: _Where) -> _Where:
    """Inside a function; a function within a function goes by the outer one's name."""
    stored = Counter(
        name.id
        for name in ast.walk(function)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    )
    stored.update(each.arg for each in ast.walk(function) if isinstance(each, ast.arg))
    return _Where(
        text=where.text,
        names={name: value for name, value in where.names.items() if name not in stored},
        function=where.function if where.final is not None else f"{where.function}{function.name}",
        rebound=frozenset(name for name, count in stored.items() if count > 1),
        final=function.body[-1],
    )


def _is_left_alone(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)  # a docstring
    if isinstance(statement, ast.Assert):
        test = ast.unparse(statement.test)
        return test.startswith("isinstance(") or test.endswith(" is not None")
    return isinstance(statement, ast.Pass | ast.Import | ast.ImportFrom | ast.Global)


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        yield getattr(statement, name, [])
    for part in (*getattr(statement, "handlers", []), *getattr(statement, "cases", [])):
        yield part.body


def _of_table(statement: ast.stmt, where: _Where) -> Iterator[Found]:
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
        return
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    if not ast.unparse(target).startswith("__"):
        yield from _of_expression(statement.value, statement, where, IN_TABLES)


def _of_statement(statement: ast.stmt, where: _Where) -> Iterator[Found]:
    if _may_go(statement, where):
        yield "statement", where.text.instead(statement, "pass")
    if isinstance(statement, ast.Assert):
        return
    if isinstance(statement, ast.If):
        yield "condition", where.text.instead(statement.test, "True")
    if isinstance(statement, ast.If | ast.While):
        yield "condition", where.text.instead(statement.test, "False")
    if isinstance(statement, ast.For):
        yield "loop", where.text.instead(statement.iter, "()")
    if isinstance(statement, ast.Break | ast.Continue):
        other = "continue" if isinstance(statement, ast.Break) else "break"
        yield "loop", where.text.instead(statement, other)
    if isinstance(statement, ast.AugAssign) and type(statement.op) in ARITHMETIC:
        yield "arithmetic", _other_sign(statement, where.text)
    for part in _expressions(statement):
        yield from _of_expression(part, statement, where, IN_EXPRESSIONS)


def _may_go(statement: ast.stmt, where: _Where) -> bool:
    """Whether the function could do without: no name would be missing, and it would be no other."""
    match statement:
        case ast.Return():
            nothing = statement.value is None or ast.unparse(statement.value) == "None"
            return not (nothing and statement is where.final)
        case ast.Assign():
            return all(_stays_bound(target, where) for target in statement.targets)
        case ast.Expr() | ast.AugAssign() | ast.Raise() | ast.Delete():
            return True
        case ast.Assert() | ast.Break() | ast.Continue():
            return True
        case _:
            return False


def _stays_bound(target: ast.expr, where: _Where) -> bool:
    names = [each.id for each in ast.walk(target) if isinstance(each, ast.Name)]
    return not isinstance(target, ast.Name | ast.Tuple) or all(n in where.rebound for n in names)


def _other_sign(statement: ast.AugAssign, text: Text) -> Edit:
    old, new = ARITHMETIC[type(statement.op)]
    start, end = text.end(statement.target), text.start(statement.value)
    return Edit(start, end, text.between(start, end).replace(f"{old}=", f"{new}=", 1))


def _expressions(statement: ast.stmt) -> Iterator[ast.expr]:
    """What a statement works out itself; annotations and names that are bound are no part of it."""
    skipped = {"annotation", "target"} if isinstance(statement, ast.AnnAssign) else set()
    for name, value in ast.iter_fields(statement):
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, ast.expr) and name not in skipped:
                yield each
            elif isinstance(each, ast.withitem):
                yield each.context_expr
            elif isinstance(each, ast.match_case) and each.guard is not None:
                yield each.guard


def _of_expression(
    node: ast.expr, parent: ast.AST, where: _Where, operators: tuple[Operator, ...]
) -> Iterator[Found]:
    if isinstance(node, ast.JoinedStr):
        return
    for operator in operators:
        for edit in operator(Site(node, parent, where.text, where.names)):
            yield operator.__name__, edit
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield from _of_expression(child, node, where, operators)
        elif isinstance(child, ast.keyword):
            yield from _of_expression(child.value, child, where, operators)
        elif isinstance(child, ast.comprehension):
            for part in (child.iter, *child.ifs):
                yield from _of_expression(part, child, where, operators)
