"""How founders agree on a genesis without trusting whoever collects it. Knows steps; no network.

    1. someone writes down the network: name, time, parameters, custodians        (genesis new)
    2. each founder adds who it is and proves that it holds its consensus key     (genesis join)
    3. anyone puts the parts together, in the order of the partners' codes        (genesis collect)
    4. everyone checks the result, and compares the chain id by another channel   (genesis verify)

The result is a function of the parts alone, so whoever collects cannot change it unseen ([GEN-1]).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace

from node.documents import AMOUNTS, parse, present
from primitives.actions import Code, Name
from primitives.amount import MICRO
from primitives.encoding import Malformed, Millis, Wire
from primitives.genesis import (
    MAIN,
    VERSION,
    Custodian,
    Genesis,
    GenesisPartner,
    Parameters,
    check_custody,
    check_genesis,
    check_holder,
    check_parameters,
)
from primitives.keys import ED25519, SIGNATURE_SIZE, Signer
from primitives.validators import Validator, check_possession, possession_message

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
MAX_DIGITS: Final = 19
"""Of a number in a wish: none is 2^63 or more."""

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
    increase_delay_ms=DAY_MS,
    rate_notice_ms=30 * DAY_MS,
    settlement_cycle_ms=7 * DAY_MS,
    payment_term_ms=5 * DAY_MS,
    confirmation_ms=3 * DAY_MS,
    dispute_ms=14 * DAY_MS,
    order_dispute_ms=14 * DAY_MS,
    voting_ms=7 * DAY_MS,
    timelock_ms=2 * DAY_MS,
    guarantee_share=1_000,
    epoch_minimum_ms=HOUR_MS,
    epoch_maximum_ms=30 * DAY_MS,
    due_per_block=2_048,  # all that a day's customers can make fall due is over within a day
)
"""What ``genesis new`` proposes; founders may change it before they join."""


def with_parameters(parameters: Parameters, wishes: Mapping[str, str]) -> Parameters:
    """The parameters with some changed: an amount is decimal LiqBon, all else a whole number.

    Raises ``Malformed``: ``network_parameter_unknown``, or ``network_parameter_invalid`` if it is
    not of its type.
    """
    for name, text in wishes.items():
        if name not in Parameters.__struct_fields__:
            raise Malformed("network_parameter_unknown", name)
        is_number = text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS
        value = int(text) if is_number and name not in AMOUNTS else text
        try:
            parameters = parse(Parameters, present(parameters, "") | {name: value}, "")
        except Malformed as error:
            raise Malformed("network_parameter_invalid", f"{name}={text}: {error.detail}") from None
    return parameters


class Custody(Wire):
    """Who holds reserves, and which of them says whether partners paid each other."""

    custodians: tuple[Custodian, ...]
    settlement_custodian: Code


class Plan(Wire):
    """What founders agree on first: everything of the genesis but themselves."""

    version: int
    network: str
    name: Name
    time: Millis
    parameters: Parameters
    custodians: tuple[Custodian, ...]
    settlement_custodian: Code


def plan(name: str, network: str, time_ms: int, custody: Custody) -> Plan:
    """A plan with the proposed parameters, for a network that begins at ``time_ms``."""
    custodians, judge = custody.custodians, custody.settlement_custodian
    return Plan(VERSION, network, name, time_ms, PARAMETERS, custodians, judge)


def read_custody(document: dict[str, Any], network: str) -> Custody:
    """Who holds what, as people write it: who belongs to nobody may leave ``partner`` out.

    Raises ``Malformed`` ([GEN-11]).
    """
    written = document.get("custodians")
    if isinstance(written, list):
        entries = [{"partner": None, **c} if isinstance(c, dict) else c for c in written]
        document = {**document, "custodians": entries}
    custody = parse(Custody, document, network)
    check_custody(custody.custodians, custody.settlement_custodian)
    return custody


def show_plan(agreed: Plan) -> dict[str, Any]:
    """The plan for people."""
    return present(agreed, agreed.network)


def read_plan(document: dict[str, Any]) -> Plan:
    """The plan in a document. Raises ``Malformed``."""
    agreed = parse(Plan, document, str(document.get("network", MAIN)))
    check_custody(agreed.custodians, agreed.settlement_custodian)
    check_parameters(agreed.parameters, agreed.network, 0)
    return agreed


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
    check_holder(partner, agreed.custodians)
    message = possession_message(agreed.name, partner.code, key.public_key)
    return replace(partner, possession=key.sign(message))


def read_part(agreed: Plan, document: dict[str, Any]) -> GenesisPartner:
    """A founder's part, its proof checked. Raises ``Malformed``."""
    partner = parse(GenesisPartner, document, agreed.network)
    check_holder(partner, agreed.custodians)
    seat = Validator(partner.code, partner.consensus_key)
    check_possession(ED25519, agreed.name, seat, partner.possession)
    return partner


def collect(agreed: Plan, parts: Sequence[GenesisPartner]) -> Genesis:
    """The genesis of these parts, in whatever order they came. Raises ``Malformed``."""
    founders = tuple(sorted(parts, key=lambda part: part.code))
    if not founders:
        raise Malformed("validators_invalid", "nobody has joined")
    genesis = Genesis(
        version=agreed.version,
        network=agreed.network,
        name=agreed.name,
        time=agreed.time,
        parameters=agreed.parameters,
        custodians=agreed.custodians,
        settlement_custodian=agreed.settlement_custodian,
        partners=founders,
    )
    check_genesis(genesis, ED25519)
    return genesis
