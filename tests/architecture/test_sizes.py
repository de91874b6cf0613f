"""Functions under 50 lines, files under 400, at most five parameters; exceptions give a reason.

Docstrings are left out of every count: prose above code must never be cut to fit. The parameters
of a command are its options, which click hands over one by one, so commands are not counted.
"""

import ast
from collections.abc import Iterator
from typing import TypeAlias

import pytest

from tests.architecture.source import BESIDE, ROOT, Source, parse, shipped, sources

MAX_FUNCTION_LINES = 50
MAX_FILE_LINES = 400
MAX_PARAMETERS = 5

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

# Where a case deserves more: "path:name" -> why. An entry that is no longer needed fails a test.
LONGER_FUNCTIONS: dict[str, str] = {}
LONGER_FILES: dict[str, str] = {}
MORE_PARAMETERS: dict[str, str] = {}


def judged() -> Iterator[Source]:
    """Every file that is held to the sizes."""
    yield from sources(*shipped(), *BESIDE, "tests")


def docstring_lines(node: ast.AST) -> int:
    """Lines of the docstrings at the top of a node and of everything inside it."""
    total = 0
    for inner in ast.walk(node):
        if isinstance(inner, Function | ast.ClassDef | ast.Module) and ast.get_docstring(inner):
            text = inner.body[0]
            total += (text.end_lineno or text.lineno) - text.lineno + 1
    return total


def functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, Function]]:
    """Every function with its dotted name, nested ones after the one they stand in."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Function | ast.ClassDef):
            name = f"{prefix}{node.name}"
            if isinstance(node, Function):
                yield name, node
            yield from functions(node, f"{name}.")
        else:
            yield from functions(node, prefix)


def function_lines(node: Function) -> int:
    """Length of a function, from `def` to its last line."""
    return (node.end_lineno or node.lineno) - node.lineno + 1 - docstring_lines(node)


def file_lines(source: Source) -> int:
    """Length of a file."""
    return len(source.text.splitlines()) - docstring_lines(source.tree)


def is_command(node: Function) -> bool:
    """Whether click calls it, with a parameter for each option."""
    calls = [ast.unparse(decorator) for decorator in node.decorator_list]
    return any(".command(" in call or "click." in call for call in calls)


def parameters(node: Function) -> int:
    """Parameters a caller has to think of."""
    names = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    return len([name for name in names if name not in {"self", "cls"}])


def too_long_functions() -> dict[str, int]:
    lengths = {
        f"{source.place}:{name}": function_lines(node)
        for source in judged()
        for name, node in functions(source.tree)
    }
    return {place: lines for place, lines in lengths.items() if lines > MAX_FUNCTION_LINES}


def too_long_files() -> dict[str, int]:
    lengths = {source.place: file_lines(source) for source in judged()}
    return {place: lines for place, lines in lengths.items() if lines > MAX_FILE_LINES}


def too_many_parameters() -> dict[str, int]:
    counts = {
        f"{source.place}:{name}": parameters(node)
        for source in judged()
        if not source.place.startswith("tests/")  # fixtures arrive as parameters
        for name, node in functions(source.tree)
        if not is_command(node)
    }
    return {place: count for place, count in counts.items() if count > MAX_PARAMETERS}


def test_functions_are_short() -> None:
    assert too_long_functions().keys() - LONGER_FUNCTIONS.keys() == set(), too_long_functions()


def test_files_are_short() -> None:
    assert too_long_files().keys() - LONGER_FILES.keys() == set(), too_long_files()


def test_parameters_are_few() -> None:
    found = too_many_parameters()
    assert found.keys() - MORE_PARAMETERS.keys() == set(), found


def test_every_exception_is_needed_and_has_a_reason() -> None:
    assert LONGER_FUNCTIONS.keys() <= too_long_functions().keys()
    assert LONGER_FILES.keys() <= too_long_files().keys()
    assert MORE_PARAMETERS.keys() <= too_many_parameters().keys()
    reasons = [*LONGER_FUNCTIONS.values(), *LONGER_FILES.values(), *MORE_PARAMETERS.values()]
    assert all(len(reason.split()) >= 4 for reason in reasons)


@pytest.mark.parametrize("indent", ["", "    "])
def test_the_measures_see_what_they_should(indent: str) -> None:
    body = "\n".join(f"{indent}    x = {i}" for i in range(51))
    head = "class C:\n" if indent else ""
    text = (
        f'{head}{indent}def f(self, a, *, b):\n{indent}    """One.\n\n{indent}    Two."""\n{body}'
    )
    [(name, node)] = list(functions(ast.parse(text)))
    assert name == ("C.f" if indent else "f")
    assert function_lines(node) == 52
    assert parameters(node) == 2


def test_a_command_is_known_by_its_decorator() -> None:
    text = "@group.command()\n@click.option('--home')\ndef start(home): ...\ndef f(home): ..."
    [(_, command), (_, plain)] = list(functions(ast.parse(text)))
    assert is_command(command)
    assert not is_command(plain)


def test_this_file_is_among_the_judged() -> None:
    assert parse(ROOT / "tests/architecture/test_sizes.py") in list(judged())
