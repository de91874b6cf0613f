"""The networks that random histories begin with. Knows what makes things happen soon; no move.

Everything that can run out, or fall due, does so within a few dozen steps. Some of these networks
could not be founded (a lane has too little room for one transaction, say): the ledger does not ask.
"""

from __future__ import annotations

from functools import lru_cache

from msgspec.structs import replace

from primitives.amount import MAX_PER_DAY, MAX_SUPPLY, MICRO
from primitives.genesis import MAX_CUSTODIANS, Custodian, Genesis, Parameters, Rate
from primitives.membership import PartnerKind
from tests.builders import (
    BONUS,
    CODES,
    DAY_MS,
    GENESIS_TIME,
    LIMITS,
    PARAMETERS,
    a_genesis,
    a_role,
)
from tests.properties.cast import FOUNDERS


@lru_cache(maxsize=1)
def a_tight_genesis() -> Genesis:
    """Five founders: one poor, one that may owe without end, one that has no till."""
    limits = replace(
        LIMITS,
        credit=40 * MICRO,
        reserve=400 * MICRO,
        reserve_ceiling=600 * MICRO,
        claim_bound=90 * MICRO,
        mint_per_day=100 * MICRO,
        refund_per_day=20 * MICRO,
    )
    moved = [GENESIS_TIME + 2 * DAY_MS + 1, GENESIS_TIME + 4 * DAY_MS]
    rates = (BONUS.rates[0], Rate(moved[0], 20_001, 2), Rate(moved[1], 333, 7))
    later = replace(BONUS, code="later", rates=(Rate(moved[1], 10_000, 1),))
    par = replace(BONUS, code="par", rates=(Rate(0, 1, 1),))
    genesis = a_genesis(
        n=len(FOUNDERS),
        parameters=_hurried(PARAMETERS),
        limits=limits,
        programmes=[replace(BONUS, rates=rates), later, par],
    )
    poor, *others, west, maker = genesis.partners
    endless = replace(
        west.limits,
        credit=0,
        reserve=MAX_SUPPLY,
        haircut=0,
        mint_per_day=MAX_PER_DAY,
        reserve_ceiling=MAX_SUPPLY,
    )
    bare = replace(poor.limits, credit=200 * MICRO, reserve=30 * MICRO)
    founders = (
        replace(poor, limits=bare),
        *others,
        replace(west, limits=endless),
        replace(maker, kind=PartnerKind.MANUFACTURER),
    )
    return replace(genesis, partners=founders)


def _hurried(parameters: Parameters) -> Parameters:
    return replace(
        parameters,
        total_credit=700 * MICRO,
        entries_per_lane_and_day=36,
        reserve_lapse_ms=9 * DAY_MS,
        increase_delay_ms=2 * DAY_MS + 1,
        rate_notice_ms=3 * DAY_MS,
        settlement_cycle_ms=DAY_MS,
        payment_term_ms=DAY_MS // 2,
        confirmation_ms=DAY_MS // 4,
        dispute_ms=6 * DAY_MS,
        order_dispute_ms=DAY_MS,
        voting_ms=3 * DAY_MS,
        timelock_ms=2 * DAY_MS + 1,
        due_per_block=3,
    )


@lru_cache(maxsize=1)
def an_edge_genesis() -> Genesis:
    """Credit and reserves up to the last unit can be voted, and reserves stand for everything."""
    genesis = a_tight_genesis()
    roomy = replace(genesis.parameters, total_credit=MAX_SUPPLY, guarantee_share=10_000)
    return replace(genesis, parameters=roomy)


@lru_cache(maxsize=1)
def a_pair_genesis() -> Genesis:
    """Two founders, one that may owe nothing: who is left alone decides nothing about itself."""
    genesis = a_tight_genesis()
    poor, east, *_ = genesis.partners
    bare = replace(east, limits=replace(east.limits, credit=0, reserve=0, reserve_ceiling=0))
    strict = replace(genesis.parameters, guarantee_share=0)
    return replace(genesis, parameters=strict, partners=(poor, bare))


@lru_cache(maxsize=1)
def a_trio_genesis() -> Genesis:
    """Three founders: each is needed for what is not about one of them."""
    genesis = a_tight_genesis()
    parameters = replace(genesis.parameters, guarantee_share=300, due_per_block=64)
    return replace(genesis, parameters=parameters, partners=genesis.partners[:3])


GENESES = (a_tight_genesis, an_edge_genesis, a_tight_genesis, a_pair_genesis, a_trio_genesis)


@lru_cache(maxsize=1)
def a_full_genesis() -> Genesis:
    """As many partners and custodians as there may be."""
    genesis = a_genesis(n=100, parameters=_hurried(PARAMETERS), limits=LIMITS)
    more = range(MAX_CUSTODIANS - len(genesis.custodians))
    accounts = [a_role(f"trustee-{number}", "custodian").account for number in more]
    custodians = tuple(
        Custodian(f"trustee-{number}", "Trustee", account, CODES[0] if number == 0 else None)
        for number, account in enumerate(accounts)
    )
    parameters = replace(genesis.parameters, total_credit=100 * LIMITS.credit)
    return replace(genesis, parameters=parameters, custodians=(*genesis.custodians, *custodians))
