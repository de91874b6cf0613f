"""Nodes that answer from a ledger in memory, honestly or not. Knows documents; no socket.

``HonestNode`` serves ``tests.fakes.ordering.Ledger`` as ``client.http.NodeApi`` asks. A liar wraps
one and changes an answer on its way: each kind of lie is a function from document to document.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from client import views
from client.errors import Refusal, Silent
from client.fields import Page, format_time, to_base64
from client.render import action_view, receipt_view
from node.api.documents import fell_due_view
from node.queries import Found, Queries
from primitives.address import address, parse_address
from primitives.amount import format_amount, format_signed
from primitives.encoding import Malformed, encode
from primitives.entries import NO_ACCOUNT, Account, Channel, account_key, channel_key
from primitives.genesis import chain_id
from primitives.keys import ED25519
from primitives.receipt import Outcome, Skip
from primitives.transaction import decode_signed, signatures
from tests.fakes.ordering import Ledger

ZEROS = "00" * 32


class HonestNode:
    """One node over a ledger that several may share."""

    def __init__(self, ledger: Ledger, url: str = "http://honest") -> None:
        self.url = url
        self.ledger = ledger
        self.queries = Queries(ledger.executor)
        self.beat: str | None = None
        self.epoch_views: list[views.EpochView] = []
        self.submitted: list[bytes] = []
        self.asked: list[str] = []

    @property
    def hrp(self) -> str:
        return self.ledger.genesis.network

    async def status(self) -> views.StatusView:
        self.asked.append("status")
        certificate = self.queries.certificate()
        height, time = self.queries.as_of()
        return views.StatusView(
            chain=chain_id(self.ledger.genesis).hex(),
            network=self.hrp,
            name=self.ledger.genesis.name,
            software="fake",
            protocol=1,
            partner="north",
            index=0,
            epoch=0,
            view=height + 1,
            final_height=height,
            executed_height=height,
            certified_height=height,
            history="everything",
            oldest_height=0,
            time=format_time(time),
            state_root=ZEROS if certificate is None else certificate.attestation.state_root.hex(),
            ready=True,
            halted=None,
            pending=0,
            peers=[],
            certificate=None if certificate is None else to_base64(encode(certificate)),
            beat=self.beat,
        )

    async def account(self, address: str, channel: int) -> views.AccountView:
        self.asked.append("account")
        account = parse_address(address, self.hrp)
        height, time = self.queries.as_of()
        entry = self.queries.entry(account_key(account), Account)
        record = entry or NO_ACCOUNT
        used = Channel(record.sequence, record.last)
        channel_proof = None
        if channel:
            key = channel_key(account, channel)
            used = self.queries.entry(key, Channel) or Channel(0, NO_ACCOUNT.last)
            channel_proof = to_base64(encode(self.queries.prove_entry(key)))
        return views.AccountView(
            address=address,
            exists=entry is not None,
            balance=format_amount(record.balance),
            channels=record.channels,
            channel=channel,
            sequence=used.sequence,
            next_sequence=used.sequence,
            last=used.last.hex(),
            height=height,
            time=format_time(time),
            proof=to_base64(encode(self.queries.prove_entry(account_key(account)))),
            channel_proof=channel_proof,
            beat=self.beat,
        )

    async def entry(self, key: bytes) -> views.EntryView:
        self.asked.append("entry")
        height, time = self.queries.as_of()
        value = self.queries.value(key)
        return views.EntryView(
            key=key.hex(),
            value=None if value is None else to_base64(value),
            height=height,
            time=format_time(time),
            proof=to_base64(encode(self.queries.prove_entry(key))),
            beat=self.beat,
        )

    async def entries(self, keys: Sequence[bytes]) -> views.EntriesView:
        self.asked.append("entries")
        height, time = self.queries.as_of()
        found = [(key, self.queries.value(key)) for key in keys]
        items = [
            views.EntryItem(
                key=key.hex(),
                value=None if value is None else to_base64(value),
                proof=to_base64(encode(self.queries.prove_entry(key))),
            )
            for key, value in found
        ]
        return views.EntriesView(items=items, height=height, time=format_time(time), beat=self.beat)

    async def transaction(self, id_: bytes) -> views.TransactionView | None:
        self.asked.append("transaction")
        found = self.queries.transaction(id_)
        return None if found is None else self._transaction_view(found)

    async def submit(self, raw: bytes, wait_s: float) -> views.TransactionView | None:
        self.asked.append("submit")
        try:
            self._admit(raw)
        except Refusal as refusal:
            if refusal.http != 409:
                raise
        return await self.transaction(decode_signed(raw, self.ledger.executor.chain).id)

    async def submit_many(self, raws: Sequence[bytes]) -> list[views.SubmissionResult]:
        self.asked.append("submit_many")
        results = []
        for raw in raws:
            try:
                self._admit(raw)
                results.append(_result(raw, self.ledger, 202, None))
            except Refusal as refusal:
                results.append(_result(raw, self.ledger, refusal.http, refusal.code))
        return results

    async def fell_due(
        self, address: str, cursor: str | None, limit: int
    ) -> Page[views.FellDueView]:
        """Its first page alone: no test asks for more."""
        self.asked.append("fell_due")
        assert cursor is None
        account = parse_address(address, self.hrp)
        items = []
        for found in self.queries.fell_due(account, None, limit):
            proof = self.queries.prove_receipt_at(found.height, found.place)
            items.append(fell_due_view(found, account, proof is not None, proof, self.hrp))
        return Page(items=items, next=None)

    async def history(
        self, address: str, cursor: str | None, limit: int
    ) -> Page[views.HistoryItem]:
        self.asked.append("history")
        before = None
        if cursor:
            height, _, receipt = cursor.partition("-")
            before = (int(height), int(receipt))
        account = parse_address(address, self.hrp)
        found = self.queries.history(account, before, limit + 1)
        items = [self._history_item(f, account) for f in found[:limit]]
        last = found[limit - 1].location if len(found) > limit else None
        following = None if last is None else f"{last.height}-{last.receipt}"
        return Page[views.HistoryItem](items=items, next=following)

    async def epochs(self, cursor: str | None) -> Page[views.EpochView]:
        self.asked.append("epochs")
        return Page[views.EpochView](items=self.epoch_views, next=None)

    async def genesis(self) -> views.GenesisView:
        raise NotImplementedError

    def _admit(self, raw: bytes) -> None:
        """What an ingress decides: form, signatures, a dry run; then a block with it."""
        self.submitted.append(raw)
        try:
            decoded = decode_signed(raw, self.ledger.executor.chain)
        except Malformed as error:
            raise Refusal(self.url, error.code, error.detail, 422) from None
        if not all(ED25519.verify_many(signatures(decoded))):
            raise Refusal(self.url, "signature_invalid", "", 422)
        if self.queries.transaction(decoded.id) is not None:
            raise Refusal(self.url, "already_known", "", 409)
        outcome = self.ledger.executor.trial(0, self.ledger.now_ms()).judge(decoded)
        if isinstance(outcome, Skip) or outcome is not Outcome.DONE:
            raise Refusal(self.url, outcome.text, "", 422)
        self.ledger.block(decoded)

    def _transaction_view(self, found: Found) -> views.TransactionView:
        transaction = found.decoded.transaction
        proof = self.queries.prove_receipt(found.location)
        return views.TransactionView(
            id=found.decoded.id.hex(),
            status="final" if proof else "executed",
            code=None,
            sender=address(transaction.sender, self.hrp),
            channel=transaction.channel,
            sequence=transaction.sequence,
            valid_until=format_time(transaction.valid_until),
            action=action_view(transaction.action, self.hrp),
            memo=None,
            height=found.location.height,
            index=found.location.receipt,
            time=format_time(found.record.header.time),
            receipt=receipt_view(found.receipt, self.hrp),
            raw=to_base64(found.raw),
            proof=None if proof is None else to_base64(encode(proof)),
        )

    def _history_item(self, found: Found, account: bytes) -> views.HistoryItem:
        view = self._transaction_view(found)
        return views.HistoryItem(
            id=view.id,
            height=found.location.height,
            index=found.location.receipt,
            time=view.time or "",
            status=view.status,
            sender=view.sender,
            sequence=view.sequence,
            channel=view.channel,
            action=view.action,
            memo=None,
            outcome=Outcome(found.receipt.outcome).text,
            change=format_signed(found.changes.get(account, 0)),
            raw=view.raw,
            proof=view.proof,
        )


def _result(raw: bytes, ledger: Ledger, status: int, code: str | None) -> views.SubmissionResult:
    try:
        id_ = decode_signed(raw, ledger.executor.chain).id.hex()
    except Malformed:
        id_ = None
    return views.SubmissionResult(id=id_, status=status, code=code, detail=None)


class Liar(HonestNode):
    """Changes what an honest node would answer. ``lies``: verb -> what is done to the answer."""

    def __init__(
        self, ledger: Ledger, lies: dict[str, Callable[[Any], Any]], url: str = "http://liar"
    ) -> None:
        super().__init__(ledger, url)
        self._lies = lies

    async def account(self, address: str, channel: int) -> views.AccountView:
        return self._told("account", await super().account(address, channel))

    async def entry(self, key: bytes) -> views.EntryView:
        return self._told("entry", await super().entry(key))

    async def entries(self, keys: Sequence[bytes]) -> views.EntriesView:
        return self._told("entries", await super().entries(keys))

    async def status(self) -> views.StatusView:
        return self._told("status", await super().status())

    async def transaction(self, id_: bytes) -> views.TransactionView | None:
        return self._told("transaction", await super().transaction(id_))

    async def history(
        self, address: str, cursor: str | None, limit: int
    ) -> Page[views.HistoryItem]:
        return self._told("history", await super().history(address, cursor, limit))

    def _told(self, verb: str, answer: Any) -> Any:
        return self._lies.get(verb, lambda honest: honest)(answer)


class SilentNode(HonestNode):
    """A node that is down."""

    def __init__(self, ledger: Ledger, url: str = "http://silent") -> None:
        super().__init__(ledger, url)

    async def status(self) -> views.StatusView:
        raise Silent(self.url, "unreachable")

    async def account(self, address: str, channel: int) -> views.AccountView:
        raise Silent(self.url, "unreachable")

    async def entry(self, key: bytes) -> views.EntryView:
        raise Silent(self.url, "unreachable")

    async def entries(self, keys: Sequence[bytes]) -> views.EntriesView:
        raise Silent(self.url, "unreachable")

    async def transaction(self, id_: bytes) -> views.TransactionView | None:
        raise Silent(self.url, "unreachable")

    async def submit(self, raw: bytes, wait_s: float) -> views.TransactionView | None:
        raise Silent(self.url, "unreachable")

    async def submit_many(self, raws: Sequence[bytes]) -> list[views.SubmissionResult]:
        raise Silent(self.url, "unreachable")

    async def history(
        self, address: str, cursor: str | None, limit: int
    ) -> Page[views.HistoryItem]:
        raise Silent(self.url, "unreachable")

    async def fell_due(
        self, address: str, cursor: str | None, limit: int
    ) -> Page[views.FellDueView]:
        raise Silent(self.url, "unreachable")

    async def epochs(self, cursor: str | None) -> Page[views.EpochView]:
        raise Silent(self.url, "unreachable")


def with_field(**fields: Any) -> Callable[[Any], Any]:
    """A lie: the same document with other fields."""
    return lambda view: replace(view, **fields)
