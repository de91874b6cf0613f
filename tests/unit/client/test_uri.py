"""The liqbon: URI: one text a request, and a refusal with its code for every other text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from client.builder import endorse
from client.uri import (
    MAX_URI,
    Asked,
    ContentRequest,
    InvoiceRequest,
    OfferRequest,
    PaymentRequest,
    VoucherRequest,
    content_uri,
    invoice_uri,
    offer_uri,
    parse_content,
    parse_invoice,
    parse_offer,
    parse_uri,
    parse_voucher,
    payment_uri,
    scanned,
    voucher_uri,
)
from primitives.actions import Invoice, invoice_message
from primitives.address import address
from primitives.amount import MAX_SUPPLY, MICRO
from primitives.commerce import Offer, Voucher, offer_message, voucher_message
from primitives.encoding import Malformed, encode
from primitives.endorsement import Endorsement
from shell.qr import MAX_TEXT
from tests.builders import GENESIS_TIME, a_chain, a_key, a_person

CHAIN = a_chain()
ALICE = a_person("alice").account
NAME = address(ALICE, "tlqb")
MEMO = "0123456789abcdef" * 4


def a_signed_invoice(amount: int = 5 * MICRO, **fields: object) -> InvoiceRequest:
    """Of the cashier of one key, for whoever comes."""
    invoice = replace(Invoice("north", amount, GENESIS_TIME, bytes(range(32)), None), **fields)
    endorsement = endorse(a_key("cashier of north 0"), invoice_message(CHAIN, invoice))
    return InvoiceRequest(CHAIN, invoice, endorsement)


def refusal(text: str, chain: bytes = CHAIN, network: str = "tlqb") -> str:
    with pytest.raises(Malformed) as caught:
        parse_uri(text, chain, network)
    return caught.value.code


def cut(request: InvoiceRequest) -> str:
    """The base64url part."""
    return invoice_uri(request).removeprefix("liqbon:invoice/")


amounts = st.none() | st.integers(1, MAX_SUPPLY)
memos = st.none() | st.binary(min_size=32, max_size=32)


class TestPaymentRequests:
    @given(st.binary(min_size=32, max_size=32), amounts, memos)
    def test_what_is_written_is_read_back(
        self, account: bytes, amount: int | None, memo: bytes | None
    ) -> None:
        """[URI-2, URI-6]."""
        request = PaymentRequest(account, amount, memo)
        uri = payment_uri(request, "tlqb")
        assert parse_uri(uri, CHAIN, "tlqb") == request
        assert parse_uri(scanned(uri), CHAIN, "tlqb") == request

    def test_it_is_spelled_in_one_way(self) -> None:
        """[URI-6]."""
        whole = PaymentRequest(ALICE, 12_500_000, bytes.fromhex(MEMO))
        assert payment_uri(whole, "tlqb") == f"liqbon:{NAME}?amount=12.5&memo={MEMO}"
        assert payment_uri(PaymentRequest(ALICE), "tlqb") == f"liqbon:{NAME}"

    def test_upper_case_of_a_qr_code_is_read(self) -> None:
        """[URI-1, URI-2]."""
        bare = PaymentRequest(ALICE)
        assert scanned(payment_uri(bare, "tlqb")) == f"LIQBON:{NAME.upper()}"
        asked = parse_uri(f"LiqBon:{NAME.upper()}?amount=1", CHAIN, "tlqb")
        assert asked == PaymentRequest(ALICE, MICRO)

    def test_parameters_come_in_any_order(self) -> None:
        request = parse_uri(f"liqbon:{NAME}?memo={MEMO}&amount=0.000001", CHAIN, "tlqb")
        assert request == PaymentRequest(ALICE, 1, bytes.fromhex(MEMO))

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("", "uri_malformed"),
            (NAME, "uri_malformed"),
            ("bitcoin:" + NAME, "uri_malformed"),
            (" liqbon:" + NAME, "uri_malformed"),
            ("liqbon:", "address_malformed"),
            ("liqbon://" + NAME, "address_checksum"),
            (f"liqbon:{NAME}\n", "address_malformed"),
            (f"liqbon:{NAME[:-1]}", "address_checksum"),
            (f"liqbon:{NAME[:8]}{NAME[8:].upper()}", "address_malformed"),
            (f"liqbon:{address(ALICE, 'lqb')}", "address_network"),
            (f"liqbon:{NAME}?", "uri_malformed"),
            (f"liqbon:{NAME}?amount", "uri_malformed"),
            (f"liqbon:{NAME}?amount=1&", "uri_malformed"),
            (f"liqbon:{NAME}?amount=", "amount_malformed"),
            (f"liqbon:{NAME}?amount=1.50", "amount_malformed"),
            (f"liqbon:{NAME}?amount=-1", "amount_malformed"),
            (f"liqbon:{NAME}?amount=1%2E5", "amount_malformed"),
            (f"liqbon:{NAME}?amount=0", "amount_zero"),
            (f"liqbon:{NAME}?amount=9223372036854.775808", "amount_overflow"),
            (f"liqbon:{NAME}?amount=1&amount=1", "uri_parameter_repeated"),
            (f"liqbon:{NAME}?label=coffee", "uri_parameter_unknown"),
            (f"liqbon:{NAME}?AMOUNT=1", "uri_parameter_unknown"),
            (f"liqbon:{NAME}?memo={MEMO.upper()}", "memo_malformed"),
            (f"liqbon:{NAME}?memo={MEMO[:-2]}", "memo_malformed"),
            (f"liqbon:{NAME}?memo=coffee", "memo_malformed"),
            (f"liqbon:{NAME}#amount=1", "address_malformed"),
            ("liqbon:" + "x" * MAX_URI, "oversized"),
        ],
    )
    def test_every_other_text_is_refused(self, text: str, code: str) -> None:
        """[URI-1, URI-2]."""
        assert refusal(text) == code


class TestInvoices:
    @given(st.integers(1, MAX_SUPPLY), st.none() | st.just(ALICE), st.integers(0, 2**53))
    def test_what_is_written_is_read_back(
        self, amount: int, payer: bytes | None, expires: int
    ) -> None:
        """[URI-3, URI-4]."""
        request = a_signed_invoice(amount, payer=payer, expires=expires)
        assert parse_uri(invoice_uri(request), CHAIN, "tlqb") == request
        assert parse_invoice(cut(request), CHAIN) == request

    def test_a_cashier_of_one_key_fits_a_code_that_a_terminal_shows(self) -> None:
        assert len(invoice_uri(a_signed_invoice())) < 300

    def test_the_largest_invoice_fits_the_bounds(self) -> None:
        """[URI-1, URI-4]: sixteen keys, all of which sign."""
        person = a_person("crowd", 16, 16)
        invoice = a_signed_invoice(MAX_SUPPLY, partner="x" * 32, payer=ALICE, expires=2**53).invoice
        message = invoice_message(CHAIN, invoice)
        signed = [endorse(key, message).signatures[0] for key in person.keys]
        signatures = tuple(replace(s, key=i) for i, s in enumerate(signed))
        request = InvoiceRequest(CHAIN, invoice, Endorsement(person.policy, signatures))
        uri = invoice_uri(request)
        assert len(uri) < MAX_TEXT < MAX_URI
        assert parse_uri(uri, CHAIN, "tlqb") == request

    def test_another_chain_is_refused(self) -> None:
        """[URI-4]."""
        assert refusal(invoice_uri(a_signed_invoice()), chain=bytes(32)) == "wrong_chain"

    def test_upper_case_is_another_text(self) -> None:
        """[URI-3]: base64url is never folded."""
        uri = invoice_uri(a_signed_invoice())
        assert scanned(uri) == uri
        assert refusal(uri.upper()) == "address_malformed"

    @pytest.mark.parametrize("size", range(0, 260, 7))
    def test_a_truncated_invoice_is_refused(self, size: int) -> None:
        assert refusal("liqbon:invoice/" + cut(a_signed_invoice())[:size]) in (
            "invoice_malformed",
            "malformed",
        )

    @pytest.mark.parametrize(
        "change", [lambda t: t + "=", lambda t: t + "\n", lambda t: "+/" + t, lambda t: t + "é"]
    )
    def test_another_spelling_of_base64_is_refused(self, change: object) -> None:
        """[URI-3]."""
        assert callable(change)
        assert refusal("liqbon:invoice/" + change(cut(a_signed_invoice()))) == "invoice_malformed"

    def test_bits_that_base64_leaves_unused_are_zero(self) -> None:
        """[URI-3]: two texts never mean the same bytes."""
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        for amount in (1, 2**8, 2**16):  # canonical forms of three lengths
            text = cut(a_signed_invoice(amount))
            if len(text) % 4:
                other = alphabet[alphabet.index(text[-1]) ^ 1]
                assert refusal(f"liqbon:invoice/{text[:-1]}{other}") == "invoice_malformed"

    def test_what_is_no_canonical_invoice_is_refused(self) -> None:
        """[URI-4]."""
        good = a_signed_invoice()
        body = [1, CHAIN, good.invoice, good.cashier]

        def told(*parts: object, tail: bytes = b"") -> str:
            return refusal("liqbon:invoice/" + _base64url(encode(list(parts)) + tail))

        assert told(*body, tail=b"\0") == "malformed"
        assert told(2, *body[1:]) == "version_unknown"
        assert told(*body, 0) == "malformed"
        assert told(1, CHAIN, replace(good.invoice, amount=0), good.cashier) == "malformed"
        assert told(1, CHAIN, replace(good.invoice, amount=2**63), good.cashier) == "malformed"
        assert told(1, CHAIN, replace(good.invoice, partner="No Code"), good.cashier) == "malformed"
        longer = encode(body).replace(b"\x94\x01", b"\xdc\x00\x04\x01", 1)
        assert refusal("liqbon:invoice/" + _base64url(longer)) == "not_canonical"
        unsigned = replace(good.cashier, signatures=good.cashier.signatures * 2)
        assert told(1, CHAIN, good.invoice, unsigned) == "endorsement_malformed"
        nobody = replace(good.cashier, policy=replace(good.cashier.policy, threshold=0))
        assert told(1, CHAIN, good.invoice, nobody) == "policy_malformed"
        assert refusal("liqbon:invoice/" + _base64url(bytes(3_001))) == "oversized"

    def test_a_bare_invoice_is_bounded_too(self) -> None:
        with pytest.raises(Malformed, match="oversized"):
            parse_invoice("A" * (MAX_URI + 1), CHAIN)


digests = st.binary(min_size=32, max_size=32)
times = st.integers(0, 2**53)


def a_voucher_request(voucher: Voucher) -> VoucherRequest:
    return VoucherRequest(CHAIN, voucher, endorse(a_key("signer"), voucher_message(CHAIN, voucher)))


def an_offer_request(offer: Offer) -> OfferRequest:
    return OfferRequest(CHAIN, offer, endorse(a_key("seller"), offer_message(CHAIN, offer)))


VOUCHER = a_voucher_request(Voucher(bytes(32), ALICE, None, bytes(range(32)), GENESIS_TIME))
OFFER = an_offer_request(
    Offer(ALICE, MICRO, None, 0, bytes(32), 86_400_000, GENESIS_TIME, bytes(range(32)))
)
CONTENT = ContentRequest(CHAIN, bytes(range(32)))
PAPERS: dict[str, tuple[str, Asked]] = {
    "voucher": (voucher_uri(VOUCHER), VOUCHER),
    "offer": (offer_uri(OFFER), OFFER),
    "content": (content_uri(CONTENT), CONTENT),
}


class TestPapers:
    """Vouchers, offers and contents ([URI-7])."""

    @given(digests, digests, st.none() | digests, digests, times)
    def test_a_voucher_is_read_back(
        self, campaign: bytes, claimant: bytes, referrer: bytes | None, id_: bytes, expires: int
    ) -> None:
        request = a_voucher_request(Voucher(campaign, claimant, referrer, id_, expires))
        uri = voucher_uri(request)
        assert parse_uri(uri, CHAIN, "tlqb") == request
        assert parse_voucher(uri.removeprefix("liqbon:voucher/"), CHAIN) == request

    @given(digests, st.integers(1, MAX_SUPPLY), st.none() | digests, times)
    def test_an_offer_is_read_back(
        self, seller: bytes, price: int, promoter: bytes | None, expires: int
    ) -> None:
        share = 0 if promoter is None else price
        offer = Offer(seller, price, promoter, share, bytes(32), 1, expires, bytes(32))
        request = an_offer_request(offer)
        uri = offer_uri(request)
        assert parse_uri(uri, CHAIN, "tlqb") == request
        assert parse_offer(uri.removeprefix("liqbon:offer/"), CHAIN) == request

    @given(digests)
    def test_a_content_is_read_back(self, content: bytes) -> None:
        request = ContentRequest(CHAIN, content)
        uri = content_uri(request)
        assert parse_uri(uri, CHAIN, "tlqb") == request
        assert parse_content(uri.removeprefix("liqbon:content/"), CHAIN) == request

    @pytest.mark.parametrize("name", PAPERS)
    def test_each_is_of_one_chain_and_one_spelling(self, name: str) -> None:
        uri, request = PAPERS[name]
        assert scanned(uri) == uri, "base64url is never folded"
        assert parse_uri("LiqBon" + uri[6:], CHAIN, "tlqb") == request
        assert refusal(uri, chain=bytes(32)) == "wrong_chain"
        assert refusal(uri + "=") == f"{name}_malformed"
        assert refusal(f"liqbon:{name}/") == f"{name}_malformed"
        assert refusal(f"liqbon:{name}") == "address_malformed"
        assert refusal(uri.upper()) == "address_malformed"
        assert refusal(uri + "A" * MAX_URI) == "oversized"

    @pytest.mark.parametrize("name", PAPERS)
    def test_cut_off_it_is_refused(self, name: str) -> None:
        uri = PAPERS[name][0]
        for size in range(len(f"liqbon:{name}/"), len(uri), 7):
            assert refusal(uri[:size]) in {f"{name}_malformed", "malformed"}

    @pytest.mark.parametrize("name", PAPERS)
    def test_none_is_taken_for_another(self, name: str) -> None:
        bare = PAPERS[name][0].partition("/")[2]
        for other in {"invoice", *PAPERS} - {name}:
            assert refusal(f"liqbon:{other}/{bare}") == "malformed"

    def test_what_is_not_canonical_is_refused(self) -> None:
        def told(path: str, *parts: object) -> str:
            return refusal(f"liqbon:{path}/" + _base64url(encode(list(parts))))

        voucher, signer = VOUCHER.voucher, VOUCHER.signer
        assert told("voucher", 2, CHAIN, voucher, signer) == "version_unknown"
        assert told("voucher", 1, CHAIN, replace(voucher, id=b""), signer) == "malformed"
        assert told("voucher", 1, CHAIN, replace(voucher, expires=-1), signer) == "malformed"
        unsigned = replace(signer, signatures=signer.signatures * 2)
        assert told("voucher", 1, CHAIN, voucher, unsigned) == "endorsement_malformed"
        offer, seller = OFFER.offer, OFFER.seller
        assert told("offer", 1, CHAIN, replace(offer, price=0), seller) == "malformed"
        assert told("offer", 1, CHAIN, replace(offer, price=2**63), seller) == "malformed"
        assert told("offer", 1, CHAIN, replace(offer, ship_within=0), seller) == "malformed"
        nobody = replace(seller, policy=replace(seller.policy, threshold=0))
        assert told("offer", 1, CHAIN, offer, nobody) == "policy_malformed"
        assert told("content", 1, CHAIN, bytes(31)) == "malformed"
        assert told("content", 1, CHAIN, bytes(32), 0) == "malformed"

    def test_the_largest_papers_fit_the_bounds_and_a_qr_code(self) -> None:
        """[URI-1]: sixteen keys, all of which sign."""
        person = a_person("crowd", 16, 16)
        signatures = tuple(
            replace(endorse(key, b"").signatures[0], key=i) for i, key in enumerate(person.keys)
        )
        signed = Endorsement(person.policy, signatures)
        voucher = Voucher(bytes(32), ALICE, ALICE, bytes(32), 2**53)
        offer = Offer(
            ALICE, MAX_SUPPLY, ALICE, MAX_SUPPLY, ALICE, 90 * 86_400_000, 2**53, bytes(32)
        )
        for uri in (
            voucher_uri(VoucherRequest(CHAIN, voucher, signed)),
            offer_uri(OfferRequest(CHAIN, offer, signed)),
        ):
            assert len(uri) < MAX_TEXT < MAX_URI
            parse_uri(uri, CHAIN, "tlqb")


@given(st.text(max_size=200))
def test_no_text_does_anything_but_be_refused(text: str) -> None:
    carried = [f"liqbon:{path}/{text}" for path in ("invoice", "voucher", "offer", "content")]
    for uri in (text, "liqbon:" + text, f"liqbon:{NAME}?{text}", *carried):
        try:
            parse_uri(uri, CHAIN, "tlqb")
        except Malformed as error:
            assert error.code  # noqa: PT017 - any text may be a URI; none may fail otherwise


def _base64url(data: bytes) -> str:
    from base64 import urlsafe_b64encode

    return urlsafe_b64encode(data).decode().rstrip("=")
