"""The JSON documents of liqbon-audit (docs/reference/cli/audit.md). Knows shapes and spellings.

Everything in them was derived by this machine from the bytes of a chain that it verified, unless
it says that it is a node's word. Amounts are decimal strings in LiqBon, times RFC 3339 in UTC, ids
lower-case hex.
"""

from __future__ import annotations

import msgspec

from audit.home import Verified
from audit.violations import Finding
from client.fields import format_time
from client.views import PlannedView, ProposalView
from contracts.invariants import Totals
from primitives.amount import format_amount
from primitives.evidence import Evidence


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document. Members may be added, never renamed or left out."""


class Standpoint(Document, frozen=True):
    """Up to where a chain was verified: ``attested`` of ``members`` validators signed for the root
    and time of this height (None at height 0, which nobody attests)."""

    chain: str
    network: str
    name: str
    height: int
    time: str
    epoch: int
    state_root: str
    attested: int | None
    members: int


class Replayed(Document, frozen=True):
    """What blocks came to. ``done_ids``: the sum of the ids done, modulo 2^256."""

    blocks: int
    transactions: int
    done: int
    refused: int
    skipped: int
    done_ids: str


class Sums(Document, frozen=True):
    """The whole state at the newest verified height."""

    entries: int
    accounts: int
    marks: int
    supply: str
    minted: str


class Run(Document, frozen=True):
    """What this command did: heights after ``after`` up to ``to``."""

    node: str
    after: int
    to: int
    transactions: int
    seconds: float
    transactions_per_second: float
    processes: int


class Accusation(Document, frozen=True):
    """A validator's offence, proven by its own signatures."""

    offence: str
    epoch: int
    accused: int
    partner: str


class VerifyDocument(Document, frozen=True):
    """verify. ``verified`` and ``total`` are of all that was verified so far, by this run and those
    before it; ``violation`` is null if nothing is wrong; ``sums`` is null if something is.
    ``block_file`` keeps the bytes that prove a violation."""

    verified: Standpoint
    run: Run
    total: Replayed
    sums: Sums | None
    evidence: list[Accusation]
    violation: Finding | None
    block_file: str | None


def standpoint(verified: Verified) -> Standpoint:
    """Where an audit stands."""
    ledger, believed = verified.ledger, verified.believed
    standing, genesis = ledger.standing, ledger.genesis
    certificate = standing.certificate
    signers = None if certificate is None else len(certificate.signatures)
    return Standpoint(
        chain=ledger.chain.hex(),
        network=genesis.network,
        name=genesis.name,
        height=standing.height,
        time=format_time(standing.header.time),
        epoch=standing.header.epoch,
        state_root=standing.root.hex(),
        attested=signers,
        members=believed.members(standing.header.epoch).size,
    )


def replayed(verified: Verified) -> Replayed:
    """What all blocks so far came to."""
    tally = verified.ledger.standing.tally
    return Replayed(
        blocks=tally.blocks,
        transactions=tally.transactions,
        done=tally.done,
        refused=tally.refused,
        skipped=tally.skipped,
        done_ids=tally.done_ids.hex(),
    )


def sums(totals: Totals) -> Sums:
    """What the state adds up to."""
    return Sums(
        entries=totals.entries,
        accounts=totals.accounts,
        marks=totals.marks,
        supply=format_amount(totals.supply),
        minted=format_amount(totals.minted),
    )


def accusation(verified: Verified, evidence: Evidence) -> Accusation:
    """An offence whose proof was checked."""
    members = verified.believed.members(evidence.epoch).members
    return Accusation(
        offence=evidence.offence.name.lower(),
        epoch=evidence.epoch,
        accused=evidence.accused,
        partner=members[evidence.accused].partner,
    )


class SupplyDocument(Document, frozen=True):
    """LiqBon there is: ``supply`` = minted + refunded - redeemed = ``balances`` of all accounts and
    what ``campaigns`` have left and ``orders`` hold locked."""

    minted: str
    redeemed: str
    refunded: str
    supply: str
    accounts: int
    balances: str
    campaigns: str
    orders: str


class PendingDocument(Document, frozen=True):
    """A reserve that was attested and does not count in full yet."""

    amount: str
    attested: str
    counts_from: str


class AdvanceDocument(Document, frozen=True):
    """What the others' reserves paid for a partner, in obligations of cycles up to ``cycle``, and
    what it did not pay in later ones since."""

    amount: str
    cycle: int


