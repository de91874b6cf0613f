"""What the ledger would say, said before anything is signed. Knows no command, signs nothing."""

from __future__ import annotations

from client.answers import Freshness, ProvenReceipt
from client.errors import NotProven, RefusedByLedger
from client.light import LightClient
from primitives.endorsement import Endorsement, checks
from primitives.keys import ED25519
from primitives.receipt import Outcome
from shell.errors import CommandError, Status, UsageError


def refused(outcome: Outcome, message: str, hint: str = "") -> RefusedByLedger:
    """The ledger's own code, with what was compared. Nothing was signed."""
    return RefusedByLedger(outcome.text, message, hint or "Nothing was signed.")


def not_found(outcome: Outcome, message: str) -> CommandError:
    """Its absence is proven, and somebody only wanted to see it (status 3)."""
    return CommandError(outcome.text, message, status=Status.NOT_FOUND)


def check_signatures(endorsement: Endorsement, message: bytes, what: str) -> None:
    """The endorsement's own keys signed exactly this message; whose they are is not known yet.

    Raises ``UsageError`` (``signature_invalid``).
    """
    if not all(ED25519.verify_many(checks(endorsement.policy, endorsement.signatures, message))):
        raise UsageError(
            "signature_invalid",
            f"{what}: its signature does not fit what it says",
            "It was changed after it was signed, or forged. Ask for it again.",
        )


def now_of(light: LightClient, freshness: Freshness) -> int:
    """Proven time; where that is over a minute old, the own clock counts too ([URI-5])."""
    now_ms = freshness.as_of_ms
    if not freshness.is_fresh:
        now_ms = max(now_ms, light.clock())
    return now_ms


async def receipt_of(light: LightClient, transaction: bytes, what: str) -> ProvenReceipt:
    """The proven receipt of a transaction that the state names. Raises ``NotProven``."""
    receipt = await light.receipt(transaction)
    if receipt is None:
        raise NotProven(
            "not_proven",
            f"it was {what} in {transaction.hex()}, whose receipt no node shows",
            "Nothing was done now. Give more nodes with --node, an archive among them.",
        )
    return receipt
