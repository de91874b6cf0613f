"""The ways to break an expression. Each yields edits that a tired author could have made.

None knows where an expression stands but for its parent, and none asks whether its edit matters:
that is for the tests to say.
"""

from __future__ import annotations

import ast
import enum
import inspect
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Annotated, Final, NamedTuple, TypeAlias, get_args, get_origin

from tests.mutation.text import Edit, Text


class Site(NamedTuple):
    """An expression, what it is part of, and what the module's names stand for there."""

    node: ast.expr
    parent: ast.AST
    text: Text
    names: Mapping[str, object]


COMPARISONS: Final[dict[type[ast.cmpop], tuple[str, str]]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
ARITHMETIC: Final[dict[type[ast.operator], tuple[str, str]]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "//"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "//"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
    ast.BitXor: ("^", "|"),
}
OPPOSITES: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
BINDING: Final = (ast.BinOp, ast.BoolOp, ast.UnaryOp, ast.Compare)


def boundary(site: Site) -> Iterator[Edit]:
    """A comparison that is off by its edge, or turned round."""
    node = site.node
    if isinstance(node, ast.Compare):
        sides = pairwise([node.left, *node.comparators])
        for op, (left, right) in zip(node.ops, sides, strict=True):
            yield _other_token(site.text, left, right, COMPARISONS[type(op)])


def arithmetic(site: Site) -> Iterator[Edit]:
    """Another operator between the same two numbers."""
    node = site.node
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC and not _is_of_types(site):
        edit = _other_token(site.text, node.left, node.right, ARITHMETIC[type(node.op)])
        yield _bound(site, edit) if isinstance(node.op, ast.BitAnd | ast.BitOr) else edit


def rounding(site: Site) -> Iterator[Edit]:
    """A quotient rounded up instead of down."""
    node = site.node
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv):
        left, right = site.text.of(node.left), site.text.of(node.right)
        yield site.text.instead(node, f"(-(-({left}) // ({right})))")


def connective(site: Site) -> Iterator[Edit]:
    """``and`` for ``or``, an operand that is not asked, a ``not`` that is not said."""
    node, text = site.node, site.text
    if isinstance(node, ast.BoolOp):
        tokens = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in pairwise(node.values):
            if len(node.values) == 2:
                yield _bound(site, _other_token(text, left, right, tokens))
        for place in range(len(node.values)):
            rest = [_operand(text, value) for i, value in enumerate(node.values) if i != place]
            yield _bound(site, text.instead(node, f" {tokens[0]} ".join(rest)))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub | ast.Invert):
        yield _bound(site, text.instead(node, text.of(node.operand)))


def code(site: Site) -> Iterator[Edit]:
    """Another member of the same enumeration: a refusal with the wrong code, a wrong status."""
    node = site.node
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        kind = site.names.get(node.value.id)
        if isinstance(kind, enum.EnumMeta) and node.attr in kind.__members__:
            members = list(kind.__members__)
            following = members[(members.index(node.attr) + 1) % len(members)]
            yield site.text.instead(node, f"{node.value.id}.{following}")


def constant(site: Site) -> Iterator[Edit]:
    """A number off by one, a truth that is none."""
    node = site.node
    if not isinstance(node, ast.Constant):
        return
    if isinstance(node.value, bool):
        yield site.text.instead(node, str(not node.value))
    elif isinstance(node.value, int):
        for other in (node.value + 1, node.value - 1):
            yield _bound(site, site.text.instead(node, str(other)))


def extreme(site: Site) -> Iterator[Edit]:
    """The least for the most, some for all, and what was sorted in the order it came in."""
    node = site.node
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return
    if node.func.id in OPPOSITES:
        yield site.text.instead(node.func, OPPOSITES[node.func.id])
    elif node.func.id == "sorted":
        yield site.text.instead(node, f"list({site.text.of(node.args[0])})")


def condition(site: Site) -> Iterator[Edit]:
    """A choice within an expression that always falls the same way."""
    node = site.node
    tests: list[ast.expr] = []
    if isinstance(node, ast.IfExp):
        tests = [node.test]
    elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        tests = [test for generator in node.generators for test in generator.ifs]
    for test in tests:
        for always in ("True", "False"):
            yield site.text.instead(test, always)


