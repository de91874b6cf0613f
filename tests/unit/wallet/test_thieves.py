"""The only node that a wallet asks is the merchant's own, and lies to be paid twice."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

import wallet.sending as wallet_sending
from client import views
from client.errors import Refusal
from client.fields import Page
from client.home import Home
from client.light import LightClient
from client.trust import Believed
from primitives.amount import MICRO
from tests.builders import Person, a_person
from tests.fakes.network import clock_ms
from tests.fakes.nodes import HonestNode
from tests.fakes.wallet import Wallet

BOB = a_person("bob, who keeps the only node")


class Thief(HonestNode):
    """Has what it is given carried out, says that it refused it, and hides what became of it."""

    async def submit(self, raw: bytes, wait_s: float) -> views.TransactionView | None:
        await super().submit(raw, wait_s)
        raise Refusal(self.url, "amount_overflow", "", 422)

    async def transaction(self, id_: bytes) -> views.TransactionView | None:
        return None

    async def history(
        self, address: str, cursor: str | None, limit: int
    ) -> Page[views.HistoryItem]:
        return Page[views.HistoryItem](items=[], next=None)


def asking_thieves(wallet: Wallet, patched: pytest.MonkeyPatch) -> None:
    @asynccontextmanager
    async def connected(
        home: Home, nodes: Sequence[str], timeout_s: float
    ) -> AsyncIterator[LightClient]:
        yield LightClient(Believed(home.genesis), [Thief(wallet.network.ledger)], clock_ms)

    patched.setattr(wallet_sending, "connected", connected)


def balance_of(wallet: Wallet, person: Person) -> int:
    return wallet.network.ledger.executor.account(person.account).balance


def test_a_payment_that_a_lone_node_denies_is_not_paid_again(
    wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[TX-8] its slot was used: until it is proven by what, nothing else is signed."""
    with monkeypatch.context() as patched:
        asking_thieves(wallet, patched)
        for _ in range(3):
            result = wallet.run("send", wallet.name(BOB), "1", "--yes", "--output", "json")
            assert result.exit_code != 0
            assert "Traceback" not in result.stderr
        assert balance_of(wallet, BOB) == MICRO
        assert result.exit_code == 7
        assert json.loads(result.stdout)["error"]["code"] == "finality_unknown"
    done = wallet.json("send", wallet.name(BOB), "1", "--yes")
    assert done["repeated"] is True
    assert balance_of(wallet, BOB) == MICRO
