"""liqbon: URIs, what they ask for, and the texts that are refused."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256

from client.builder import account_of, endorse
from client.uri import (
    ContentRequest,
    InvoiceRequest,
    OfferRequest,
    PaymentRequest,
    VoucherRequest,
    content_uri,
    invoice_uri,
    offer_uri,
    parse_uri,
    payment_uri,
    voucher_uri,
)
from primitives.actions import Invoice, invoice_message
from primitives.address import address
from primitives.commerce import Offer, Voucher, offer_message, voucher_message
from primitives.encoding import Malformed, encode
from tests.builders import GENESIS_TIME, a_key, a_person, seed_of

FIELDS = {
    "uri": "the text",
    "chain": "the chain id of the reader",
    "network": "the address prefix of the reader",
    "payment": "null, or {account, amount in micro-LiqBon or null, memo or null}",
    "invoice": "null, or {partner, amount, expires in ms, id, payer or null}",
    "voucher": "null, or {campaign, claimant, referrer or null, id, expires in ms}",
    "offer": "null, or its fields by name, amounts in micro-LiqBon, times in ms, promoter or null",
    "content": "null, or the content's id",
    "carried": "the canonical bytes that the URI holds in base64url, or null",
    "cashier": "the seed of the one key that signs the invoice, or null",
    "signer": "the seed of the one key that signs the voucher or the offer, or null",
    "code": "why the text is refused, or null",
}

CHAIN = sha256(b"a chain").digest()
NETWORK = "tlqb"
ACCOUNT = a_person("alice").account
NAME = address(ACCOUNT, NETWORK)
CASHIER = "cashier of north 0"
SIGNER = "signer 0"


def case(uri: str, **known: object) -> Mapping[str, object]:
    empty = dict.fromkeys(FIELDS)
    return {**empty, "uri": uri, "chain": CHAIN.hex(), "network": NETWORK, **known}


def paid(amount: int | None, memo: bytes | None) -> Mapping[str, object]:
    uri = payment_uri(PaymentRequest(ACCOUNT, amount, memo), NETWORK)
    asked = {
        "account": ACCOUNT.hex(),
        "amount": None if amount is None else str(amount),
        "memo": None if memo is None else memo.hex(),
    }
    return case(uri, payment=asked)


def invoiced(amount: int, payer: bytes | None) -> Mapping[str, object]:
    invoice = Invoice("north", amount, GENESIS_TIME, bytes(range(32)), payer)
    cashier = endorse(a_key(CASHIER), invoice_message(CHAIN, invoice))
    asked = {
        "partner": invoice.partner,
        "amount": str(invoice.amount),
        "expires": str(invoice.expires),
        "id": invoice.id.hex(),
        "payer": None if payer is None else payer.hex(),
    }
    return case(
        invoice_uri(InvoiceRequest(CHAIN, invoice, cashier)),
        invoice=asked,
        carried=encode([1, CHAIN, invoice, cashier]).hex(),
        cashier=seed_of(CASHIER).hex(),
    )


def vouched(referrer: bytes | None) -> Mapping[str, object]:
    voucher = Voucher(bytes(range(32)), ACCOUNT, referrer, bytes(range(1, 33)), GENESIS_TIME)
    signed = endorse(a_key(SIGNER), voucher_message(CHAIN, voucher))
    return case(
        voucher_uri(VoucherRequest(CHAIN, voucher, signed)),
        voucher={
            "campaign": voucher.campaign.hex(),
            "claimant": voucher.claimant.hex(),
            "referrer": None if referrer is None else referrer.hex(),
            "id": voucher.id.hex(),
            "expires": str(voucher.expires),
        },
        carried=encode([1, CHAIN, voucher, signed]).hex(),
        signer=seed_of(SIGNER).hex(),
    )


def offered(price: int, promoter: bytes | None, share: int) -> Mapping[str, object]:
    arbiter, goods = a_person("arbiter").account, bytes(range(2, 34))
    seller = account_of(a_key(SIGNER))
    offer = Offer(seller, price, promoter, share, arbiter, 86_400_000, GENESIS_TIME, goods)
    signed = endorse(a_key(SIGNER), offer_message(CHAIN, offer))
    return case(
        offer_uri(OfferRequest(CHAIN, offer, signed)),
        offer={
            "seller": seller.hex(),
            "price": str(price),
            "promoter": None if promoter is None else promoter.hex(),
            "share": str(share),
            "arbiter": arbiter.hex(),
            "ship_within": str(offer.ship_within),
            "expires": str(offer.expires),
            "goods": goods.hex(),
        },
        carried=encode([1, CHAIN, offer, signed]).hex(),
        signer=seed_of(SIGNER).hex(),
    )


def liked(content: bytes) -> Mapping[str, object]:
    uri = content_uri(ContentRequest(CHAIN, content))
    return case(uri, content=content.hex(), carried=encode([1, CHAIN, content]).hex())


def refused(uri: str) -> Mapping[str, object]:
    try:
        parse_uri(uri, CHAIN, NETWORK)
    except Malformed as error:
        return case(uri, code=error.code)
    raise AssertionError(f"{uri!r} is a URI")


def cases() -> Sequence[Mapping[str, object]]:
    memo = bytes(range(32))
    good = [paid(None, None), paid(12_500_000, None), paid(1, memo), paid(None, memo)]
    good += [invoiced(5_000_000, None), invoiced(2**63 - 1, ACCOUNT)]
    whole = str(good[4]["uri"])
    other = urlsafe_b64encode(encode([1, bytes(32)])).decode().rstrip("=")
    good += [vouched(None), vouched(bytes(range(3, 35)))]
    good += [offered(5_000_000, None, 0), offered(2**63 - 1, ACCOUNT, 2**63 - 1)]
    good += [liked(bytes(range(32)))]
    bare = str(good[-1]["uri"]).removeprefix("liqbon:content/")
    texts = [
        NAME,
        f"liqbon:{address(ACCOUNT, 'lqb')}",
        f"liqbon:{NAME}?",
        f"liqbon:{NAME}?amount=0",
        f"liqbon:{NAME}?amount=1.0",
        f"liqbon:{NAME}?amount=1&amount=1",
        f"liqbon:{NAME}?label=coffee",
        f"liqbon:{NAME}?memo=00",
        whole[:-1],
        whole + "=",
        whole.upper(),
        f"liqbon:invoice/{other}",
        f"liqbon:voucher/{bare}",
        f"liqbon:offer/{bare}=",
        f"liqbon:content/{bare[:-4]}",
        "liqbon:content/",
        "liqbon:" + "x" * 4_090,
    ]
    return good + [refused(text) for text in texts]
