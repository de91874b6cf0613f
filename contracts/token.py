"""LiqBon changing hands. Knows balances and openings; not where LiqBon comes from.

Nothing here lowers a balance but the sender's, and nobody is the sender without having signed
([LEDGER-1]).
"""

from __future__ import annotations

from contracts.context import BlockContext
from contracts.state import Draft, Entries
from primitives.actions import OpenChannels, Transfer
from primitives.amount import MAX_SUPPLY
from primitives.entries import NO_ACCOUNT, Account, account_key
from primitives.receipt import AccountOpened, Outcome
from primitives.transaction import Decoded


def transfer(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """Move what the outputs say from the sender to them, in order ([LEDGER-4], [LEDGER-5]).

    Outputs may repeat an account or name the sender. An output to an account without a record opens
    it, so it alone, not the sum of those to that account, must reach ``opening``.
    """
    transaction = decoded.signed.transaction
    action = transaction.action
    assert isinstance(action, Transfer)
    opening = context.parameters.opening
    total = 0
    received: dict[bytes, int] = {}
    below_opening = False
    for output in action.outputs:
        to, amount = output.account, output.amount
        total += amount
        if to in received:
            received[to] += amount
        else:
            received[to] = amount
            if amount < opening and draft.entry(account_key(to), Account) is None:
                below_opening = True
    if total > MAX_SUPPLY:
        return Outcome.AMOUNT_OVERFLOW
    key = account_key(transaction.sender)
    sender = draft.entry(key, Account)
    assert sender is not None, transaction.sender.hex()
    if total > sender.balance:
        return Outcome.BALANCE_TOO_LOW
    if below_opening:
        return Outcome.OUTPUT_BELOW_OPENING
    draft.put(key, _with_balance(sender, sender.balance - total))
    for to, amount in received.items():
        credit(draft, to, amount)
    return Outcome.DONE


def open_channels(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """Let the sender use more channels, if it holds enough for them; nothing is taken ([TX-9])."""
    transaction = decoded.signed.transaction
    action = transaction.action
    assert isinstance(action, OpenChannels)
    key = account_key(transaction.sender)
    sender = draft.entry(key, Account)
    assert sender is not None, transaction.sender.hex()
    if action.channels <= sender.channels:
        return Outcome.CHANNELS_NOT_MORE
    if sender.balance < (action.channels - 1) * context.parameters.channel_balance:
        return Outcome.BALANCE_TOO_LOW
    draft.put(key, Account(sender.balance, action.channels, sender.sequence, sender.last))
    return Outcome.DONE


def may_open(entries: Entries, context: BlockContext, to: bytes, amount: int) -> bool:
    """Whether ``to`` has a record, or ``amount`` is enough to open one."""
    return (
        amount >= context.parameters.opening or entries.entry(account_key(to), Account) is not None
    )


def has_record(entries: Entries, account: bytes) -> bool:
    """Whether the account was opened before."""
    return entries.entry(account_key(account), Account) is not None


def balance(entries: Entries, account: bytes) -> int:
    """Units that the account holds."""
    return (entries.entry(account_key(account), Account) or NO_ACCOUNT).balance


def debit(draft: Draft, sender: bytes, amount: int) -> None:
    """Take ``amount`` units from who signed for it ([LEDGER-1]). Checks were made before."""
    key = account_key(sender)
    account = draft.entry(key, Account)
    assert account is not None, sender.hex()
    draft.put(key, _with_balance(account, account.balance - amount))


def credit(draft: Draft, to: bytes, amount: int) -> None:
    """Add ``amount`` units to an account, opening it if need be. Checks were made before."""
    key = account_key(to)
    account = draft.entry(key, Account)
    if account is None:
        account = NO_ACCOUNT
        draft.events.append(AccountOpened(to))
    draft.put(key, _with_balance(account, account.balance + amount))


def _with_balance(account: Account, balance: int) -> Account:
    return Account(balance, account.channels, account.sequence, account.last)
