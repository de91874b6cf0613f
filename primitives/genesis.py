"""What the founders agree on before the first block. Knows form and arithmetic bounds; no file.

The chain id is the digest of the canonical genesis, so whoever pins 32 bytes pins every parameter,
partner, programme and key below ([GEN-1], docs/spec/genesis.md).
"""

from __future__ import annotations

import itertools
from typing import Annotated, Final

import msgspec

from primitives.actions import MAX_OUTPUTS, Code, Name, Term, Url
from primitives.address import MAIN_HRP, TEST_HRP
from primitives.amount import DailyCap
from primitives.codes import MAX_PARTNERS, Currency, Points
from primitives.encoding import (
    Count,
    Digest,
    Malformed,
    Millis,
    Positive,
    Signature,
    Wire,
    decode,
    encode,
)
from primitives.hashing import CHAIN
from primitives.keys import SignatureScheme
from primitives.membership import PartnerKind
from primitives.transaction import MAX_VALIDITY_MS
from primitives.validators import Validator, ValidatorSet, check_members, check_possession

VERSION: Final = 1
MAX_GENESIS: Final = 1024 * 1024
MAX_CUSTODIANS: Final = 16
MAIN: Final = MAIN_HRP
TEST: Final = TEST_HRP
MINUTE_MS: Final = 60_000
HEAVIEST_TRANSACTION: Final = 16 + 256 + 32
"""Signatures + outputs + KiB at their most: a lane that may not order it would stand still."""
BASIS_POINTS: Final = 10_000
LAST_DUE_MS: Final = (2**32 - 1) * 1000
"""Milliseconds since 1970 of the last second, in 2106, that the calendar of the ledger holds."""
LEAST_LANE_ENTRIES: Final = MAX_OUTPUTS + 1
"""What one transaction can create: an account for each output, and its sender's channel."""

MAX_DURATION_MS: Final = 400 * 24 * 3600 * 1000
"""So that nothing that begins in the calendar's range ends far beyond it."""

Small = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Duration = Annotated[int, msgspec.Meta(ge=1, le=MAX_DURATION_MS)]


class Parameters(Wire):
    """The network's constants. Durations in milliseconds, amounts in units of 10^-6 LiqBon."""

    opening: Positive
    """Least amount of an output that creates an account; it stays the owner's."""
    channel_balance: Positive
    """Balance needed for each channel beyond the first."""
    total_credit: Count
    """Sum of all partners' credit may never exceed this."""
    entries_per_lane_and_day: Positive
    """State entries that one validator's lane may create in a day of block time."""
    lag_bound: Small
    """B: how many heights execution may lag behind ordering ([LAG-1])."""
    lane_batches: Small
    """S: most batches of one lane in a block."""
    lane_weight: Small
    """W: most weight of one lane in a block."""
    view_timeout_ms: Small
    view_timeout_limit_ms: Small
    empty_block_ms: Small
    """How long a leader with nothing to order waits before it proposes an empty block."""
    standstill_ms: Small
    clock_drift_ms: Small
    """How far ahead of one's own clock a proposal may be before it is held."""
    beat_ms: Small
    validity_limit_ms: Positive
    """How far ahead of block time ``valid_until`` may be."""
    reserve_lapse_ms: Duration
    """How long an attestation of a partner's reserve counts."""
    increase_delay_ms: Duration
    """How long a higher reserve or daily cap waits before it counts."""
    rate_notice_ms: Duration
    """How long before its start a worse rate must be published."""
    settlement_cycle_ms: Duration
    """How often the partners' positions are squared."""
    payment_term_ms: Duration
    """How long a debtor has to pay an obligation; and how often an overdue one is drawn."""
    confirmation_ms: Duration
    """How long a creditor may dispute a payment that the debtor named."""
    dispute_ms: Duration
    """How long a dispute lasts at most."""
    order_dispute_ms: Duration
    """How long a buyer may dispute what was shipped; and how long an arbiter has to judge."""
    voting_ms: Duration
    """How long partners may vote on a proposal; how long one that passed may wait to be done."""
    timelock_ms: Duration
    """How long what was decided waits before it is done: others may leave meanwhile."""
    guarantee_share: Points
    """Basis points of each reserve that stand behind the other partners' payments."""
    epoch_minimum_ms: Positive
    epoch_maximum_ms: Positive
    due_per_block: Small


class Rate(Wire):
    """LiqBon = points * numerator / denominator, rounded down to a unit, from ``since`` on."""

    since: Millis
    numerator: Term
    denominator: Term


