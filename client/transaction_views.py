"""Documents of transactions: as sent, as they stand, as an account saw them. Knows shapes.

Part of ``client.views``, from where everything here is imported.
"""

from __future__ import annotations

from typing import Literal

from client.event_views import EventView
from client.fields import (
    AddressText,
    Base64Text,
    DigestText,
    Height,
    SignedText,
    TimeText,
    View,
)
from client.ledger_views import ActionView, ReceiptView


class Submission(View, frozen=True, forbid_unknown_fields=True):
    """A signed transaction's canonical bytes."""

    transaction: Base64Text


TransactionStatus = Literal["pending", "executed", "final", "skipped"]
"""pending: in the node's hands. executed: it has a receipt whose certificate is under way. final:
the certificate is there. skipped: this node had it ordered and it wrote nothing; ``code`` says why.
Whether it can still come true only the account's proven sequence tells."""


class TransactionView(View, frozen=True):
    """A transaction, and what became of it as far as this node knows.

    ``raw`` is the signed transaction, ``proof`` a ``ReceiptProof`` (asked for with ``proof=1``,
    and there once the status is ``final``). Of something that fell due there is no raw transaction.
    """

    id: DigestText
    status: TransactionStatus
    code: str | None
    sender: AddressText
    channel: int
    sequence: int
    valid_until: TimeText
    action: ActionView
    memo: DigestText | None
    height: Height | None
    index: int | None
    time: TimeText | None
    receipt: ReceiptView | None
    raw: Base64Text
    proof: Base64Text | None


class SubmittedView(View, frozen=True):
    """A transaction that the node took in and will order; ask for it by its id."""

    id: DigestText
    status: Literal["pending"]


class SubmissionResult(View, frozen=True):
    """One result of a bulk submission, in the order sent. ``status`` as HTTP says it for one:
    202 taken in, 409 known already, 4xx refused with ``code``, 429 or 503 busy: send it again."""

    id: DigestText | None
    status: int
    code: str | None
    detail: str | None


class HistoryItem(View, frozen=True):
    """A final or executed transaction that touched an account.

    ``change`` is what it did to that account's balance. ``raw`` and ``proof`` as in
    ``TransactionView``. The list is the node's word: proofs show that each item happened, the
    account's sequence shows that none that it sent is missing; nothing shows that none that it
    received is.
    """

    id: DigestText
    height: Height
    index: int
    time: TimeText
    status: TransactionStatus
    sender: AddressText
    sequence: int
    channel: int
    action: ActionView
    memo: DigestText | None
    outcome: str
    change: SignedText
    raw: Base64Text
    proof: Base64Text | None


class FellDueView(View, frozen=True):
    """Something that fell due by itself, of which an account got ``change``: what was left of its
    campaign, or its part of an order whose deadline passed.

    ``origin`` is its receipt's; ``proof`` a ``ReceiptProof``. As ``HistoryItem``, the list is the
    node's word.
    """

    origin: DigestText
    height: Height
    index: int
    time: TimeText
    status: TransactionStatus
    event: EventView
    change: SignedText
    proof: Base64Text | None
