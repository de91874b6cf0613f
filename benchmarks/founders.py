"""A network of the benchmark's own, for measuring without processes. Knows a genesis; no node."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from benchmarks.population import Holder, holder
from primitives.amount import MICRO
from primitives.genesis import (
    Custodian,
    Genesis,
    GenesisPartner,
    Parameters,
    PartnerLimits,
    ProgrammeTerms,
    Rate,
    Roles,
)
from primitives.keys import Signer
from primitives.membership import PartnerKind
from primitives.validators import possession_message

START_MS: Final = 1_793_491_200_000
HOUR_MS: Final = 3_600_000
NAME: Final = "benchmark"
KEEPER: Final = "keeper"
"""The one custodian: nothing in a benchmark needs it."""
CODES: Final = ("alder", "birch", "cedar", "dogwood")

PARAMETERS: Final = Parameters(
    opening=MICRO // 100,
    channel_balance=MICRO,
    total_credit=10_000_000 * MICRO,
    entries_per_lane_and_day=1_000_000,
    lag_bound=8,
    lane_batches=16,
    lane_weight=16_384,
    view_timeout_ms=1_000,
    view_timeout_limit_ms=16_000,
    empty_block_ms=100,
    standstill_ms=1_000,
    clock_drift_ms=500,
    beat_ms=10_000,
    validity_limit_ms=7 * 24 * HOUR_MS,
    reserve_lapse_ms=35 * 24 * HOUR_MS,
    increase_delay_ms=24 * HOUR_MS,
    rate_notice_ms=30 * 24 * HOUR_MS,
    settlement_cycle_ms=7 * 24 * HOUR_MS,
    payment_term_ms=5 * 24 * HOUR_MS,
    confirmation_ms=3 * 24 * HOUR_MS,
    dispute_ms=14 * 24 * HOUR_MS,
    order_dispute_ms=14 * 24 * HOUR_MS,
    voting_ms=7 * 24 * HOUR_MS,
    timelock_ms=2 * 24 * HOUR_MS,
    guarantee_share=1_000,
    epoch_minimum_ms=HOUR_MS,
    epoch_maximum_ms=30 * 24 * HOUR_MS,
    due_per_block=64,
)

_LIMITS: Final = PartnerLimits(
    credit=1_000_000 * MICRO,
    reserve=0,
    reserve_ceiling=0,
    haircut=0,
    reserve_attested=START_MS,
    claim_bound=1_000_000 * MICRO,
    mint_per_day=1_000_000 * MICRO,
    refund_per_day=1_000_000 * MICRO,
)

_PROGRAMME: Final = ProgrammeTerms(
    code="points",
    name="Points",
    point="point",
    terms_hash=sha256(b"terms").digest(),
    terms_url="https://example.com/terms",
    rates=(Rate(START_MS, 10_000, 1),),
)

NO_KEYS: Final[Mapping[int, Signer]] = MappingProxyType({})


def validator(index: int) -> Holder:
    """The holder of a founder's consensus key."""
    return holder(f"validator {index}")


def issuer(index: int) -> Holder:
    """The holder of a founder's issuer key."""
    return holder(f"issuer {index}")


def genesis(time_ms: int = START_MS, keys: Mapping[int, Signer] = NO_KEYS) -> Genesis:
    """Four founders whose keys everyone can derive, but for the consensus keys in ``keys``."""
    limits = replace(_LIMITS, reserve_attested=time_ms)
    programme = replace(_PROGRAMME, rates=(Rate(time_ms, 10_000, 1),))

    def founder(index: int) -> GenesisPartner:
        key, code = keys.get(index, validator(index).key), CODES[index]
        return GenesisPartner(
            code=code,
            name=code.capitalize(),
            currency="EUR",
            kind=PartnerKind.CHAIN,
            roles=Roles(*[issuer(index).account] * 3),
            custodian=KEEPER,
            consensus_key=key.public_key,
            possession=key.sign(possession_message(NAME, code, key.public_key)),
            limits=limits,
            programmes=(programme,),
        )

    founders = tuple(founder(index) for index in range(len(CODES)))
    keeper = Custodian(KEEPER, "Keeper", holder(KEEPER).account, None)
    return Genesis(1, "tlqb", NAME, time_ms, PARAMETERS, (keeper,), KEEPER, founders)
