"""After the story: commands that a person may type while the network stays up."""

from __future__ import annotations

from pathlib import Path

from demo.commands import find
from demo.world import World

PRICE = "3"
POINTS = 500


def invite(world: World) -> None:
    """What a person can type in another terminal; paths are told from the network's folder."""
    stage = world.stage
    stage.line()
    stage.say("The network stays up until you press Ctrl-C. In another terminal:")
    stage.line()
    stage.command(f"export PATH={find('liqbon-wallet').parent}:$PATH")
    stage.command(f"cd {Path(world.network.document['genesis']).parent}")
    for title, commands in (
        ("A customer:", _customer(world)),
        ("People among themselves; Dora judges if they disagree:", _people(world)),
        ("A shop, and its customer at the till:", _shop(world)),
        ("What the shops owe one another, as the custodian of payments sees it:", _settlement()),
        ("An auditor:", _auditor(world)),
    ):
        stage.say(title)
        for command in commands:
            stage.command(command)
    stage.line()


def _keys(home: str) -> str:
    return f"--home {home} --passphrase-file passphrase"


def _customer(world: World) -> list[str]:
    boris = world.person("boris")["address"]
    return [
        "liqbon-wallet balance --home wallets/alice",
        f"liqbon-wallet send {boris} 1.25 {_keys('wallets/alice')}",
        "liqbon-wallet history --verify --home wallets/alice",
    ]


def _people(world: World) -> list[str]:
    dora = world.person("dora")["address"]
    terms = f"--price {PRICE} --arbiter {dora} --ship-within 7d"
    return [
        f"liqbon-wallet like {world.content} 0.25 {_keys('wallets/boris')}",
        f"liqbon-wallet content show {world.content} --no-qr --home wallets/cleo",
        f"liqbon-wallet order offer {terms} --no-qr {_keys('wallets/alice')} | tee offer.txt",
        f"liqbon-wallet order buy offer.txt {_keys('wallets/boris')}",
        f"liqbon-wallet order show {world.orders[-1]} --home wallets/boris",
    ]


def _shop(world: World) -> list[str]:
    first, books = world.shops["basket"], world.shops["pages"]
    boris = world.person("boris")["address"]
    counter = f"{_keys(f'partners/{first}')} --node {world.url(first)}"
    till = f"{_keys(f'partners/{books}')} --node {world.url(books)}"
    handed = f"--points {POINTS} --to {boris} --reference my-first-deposit"
    shown = "$(grep -o 'liqbon:invoice/.*' invoice.txt)"
    return [
        f"liqbon-partner deposit --programme basket {handed} {counter}",
        f"liqbon-partner invoice {PRICE} --qr {till} | tee invoice.txt",
        f'liqbon-wallet redeem "{shown}" {_keys("wallets/boris")}',
        f"liqbon-partner invoices --home partners/{books} --node {world.url(books)}",
    ]


def _settlement() -> list[str]:
    return ["liqbon-partner settle list --all --home custodians/tollhouse"]


def _auditor(world: World) -> list[str]:
    url = next(iter(world.network.nodes.values())).url
    return [
        f"liqbon-audit verify --genesis genesis.json --node {url} --home auditor",
        "liqbon-audit reserves --home auditor",
        f"liqbon-audit settlement {world.denied['cycle']} --home auditor",
        f"liqbon-audit export chain.sqlite --format sqlite --node {url} --home auditor",
    ]
