"""The partner's commands over real HTTP: each deposit is minted once, whatever happens."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from client.home import Home
from contracts.invariants import check_all
from node.archive import STATE
from partner import cli_import
from partner.cli import cli
from partner.outbox import Outbox
from primitives.address import account_id, address, single_key
from primitives.encoding import decode
from primitives.entries import SUPPLY_KEY, Supply
from shell.mnemonic import account_key, sentence_seed
from tests.architecture.source import ROOT
from tests.builders import Person, a_person
from tests.fakes.network import OTHER_WORDS, WORDS, Network, a_genesis_of_now, a_home

ALICE, BOB = a_person("alice"), a_person("bob")
HEAD = "reference,points,address,programme\n"


def issuer_of(words: str) -> bytes:
    return account_id(single_key(account_key(sentence_seed(words), 0).public_key))


@dataclass
class Partner:
    """A partner's home with a network behind it."""

    network: Network
    home: Home
    path: Path

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, [*arguments, *self.options()])

    def options(self) -> list[str]:
        secret = str(self.path.with_suffix(".pass"))
        return ["--home", str(self.path), "--yes", "--passphrase-file", secret]

    def deposit(self, name: str, /, to: Person = ALICE, **more: str) -> Result:
        """500 points of the bonus programme, unless ``more`` says otherwise."""
        usual = {"reference": name, "points": "500", "to": self.name(to), "programme": "bonus"}
        options = [f"--{key}={value}" for key, value in (usual | more).items()]
        return self.run("deposit", *options)

    def importing(self, path: Path, *more: str) -> Result:
        return self.run("import", str(path), *more)

    def listing(self, *more: str) -> Any:
        arguments = ["deposits", "--home", str(self.path), "--output", "json", *more]
        result = CliRunner().invoke(cli, arguments)
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    def outbox(self) -> Outbox:
        return Outbox(self.path)

    def name(self, person: Person) -> str:
        return address(person.account, self.home.genesis.network)

    def supply(self) -> int:
        """Units that exist, as the ledger has it; every invariant holds."""

        def read() -> int:
            executor = self.network.ledger.executor
            raw = executor.state.get(SUPPLY_KEY)
            assert raw is not None
            return decode(Supply, raw).supply

        return int(self.network.call(read))

    def stored(self) -> list[tuple[bytes, bytes]]:
        """Everything that the node keeps; to be called where it runs."""
        return list(self.network.ledger.store.scan(b"", b"\xff" * 64))

    def file(self, *rows: tuple[str, int, Person]) -> Path:
        path = self.path.with_suffix(".csv")
        lines = [f"{reference},{points},{self.name(to)},bonus" for reference, points, to in rows]
        path.write_text(HEAD + "\n".join(lines) + "\n")
        return path


@pytest.fixture
def partner(tmp_path: Path) -> Iterator[Partner]:
    genesis = a_genesis_of_now({"north": issuer_of(WORDS)})
    with Network(genesis) as network:
        home = a_home(tmp_path / "north", genesis, network.urls)
        yield Partner(network, home, tmp_path / "north")


def rows(count: int) -> list[tuple[str, int, Person]]:
    return [(f"r-{i}", 100 + i, a_person(f"customer {i % 7}")) for i in range(count)]


