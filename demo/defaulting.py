"""Scene: a retailer does not pay. Its reserve, then everybody's, then a vote; and no customer.

Knows the order in which a debt is met ([LEDGER-31], [LEDGER-55], [LEDGER-73]). Nobody has to act in
time: a retailer that forgets is told apart from one that has nothing left by what pays for it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from demo import api
from demo.commands import expect, run
from demo.epochs import await_epoch
from demo.minting import balances
from demo.obligations import await_room, await_silence, settlement
from demo.proof import limits_key, partner_key, position_key
from demo.spending import invoice
from demo.voting import decide, needed
from demo.world import World, keystore, liqbon, number

DEFAULTER: Final = "care"
"""The programme of the retailer that stops paying."""
SELLER: Final = "pages"
"""The programme of the retailer that is owed."""
BUYERS: Final = "basket"
"""Whose customer spends there."""
PRICE: Final = "4"
ASSUMED: Final = 5
"""Where a position says what was shifted to a partner from others ([STATE-5])."""
STATUS, RUN_OFF, LEFT = 4, 2, 3
"""Where a partner's entry says how it stands, and what of it is no more taking part."""


def stop_paying(world: World) -> None:
    """The pharmacy takes its reserve home, as it may; then something is bought at the bookshop, so
    that the next cycle asks it for a share. What follows takes two payment terms by itself."""
    code = world.shops[DEFAULTER]
    limits = _limits(world, code)
    wish = ["--release", limits["reserve"], "--reserve", limits["reserve"]]
    wish += ["--attested", limits["attested"]]
    asked = ["reserve", "endorse", code, *wish, "--yes"]
    token = run("liqbon-partner", *asked, *keystore(world.reserve_holder)).document["token"]
    world.partner(code, "reserve", "release", token, "--yes")
    billed = invoice(world, "a stranger", world.shops[SELLER], PRICE)
    await_room(world)
    _redeem(world, billed)
    world.unpaid_cycle = int(settlement(world)["cycle"])


def default(world: World) -> None:
    """See who paid what for whom; then the others remove the defaulter and bear what it owes."""
    stage, code = world.stage, world.shops[DEFAULTER]
    with stage.scene("A retailer stops paying"):
        held = balances(world)
        await_silence(world)
        owed = _obligations(world)
        _tell(world, owed)
        limits = world.prove(world.shops[SELLER], limits_key(code)).value
        expect(limits[-1] is not None, f"nobody paid for {code}: {limits}")
        refused = world.partner(code, *_a_deposit(world), expect=(5,)).document["error"]
        expect(refused["code"] == "minting_suspended", f"{refused}")
        others = [each for each in world.retailers if each != code]
        decide(world, others, "remove", code)
        rest = _limits(world, code)["position"]["expected"]
        before = _assumed(world)
        decide(world, others, "share-position", code, rest)
        _tell_shares(world, before, _assumed(world), rest)
        status = world.prove(world.shops[SELLER], partner_key(code)).value[STATUS]
        expect(status in (RUN_OFF, LEFT), f"{code} still takes part")
        await_epoch(world, 2, others)
        expect(balances(world) == held, "a customer's balance changed")
        stage.proven(
            f"""{world.name(code)} owes nothing any more, is out, and validates no more; its
            customers' LiqBon are spent at the others, and not one of {len(held):,} balances
            changed"""
        )


def _limits(world: World, code: str) -> dict[str, Any]:
    """What the retailer may owe and owes, as its own command proves it."""
    words = ["limits", "show", "--home", world.keys(code)["home"], *world.asking(code)]
    shown: dict[str, Any] = run("liqbon-partner", *words).document["limits"]
    return shown


def _redeem(world: World, uri: str) -> None:
    """The richest of a hundred customers pays."""
    home = world.crowds[world.shops[BUYERS]]
    accounts = run("liqbon-wallet", "balance", "--home", home).document["accounts"]
    richest = max(accounts, key=lambda account: Decimal(account["balance"]))
    expect(Decimal(richest["balance"]) > Decimal(PRICE), f"nobody has enough: {richest}")
    words = ["redeem", uri, "--home", str(home), "--account", str(richest["account"]), "--yes"]
    words += ["--passphrase-file", str(world.person("alice")["passphrase_file"])]
    run("liqbon-wallet", *words, *world.asking(world.shops[SELLER]))


def _obligations(world: World) -> list[dict[str, Any]]:
    """All of the cycle that nobody paid, settled by now; ``units``, and by what they were paid."""
    url = world.url(world.shops[SELLER])
    asked = f"/obligations?cycle={world.unpaid_cycle}&limit=100"
    items: list[dict[str, Any]] = api.get(url, asked)["items"]
    code = world.shops[DEFAULTER]
    expect(code in [each["debtor"] for each in items], f"{code} owes nothing: {items}")
    return items


def _tell(world: World, owed: list[dict[str, Any]]) -> None:
    code, term_s = world.shops[DEFAULTER], world.parameters["payment_term_ms"] // 1000
    world.stage.say(
        f"""{world.name(code)} has taken its reserve home. Somebody spends {PRICE} LiqBon at
        {world.name(world.shops[SELLER])}; the cycle asks each debtor for a share. Nobody pays."""
    )
    rows = [
        [
            world.name(each["debtor"]),
            world.name(each["creditor"]),
            each["amount"],
            f"the others' reserves, after {2 * term_s} s"
            if each["debtor"] == code
            else f"its own reserve, after {term_s} s",
        ]
        for each in owed
    ]
    world.stage.table(["owes", "to", "LiqBon>", "paid by"], rows)


def _a_deposit(world: World) -> list[str]:
    """What the defaulter would mint."""
    to = world.person("alice")["address"]
    words = ["deposit", "--programme", DEFAULTER, "--points", "100", "--to", to]
    return [*words, "--reference", "after the default", "--yes"]


def _assumed(world: World) -> dict[str, int]:
    asked = world.shops[SELLER]
    return {c: world.prove(asked, position_key(c)).value[ASSUMED] for c in world.retailers}


def _tell_shares(world: World, before: dict[str, int], after: dict[str, int], rest: str) -> None:
    """Who bears how much, to the unit."""
    code = world.shops[DEFAULTER]
    borne = {each: after[each] - before[each] for each in world.retailers}
    expect(sum(borne.values()) == 0, f"{borne}")
    expect(liqbon(-borne[code]) == liqbon(int(Decimal(rest).scaleb(6))), f"{borne}, not {rest}")
    shares = [
        f"{world.name(each)} {liqbon(units)}" for each, units in borne.items() if each != code
    ]
    world.stage.say(
        f"""It mints nothing meanwhile: minting_suspended. {number(needed(len(shares))).title()} of
        the {number(len(shares))} others vote it out, and all bear what it still owes, {rest}
        LiqBon, in proportion to their limits: {", ".join(shares[:-1])} and {shares[-1]}."""
    )
