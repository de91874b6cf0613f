"""Questions about the ledger, with proofs. Knows the executor; no HTTP, no JSON, no peer.

State is answered as of the newest certified height that can be proven: newer values exist nowhere
but here until a quorum attests them. Receipts are proven under their own height's certificate.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple, TypeVar

import msgspec

from client.changes import Changes, changes_of, named_by
from node.archive import BlockRecord
from node.executor import Executor
from node.index import Listing, Location, due_paid, fell_due, history, listed
from primitives.certificate import StateCertificate
from primitives.encoding import Wire
from primitives.entries import DIRECTORY_KEY, Directory, Partner, partner_key
from primitives.proof import EntryProof, ReceiptProof
from primitives.receipt import Receipt
from primitives.transaction import Decoded, decode_signed

W = TypeVar("W", bound=Wire)


class NotCertified(Exception):
    """A proof was asked for before a quorum attested the height. Later it will be there."""


class Found(NamedTuple):
    """A transaction that has a receipt, and what it did to the balances of those it touched."""

    location: Location
    raw: bytes
    decoded: Decoded
    receipt: Receipt
    record: BlockRecord
    changes: Changes


class FoundDue(NamedTuple):
    """Something that fell due and paid accounts: the receipt at ``place`` of its height."""

    place: int
    receipt: Receipt
    record: BlockRecord
    changes: Changes

    @property
    def height(self) -> int:
        """Where it happened."""
        return self.record.header.height


class Queries:
    """Read-only; every call sees whole heights."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    # --- state ----------------------------------------------------------------------------------

    def certificate(self) -> StateCertificate | None:
        """The certificate that state is proven under; None if there is none yet."""
        certificate = self._executor.certified
        if certificate is None:
            return None
        provable = self._executor.state.is_provable(certificate.attestation.height)
        return certificate if provable else None

    def as_of(self) -> tuple[int, int]:
        """The height that state is answered for, and its time: certified, if possible."""
        certificate = self.certificate()
        if certificate is not None:
            return certificate.attestation.height, certificate.attestation.time
        header = self._executor.head_record.header
        return header.height, header.time

    def value(self, key: bytes) -> bytes | None:
        """A state entry's canonical value as of ``as_of``."""
        return self._executor.state.at(self.as_of()[0], key)

    def entry(self, key: bytes, kind: type[W]) -> W | None:
        """A state entry as of ``as_of``."""
        raw = self.value(key)
        return None if raw is None else msgspec.msgpack.decode(raw, type=kind)

    def prove_entry(self, key: bytes) -> EntryProof:
        """A state entry or its absence, proven. Raises ``NotCertified``."""
        certificate = self.certificate()
        if certificate is None:
            raise NotCertified
        height = certificate.attestation.height
        state = self._executor.state
        return EntryProof(certificate, key, state.at(height, key), state.prove(height, key))

    def expect(self, key: bytes, kind: type[W]) -> W:
        """A state entry that another one names, as of ``as_of``."""
        found = self.entry(key, kind)
        assert found is not None, key.hex()
        return found

    def partners(self) -> list[Partner]:
        """All partners that have not left, in the order of their admission."""
        directory = self.entry(DIRECTORY_KEY, Directory)
        codes = directory.partners if directory is not None else ()
        return [self.expect(partner_key(code), Partner) for code in codes]

    # --- transactions ---------------------------------------------------------------------------

    def transaction(self, id_: bytes) -> Found | None:
        """The transaction of this id, if it has a receipt here."""
        location = self._executor.place_of(id_)
        return None if location is None else self._at(location)

    def history(self, account: bytes, before: tuple[int, int] | None, limit: int) -> list[Found]:
        """At most ``limit`` transactions that touched an account, newest first, of what is kept.

        ``before`` is the (height, receipt) of the last one seen.
        """
        return list(islice(self._history(account, before), limit))

    def fell_due(
        self, account: bytes, before: tuple[int, int] | None, limit: int
    ) -> list[FoundDue]:
        """At most ``limit`` of what fell due by itself and paid an account, newest first."""
        return list(islice(self._fell_due(account, before), limit))

    def touching(self, account: bytes, height: int) -> list[int]:
        """Places of the receipts of a height that touched an account, ascending."""
        after = (height, 2**32 - 1)
        found = []
        for due in self._fell_due(account, after):
            if due.height < height:
                break
            found.append(due.place)
        for each in self._history(account, after):
            if each.location.height < height:
                break
            found.append(each.location.receipt)
        return sorted(found)

    def listed(
        self, listing: Listing, owner: bytes, before: tuple[int, int] | None, limit: int
    ) -> list[tuple[tuple[int, int], bytes]]:
        """At most ``limit`` ((height, receipt), id) of what was made, newest first; those of
        ``EVERYONE``, or of one account (whoever reads them compares the owner)."""
        return list(islice(listed(self._executor.store, listing, owner, before), limit))

    def prove_receipt(self, location: Location) -> ReceiptProof | None:
        """The receipt under its own height's certificate; None while that is not here."""
        return self.prove_receipt_at(location.height, location.receipt)

    def prove_receipt_at(self, height: int, index: int) -> ReceiptProof | None:
        """The same for any receipt, of what fell due as well."""
        certificate = self._executor.certificate_of(height)
        receipts = self._executor.archive.receipts(height)
        if certificate is None or receipts is None:
            return None
        count, path = len(receipts.leaves), receipts.proof(index)
        return ReceiptProof(certificate, receipts.receipts[index], index, count, path)

    def _history(self, account: bytes, before: tuple[int, int] | None) -> Iterator[Found]:
        for location in history(self._executor.store, account, before):
            if location.height < self._executor.oldest:
                return
            found = self._at(location)
            if account in found.changes:
                yield found

    def _fell_due(self, account: bytes, before: tuple[int, int] | None) -> Iterator[FoundDue]:
        archive = self._executor.archive
        for height, place in fell_due(self._executor.store, account, before):
            if height < self._executor.oldest:
                return
            record, receipts = archive.block(height), archive.receipts(height)
            assert record is not None, height
            assert receipts is not None, height
            receipt = receipts.receipts[place]
            changes = due_paid(receipt, self._executor.named)
            if account in changes:
                yield FoundDue(place, receipt, record, changes)

    def _at(self, location: Location) -> Found:
        archive = self._executor.archive
        record = archive.block(location.height)
        receipts = archive.receipts(location.height)
        assert record is not None, location
        assert receipts is not None, location
        batch = archive.batch(record.batches[location.batch].digest)
        assert batch is not None, location
        raw = batch.transactions[location.place]
        decoded = decode_signed(raw, self._executor.chain)
        receipt = receipts.receipts[location.receipt]
        transaction = decoded.transaction
        named = self._executor.named(named_by(transaction.action))
        changes = changes_of(transaction, receipt, named)
        return Found(location, raw, decoded, receipt, record, changes)
