"""A network of node processes that are started one by one, and the people who use it.

What people do is typed: every command here is an installed one. Only the payer, who pays without a
pause, is a client in this process.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from client.builder import Slot, build, transfer, valid_until
from client.finality import make_final
from client.home import open_home
from client.session import connected, now_ms
from node import config
from node.founding import LOOPBACK, ON_LOOPBACK, PORTS_A_NODE, Site, found
from node.transport import Address
from primitives.amount import format_amount
from primitives.encoding import encode
from primitives.receipt import Outcome
from shell.keyfile import replace_private
from tests.integration.processes import answer, document_of, free_base, get, kill, process, until

FOUNDERS: Final = 4
WISHES: Final = {
    "epoch_minimum_ms": "500",
    "voting_ms": "60000",
    "timelock_ms": "200",
    "increase_delay_ms": "200",
}
"""An epoch with a change ends at once, and what partners decide is done at once."""
PENNY: Final = 10_000
"""Units that the payer pays at a time: 0.01 LiqBon."""
PAYING_S: Final = 40.0
"""How long one payment may take, whatever happens to the network meanwhile."""


class Town:
    """Nodes by their partners' codes; homes are where ``node.founding`` puts them."""

    def __init__(
        self,
        place: Path,
        newcomers: tuple[str, ...],
        later: contextlib.ExitStack,
        wishes: Mapping[str, str] = WISHES,
    ) -> None:
        self.site = Site(place / "net", FOUNDERS, free_base(FOUNDERS + len(newcomers)))
        self.genesis = found(self.site, now_ms(), wishes)
        self.codes = [*self.site.codes(), *newcomers]
        self._later = later
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.paid: list[str] = []
        """What payers were proven to have paid, ever: ids."""

    # -- nodes -----------------------------------------------------------------------------------

    def url(self, code: str) -> str:
        return f"http://{LOOPBACK}:{self.site.base_port + PORTS_A_NODE * self.codes.index(code)}"

    def node_home(self, code: str) -> Path:
        return self.site.node_home(code)

    def settle_in(self, code: str, keep: str = "everything", away: Collection[str] = ()) -> None:
        """What an operator writes into ``config.toml``: own ports, how much of the past stays, and
        where everybody but ``away`` listens."""
        base = self.site.base_port + PORTS_A_NODE * self.codes.index(code)
        addresses = {
            other: Address(LOOPBACK, self.site.base_port + PORTS_A_NODE * index + 1)
            for index, other in enumerate(self.codes)
            if other != code and other not in away
        }
        ports = config.Ports(base, base + 1, base + 2)
        passphrase = str(self.site.passphrase_file)
        text = config.config_text(ON_LOOPBACK, ports, addresses, passphrase)
        text += f'\n[history]\nkeep = "{keep}"\n'
        replace_private(self.node_home(code) / config.CONFIG, text.encode())

    def launch(self, *codes: str) -> None:
        """Start nodes, and wait until each listens."""
        for code in codes:
            words = ["start", "--home", self.node_home(code), "--output", "json"]
            running = process("liqbon-node", *words, log=self.log(code))
            self._running[code] = self._later.enter_context(running)
        for code in codes:
            document_of(self._running[code], self.log(code))

    @property
    def running(self) -> list[str]:
        """Whose nodes run."""
        return list(self._running)

    def log(self, code: str) -> Path:
        return self.node_home(code) / "node.log"

    def signal(self, code: str, name: int) -> None:
        self._running[code].send_signal(name)

    def stop(self, code: str) -> None:
        """As a supervisor stops a node."""
        running = self._running.pop(code)
        running.terminate()
        assert running.wait(30) == 0, self.log(code).read_text()

    def kill(self, *codes: str) -> None:
        """As a power cut does, all at once."""
        for code in codes:
            self._running[code].kill()
        for code in codes:
            kill(self._running.pop(code).pid)

    # -- what nodes say --------------------------------------------------------------------------

    def ask(self, code: str, path: str) -> Any:
        return get(self.url(code) + path)[1]

    def status(self, code: str) -> dict[str, Any]:
        found: dict[str, Any] | None = self.ask(code, "/v1/status")
        return found or {
            "epoch": -1,
            "index": None,
            "certified_height": -1,
            "ready": False,
            "halted": None,
        }

    def epoch(self, code: str) -> int:
        return int(self.status(code)["epoch"])

    def height(self, code: str) -> int:
        return int(self.status(code)["certified_height"])

    def validates(self, code: str, epoch: int) -> bool:
        """Whether a height of the epoch is certified there, with its node's signature."""
        status = self.status(code)
        if status["epoch"] < epoch or status["index"] is None or not status["ready"]:
            return False
        certificate = self.ask(code, f"/v1/certificates/{status['certified_height']}")
        return certificate["epoch"] >= epoch and status["index"] in certificate["signers"]

    def validating(self, code: str, epoch: int) -> None:
        """Wait until it does; somebody has to pay meanwhile, or there are no heights to sign."""
        until(f"{code} validates", lambda: self.validates(code, epoch))

    def members(self, code: str) -> list[dict[str, Any]]:
        """Who validates in the epoch in which the node of ``code`` stands."""
        members: list[dict[str, Any]] = self.ask(code, "/v1/validators")["members"]
        return members

    def key(self, code: str, of: str) -> str | None:
        """The consensus key of ``of`` there."""
        seats = {each["partner"]: each["key"] for each in self.members(code)}
        return seats.get(of)

    def last_height(self, code: str) -> int | None:
        """The last height of the epoch, once it is fixed."""
        present = self.ask(code, "/v1/epochs")["items"][-1]
        last: int | None = present["last_height"]
        return last

    def all_ready(self, *codes: str) -> None:
        for code in codes:
            self.wait_for(f"{code} is ready", code, lambda status: status["ready"])

    def wait_for(self, what: str, code: str, condition: Callable[[dict[str, Any]], object]) -> None:
        """Wait until a node's status is as it should be."""
        until(what, lambda: condition(self.status(code)))

    def submit(self, code: str, raw: bytes) -> tuple[int, str]:
        """What a node says to a transaction: HTTP status and code."""
        headers = {"Content-Type": "application/msgpack"}
        request = urllib.request.Request(self.url(code) + "/v1/transactions", raw, headers)
        try:
            with urllib.request.urlopen(request, timeout=5) as response:
                return response.status, ""
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)["code"]

    # -- what people type ------------------------------------------------------------------------

    @property
    def secret(self) -> list[str]:
        return ["--passphrase-file", str(self.site.passphrase_file)]

    def node(self, code: str, *words: str) -> dict[str, Any]:
        return answer("liqbon-node", *words, "--home", self.node_home(code))

    def admin(self, code: str, *words: str) -> dict[str, Any]:
        home = ["--home", str(self.site.partner_home(code))]
        return answer("liqbon-partner", *words, *home, *self.secret, "--yes")

    def wallet(self, name: str, *words: str) -> dict[str, Any]:
        home = ["--home", str(self.site.wallet_home(name))]
        signing = [*self.secret, "--yes"] if words[0] == "send" else []
        return answer("liqbon-wallet", *words, *home, *signing)

    def keys_of(self, code: str) -> list[str]:
        """The keys that a node's home holds."""
        keys: list[str] = self.node(code, "keys", "show")["consensus_keys"]
        return keys

    def rotate(self, code: str) -> str:
        """A partner's node gets another key, and the partner announces it: the key."""
        made = self.node(code, "keys", "rotate", code)
        self.signal(code, signal.SIGHUP)
        self.admin(code, "keys", "seat", made["token"], "--lost")
        key: str = made["consensus_key"]
        return key

    def move_in(self, code: str) -> None:
        """A newcomer makes its home; everybody hears where it listens."""
        genesis = ["--genesis", str(self.site.genesis)]
        self.node(code, "init", *genesis, *self.secret)
        for each in self.codes:
            self.settle_in(each)
            if each in self._running:
                self.signal(each, signal.SIGHUP)

    def apply(self, code: str) -> str:
        """Somebody who is no partner yet gets a home and some LiqBon, and applies: its address."""
        home = ["--home", str(self.site.partner_home(code)), *self.secret]
        nodes = ["--node", self.url(self.codes[0])]
        answer("liqbon-wallet", "new", "--genesis", self.site.genesis, *nodes, *home)
        derive = ["liqbon-wallet", "address", *home, "--account"]
        _, admin = (answer(*derive, account)["address"] for account in ("1", "2"))
        self.wallet("alice", "send", admin, "1")
        words = ["--name", "Harbour Cafe", "--currency", "EUR", "--kind", "shop"]
        words += ["--custodian", self.genesis.custodians[0].code]
        token = self.node(code, "keys", "seat", code)["token"]
        applicant: str = self.admin(code, "apply", token, *words)["applicant"]
        return applicant

    def endow(self, points: int) -> None:
        """The first partner mints for Alice."""
        first = self.site.codes()[0]
        programme = self.genesis.partners[0].programmes[0].code
        address = self.wallet("alice", "address")["address"]
        words = ["--programme", programme, "--points", str(points), "--to", address]
        self.admin(first, "deposit", *words, "--reference", "of the story")


