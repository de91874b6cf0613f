"""verify: replay the chain of one untrusted node, and judge it. Holds no key, sends nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from typing import Final

import click
import msgspec
from msgspec.structs import replace

from audit import documents
from audit.home import ChainHome, Checkpoint, Verified, open_home
from audit.progress import watching
from audit.replay import Audit
from audit.session import MAX_PROCESSES, Plan, cores, one_node, open_audit
from audit.violations import Finding, Violation
from client.errors import Unavailable
from contracts.invariants import Totals
from primitives.evidence import Evidence
from shell.command import Common, common_options, examples
from shell.errors import CommandError, Status, UsageError

CHECKPOINT_S: Final = 30.0
SCAN_SHARE: Final = 20
"""A checkpoint takes a look at the whole state: of a large one at most every twentieth second."""


class Asked(msgspec.Struct, frozen=True):
    """What of the chain is to be verified; None: from where one stands, up to the newest."""

    first: int | None
    last: int | None


@click.command(
    epilog=examples(
        "liqbon-audit verify --genesis genesis.json --node http://127.0.0.1:7600",
        "liqbon-audit verify                            (with LIQBON_NODE set: go on from there)",
        "liqbon-audit verify --from 1 --to 5000 --output json",
    )
)
@click.option(
    "--from",
    "first",
    type=click.IntRange(1),
    metavar="H",
    help="The first height to verify: 1 begins anew, another has to follow what was verified.",
)
@click.option("--to", "last", type=click.IntRange(1), metavar="H", help="The last height.")
@click.option(
    "--processes",
    type=click.IntRange(1, MAX_PROCESSES),
    default=cores,
    show_default="one a core",
    help="How many inspect blocks while another carries them out.",
)
@common_options("home", "node", "genesis", "timeout_s")
def verify(common: Common, first: int | None, last: int | None, processes: int) -> int:
    """Replay the chain of one untrusted node, and judge it.

    Every signature, certificate, root, receipt and invariant since genesis is checked; the first
    violation is named, and the exit status is then 9. What was verified is kept: the next run goes
    on from there, also after this one was killed. The newest height is the node's own word: a node
    can hide what is new, and forge nothing.
    """
    chain = open_home(common.home, common.genesis)
    plan = Plan(one_node(common), common.timeout_s, processes)
    return asyncio.run(_verify(common, chain, plan, Asked(first, last)))


async def _verify(common: Common, chain: ChainHome, plan: Plan, asked: Asked) -> int:
    checkpoint, verified = _open(chain, asked)
    try:
        async with open_audit(verified, plan) as audit:
            last = await _last(audit, asked)
            run = _Run(audit, checkpoint, last)
            with watching(common.printer, audit.ledger.height, last) as watcher:
                violation = await run.judge(watcher.seen)
            document = run.document(plan, violation)
            if violation is not None and violation.block is not None:
                proof = chain.keep_proof(violation.height, violation.code, violation.block)
                document = replace(document, block_file=str(proof))
            _tell(common, document)
            return int(Status.OK if violation is None else Status.PROOF)
    finally:
        checkpoint.close()


def _open(chain: ChainHome, asked: Asked) -> tuple[Checkpoint, Verified]:
    """Where to go on from. Raises ``CommandError``."""
    if asked.first == 1:
        chain.forget()
    checkpoint = Checkpoint.open(chain.checkpoint, chain.genesis)
    try:
        verified = checkpoint.load(chain.genesis)
        _check_first(asked, verified.ledger.height)
    except BaseException:
        checkpoint.close()
        raise
    return checkpoint, verified


def _check_first(asked: Asked, height: int) -> None:
    """What comes before the first height has to be verified, no more and no less."""
    if asked.first is None or asked.first == height + 1:
        return
    if height == 0:
        told = "nothing was verified before"
    else:
        told = f"verified, and kept, is height {height}"
    raise UsageError(
        "not_verified",
        f"--from {asked.first} believes height {asked.first - 1}, and {told}",
        f"Leave --from out to go on from height {height + 1}, or begin anew with --from 1.",
    )


async def _last(audit: Audit, asked: Asked) -> int:
    """Up to where: what was asked, or the newest height that the node has."""
    height, top = audit.ledger.height, await audit.source.top()
    last = top if asked.last is None else asked.last
    if last > top:
        detail = f"the newest certified height of {audit.source.url} is {top}"
        raise CommandError("height_unknown", detail, "Wait, or ask another node.", Status.NOT_FOUND)
    if last >= height:
        return last
    if asked.last is not None:
        hint = f"--from 1 --to {last} replays it again."
        raise UsageError("usage", f"height {height} was verified already", hint)
    raise Unavailable(
        "node_behind",
        f"{audit.source.url} says that its newest certified height is {top}, and {height} was "
        "verified before",
        "It is catching up, or it hides something: ask another node.",
    )


class _Run:
    """One go of the command: blocks, checkpoints, and what came of it."""

    def __init__(self, audit: Audit, checkpoint: Checkpoint, last: int) -> None:
        self._audit = audit
        self._checkpoint = checkpoint
        self._last = last
        self._after = audit.ledger.standing
        self._totals: Totals | None = None
        self._evidence: list[Evidence] = []
        self._begun_s = self._kept_s = time.monotonic()
        self._pause_s = CHECKPOINT_S

    async def judge(self, seen: Callable[[int, int], None]) -> Violation | None:
        """Verify up to the last height; the first violation, if there is one."""
        try:
            await self._go(seen)
        except Violation as violation:
            return violation
        return None

    async def _go(self, seen: Callable[[int, int], None]) -> None:
        try:
            async with aclosing(self._audit.blocks(self._last)) as blocks:
                async for block in blocks:
                    seen(block.header.height, len(block.transactions))
                    if time.monotonic() - self._kept_s >= self._pause_s:
                        self._keep()
        except (asyncio.CancelledError, CommandError):
            self._keep()  # a block is verified whole or not at all, so what stands is sound
            raise
        self._keep()
        self._evidence = await self._audit.evidence()

    def document(self, plan: Plan, violation: Violation | None) -> documents.VerifyDocument:
        """What is told. A violation's own block counts for nothing."""
        verified = self._audit.verified
        tally, before = verified.ledger.standing.tally, self._after.tally
        seconds = time.monotonic() - self._begun_s
        transactions = tally.transactions - before.transactions
        return documents.VerifyDocument(
            verified=documents.standpoint(verified),
            run=documents.Run(
                node=plan.url,
                after=self._after.height,
                to=verified.ledger.height,
                transactions=transactions,
                seconds=round(seconds, 3),
                transactions_per_second=round(transactions / seconds, 1),
                processes=plan.processes,
            ),
            total=documents.replayed(verified),
            sums=None if self._totals is None else documents.sums(self._totals),
            evidence=[documents.accusation(verified, each) for each in self._evidence],
            violation=None if violation is None else violation.finding,
            block_file=None,
        )

    def _keep(self) -> None:
        """Look at the whole state, and make this the height to go on from."""
        begun_s = time.monotonic()
        self._totals = self._audit.ledger.scan()
        self._checkpoint.save(self._audit.verified)
        self._kept_s = time.monotonic()
        self._pause_s = max(CHECKPOINT_S, SCAN_SHARE * (self._kept_s - begun_s))


