"""The genesis of a run. Knows founders and keys; no nodes."""

from __future__ import annotations

from functools import lru_cache

from msgspec.structs import replace

from primitives.genesis import Genesis, Parameters, Roles
from tests.builders import ROLES, a_genesis
from tests.simulation.keys import CHEAP, REAL


@lru_cache(maxsize=256)
def the_genesis(members: int, parameters: Parameters, *, real_keys: bool) -> Genesis:
    """Founders whose every key is of the run's scheme."""
    keys = REAL if real_keys else CHEAP
    genesis = a_genesis(members, keys.signer, parameters)
    partners = tuple(
        replace(
            partner,
            roles=Roles(*(keys.person(f"{role} of {partner.code}").account for role in ROLES)),
        )
        for partner in genesis.partners
    )
    custodians = tuple(
        replace(custodian, account=keys.person(f"custodian of {custodian.code}").account)
        for custodian in genesis.custodians
    )
    return replace(genesis, partners=partners, custodians=custodians)
