"""Attacks by a rival whose node a customer or a shop happens to use. Knows what it overhears.

Every node reads what it is handed, so a dishonest one knows a deposit's mark, an invoice's id and a
payment before they count. Here it acts on them first, and passes them on afterwards.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from decimal import Decimal
from typing import Any, Final

from demo import api, rogue
from demo.commands import expect
from demo.liar import lying
from demo.minting import deposit
from demo.spending import invoice, redeem
from demo.world import World

POINTS: Final = 500
"""What the shop deposits through the rival's node: 5 LiqBon."""
COPIED: Final = 400
"""Points of its own for which the rival copies the mark: 1 LiqBon."""
PRICE: Final = "6"
"""What Boris pays at a shop through the rival's node."""
PENNY: Final = 1
"""Units that the rival redeems on the same invoice's id."""
PAYMENT: Final = "0.5"
"""What Alice pays Boris through the rival's node."""


def use_up_deposit(world: World) -> list[str]:
    """The rival mints on the very mark of a shop's deposit first: in the shop's name, and its own.

    Marks stand under the partner's name ([LEDGER-12]): its copy uses up a mark of its own, for
    which it owes, and the shop's deposit counts.
    """
    victim, rival = world.shops["basket"], world.shops["miles"]
    issuer = world.key_of(rival, "issuer")
    codes: list[str] = []

    def mint_first(body: bytes) -> None:
        node.on_submission = None
        fields = rogue.action_of(body)[1:]
        own = [rival, "miles", COPIED, world.retailers[rival].units(COPIED), *fields[4:]]
        forged = issuer.sign(world.pinned.chain, [rogue.MINT, *fields])
        codes.extend(world.answers_to(forged))
        copied = issuer.sign(world.pinned.chain, [rogue.MINT, *own])
        codes.append(rogue.submit(world.url(rival), copied).code)

    with lying(world.url(rival)) as node:
        node.on_submission = mint_first
        deposit(world, victim, "boris", POINTS, node.url)
    world.expected[rival] += world.retailers[rival].worth(COPIED)
    expect(codes == ["not_issuer"] * len(world.network.nodes) + ["final"], f"{codes}")
    return ["every node", "not_issuer; the shop's deposit counts"]


def use_up_invoice(world: World) -> list[str]:
    """The rival redeems a penny on the very id of a shop's invoice before the customer does."""
    victim, rival = world.shops["care"], world.shops["miles"]
    cashier, chain = world.key_of(rival, "cashier"), world.pinned.chain
    codes: list[str] = []

    def redeem_first(body: bytes) -> None:
        node.on_submission = None
        copied = list(rogue.action_of(body)[1])
        copied[1] = PENNY
        endorsed = cashier.endorse("sign/invoice", chain, copied)
        raw = cashier.sign(chain, [rogue.REDEEM, copied, endorsed])
        codes.extend(world.answers_to(raw))

    asked = invoice(world, "boris", victim, PRICE)
    with lying(world.url(rival)) as node:
        node.on_submission = redeem_first
        redeem(world, "boris", asked, "--node", node.url)
    expect(codes == ["not_cashier"] * len(world.network.nodes), f"{codes}")
    return ["every node", "not_cashier; the purchase counts"]


def left_with_boris(world: World) -> Decimal:
    """What is left to him of both deposits after his purchase: all of which counted."""
    deposited = world.retailers[world.shops["basket"]].worth(POINTS)
    copied = world.retailers[world.shops["miles"]].worth(COPIED)
    return deposited + copied - Decimal(PRICE)


def repeat_payment(world: World) -> list[str]:
    """The rival puts Alice's payment into every lane at once, its own among them."""
    rival = world.shops["miles"]
    before = world.held_by("boris")
    copies: list[Future[rogue.Reply]] = []
    boris = world.person("boris")["address"]
    with ThreadPoolExecutor(max_workers=len(world.network.nodes)) as threads:

        def repeat(body: bytes) -> None:
            node.on_submission = None
            raw = rogue.handed_in(body)
            others = world.nodes(rival)[1:]
            copies.extend(threads.submit(rogue.submit, each.url, raw) for each in others)

        with lying(world.url(rival)) as node:
            node.on_submission = repeat
            sent = world.wallet("alice", "send", boris, PAYMENT, "--node", node.url).document
    statuses = {copy.result().status for copy in copies}
    expect(len(copies) == len(world.network.nodes) - 1, f"{len(copies)} copies were sent")
    expect(statuses <= {200, 202, 409}, f"copies were answered {statuses}")
    paid = world.held_by("boris") - before
    expect(paid == Decimal(PAYMENT), f"{PAYMENT} was paid, and {paid} arrived")
    lanes = _lanes(world, sent)
    return ["the ledger", f"ordered in {lanes} lane{'s' * (lanes > 1)}, paid once"]


def _lanes(world: World, sent: dict[str, Any]) -> int:
    """In how many members' lanes a transaction was ordered, as any node shows."""
    url = world.url(world.shops["basket"])
    head = int(api.get(url, "/status")["certified_height"])
    lanes = set()
    for height in range(int(sent["proof"]["height"]), head + 1):
        for batch in api.get(url, f"/blocks/{height}")["batches"]:
            ids = api.get(url, f"/batches/{batch['digest']}")["transactions"]
            lanes |= {batch["lane"]} if sent["transaction"] in ids else set()
    return len(lanes)
