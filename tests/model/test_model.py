"""The models hold, their mutants do not, and what they map to exists in the code."""

from __future__ import annotations

import re
from importlib import import_module

import pytest

from tests.model.__main__ import as_expected
from tests.model.cases import CASES, Case
from tests.model.spin import MODELS, missing, search

QUICK = [case for case in CASES if case.quick]
NAMED = re.compile(r"`consensus\.(\w+)\.([\w.]+)`")


@pytest.mark.slow
@pytest.mark.skipif(bool(missing()), reason=f"not installed: {' '.join(missing())}")
@pytest.mark.parametrize("case", QUICK, ids=lambda case: case.name)
def test_spin_answers_as_expected(case: Case) -> None:
    answer = search(case)
    assert as_expected(case, answer), answer


def test_every_function_that_the_model_maps_to_exists() -> None:
    text = (MODELS / "README.md").read_text()
    names = NAMED.findall(text)
    assert len(names) > 20
    for module, path in names:
        found: object = import_module(f"consensus.{module}")
        for part in path.split("."):
            found = getattr(found, part)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_definition_is_known_to_its_model(case: Case) -> None:
    model = (MODELS / f"{case.model}.pml").read_text()
    for definition in case.definitions:
        name = definition.partition("=")[0]
        assert re.search(rf"\b{name}\b", model), name
