"""Finds what would make two nodes disagree: floats, chance, clocks, and the order of a set.

Reads syntax only, so it knows the type of a name when its own module says it (an annotation, or a
value that can only be a set). What it cannot know, the PYTHONHASHSEED tests have to show.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

ALLOWED_IMPORTS = frozenset(
    {
        "__future__",
        "abc",
        "bisect",
        "collections",
        "cryptography",
        "dataclasses",
        "ed25519_zebra",
        "enum",
        "functools",
        "hashlib",
        "heapq",
        "hmac",
        "itertools",
        "msgspec",
        "operator",
        "re",
        "string",
        "struct",
        "types",
        "typing",
    }
)
"""All that a pure package may import from outside: nothing here reads a clock, a file or a wire."""

FORBIDDEN_CALLS = frozenset(
    {"breakpoint", "eval", "exec", "float", "hash", "id", "input", "open", "print", "__import__"}
)
"""`hash` and `id` differ from process to process; the others do I/O or leave the integers."""

SET_ANNOTATIONS = frozenset({"set", "frozenset", "Set", "AbstractSet", "MutableSet", "FrozenSet"})
SET_METHODS = frozenset({"union", "intersection", "difference", "symmetric_difference", "copy"})
ORDER_FREE = frozenset({"sorted", "len", "sum", "min", "max", "any", "all", "set", "frozenset"})
ORDERED = frozenset({"list", "tuple", "iter", "enumerate", "zip", "map", "filter", "reversed"})


@dataclass(frozen=True, order=True)
class Impurity:
    """One finding: where, and what was found."""

    line: int
    what: str


def impurities(tree: ast.Module, ours: frozenset[str]) -> list[Impurity]:
    """Return every impurity of a module, in order; `ours` are the packages it may import."""
    sets = names_of_sets(tree)
    free = order_free_places(tree)
    found: list[Impurity] = []
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        found += [Impurity(line, what) for what in _imports(node, ours)]
        found += [Impurity(line, what) for what in _inexact(node)]
        if node not in free:
            found += [Impurity(line, what) for what in _set_order(node, sets)]
    return sorted(found)


def _imports(node: ast.AST, ours: frozenset[str]) -> Iterator[str]:
    names: list[str] = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and not node.level:
        names = [node.module or ""]
    for name in names:
        if name.partition(".")[0] not in ALLOWED_IMPORTS | ours:
            yield f"imports {name}"


def _inexact(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Constant(value=float() | complex()):
            yield f"the literal {node.value!r}"
        case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
            yield "true division"
        case ast.Call(func=ast.Name(id=name)) if name in FORBIDDEN_CALLS:
            yield f"calls {name}()"
        case _:
            return


def _set_order(node: ast.AST, sets: frozenset[str]) -> Iterator[str]:
    """Places where the order in which a set happens to lie becomes the order of something."""
    places: list[ast.expr] = []
    match node:
        case ast.For(iter=place) | ast.AsyncFor(iter=place) | ast.Starred(value=place):
            places = [place]
        case ast.ListComp() | ast.GeneratorExp() | ast.DictComp():
            places = [generator.iter for generator in node.generators]
        case ast.Call(func=ast.Name(id=name), args=args) if name in ORDERED:
            places = args
        case ast.Call(func=ast.Attribute(attr="join" | "extend" | "fromkeys"), args=args):
            places = args
        case ast.Call(func=ast.Attribute(value=place, attr="pop"), args=[]):
            places = [place]
        case ast.Assign(targets=[ast.Tuple() | ast.List()], value=place):
            places = [place]
        case _:
            return
    for place in places:
        if is_set(place, sets):
            yield f"the order of the set `{ast.unparse(place)}`"


def order_free_places(tree: ast.Module) -> frozenset[ast.AST]:
    """Comprehensions and stars whose order is lost at once: `sorted(x for x in s)`."""
    free: set[ast.AST] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name), args=args) if name in ORDER_FREE:
                free |= set(args)
            case ast.Set(elts=elements):
                free |= set(elements)
            case _:
                pass
    return frozenset(free)


def names_of_sets(tree: ast.Module) -> frozenset[str]:
    """Names and attributes that the module itself says are sets."""
    names: set[str] = set()
    grown = True
    while grown:  # a name assigned from another set name is found in a later round
        before = len(names)
        for node in ast.walk(tree):
            match node:
                case ast.AnnAssign(target=target, annotation=annotation):
                    if _annotates_a_set(annotation):
                        names |= _spelled(target)
                case ast.arg(arg=name, annotation=ast.expr() as annotation):
                    if _annotates_a_set(annotation):
                        names.add(name)
                case ast.FunctionDef(name=name, returns=ast.expr() as annotation):
                    if _annotates_a_set(annotation):
                        names.add(f"{name}()")
                        names.add(f".{name}")  # it may be a property
                case ast.Assign(targets=targets, value=value) if is_set(value, frozenset(names)):
                    for target in targets:
                        names |= _spelled(target)
                case _:
                    pass
        grown = len(names) > before
    return frozenset(names)


def is_set(node: ast.expr, sets: frozenset[str]) -> bool:
    """Return whether an expression is known to be a set."""
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Name(id=name):
            return name in sets
        case ast.Attribute(attr=name):
            return f".{name}" in sets
        case ast.Call(func=ast.Name(id=name)):
            return name in {"set", "frozenset"} or f"{name}()" in sets
        case ast.Call(func=ast.Attribute(value=value, attr=name)):
            return f"{name}()" in sets or (name in SET_METHODS and is_set(value, sets))
        case ast.BinOp(op=ast.BitOr() | ast.BitAnd() | ast.BitXor() | ast.Sub()):
            return is_set(node.left, sets) or is_set(node.right, sets)
        case ast.IfExp(body=body, orelse=orelse):
            return is_set(body, sets) or is_set(orelse, sets)
        case _:
            return False


def _annotates_a_set(annotation: ast.expr) -> bool:
    match annotation:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in SET_ANNOTATIONS
        case ast.Subscript(value=ast.Name(id="Final" | "ClassVar"), slice=inner):
            return _annotates_a_set(inner)
        case ast.Subscript(value=value):
            return _annotates_a_set(value)
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return _annotates_a_set(left) or _annotates_a_set(right)
        case ast.Constant(value=str() as quoted):
            return _annotates_a_set(ast.parse(quoted, mode="eval").body)
        case _:
            return False


def _spelled(target: ast.expr) -> set[str]:
    """How an assigned name is read: a name of a class body is read as an attribute too."""
    match target:
        case ast.Name(id=name):
            return {name, f".{name}"}
        case ast.Attribute(attr=name):
            return {f".{name}"}
        case _:
            return set()
