"""What touched an account, as one node lists it and as its proofs bear out. Prints nothing.

A node's list is its word. With ``verify`` each entry is proven to have happened and to have changed
the balance by so much; what an action does not say by itself (whose an order is, who wrote a
content) is read from the state, with proof.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise
from typing import Generic, NamedTuple, Protocol, TypeVar

from client.answers import ProvenReceipt, judge_entry, judge_receipt, read
from client.changes import Named, changes_of, changes_of_due, named_by, named_by_event
from client.fields import MAX_PAGE, format_time, from_base64, parse_time
from client.http import NodeApi
from client.light import LightClient
from client.render import action_view, event_view
from client.views import FellDueView, HistoryItem, Page
from primitives.actions import (
    Action,
    CampaignClaim,
    CampaignClose,
    CampaignCreate,
    ContentLike,
    ContentRegister,
    Mint,
    OrderDispute,
    OrderOpen,
    OrderRefund,
    OrderRelease,
    OrderResolve,
    OrderShip,
    Redeem,
    Refund,
    Transfer,
)
from primitives.address import address
from primitives.amount import format_signed, parse_amount
from primitives.commerce import content_id
from primitives.encoding import Malformed, Wire, decode
from primitives.entries import MAX_VALUE
from primitives.proof import EntryProof, ReceiptProof
from primitives.receipt import Event, Outcome, Receipt
from primitives.transaction import Decoded, decode_signed
from wallet.documents import DueEntry, HistoryEntry, Proof, proof_of


class _Placed(Protocol):
    @property
    def height(self) -> int:
        """Where it happened."""


E = TypeVar("E", bound=_Placed)
I = TypeVar("I")  # noqa: E741 - an item of a page


class Listing(NamedTuple):
    """What one node listed, newest first; ``more`` where the limit cut it, ``oldest`` the height
    below which the node keeps nothing, where that cut it."""

    entries: list[HistoryEntry]
    due: list[DueEntry]
    more: bool
    oldest: int | None


class _Happened(NamedTuple):
    """A receipt with where it stands: proven, or, without ``proof``, a node's word."""

    outcome: str
    height: int
    time_ms: int
    receipt: Receipt | None
    proof: Proof | None


class Lister:
    """Reads the pages of one node after the other until one of them is sound."""

    def __init__(self, light: LightClient, account: bytes, verify: bool) -> None:
        self._light = light
        self._account = account
        self._hrp = light.believed.genesis.network
        self._address = address(account, self._hrp)
        self._verify = verify

    async def listed(self, limit: int) -> Listing:
        """Up to ``limit`` entries of each list of the first node whose lists are sound."""

        async def ask(node: NodeApi) -> Listing:
            sent = await _paged(node.history, self._address, limit, self._entry, node)
            fell = await _paged(node.fell_due, self._address, limit, self._due, node)
            _check_order(sent.items)
            _check_order(fell.items)
            origins = [e.transaction for e in sent.items] + [e.origin for e in fell.items]
            if len(set(origins)) != len(origins):
                raise Malformed("answer_malformed", "a history that repeats something")
            oldest = sent.oldest or fell.oldest
            return Listing(sent.items, fell.items, sent.more or fell.more, oldest)

        return await self._light.first(ask, f"history of {self._address}")

    async def sent_complete(self, listing: Listing) -> bool | None:
        """Whether every sequence that the account used is among the entries, by its own proof."""
        if listing.more:
            return None
        proven = await self._light.account(self._account)
        sent = {
            entry.sequence
            for entry in listing.entries
            if (entry.sender, entry.channel) == (self._address, 0)
        }
        return set(range(proven.record.sequence)) <= sent

    async def _entry(self, node: NodeApi, item: HistoryItem) -> HistoryEntry:
        shown = decode_signed(from_base64(item.raw), self._light.believed.chain)
        if shown.id.hex() != item.id:
            raise Malformed("contradicts_proof", "an id that is not its transaction's")
        transaction = shown.transaction
        happened = self._happened(shown.id, item.status, item.proof)
        if happened is None:
            happened = _Happened(item.outcome, item.height, parse_time(item.time), None, None)
        changes = await self._changes(node, shown, happened)
        change = _said(item.change) if changes is None else changes.get(self._account, 0)
        partner, invoice = _where(transaction.action)
        return HistoryEntry(
            transaction=shown.id.hex(),
            height=happened.height,
            time=format_time(happened.time_ms),
            type=str(type(action_view(transaction.action, self._hrp)).__struct_config__.tag),
            outcome=happened.outcome,
            change=format_signed(change),
            sender=address(transaction.sender, self._hrp),
            to=[address(account, self._hrp) for account in self._to(shown, changes, change)],
            partner=partner,
            invoice=invoice,
            about=_about(shown),
            channel=transaction.channel,
            sequence=transaction.sequence,
            memo=None if transaction.memo is None else transaction.memo.hex(),
            proof=happened.proof,
        )

    async def _due(self, node: NodeApi, item: FellDueView) -> DueEntry:
        """Something that nobody sent: what was left of a campaign, or an order's end."""
        happened = self._happened(bytes.fromhex(item.origin), item.status, item.proof)
        shown, change = item.event, _said(item.change)
        if happened is None or happened.receipt is None:
            happened = _Happened(item.status, item.height, parse_time(item.time), None, None)
        else:
            event = _the_event(happened.receipt)
            shown = event_view(event, self._hrp)
            named = named_by_event(event)
            found = None if named is None else await self._read(node, named)
            change = changes_of_due(event, found).get(self._account, 0)
        return DueEntry(
            origin=item.origin,
            height=happened.height,
            time=format_time(happened.time_ms),
            event=shown,
            change=format_signed(change),
            proof=happened.proof,
        )

    def _happened(self, origin: bytes, status: str, text: str | None) -> _Happened | None:
        """A receipt as its proof bears it out; None if no proof was asked for."""
        if not self._verify:
            return None
        if text is None and status == "executed":
            raise Malformed("stale", "not certified yet")
        proven: ProvenReceipt = judge_receipt(
            self._light.believed, origin, read(ReceiptProof, text)
        )
        attestation = proven.certificate.attestation
        return _Happened(
            Outcome(proven.receipt.outcome).text,
            attestation.height,
            attestation.time,
            proven.receipt,
            proof_of(self._light.believed, proven.certificate),
        )

    async def _changes(
        self, node: NodeApi, shown: Decoded, happened: _Happened
    ) -> dict[bytes, int] | None:
        """What it did to each account; None where only the node's word tells that."""
        action, receipt = shown.transaction.action, happened.receipt
        named = named_by(action)
        if happened.outcome != Outcome.DONE.text:
            return {shown.transaction.sender: 0}
        if receipt is None:
            if not isinstance(action, Transfer | Mint | Redeem):
                return None
            return changes_of(shown.transaction, Receipt(shown.id, Outcome.DONE, ()), None)
        found = None if named is None else await self._read(node, named)
        return changes_of(shown.transaction, receipt, found)

    async def _read(self, node: NodeApi, named: Named) -> Wire:
        """The entry that says the rest; what is read of it never changes once it stands."""
        proof = read(EntryProof, (await node.entry(named.key)).proof)
        entry = judge_entry(self._light.believed, 0, named.key, proof)
        if entry.value is None:
            raise Malformed("stale", "something done to what is not there yet")
        return decode(named.kind, entry.value, MAX_VALUE)

    def _to(self, shown: Decoded, changes: dict[bytes, int] | None, change: int) -> list[bytes]:
        """Whom it went to. Of what a node says without proof, only this account's gain is known."""
        sender = shown.transaction.sender
        match shown.transaction.action:
            case Transfer(outputs=outputs):
                return [output.account for output in outputs]
            case Mint(to=to):
                return [to]
            case OrderOpen(offer=offer):
                return [offer.seller]
            case _ if changes is None:
                return [self._account] if change > 0 and sender != self._account else []
            case CampaignClaim() | CampaignClose():
                return [account for account, units in changes.items() if units > 0]
            case _:
                return [a for a, units in changes.items() if units > 0 and a != sender]


