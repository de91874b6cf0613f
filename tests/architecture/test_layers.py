"""Arrows run downwards only, and no package stands outside the picture.

`lint-imports` judges the imports; these tests hold its configuration to the tree, so that a new
package cannot slip past it.
"""

import ast
import re

from tests.architecture.source import PURE, ROOT, parse, pyproject, shipped, sources

LINTER = pyproject()["tool"]["importlinter"]
CONTRACTS = {contract["id"]: contract for contract in LINTER["contracts"]}


def imported_roots(tree: ast.Module) -> set[str]:
    """First names of everything a module imports, wherever the import stands."""
    roots: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            roots |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            roots.add(node.module.partition(".")[0])
    return roots


def test_the_linter_reads_every_package_that_ships() -> None:
    assert set(LINTER["root_packages"]) == set(shipped())


def test_every_package_that_ships_has_a_layer() -> None:
    named = {name for line in CONTRACTS["layers"]["layers"] for name in re.findall(r"\w+", line)}
    assert set(shipped()) <= named


def test_every_pure_package_is_held_to_purity() -> None:
    held = set(CONTRACTS["purity"]["source_modules"])
    assert held == set(PURE) & set(shipped())


def test_every_folder_of_code_is_known() -> None:
    known = {
        *shipped(),
        "demo",
        "benchmarks",
        "scripts",
        "tests",
        "docs",
        "deploy",
        "web",
        "native",
    }
    found = {path.name for path in ROOT.iterdir() if path.is_dir() and any(path.rglob("*.py"))}
    assert {name for name in found if not name.startswith(".")} <= known


def test_only_those_who_need_the_rules_see_them() -> None:
    may_see = {"consensus": {"consensus", "node"}, "contracts": {"contracts", "node", "audit"}}
    found = [
        f"{source.place} imports {rules}"
        for rules, allowed in may_see.items()
        for source in sources(*(name for name in shipped() if name not in allowed))
        if rules in imported_roots(source.tree)
    ]
    assert found == []


def test_the_demo_imports_nothing_of_ours() -> None:
    ours = {*shipped(), "tests", "benchmarks"}
    found = {source.place: imported_roots(source.tree) & ours for source in sources("demo")}
    assert {place: names for place, names in found.items() if names} == {}


def test_no_package_that_ships_imports_what_does_not() -> None:
    beside = {"tests", "benchmarks", "demo", "scripts", "pytest", "hypothesis"}
    found = {source.place: imported_roots(source.tree) & beside for source in sources(*shipped())}
    assert {place: names for place, names in found.items() if names} == {}


def test_imports_inside_functions_are_seen() -> None:
    tree = ast.parse("def f():\n    from tests.builders import a_transfer\n    import demo.story")
    assert imported_roots(tree) == {"tests", "demo"}


def test_every_package_says_what_it_is() -> None:
    silent = [
        source.place
        for source in sources(*shipped())
        if not ast.get_docstring(source.tree) and source.tree.body
    ]
    assert silent == []
    for name in shipped():
        assert ast.get_docstring(parse(ROOT / name / "__init__.py").tree), name
