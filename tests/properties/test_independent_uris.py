"""The golden URIs, read by code that shares nothing with the product: docs/spec/uri.md and msgpack.

No import of primitives or client may appear in this file.
"""

from base64 import urlsafe_b64decode
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgpack  # type: ignore[import-untyped]
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tests.properties.test_independent_reader import bech32m, cases, digest, hexed

URIS = cases("uris", "uri")


@pytest.mark.parametrize("case", [c for c in URIS if c["payment"]], ids=lambda c: c["uri"][70:90])
def test_payment_requests(case: Any) -> None:
    """[URI-1, URI-2, URI-6]"""
    parts = urlsplit(case["uri"])
    asked = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    payment = case["payment"]
    assert parts.scheme == "liqbon"
    assert parts.path == bech32m(case["network"], hexed(payment["account"]))
    amount = None if payment["amount"] is None else Decimal(payment["amount"]) / 10**6
    assert {name: asked[name] for name in asked if name != "amount"} == (
        {} if payment["memo"] is None else {"memo": payment["memo"]}
    )
    assert ("amount" in asked) is (amount is not None)
    assert amount is None or Decimal(asked["amount"]) == amount


@pytest.mark.parametrize("case", [c for c in URIS if c["invoice"]], ids=lambda c: c["uri"][-8:])
def test_invoices(case: Any) -> None:
    """[URI-3, URI-4, URI-5]"""
    text = case["uri"].removeprefix("liqbon:invoice/")
    carried = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    assert carried.hex() == case["carried"]
    version, chain, invoice, (policy, signatures) = msgpack.unpackb(carried)
    asked = case["invoice"]
    assert (version, chain.hex()) == (1, case["chain"])
    assert invoice == [
        asked["partner"],
        int(asked["amount"]),
        int(asked["expires"]),
        hexed(asked["id"]),
        None if asked["payer"] is None else hexed(asked["payer"]),
    ]
    key = Ed25519PrivateKey.from_private_bytes(hexed(case["cashier"])).public_key()
    assert policy == [1, [key.public_bytes_raw()]]
    [[place, signature]] = signatures
    message = b"LiqBon/sign/invoice\0" + chain + msgpack.packb(invoice)
    Ed25519PublicKey.from_public_bytes(policy[1][place]).verify(signature, message)
    assert len(digest("account", msgpack.packb(policy))) == 32


def _paper(case: Any, name: str) -> list[Any]:
    """What the base64url of a paper carries, and that its one key signed it, where it is signed."""
    text = case["uri"].removeprefix(f"liqbon:{name}/")
    carried = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    assert carried.hex() == case["carried"]
    version, chain, contents, *signed = msgpack.unpackb(carried)
    assert (version, chain.hex()) == (1, case["chain"])
    if not signed:
        return [contents]
    [[policy, [[place, signature]]]] = signed
    key = Ed25519PrivateKey.from_private_bytes(hexed(case["signer"])).public_key()
    assert policy == [1, [key.public_bytes_raw()]]
    message = b"LiqBon/sign/" + name.encode() + b"\0" + chain + msgpack.packb(contents)
    Ed25519PublicKey.from_public_bytes(policy[1][place]).verify(signature, message)
    return [contents, digest("account", msgpack.packb(policy))]


def _hexed(text: str | None) -> bytes | None:
    return None if text is None else hexed(text)


@pytest.mark.parametrize("case", [c for c in URIS if c["voucher"]], ids=lambda c: c["uri"][-8:])
def test_vouchers(case: Any) -> None:
    """[URI-7]"""
    asked = case["voucher"]
    ids = [_hexed(asked[name]) for name in ("campaign", "claimant", "referrer", "id")]
    assert _paper(case, "voucher")[0] == [*ids, int(asked["expires"])]


@pytest.mark.parametrize("case", [c for c in URIS if c["offer"]], ids=lambda c: c["uri"][-8:])
def test_offers(case: Any) -> None:
    """[URI-7]"""
    asked = case["offer"]
    contents, signer = _paper(case, "offer")
    numbers = {"price", "share", "ship_within", "expires"}
    assert contents == [int(v) if name in numbers else _hexed(v) for name, v in asked.items()]
    assert hexed(asked["seller"]) == signer


@pytest.mark.parametrize("case", [c for c in URIS if c["content"]], ids=lambda c: c["uri"][-8:])
def test_contents(case: Any) -> None:
    """[URI-7]"""
    assert _paper(case, "content") == [hexed(case["content"])]


def test_refused_texts_are_there() -> None:
    """[URI-1, URI-2, URI-3, URI-4]"""
    codes = {case["code"] for case in URIS if case["code"]}
    assert {"uri_malformed", "amount_zero", "address_network", "oversized"} <= codes
    assert {"voucher_malformed", "offer_malformed", "content_malformed"} & codes
    assert all(not case["payment"] and not case["invoice"] for case in URIS if case["code"])