class TestDeposit:
    def test_it_mints_with_proof_and_repeats_without_minting(self, partner: Partner) -> None:
        """[LEDGER-6] The rate is one point for 0.01 LiqBon."""
        first = partner.deposit("r-1", output="json")
        assert first.exit_code == 0, first.stderr
        document = json.loads(first.stdout)
        assert document["repeated"] is False
        assert document["deposit"]["amount"] == "5"
        assert document["deposit"]["salt"] is None
        assert document["deposit"]["proof"]["attested"] == 3
        again = json.loads(partner.deposit("r-1", output="json").stdout)
        assert again["repeated"] is True
        assert again["deposit"]["proof"] == document["deposit"]["proof"]
        assert partner.supply() == 5_000_000

    def test_neither_reference_nor_salt_leaves_the_machine(self, partner: Partner) -> None:
        partner.deposit("card-4929-1234", output="json")
        [shown] = partner.listing("--reveal")["deposits"]
        chain = b"".join(key + value for key, value in partner.network.call(partner.stored))
        assert b"card-4929-1234" not in chain
        assert bytes.fromhex(shown["salt"]) not in chain
        assert bytes.fromhex(shown["commitment"]) in chain

    def test_another_deposit_under_the_same_reference_is_refused(self, partner: Partner) -> None:
        partner.deposit("r-1")
        for result in (partner.deposit("r-1", points="501"), partner.deposit("r-1", to=BOB)):
            assert result.exit_code == 1
            assert "reference_conflict" in result.stderr
        assert partner.supply() == 5_000_000

    @pytest.mark.parametrize(
        ("option", "value", "status", "code"),
        [
            ("points", "0", 2, "points_zero"),
            ("points", "-3", 2, "points_negative"),
            ("points", "2.5", 2, "points_fractional"),
            ("points", "9223372036854775808", 2, "points_overflow"),
            ("reference", "=HYPERLINK()", 2, "reference_formula"),
            ("programme", "miles", 3, "programme_unknown"),
            ("points", "9999999999", 5, "limit_exceeded"),
            ("points", "2500000", 5, "daily_cap_exceeded"),
        ],
    )
    def test_what_cannot_be_minted_is_refused_and_stores_nothing(
        self, partner: Partner, option: str, value: str, status: int, code: str
    ) -> None:
        result = partner.deposit("r-1", **{option: value})
        assert result.exit_code == status, result.stderr
        assert code in result.stderr
        assert partner.listing()["counts"] == {}
        assert partner.supply() == 0

    def test_a_key_that_is_no_issuer_is_status_8(self, partner: Partner, tmp_path: Path) -> None:
        path = tmp_path / "stranger"
        home = a_home(path, partner.home.genesis, partner.network.urls, OTHER_WORDS)
        result = Partner(partner.network, home, path).deposit("r-1")
        assert result.exit_code == 8
        assert "not_issuer" in result.stderr

    def test_an_unknown_end_is_status_7_and_the_next_run_proves_it(self, partner: Partner) -> None:
        ledger = partner.network.ledger
        ledger.attest = False
        unknown = partner.deposit("r-1", timeout="1")
        assert unknown.exit_code == 7, unknown.stderr
        ledger.attest = True
        partner.network.call(
            lambda: [ledger.certify(executed) for executed in ledger.executor.uncertified()]
        )
        result = partner.deposit("r-1", output="json")
        assert result.exit_code == 0, result.stderr
        assert partner.supply() == 5_000_000


class TestImport:
    def test_a_file_is_minted_over_several_channels_each_row_once(self, partner: Partner) -> None:
        path = partner.file(*rows(120))
        worth = sum((100 + i) * 10_000 for i in range(120))
        first = partner.importing(path, "--channels", "4", "--output", "json")
        assert first.exit_code == 0, first.stderr
        document = json.loads(first.stdout)
        assert (document["rows"], document["minted"], document["already"]) == (120, 120, 0)
        assert partner.supply() == worth
        again = json.loads(partner.importing(path, "--output", "json").stdout)
        assert (again["minted"], again["already"], again["total"]) == (0, 120, "0")
        assert partner.supply() == worth
        assert partner.listing()["counts"] == {"minted": 120}

    def test_one_bad_row_and_nothing_is_done(self, partner: Partner) -> None:
        path = partner.file(*rows(3))
        path.write_text(path.read_text() + f"r-9,-1,{partner.name(BOB)},bonus\n")
        result = partner.importing(path, "--output", "json")
        assert result.exit_code == 2
        error = json.loads(result.stdout)["error"]
        assert error["code"] == "rows_refused"
        assert "line 5: points_negative" in error["message"]
        assert partner.supply() == 0
        assert partner.listing()["counts"] == {}

    def test_a_dry_run_stores_and_sends_nothing(self, partner: Partner) -> None:
        path = partner.file(*rows(3))
        result = partner.importing(path, "--dry-run", "--output", "json")
        assert result.exit_code == 0, result.stderr
        document = json.loads(result.stdout)
        assert (document["dry_run"], document["open"], document["total"]) == (True, 3, "3.03")
        assert partner.supply() == 0
        assert partner.listing()["counts"] == {}

    def test_a_file_that_does_not_fit_is_refused_whole(self, partner: Partner) -> None:
        path = partner.file(("r-1", 100, ALICE), ("r-2", 1_999_999, ALICE))
        result = partner.importing(path)
        assert result.exit_code == 5
        assert "daily_cap_exceeded" in result.stderr
        assert partner.supply() == 0

    def test_a_conflicting_row_is_named_and_nothing_is_done(self, partner: Partner) -> None:
        partner.deposit("r-1", points="7")
        path = partner.file(("r-0", 5, ALICE), ("r-1", 8, ALICE))
        result = partner.importing(path)
        assert result.exit_code == 2
        assert "line 3: reference_conflict" in result.stderr
        assert partner.listing()["counts"] == {"minted": 1}

    def test_a_node_that_is_down_is_passed_over(self, partner: Partner) -> None:
        path = partner.file(*rows(10))
        nodes = ["--node", "http://127.0.0.1:1", "--node", partner.network.urls[0]]
        result = partner.importing(path, *nodes)
        assert result.exit_code == 0, result.stderr
        assert partner.listing()["counts"] == {"minted": 10}


