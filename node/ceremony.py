"""How founders agree on a genesis without trusting whoever collects it. Knows steps; no network.

    1. someone writes down the network: its name, its time, its parameters        (genesis new)
    2. each founder adds who it is and proves that it holds its consensus key     (genesis join)
    3. anyone puts the parts together, in the order of the partners' codes        (genesis collect)
    4. everyone checks the result, and compares the chain id by another channel   (genesis verify)

The result is a function of the parts alone, so whoever collects cannot change it unseen ([GEN-1]).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec.structs import replace

from node.documents import parse, present
from primitives.amount import MICRO
from primitives.encoding import Malformed, Millis, Wire
from primitives.genesis import (
    MAIN,
    VERSION,
    Genesis,
    GenesisPartner,
    Name,
    Parameters,
    check_genesis,
)
from primitives.keys import ED25519, SIGNATURE_SIZE, Signer
from primitives.validators import Validator, check_possession, possession_message

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS

PARAMETERS: Final = Parameters(
    opening=MICRO // 100,
    channel_balance=MICRO,
    total_credit=10_000_000 * MICRO,
    entries_per_lane_and_day=1_000_000,
    lag_bound=16,
    lane_batches=16,
    lane_weight=8_192,
    view_timeout_ms=1_000,
    view_timeout_limit_ms=8_000,
    empty_block_ms=100,
    standstill_ms=1_000,
    clock_drift_ms=500,
    beat_ms=10_000,
    validity_limit_ms=7 * DAY_MS,
    reserve_lapse_ms=35 * DAY_MS,
    epoch_minimum_ms=HOUR_MS,
    epoch_maximum_ms=30 * DAY_MS,
    due_per_block=64,
)
"""What ``genesis new`` proposes; founders may change it before they join."""


class Plan(Wire):
    """What founders agree on first: everything of the genesis but themselves."""

    version: int
    network: str
    name: Name
    time: Millis
    parameters: Parameters


def plan(name: str, network: str, time_ms: int) -> Plan:
    """A plan with the proposed parameters, for a network that begins at ``time_ms``."""
    return Plan(VERSION, network, name, time_ms, PARAMETERS)


def show_plan(agreed: Plan) -> dict[str, Any]:
    """The plan for people."""
    return present(agreed, agreed.network)


def read_plan(document: dict[str, Any]) -> Plan:
    """The plan in a document. Raises ``Malformed``."""
    return parse(Plan, document, str(document.get("network", MAIN)))


def join(agreed: Plan, terms: dict[str, Any], key: Signer) -> GenesisPartner:
    """A founder's part: its terms for people, without key and proof, completed by both.

    Raises ``Malformed``.
    """
    unproven = {
        **terms,
        "consensus_key": key.public_key.hex(),
        "possession": bytes(SIGNATURE_SIZE).hex(),
    }
    partner = parse(GenesisPartner, unproven, agreed.network)
    message = possession_message(agreed.name, partner.code, key.public_key)
    return replace(partner, possession=key.sign(message))


def read_part(agreed: Plan, document: dict[str, Any]) -> GenesisPartner:
    """A founder's part, its proof checked. Raises ``Malformed``."""
    partner = parse(GenesisPartner, document, agreed.network)
    seat = Validator(partner.code, partner.consensus_key)
    check_possession(ED25519, agreed.name, seat, partner.possession)
    return partner


def collect(agreed: Plan, parts: Sequence[GenesisPartner]) -> Genesis:
    """The genesis of these parts, in whatever order they came. Raises ``Malformed``."""
    founders = tuple(sorted(parts, key=lambda part: part.code))
    if not founders:
        raise Malformed("validators_invalid", "nobody has joined")
    genesis = Genesis(
        agreed.version, agreed.network, agreed.name, agreed.time, agreed.parameters, founders
    )
    check_genesis(genesis, ED25519)
    return genesis
