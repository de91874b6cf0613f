"""A network under a load: funding, and one rate after another. Knows the order; judges nothing."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import aiohttp
from msgspec.structs import replace

from benchmarks import chains
from benchmarks.funding import Till, funding
from benchmarks.load import Load, Plan, Sample, schedule
from benchmarks.mixture import TRANSFERS, Cycle, Next, Shop, made
from benchmarks.network import Network, Spell, Spent
from benchmarks.population import Terms, Workshop, holder_of
from benchmarks.verdict import Step, cumulative, judge
from client.home import open_home, parse_genesis
from client.http import HttpNode
from client.trust import Believed
from node.founding import ROLE_ACCOUNTS
from primitives.transaction import decode_signed
from shell.keyfile import read_private

VALID_MS: Final = 3_600_000
SETTLE_S: Final = 120.0
TIMEOUT_S: Final = 30.0
FUNDING_WAIT_S: Final = 20.0
LOOK_S: Final = 0.25


class Stuck(Exception):
    """What was sent does not become final."""


class Measured(NamedTuple):
    """A rate that was tried: the verdict, what each node spent meanwhile, and the generator."""

    step: Step
    spent: list[Spent]
    generator_us: float


class Bench:
    """A run against a fresh network: everything on its chain comes from here."""

    def __init__(
        self, network: Network, session: aiohttp.ClientSession, workshop: Workshop, senders: int
    ) -> None:
        self.genesis_file = Path(network.document.genesis)
        self.genesis = parse_genesis(self.genesis_file.read_bytes())
        believed = Believed(self.genesis)
        self.network = network
        self.terms = Terms(believed.chain, senders, time.time_ns() // 1_000_000 + VALID_MS)
        self.nodes = [HttpNode(node.api, session, TIMEOUT_S) for node in network.nodes]
        self.chains = [chains.Chain(node.api, session) for node in network.nodes]
        self.sent: list[bytes] = []
        self._load = Load(self.nodes, believed)
        self._workshop = workshop
        self._next = Next(0, 1)
        self._shops: list[Shop] = []

    async def fund(self) -> None:
        """Give every sender its share, each node and its founder a part of them."""
        self._shops = [self._shop(place) for place in range(len(self.nodes))]
        tills = [Till(shop.partner, shop.issuer) for shop in self._shops]
        await asyncio.gather(*(self._fund(place, till) for place, till in enumerate(tills)))
        await self._all_final()

    async def step(
        self, rate: float, seconds: float, warm_up_s: float, cycle: Cycle = TRANSFERS
    ) -> Measured:
        """Offer a rate for ``warm_up_s`` and ``seconds`` more, until all of it is final; judge."""
        plan = Plan(rate, warm_up_s + seconds, in_order="mint" in cycle)
        requests = schedule(plan, len(self.nodes))
        count = sum(len(request.places) for request in requests)
        raws = self._made(cycle, count)
        before = len(self.sent)
        spending = asyncio.create_task(self.network.spent(warm_up_s, seconds))
        offered = await self._load.offer(plan, raws)
        await self._load.settle(raws, offered.refused)
        self._remember(raws)
        await self._all_final()
        receipts = [[block.receipts for block in chain.blocks] for chain in self.chains]
        finals = [cumulative(each, before) for each in receipts]
        step = judge(offered, requests, finals, warm_up_s)
        return _measured(step, await spending, offered.cpu_s / plan.seconds)

    async def lone(self, node: int) -> Sample:
        """One transfer of a round over all nodes, by itself, timed to its verified proof.

        Rounds go from node 0 to the last, so that every sender stays with its node. Raises
        ``Stuck``."""
        number = self._next.customer
        assert number % len(self.nodes) == node, "not this node's turn"
        [raw] = self._workshop.transfers(self.terms, number, 1)
        self._next = self._next._replace(customer=number + 1)
        self._remember([raw])
        sample = await self._load.time(node, raw)
        if sample.latency_ms is None:
            raise Stuck(f"{self.nodes[node].url}: a lone transfer is not final")
        return sample

    def store_bytes(self) -> list[int]:
        """What each node keeps on disk."""
        return [_size(Path(node.home)) for node in self.network.nodes]

    async def _fund(self, place: int, till: Till) -> None:
        """A founder mints for a bank of its own, which hands out shares through the same node."""
        node = self.nodes[place]
        money = funding(self.terms, till, range(place, self.terms.senders, len(self.nodes)))
        view = await node.submit(money[0], FUNDING_WAIT_S)
        if view is None or view.status != "final":
            raise Stuck(f"{node.url}: the first mint is not final after {FUNDING_WAIT_S:g} s")
        for result in await node.submit_many(money[1:]):
            if result.status != 202:
                raise Stuck(f"{node.url}: funding is refused: {result.code} {result.detail}")
        self._remember(money)

    def _made(self, cycle: Cycle, count: int) -> list[bytes]:
        """The next ``count`` transactions, signed: transfers by all cores."""
        if cycle == TRANSFERS:
            first = self._next.customer
            self._next = self._next._replace(customer=first + count)
            return self._workshop.transfers(self.terms, first, count)
        raws, self._next = made(self.terms, self._shops, cycle, self._next, count)
        return raws

    def _shop(self, place: int) -> Shop:
        document = self.network.document.partners[place]
        [partner] = [p for p in self.genesis.partners if p.code == document.code]
        passphrase = read_private(Path(document.passphrase_file)).strip()
        vault = open_home(Path(document.home)).unlock(passphrase)
        issuer, cashier = (
            holder_of(vault.key(ROLE_ACCOUNTS.index(role))) for role in ("issuer", "cashier")
        )
        assert issuer.account == partner.roles.issuer, partner.code
        return Shop(partner, issuer, cashier)

    def _remember(self, raws: Sequence[bytes]) -> None:
        self.sent += [decode_signed(raw, self.terms.chain).id for raw in raws]

    async def _all_final(self) -> None:
        """Wait until every node's chain holds as many receipts as transactions were sent."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + SETTLE_S
        while True:
            await chains.refresh(self.chains)
            finals = [chain.final for chain in self.chains]
            if all(final >= len(self.sent) for final in finals):
                return
            if loop.time() > until_s:
                raise Stuck(f"{len(self.sent)} were sent, {finals} are final")
            await asyncio.sleep(LOOK_S)


def _measured(step: Step, spell: Spell, generator: float) -> Measured:
    """``generator`` is the processor time that the load generator used a second."""
    cores = os.cpu_count() or 1
    nodes = sum(sum(spent.seconds.values()) for spent in spell.nodes) / spell.passed_s
    machine = spell.machine_cpu_s / spell.passed_s
    step = replace(
        step,
        cpu_share=round((nodes + generator) / cores, 3),
        cpu_share_of_others=round(max(0.0, machine - nodes - generator) / cores, 3),
    )
    return Measured(step, spell.nodes, generator / step.offered_per_second * 1e6)


def _size(directory: Path) -> int:
    return sum(
        os.lstat(Path(folder) / name).st_size
        for folder, _, names in os.walk(directory)
        for name in names
    )