def argument(site: Site) -> Iterator[Edit]:
    """Two neighbouring arguments of one declared type, swapped."""
    node, text = site.node, site.text
    if not isinstance(node, ast.Call) or any(isinstance(a, ast.Starred) for a in node.args):
        return
    kinds = _parameter_kinds(_meant(node.func, site.names))
    given = [
        *zip(list(kinds.values()), node.args, strict=False),
        *((kinds.get(word.arg or "", ""), word.value) for word in node.keywords),
    ]
    for (kind, one), (other_kind, other) in pairwise(given):
        if kind and kind == other_kind and text.of(one) != text.of(other):
            between = text.between(text.end(one), text.start(other))
            swapped = text.of(other) + between + text.of(one)
            yield Edit(text.start(one), text.end(other), swapped)


def kept_field(site: Site) -> Iterator[Edit]:
    """A field that ``replace`` should have changed and leaves as it was."""
    node, text = site.node, site.text
    if not isinstance(node, ast.Call) or ast.unparse(node.func) != "replace":
        return
    given = [*map(text.of, node.args), *map(text.of, node.keywords)]
    for place in range(len(node.args), len(given)):
        kept = ", ".join(word for i, word in enumerate(given) if i != place)
        yield text.instead(node, f"replace({kept})")


def element(site: Site) -> Iterator[Edit]:
    """A row of a table of the module that is missing: its neighbour stands there twice."""
    node, text = site.node, site.text
    rows: list[tuple[int, int]] = []
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None:
                rows.append((text.start(key), text.end(value)))
    elif isinstance(node, ast.Tuple | ast.List):
        rows = [(text.start(each), text.end(each)) for each in node.elts]
    for place, (start, end) in enumerate(rows):
        neighbour = text.between(*rows[place - 1])
        yield Edit(start, end, neighbour)


Operator: TypeAlias = Callable[[Site], Iterator[Edit]]

IN_EXPRESSIONS: Final[tuple[Operator, ...]] = (
    boundary,
    arithmetic,
    rounding,
    connective,
    code,
    constant,
    extreme,
    condition,
    argument,
    kept_field,
)
IN_TABLES: Final[tuple[Operator, ...]] = (arithmetic, code, constant, element)
"""What a module says outside of its functions is broken in fewer ways."""


def _other_token(text: Text, left: ast.expr, right: ast.expr, tokens: tuple[str, str]) -> Edit:
    start, end = text.end(left), text.start(right)
    between = text.between(start, end)
    assert tokens[0] in between, (tokens, between)
    return Edit(start, end, between.replace(tokens[0], tokens[1], 1))


def _bound(site: Site, edit: Edit) -> Edit:
    """The whole node edited, in parentheses if what is around it could tear it apart."""
    start, end = site.text.start(site.node), site.text.end(site.node)
    whole = site.text.between(start, edit.start) + edit.text + site.text.between(edit.end, end)
    around = site.text.between(start - 1, start) + site.text.between(end, end + 1)
    wrapped = isinstance(site.parent, BINDING) and around != "()" and not whole.isalnum()
    return Edit(start, end, f"({whole})" if wrapped else whole)


def _operand(text: Text, node: ast.expr) -> str:
    """As it may stand beside ``and`` and ``or``: the parentheses around it are not its own."""
    loose = isinstance(node, ast.BoolOp | ast.IfExp | ast.Lambda | ast.NamedExpr)
    return f"({text.of(node)})" if loose else text.of(node)


def _is_of_types(site: Site) -> bool:
    return isinstance(site.parent, ast.Call) and ast.unparse(site.parent.func) == "isinstance"


def _meant(func: ast.expr, names: Mapping[str, object]) -> object:
    """What a dotted name stands for; None for what is only known while it runs."""
    if isinstance(func, ast.Name):
        return names.get(func.id)
    if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
        owner = names.get(func.value.id)
        return getattr(owner, func.attr, None) if inspect.ismodule(owner) else None
    return None


def _parameter_kinds(meant: object) -> dict[str, str]:
    """The declared type of each parameter, as written; none of what declares nothing."""
    if not callable(meant):
        return {}
    try:
        parameters = inspect.signature(meant).parameters.values()
    except ValueError:
        return {}
    return {each.name: _kind(each) for each in parameters}


def _kind(parameter: inspect.Parameter) -> str:
    """As written, whatever bounds are declared beside it; empty if nothing is."""
    declared = parameter.annotation
    if declared is parameter.empty:
        return ""
    return str(get_args(declared)[0] if get_origin(declared) is Annotated else declared)
