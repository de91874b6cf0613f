"""The mutator mutates, a weak test lets a mutant live, and what is known of it is kept."""

import ast
import json
from pathlib import Path
from types import ModuleType

import pytest

from contracts import context, programmes, token
from primitives.receipt import Outcome
from tests.mutation import explained, golden, live
from tests.mutation.__main__ import rules, unjudged, what_is_wrong
from tests.mutation.judge import TimedOut, Verdict, allow, in_child
from tests.mutation.mutator import Mutant, mutants
from tests.mutation.results import Results, digest_of
from tests.mutation.run import target
from tests.mutation.text import Text
from tests.mutation.trials import Trials

NAMES: dict[str, object] = {"Outcome": Outcome}


def lines(source: str, names: dict[str, object] | None = None) -> list[tuple[str, str]]:
    """What each mutant of a function's body does to its line."""
    body = "".join(f"    {line}\n" for line in source.splitlines())
    found = mutants("m.py", f"def f(a, b, c=1):\n{body}", NAMES if names is None else names)
    return [(mutant.before, mutant.after) for mutant in found]


def after(line: str, names: dict[str, object] | None = None) -> set[str]:
    """What the mutants of one line say instead."""
    return {told for _, told in lines(line, names)}


@pytest.mark.parametrize(
    ("line", "broken"),
    [
        ("return a < b", {"return a <= b", "pass"}),
        ("return a is None", {"return a is not None", "pass"}),
        ("return a + b", {"return a - b", "pass"}),
        ("return a // b", {"return a * b", "return (-(-(a) // (b)))", "pass"}),
        ("return a and b", {"return a or b", "return a", "return b", "pass"}),
        ("return not (a or b)", {"return not (a and b)", "return not (a)", "return not (b)"}),
        ("return (a or b) and c", {"return (a or b)", "return c", "return (a or b) or c"}),
        ("return Outcome.DONE", {"return Outcome.BALANCE_TOO_LOW", "pass"}),
        ("return 7", {"return 8", "return 6", "pass"}),
        ("return True", {"return False", "pass"}),
        ("return min(a, b)", {"return max(a, b)", "pass"}),
        ("return sorted(a, key=b)", {"return list(a)", "pass"}),
        ("return a if b else c", {"return a if True else c", "return a if False else c"}),
        ("return [c for c in a if b]", {"return [c for c in a if True]"}),
        ("return replace(a, x=b, y=c)", {"return replace(a, x=b)", "return replace(a, y=c)"}),
        ("a += b", {"a -= b", "pass"}),
        ("a.events.append(b)", {"pass"}),
        ("a[b] = c", {"pass"}),
        ("if a: b()", {"if True: b()", "if False: b()", "if a: pass"}),
        ("while a: break", {"while False: break", "while a: continue", "while a: pass"}),
        ("for c in a: c()", {"for c in (): c()", "for c in a: pass"}),
        ("assert a < b, 7", {"pass"}),
    ],
)
def test_a_line_is_broken_as_a_tired_author_would(line: str, broken: set[str]) -> None:
    assert broken <= after(line)


@pytest.mark.parametrize(
    "line",
    [
        '"""A docstring."""',
        "assert isinstance(a, int)",
        "assert a is not None, 7",
        "return None",
        "x: int = a",
        "pass",
    ],
)
def test_what_no_test_could_notice_is_left_alone(line: str) -> None:
    assert after(line) == set()


def test_arguments_are_swapped_where_their_types_allow() -> None:
    def pay(debtor: str, creditor: str, amount: int) -> None: ...

    swapped = after("return pay(a, b, c)", {"pay": pay})
    assert "return pay(b, a, c)" in swapped
    assert "return pay(a, c, b)" not in swapped
    assert "return pay(creditor=b, debtor=a)" not in swapped
    assert "return pay(debtor=b, creditor=a)" in after(
        "return pay(debtor=a, creditor=b)", {"pay": pay}
    )


def test_a_name_that_the_function_binds_is_not_the_module_s() -> None:
    def a(x: str, y: str) -> None: ...

    assert "return a(c, b)" not in after("return a(b, c)", {"a": a})


@pytest.mark.parametrize("name", ["contracts/netting.py", "contracts/sequences.py"])
def test_every_mutant_is_python_and_says_something_else(name: str) -> None:
    broken = target(name)
    original = ast.dump(ast.parse(broken.source))
    text = Text(broken.source)
    assert len(broken.mutants) > 50
    for mutant in broken.mutants:
        assert ast.dump(ast.parse(text.after(mutant.edit))) != original, mutant