class ProgrammeTerms(Wire):
    """A loyalty programme that may be deposited: units of LiqBon per point, terms, rates."""

    code: Code
    name: Name
    point: Name
    terms_hash: Digest
    terms_url: Url
    rates: Annotated[tuple[Rate, ...], msgspec.Meta(min_length=1, max_length=16)]


class Roles(Wire):
    """Account ids: who may act for a partner, in what."""

    admin: Digest
    issuer: Digest
    cashier: Digest


class PartnerLimits(Wire):
    """How much others may come to be owed: amounts in units, haircut in basis points."""

    credit: Count
    reserve: Count
    reserve_ceiling: Count
    """The most reserve that the others recognise."""
    haircut: Points
    reserve_attested: Millis
    claim_bound: Count
    """K: -D may not exceed it."""
    mint_per_day: DailyCap
    refund_per_day: DailyCap


class Custodian(Wire):
    """Who holds reserves: an account that attests, and the partner that it belongs to, if any."""

    code: Code
    name: Name
    account: Digest
    partner: Code | None


class GenesisPartner(Wire):
    """A founder: names, roles, the consensus key with its proof of possession, limits.

    ``custodian`` names who holds its reserve: one that does not belong to it.
    """

    code: Code
    name: Name
    currency: Currency
    kind: PartnerKind
    roles: Roles
    custodian: Code
    consensus_key: Digest
    possession: Signature
    limits: PartnerLimits
    programmes: Annotated[tuple[ProgrammeTerms, ...], msgspec.Meta(max_length=16)]


class Genesis(Wire):
    """Everything before height 1. ``network`` is the address prefix: ``lqb`` or ``tlqb``.

    ``settlement_custodian`` says of disputed payments between partners whether they were made.
    """

    version: int
    network: str
    name: Name
    time: Millis
    parameters: Parameters
    custodians: Annotated[
        tuple[Custodian, ...], msgspec.Meta(min_length=1, max_length=MAX_CUSTODIANS)
    ]
    settlement_custodian: Code
    partners: Annotated[
        tuple[GenesisPartner, ...], msgspec.Meta(min_length=1, max_length=MAX_PARTNERS)
    ]


def chain_id(genesis: Genesis) -> bytes:
    """32 bytes: the digest of the canonical genesis."""
    return CHAIN.digest(encode(genesis))


def validators_of(genesis: Genesis) -> ValidatorSet:
    """The members of epoch 0, in the order in which genesis names the partners."""
    return ValidatorSet(0, tuple(Validator(p.code, p.consensus_key) for p in genesis.partners))


def decode_genesis(data: bytes, scheme: SignatureScheme) -> Genesis:
    """The checked genesis. Raises ``Malformed`` with a code that names what is wrong."""
    genesis = decode(Genesis, data, MAX_GENESIS)
    check_genesis(genesis, scheme)
    return genesis


def check_genesis(genesis: Genesis, scheme: SignatureScheme) -> None:
    """Raise ``Malformed`` unless every bound of docs/spec/genesis.md holds."""
    if genesis.version != VERSION:
        raise Malformed("version_unknown", str(genesis.version))
    if genesis.network not in (MAIN, TEST):
        raise Malformed("network_unknown", genesis.network)
    members = validators_of(genesis).members
    check_members(members)
    for partner, member in zip(genesis.partners, members, strict=True):
        check_possession(scheme, genesis.name, member, partner.possession)
        _check_partner(partner)
        _check_times(genesis, partner)
    _check_custodians(genesis)
    credit = sum(partner.limits.credit for partner in genesis.partners)
    check_parameters(genesis.parameters, genesis.network, credit)


def _check_times(genesis: Genesis, partner: GenesisPartner) -> None:
    """What will fall due must be in the calendar's range ([GEN-6])."""
    attested = partner.limits.reserve_attested
    if attested > genesis.time:
        raise Malformed("reserve_invalid", f"{partner.code}: attested after the genesis")
    times = [
        attested + genesis.parameters.reserve_lapse_ms,
        genesis.time + genesis.parameters.settlement_cycle_ms,
    ]
    times.extend(rate.since for terms in partner.programmes for rate in terms.rates)
    if max(times) > LAST_DUE_MS:
        raise Malformed("due_too_late", f"{partner.code}: {max(times)} of {LAST_DUE_MS}")


