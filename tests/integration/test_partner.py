"""Partners square accounts on a real network, as people type it; a rival denies, a process dies."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.processes import (
    BIN,
    PATIENCE_S,
    answer,
    clean_environment,
    command,
    document_of,
    free_base,
    process,
)

pytestmark = pytest.mark.integration

DEADLINES = {
    "settlement_cycle_ms": 6_000,
    "payment_term_ms": 60_000,
    "confirmation_ms": 60_000,
    "dispute_ms": 60_000,
    "rate_notice_ms": 3_000,
    "increase_delay_ms": 1_000,
}


class Town:
    """A devnet with short cycles: bramble mints, foxglove sells, tollhouse judges."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        people = [*document["partners"], *document["custodians"]]
        self.homes = {one["code"]: one["home"] for one in people}
        self.alice = document["accounts"][0]
        self.secret = ["--passphrase-file", self.alice["passphrase_file"]]

    def read(self, code: str, *words: str) -> Any:
        return answer("liqbon-partner", *words, "--home", self.homes[code])

    def signed(self, code: str, *words: str) -> Any:
        return answer("liqbon-partner", *words, *self.options(code))

    def options(self, code: str) -> list[str]:
        return ["--home", self.homes[code], "--yes", *self.secret]

    def spent(self, amount: str, reference: str) -> None:
        """Points of bramble become LiqBon, and Alice spends them at foxglove."""
        to = self.alice["address"]
        deposit = ["--programme", "basket", "--points", "5000", "--to", to]
        self.signed("bramble", "deposit", *deposit, "--reference", reference)
        asked = answer(
            "liqbon-partner", "invoice", amount, "--home", self.homes["foxglove"], *self.secret
        )
        uri = asked["invoice"]["uri"]
        answer("liqbon-wallet", "redeem", uri, "--home", self.alice["home"], "--yes", *self.secret)

    def owed(self, amount: str, reference: str) -> tuple[str, str]:
        """(cycle, place) of what bramble owes foxglove, once the cycle has closed by itself."""
        self.spent(amount, reference)
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            for one in self.read("bramble", "settle", "list", "--open")["obligations"]:
                if one["status"] == "open" and one["side"] == "debtor":
                    return str(one["cycle"]), str(one["place"])
            time.sleep(0.3)
        raise AssertionError("no cycle closed")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    log = folder / "log"
    settings = [word for name, ms in DEADLINES.items() for word in ("--set", f"{name}={ms}")]
    where = ["--dir", folder / "network", "--base-port", free_base(4)]
    with process(
        "liqbon-node", "devnet", *where, *settings, "--output", "json", log=log
    ) as running:
        yield Town(document_of(running, log))


def test_a_cycle_closes_by_itself_and_is_paid_and_confirmed(town: Town) -> None:
    """[LEDGER-27], [LEDGER-31] Neither side says anything that the other cannot check."""
    cycle, place = town.owed("12.5", "r-1")
    paid = town.signed("bramble", "settle", "pay", cycle, place, "--reference", "SEPA 1")
    payment = paid["obligation"]["payment"]
    proof = ["--reference", payment["reference"], "--salt", payment["salt"]]
    done = town.signed("foxglove", "settle", "confirm", cycle, place, *proof)
    assert (done["obligation"]["status"], done["obligation"]["amount"]) == ("settled", "12.5")
    assert done["proof"]["attested"] >= 3
    position = town.read("foxglove", "limits", "show")["limits"]["position"]
    assert (position["received"], position["net"]) == ("12.5", "0")


def test_a_creditor_that_denies_a_payment_is_answered_by_the_custodian(town: Town) -> None:
    """[LEDGER-32]"""
    cycle, place = town.owed("2.5", "r-2")
    town.signed("bramble", "settle", "pay", cycle, place, "--reference", "SEPA 2")
    disputed = town.signed("foxglove", "settle", "dispute", cycle, place)
    assert disputed["obligation"]["earmark"] == "2.5"
    words = ["settle", "state", cycle, place, "--paid"]
    refused = command("liqbon-partner", *words, *town.options("foxglove"))
    assert refused.returncode == 8
    assert "not_custodian" in refused.stderr
    assert town.signed("tollhouse", *words)["obligation"]["status"] == "settled"


def test_a_process_that_dies_at_any_moment_names_its_payment_once(
    town: Town, tmp_path: Path
) -> None:
    """kill -9 before, while or after it signs: the next run ends what was begun."""
    cycle, place = town.owed("1.5", "r-3")
    words = ["settle", "pay", cycle, place, "--reference", "SEPA 3", *town.options("bramble")]
    for pause_s in (0.35, 0.45, 0.5, 0.55):
        running = subprocess.Popen(
            [str(BIN / "liqbon-partner"), *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=clean_environment(),
        )
        time.sleep(pause_s)
        if running.poll() is None:
            os.kill(running.pid, signal.SIGKILL)
        running.wait(PATIENCE_S)
    done = answer("liqbon-partner", *words)
    assert done["obligation"]["status"] == "claimed"
    assert done["obligation"]["payment"]["digest"] == done["obligation"]["digest"]
    town.signed("foxglove", "settle", "confirm", cycle, place)


def test_a_worse_rate_waits_and_a_reserve_travels_as_text(town: Town) -> None:
    """[LEDGER-23], [LEDGER-34]"""
    worse = ["programme", "set-rate", "basket", "--points", "110", "--worth", "1"]
    refused = command("liqbon-partner", *worse, *town.options("bramble"))
    assert (refused.returncode, "rate_notice_short" in refused.stderr) == (5, True)
    changed = town.signed("bramble", *worse, "--after", "3s")
    assert changed["change"] == "worse"
    limits = town.read("bramble", "limits", "show")["limits"]
    terms = ["--reserve", limits["reserve"], "--attested", limits["attested"]]
    token = town.signed("quayside", "reserve", "endorse", "bramble", "--release", "1000", *terms)
    after = town.signed("bramble", "reserve", "release", token["token"])["limits"]
    assert float(after["reserve"]) == float(limits["reserve"]) - 1000
