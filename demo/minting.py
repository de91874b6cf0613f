"""Scene: points from a real purchase log become LiqBon, each once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

from demo.commands import Answer, expect, run
from demo.proof import SUPPLY_KEY, position_key
from demo.purchases import (
    LOG,
    Deposit,
    customers_of,
    deposits,
    read_log,
    write_csv,
)
from demo.world import Retailer, World, decimal_text, keystore, liqbon


class Handed(NamedTuple):
    """Points that a customer hands in at a till."""

    name: str
    programme: str
    points: int


TILL: Final = (Handed("alice", "basket", 20_000), Handed("boris", "care", 9_000))
"""200 LiqBon for Alice, 180 for Boris."""
OWN: Final = Handed("gifts", "pages", 160)
"""8 LiqBon for the bookshop itself, to give away; it owes the pool for them as for any."""
OWN_ACCOUNT: Final = 3
"""Where they go: an account of the shop's keystore beside those of its three roles."""
TILL_REFERENCE: Final = "till-7"
"""How the shop calls what was handed in there; it must not come to stand on the ledger."""


def mint(world: World) -> None:
    """Read the log, make wallets for its customers, and mint what they collected."""
    stage = world.stage
    with stage.scene("Points become LiqBon, which are the customer's"):
        with LOG.open(encoding="utf-8") as lines:
            purchases = list(read_log(lines))
        dealt = deposits(purchases)
        world.shops = {r.programme: r.code for r in world.retailers.values()}
        codes = _prepare(world, dealt)
        with ThreadPoolExecutor(max_workers=len(codes)) as threads:
            running = {code: threads.submit(_import, world, code) for code in codes}
            answers = {code: each.result() for code, each in running.items()}
        _tell_imports(world, dealt, answers)
        again = _import(world, codes[0])
        expect(_minted(again) == 0, f"the same file minted again: {again.document}")
        handed = (*TILL, OWN)
        with ThreadPoolExecutor(max_workers=len(handed)) as threads:
            minted = {
                name: threads.submit(deposit, world, world.shops[programme], name, points)
                for name, programme, points in handed
            }
            world.deposits |= {name: each.result() for name, each in minted.items()}
        stage.say(
            f"""{len(purchases):,} real purchases (CDNOW, 1997-98) earned these points; a file sent
            twice mints nothing more. At a till Alice hands in {TILL[0].points:,} grocery points,
            Boris {TILL[1].points:,} pharmacy points. {world.name(world.shops[OWN.programme])} turns
            {OWN.points} pages of its own into LiqBon, to give away."""
        )
        _prove_totals(world)


def _prepare(world: World, dealt: dict[str, list[Deposit]]) -> list[str]:
    """Wallets for the customers of each retailer, and the file that its clerk exports; and the
    account from which one of them will give."""
    by_code = {world.shops[programme]: rows for programme, rows in dealt.items()}
    with ThreadPoolExecutor(max_workers=2) as threads:
        made = {
            code: threads.submit(_make_crowd, world, world.retailers[code], customers_of(rows))
            for code, rows in by_code.items()
        }
        sponsor = threads.submit(_sponsor, world)
        for code, rows in by_code.items():
            write_csv(_file_of(world, code), rows, made[code].result())
            worth = (world.retailers[code].worth(deposit.points) for deposit in rows)
            world.expected[code] = sum(worth, Decimal(0))
        world.sponsor = sponsor.result()
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


def _sponsor(world: World) -> dict[str, Any]:
    """The account from which the bookshop gives."""
    keys = world.keys(world.shops[OWN.programme])
    asked = ["address", "--account", str(OWN_ACCOUNT)]
    made = run("liqbon-wallet", *asked, *keystore(keys)).document
    return {**keys, "name": OWN.name, "account": OWN_ACCOUNT, "address": made["address"]}


def _file_of(world: World, code: str) -> Path:
    return world.directory / f"deposits-{code}.csv"


def _import(world: World, code: str) -> Answer:
    return world.partner(code, "import", _file_of(world, code), "--yes")


def _minted(answer: Answer) -> int:
    return int(answer.document["minted"])


def _tell_imports(
    world: World, dealt: dict[str, list[Deposit]], answers: dict[str, Answer]
) -> None:
    rows = []
    for retailer in world.retailers.values():
        points = sum(deposit.points for deposit in dealt[retailer.programme])
        rows.append(
            [
                retailer.name,
                f"{_minted(answers[retailer.code]):,}",
                f"{points:,} {retailer.point}s",
                decimal_text(retailer.worth(100)),
                decimal_text(world.expected[retailer.code]),
            ]
        )
    world.stage.table(
        ["retailer", "deposits>", "handed in>", "LiqBon for 100>", "LiqBon minted>"], rows
    )


def deposit(world: World, code: str, name: str, points: int, *urls: str) -> str:
    """One customer at one till, through the nodes told; the transaction that minted it."""
    programme = world.retailers[code].programme
    reference = f"{TILL_REFERENCE}-{name}-{points}"
    words = ["--programme", programme, "--points", str(points), "--reference", reference]
    words += [word for url in urls for word in ("--node", url)]
    to = world.person(name)["address"]
    answer = world.partner(code, "deposit", *words, "--to", to, "--yes")
    world.expected[code] += world.retailers[code].worth(points)
    transaction: str = answer.document["deposit"]["proof"]["transaction"]
    return transaction


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
    held = sum(map(Decimal, balances(world)), world.held_by(OWN.name))
    expect(held == total, f"{held} are in wallets, {total} were minted")
    world.stage.proven(
        f"""{decimal_text(total)} LiqBon exist, exactly what the points are worth, at all four
        nodes and in the wallets"""
    )


def balances(world: World) -> list[str]:
    """Every customer's proven balance, wallet by wallet and account by account."""
    homes = [person["home"] for person in world.customers]
    with ThreadPoolExecutor(max_workers=2) as threads:
        answers = threads.map(
            lambda home: run("liqbon-wallet", "balance", "--home", home),
            [*homes, *world.crowds.values()],
        )
        return [each["balance"] for answer in answers for each in answer.document["accounts"]]
