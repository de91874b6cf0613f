"""Accounts, their histories, and any state entry, as of the newest certified height."""

from __future__ import annotations

from client.fields import Page, format_time, to_base64
from client.views import AccountView, EntriesView, EntryItem, EntryView, FellDueView, HistoryItem
from node.api.asking import Answer, Ask, place_before
from node.api.documents import fell_due_view, history_item, proof_text
from node.api.past import oldest_of
from node.api.reading import beat_of, read, shown
from primitives.address import address
from primitives.amount import format_amount
from primitives.entries import NO_ACCOUNT, Account, Channel, account_key, channel_key
from primitives.hashing import ZERO_DIGEST


async def account(ask: Ask) -> Answer:
    """An account; one without a record has nothing, provably."""
    api, id_, number = ask.api, ask.values["address"], ask.values["channel"]
    with_proof = ask.values["proof"]
    entry = read(api, account_key(id_), with_proof)
    record = entry.decoded(Account) or NO_ACCOUNT
    sequence, last, channel = record.sequence, record.last, None
    if number:
        channel = read(api, channel_key(id_, number), with_proof)
        used = channel.decoded(Channel) or Channel(0, ZERO_DIGEST)
        sequence, last = used.sequence, used.last
    document = AccountView(
        address=address(id_, api.network),
        exists=entry.value is not None,
        balance=format_amount(record.balance),
        channels=record.channels,
        channel=number,
        sequence=sequence,
        next_sequence=api.ingress.next_sequence(id_, number),
        last=None if last == ZERO_DIGEST else last.hex(),
        height=entry.height,
        time=format_time(entry.time),
        proof=proof_text(entry.proof),
        channel_proof=None if channel is None else proof_text(channel.proof),
        beat=proof_text(beat_of(api, entry)),
    )
    return Answer(document)


async def history(ask: Ask) -> Answer:
    """Transactions that touched an account, newest first."""
    api, id_, limit = ask.api, ask.values["address"], ask.values["limit"]
    cursor = place_before(ask)
    found = api.queries.history(id_, cursor, limit + 1)
    items: list[HistoryItem] = []
    for each in found[:limit]:
        proof = api.queries.prove_receipt(each.location)
        asked = proof if ask.values["proof"] else None
        items.append(history_item(each, id_, proof is not None, asked, api.network))
    more = len(found) > limit
    last = found[limit - 1].location if more else None
    following = None if last is None else f"{last.height}-{last.receipt}"
    oldest = None if more else oldest_of(api)
    return Answer(Page[HistoryItem](items=items, next=following, oldest=oldest))


async def fell_due(ask: Ask) -> Answer:
    """What fell due by itself and paid an account, newest first."""
    api, id_, limit = ask.api, ask.values["address"], ask.values["limit"]
    found = api.queries.fell_due(id_, place_before(ask), limit + 1)
    items: list[FellDueView] = []
    for each in found[:limit]:
        proof = api.queries.prove_receipt_at(each.height, each.place)
        asked = proof if ask.values["proof"] else None
        items.append(fell_due_view(each, id_, proof is not None, asked, api.network))
    last = found[limit - 1] if len(found) > limit else None
    following = None if last is None else f"{last.height}-{last.place}"
    oldest = oldest_of(api) if last is None else None
    return Answer(Page[FellDueView](items=items, next=following, oldest=oldest))


async def entry(ask: Ask) -> Answer:
    """A state entry by its key."""
    found = read(ask.api, ask.values["key"], ask.values["proof"])
    value = None if found.value is None else to_base64(found.value)
    return Answer(EntryView(value=value, **shown(ask.api, found)))


async def entries(ask: Ask) -> Answer:
    """Several state entries by their keys, all as of one height."""
    found = [read(ask.api, key, ask.values["proof"]) for key in ask.values["keys"]]
    first = found[0]
    items = [
        EntryItem(
            key=each.key.hex(),
            value=None if each.value is None else to_base64(each.value),
            proof=proof_text(each.proof),
        )
        for each in found
    ]
    document = EntriesView(
        items=items,
        height=first.height,
        time=format_time(first.time),
        beat=proof_text(beat_of(ask.api, first)),
    )
    return Answer(document)
