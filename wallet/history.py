"""history: what touched an account. Lists a node's word, or, with --verify, what it proves."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import click
import msgspec

from client.answers import judge_entry, judge_receipt, read
from client.errors import Fault, none_answered
from client.fields import MAX_PAGE, format_time, from_base64, parse_time
from client.home import open_home
from client.http import NodeApi
from client.light import LightClient
from client.render import action_view, balance_change
from client.session import connected, tell
from client.views import HistoryItem
from primitives.actions import Action, Mint, Redeem, Refund, Transfer
from primitives.address import address
from primitives.amount import format_amount, format_signed
from primitives.encoding import Malformed, decode
from primitives.entries import Redemption, redemption_key
from primitives.proof import EntryProof, ReceiptProof
from primitives.receipt import Outcome
from primitives.transaction import Transaction, decode_signed
from shell.command import Common, common_options, examples
from wallet.documents import HistoryDocument, HistoryEntry, Proof, proof_of, told
from wallet.setup import home_path


class Listing(msgspec.Struct, frozen=True):
    """What one node listed, newest first; ``more`` where the limit cut it."""

    entries: list[HistoryEntry]
    more: bool


@click.command(
    epilog=examples("liqbon-wallet history", "liqbon-wallet history --verify --limit 100")
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, help="20 unless told.")
@click.option("--verify", is_flag=True, help="Check the proof of each one.")
@common_options("home", "node", "account", "timeout_s")
def history(common: Common, limit: int, verify: bool) -> None:
    """List the transactions that touched an account, newest first.

    With --verify each one is proven to have happened, and to have changed the balance by so much;
    that none which the account sent is missing is proven by its sequence. Nothing can prove that a
    node did not leave out something that the account received: compare the sum with 'balance'.
    """
    asyncio.run(_history(common, limit, verify))


async def _history(common: Common, limit: int, verify: bool) -> None:
    home = open_home(home_path(common))
    account = home.account_id(common.account)
    async with connected(home, common.node, common.timeout_s) as light:
        lister = _Lister(light, account, verify)
        try:
            listing = await lister.listed(limit)
            complete = await lister.sent_complete(listing) if verify else None
        finally:
            tell(common.printer, light.blames)
        document = HistoryDocument(
            account=common.account,
            address=address(account, home.genesis.network),
            entries=listing.entries,
            verified=verify,
            sent_complete=complete,
            more=listing.more,
            blames=light.blames,
        )
    rows = [
        [
            e.time,
            str(e.height),
            e.type,
            e.partner or "",
            e.change,
            e.outcome,
            told(e.proof) if e.proof else "a node's word",
            e.transaction,
        ]
        for e in document.entries
    ]
    heads = ["time", "height>", "type", "partner", "LiqBon>", "outcome", "proof", "transaction"]
    common.printer.table(heads, rows)
    if complete is not None:
        common.printer.line(
            "all that it sent are listed" if complete else "some it sent are missing"
        )
    common.printer.document(document)


class _Lister:
    """Reads the pages of one node after the other until one of them is sound."""

    def __init__(self, light: LightClient, account: bytes, verify: bool) -> None:
        self._light = light
        self._account = account
        self._address = address(account, light.believed.genesis.network)
        self._verify = verify

    async def listed(self, limit: int) -> Listing:
        """Up to ``limit`` entries of the first node whose list is sound."""

        async def ask(node: NodeApi) -> Listing:
            entries: list[HistoryEntry] = []
            cursor = None
            while len(entries) < limit:
                page = await node.history(
                    self._address, cursor, min(MAX_PAGE, limit - len(entries))
                )
                entries += [await self._entry(node, item) for item in page.items]
                cursor = page.next
                if cursor is None:
                    break
                if not page.items:
                    raise Malformed("answer_malformed", "an empty page that leads to another")
            _check_order(entries)
            return Listing(entries[:limit], cursor is not None or len(entries) > limit)

        blames = []
        for node in self._light.nodes:
            try:
                return await self._light.judged(node, ask)
            except Fault as fault:
                blames.append(self._light.blame(fault))
        raise none_answered(blames, f"history of {self._address}")

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
        proof: Proof | None = None
        outcome, height, time_ms = item.outcome, item.height, parse_time(item.time)
        if self._verify:
            if item.proof is None and item.status == "executed":
                raise Malformed("stale", "not certified yet")
            proven = judge_receipt(self._light.believed, shown.id, read(ReceiptProof, item.proof))
            proof = proof_of(self._light.believed, proven.certificate)
            outcome = Outcome(proven.receipt.outcome).text
            height = proven.certificate.attestation.height
            time_ms = proven.certificate.attestation.time
        payer = await self._payer(node, item, transaction.action, outcome)
        hrp = self._light.believed.genesis.network
        partner, invoice = _where(transaction.action)
        return HistoryEntry(
            transaction=shown.id.hex(),
            height=height,
            time=format_time(time_ms),
            type=_type_of(transaction.action, hrp),
            outcome=outcome,
            change=format_signed(change_of(transaction, self._account, outcome, payer)),
            sender=address(transaction.sender, hrp),
            to=[address(account, hrp) for account in _recipients(transaction.action, payer)],
            partner=partner,
            invoice=invoice,
            channel=transaction.channel,
            sequence=transaction.sequence,
            memo=None if transaction.memo is None else transaction.memo.hex(),
            proof=proof,
        )

    async def _payer(
        self, node: NodeApi, item: HistoryItem, action: Action, outcome: str
    ) -> bytes | None:
        """Who got a refund: its invoice's redemption says it, and never changes.

        Without --verify it is the node's word that it was this account.
        """
        if not isinstance(action, Refund) or outcome != Outcome.DONE.text:
            return None
        if not self._verify:
            return self._account if item.change == format_amount(action.amount) else None
        key = redemption_key(action.partner, action.invoice)
        proof = read(EntryProof, (await node.entry(key)).proof)
        entry = judge_entry(self._light.believed, 0, key, proof)
        if entry.value is None:
            raise Malformed("stale", "a refund on an invoice that nobody redeemed yet")
        return decode(Redemption, entry.value).payer


def change_of(
    transaction: Transaction, account: bytes, outcome: str, payer: bytes | None = None
) -> int:
    """What a transaction did to an account's balance, in units; nothing if it was refused.

    ``payer`` is who redeemed the invoice of a refund.
    """
    if outcome != Outcome.DONE.text:
        return 0
    return balance_change(transaction, Outcome.DONE, account, payer)


def _type_of(action: Action, network: str) -> str:
    """The name of an action, as the API spells it."""
    return str(type(action_view(action, network)).__struct_config__.tag)


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


def _recipients(action: Action, payer: bytes | None) -> list[bytes]:
    match action:
        case Transfer(outputs=outputs):
            return [output.account for output in outputs]
        case Mint(to=to):
            return [to]
        case Refund() if payer is not None:
            return [payer]
        case _:
            return []


def _check_order(entries: list[HistoryEntry]) -> None:
    heights = [entry.height for entry in entries]
    if any(later > earlier for earlier, later in pairwise(heights)):
        raise Malformed("answer_malformed", "a history that is not newest first")
    if len({entry.transaction for entry in entries}) != len(entries):
        raise Malformed("answer_malformed", "a history that repeats a transaction")
