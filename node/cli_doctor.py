"""doctor: what is wrong with a node's home, what it means, and what to do."""

from __future__ import annotations

import asyncio
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

import click
import msgspec

from node.cli_home import home_path
from node.doctor import Told, examine, is_fit
from node.findings import Finding, Severity
from primitives.encoding import Malformed
from shell.command import Common, common_options, examples
from shell.errors import Status

if TYPE_CHECKING:
    import aiohttp

    from client.http import HttpNode

LOOKED_AT: Final = 16
"""Newest blocks of a node: a quorum attested each, and each was proposed by one validator."""


class DoctorDocument(msgspec.Struct, frozen=True):
    """doctor: everything that was found, in the order in which it was looked at."""

    home: str
    findings: list[Finding]


@click.command(
    epilog=examples(
        "liqbon-node doctor --home ./home",
        "liqbon-node doctor --node https://node.bramble.example --node http://203.0.113.7:7600",
    )
)
@common_options("home", "node", "timeout_s")
def doctor(common: Common) -> int:
    """Look at a node's home: settings, keys, disk, journal, ledger. Nothing is changed.

    With --node, other nodes' answers are compared with it: the clocks, and whether this home's key
    signed what its journal does not know. The exit status is 1 if the node cannot start, or must
    not.
    """
    path = home_path(common)
    told = asyncio.run(_ask(common.node, common.timeout_s)) if common.node else []
    found = examine(path, _now_ms, told)
    common.printer.document(DoctorDocument(str(path), found))
    for each in found:
        _tell(common, each)
    return int(Status.OK if is_fit(found) else Status.ERROR)


def _tell(common: Common, found: Finding) -> None:
    common.printer.line(f"{found.severity.value:<8} {found.code}: {found.what}")
    if found.severity is not Severity.OK:
        common.printer.line(f"         {found.meaning}")
        common.printer.line(f"         What to do: {found.remedy}")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


async def _ask(urls: tuple[str, ...], timeout_s: float) -> list[Told]:
    import aiohttp

    from client.http import open_nodes

    async with open_nodes(urls, timeout_s) as nodes, aiohttp.ClientSession() as session:
        return list(await asyncio.gather(*(_one(node, session, timeout_s) for node in nodes)))


async def _one(node: HttpNode, session: aiohttp.ClientSession, timeout_s: float) -> Told:
    from client.errors import Fault
    from client.http import MAX_ANSWER
    from client.raw import decode_raw_block

    try:
        status = await node.status()
        certificates, headers = [], []
        newest = status.certified_height
        for height in range(newest, max(0, newest - LOOKED_AT), -1):
            raw = await node.raw(f"/blocks/{height}", MAX_ANSWER, {"batches": "0"})
            block = decode_raw_block(raw)
            if block.certificate is not None:
                certificates.append(block.certificate)
                headers.append(block.header)
    except Fault as fault:
        return Told(node.url, f"{fault.code}: {fault.detail}")
    except Malformed as error:
        return Told(node.url, str(error))
    clock_ms = await _skew_ms(node.url, session, timeout_s)
    signed, oldest = tuple(certificates), status.oldest_height
    return Told(node.url, None, status.chain, clock_ms, signed, tuple(headers), oldest)


async def _skew_ms(url: str, session: aiohttp.ClientSession, timeout_s: float) -> int | None:
    """How far a node's clock is ahead of this one, by the date of its answer; None if it says none.

    A date is cut to whole seconds, so half of one is added.
    """
    import aiohttp

    asked_ms = _now_ms()
    try:
        async with asyncio.timeout(timeout_s), session.get(f"{url}/v1/status") as answer:
            date = parsedate_to_datetime(answer.headers.get("Date", ""))
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return None
    return round(date.timestamp() * 1000) + 500 - (asked_ms + _now_ms()) // 2
