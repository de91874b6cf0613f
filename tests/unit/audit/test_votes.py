"""Reports of what partners decided and bear together, as the commands tell them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from audit.cli import cli
from audit.home import Checkpoint, open_home
from primitives.encoding import encode
from primitives.governance import SetProtocol
from tests.fakes import council
from tests.fakes.auditor import accepts
from tests.fakes.chains import Chain
from tests.unit.audit.together import a_council, a_default


class Desk:
    """An auditor's home in which a chain was verified."""

    def __init__(self, home: Path) -> None:
        self._home = home

    async def verify(self, chain: Chain) -> None:
        genesis = self._home.parent / "genesis.bin"
        genesis.write_bytes(encode(chain.genesis))
        place = open_home(self._home, genesis)
        checkpoint = Checkpoint.open(place.checkpoint, chain.genesis)
        checkpoint.save(await accepts(chain))
        checkpoint.close()

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(cli, [*words, "--home", str(self._home)])

    def json(self, *words: str) -> Any:
        result = self.run(*words, "--output", "json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "home")


async def test_votes_lists_what_was_decided_newest_first(desk: Desk) -> None:
    chain, ids = a_council()
    await desk.verify(chain)
    document = desk.json("votes")
    assert [each["proposal"] for each in document["proposals"]] == [
        id_.hex() for id_ in reversed(ids)
    ]
    assert (document["protocol"], document["planned"]) == (1, None)
    newest = document["proposals"][0]
    assert (newest["status"], newest["measure"]["type"]) == ("rejected", "declare")
    said = {each["partner"]: each["approves"] for each in newest["electors"]}
    assert said == {"north": None, "east": False, "south": False, "west": None, "inn": None}
    admitted = document["proposals"][-1]
    assert (admitted["status"], admitted["ended"] > admitted["decided"]) == ("executed", True)
    text = desk.run("votes").stdout
    assert "6 proposals up to height 21" in text
    assert "have safe say which payments were made" in text


async def test_votes_shows_one_by_the_beginning_of_its_id_and_those_of_a_status(
    desk: Desk,
) -> None:
    chain, ids = a_council()
    await desk.verify(chain)
    [one] = desk.json("votes", ids[1].hex()[:16])["proposals"]
    assert one["proposal"] == ids[1].hex()
    text = desk.run("votes", ids[1].hex()).stdout
    assert "4 for, 0 against; 4 are needed" in text
    assert "have The Safe at" in text
    rejected = desk.json("votes", "--status", "rejected")["proposals"]
    assert [each["proposal"] for each in rejected] == [ids[-1].hex()]
    assert desk.json("votes", "--status", "open")["proposals"] == []
    for words in (("00" * 32,), (ids[1].hex()[:8],)):
        result = desk.run("votes", *words)
        assert (result.exit_code, "proposal_unknown" in result.stderr) == (3, True)
    assert desk.run("votes", ids[1].hex(), "--status", "open").exit_code == 2


async def test_votes_tells_of_rules_that_are_planned(desk: Desk) -> None:
    """[LEDGER-74]"""
    chain = Chain()
    made = council.proposing(chain, SetProtocol(2, 500))
    chain.block([made])
    chain.block(council.votes(chain, made.id))
    await desk.verify(chain)
    assert desk.json("votes")["planned"] is None
    assert "is done at" in desk.run("votes", made.id.hex()).stdout
    chain.block(after_ms=council.TIMELOCK_MS)
    await desk.verify(chain)
    assert desk.json("votes")["planned"] == {"version": 2, "from_height": 500}
    assert "version 2 from height 500 on" in desk.run("votes").stdout


def test_votes_needs_something_verified(desk: Desk, tmp_path: Path) -> None:
    result = desk.run("votes")
    assert (result.exit_code, "genesis_missing" in result.stderr) == (2, True)


async def test_reserves_tells_what_was_paid_for_others(desk: Desk) -> None:
    """[LEDGER-55], [LEDGER-56]"""
    chain, _ = a_default()
    await desk.verify(chain)
    document = desk.json("reserves")
    partners = {each["partner"]: each for each in document["partners"]}
    north, south = partners["north"], partners["south"]
    assert (north["status"], north["room"], north["credit"]) == ("run_off", "0", "0")
    assert north["advance"] == {"amount": "4", "cycle": 1}
    assert (north["assumed"], north["net"]) == ("3", "3")
    assert (south["reserve"], south["recognised"], south["assumed"]) == ("18", "18", "0.320225")
    totals = document["totals"]
    # 20 of east and 18 each of south and west are free, and 4 are out: a tenth of 60.
    assert (totals["guarantee"], totals["advanced"]) == ("6", "4")
    text = desk.run("reserves").stdout
    assert "north: it is leaving" in text
    assert "north: the others paid 4 for it" in text


async def test_settlement_tells_by_what_positions_were_shifted(desk: Desk) -> None:
    """[LEDGER-55], [LEDGER-73]"""
    chain, _ = a_default()
    await desk.verify(chain)
    statement = desk.json("settlement")["statement"]
    assert (statement["complete"], statement["settled"]) == (True, "30")
    shifts = {each["partner"]: each["assumed"] for each in statement["shifts"]}
    assert shifts == {"north": "3", "east": "-3.64045", "south": "0.320225", "west": "0.320225"}
    assert "shifted" in desk.run("settlement").stdout
