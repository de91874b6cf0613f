"""Accounts, their histories, and any state entry, as of the newest certified height."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import msgspec

from client.fields import Page, format_time, to_base64
from client.views import AccountView, EntryView, HistoryItem
from node.api.asking import Answer, Ask
from node.api.documents import history_item, proof_text
from node.api.problems import ApiProblem
from node.api.seams import Api
from node.queries import NotCertified
from primitives.address import address
from primitives.amount import format_amount
from primitives.certificate import BeatCertificate
from primitives.encoding import Wire
from primitives.entries import NO_ACCOUNT, Account, Channel, account_key, channel_key
from primitives.hashing import ZERO_DIGEST
from primitives.proof import EntryProof

W = TypeVar("W", bound=Wire)


class _Entry(NamedTuple):
    """A value as of a height, with its proof if it was asked for."""

    value: bytes | None
    height: int
    time: int
    proof: EntryProof | None


async def account(ask: Ask) -> Answer:
    """An account; one without a record has nothing, provably."""
    api, id_, number = ask.api, ask.values["address"], ask.values["channel"]
    with_proof = ask.values["proof"]
    entry = _read(api, account_key(id_), with_proof)
    record = _decoded(entry.value, Account) or NO_ACCOUNT
    sequence, last, channel = record.sequence, record.last, None
    if number:
        channel = _read(api, channel_key(id_, number), with_proof)
        used = _decoded(channel.value, Channel) or Channel(0, ZERO_DIGEST)
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
        beat=proof_text(_beat(api, entry) if with_proof else None),
    )
    return Answer(document)


async def history(ask: Ask) -> Answer:
    """Transactions that touched an account, newest first."""
    api, id_, limit = ask.api, ask.values["address"], ask.values["limit"]
    cursor = ask.values["cursor"]
    if cursor is not None and len(cursor) != 2:
        raise ApiProblem("cursor_malformed", "take it from the page before")
    found = api.queries.history(id_, cursor, limit + 1)
    items: list[HistoryItem] = []
    for each in found[:limit]:
        proof = api.queries.prove_receipt(each.location)
        shown = proof if ask.values["proof"] else None
        items.append(history_item(each, id_, proof is not None, shown, api.network))
    more = len(found) > limit
    last = found[limit - 1].location if more else None
    following = None if last is None else f"{last.height}-{last.receipt}"
    return Answer(Page[HistoryItem](items=items, next=following))


async def entry(ask: Ask) -> Answer:
    """A state entry by its key."""
    api, key, with_proof = ask.api, ask.values["key"], ask.values["proof"]
    found = _read(api, key, with_proof)
    document = EntryView(
        key=key.hex(),
        value=None if found.value is None else to_base64(found.value),
        height=found.height,
        time=format_time(found.time),
        proof=proof_text(found.proof),
        beat=proof_text(_beat(api, found) if with_proof else None),
    )
    return Answer(document)


def _read(api: Api, key: bytes, with_proof: bool) -> _Entry:
    if not with_proof:
        height, time = api.queries.as_of()
        return _Entry(api.queries.value(key), height, time, None)
    try:
        proof = api.queries.prove_entry(key)
    except NotCertified:
        raise ApiProblem("not_certified") from None
    attested = proof.certificate.attestation
    return _Entry(proof.value, attested.height, attested.time, proof)


def _beat(api: Api, entry: _Entry) -> BeatCertificate | None:
    """The newest beat, if it is of the height that was proven."""
    certificate = api.status.newest_beat
    return certificate if certificate and certificate.beat.height == entry.height else None


def _decoded(value: bytes | None, kind: type[W]) -> W | None:
    return None if value is None else msgspec.msgpack.decode(value, type=kind)
