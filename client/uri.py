"""The ``liqbon:`` URI: a request that one person shows and another one's wallet reads. Knows form.

    liqbon:tlqb1...                          pay to this address
    liqbon:tlqb1...?amount=12.5&memo=HEX     so much, with this memo
    liqbon:invoice/BASE64URL                 redeem this invoice of a cashier
    liqbon:voucher/BASE64URL                 claim what this voucher of a sponsor promises
    liqbon:offer/BASE64URL                   buy what this seller offers
    liqbon:content/BASE64URL                 like this

One request is written in one way; of what is read, only the scheme and a bare address may be in
upper case, as QR codes use it ([URI-1], docs/spec/uri.md). Whether something is signed by whom it
should be, and still good, is not known here: that takes the state.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from typing import Final, TypeAlias, TypeVar

import msgspec

from primitives.actions import Invoice
from primitives.address import AccountId, address, parse_address
from primitives.amount import Amount, format_amount, parse_amount
from primitives.commerce import Offer, Voucher
from primitives.encoding import Digest, Malformed, Wire, decode, encode
from primitives.endorsement import Endorsement, check_endorsement

SCHEME: Final = "liqbon:"
INVOICE_PATH: Final = "invoice/"
VOUCHER_PATH: Final = "voucher/"
OFFER_PATH: Final = "offer/"
CONTENT_PATH: Final = "content/"
VERSION: Final = 1
MAX_URI: Final = 4_096
"""Characters. An invoice of a cashier with sixteen keys takes about 2,500."""
MAX_CARRIED: Final = 3_000
"""Bytes of an invoice, a voucher or an offer as a URI carries it."""

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


class VoucherRequest(msgspec.Struct, frozen=True):
    """What a campaign's signer promises, under its signatures, which nobody checked yet."""

    chain: bytes
    voucher: Voucher
    signer: Endorsement


class OfferRequest(msgspec.Struct, frozen=True):
    """What a seller offers, under its signatures, which nobody checked yet."""

    chain: bytes
    offer: Offer
    seller: Endorsement


class ContentRequest(msgspec.Struct, frozen=True):
    """Something that may be liked: the id of a registered content. Nobody signed this."""

    chain: bytes
    content: bytes


Asked: TypeAlias = PaymentRequest | InvoiceRequest | VoucherRequest | OfferRequest | ContentRequest
"""Whatever a URI may ask for."""


class _Carried(Wire):
    """The canonical form in a URI ([URI-4], [URI-7]); the contents and who signed them follow."""

    version: int
    chain: Digest


class _CarriedInvoice(_Carried):
    invoice: Invoice
    cashier: Endorsement


class _CarriedVoucher(_Carried):
    voucher: Voucher
    signer: Endorsement


class _CarriedOffer(_Carried):
    offer: Offer
    seller: Endorsement


class _CarriedContent(_Carried):
    content: Digest


_C = TypeVar("_C", bound=_Carried)


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
    return _written(
        INVOICE_PATH, _CarriedInvoice(VERSION, request.chain, request.invoice, request.cashier)
    )


def voucher_uri(request: VoucherRequest) -> str:
    """The one text of a signed voucher, about 370 characters for a signer of one key."""
    return _written(
        VOUCHER_PATH, _CarriedVoucher(VERSION, request.chain, request.voucher, request.signer)
    )


def offer_uri(request: OfferRequest) -> str:
    """The one text of a signed offer, about 400 characters for a seller of one key."""
    return _written(
        OFFER_PATH, _CarriedOffer(VERSION, request.chain, request.offer, request.seller)
    )


def content_uri(request: ContentRequest) -> str:
    """The one text of a content, 109 characters."""
    return _written(CONTENT_PATH, _CarriedContent(VERSION, request.chain, request.content))


def scanned(uri: str) -> str:
    """The text to put into a QR code: a bare address in upper case, which makes it smaller."""
    is_bare = "?" not in uri and "/" not in uri
    return uri.upper() if is_bare else uri


