"""What goes wrong, as RFC 9457 problem documents with a stable code. Knows codes; no traces."""

from __future__ import annotations

from typing import Final

import msgspec

from client.views import Problem

PROBLEM_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:liqbon:problem:"

CODES: Final[dict[str, tuple[int, str]]] = {
    "parameter_unknown": (400, "A parameter that this path does not know"),
    "parameter_malformed": (400, "A parameter that is not of its form"),
    "parameter_missing": (400, "A parameter that this path needs"),
    "parameter_repeated": (400, "A parameter given twice"),
    "body_malformed": (400, "A body that is not of its form"),
    "address_malformed": (400, "Not an address"),
    "address_checksum": (400, "An address with a typing error"),
    "address_network": (400, "An address of another network"),
    "cursor_malformed": (400, "Not a cursor of this list"),
    "path_unknown": (404, "No such path"),
    "transaction_unknown": (404, "This node knows no such transaction"),
    "block_unknown": (404, "No such height was executed here"),
    "batch_unknown": (404, "No such batch was ordered here"),
    "certificate_unknown": (404, "This node has no certificate of that height"),
    "partner_unknown": (404, "No partner has that code"),
    "programme_unknown": (404, "The partner has no programme of that code"),
    "invoice_unknown": (404, "No invoice of that id was redeemed at that partner"),
    "cycle_unknown": (404, "No such settlement cycle was closed"),
    "obligation_unknown": (404, "No such obligation ever was"),
    "campaign_unknown": (404, "No campaign of that id was ever created"),
    "order_unknown": (404, "No order of that id was ever opened"),
    "content_unknown": (404, "No content of that id was ever registered"),
    "proposal_unknown": (404, "Nothing of that id was ever put to the vote"),
    "application_unknown": (404, "That account never asked to become a partner"),
    "pruned": (410, "This node does not keep that height any more"),
    "method_not_allowed": (405, "Not with this method"),
    "body_oversized": (413, "A body that is too long"),
    "media_type_unknown": (415, "Neither application/msgpack nor application/json"),
    "rate_limited": (429, "Too many requests from this address"),
    "internal_error": (500, "The node's own mistake"),
    "node_busy": (503, "Too much is going on here"),
    "not_a_validator": (503, "This node orders no transactions"),
    "not_certified": (503, "Nothing is attested yet that could be proven"),
}
"""Codes of the API itself. A submission may also be refused with a code of the ledger."""


class ApiProblem(Exception):
    """Ends a request. ``retry_s`` becomes Retry-After; ``oldest``: see ``Problem``."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        status: int | None = None,
        transaction: bytes | None = None,
        retry_s: int | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.status = CODES[code][0] if status is None else status
        self.transaction = transaction
        self.oldest: int | None = None
        self.retry_s = 1 if retry_s is None and self.status in (429, 503) else retry_s

    def document(self) -> bytes:
        """The problem as JSON."""
        known = CODES.get(self.code)
        title = known[1] if known is not None else self.code.replace("_", " ").capitalize()
        return msgspec.json.encode(
            Problem(
                type=TYPE_PREFIX + self.code,
                title=title,
                status=self.status,
                code=self.code,
                detail=self.detail,
                transaction=None if self.transaction is None else self.transaction.hex(),
                oldest=self.oldest,
            )
        )