def test_the_same_source_has_the_same_mutants() -> None:
    assert target("contracts/token.py").mutants == target("contracts/token.py").mutants


# --- judging -------------------------------------------------------------------------------------

SOURCE = """
LIMIT = 3

class Gate:
    @property
    def wide(self):
        return self.width > LIMIT

def may_pass(size, room):
    while size < 0:
        size += 1
    return size < room
"""


def gate() -> ModuleType:
    module = ModuleType("gate")
    exec(compile(SOURCE, "gate.py", "exec"), vars(module))
    return module


def one(before: str, after: str) -> Mutant:
    found = mutants("gate.py", SOURCE, vars(gate()))
    [mutant] = [each for each in found if (each.before, each.after) == (before, after)]
    return mutant


def verdict_of(mutant: Mutant, module: ModuleType, holds: str) -> Verdict:
    def attempt() -> bool:
        live.put(mutant, module, SOURCE)
        allow(0.2)
        return bool(eval(holds, vars(module)))

    try:
        return Verdict.SURVIVED if in_child(attempt) else Verdict.KILLED
    except TimedOut:
        return Verdict.TIMED_OUT


def test_a_weak_test_lets_a_mutant_live_and_a_strong_one_kills_it() -> None:
    module, mutant = gate(), one("return size < room", "return size <= room")
    assert verdict_of(mutant, module, "may_pass(1, 2)") is Verdict.SURVIVED
    assert verdict_of(mutant, module, "may_pass(1, 2) and not may_pass(2, 2)") is Verdict.KILLED
    assert not module.may_pass(2, 2), "the parent is not broken"


def test_a_mutant_that_does_not_end_is_ended_and_counted_apart() -> None:
    mutant = one("size += 1", "size -= 1")
    assert verdict_of(mutant, gate(), "may_pass(-1, 1)") is Verdict.TIMED_OUT


def test_methods_and_values_are_broken_too() -> None:
    module = gate()
    module.gate = module.Gate()
    module.gate.width = 3
    wide = one("return self.width > LIMIT", "return self.width >= LIMIT")
    assert wide.function == "Gate.wide"
    assert verdict_of(wide, module, "not gate.wide") is Verdict.KILLED
    assert verdict_of(one("LIMIT = 3", "LIMIT = 2"), module, "not gate.wide") is Verdict.KILLED
    assert verdict_of(one("LIMIT = 3", "LIMIT = 4"), module, "not gate.wide") is Verdict.SURVIVED


def test_who_took_a_value_by_name_gets_the_broken_one() -> None:
    broken = target("contracts/context.py")
    [mutant] = [each for each in broken.mutants if each.after.endswith("24 * 3601 * 1000")]

    def attempt() -> tuple[int, int]:
        live.put(mutant, context, broken.source)
        return context.DAY_MS, programmes.DAY_MS

    assert in_child(attempt) == (86_424_000, 86_424_000)
    assert programmes.DAY_MS == 86_400_000


def test_a_table_is_made_anew_of_the_broken_row_above_it() -> None:
    source = "_COMMON = (1, 2)\nOTHER = (7,)\nTABLE = {'all': (*_COMMON, 3)}\n"
    module = ModuleType("table")
    exec(compile(source, "table.py", "exec"), vars(module))
    other = module.OTHER
    [mutant] = [m for m in mutants("table.py", source, vars(module)) if m.after.endswith("(2, 2)")]
    live.put(mutant, module, source)
    assert module.TABLE == {"all": (2, 2, 3)}
    assert module.OTHER is other


