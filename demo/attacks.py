"""Sixth scene: seven ways to cheat, each with real keys, each refused for its own reason."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64decode
from decimal import Decimal
from typing import Any, Final

import msgspec

from demo import api, rogue
from demo.commands import expect
from demo.liar import Lie, lying
from demo.proof import SUPPLY_KEY, position_key
from demo.world import World, decimal_text

PROOF_INVALID: Final = 9
"""Exit status of a wallet that could prove nothing because it was lied to."""
UNUSED_CHANNEL: Final = 255
TOO_MANY_POINTS: Final = 96_000_000
"""Points of the groceries that nobody handed in: 960,000 LiqBon, and the limit is 950,000."""


def attack(world: World) -> None:
    """Everything that a partner, a validator, a rival or a pair of liars might try."""
    stage = world.stage
    with stage.scene("Seven ways to cheat"):
        before = _wealth(world)
        rows = [
            ["a retailer mints past its limit", *_past_the_limit(world)],
            ["it mints a deposit a second time", *_deposit_again(world)],
            ["a rival signs another's invoice", *_rivals_invoice(world)],
            ["a validator moves Alice's LiqBon", *_without_signature(world)],
            ["a rival sends Alice's payment again", *_payment_again(world)],
            ["two nodes rewrite Alice's account", *_two_liars(world)],
            ["a creditor denies a payment", "the custodian", "settled, as above"],
        ]
        stage.table(["attack", "refused by", "because"], rows)
        expect(_wealth(world) == before, "somebody gained something")
        stage.proven("all balances, the supply and every position are what they were before")


def _wealth(world: World) -> tuple[Any, ...]:
    """Supply, positions and the two customers' balances, proven by several nodes."""
    codes = list(world.retailers)
    supply = world.prove(codes[0], SUPPLY_KEY).value
    positions = [world.prove(codes[1], position_key(code)).value for code in codes]
    return supply, positions, world.held_by("alice"), world.held_by("boris")


def _refused(world: World, code: str, raw: bytes, expected: str) -> list[str]:
    """Who refuses a transaction that a thief hands to a node, and why."""
    reply = rogue.submit(world.url(code), raw)
    expect(reply.code == expected, f"{expected} was expected, {reply} came")
    return ["every node", reply.code]


def _mint(world: World, issuer: rogue.Key, fields: list[Any]) -> bytes:
    """Over a channel of the issuer's that it never used: its first sequence is free."""
    return issuer.sign(world.pinned.chain, [rogue.MINT, *fields], channel=UNUSED_CHANNEL)


def _past_the_limit(world: World) -> list[str]:
    code = world.shops["basket"]
    issuer = world.key_of(code, "issuer")
    units = TOO_MANY_POINTS * 10_000
    mark = rogue.digest("commitment", b"points that nobody handed in")
    fields = [code, "basket", TOO_MANY_POINTS, units, mark, issuer.account]
    raw = _mint(world, issuer, fields)
    return _refused(world, world.shops["miles"], raw, "limit_exceeded")


def _deposit_again(world: World) -> list[str]:
    """Alice's deposit once more, for the thief's own account."""
    code = world.shops["basket"]
    issuer = world.key_of(code, "issuer")
    first = api.get(world.url(code), f"/transactions/{world.deposits['alice']}")["action"]
    points, mark = int(first["points"]), bytes.fromhex(first["commitment"])
    fields = [code, "basket", points, points * 10_000, mark, issuer.account]
    return _refused(world, code, _mint(world, issuer, fields), "commitment_used")


def _rivals_invoice(world: World) -> list[str]:
    """The airline's cashier signs an invoice in the bookshop's name, to use up its id."""
    rival, victim = world.shops["miles"], world.shops["pages"]
    cashier = world.key_of(rival, "cashier")
    _, encoded = world.invoices["boris"].split("invoice/")
    request = msgspec.msgpack.decode(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    invoice = next(part for part in request if isinstance(part, list) and part[0] == victim)
    invoice[3] = rogue.digest("commitment", b"an id that a rival saw")
    chain = world.pinned.chain
    endorsement = cashier.endorse("sign/invoice", chain, invoice)
    raw = cashier.sign(chain, [rogue.REDEEM, invoice, endorsement], channel=UNUSED_CHANNEL)
    return _refused(world, victim, raw, "not_cashier")


def _without_signature(world: World) -> list[str]:
    """A transfer out of Alice's account, signed by a key that the validator has: not by hers."""
    thief = world.key_of(world.shops["care"], "admin")
    paid = api.get(world.url(world.shops["care"]), f"/transactions/{world.payment}")
    [unsigned, policy, _] = msgspec.msgpack.decode(b64decode(paid["raw"]))
    action = [rogue.TRANSFER, [[thief.account, 1_000_000]]]
    slot = rogue.Slot(unsigned[2], 0, unsigned[4] + 1)
    raw = thief.sign_for(slot, policy, world.pinned.chain, action)
    return _refused(world, world.shops["care"], raw, "signature_invalid")


def _payment_again(world: World) -> list[str]:
    """The very bytes of a payment that was made, sent through a competitor's lane."""
    paid = api.get(world.url(world.shops["care"]), f"/transactions/{world.payment}")
    reply = rogue.submit(world.url(world.shops["miles"]), b64decode(paid["raw"]))
    expect(reply.status in (200, 409), f"a payment was taken twice: {reply}")
    return ["every node", "known: it was made once"]


def _two_liars(world: World) -> list[str]:
    """Two nodes of four agree on a richer Alice, hashes and all; her wallet asks a third too."""
    one, two, honest, *_ = world.network.nodes.values()
    truth = Decimal(world.wallet("alice", "balance", "--node", honest.url).document["total"])
    with lying(one.url) as first, lying(two.url) as second:
        first.lie = second.lie = Lie.PROOF
        liars = ["--node", first.url, "--node", second.url]
        alone = world.wallet("alice", "balance", *liars, expect=(PROOF_INVALID,))
        expect("error" in alone.document, f"a lie was believed: {alone.document}")
        both = world.wallet("alice", "balance", *liars, "--node", honest.url).document
        named = {blame["node"] for blame in both["blames"] if blame["lie"]}
        found = Decimal(both["total"])
        expect(found == truth, f"{found} was believed, {truth} is true")
        expect(bool(named) and named <= {first.url, second.url}, f"blamed: {both['blames']}")
    return ["her wallet", f"proof_invalid; it shows {decimal_text(truth)}"]
