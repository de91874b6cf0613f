"""Who may use which sequence, once. Knows replay protection; not what the transaction does.

A transaction that may not use its sequence is skipped and writes nothing, so that nobody can turn a
payment into a refusal by sending it again, too early, or through another lane ([TX-8]).
"""

from __future__ import annotations

from contracts.context import BlockContext
from contracts.state import Draft, State
from primitives.actions import CampaignClaim
from primitives.entries import NO_ACCOUNT, Account, Channel, account_key, channel_key
from primitives.hashing import ZERO_DIGEST
from primitives.receipt import AccountOpened, Skip
from primitives.transaction import Decoded, Transaction

_UNUSED = Channel(0, ZERO_DIGEST)


def use_sequence(
    state: State, context: BlockContext, decoded: Decoded, expected: int | None = None
) -> Draft | Skip:
    """A draft in which the transaction has used its sequence and nothing else happened yet.

    ``expected`` stands for transactions that are on their way: the next sequence is at least that.
    A claim may be its sender's first transaction and open its account; whoever calls skips it as
    ``SENDER_UNKNOWN`` unless it is done, so that only who is paid gets a record ([LEDGER-43]).
    """
    transaction = decoded.signed.transaction
    untimely = _untimely(context, transaction)
    if untimely is not None:
        return untimely
    key = account_key(transaction.sender)
    account = state.entry(key, Account)
    opens = account is None and isinstance(transaction.action, CampaignClaim)
    if opens:
        account = NO_ACCOUNT
    if account is None:
        return Skip.SENDER_UNKNOWN
    number = transaction.channel
    if number >= account.channels:
        return Skip.CHANNEL_UNOPENED
    if number:
        key = channel_key(transaction.sender, number)
        channel = state.entry(key, Channel) or _UNUSED
        following = channel.sequence
    else:
        following = account.sequence
    if expected is not None and expected > following:
        following = expected
    if transaction.sequence != following:
        return Skip.SEQUENCE_STALE if transaction.sequence < following else Skip.SEQUENCE_EARLY
    draft = Draft(state)
    after = transaction.sequence + 1
    if number:
        draft.put(key, Channel(after, decoded.id))
    else:
        draft.put(key, Account(account.balance, account.channels, after, decoded.id))
    if opens:
        draft.events.append(AccountOpened(transaction.sender))
    return draft


def _untimely(context: BlockContext, transaction: Transaction) -> Skip | None:
    """Block time may reach ``valid_until``, not pass it, and not be too far before it."""
    if transaction.valid_until < context.time:
        return Skip.EXPIRED
    if transaction.valid_until > context.time + context.parameters.validity_limit_ms:
        return Skip.VALID_TOO_LONG
    return None
