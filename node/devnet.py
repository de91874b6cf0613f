"""Several node processes on one machine. Knows how to start, watch and stop them; not what they do.

Every node is a process like any other, with a home of its own: it may be killed, and started again
by ``liqbon-node start --home``. Whoever runs a node of this network when it stops is stopped too.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from client.fields import format_time
from client.home import open_home
from node.config import running_process
from node.founding import CUSTOMERS, LOOPBACK, ROLE_ACCOUNTS, Site
from primitives.address import address
from primitives.genesis import Custodian, Genesis, GenesisPartner, chain_id
from shell.errors import CommandError

READY_TIMEOUT_S: Final = 60.0
READY_ANSWER_S: Final = 2.0
STOP_TIMEOUT_S: Final = 20.0
LOOK_S: Final = 0.05
LOG: Final = "node.log"
LOG_TAIL: Final = 5


class NodeEntry(msgspec.Struct, frozen=True):
    """A running node: URLs of its API and metrics, ``host:port`` for peers."""

    partner: str
    api: str
    peer: str
    metrics: str
    pid: int
    home: str


class AccountEntry(msgspec.Struct, frozen=True):
    """A customer's wallet."""

    name: str
    address: str
    home: str
    passphrase_file: str


class RoleEntry(msgspec.Struct, frozen=True):
    """A role of a partner: the account of its keystore (``--account``), and the address."""

    role: str
    account: int
    address: str


class ProgrammeEntry(msgspec.Struct, frozen=True):
    """A programme: ``numerator`` / ``denominator`` units of 10^-6 LiqBon a point."""

    code: str
    name: str
    point: str
    numerator: int
    denominator: int


class PartnerEntry(msgspec.Struct, frozen=True):
    """A founder, with the keystore of its roles."""

    code: str
    name: str
    kind: str
    currency: str
    home: str
    passphrase_file: str
    roles: list[RoleEntry]
    programmes: list[ProgrammeEntry]


class CustodianEntry(msgspec.Struct, frozen=True):
    """Who holds reserves, or, with ``settlement``, says whether partners paid each other."""

    code: str
    name: str
    account: int
    address: str
    home: str
    passphrase_file: str
    settlement: bool


class TransferEntry(msgspec.Struct, frozen=True):
    """What ``--once`` did: ``finality_ms`` from sending to the verified certificate."""

    mint: str
    transfer: str
    height: int
    amount: str
    finality_ms: int


class DevnetDocument(msgspec.Struct, frozen=True):
    """devnet: printed once every node is ready; with ``--once``, after its transfer."""

    chain: str
    genesis: str
    began: str
    nodes: list[NodeEntry]
    accounts: list[AccountEntry]
    partners: list[PartnerEntry]
    custodians: list[CustodianEntry]
    transfer: TransferEntry | None


