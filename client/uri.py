"""The ``liqbon:`` URI: a request that one person shows and another one's wallet reads. Knows form.

    liqbon:tlqb1...                          pay to this address
    liqbon:tlqb1...?amount=12.5&memo=HEX     so much, with this memo
    liqbon:invoice/BASE64URL                 redeem this invoice of a cashier

One request is written in one way; of what is read, only the scheme and a bare address may be in
upper case, as QR codes use it ([URI-1], docs/spec/uri.md). Whether an invoice is its cashier's, and
still good, is not known here: that takes the state.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from typing import Final

import msgspec

from primitives.actions import Invoice
from primitives.address import AccountId, address, parse_address
from primitives.amount import Amount, format_amount, parse_amount
from primitives.encoding import Digest, Malformed, Wire, decode, encode
from primitives.endorsement import Endorsement, check_endorsement

SCHEME: Final = "liqbon:"
INVOICE_PATH: Final = "invoice/"
VERSION: Final = 1
MAX_URI: Final = 4_096
"""Characters. An invoice of a cashier with sixteen keys takes about 2,500."""
MAX_INVOICE: Final = 3_000
"""Bytes of an invoice as a URI carries it."""

_MEMO: Final = re.compile(r"[0-9a-f]{64}")


class PaymentRequest(msgspec.Struct, frozen=True):
    """Who asks to be paid: ``address`` is the 32-byte account id; ``amount`` in units, at least
    one, or None for whatever the payer gives; ``memo`` is None or 32 bytes."""

    address: AccountId
    amount: Amount | None = None
    memo: bytes | None = None


class InvoiceRequest(msgspec.Struct, frozen=True):
    """What a cashier asks for, under its signatures, which nobody checked yet."""

    chain: bytes
    invoice: Invoice
    cashier: Endorsement


class _Carried(Wire):
    """An invoice's canonical form in a URI ([URI-4])."""

    version: int
    chain: Digest
    invoice: Invoice
    cashier: Endorsement


def payment_uri(request: PaymentRequest, network: str) -> str:
    """The one text of a request; ``network`` is the addresses' prefix, as genesis names it."""
    asked = []
    if request.amount is not None:
        asked.append(f"amount={format_amount(request.amount)}")
    if request.memo is not None:
        asked.append(f"memo={request.memo.hex()}")
    query = "?" + "&".join(asked) if asked else ""
    return SCHEME + address(request.address, network) + query


def invoice_uri(request: InvoiceRequest) -> str:
    """The one text of a signed invoice, about 280 characters for a cashier of one key."""
    carried = encode(_Carried(VERSION, request.chain, request.invoice, request.cashier))
    return SCHEME + INVOICE_PATH + _to_base64url(carried)


def scanned(uri: str) -> str:
    """The text to put into a QR code: a bare address in upper case, which makes it smaller."""
    is_bare = "?" not in uri and not uri.startswith(SCHEME + INVOICE_PATH)
    return uri.upper() if is_bare else uri


def parse_uri(text: str, chain: bytes, network: str) -> PaymentRequest | InvoiceRequest:
    """What is asked for. Checks form, chain and network; no signature, no time, no state.

    Raises ``Malformed`` ([URI-1]..[URI-5]): ``oversized``, ``uri_malformed``,
    ``uri_parameter_unknown``, ``uri_parameter_repeated``, ``memo_malformed``, ``amount_zero``,
    the codes of ``parse_address``, ``parse_amount`` and ``parse_invoice``.
    """
    if len(text) > MAX_URI:
        raise Malformed("oversized", f"{len(text)} characters, at most {MAX_URI}")
    if text[: len(SCHEME)].lower() != SCHEME:
        raise Malformed("uri_malformed", f"it does not start with {SCHEME}")
    rest = text[len(SCHEME) :]
    if rest.startswith(INVOICE_PATH):
        return parse_invoice(rest.removeprefix(INVOICE_PATH), chain)
    return _payment(rest, network)


def parse_invoice(text: str, chain: bytes) -> InvoiceRequest:
    """An invoice of this chain from bare base64url, without the scheme.

    Raises ``Malformed``: ``oversized``, ``invoice_malformed`` (no base64url), ``malformed``,
    ``not_canonical``, ``version_unknown``, ``wrong_chain``, ``policy_malformed``,
    ``endorsement_malformed``.
    """
    if len(text) > MAX_URI:
        raise Malformed("oversized", f"{len(text)} characters, at most {MAX_URI}")
    carried = decode(_Carried, _from_base64url(text), MAX_INVOICE)
    if carried.version != VERSION:
        raise Malformed("version_unknown", str(carried.version))
    if carried.chain != chain:
        raise Malformed("wrong_chain", carried.chain.hex())
    check_endorsement(carried.cashier)
    return InvoiceRequest(carried.chain, carried.invoice, carried.cashier)


def _payment(rest: str, network: str) -> PaymentRequest:
    name, mark, query = rest.partition("?")
    given = _parameters(query) if mark else {}
    return PaymentRequest(
        parse_address(name, network),
        parse_asked(given["amount"]) if "amount" in given else None,
        parse_memo(given["memo"]) if "memo" in given else None,
    )


def _parameters(query: str) -> dict[str, str]:
    """What is not known is refused: it may be what the one who asks cares about most."""
    given: dict[str, str] = {}
    for part in query.split("&"):
        name, equals, value = part.partition("=")
        if not equals:
            raise Malformed("uri_malformed", "a parameter is NAME=VALUE")
        if name not in ("amount", "memo"):
            raise Malformed("uri_parameter_unknown", "only amount and memo are known")
        if name in given:
            raise Malformed("uri_parameter_repeated", name)
        given[name] = value
    return given


def parse_asked(text: str) -> Amount:
    """Units that someone is to pay: at least one.

    Raises ``Malformed`` as ``parse_amount``, and ``amount_zero``.
    """
    units = parse_amount(text)
    if units == 0:
        raise Malformed("amount_zero", "nothing to pay")
    return units


def parse_memo(text: str) -> bytes:
    """32 bytes of lower-case hex. Raises ``Malformed`` (``memo_malformed``)."""
    if _MEMO.fullmatch(text) is None:
        raise Malformed("memo_malformed", "a memo is 64 lower-case hex digits, no text")
    return bytes.fromhex(text)


def _to_base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).decode("ascii").rstrip("=")


def _from_base64url(text: str) -> bytes:
    """The bytes of the one spelling: the URL alphabet (RFC 4648, section 5), not padded."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (Base64Error, ValueError):
        data = b""
    if not data or _to_base64url(data) != text:
        raise Malformed("invoice_malformed", "no base64url without padding; was it cut off?")
    return data
