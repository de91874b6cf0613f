"""The ledger's values as documents of ``client.views``. Knows both forms; asks nobody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from client import views
from client.changes import named_by_event
from client.fields import format_time, to_base64
from client.render import action_view, event_view, receipt_view
from node.archive import BlockRecord
from node.queries import Found, FoundDue
from primitives.address import address
from primitives.amount import format_signed
from primitives.batch import Batch
from primitives.certificate import StateCertificate
from primitives.encoding import Wire, encode
from primitives.genesis import Genesis, chain_id
from primitives.receipt import Outcome
from primitives.transaction import Decoded
from primitives.validators import ValidatorSet

T = TypeVar("T")


def proof_text(proof: Wire | None) -> str | None:
    """A proof as documents carry it."""
    return None if proof is None else to_base64(encode(proof))


def page_of(items: Sequence[T], start: int, limit: int) -> tuple[Sequence[T], str | None]:
    """Items from place ``start`` on, and the cursor of what follows."""
    end = start + limit
    return items[start:end], str(end) if end < len(items) else None


def pending_view(decoded: Decoded, raw: bytes, network: str) -> views.TransactionView:
    """A transaction that has no receipt yet."""
    return _transaction(decoded, raw, network, {"status": "pending"})


def skipped_view(decoded: Decoded, raw: bytes, code: str, network: str) -> views.TransactionView:
    """A transaction that was ordered and wrote nothing."""
    return _transaction(decoded, raw, network, {"status": "skipped", "code": code})


def found_view(
    found: Found, is_final: bool, proof: Wire | None, network: str
) -> views.TransactionView:
    """A transaction with its receipt."""
    fate: dict[str, object] = {
        "status": "final" if is_final else "executed",
        "code": None if found.receipt.outcome == Outcome.DONE else found.receipt.outcome.text,
        "height": found.location.height,
        "index": found.location.receipt,
        "time": format_time(found.record.header.time),
        "receipt": receipt_view(found.receipt, network),
        "proof": proof_text(proof),
    }
    return _transaction(found.decoded, found.raw, network, fate)


def _transaction(
    decoded: Decoded, raw: bytes, network: str, fate: dict[str, object]
) -> views.TransactionView:
    transaction = decoded.transaction
    known: dict[str, object] = {
        "code": None,
        "height": None,
        "index": None,
        "time": None,
        "receipt": None,
        "proof": None,
    }
    return views.TransactionView(
        id=decoded.id.hex(),
        sender=address(transaction.sender, network),
        channel=transaction.channel,
        sequence=transaction.sequence,
        valid_until=format_time(transaction.valid_until),
        action=action_view(transaction.action, network),
        memo=None if transaction.memo is None else transaction.memo.hex(),
        raw=to_base64(raw),
        **(known | fate),  # type: ignore[arg-type]
    )


def history_item(
    found: Found, account: bytes, is_final: bool, proof: Wire | None, network: str
) -> views.HistoryItem:
    """A transaction as the account ``account`` saw it."""
    transaction = found.decoded.transaction
    outcome = found.receipt.outcome
    return views.HistoryItem(
        id=found.decoded.id.hex(),
        height=found.location.height,
        index=found.location.receipt,
        time=format_time(found.record.header.time),
        status="final" if is_final else "executed",
        sender=address(transaction.sender, network),
        sequence=transaction.sequence,
        channel=transaction.channel,
        action=action_view(transaction.action, network),
        memo=None if transaction.memo is None else transaction.memo.hex(),
        outcome=outcome.text,
        change=format_signed(found.changes.get(account, 0)),
        raw=to_base64(found.raw),
        proof=proof_text(proof),
    )


def fell_due_view(
    found: FoundDue, account: bytes, is_final: bool, proof: Wire | None, network: str
) -> views.FellDueView:
    """What fell due and paid the account ``account``."""
    [event] = [event for event in found.receipt.events if named_by_event(event) is not None]
    return views.FellDueView(
        origin=found.receipt.origin.hex(),
        height=found.height,
        index=found.place,
        time=format_time(found.record.header.time),
        status="final" if is_final else "executed",
        event=event_view(event, network),
        change=format_signed(found.changes[account]),
        proof=proof_text(proof),
    )


def block_view(record: BlockRecord, partners: Sequence[str], certified: bool) -> views.BlockView:
    """An executed block; ``partners`` are the codes of the epoch's members."""
    header = record.header
    return views.BlockView(
        height=header.height,
        digest=record.digest.hex(),
        parent=header.parent.hex(),
        epoch=header.epoch,
        view=header.view,
        time=format_time(header.time),
        proposer=partners[header.proposer],
        receipts=record.receipts,
        transactions=record.transactions,
        state_root=record.state_root.hex(),
        receipts_root=record.receipts_root.hex(),
        certified=certified,
    )


def batch_summaries(record: BlockRecord, partners: Sequence[str]) -> list[views.BatchSummary]:
    """What a block ordered, in order."""
    return [
        views.BatchSummary(
            lane=batch.lane,
            partner=partners[batch.lane],
            digest=batch.digest.hex(),
            seq=batch.seq,
            transactions=batch.count,
        )
        for batch in record.batches
    ]


def batch_view(digest: bytes, batch: Batch, ids: Sequence[bytes], raw: bytes) -> views.BatchView:
    """A batch with the ids of its transactions."""
    header = batch.header
    return views.BatchView(
        digest=digest.hex(),
        epoch=header.epoch,
        author=header.author,
        seq=header.seq,
        previous=header.previous.hex(),
        weight=header.weight,
        transactions=[id_.hex() for id_ in ids],
        raw=to_base64(raw),
    )


def certificate_view(certificate: StateCertificate) -> views.CertificateView:
    """A state certificate."""
    attested = certificate.attestation
    return views.CertificateView(
        height=attested.height,
        epoch=attested.epoch,
        block=attested.block.hex(),
        time=format_time(attested.time),
        state_root=attested.state_root.hex(),
        receipts_root=attested.receipts_root.hex(),
        signers=[signature.author for signature in certificate.signatures],
        certificate=to_base64(encode(certificate)),
    )


def validators_view(members: ValidatorSet) -> views.ValidatorsView:
    """The members of an epoch."""
    return views.ValidatorsView(
        epoch=members.epoch,
        quorum=members.quorum,
        faults=members.faults,
        hash=members.hash.hex(),
        members=[
            views.ValidatorView(index=place, partner=member.partner, key=member.key.hex())
            for place, member in enumerate(members.members)
        ],
    )


def genesis_view(genesis: Genesis) -> views.GenesisView:
    """The genesis; amounts among the parameters are in units of 10^-6 LiqBon."""
    parameters = genesis.parameters
    return views.GenesisView(
        chain=chain_id(genesis).hex(),
        network=genesis.network,
        name=genesis.name,
        time=format_time(genesis.time),
        partners=[partner.code for partner in genesis.partners],
        custodians=[custodian.code for custodian in genesis.custodians],
        settlement_custodian=genesis.settlement_custodian,
        parameters={name: getattr(parameters, name) for name in parameters.__struct_fields__},
        raw=to_base64(encode(genesis)),
    )
