"""Chains on which partners act together: one that decides, one on which somebody does not pay, and
one whose members change from epoch to epoch.

Knows what happens on them; no auditor.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from primitives.actions import CastVote, ValidatorAnnounceKey
from primitives.amount import MICRO
from primitives.governance import (
    AssignCustodian,
    Measure,
    RemovePartner,
    SetCustodian,
    SetJudge,
    SetLimits,
    ShareObligation,
    SharePosition,
)
from primitives.membership import Role
from primitives.transaction import Decoded
from tests.builders import (
    DAY_MS,
    LIMITS,
    a_genesis,
    a_person,
    a_redeem,
    an_id,
    an_invoice,
)
from tests.fakes import council
from tests.fakes.chains import Chain, a_changing_chain, lasting
from tests.fakes.council import INGE

ALICE, SAFE, CLERK = (a_person(name) for name in ("alice", "the safe", "the new clerk"))
SHORT: Final = replace(LIMITS, credit=100 * MICRO, reserve=20 * MICRO, haircut=0)
OWED: Final = 30 * MICRO
"""North owes it to east; its reserve has 20, and a tenth of what south and west have stands for
it: 4 of 40."""
THREE: Final = ("east", "south", "west")


def decided(chain: Chain, measure: Measure, by: tuple[str, ...] = council.CODES[:3]) -> bytes:
    """The id of a measure that was proposed, passed and carried out; three blocks."""
    made = council.proposing(chain, measure, by[0])
    chain.block([made])
    chain.block(council.votes(chain, made.id, by))
    chain.block(after_ms=council.TIMELOCK_MS)
    return made.id


def a_council() -> tuple[Chain, list[bytes]]:
    """A newcomer is admitted, custodians change, one proposal is rejected after a change of mind,
    a role and a seat go to other keys, terms are published, south leaves; the proposals' ids."""
    chain = Chain()
    chain.block([chain.mint(INGE, 10_000, "r-1")])
    chain.block([council.applying(chain)])
    ids = [
        decided(chain, council.admission(chain)),
        decided(chain, SetCustodian("safe", "The Safe", SAFE.account, None), council.CODES),
        decided(chain, AssignCustodian("west", "safe")),
        decided(chain, SetJudge("safe"), council.CODES),
        decided(chain, SetLimits("inn", council.LIMITS)),
    ]
    charter = council.proposing(chain, council.CHARTER)
    chain.block([charter])
    ids.append(charter.id)
    for codes, approve in ((("east",), True), (("east", "south"), False)):
        chain.block(
            [chain.act(council.admin(code), CastVote(code, charter.id, approve)) for code in codes]
        )
    chain.block(
        [
            council.giving_role(chain, "north", Role.CASHIER, CLERK),
            council.announcing(chain, "east", lost=True),
            council.new_terms(chain, "north", an_id("terms 1")),
            council.leaving(chain, "south"),
        ]
    )
    return chain, ids


def announced(chain: Chain, code: str, key: str, *, lost: bool = True) -> Decoded:
    """The node of ``code`` will sign with the key of this name."""
    chain.seat(key)
    seat = council.a_seat(chain, code, key)
    return chain.act(council.admin(code), ValidatorAnnounceKey(code, seat, lost))


def generations() -> Chain:
    """Five epochs, each with other members than the one before.

    Epoch 0 ends as north lost its key. Between that being decided and the last height east lost
    its key, which ends epoch 1. In epoch 2 the inn is admitted, and in epoch 3 south leaves and
    west loses its key. Money moves in each.
    """
    chain = a_changing_chain()
    chain.block([chain.mint(INGE, 10_000, "r-1"), chain.mint(ALICE, 10_000, "r-2")])
    chain.block([announced(chain, "north", "north's second")])
    while chain.epoch.last is None:
        chain.block()
    chain.block([], [announced(chain, "east", "east's second")])
    chain.end_epoch()
    chain.block([], [chain.transfer(ALICE, (INGE, 1_000_000))])
    chain.end_epoch()
    chain.block([council.applying(chain)], [chain.transfer(ALICE, (INGE, 2_000_000))])
    chain.seat(f"consensus of {council.INN}")
    decided(chain, council.admission(chain))
    chain.end_epoch()
    chain.block([], [], [council.leaving(chain, "south")], [], [chain.transfer(ALICE, (INGE, 3))])
    chain.block([announced(chain, "west", "west's second")])
    chain.end_epoch()
    chain.block([], [], [], [chain.transfer(ALICE, (INGE, 4))])
    chain.block()
    return chain


def a_default() -> tuple[Chain, list[bytes]]:
    """North does not pay. Its reserve does, then the others'; it is removed, and they bear the
    rest of the obligation and a part of what it owes the pool; the proposals' ids."""
    long = replace(lasting(), reserve_lapse_ms=400 * DAY_MS, settlement_cycle_ms=100 * DAY_MS)
    chain = Chain(a_genesis(limits=SHORT, parameters=long))
    chain.block([chain.mint(ALICE, 3_000, "r-1")])
    invoice = an_invoice("east", OWED, expires=chain.now_ms + DAY_MS)
    chain.block([a_redeem(ALICE, invoice, **chain._fields(ALICE.account))])
    chain.block(after_ms=long.settlement_cycle_ms)
    for _ in range(2):
        chain.block(after_ms=long.payment_term_ms)
    ids = [
        decided(chain, RemovePartner("north"), THREE),
        decided(chain, ShareObligation(1, 0), THREE),
        decided(chain, SharePosition("north", MICRO), THREE),
    ]
    return chain, ids
