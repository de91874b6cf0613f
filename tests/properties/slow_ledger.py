"""The ledger told slowly, from docs/spec/ledger.md: notes in a book, summed up each time.

It keeps no balance, position or counter: every figure is counted when it is asked for. It shares no
rule with ``contracts``, so that the two can disagree; it reads only wire types and the genesis.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from primitives.actions import (
    CampaignClaim,
    CastVote,
    LowerClaimBound,
    Mint,
    OpenChannels,
    PartnerExit,
    PartnerRegister,
    PartnerRotateKeys,
    ProgrammeOpen,
    ProgrammePause,
    ProgrammeSetRate,
    ProgrammeSetTerms,
    Propose,
    Redeem,
    Refund,
    ReserveAttest,
    ReserveRelease,
    SetDailyCaps,
    Transfer,
    ValidatorAnnounceKey,
)
from primitives.genesis import Genesis, GenesisPartner
from primitives.governance import VotedLimits
from primitives.membership import Role
from primitives.transaction import Transaction
from tests.properties import (
    slow_measures,
    slow_members,
    slow_partners,
    slow_people,
    slow_programmes,
    slow_reserves,
    slow_settlement,
    slow_votes,
)
from tests.properties.slow_book import ALL, DAY, Desk, Subject
from tests.properties.slow_speakers import Keeper

ACTIONS: dict[type, Callable[[Desk, bytes, Any], str]] = {
    Mint: slow_partners.mint,
    Redeem: slow_partners.redeem,
    Refund: slow_partners.refund,
    ProgrammeOpen: slow_programmes.open_programme,
    ProgrammeSetRate: slow_programmes.set_rate,
    ProgrammePause: slow_programmes.pause,
    ProgrammeSetTerms: slow_programmes.set_terms,
    PartnerRegister: slow_members.register,
    PartnerRotateKeys: slow_members.rotate,
    PartnerExit: slow_members.leave,
    ValidatorAnnounceKey: slow_members.announce,
    LowerClaimBound: slow_reserves.lower_claim_bound,
    SetDailyCaps: slow_reserves.set_caps,
    ReserveAttest: slow_reserves.attest,
    ReserveRelease: slow_reserves.release,
    CastVote: slow_votes.vote,
}
DUE: dict[str, Callable[..., None]] = {
    "lapse": slow_reserves.reserve_lapses,
    "rate": slow_programmes.rate_begins,
    "terms": slow_programmes.terms_begin,
    "reserve": slow_reserves.reserve_rises,
    "caps": slow_reserves.caps_begin,
    "cycle": slow_settlement.cycle_closes,
    "debt": slow_settlement.deadline_passes,
    "motion": slow_votes.deadline_passes,
    "campaign": slow_people.campaign_ends,
    "order": slow_people.order_waits_no_longer,
}
Counted = slow_settlement.Word | CastVote
"""Words that are never held up for want of room [LEDGER-14]."""


class SlowLedger:
    """Blocks are begun, then transactions come one by one; ``desk`` answers every question."""

    def __init__(self, genesis: Genesis) -> None:
        self.desk = Desk(genesis, time=genesis.time)
        _found(self.desk)

    def begin(self, time: int, epoch: int = 0) -> list[list[Subject]]:
        """What fell due in the next block, as events of each item, in order [LEDGER-15]."""
        self.desk.time, self.desk.epoch = time, epoch
        self.desk.height += 1
        told: list[list[Subject]] = []
        while len(told) < self.desk.genesis.parameters.due_per_block:
            item = self.desk.next_due()
            if item is None:
                break
            self.desk.events = []
            DUE[str(item[0])](self.desk, *item[1:])
            told.append(self.desk.events)
        return told

    def carry_out(self, lane: int, transaction: Transaction) -> str:
        """The code of what becomes of the transaction; ``desk.events`` are those of its receipt."""
        desk = self.desk
        desk.events, desk.created = [], 0
        reason = self._skipped(transaction)
        if reason is not None:
            return reason
        beginning = desk.book.length
        desk.book.note("sequence", transaction.sender, transaction.channel, value=True)
        if transaction.channel:
            desk.create("channel", transaction.sender, transaction.channel)
        known = desk.exists(transaction.sender)
        outcome = self._outcome(transaction)
        if not known and outcome != "done":
            desk.book.tear_out(beginning)
            return "sender_unknown"
        if outcome == "done" and isinstance(transaction.action, Counted):
            return outcome
        if not self._lane_has_room(lane):
            desk.book.tear_out(beginning)
            desk.events = []
            return "lane_exhausted"
        return outcome

    def _lane_has_room(self, lane: int) -> bool:
        desk = self.desk
        today = desk.time // DAY
        bound = desk.genesis.parameters.entries_per_lane_and_day
        if desk.created and desk.book.total("lane", lane, today) + desk.created > bound:
            return False
        desk.book.note("lane", lane, today, value=desk.created)
        return True

    def _skipped(self, transaction: Transaction) -> str | None:
        desk, sender = self.desk, transaction.sender
        if transaction.valid_until < desk.time:
            return "expired"
        if transaction.valid_until - desk.time > desk.genesis.parameters.validity_limit_ms:
            return "valid_too_long"
        if not desk.exists(sender) and not isinstance(transaction.action, CampaignClaim):
            return "sender_unknown"
        if transaction.channel >= self.channels(sender):
            return "channel_unopened"
        following = len(desk.book.notes("sequence", sender, transaction.channel))
        if transaction.sequence < following:
            return "sequence_stale"
        if transaction.sequence > following:
            return "sequence_early"
        return None

    def channels(self, account: bytes) -> int:
        return self.desk.book.word("channels", account) or 1

    def _outcome(self, transaction: Transaction) -> str:
        sender = transaction.sender
        match transaction.action:
            case Transfer() as transfer:
                return self._transfer(sender, transfer)
            case OpenChannels(channels):
                return self._open(sender, channels)
            case Propose():
                return slow_votes.propose(self.desk, transaction)
            case action if type(action) in ACTIONS:
                return ACTIONS[type(action)](self.desk, sender, action)
            case action if isinstance(action, slow_settlement.Word):
                return slow_settlement.hear(self.desk, transaction)
            case _:
                return slow_people.hear(self.desk, transaction)

    def _transfer(self, sender: bytes, transfer: Transfer) -> str:
        """[LEDGER-4], [LEDGER-5]"""
        desk = self.desk
        total = sum(output.amount for output in transfer.outputs)
        if total > ALL:
            return "amount_overflow"
        if total > desk.balance(sender):
            return "balance_too_low"
        opened: list[bytes] = []
        for output in transfer.outputs:
            if output.account in opened:
                continue
            if desk.too_small(output.account, output.amount):
                return "output_below_opening"
            opened.append(output.account)
        desk.book.note("balance", sender, value=-total)
        for output in transfer.outputs:
            desk.pay_in(output.account, output.amount)
        return "done"

    def _open(self, sender: bytes, channels: int) -> str:
        """[TX-9]"""
        if channels <= self.channels(sender):
            return "channels_not_more"
        needed = self.desk.genesis.parameters.channel_balance * (channels - 1)
        if self.desk.balance(sender) < needed:
            return "balance_too_low"
        self.desk.book.note("channels", sender, value=channels)
        return "done"


def _found(desk: Desk) -> None:
    """[GEN-7] to [GEN-10]"""
    genesis, book = desk.genesis, desk.book
    for custodian in genesis.custodians:
        slow_measures.keep(
            desk, custodian.code, Keeper(custodian.name, custodian.account, custodian.partner)
        )
        desk.open_role(custodian.account)
    book.note("judge", value=genesis.settlement_custodian)
    book.note("protocol", value=(1, None))
    book.note("changed", value=-1)
    book.note("admitted", value=-1)
    for founder in genesis.partners:
        _begin(desk, founder)
    closes = genesis.time + genesis.parameters.settlement_cycle_ms
    book.note("closes", value=(1, closes))
    desk.plan(closes, "cycle", 1)


def _begin(desk: Desk, founder: GenesisPartner) -> None:
    genesis, book, code, terms = desk.genesis, desk.book, founder.code, founder.limits
    roles = founder.roles
    for role, account in zip(Role, (roles.admin, roles.issuer, roles.cashier), strict=True):
        desk.open_role(account)
        book.note("role", code, role, value=account)
    voted = VotedLimits(terms.credit, terms.reserve_ceiling, terms.haircut, terms.claim_bound)
    slow_members.begin(desk, code, founder.custodian, founder.consensus_key, voted)
    lapse = terms.reserve_attested + genesis.parameters.reserve_lapse_ms
    counts = terms.reserve > 0 and lapse > genesis.time
    book.note("kind", code, value=founder.kind)
    book.note("reserve", code, value=terms.reserve)
    book.note("counts", code, value=counts)
    book.note("attested", code, value=terms.reserve_attested)
    book.note("caps", code, value=(terms.mint_per_day, terms.refund_per_day))
    if counts:
        desk.plan(lapse, "lapse", code, terms.reserve_attested)
    for programme in founder.programmes:
        name = (code, programme.code)
        slow_programmes.open_at(desk, name, programme.terms_hash, programme.terms_url, genesis.time)
        for rate in programme.rates:
            place = slow_programmes.publish(desk, name, rate, genesis.time)
            if rate.since <= genesis.time:
                book.note("begun", *name, value=place)
            else:
                desk.plan(rate.since, "rate", *name, place)
