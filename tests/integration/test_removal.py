"""A validator that the others vote out: it follows, hurts nobody, and they go on."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.processes import until
from tests.integration.town import Payer, Town

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with contextlib.ExitStack() as later:
        town = Town(tmp_path_factory.mktemp("removal"), (), later)
        for code in town.codes:
            town.settle_in(code)
        town.launch(*town.codes)
        town.all_ready(*town.codes)
        town.endow(100_000)
        yield town


def test_who_is_voted_out_validates_no_more_and_the_others_go_on(
    town: Town, tmp_path: Path
) -> None:
    """[EPOCH-7] [EPOCH-2] Nor does its home from before, keys and all, that somebody puts back: it
    sees what its key signed since, and signs nothing ([DUR-4])."""
    first, second, removed, third = town.codes
    others = [first, second, third]
    town.stop(removed)
    shutil.copytree(town.node_home(removed), tmp_path / "before")
    town.launch(removed)
    with Payer(town) as payer:
        town.validating(removed, 0)
        proposal = town.admin(first, "propose", "remove", removed)["proposal"]["proposal"]
        for code in others:
            town.admin(code, "vote", proposal, "--for")
        until("it follows", lambda: town.status(removed)["index"] is None)
        assert town.epoch(removed) == town.epoch(first) == 1
        assert [each["partner"] for each in town.members(first)] == others
        for code in others:
            town.validating(code, 1)
        until("its key is gone", lambda: town.keys_of(removed) == [])
        assert town.submit(removed, b"\x90") == (503, "not_a_validator")
        payer.again()
        _put_back(town, removed, tmp_path / "before")
        until("it finds out", lambda: "key_elsewhere" in (town.status(removed)["halted"] or ""))
        payer.again()
        for code in others:
            assert town.validates(code, 1)
    payer.check()
    for code in others:
        assert town.ask(code, "/v1/evidence")["items"] == []
        assert town.status(code)["halted"] is None


def _put_back(town: Town, code: str, before: Path) -> None:
    """What whoever has the machine could try: an old home that does not know of any vote."""
    town.stop(code)
    shutil.rmtree(town.node_home(code))
    shutil.copytree(before, town.node_home(code))
    assert town.keys_of(code) != []
    town.launch(code)