def _tell(common: Common, document: documents.VerifyDocument) -> None:
    printer, verified, run = common.printer, document.verified, document.run
    rows = [
        ("chain", f"{verified.name} ({verified.network}) {verified.chain}"),
        ("verified", f"heights 1 to {verified.height}, {verified.time}"),
        ("state root", verified.state_root),
        ("transactions", _counts(document.total)),
        ("this run", f"{run.transactions} in {run.seconds:.1f} s from {run.node}"),
    ]
    if verified.attested is not None:
        rows.insert(2, ("attested", f"by {verified.attested} of {verified.members} validators"))
    if document.sums is not None:
        sums = document.sums
        rows.append(("supply", f"{sums.supply} LiqBon in {sums.accounts} accounts"))
    printer.fields(rows)
    for each in document.evidence:
        printer.line(f"evidence: {each.partner} (member {each.accused}): {each.offence}")
    printer.line()
    if document.violation is None:
        printer.line("Nothing is wrong up to this height.")
    else:
        _tell_violation(common, document.violation)
        if document.block_file is not None:
            printer.line(f"Its bytes are kept in {document.block_file}")
    printer.document(document)


def _tell_violation(common: Common, found: Finding) -> None:
    printer = common.printer
    printer.line(f"VIOLATION at height {found.height}: {found.code}")
    rows = [("which means", found.meaning), ("done by", _DOERS[found.blame])]
    rows += [
        (name, value)
        for name, value in (
            ("transaction", found.transaction),
            ("entry", found.entry),
            ("the rules give", found.decided),
            ("the chain claims", found.claimed),
        )
        if value is not None
    ]
    printer.fields([*rows, ("detail", found.detail)])


_DOERS: Final = {
    "withheld": "this node, which keeps it back: another one may hand it out",
    "forged": "this node: what it hands out is not what was signed",
    "broken": "a quorum of the validators, who signed it",
}


def _counts(total: documents.Replayed) -> str:
    parts = f"{total.done} done, {total.refused} refused, {total.skipped} skipped"
    return f"{total.transactions} ({parts}) in {total.blocks} blocks"
