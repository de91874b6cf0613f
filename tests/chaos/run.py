"""One whole run: a network, its clients, the plan's faults, and what is seen of it at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

import aiohttp

from benchmarks.auditor import audited
from benchmarks.funding import Till, funding
from benchmarks.population import Terms, holder_of, sender
from benchmarks.proxy import Counts
from client.home import open_home
from client.http import HttpNode, open_nodes
from client.session import now_ms
from client.trust import Believed
from primitives.transaction import decode_signed
from shell.keyfile import read_private
from tests.chaos import chain
from tests.chaos.checker import Seen, Verdict, judge
from tests.chaos.history import History, read_history
from tests.chaos.load import ANSWER_S, PATIENCE_S, Load, transfers
from tests.chaos.network import Network, network
from tests.chaos.plan import RESET_EVERY_MS, WAYS, Moment, Plan, moments

VALID_MS: Final = 3_600_000
FUNDING_S: Final = 20.0
REST_S: Final = 60.0
READ_S: Final = 30.0
MOST_LATE_MS: Final = 2_000
"""A fault that comes later than this is not the plan's any more."""


class TooSlow(Exception):
    """This machine cannot keep to the plan; nothing is shown."""


class Report(NamedTuple):
    """A verdict, and how the run went."""

    verdict: Verdict
    refusals: dict[str, int]
    """What nodes said to clients instead of taking transfers in, by code."""
    most_late_ms: int
    """How late a fault or an offer came, at most."""
    wires: Counts


async def run(plan: Plan, place: Path, base_port: int, say: Callable[[str], None]) -> Report:
    """Carry out a plan in an empty directory. Raises ``TooSlow``, ``chain.NotAtRest``."""
    history = place / "history.jsonl"
    async with network(place / "net", base_port, plan.seed) as net, _session() as session:
        nodes = [HttpNode(url, session, ANSWER_S) for url in net.urls]
        await net.ready(nodes)
        senders = round(plan.rate * PATIENCE_S) + plan.rate
        terms = Terms(Believed(net.genesis).chain, senders, now_ms() + VALID_MS)
        given = await _fund(net, nodes, terms)
        due = transfers(terms, plan.rate, plan.seconds, plan.seed)
        say(f"{senders} senders are funded; {len(due)} transfers in {plan.seconds} s")
        rng = Random(f"chaos {plan.seed} load")
        with History(history) as written:
            load = Load(nodes, Believed(net.genesis), written, rng)
            start_s = asyncio.get_running_loop().time()
            async with asyncio.TaskGroup() as both:
                both.create_task(load.offer(due, start_s))
                striking = both.create_task(_strike(net, plan, start_s, say))
        late_ms = max(load.most_late_ms, striking.result())
        say("the load has ended; reading the chain")
        top = await chain.at_rest(nodes, REST_S)
        counts = await net.wires.counts()
        seen = await _look(net, plan, top, terms)
    seen = seen._replace(
        events=read_history(history), funding=given, struck=net.struck, ended=net.ended
    )
    if late_ms > MOST_LATE_MS:
        raise TooSlow(f"something came {late_ms} ms late")
    return Report(judge(seen), dict(sorted(load.refusals.items())), late_ms, counts)


def _session() -> aiohttp.ClientSession:
    """Unlike a person's client: a connection for each of thousands who wait at once."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        trust_env=False,
        headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        timeout=aiohttp.ClientTimeout(total=None, connect=ANSWER_S),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


async def _strike(net: Network, plan: Plan, start_s: float, say: Callable[[str], None]) -> int:
    """Carry out the plan; how late a change came, at most, in milliseconds."""
    clock = asyncio.get_running_loop().time
    before = Moment(frozenset(), frozenset(), {}, frozenset())
    late_ms = 0
    async with asyncio.TaskGroup() as resetting:
        storm: asyncio.Task[None] | None = None
        for at_ms, now in moments(plan):
            await asyncio.sleep(max(0.0, start_s + at_ms / 1000 - clock()))
            late_ms = max(late_ms, round((clock() - start_s) * 1000) - at_ms)
            say(f"{at_ms / 1000:6.1f} s  {_told(net, now)}")
            if storm is not None:
                storm.cancel()
                storm = None
            await _change(net, before, now)
            if now.resets:
                storm = resetting.create_task(_resets(net, now))
            before = now
    return late_ms


async def _change(net: Network, before: Moment, now: Moment) -> None:
    await net.blow({w: each for w, each in now.weather.items() if before.weather.get(w) != each})
    for place in sorted(before.frozen - now.frozen):
        net.thaw(place)
    for place in sorted(now.frozen - before.frozen):
        net.freeze(place)
    for place in sorted(now.killed - before.killed):
        await net.kill(place)
    for place in sorted(before.killed - now.killed):
        await net.start(place)


async def _resets(net: Network, now: Moment) -> None:
    while True:
        await net.reset(now.resets)
        await asyncio.sleep(RESET_EVERY_MS / 1000)


def _told(net: Network, now: Moment) -> str:
    stalled = [f"{net.codes[a]}>{net.codes[b]}" for a, b in WAYS if now.weather[a, b].stalled]
    weather = now.weather[WAYS[0]]
    parts = {
        "killed": [net.codes[place] for place in sorted(now.killed)],
        "frozen": [net.codes[place] for place in sorted(now.frozen)],
        "stalled": stalled,
        "reset": [f"{net.codes[a]}-{net.codes[b]}" for a, b in sorted(now.resets)],
        "delay": [f"{weather.delay_ms}+{weather.jitter_ms} ms"] if weather.delay_ms else [],
    }
    told = [f"{what} {' '.join(which)}" for what, which in parts.items() if which]
    return ", ".join(told) or "all is well"


async def _fund(net: Network, nodes: list[HttpNode], terms: Terms) -> frozenset[str]:
    """The first founder mints and hands out the senders' first balances; the ids of all that."""
    partner = net.genesis.partners[0]
    passphrase = read_private(net.site.passphrase_file).strip()
    vault = open_home(net.site.partner_home(partner.code)).unlock(passphrase)
    money = funding(terms, Till(partner, holder_of(vault.key(0))), range(terms.senders))
    for raw in money:
        view = await nodes[0].submit(raw, FUNDING_S)
        assert view is not None, "the funding is not final"
        assert view.status == "final", view
    return frozenset(decode_signed(raw, terms.chain).id.hex() for raw in money)


async def _look(net: Network, plan: Plan, top: int, terms: Terms) -> Seen:
    """The chain, from outside."""
    async with aiohttp.ClientSession() as session, open_nodes(net.urls, READ_S) as nodes:
        roots = await chain.roots(net.urls, session)
        reader = nodes[plan.seed % len(nodes)]
        written = await chain.written(reader, terms.chain, top)
        people = {sender(place).account for place in range(terms.senders)}
        people.update(each.sender for each in written)
        people.update(account for each in written for account, _ in each.pays)
        shown = nodes[(plan.seed + 1) % len(nodes)]
        held = await chain.balances(shown, Believed(net.genesis), sorted(people))
    said = await audited(net.urls[(plan.seed + 2) % len(net.urls)], net.site.genesis, top)
    return Seen(plan, [], roots, written, held, said, frozenset(), net.struck, [])