class TestCrash:
    """[LEDGER-6] A commitment is used once: no crash between outbox, send and proof mints twice."""

    def test_an_outbox_without_its_attempts_mints_nothing_a_second_time(
        self, partner: Partner
    ) -> None:
        """As after restoring a backup from before the mints were signed: the salts are there."""
        path = partner.file(*rows(5))
        assert partner.importing(path).exit_code == 0
        supply = partner.supply()
        before = partner.listing()["deposits"]
        outbox = Outbox(partner.path)
        outbox._db.execute("DELETE FROM attempts")
        outbox._db.execute(
            "UPDATE deposits SET state = 'open', minted_by = NULL, height = NULL, amount = NULL"
        )
        outbox.close()
        result = partner.importing(path)
        assert result.exit_code == 0, result.stderr
        assert partner.supply() == supply
        after = partner.listing()["deposits"]
        assert [d["proof"]["transaction"] for d in after] == [
            d["proof"]["transaction"] for d in before
        ]

    @pytest.mark.parametrize("moment", ["before the mint is sent", "after the mint is sent"])
    def test_kill_9_at_the_worst_moment_mints_once(self, partner: Partner, moment: str) -> None:
        """It dies by its own SIGKILL where the outbox is ahead of the ledger, or behind it."""
        seam = "before" if moment.startswith("before") else "after"
        path = partner.file(*rows(20))
        program = (
            "import asyncio, os, signal, sys\n"
            "from client.http import HttpNode\n"
            "from partner.cli import cli\n"
            "send = HttpNode.submit_many\n"
            "async def dying(self, raws):\n"
            f"    if {seam!r} == 'after':\n"
            "        await send(self, raws)\n"
            "    os.kill(os.getpid(), signal.SIGKILL)\n"
            "HttpNode.submit_many = dying\n"
            "cli.main(sys.argv[1:])\n"
        )
        arguments = ["import", str(path), *partner.options()]
        died = subprocess.run(
            [sys.executable, "-c", program, *arguments], cwd=ROOT, timeout=60, capture_output=True
        )
        assert died.returncode == -signal.SIGKILL, died.stderr
        sent = partner.supply() > 0
        assert sent is (seam == "after")
        signed = {attempt.id.hex() for attempt in partner.outbox().open_attempts()}
        assert len(signed) == 20
        result = partner.importing(path, "--output", "json")
        assert result.exit_code == 0, result.stderr
        minted_by = {d["proof"]["transaction"] for d in partner.listing()["deposits"]}
        assert minted_by == signed, "the bytes that were signed before the crash did it"
        assert partner.supply() == sum((100 + i) * 10_000 for i in range(20))
        assert partner.listing()["counts"] == {"minted": 20}

    def test_kill_9_at_any_moment_mints_once(self, partner: Partner) -> None:
        """Killed from outside after a growing while, again and again, until a run gets through."""
        path = partner.file(*rows(200))
        command = [sys.executable, "-m", "partner.cli", "import", str(path), *partner.options()]
        killed = 0
        for pause_ms in range(350, 3_000, 75):
            process = subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            time.sleep(pause_ms / 1000)
            if process.poll() is not None:
                break
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
            process.wait(20)
        result = partner.importing(path)
        assert result.exit_code == 0, result.stderr
        assert killed > 0
        assert partner.supply() == sum((100 + i) * 10_000 for i in range(200))
        assert partner.listing()["counts"] == {"minted": 200}


async def _nothing_is_known(*_: object) -> None:
    """Stands for a look at the room that somebody else used up a moment later."""


def test_a_cap_that_is_reached_on_the_way_ends_the_run_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[LEDGER-9] The ledger refuses what is over the daily cap; what was minted is told apart."""
    genesis = a_genesis_of_now({"north": issuer_of(WORDS)})
    capped = replace(genesis.partners[0].limits, mint_per_day=5_000_000)
    first = replace(genesis.partners[0], limits=capped)
    genesis = replace(genesis, partners=(first, *genesis.partners[1:]))
    monkeypatch.setattr(cli_import, "check_total", _nothing_is_known)
    with Network(genesis) as network:
        home = a_home(tmp_path / "north", genesis, network.urls)
        partner = Partner(network, home, tmp_path / "north")
        path = partner.file(*[(f"r-{i}", 100, ALICE) for i in range(12)])
        result = partner.importing(path, "--output", "json")
        assert result.exit_code == 5, result.stderr
        error = json.loads(result.stdout)["error"]
        assert error["code"] == "daily_cap_exceeded"
        assert error["details"]["minted"] == 5
        assert partner.supply() == 5_000_000
        assert partner.listing()["counts"]["minted"] == 5


def test_every_invariant_holds_after_an_import(partner: Partner) -> None:
    partner.importing(partner.file(*rows(30)))
    stored = partner.network.call(partner.stored)
    state = [(k.removeprefix(STATE), v) for k, v in stored if k.startswith(STATE)]
    assert check_all(state).supply == partner.supply() == sum((100 + i) * 10_000 for i in range(30))
