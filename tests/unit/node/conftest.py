"""Homes that a real node left behind, made once a file, and a copy of the newer for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.node.homes import Homes, copied, make


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Homes:
    return make(tmp_path_factory.mktemp("homes"))


@pytest.fixture
def home(homes: Homes, tmp_path: Path) -> Path:
    return copied(homes.newer, tmp_path / "home")
