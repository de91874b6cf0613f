"""primitives, consensus and contracts compute the same everywhere: each impurity is a finding."""

import ast

import pytest

from tests.architecture.purity import impurities
from tests.architecture.source import PURE, Source, shipped, sources

OURS = frozenset({"primitives", "consensus", "contracts"})
MODULES = list(sources(*(name for name in PURE if name in shipped())))


def found_in(text: str) -> list[str]:
    return [finding.what for finding in impurities(ast.parse(text), OURS)]


@pytest.mark.parametrize("source", MODULES, ids=lambda source: source.place)
def test_a_pure_module_is_pure(source: Source) -> None:
    findings = impurities(source.tree, OURS)
    assert [f"{source.place}:{finding.line} {finding.what}" for finding in findings] == []


@pytest.mark.parametrize("module", ["asyncio", "socket", "time", "random", "secrets", "logging"])
def test_clocks_chance_and_wires_are_found(module: str) -> None:
    assert found_in(f"import {module}") == [f"imports {module}"]
    assert found_in(f"def f():\n    from {module} import x") == [f"imports {module}"]


def test_what_leaves_the_integers_is_found() -> None:
    assert found_in("fee = amount * 0.01") == ["the literal 0.01"]
    assert found_in("half = amount / 2") == ["true division"]
    assert found_in("amount /= 2") == ["true division"]
    assert found_in("half = amount // 2") == []


def test_what_differs_between_processes_is_found() -> None:
    assert found_in("slot = hash(key) % 8") == ["calls hash()"]
    assert found_in("seen[id(vote)] = vote") == ["calls id()"]


@pytest.mark.parametrize(
    "text",
    [
        "for voter in {1, 2}: act(voter)",
        "for voter in set(voters): act(voter)",
        "def f(voters: set[bytes]):\n    return [v for v in voters]",
        "def f(voters: 'frozenset[bytes] | None'):\n    return b''.join(voters)",
        "class T:\n    seen: set[bytes]\n    def f(self):\n        return list(self.seen)",
        "def f(t):\n    t.seen = set()\n    for key in t.seen - {b''}:\n        act(key)",
        "def gone(a) -> frozenset[int]: ...\ndef f(a):\n    return tuple(gone(a))",
        "fewer = set(a) & set(b)\nfirst = fewer.pop()",
        "left = set(a)\nright = left.union(b)\ntotal = [*right]",
        "changed = {k: d[k] for k in frozenset(d)}",
        "known = set(a)\nfirst, second = known",
    ],
)
def test_the_order_of_a_set_is_found(text: str) -> None:
    findings = found_in(text)
    assert len(findings) == 1
    assert findings[0].startswith("the order of the set")


@pytest.mark.parametrize(
    "text",
    [
        "for voter in sorted({1, 2}): act(voter)",
        "count = len(set(voters))",
        "def f(voters: set[int]):\n    return sorted(v for v in voters)",
        "def f(voters: set[int]):\n    return all(v > 0 for v in voters)",
        "def f(voters: set[int]):\n    return {v + 1 for v in voters}",
        "def f(voters: list[int]):\n    return [v for v in voters]",
        "inside = key in {1, 2}",
    ],
)
def test_a_set_that_gives_no_order_is_no_finding(text: str) -> None:
    assert found_in(text) == []