class Payer:
    """Alice pays Boris again and again; each payment is proven before the next."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._ending = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._pay()))
        self._failure: BaseException | None = None
        self._ids = town.paid

    def __enter__(self) -> Payer:
        self._thread.start()
        self.again()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()
        if error is None and self._failure is not None:
            raise self._failure

    def again(self, count: int = 3) -> None:
        """Wait until so many more are final."""
        enough = len(self._ids) + count
        until("more payments", lambda: len(self._ids) >= enough or not self._thread.is_alive())
        assert len(self._ids) >= enough, self._failure

    async def _pay(self) -> None:
        site = self._town.site
        alice, boris = (open_home(site.wallet_home(name)) for name in ("alice", "boris"))
        key = alice.signer(alice.unlock(site.passphrase_file.read_bytes().strip()), 0)
        try:
            async with connected(alice, (), PAYING_S) as light:
                sequence = (await light.account(alice.account_id(0))).sequence
                while not self._ending.is_set():
                    until_ms = valid_until(now_ms(), now_ms())
                    slot = Slot(light.believed.chain, 0, sequence, until_ms)
                    made = build(key, slot, transfer([(boris.account_id(0), PENNY)]))
                    settled = await make_final(light, made, encode(made.signed), PAYING_S)
                    assert settled.outcome is Outcome.DONE, settled
                    sequence += 1
                    self._ids.append(made.id.hex())
        except BaseException as error:  # noqa: BLE001 - told to who waits
            self._failure = error

    def check(self) -> None:
        """Every payment that was proven is in the ledger, and none is there twice."""
        paid = self._town.wallet("boris", "balance")["total"]
        assert paid == format_amount(PENNY * len(self._ids)), (paid, len(self._ids))
        assert len(set(self._ids)) == len(self._ids)
