"""The ledger told slowly, from docs/spec/ledger.md: notes in a book, summed up each time.

It keeps no balance, position or counter: every figure is counted when it is asked for. It shares no
rule with ``contracts``, so that the two can disagree; it reads only wire types and the genesis.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from primitives.actions import (
    CampaignClaim,
    LowerClaimBound,
    Mint,
    OpenChannels,
    ProgrammeOpen,
    ProgrammePause,
    ProgrammeSetRate,
    Redeem,
    Refund,
    ReserveAttest,
    ReserveRelease,
    SetDailyCaps,
    Transfer,
)
from primitives.genesis import Genesis
from primitives.transaction import Transaction
from tests.properties import slow_partners, slow_people, slow_settlement
from tests.properties.slow_book import ALL, DAY, Desk, Subject

ACTIONS: dict[type, Callable[[Desk, bytes, Any], str]] = {
    Mint: slow_partners.mint,
    Redeem: slow_partners.redeem,
    Refund: slow_partners.refund,
    ProgrammeOpen: slow_partners.open_programme,
    ProgrammeSetRate: slow_partners.set_rate,
    ProgrammePause: slow_partners.pause,
    LowerClaimBound: slow_partners.lower_claim_bound,
    SetDailyCaps: slow_partners.set_caps,
    ReserveAttest: slow_partners.attest,
    ReserveRelease: slow_partners.release,
}
DUE: dict[str, Callable[..., None]] = {
    "lapse": slow_partners.reserve_lapses,
    "rate": slow_partners.rate_begins,
    "reserve": slow_partners.reserve_rises,
    "caps": slow_partners.caps_begin,
    "cycle": slow_settlement.cycle_closes,
    "debt": slow_settlement.deadline_passes,
    "campaign": slow_people.campaign_ends,
    "order": slow_people.order_waits_no_longer,
}


class SlowLedger:
    """Blocks are begun, then transactions come one by one; ``desk`` answers every question."""

    def __init__(self, genesis: Genesis) -> None:
        self.desk = Desk(genesis, time=genesis.time)
        _found(self.desk)

    def begin(self, time: int) -> list[list[Subject]]:
        """What fell due in a block of that time, as events of each item, in order [LEDGER-15]."""
        self.desk.time = time
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
        if outcome == "done" and isinstance(transaction.action, slow_settlement.Word):
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
    roles = [a for p in genesis.partners for a in (p.roles.admin, p.roles.issuer, p.roles.cashier)]
    for account in [*roles, *(c.account for c in genesis.custodians)]:
        desk.create("account", account)
        book.note("channels", account, value=256)
    for partner in genesis.partners:
        code, terms = partner.code, partner.limits
        lapse = terms.reserve_attested + genesis.parameters.reserve_lapse_ms
        counts = terms.reserve > 0 and lapse > genesis.time
        book.note("reserve", code, value=terms.reserve)
        book.note("counts", code, value=counts)
        book.note("attested", code, value=terms.reserve_attested)
        book.note("left", code, value=0)
        book.note("claim bound", code, value=terms.claim_bound)
        book.note("caps", code, value=(terms.mint_per_day, terms.refund_per_day))
        if counts:
            desk.plan(lapse, "lapse", code, terms.reserve_attested)
        for programme in partner.programmes:
            name = (code, programme.code)
            book.note("programmes", code, value=programme.code)
            book.note("paused", *name, value=False)
            desk.create("programme", *name)
            for rate in programme.rates:
                place = slow_partners.publish(desk, name, rate, genesis.time)
                if rate.since <= genesis.time:
                    book.note("begun", *name, value=place)
                else:
                    desk.plan(rate.since, "rate", *name, place)
    closes = genesis.time + genesis.parameters.settlement_cycle_ms
    book.note("closes", value=(1, closes))
    desk.plan(closes, "cycle", 1)