def _check_custodians(genesis: Genesis) -> None:
    """Nobody attests its own reserve, and who judges payments belongs to no partner ([GEN-11])."""
    check_custody(genesis.custodians, genesis.settlement_custodian)
    founders = {partner.code: None for partner in genesis.partners}
    for custodian in genesis.custodians:
        if custodian.partner is not None and custodian.partner not in founders:
            raise Malformed("custodian_invalid", f"{custodian.code}: no partner of its code")
    judge = next(c for c in genesis.custodians if c.code == genesis.settlement_custodian)
    for partner in genesis.partners:
        check_holder(partner, genesis.custodians)
        if judge.account in (partner.roles.admin, partner.roles.issuer, partner.roles.cashier):
            raise Malformed("custodian_invalid", f"{partner.code} would judge its own payments")


def check_custody(custodians: tuple[Custodian, ...], judge: str) -> None:
    """What of [GEN-11] can be said before anyone joins. Raises ``Malformed``."""
    known = {custodian.code: custodian for custodian in custodians}
    if len(known) != len(custodians):
        raise Malformed("custodian_invalid", "two custodians of one code")
    if judge not in known or known[judge].partner is not None:
        raise Malformed("custodian_invalid", "the settlement custodian belongs to nobody")
    if len(dict.fromkeys(custodian.account for custodian in custodians)) != len(custodians):
        raise Malformed("custodian_invalid", "two custodians of one account")


def check_holder(partner: GenesisPartner, custodians: tuple[Custodian, ...]) -> None:
    """Whether a founder may have its reserve held by whom it names. Raises ``Malformed``."""
    known = {custodian.code: custodian for custodian in custodians}
    holder = known.get(partner.custodian)
    if holder is None or holder.partner == partner.code:
        raise Malformed("custodian_invalid", f"{partner.code}: {partner.custodian}")
    roles = partner.roles
    if holder.account in (roles.admin, roles.issuer, roles.cashier):
        raise Malformed("custodian_invalid", f"{partner.code}: its own account attests")


def _check_partner(partner: GenesisPartner) -> None:
    if partner.limits.reserve > partner.limits.reserve_ceiling:
        raise Malformed("reserve_invalid", f"{partner.code}: more than its ceiling")
    codes = [programme.code for programme in partner.programmes]
    if len(dict.fromkeys(codes)) != len(codes):
        raise Malformed("programme_repeated", partner.code)
    for programme in partner.programmes:
        starts = [rate.since for rate in programme.rates]
        if any(later <= earlier for earlier, later in itertools.pairwise(starts)):
            raise Malformed("rates_unordered", f"{partner.code}/{programme.code}")


def check_parameters(parameters: Parameters, network: str, credit: int) -> None:
    """Whether a network works with these, whose founders have ``credit`` units together ([GEN-5]).

    Raises ``Malformed``.
    """
    if credit > parameters.total_credit:
        raise Malformed("credit_exceeded", f"{credit} of {parameters.total_credit}")
    if parameters.empty_block_ms >= parameters.view_timeout_ms:
        raise Malformed("timeouts_invalid", "an empty block must come before the view's timeout")
    if parameters.view_timeout_limit_ms < parameters.view_timeout_ms:
        raise Malformed("timeouts_invalid", "the limit is below the first view's timeout")
    if parameters.epoch_maximum_ms < parameters.epoch_minimum_ms:
        raise Malformed("epochs_invalid", "the maximum age is below the minimum")
    if parameters.timelock_ms < parameters.increase_delay_ms:
        raise Malformed("timelock_short", "a vote may not raise a limit sooner than its owner may")
    if parameters.entries_per_lane_and_day < LEAST_LANE_ENTRIES:
        raise Malformed("lane_entries_low", f"a lane needs {LEAST_LANE_ENTRIES} entries a day")
    if parameters.lane_weight < HEAVIEST_TRANSACTION:
        raise Malformed("lane_weight_low", f"a transaction weighs up to {HEAVIEST_TRANSACTION}")
    if parameters.validity_limit_ms > MAX_VALIDITY_MS:
        raise Malformed("validity_long", f"at most {MAX_VALIDITY_MS} ms ahead of block time")
    durations = (
        parameters.reserve_lapse_ms,
        parameters.validity_limit_ms,
        parameters.increase_delay_ms,
        parameters.rate_notice_ms,
        parameters.settlement_cycle_ms,
        parameters.payment_term_ms,
        parameters.confirmation_ms,
        parameters.dispute_ms,
        parameters.order_dispute_ms,
        parameters.voting_ms,
        parameters.timelock_ms,
    )
    if network == MAIN and min(durations) < 10 * MINUTE_MS:
        raise Malformed("deadline_short", "deadlines under ten minutes are for test networks")
