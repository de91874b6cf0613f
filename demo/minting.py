"""Second and third scene: points from a real purchase log become LiqBon, each once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

from demo.commands import Answer, expect, run
from demo.proof import SUPPLY_KEY, position_key
from demo.purchases import (
    LOG,
    POINTS_PER_100_DOLLARS,
    Deposit,
    Purchase,
    customers_of,
    deposits,
    programme_of,
    read_log,
    write_csv,
)
from demo.world import Retailer, World, decimal_text, liqbon

GIFT_POINTS = 2_500
"""Alice's points at the first retailer."""


def collect(world: World) -> dict[str, list[Deposit]]:
    """Read the log, make wallets for its customers, and write the retailers' files."""
    stage = world.stage
    with stage.scene("Points from a real purchase log"):
        with LOG.open(encoding="utf-8") as lines:
            purchases = list(read_log(lines))
        dealt = deposits(purchases)
        customers = len({purchase.customer for purchase in purchases})
        stage.say(
            f"""{len(purchases):,} purchases of {customers} customers of an online music shop
            (CDNOW, 1997-98; demo/data says whence). One shop's log has to do for four: its
            customers are dealt out by number, and each retailer rewards them by its own rule, all
            about one percent. Nothing here is personal: customers are numbers."""
        )
        by_programme = {retailer.programme: retailer for retailer in world.retailers.values()}
        _tell_points(world, purchases, dealt)
        with ThreadPoolExecutor(max_workers=2) as threads:
            made = [
                threads.submit(_make_crowd, world, by_programme[code], customers_of(rows))
                for code, rows in dealt.items()
            ]
            crowds = [each.result() for each in made]
        for (code, rows), addresses in zip(dealt.items(), crowds, strict=True):
            write_csv(_file_of(world, by_programme[code].code), rows, addresses)
        stage.proven(
            f"""the {customers} customers' addresses hold nothing yet: {customers} proofs that there
            is no such account. (Four wallets of {customers // 4} accounts each stand for them.)"""
        )
    return {by_programme[code].code: rows for code, rows in dealt.items()}


def _tell_points(world: World, purchases: list[Purchase], dealt: dict[str, list[Deposit]]) -> None:
    rows = []
    for retailer in world.retailers.values():
        own = [p for p in purchases if programme_of(p.customer) == retailer.programme]
        deposited = dealt[retailer.programme]
        points = sum(deposit.points for deposit in deposited)
        worth = sum((retailer.worth(deposit.points) for deposit in deposited), Decimal(0))
        world.expected[retailer.code] = worth
        rows.append(
            [
                retailer.name,
                str(len({p.customer for p in own})),
                f"{len(own):,}",
                f"{sum(p.cents for p in own) / 100:,.2f}",
                f"{POINTS_PER_100_DOLLARS[retailer.programme]} {retailer.point}s",
                f"{points:,}",
                decimal_text(worth),
            ]
        )
    heads = ["retailer", "customers>", "purchases>", "dollars>", "for $100>", "points>", "LiqBon>"]
    world.stage.table(heads, rows)


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


def mint(world: World, dealt: dict[str, list[Deposit]]) -> None:
    """Import the files, one deposit by hand, and prove the totals."""
    stage = world.stage
    with stage.scene("Deposits become LiqBon, at the published rate"):
        started = time.monotonic()
        with ThreadPoolExecutor(max_workers=len(dealt)) as threads:
            running = {code: threads.submit(_import, world, code) for code in dealt}
            answers = {code: each.result() for code, each in running.items()}
        took_s = time.monotonic() - started
        count = sum(len(rows) for rows in dealt.values())
        _tell_imports(world, answers)
        stage.say(
            f"""All four at once: {count:,} deposits, each signed by its retailer, ordered, carried
            out and proven, in {took_s:.1f} s ({count / took_s:.0f} a second, start-up of the
            commands and every proof included)."""
        )
        code = next(iter(dealt))
        again = _import(world, code)
        expect(_minted(again) == 0, f"the same file minted again: {again.document}")
        stage.say(f"The same file of {world.retailers[code].name} again: nothing is minted twice.")
        _deposit_by_hand(world, code)
        _prove_totals(world)
        _prove_balances(world)


def _import(world: World, code: str) -> Answer:
    return world.partner(code, "import", _file_of(world, code), "--yes")


def _minted(answer: Answer) -> int:
    return int(answer.document["minted"])


def _tell_imports(world: World, answers: dict[str, Answer]) -> None:
    rows = []
    for code, answer in answers.items():
        retailer = world.retailers[code]
        rows.append([retailer.name, f"{_minted(answer):,}", f"{answer.took_s:.1f} s"])
    world.stage.table(["retailer", "deposits minted>", "took>"], rows)


def _deposit_by_hand(world: World, code: str) -> None:
    """One customer at one till."""
    retailer = world.retailers[code]
    answer = world.partner(
        code,
        "deposit",
        "--programme",
        retailer.programme,
        "--points",
        str(GIFT_POINTS),
        "--to",
        world.person("alice")["address"],
        "--reference",
        "till-7-receipt-0001",
        "--yes",
    )
    worth = retailer.worth(GIFT_POINTS)
    world.expected[code] += worth
    proof = answer.document["deposit"]["proof"]
    world.stage.say(
        f"""And one at the till: Alice hands in {GIFT_POINTS:,} {retailer.programme_name} points."""
    )
    world.stage.proven(
        f"""{decimal_text(worth)} LiqBon for Alice: final at height {proof["height"]}, attested by
        {proof["attested"]} of {proof["members"]}"""
    )


def _prove_totals(world: World) -> None:
    """Supply and positions at every node, by the second checker."""
    total = sum(world.expected.values(), Decimal(0))
    for node in world.network.nodes.values():
        supply = world.prove(node.partner, SUPPLY_KEY)
        expect(liqbon(supply.value[0]) == decimal_text(total), f"supply {supply.value}")
        for code, expected in world.expected.items():
            position = world.prove(node.partner, position_key(code))
            minted = liqbon(position.value[0])
            expect(minted == decimal_text(expected), f"{code} minted {minted}, not {expected}")
    world.stage.proven(
        f"""{decimal_text(total)} LiqBon exist, and each retailer minted what its points are worth,
        to the last digit: four entries and the supply, at each of the four nodes, checked with
        hashes and signatures alone by a program that shares no code with the nodes"""
    )


def _prove_balances(world: World) -> None:
    """What the customers hold, account by account."""
    total = crowd_total(world)
    minted = sum(world.expected.values(), Decimal(0))
    alice = Decimal(world.wallet("alice", "balance").document["total"])
    expect(total + alice == minted, f"customers hold {total + alice}, {minted} were minted")
    world.stage.proven(
        f"""the customers' wallets hold {decimal_text(total)} and Alice {decimal_text(alice)}: all
        of it, account by account"""
    )


def crowd_total(world: World) -> Decimal:
    """The sum of all the customers' balances, each with its proof."""
    with ThreadPoolExecutor(max_workers=2) as threads:
        answers = threads.map(
            lambda home: run("liqbon-wallet", "balance", "--home", home), world.crowds.values()
        )
        return sum((Decimal(answer.document["total"]) for answer in answers), Decimal(0))