class Devnet:
    """The nodes of a site whose files are there."""

    def __init__(self, site: Site, genesis: Genesis, say: Callable[[str], None]) -> None:
        self._site = site
        self._genesis = genesis
        self._say = say
        self._processes: dict[str, Process] = {}
        self._watchers: list[asyncio.Task[None]] = []
        self._stopping = False

    async def start(self) -> None:
        """Start every node, and wait until all are ready. Raises ``CommandError``."""
        for code in self._site.codes():
            await self._spawn(code)
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                await asyncio.gather(*(self._ready(code) for code in self._processes))
        except TimeoutError:
            raise CommandError(
                "devnet_not_ready",
                f"the nodes were not ready in {READY_TIMEOUT_S:g} s",
                f"See {self._site.directory}/nodes/*/{LOG}.",
            ) from None
        self._watchers = [
            asyncio.create_task(self._watch(code, process))
            for code, process in self._processes.items()
        ]

    async def _spawn(self, code: str) -> None:
        home = self._site.node_home(code)
        holder = running_process(home)
        if holder is not None:
            raise CommandError("home_in_use", f"a node runs already on {home} (process {holder})")
        # -I, as for the signature processes: nothing is imported from the working directory.
        words = ("-I", "-m", "node", "start", "--home", str(home), "--until-stdin-closes")
        with (home / LOG).open("ab") as log:
            self._processes[code] = await asyncio.create_subprocess_exec(
                sys.executable, *words, stdin=PIPE, stdout=DEVNULL, stderr=log, env=_environment()
            )

    async def _ready(self, code: str) -> None:
        """Wait until clients may ask the node of ``code``."""
        import aiohttp

        process = self._processes[code]
        url = f"{self._url(code)}/health/ready"
        # Somebody else may listen there, and never answer.
        limit = aiohttp.ClientTimeout(total=READY_ANSWER_S)
        async with aiohttp.ClientSession(trust_env=False, timeout=limit) as session:
            while True:
                if process.returncode is not None:
                    raise CommandError(
                        "node_ended",
                        f"the node of {code} ended with status {process.returncode}"
                        + self._log_tail(code),
                    )
                try:
                    async with session.get(url) as answer:
                        if answer.status == 200:
                            return
                except (aiohttp.ClientError, TimeoutError):
                    pass  # it does not listen yet
                await asyncio.sleep(LOOK_S)

    def _log_tail(self, code: str) -> str:
        text = (self._site.node_home(code) / LOG).read_text(errors="replace")
        return "".join(f"\n  {line}" for line in text.splitlines()[-LOG_TAIL:])

    async def _watch(self, code: str, process: Process) -> None:
        status = await process.wait()
        if not self._stopping:
            home = self._site.node_home(code)
            self._say(
                f"the node of {code} ended with status {status}; "
                f"start it again with: liqbon-node start --home {home}"
            )

    async def stop(self) -> bool:
        """Stop every node of the site, those that others started too. True if all ended well;
        nodes that had ended before do not count."""
        self._stopping = True
        living = {code: p for code, p in self._processes.items() if p.returncode is None}
        for process in living.values():
            process.send_signal(signal.SIGTERM)
        others = [pid for pid in map(self._other_holder, self._site.codes()) if pid is not None]
        for pid in others:
            os.kill(pid, signal.SIGTERM)
        clean = await self._ended(list(living.values()), others)
        await asyncio.gather(*self._watchers)
        # A node that was told to stop while it started ends as any program does.
        return clean and (not self._watchers or all(p.returncode == 0 for p in living.values()))

    def _other_holder(self, code: str) -> int | None:
        holder = running_process(self._site.node_home(code))
        mine = self._processes.get(code)
        return None if mine is not None and holder == mine.pid else holder

    async def _ended(self, processes: list[Process], others: list[int]) -> bool:
        """Whether all end in time; what does not is killed."""
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await asyncio.gather(*(process.wait() for process in processes))
                while any(map(_is_alive, others)):  # noqa: ASYNC110 - no event tells of others' ends
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            for process in processes:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
            return False
        return True

    def document(self, transfer: TransferEntry | None) -> DevnetDocument:
        """What there is, for people and programs."""
        return DevnetDocument(
            chain=chain_id(self._genesis).hex(),
            genesis=str(self._site.genesis),
            began=format_time(self._genesis.time),
            nodes=[self._node(code) for code in self._site.codes()],
            accounts=[self._account(name) for name in CUSTOMERS],
            partners=[self._partner(partner) for partner in self._genesis.partners],
            custodians=[self._custodian(custodian) for custodian in self._genesis.custodians],
            transfer=transfer,
        )

    def _url(self, code: str) -> str:
        return self._site.urls()[self._site.codes().index(code)]

    def _node(self, code: str) -> NodeEntry:
        ports = self._site.ports(self._site.codes().index(code))
        return NodeEntry(
            partner=code,
            api=self._url(code),
            peer=f"{LOOPBACK}:{ports.peer}",
            metrics=f"http://{LOOPBACK}:{ports.metrics}/metrics",
            pid=self._processes[code].pid,
            home=str(self._site.node_home(code)),
        )

    def _account(self, name: str) -> AccountEntry:
        path = self._site.wallet_home(name)
        [account] = open_home(path).accounts
        return AccountEntry(name, account.address, str(path), str(self._site.passphrase_file))

    def _custodian(self, custodian: Custodian) -> CustodianEntry:
        return CustodianEntry(
            code=custodian.code,
            name=custodian.name,
            account=0,
            address=address(custodian.account, self._genesis.network),
            home=str(self._site.custodian_home(custodian.code)),
            passphrase_file=str(self._site.passphrase_file),
            settlement=custodian.code == self._genesis.settlement_custodian,
        )

    def _partner(self, partner: GenesisPartner) -> PartnerEntry:
        roles = [
            RoleEntry(role, number, address(getattr(partner.roles, role), self._genesis.network))
            for number, role in enumerate(ROLE_ACCOUNTS)
        ]
        programmes = [
            ProgrammeEntry(p.code, p.name, p.point, p.rates[0].numerator, p.rates[0].denominator)
            for p in partner.programmes
        ]
        return PartnerEntry(
            partner.code,
            partner.name,
            partner.kind.text,
            partner.currency,
            str(self._site.partner_home(partner.code)),
            str(self._site.passphrase_file),
            roles,
            programmes,
        )


def _environment() -> dict[str, str]:
    """Ours, without the options that are meant for this command and not for its nodes."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("LIQBON_")}
    return kept | {key: os.environ[key] for key in ("LIQBON_DEBUG",) if key in os.environ}


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