def test_a_child_that_breaks_is_no_verdict(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ChildProcessError):
        in_child(lambda: 1 // 0)
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_the_golden_vectors_hold_and_notice_a_mutant() -> None:
    broken = target("contracts/token.py")
    cases = golden.cases()
    [mutant] = [each for each in broken.mutants if each.after == "if total >= sender.balance:"]

    def attempt() -> list[str]:
        live.put(mutant, token, broken.source)
        return [case.name for case in cases if not case.holds()]

    assert len(cases) > 300
    assert all(case.holds() for case in cases)
    assert in_child(attempt)


def test_what_no_trial_reaches_lives() -> None:
    """A line that nothing runs is a test that is missing, too."""
    begun: list[int] = []
    assert Trials([], []).first_to_fail([], begun.append) is None
    assert begun == []


# --- what is known -------------------------------------------------------------------------------

MUTANT = one("return size < room", "return size <= room")
KEY = MUTANT.key


def test_a_run_goes_on_where_it_stopped_and_starts_anew_for_another_source(tmp_path: Path) -> None:
    path = tmp_path / "mutation.json"
    results = Results(path)
    known = results.module("gate.py", "digest", 3)
    known.add(MUTANT, Verdict.SURVIVED)
    known.add(MUTANT, Verdict.KILLED)
    known.close()
    results.save({})
    again = Results(path).module("gate.py", "digest", 3)
    assert (again.judged, again.killed, again.is_whole) == (2, 1, False)
    assert [survivor["number"] for survivor in again.survivors] == [0]
    assert Results(path).module("gate.py", "another", 3).judged == 0
    assert Results(path).module("gate.py", "digest", 4).judged == 0


def test_a_survivor_that_a_new_test_kills_is_gone(tmp_path: Path) -> None:
    known = Results(tmp_path / "mutation.json").module("gate.py", "digest", 1)
    known.add(MUTANT, Verdict.SURVIVED)
    known.asked_again(0, Verdict.KILLED)
    known.close()
    assert (known.judged, known.killed, known.survivors) == (1, 1, [])


def test_what_was_found_so_far_can_be_saved_before_a_module_is_done(tmp_path: Path) -> None:
    results = Results(tmp_path / "mutation.json")
    known = results.module("gate.py", "digest", 2)
    known.add(MUTANT, Verdict.SURVIVED)
    known.asked_again(0, Verdict.KILLED)
    results.save({})
    [module] = json.loads((tmp_path / "mutation.json").read_text())["modules"].values()
    assert (module["killed"], module["survivors"]) == (1, [])


def test_the_file_says_of_each_survivor_why_it_may_live(tmp_path: Path) -> None:
    path = tmp_path / "mutation.json"
    results = Results(path)
    results.module("gate.py", "digest", 1).add(MUTANT, Verdict.SURVIVED)
    results.save({KEY: "It may."})
    [module] = json.loads(path.read_text())["modules"].values()
    assert (module["survived"], module["explained"]) == (1, 1)
    assert module["survivors"][0]["explained"] == "It may."
    assert module["survivors"][0]["place"] == "gate.py:12"


def an_explanation(*after: str) -> explained.Explanation:
    return explained.Explanation(KEY[0], KEY[1], KEY[2], after, "It may.")


def test_a_survivor_is_explained_or_it_is_wrong(tmp_path: Path) -> None:
    results = Results(tmp_path / "mutation.json")
    results.module("gate.py", "digest", 1).add(MUTANT, Verdict.SURVIVED)
    assert [line.split(":")[0] for line in what_is_wrong(results, [])] == ["unexplained"]
    assert what_is_wrong(results, [an_explanation(KEY[3])]) == []


def test_an_explanation_of_what_does_not_live_is_wrong(tmp_path: Path) -> None:
    results = Results(tmp_path / "mutation.json")
    results.module("gate.py", "digest", 1).add(MUTANT, Verdict.KILLED)
    assert [line.split(":")[0] for line in what_is_wrong(results, [an_explanation(KEY[3])])] == [
        "stale"
    ]


def test_who_was_not_judged_to_the_end_as_it_is_now_is_told(tmp_path: Path) -> None:
    name = "contracts/supply.py"
    broken = target(name)
    results = Results(tmp_path / "mutation.json")
    assert unjudged(results, [name]) == [f"not judged: {name}"]
    known = results.module(name, digest_of(broken.source), 1)
    assert unjudged(results, [name]) == [f"not judged: {name}"]
    known.add(broken.mutants[0], Verdict.KILLED)
    assert unjudged(results, [name]) == []
    known.digest = digest_of(f"{broken.source}# changed")
    assert unjudged(results, [name]) == [f"not judged: {name}"]


def test_every_module_that_decides_something_is_judged_and_no_check_is() -> None:
    names = rules()
    assert "contracts/token.py" in names
    assert [name for name in names if "invariants" in name] == []


def test_nothing_is_explained_twice() -> None:
    with pytest.raises(ValueError, match="twice"):
        explained.reasons([an_explanation("pass"), an_explanation("pass")])


def test_an_explanation_has_all_its_fields(tmp_path: Path) -> None:
    path = tmp_path / "explained.toml"
    path.write_text('[[explained]]\nmodule = "gate.py"\n')
    with pytest.raises(ValueError, match="fields"):
        explained.read(path)


def test_every_explanation_names_a_mutant_of_today() -> None:
    explanations = explained.read()
    modules = {explanation.module for explanation in explanations}
    living = {mutant.key for name in modules for mutant in target(name).mutants}
    assert explained.reasons(explanations).keys() <= living
