"""Second scene: points from a real purchase log become LiqBon, each once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Final

from demo.commands import Answer, expect, run
from demo.proof import SUPPLY_KEY, position_key
from demo.purchases import (
    LOG,
    Deposit,
    Purchase,
    customers_of,
    deposits,
    programme_of,
    read_log,
    write_csv,
)
from demo.world import Retailer, World, decimal_text, liqbon

ALICE_POINTS: Final = 20_000
"""Alice's points of the first retailer in SHOPS: 200 LiqBon."""
BORIS_POINTS: Final = 9_000
"""Boris's of the second: 180 LiqBon."""


def mint(world: World) -> None:
    """Read the log, make wallets for its customers, and mint what they collected."""
    stage = world.stage
    with stage.scene("Real purchases become points, and points become LiqBon"):
        with LOG.open(encoding="utf-8") as lines:
            purchases = list(read_log(lines))
        dealt = deposits(purchases)
        world.shops = {r.programme: r.code for r in world.retailers.values()}
        codes = _prepare(world, dealt)
        started = time.monotonic()
        with ThreadPoolExecutor(max_workers=len(codes)) as threads:
            running = {code: threads.submit(_import, world, code) for code in codes}
            answers = {code: each.result() for code, each in running.items()}
        took_s = time.monotonic() - started
        _tell_imports(world, purchases, dealt, answers)
        again = _import(world, codes[0])
        expect(_minted(again) == 0, f"the same file minted again: {again.document}")
        count = sum(map(_minted, answers.values()))
        stage.say(
            f"""{len(purchases):,} purchases of 400 customers (CDNOW, 1997-98) are dealt to the four
            shops. {count:,} deposits are minted at the published rates in {took_s:.1f} s; the same
            file again mints nothing. Alice hands in {ALICE_POINTS:,} Basket Club points at the
            till, Boris {BORIS_POINTS:,} Lindenwell Care drops."""
        )
        _deposit_by_hand(world, world.shops["basket"], "alice", ALICE_POINTS)
        _deposit_by_hand(world, world.shops["care"], "boris", BORIS_POINTS)
        _prove_totals(world)


def _prepare(world: World, dealt: dict[str, list[Deposit]]) -> list[str]:
    """Wallets for the customers of each retailer, and the file that its clerk exports."""
    by_code = {world.shops[programme]: rows for programme, rows in dealt.items()}
    with ThreadPoolExecutor(max_workers=2) as threads:
        made = {
            code: threads.submit(_make_crowd, world, world.retailers[code], customers_of(rows))
            for code, rows in by_code.items()
        }
        for code, rows in by_code.items():
            write_csv(_file_of(world, code), rows, made[code].result())
            worth = (world.retailers[code].worth(deposit.points) for deposit in rows)
            world.expected[code] = sum(worth, Decimal(0))
    return list(by_code)


def _make_crowd(world: World, retailer: Retailer, customers: list[int]) -> dict[int, str]:
    """A wallet of one account for each customer; the addresses by customer.

    Made twice, the second time from its 24 words alone: that is what lets it have many accounts at
    once, and shows that the words are the wallet.
    """
    home = world.directory / "crowds" / retailer.code
    words = home.with_suffix(".words")
    home.parent.mkdir(parents=True, exist_ok=True)
    keys = [
        "--genesis",
        world.network.document["genesis"],
        "--passphrase-file",
        world.person("alice")["passphrase_file"],
        *world.asking(retailer.code),
    ]
    first = home.with_suffix(".first")
    made = run("liqbon-wallet", "new", "--home", first, "--mnemonic-file", words, *keys)
    again = run(
        "liqbon-wallet",
        "restore",
        "--home",
        home,
        "--mnemonic-file",
        words,
        "--accounts",
        str(len(customers)),
        *keys,
    )
    expect(made.document["address"] == again.document["address"], "the words are another wallet")
    world.crowds[retailer.code] = home
    accounts = run("liqbon-wallet", "balance", "--home", home).document["accounts"]
    expect(not any(account["exists"] for account in accounts), "a new account exists already")
    return {
        customer: account["address"] for customer, account in zip(customers, accounts, strict=True)
    }


def _file_of(world: World, code: str) -> Path:
    return world.directory / f"deposits-{code}.csv"


def _import(world: World, code: str) -> Answer:
    return world.partner(code, "import", _file_of(world, code), "--yes")


def _minted(answer: Answer) -> int:
    return int(answer.document["minted"])


def _tell_imports(
    world: World,
    purchases: list[Purchase],
    dealt: dict[str, list[Deposit]],
    answers: dict[str, Answer],
) -> None:
    rows = []
    for retailer in world.retailers.values():
        own = [p for p in purchases if programme_of(p.customer) == retailer.programme]
        points = sum(deposit.points for deposit in dealt[retailer.programme])
        rows.append(
            [
                retailer.name,
                f"{sum(p.cents for p in own) / 100:,.2f}",
                f"{points:,} {retailer.point}s",
                decimal_text(world.expected[retailer.code]),
                f"{_minted(answers[retailer.code]):,} in {answers[retailer.code].took_s:.1f} s",
            ]
        )
    world.stage.table(["retailer", "dollars spent>", "are>", "LiqBon>", "deposits>"], rows)


def _deposit_by_hand(world: World, code: str, name: str, points: int) -> None:
    """One customer at one till."""
    programme = world.retailers[code].programme
    words = ["--programme", programme, "--points", str(points), "--reference", f"till-7-{name}"]
    to = world.person(name)["address"]
    answer = world.partner(code, "deposit", *words, "--to", to, "--yes")
    world.expected[code] += world.retailers[code].worth(points)
    world.deposits[name] = answer.document["deposit"]["proof"]["transaction"]


def _prove_totals(world: World) -> None:
    """Supply and positions at every node, by the second checker; and account by account."""
    total = sum(world.expected.values(), Decimal(0))
    for node in world.network.nodes.values():
        supply = world.prove(node.partner, SUPPLY_KEY)
        expect(liqbon(supply.value[0]) == decimal_text(total), f"supply {supply.value}")
        for code, expected in world.expected.items():
            position = world.prove(node.partner, position_key(code))
            minted = liqbon(position.value[0])
            expect(minted == decimal_text(expected), f"{code} minted {minted}, not {expected}")
    held = crowd_total(world) + world.held_by("alice") + world.held_by("boris")
    expect(held == total, f"customers hold {held}, {total} were minted")
    world.stage.proven(
        f"""{decimal_text(total)} LiqBon exist: what the points are worth, to the last digit, by a
        checker that shares no code with the four nodes; and account by account in the wallets"""
    )


def crowd_total(world: World) -> Decimal:
    """The sum of all the customers' balances, each with its proof."""
    with ThreadPoolExecutor(max_workers=2) as threads:
        answers = threads.map(
            lambda home: run("liqbon-wallet", "balance", "--home", home), world.crowds.values()
        )
        return sum((Decimal(answer.document["total"]) for answer in answers), Decimal(0))
