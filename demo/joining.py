"""Scene: a fifth retailer joins while the network runs, and validates; another changes its key.

Knows the commands and files of whoever runs a node, and who has to say what before it validates;
what is proven of it, and by whom, is ``demo.proof``'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from demo import api
from demo.commands import Unexpected, expect, run
from demo.epochs import await_epoch
from demo.network import Ports
from demo.proof import SUPPLY_KEY, Proven
from demo.voting import decide, needed
from demo.world import Retailer, World, number

CODE: Final = "marlpit"
NAME: Final = "Marlpit Bakery"
RESERVES: Final = "quayside"
"""Who is to hold its reserve, once it has one."""
CREDIT, CLAIM_BOUND = "1000", "1000"
"""What the others let it owe, and come to be owed."""
ADMIN: Final = 2
"""The account of a retailer's keystore that speaks for it."""
FIRST: Final = "1"
"""What Alice sends to it: who owns nothing has no account from which to apply."""
PAYMENT: Final = "0.25"
ATTEMPTS: Final = 10
"""Payments until a quorum that the newcomer belongs to was the first to be complete."""
ROTATED: Final = "pages"
"""The programme of the retailer that changes its consensus key."""
USUAL: Final = Ports(7600, 7601, 7602)
"""What a new home's settings name."""
TIMEOUT_S: Final = 30.0


def join(world: World) -> None:
    """An observer, an application, a vote, a handover; then what the newcomer signs."""
    stage, founders = world.stage, list(world.network.nodes)
    rotated = world.shops[ROTATED]
    with stage.scene("A fifth retailer joins, and validates"):
        token = _prepare(world)
        _expect_observer(world)
        old_keys = _key_files(world, rotated)
        with ThreadPoolExecutor(max_workers=1) as beside:
            announced = beside.submit(_rotate, world, rotated, founders)
            admin = _apply(world, token)
            announced.result()
        before = world.pinned.newest
        decide(world, founders, "admit", admin, "--credit", CREDIT, "--claim-bound", CLAIM_BOUND)
        world.retailers[CODE] = Retailer(CODE, NAME, "", "", "", 0, 1)
        world.expected[CODE] = Decimal(0)
        epoch = await_epoch(world, before.number + 1, [*founders, CODE])
        _expect_rotated(world, rotated, old_keys)
        proven = _signed_by_newcomer(world)
        stage.say(
            f"""{NAME} starts a node: an observer, which follows the books and signs nothing. It
            applies; {number(needed(len(founders)))} of the {number(len(founders))} retailers
            approve. Meanwhile {world.name(rotated)} announces another consensus key. Both count
            from the same height on, and no node stops for it: the old validators sign up to height
            {epoch.after}, the new ones from the next on."""
        )
        stage.proven(
            f"""height {proven.height} is signed by {len(proven.signers)} of {proven.members},
            {NAME} among them, by keys that a quorum of the {number(len(before.members))} before
            named; its node took in and ordered a payment of Alice's; the old key of
            {world.name(rotated)} is destroyed"""
        )


# --- the newcomer's own part ----------------------------------------------------------------------


def _prepare(world: World) -> str:
    """Its keystore and its node, at once; the word of its consensus key."""
    with ThreadPoolExecutor(max_workers=1) as beside:
        keys = beside.submit(_make_keystore, world)
        home = _start_node(world)
        passphrase = world.person("alice")["passphrase_file"]
        seat = run("liqbon-node", "keys", "seat", CODE, "--home", home, *_opening(passphrase))
        world.network.document["partners"].append(keys.result())
    token: str = seat.document["token"]
    return token


def _make_keystore(world: World) -> dict[str, Any]:
    """Accounts for its three roles, as the network's document has the others'."""
    passphrase = world.person("alice")["passphrase_file"]
    home = Path(world.keys(world.shops[ROTATED])["home"]).with_name(CODE)
    words = world.directory / f"{CODE}.words"
    asked = ["--genesis", world.network.document["genesis"], "--mnemonic-file", str(words)]
    asked += [*_opening(passphrase), *world.asking(world.shops[ROTATED])]
    run("liqbon-wallet", "new", "--home", world.directory / CODE, *asked)
    run("liqbon-wallet", "restore", "--home", home, "--accounts", str(ADMIN + 1), *asked)
    return {"code": CODE, "home": str(home), "passphrase_file": passphrase}


def _start_node(world: World) -> Path:
    """A home as any retailer makes it, told where it listens and where the others do."""
    network = world.network
    home = network.nodes[world.shops[ROTATED]].home.with_name(CODE)
    genesis, passphrase = network.document["genesis"], world.person("alice")["passphrase_file"]
    run("liqbon-node", "init", "--home", home, "--genesis", genesis, *_opening(passphrase))
    file = home / "config.toml"
    peers = {code: network.peer(code) for code in network.nodes}
    settings = placed(file.read_text(encoding="utf-8"), network.ports(CODE), peers)
    file.write_text(settings, encoding="utf-8")
    network.add(CODE, home)
    return home


