"""How the cost of a transfer grows with the state: ``python -m benchmarks.state``.

    python -m benchmarks.state [--accounts 1000,100000,1000000] [--transfers 8000]

For each size a process of its own fills a state with accounts, then takes transfers between them
through the stages of ``benchmarks.profile``; what it holds in memory is what a node would hold for
the state. Senders are up to 10,000 of the accounts, recipients any of them.
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from time import process_time
from typing import Final

import msgspec

from benchmarks import founders, machine
from benchmarks.auditor import ROOT
from benchmarks.bare import pieces
from benchmarks.funding import SHARE, Till, bank, funding
from benchmarks.machine import Machine
from benchmarks.population import AMOUNT, Terms, sender, signed
from benchmarks.processes import Others, snapshot, usage
from benchmarks.profile import LANE, Chain, Costs, measure
from node.executor import Executor
from node.store import LevelStore
from primitives.actions import Mint, Output, Transfer
from primitives.genesis import chain_id

RESULT: Final = ROOT / "benchmarks" / "results" / "state.json"
SENDERS: Final = 10_000
OUTPUTS: Final = 200
A_BLOCK: Final = 40
"""Transfers of OUTPUTS accounts each that fill a block."""
FILL_MS: Final = 20 * 60_000
"""Between blocks that fill: a lane makes at most a million entries a day."""
VALID_MS: Final = 6 * 24 * founders.HOUR_MS
SIZE: Final = 400
MAX_ACCOUNTS: Final = 4_000_000
_STRIDE: Final = 2_654_435_761


class Row(msgspec.Struct, frozen=True):
    """One size. Costs are microseconds of processor time a transfer, by stage."""

    accounts: int
    senders: int
    transfers: int
    filling_cpu_s: float
    cpu_us: dict[str, float]
    rss_bytes: int
    rss_bytes_empty: int
    store_bytes: int


class StateResult(msgspec.Struct, frozen=True):
    """All sizes. ``in_bare_checks``: of each, a transfer's whole cost over a bare check's, both in
    processor time."""

    machine: Machine
    date: str
    commit: str
    bare_check_us: float
    cpu_share_of_others: float
    rows: list[Row]
    in_bare_checks: list[float]


def account(number: int) -> bytes:
    """The account of a number; only those of senders have a key."""
    if number < SENDERS:
        return sender(number).account
    return sha256(b"a benchmark's account %d" % number).digest()


def fill(chain: Chain, terms: Terms, accounts: int) -> None:
    """Every account gets its share."""
    partner = founders.genesis().partners[LANE]
    till = Till(partner, founders.issuer(LANE))
    chain.block_ms = FILL_MS
    for money in funding(terms, till, range(min(accounts, SENDERS))):
        chain.execute(chain.batch([money]))
    rest = accounts - min(accounts, SENDERS)
    if rest:
        chain.execute(chain.batch([signed(till.issuer, terms, 1, _mint(till, rest))]))
    giver, begun = bank(partner.code), -(-min(accounts, SENDERS) // OUTPUTS)
    block: list[bytes] = []
    for place, first in enumerate(range(min(accounts, SENDERS), accounts, OUTPUTS)):
        numbers = range(first, min(first + OUTPUTS, accounts))
        outputs = tuple(Output(account(number), SHARE) for number in numbers)
        block.append(signed(giver, terms, begun + place, Transfer(outputs)))
        if len(block) == A_BLOCK or numbers.stop == accounts:
            chain.execute(chain.batch(block))
            block.clear()


def _mint(till: Till, accounts: int) -> Mint:
    partner = till.partner
    [programme] = partner.programmes
    rate = programme.rates[0]
    points = -(-accounts * SHARE * rate.denominator // rate.numerator)
    amount = points * rate.numerator // rate.denominator
    deposit = sha256(b"a benchmark's second deposit").digest()
    return Mint(partner.code, programme.code, points, amount, deposit, bank(partner.code).account)


def payments(terms: Terms, accounts: int, numbers: Sequence[int]) -> list[bytes]:
    """Transfers of senders in turn, each to any account that is not the sender's."""
    made = []
    for number in numbers:
        sequence, place = divmod(number, terms.senders)
        step = 1 + (number * _STRIDE) % (accounts - 1)
        pay = Transfer((Output(account((place + step) % accounts), AMOUNT),))
        made.append(signed(sender(place), terms, sequence, pay))
    return made


