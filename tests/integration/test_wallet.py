"""Wallet and partner as people type them, against four real nodes; one of which is killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration

COMMANDS = Path(sysconfig.get_path("scripts"))
UNSIGNED = ("balance", "history", "network", "request")
"""Commands of a wallet that need no passphrase."""


@dataclass
class Devnet:
    """A running development network, as its one JSON document describes it."""

    document: dict[str, Any]

    def account(self, name: str) -> dict[str, str]:
        [found] = [a for a in self.document["accounts"] if a["name"] == name]
        return dict(found)

    def run(self, command: str, *arguments: str, status: int = 0) -> Any:
        """A command's JSON document."""
        outcome = subprocess.run(
            [COMMANDS / command, *arguments, "--output", "json"],
            capture_output=True,
            text=True,
            timeout=90,
            stdin=subprocess.DEVNULL,
        )
        assert outcome.returncode == status, (arguments, outcome.stdout, outcome.stderr)
        return json.loads(outcome.stdout)

    def wallet(self, name: str, verb: str, *arguments: str, status: int = 0) -> Any:
        account = self.account(name)
        secret = [] if verb in UNSIGNED else self.secret
        return self.run(
            "liqbon-wallet", verb, *arguments, "--home", account["home"], *secret, status=status
        )

    @property
    def secret(self) -> list[str]:
        """What a command that signs is given."""
        return ["--passphrase-file", self.account("alice")["passphrase_file"], "--yes"]

    def partner(self, code: str, verb: str, *arguments: str, status: int = 0) -> Any:
        [partner] = [p for p in self.document["partners"] if p["code"] == code]
        secret = self.secret if verb != "invoice" else self.secret[:-1]
        given = ["--home", partner["home"], *secret]
        return self.run("liqbon-partner", verb, *arguments, *given, status=status)

    def issuer(self, verb: str, *arguments: str, status: int = 0) -> Any:
        return self.partner("bramble", verb, *arguments, status=status)


def a_free_base_port(nodes: int = 4) -> int:
    """The first of enough ports that nobody listens on now."""
    for base in range(21_000, 29_000, 50):
        wanted = [base + 10 * node + place for node in range(nodes) for place in range(3)]
        if all(_is_free(port) for port in wanted):
            return base
    raise AssertionError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture(scope="module")
def devnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    directory = tmp_path_factory.mktemp("devnet") / "network"
    where = ["--dir", str(directory), "--base-port", str(a_free_base_port())]
    process = subprocess.Popen(
        [COMMANDS / "liqbon-node", "devnet", *where, "--output", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        decoder, text = json.JSONDecoder(), ""
        while not text.endswith("\n}\n"):
            line = process.stdout.readline()
            assert line, "devnet ended before its document did"
            text += line
        yield Devnet(decoder.decode(text))
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        finally:
            process.kill()


def test_points_become_liqbon_are_sent_and_are_proven(devnet: Devnet, tmp_path: Path) -> None:
    alice, boris = devnet.account("alice"), devnet.account("boris")
    assert devnet.wallet("alice", "balance")["total"] == "0"
    arguments = ["--programme=basket", "--points=1000", f"--to={alice['address']}"]
    minted = devnet.issuer("deposit", *arguments, "--reference=r-1")
    assert minted["deposit"]["amount"] == "10"
    assert minted["deposit"]["proof"]["attested"] >= 3

    sent = devnet.wallet("alice", "send", boris["address"], "2.5")
    assert sent["outcome"] == "done"
    assert (sent["proof"]["attested"] >= 3, sent["proof"]["members"]) == (True, 4)
    assert devnet.wallet("boris", "balance")["total"] == "2.5"
    assert devnet.wallet("alice", "balance")["accounts"][0]["fresh"] is True
    history = devnet.wallet("alice", "history", "--verify")
    assert [entry["change"] for entry in history["entries"]] == ["-2.5", "10"]
    assert history["sent_complete"] is True

    too_much = devnet.wallet("alice", "send", boris["address"], "1000", status=4)
    assert too_much["error"]["code"] == "balance_too_low"
    again = devnet.issuer("deposit", *arguments, "--reference=r-1")
    assert again["repeated"] is True


def test_points_of_one_retailer_are_spent_at_another_and_given_back(devnet: Devnet) -> None:
    """[LEDGER-17, LEDGER-19, URI-5]: an invoice is redeemed once, a refund is proven."""
    alice = devnet.account("alice")
    arguments = ["--programme=basket", "--points=1000", f"--to={alice['address']}"]
    devnet.issuer("deposit", *arguments, "--reference=r-2")
    before = Decimal(devnet.wallet("alice", "balance")["total"])
    invoice = devnet.partner("foxglove", "invoice", "2.5")["invoice"]

    spent = devnet.wallet("alice", "redeem", invoice["uri"])
    assert (spent["partner"], spent["name"]) == ("foxglove", "Foxglove Books")
    assert spent["proof"]["attested"] >= 3
    again = devnet.wallet("alice", "pay", invoice["uri"])
    assert (again["repeated"], again["transaction"]) == (True, spent["transaction"])
    stolen = devnet.wallet("boris", "redeem", invoice["uri"], status=5)
    assert stolen["error"]["code"] == "invoice_used"

    devnet.partner("foxglove", "refund", invoice["id"], "1")
    entries = devnet.wallet("alice", "history", "--verify")["entries"]
    assert [(e["type"], e["change"]) for e in entries[:2]] == [("refund", "1"), ("redeem", "-2.5")]
    assert Decimal(devnet.wallet("alice", "balance")["total"]) == before - Decimal("1.5")


def test_a_request_is_paid_as_it_asks(devnet: Devnet) -> None:
    """[URI-2]"""
    asked = devnet.wallet("boris", "request", "0.75", "--memo", "5a" * 32)
    paid = devnet.wallet("alice", "pay", asked["uri"])
    assert (paid["to"], paid["amount"]) == (asked["address"], "0.75")
    newest = devnet.wallet("boris", "history", "--verify")["entries"][0]
    assert (newest["memo"], newest["change"]) == ("5a" * 32, "0.75")


@pytest.mark.parametrize("after_s", [0.3, 0.5, 0.6, 0.7])
def test_a_wallet_killed_at_any_moment_pays_an_invoice_once(devnet: Devnet, after_s: float) -> None:
    """kill -9 before, while or after it signs: the command, run again, ends what was begun."""
    before = Decimal(devnet.wallet("alice", "balance")["total"])
    uri = devnet.partner("skerry", "invoice", "0.1")["invoice"]["uri"]
    home = devnet.account("alice")["home"]
    process = subprocess.Popen(
        [COMMANDS / "liqbon-wallet", "redeem", uri, "--home", home, *devnet.secret],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(after_s)
    process.kill()
    process.wait(10)
    assert devnet.wallet("alice", "redeem", uri)["outcome"] == "done"
    assert Decimal(devnet.wallet("alice", "balance")["total"]) == before - Decimal("0.1")


def test_one_node_is_killed_and_nobody_loses_or_mints_anything(
    devnet: Devnet, tmp_path: Path
) -> None:
    boris = devnet.account("boris")
    before = devnet.wallet("boris", "balance")["total"]
    rows = tmp_path / "deposits.csv"
    lines = [f"k-{i},100,{boris['address']},basket" for i in range(100)]
    rows.write_text("reference,points,address,programme\n" + "\n".join(lines) + "\n")
    os.kill(devnet.document["nodes"][0]["pid"], signal.SIGKILL)

    document = devnet.issuer("import", str(rows))
    assert (document["minted"], document["refused"], document["open"]) == (100, 0, 0)
    assert [b["code"] for b in document["blames"]][:1] == ["unreachable"]
    assert devnet.issuer("import", str(rows))["already"] == 100
    after = devnet.wallet("boris", "balance")["total"]
    assert float(after) - float(before) == pytest.approx(100)

    sent = devnet.wallet("boris", "send", devnet.account("alice")["address"], "0.5")
    assert sent["outcome"] == "done"
    nodes = devnet.wallet("alice", "network")["nodes"]
    assert [node["fault"] is None for node in nodes].count(False) == 1