def placed(settings: str, ports: Ports, peers: Mapping[str, str]) -> str:
    """A new home's settings, on loopback, with these ports and the others' addresses."""
    settings = settings.replace('"0.0.0.0"', '"127.0.0.1"')
    for usual, port in zip(USUAL, ports, strict=True):
        settings = settings.replace(f"port = {usual}\n", f"port = {port}\n")
    return settings + "".join(f'{code} = "{peer}"\n' for code, peer in peers.items())


def _expect_observer(world: World) -> None:
    """Its node has no seat, and holds what a founder's node holds."""
    founder = world.url(world.shops[ROTATED])
    height = int(api.get(founder, "/status")["certified_height"])

    def look() -> bool:
        status = api.get(world.url(CODE), "/status")
        expect((status["partner"], status["index"]) == (None, None), f"it sits: {status}")
        return bool(status["ready"] and int(status["certified_height"]) >= height)

    api.until("an observer has what the others have", look, TIMEOUT_S)
    own, other = (api.get(u, f"/blocks/{height}")["block"] for u in (world.url(CODE), founder))
    expect(own["state_root"] == other["state_root"], f"another state at height {height}")


def _apply(world: World, token: str) -> str:
    """Its application, from an account that somebody opened for it; that account's address."""
    keys = world.keys(CODE)
    shown = run("liqbon-wallet", "balance", "--home", keys["home"]).document["accounts"]
    admin: str = next(each["address"] for each in shown if each["account"] == ADMIN)
    world.newcomers.append({**keys, "name": CODE, "address": admin})
    world.wallet("alice", "send", admin, FIRST)
    words = ["apply", token, "--name", NAME, "--currency", "EUR", "--kind", "shop"]
    world.partner(CODE, *words, "--custodian", RESERVES, "--yes")
    return admin


# --- the others' part -----------------------------------------------------------------------------


def _rotate(world: World, code: str, founders: list[str]) -> None:
    """Another consensus key for a founder, announced; and the newcomer's address, for all."""
    home = world.network.nodes[code].home
    passphrase = world.keys(code)["passphrase_file"]
    made = run("liqbon-node", "keys", "rotate", code, "--home", home, *_opening(passphrase))
    for each in founders:
        with (world.network.nodes[each].home / "config.toml").open("a", encoding="utf-8") as file:
            file.write(f'{CODE} = "{world.network.peer(CODE)}"\n')
        world.network.reload(each)
    world.partner(code, "keys", "seat", made.document["token"], "--yes")


def _key_files(world: World, code: str) -> set[str]:
    return {file.name for file in (world.network.nodes[code].home / "keys").iterdir()}


def _expect_rotated(world: World, code: str, old: set[str]) -> None:
    """Of two keys the node has kept the new one."""

    def look() -> bool:
        now = _key_files(world, code)
        return len(now) == 1 and not now & old

    api.until(f"{code} destroys its old key", look, TIMEOUT_S)


# --- what it does as a validator ------------------------------------------------------------------


def _signed_by_newcomer(world: World) -> Proven:
    """Payments that its node takes in, until it shows an entry that it attested itself."""
    boris = world.person("boris")["address"]
    for _ in range(ATTEMPTS):
        sent = world.wallet("alice", "send", boris, PAYMENT, "--node", world.url(CODE)).document
        _expect_in_its_lane(world, sent["transaction"], int(sent["proof"]["height"]))
        proven = world.prove(CODE, SUPPLY_KEY)
        expect(proven.epoch == world.pinned.newest.number, f"attested in epoch {proven.epoch}")
        if CODE in proven.signers:
            return proven
    raise Unexpected(f"{CODE} signed none of {ATTEMPTS} heights")


def _expect_in_its_lane(world: World, transaction: str, height: int) -> None:
    """It was ordered in a batch that the newcomer sealed, another node says."""
    url = world.url(world.shops[ROTATED])
    what = f"{transaction} is in {CODE}'s lane at height {height}"
    batches = api.until(what, lambda: api.get(url, f"/blocks/{height}")["batches"], TIMEOUT_S)
    own = [each["digest"] for each in batches if each["partner"] == CODE]
    ids = [id_ for digest in own for id_ in api.get(url, f"/batches/{digest}")["transactions"]]
    expect(transaction in ids, f"not so: {what}")


def _opening(passphrase_file: str) -> list[str]:
    return ["--passphrase-file", passphrase_file]