def one(accounts: int, transfers: int) -> Row:
    """Measure one size, in this process."""
    genesis = founders.genesis()
    terms = Terms(chain_id(genesis), min(accounts, SENDERS), founders.START_MS + VALID_MS)
    with tempfile.TemporaryDirectory(prefix="liqbon-state-") as directory:
        store = LevelStore.open(Path(directory))
        executor = Executor.open(store, genesis)
        empty, begun_s = _rss(), process_time()
        chain = Chain(executor)
        fill(chain, terms, accounts)
        executor.flush()
        filling_s = process_time() - begun_s
        gc.collect()
        gc.freeze()
        rss_bytes = _rss()
        chain.block_ms = SIZE
        costs = Costs()
        for first in range(0, transfers, SIZE):
            numbers = range(first, min(first + SIZE, transfers))
            measure(costs, chain, payments(terms, accounts, numbers))
        stored = sum(path.stat().st_size for path in Path(directory).iterdir())
        store.close()
    return Row(
        accounts=accounts,
        senders=terms.senders,
        transfers=transfers,
        filling_cpu_s=round(filling_s, 1),
        cpu_us=costs.a_transfer(transfers),
        rss_bytes=rss_bytes,
        rss_bytes_empty=empty,
        store_bytes=stored,
    )


def _rss() -> int:
    return usage(snapshot(), os.getpid()).rss_bytes


def told(result: StateResult) -> str:
    """The document as people read it."""
    stages = list(result.rows[0].cpu_us) if result.rows else []
    head = f"{'accounts':>52}" + "".join(f"{row.accounts:>12,}" for row in result.rows)
    lines = [head]
    for stage in stages:
        cells = "".join(f"{row.cpu_us[stage]:9.1f} us" for row in result.rows)
        lines.append(f"{stage:>52}{cells}")
    sums = "".join(f"{sum(row.cpu_us.values()):9.1f} us" for row in result.rows)
    checks = "".join(f"{many:12.2f}" for many in result.in_bare_checks)
    memory = "".join(f"{row.rss_bytes / 2**20:8.0f} MiB" for row in result.rows)
    lines += [f"{'in all':>52}{sums}", f"{'in bare checks':>52}{checks}", f"{'memory':>52}{memory}"]
    each = [(row.rss_bytes - row.rss_bytes_empty) / row.accounts for row in result.rows]
    lines.append(f"{'bytes an account':>52}" + "".join(f"{size:12.0f}" for size in each))
    return "\n".join(lines)


def main() -> int:
    """Measure each size in a process of its own, write the document, print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.state")
    parser.add_argument("--accounts", default="1000,100000,1000000", help="sizes, with commas")
    parser.add_argument("--transfers", type=int, default=8_000, help="at each size")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--result", type=Path, default=RESULT, help="where the document goes")
    options = parser.parse_args()
    if options.one is not None:
        sys.stdout.buffer.write(msgspec.json.encode(one(options.one, options.transfers)))
        return 0
    sizes = [int(each) for each in options.accounts.split(",")]
    if not all(1 < size <= MAX_ACCOUNTS for size in sizes):
        parser.error(f"2 to {MAX_ACCOUNTS} accounts")
    others, check_us = Others(), pieces().check_us
    rows = [_apart(size, options.transfers) for size in sizes]
    result = StateResult(
        machine=machine.describe(),
        date=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        commit=machine.commit(ROOT),
        bare_check_us=round(check_us, 1),
        cpu_share_of_others=round(others.share(), 2),
        rows=rows,
        in_bare_checks=[round(sum(row.cpu_us.values()) / check_us, 2) for row in rows],
    )
    options.result.parent.mkdir(parents=True, exist_ok=True)
    options.result.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
    print(told(result))
    return 0


def _apart(accounts: int, transfers: int) -> Row:
    print(f"{accounts:,} accounts", file=sys.stderr, flush=True)
    words = ["-m", "benchmarks.state", "--one", str(accounts), "--transfers", str(transfers)]
    run = subprocess.run([sys.executable, *words], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return msgspec.json.decode(run.stdout, type=Row)


if __name__ == "__main__":
    sys.exit(main())
