"""Scene: seven ways to cheat, each with real keys, each refused for its own reason."""

from __future__ import annotations

from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import Any, Final

import msgspec

from demo import api, rogue
from demo.commands import expect
from demo.forgery import Forger, rewritten_account
from demo.liar import lying
from demo.rivals import (
    PAYMENT,
    left_with_boris,
    repeat_payment,
    use_up_deposit,
    use_up_invoice,
)
from demo.world import World

NOT_PROVEN: Final = 9
"""Exit status of a wallet that could prove nothing because it was lied to."""
TOO_MANY_POINTS: Final = 96_000_000
"""Points of the groceries that nobody handed in: 960,000 LiqBon, and the limit is 950,000."""


def attack(world: World) -> None:
    """Everything that a partner, a validator, a rival or a pair of liars might try."""
    stage = world.stage
    with stage.scene("Seven ways to cheat, tried with real keys"):
        before = world.supply(world.shops["pages"])
        alice, boris = world.held_by("alice"), world.held_by("boris")
        with ThreadPoolExecutor(max_workers=1) as beside:
            deposit = beside.submit(use_up_deposit, world)
            invoice = beside.submit(use_up_invoice, world)
            rows = [
                ["1", "a shop mints past its limit", *_past_the_limit(world)],
                ["2", "a shop replays a deposit", *_deposit_again(world)],
                ["4", "a validator moves Alice's balance", *_without_signature(world)],
                ["5", "two nodes rewrite Alice's history", *_two_liars(world)],
                ["6", "a creditor denies a payment", *_denied_again(world)],
            ]
            rows.insert(2, ["3", "a rival uses up a shop's deposit", *deposit.result()])
            rows.insert(3, ["", "or its invoice", *invoice.result()])
        rows.append(["7", "a rival replays Alice's payment", *repeat_payment(world)])
        stage.table(["", "attack", "refused by", "reason"], rows)
        paid, rest = Decimal(PAYMENT), left_with_boris(world)
        expect(world.held_by("alice") == alice - paid, "Alice paid something else")
        expect(world.held_by("boris") == boris + rest + paid, "Boris has something else")
        supply = world.supply(world.shops["pages"])
        expect(supply == before + rest, "LiqBon came from nowhere, or went there")
        stage.proven("supply, Alice's and Boris's balances are right to the last unit")


def _refused(world: World, raw: bytes, expected: str) -> list[str]:
    """Every node refuses a transaction that a thief hands in, and for this reason."""
    codes = world.answers_to(raw)
    expect(set(codes) == {expected}, f"{expected} was expected, the nodes say {codes}")
    return ["every node", expected]


def _past_the_limit(world: World) -> list[str]:
    code = world.shops["basket"]
    issuer = world.key_of(code, "issuer")
    units = world.retailers[code].units(TOO_MANY_POINTS)
    mark = rogue.digest("commitment", b"points that nobody handed in")
    fields = [code, "basket", TOO_MANY_POINTS, units, mark, issuer.account]
    raw = issuer.sign(world.pinned.chain, [rogue.MINT, *fields])
    return _refused(world, raw, "limit_exceeded")


def _deposit_again(world: World) -> list[str]:
    """Alice's deposit once more, for the thief's own account."""
    code = world.shops["basket"]
    issuer = world.key_of(code, "issuer")
    first = rogue.action_of(_raw(world, world.deposits["alice"]))
    raw = issuer.sign(world.pinned.chain, [*first[:6], issuer.account])
    return _refused(world, raw, "commitment_used")


def _without_signature(world: World) -> list[str]:
    """All that Alice has, out of her account, signed by a validator's key: under her policy, and
    under its own."""
    thief = world.validator_of(world.shops["care"])
    [paid, policy, _] = msgspec.msgpack.decode(_raw(world, world.payment))
    address = world.person("alice")["address"]
    account = api.get(world.url(world.shops["care"]), f"/accounts/{address}")
    units = int(Decimal(account["balance"]).scaleb(6))
    slot = rogue.Slot(paid[2], 0, int(account["sequence"]))
    action = [rogue.TRANSFER, [[thief.account, units]]]
    own = thief.sign_for(slot, thief.policy, world.pinned.chain, action)
    _refused(world, own, "sender_mismatch")
    hers = thief.sign_for(slot, policy, world.pinned.chain, action)
    return _refused(world, hers, "signature_invalid")


def _raw(world: World, transaction: str) -> bytes:
    """The bytes of a transaction, as any node shows them."""
    shown = api.get(world.url(world.shops["care"]), f"/transactions/{transaction}")
    return b64decode(shown["raw"])


def _two_liars(world: World) -> list[str]:
    """Two nodes of four show a richer Alice: hashes to match, and both sign it with their keys."""
    one, two, honest, *_ = world.network.nodes.values()
    places = {name: place for place, (name, _) in enumerate(world.pinned.newest.members)}
    forgers = [Forger(places[n.partner], world.validator_of(n.partner)) for n in (one, two)]
    truth = world.held_by("alice", honest.url)
    with lying(one.url) as first, lying(two.url) as second:
        first.on_account = second.on_account = partial(rewritten_account, forgers=forgers)
        liars = ["--node", first.url, "--node", second.url]
        alone = world.wallet("alice", "balance", *liars, expect=(NOT_PROVEN,)).document
        expect("error" in alone, f"a lie was believed: {alone}")
        asked = world.wallet("alice", "balance", *liars, "--node", honest.url).document
        named = {blame["node"]: blame["code"] for blame in asked["blames"] if blame["lie"]}
        expect(named == dict.fromkeys((first.url, second.url), "certificate_quorum"), f"{named}")
    expect(Decimal(asked["total"]) == truth, f"{asked['total']} was shown, {truth} is true")
    return ["her wallet", "certificate_quorum; both are named"]


def _denied_again(world: World) -> list[str]:
    """The custodian's statement settled it above; the creditor denies it once more."""
    denied: dict[str, Any] = world.denied
    admin = world.key_of(denied["creditor"], "admin")
    fields = [rogue.DISPUTE, denied["cycle"], denied["place"]]
    _refused(world, admin.sign(world.pinned.chain, fields), "payment_not_claimed")
    return ["the custodian", "payment_not_claimed: it is settled"]