class _Paged(NamedTuple, Generic[E]):
    """Items of one list, whether there are more, and where the node's past begins if it ends the
    list."""

    items: list[E]
    more: bool
    oldest: int | None


async def _paged(
    ask: Callable[[str, str | None, int], Awaitable[Page[I]]],
    name: str,
    limit: int,
    judge: Callable[[NodeApi, I], Awaitable[E]],
    node: NodeApi,
) -> _Paged[E]:
    """Up to ``limit`` items, page after page, each judged."""
    entries: list[E] = []
    cursor = oldest = None
    while len(entries) < limit:
        page = await ask(name, cursor, min(MAX_PAGE, limit - len(entries)))
        entries += [await judge(node, item) for item in page.items]
        cursor, oldest = page.next, page.oldest
        if cursor is None:
            break
        if not page.items:
            raise Malformed("answer_malformed", "an empty page that leads to another")
    return _Paged(entries[:limit], cursor is not None or len(entries) > limit, oldest)


def _check_order(entries: Sequence[_Placed]) -> None:
    if any(later.height > earlier.height for earlier, later in pairwise(entries)):
        raise Malformed("answer_malformed", "a history that is not newest first")


def _the_event(receipt: Receipt) -> Event:
    """What fell due has one event that pays somebody. ``Malformed``: the list is of another."""
    for event in receipt.events:
        if named_by_event(event) is not None:
            return event
    raise Malformed("contradicts_proof", "nothing that paid anybody")


def _said(text: str) -> int:
    """A signed amount of a document."""
    units = parse_amount(text.removeprefix("-"))
    return -units if text.startswith("-") else units


def _where(action: Action) -> tuple[str | None, str | None]:
    """The partner, and the id of the invoice, where there is one."""
    match action:
        case Mint(partner=partner):
            return partner, None
        case Redeem(invoice=invoice):
            return invoice.partner, invoice.id.hex()
        case Refund(partner=partner, invoice=id_):
            return partner, id_.hex()
        case _:
            return None, None


def _about(shown: Decoded) -> str | None:
    """The id of the campaign, order or content, where there is one."""
    match shown.transaction.action:
        case CampaignCreate() | OrderOpen():
            return shown.id.hex()
        case CampaignClaim(voucher=voucher):
            return voucher.campaign.hex()
        case CampaignClose(campaign=id_) | ContentLike(content=id_):
            return id_.hex()
        case (
            OrderShip(order=id_)
            | OrderRelease(order=id_)
            | OrderRefund(order=id_)
            | OrderDispute(order=id_)
            | OrderResolve(order=id_)
        ):
            return id_.hex()
        case ContentRegister(hash=digest):
            return content_id(shown.transaction.sender, digest).hex()
        case _:
            return None