class PartnerReserves(Document, frozen=True):
    """One partner: ``net`` is D, what it owes the pool; ``room`` what it may still mint or refund
    under its ``limit`` (0 while it mints nothing); ``free_reserve`` what no dispute holds;
    ``recognised`` the reserve that counts, at most its ceiling. ``assumed``: what others' reserves
    paid for it and it bears of others' losses, less what its own paid and others bear of its."""

    partner: str
    name: str
    kind: str
    status: str
    custodian: str
    minted: str
    redeemed: str
    refunded: str
    paid: str
    received: str
    assumed: str
    net: str
    payable: str
    receivable: str
    limit: str
    room: str
    credit: str
    reserve: str
    reserve_counts: bool
    reserve_ceiling: str
    recognised: str
    haircut_basis_points: int
    attested: str
    lapses: str
    earmarked: str
    free_reserve: str
    pending: PendingDocument | None
    overdue: int
    advance: AdvanceDocument | None
    claim_bound: str
    minted_today: str
    mint_per_day: str
    refunded_today: str
    refund_per_day: str


class ReservesTotals(Document, frozen=True):
    """All partners. ``net`` is the supply; ``coverage_basis_points`` is the reserve that counts to
    ``owed_to_pool``, null if nothing is owed. ``guarantee`` is the share of what is free of the
    active partners' reserves that stands behind one another's payments; ``advanced`` of it was
    paid and is not paid back."""

    net: str
    owed_to_pool: str
    owed_by_pool: str
    limit: str
    credit: str
    reserve: str
    coverage_basis_points: int | None
    guarantee: str
    advanced: str


class ReservesDocument(Document, frozen=True):
    """reserves."""

    verified: Standpoint
    supply: SupplyDocument
    partners: list[PartnerReserves]
    totals: ReservesTotals


class CycleLineDocument(Document, frozen=True):
    """A partner at the closing: ``expected`` is E; of ``pays`` and ``is_paid`` one is 0."""

    partner: str
    name: str
    currency: str
    expected: str
    pays: str
    is_paid: str


class ObligationDocument(Document, frozen=True):
    """Who pays whom. ``reference`` is the digest that the debtor named; amounts in LiqBon."""

    place: int
    debtor: str
    creditor: str
    creditor_currency: str
    amount: str
    settled: str
    outstanding: str
    status: str
    deadline: str
    reference: str | None
    earmark: str
    late: bool


class ShiftDocument(Document, frozen=True):
    """What a partner's position was shifted by, up to the verified height, and not by what it
    minted, redeemed, refunded or settled: ``assumed`` as in ``PartnerReserves``."""

    partner: str
    name: str
    assumed: str
    advance: AdvanceDocument | None


class SettlementStatement(Document, frozen=True):
    """A closed cycle. ``complete``: nothing of it is owed any more. ``shifts`` are those of all
    cycles together: reserves that paid for others, and losses that are borne in common."""

    cycle: int
    closed: str
    closed_at_height: int
    lines: list[CycleLineDocument]
    obligations: list[ObligationDocument]
    shifts: list[ShiftDocument]
    claims: str
    settled: str
    outstanding: str
    complete: bool


class CycleSummary(Document, frozen=True):
    """A closed cycle in a line of the list."""

    cycle: int
    closed: str
    obligations: int
    claims: str
    outstanding: str


class SettlementDocument(Document, frozen=True):
    """settlement. ``statement`` is null, and ``cycles`` are listed, with --list; ``next_cycle``
    closes by itself at ``next_closes``; ``csv`` is the file that was written."""

    verified: Standpoint
    next_cycle: int
    next_closes: str
    statement: SettlementStatement | None
    cycles: list[CycleSummary]
    csv: str | None


class VotesDocument(Document, frozen=True):
    """votes. ``protocol`` is the version of the rules in force, ``planned`` the one to come;
    ``proposals`` are documents as ``GET /v1/proposals`` has them, newest first."""

    verified: Standpoint
    protocol: int
    planned: PlannedView | None
    proposals: list[ProposalView]


class ExportDocument(Document, frozen=True):
    """export: ``rows`` of each table, and the files that hold them."""

    verified: Standpoint
    format: str
    files: list[str]
    rows: dict[str, int]
    seconds: float
