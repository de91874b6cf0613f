"""The models hold, their mutants do not, and what they map to exists in the code."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path

import pytest

from tests.model.__main__ import as_expected, results_of, text_of
from tests.model.cases import CASES, Case
from tests.model.spin import MODELS, missing, search

QUICK = [case for case in CASES if case.quick]
NAMED = re.compile(r"`((?:client|consensus|contracts|node|primitives)\.\w+)\.([\w.]+)`")


@pytest.mark.slow
@pytest.mark.skipif(bool(missing()), reason=f"not installed: {' '.join(missing())}")
@pytest.mark.parametrize("case", QUICK, ids=lambda case: case.name)
def test_spin_answers_as_expected(case: Case) -> None:
    answer = search(case)
    assert as_expected(case, answer), answer


def test_every_function_that_the_model_maps_to_exists() -> None:
    text = (MODELS / "README.md").read_text()
    names = NAMED.findall(text)
    assert len(names) > 50
    for module, path in names:
        found: object = import_module(module)
        for part in path.split("."):
            found = getattr(found, part)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_definition_is_known_to_its_model(case: Case) -> None:
    model = (MODELS / f"{case.model}.pml").read_text()
    for definition in case.definitions:
        name = definition.partition("=")[0]
        assert re.search(rf"\b{name}\b", model), name


def test_results_are_of_a_models_text_and_definitions_whatever_else_changed(tmp_path: Path) -> None:
    kept, other_text, other_bounds, gone = (
        {"text": text_of(case), "definitions": list(case.definitions)} for case in CASES[:4]
    )
    other_text["text"] = "of another text"
    other_bounds["definitions"] = ["VIEWS=9"]
    names = [*(case.name for case in CASES[:3]), "a case that nobody asks any more"]
    cases = dict(zip(names, (kept, other_text, other_bounds, gone), strict=True))
    file = tmp_path / "model.json"
    file.write_text(json.dumps({"run": {}, "cases": cases}))
    assert results_of(file) == {CASES[0].name: kept}
    assert results_of(tmp_path / "none.json") == {}