def parse_uri(text: str, chain: bytes, network: str) -> Asked:
    """What is asked for. Checks form, chain and network; no signature, no time, no state.

    Raises ``Malformed`` ([URI-1]..[URI-7]): ``oversized``, ``uri_malformed``,
    ``uri_parameter_unknown``, ``uri_parameter_repeated``, ``memo_malformed``, ``amount_zero``,
    the codes of ``parse_address``, ``parse_amount`` and ``parse_invoice``, and
    ``voucher_malformed``, ``offer_malformed``, ``content_malformed``.
    """
    if len(text) > MAX_URI:
        raise Malformed("oversized", f"{len(text)} characters, at most {MAX_URI}")
    if text[: len(SCHEME)].lower() != SCHEME:
        raise Malformed("uri_malformed", f"it does not start with {SCHEME}")
    rest = text[len(SCHEME) :]
    path, slash, carried = rest.partition("/")
    match path + slash:
        case "invoice/":
            return parse_invoice(carried, chain)
        case "voucher/":
            return parse_voucher(carried, chain)
        case "offer/":
            return parse_offer(carried, chain)
        case "content/":
            return parse_content(carried, chain)
        case _:
            return _payment(rest, network)


def parse_invoice(text: str, chain: bytes) -> InvoiceRequest:
    """An invoice of this chain from bare base64url, without the scheme.

    Raises ``Malformed``: ``oversized``, ``invoice_malformed`` (no base64url), ``malformed``,
    ``not_canonical``, ``version_unknown``, ``wrong_chain``, ``policy_malformed``,
    ``endorsement_malformed``.
    """
    carried = _carried(_CarriedInvoice, text, chain, "invoice_malformed")
    check_endorsement(carried.cashier)
    return InvoiceRequest(carried.chain, carried.invoice, carried.cashier)


def parse_voucher(text: str, chain: bytes) -> VoucherRequest:
    """A voucher likewise; ``voucher_malformed`` where it is no base64url."""
    carried = _carried(_CarriedVoucher, text, chain, "voucher_malformed")
    check_endorsement(carried.signer)
    return VoucherRequest(carried.chain, carried.voucher, carried.signer)


def parse_offer(text: str, chain: bytes) -> OfferRequest:
    """An offer likewise; ``offer_malformed`` where it is no base64url."""
    carried = _carried(_CarriedOffer, text, chain, "offer_malformed")
    check_endorsement(carried.seller)
    return OfferRequest(carried.chain, carried.offer, carried.seller)


def parse_content(text: str, chain: bytes) -> ContentRequest:
    """A content's id likewise; ``content_malformed`` where it is no base64url."""
    carried = _carried(_CarriedContent, text, chain, "content_malformed")
    return ContentRequest(carried.chain, carried.content)


def _written(path: str, carried: _Carried) -> str:
    return SCHEME + path + _to_base64url(encode(carried))


def _carried(kind: type[_C], text: str, chain: bytes, code: str) -> _C:
    """What base64url of this chain carries. Raises ``Malformed``; ``code``: no base64url."""
    if len(text) > MAX_URI:
        raise Malformed("oversized", f"{len(text)} characters, at most {MAX_URI}")
    carried = decode(kind, _from_base64url(text, code), MAX_CARRIED)
    if carried.version != VERSION:
        raise Malformed("version_unknown", str(carried.version))
    if carried.chain != chain:
        raise Malformed("wrong_chain", carried.chain.hex())
    return carried


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


def _from_base64url(text: str, code: str) -> bytes:
    """The bytes of the one spelling: the URL alphabet (RFC 4648, section 5), not padded."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (Base64Error, ValueError):
        data = b""
    if not data or _to_base64url(data) != text:
        raise Malformed(code, "no base64url without padding; was it cut off?")
    return data
