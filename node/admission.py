"""What would become of a transaction if it came next. Knows what is on its way; writes nothing.

A dry run over the state as it will be once what was taken in before is carried out: a balance less
what its owner spends, a campaign less what is claimed from it. So that this node's word to order a
transaction is worth something, and nobody without a record gets in for nothing ([LEDGER-43]).
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec.structs import replace

from contracts.context import BlockContext
from contracts.state import State, StateReader
from contracts.transition import dry_run
from primitives.actions import CampaignClaim
from primitives.commerce import Campaign, campaign_key
from primitives.encoding import encode
from primitives.entries import NO_ACCOUNT, Account, account_key
from primitives.receipt import Outcome, Skip
from primitives.transaction import Decoded

_ACCOUNT: Final = msgspec.msgpack.Decoder(Account)
_CAMPAIGN: Final = msgspec.msgpack.Decoder(Campaign)


class Pending(msgspec.Struct, frozen=True):
    """What is on its way already: of the sender, its channel's sequence after it and units spent in
    all; and how many ``claims``, of anyone and by other vouchers, from the campaign that the
    transaction claims from."""

    next_sequence: int
    spent: int
    claims: int = 0


class Trial:
    """Dry runs in ``lane`` over the state that ``reader`` holds and ``context``: whoever makes one
    uses it before either changes. What several transactions ask for is decoded once."""

    __slots__ = ("_context", "_lane", "_reader", "_state")

    def __init__(self, reader: StateReader, context: BlockContext, lane: int) -> None:
        self._reader = reader
        self._state = State(reader)
        self._context = context
        self._lane = lane

    def account(self, account: bytes) -> Account | None:
        """An account as executed so far; None if it has no record."""
        return self._state.entry(account_key(account), Account)

    def judge(self, decoded: Decoded, pending: Pending | None = None) -> Outcome | Skip:
        """What would become of it after what is ``pending``; None: nothing that matters is.

        A claim by a sender without a record, which a block would skip as ``sender_unknown``, is
        told the refusal that it would get if its sender had one: that says what is wrong.
        """
        if pending is None:
            outcome = self._run(self._state, decoded)
        else:
            reader = _Reserved(self._reader, decoded, pending)
            outcome = self._run(reader, decoded, pending.next_sequence)
        action = decoded.transaction.action
        if outcome != Skip.SENDER_UNKNOWN or not isinstance(action, CampaignClaim):
            return outcome
        known = _Reserved(self._reader, decoded, pending or Pending(0, 0), has_record=True)
        reason = self._run(known, decoded)
        return Outcome.OUTPUT_BELOW_OPENING if reason == Outcome.DONE else reason

    def _run(
        self, reader: StateReader, decoded: Decoded, expected: int | None = None
    ) -> Outcome | Skip:
        return dry_run(reader, self._context, self._lane, decoded, expected)


class _Reserved:
    """The state, less what is on its way. ``has_record``: as if the sender had one."""

    __slots__ = ("_account", "_campaign", "_has_record", "_pending", "_state")

    def __init__(
        self, state: StateReader, decoded: Decoded, pending: Pending, *, has_record: bool = False
    ) -> None:
        self._state = state
        self._pending = pending
        self._has_record = has_record
        self._account = account_key(decoded.transaction.sender)
        self._campaign: bytes | None = None
        action = decoded.transaction.action
        if isinstance(action, CampaignClaim) and pending.claims:
            self._campaign = campaign_key(action.voucher.campaign)

    def get(self, key: bytes, /) -> bytes | None:
        """As the state's."""
        value = self._state.get(key)
        if key == self._account:
            return self._after_spending(value)
        if key == self._campaign and value is not None:
            return self._after_claims(value)
        return value

    def _after_spending(self, value: bytes | None) -> bytes | None:
        if value is None:
            return encode(NO_ACCOUNT) if self._has_record else None
        if not self._pending.spent:
            return value
        account = _ACCOUNT.decode(value)
        return encode(replace(account, balance=max(0, account.balance - self._pending.spent)))

    def _after_claims(self, value: bytes) -> bytes:
        campaign = _CAMPAIGN.decode(value)
        claimed = self._pending.claims * (campaign.reward + campaign.bonus)
        return encode(replace(campaign, left=max(0, campaign.left - claimed)))
