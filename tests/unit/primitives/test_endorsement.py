"""What somebody else signed, carried by a transaction: [TX-10], [LANE-3]."""

from collections.abc import Callable
from typing import get_args

import pytest
from msgspec.inspect import StructType
from msgspec.structs import replace

from primitives.actions import (
    BARE,
    Action,
    Attestation,
    CampaignClaim,
    Invoice,
    OrderOpen,
    Redeem,
    Release,
    ReserveAttest,
    ReserveRelease,
    attestation_message,
    endorsed,
    invoice_message,
    offer_message,
    outputs_of,
    release_message,
    voucher_message,
)
from primitives.address import Policy
from primitives.commerce import Offer, Voucher
from primitives.encoding import Malformed, encode
from primitives.endorsement import Endorsement, KeySignature, check_endorsement
from primitives.keys import ED25519
from primitives.membership import Seat
from primitives.transaction import (
    MAX_TRANSACTION,
    decode_signed,
    signatures,
    signing_message,
)
from tests.builders import (
    CUSTODIAN,
    GENESIS_TIME,
    a_chain,
    a_mint,
    a_person,
    a_redeem,
    a_refund,
    a_role,
    a_transaction,
    a_transfer,
    an_action,
    an_id,
    an_invoice,
    raw,
)
from tests.types_within import types_within

ALICE, BOB = a_person("Alice"), a_person("Bob")
TILL = a_person("till", keys=3, threshold=2)
CASHIER, VAULT = a_role("north", "cashier"), a_role(CUSTODIAN, "custodian")
INVOICE = an_invoice("north", 12_500_000)
SAID = Attestation("north", 5, GENESIS_TIME)
WISH = Release("north", 5, 10, GENESIS_TIME)
GOOD = TILL.endorse(invoice_message(a_chain(), INVOICE))
ONE, TWO = GOOD.signatures


def code_of(endorsement: Endorsement) -> str:
    """How a transaction that carries it is refused."""
    data = encode(ALICE.sign(a_transaction(ALICE, Redeem(INVOICE, endorsement))))
    with pytest.raises(Malformed) as caught:
        decode_signed(data, a_chain())
    return caught.value.code


BROKEN: dict[str, tuple[Endorsement, str]] = {
    "too few signatures": (replace(GOOD, signatures=(ONE,)), "endorsement_malformed"),
    "too many signatures": (
        replace(GOOD, signatures=(ONE, TWO, KeySignature(2, TWO.signature))),
        "endorsement_malformed",
    ),
    "one key twice": (replace(GOOD, signatures=(ONE, ONE)), "endorsement_malformed"),
    "descending keys": (replace(GOOD, signatures=(TWO, ONE)), "endorsement_malformed"),
    "a key beyond the policy": (
        replace(GOOD, signatures=(ONE, KeySignature(3, TWO.signature))),
        "endorsement_malformed",
    ),
    "a threshold of nothing": (
        replace(GOOD, policy=Policy(0, TILL.policy.keys)),
        "policy_malformed",
    ),
    "a threshold beyond the keys": (
        replace(GOOD, policy=Policy(4, TILL.policy.keys)),
        "policy_malformed",
    ),
    "keys out of order": (
        replace(GOOD, policy=Policy(2, TILL.policy.keys[::-1])),
        "policy_malformed",
    ),
    "one key listed twice": (
        replace(GOOD, policy=Policy(2, (TILL.policy.keys[0],) * 2)),
        "policy_malformed",
    ),
    "no signature": (replace(GOOD, signatures=()), "malformed"),
    "a short signature": (
        replace(GOOD, signatures=(ONE, KeySignature(1, bytes(63)))),
        "malformed",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_an_endorsement_is_refused_for(what: str) -> None:
    """[TX-10] before any signature is checked, as the sender's own are."""
    endorsement, code = BROKEN[what]
    assert code_of(endorsement) == code


def test_a_sound_endorsement_names_the_account_of_its_policy() -> None:
    check_endorsement(GOOD)
    assert GOOD.account == TILL.account
    assert replace(GOOD, policy=Policy(1, TILL.policy.keys)).account != TILL.account


VOUCHER = Voucher(an_id("campaign"), ALICE.account, None, an_id("voucher"), GENESIS_TIME)
OFFER = Offer(
    seller=BOB.account,
    price=5,
    promoter=None,
    share=0,
    arbiter=TILL.account,
    ship_within=1,
    expires=GENESIS_TIME,
    goods=an_id("goods"),
)
CARRIED: dict[str, tuple[object, bytes]] = {
    "an invoice": (
        Redeem(INVOICE, CASHIER.endorse(invoice_message(a_chain(), INVOICE))),
        invoice_message(a_chain(), INVOICE),
    ),
    "an attestation": (
        ReserveAttest(SAID, VAULT.endorse(attestation_message(a_chain(), SAID))),
        attestation_message(a_chain(), SAID),
    ),
    "a release": (
        ReserveRelease(WISH, VAULT.endorse(release_message(a_chain(), WISH))),
        release_message(a_chain(), WISH),
    ),
    "a voucher": (
        CampaignClaim(VOUCHER, CASHIER.endorse(voucher_message(a_chain(), VOUCHER))),
        voucher_message(a_chain(), VOUCHER),
    ),
    "an offer": (
        OrderOpen(OFFER, BOB.endorse(offer_message(a_chain(), OFFER))),
        offer_message(a_chain(), OFFER),
    ),
}


@pytest.mark.parametrize("what", CARRIED)
def test_every_check_is_listed_without_state(what: str) -> None:
    """[TX-10] the sender's signatures, then the endorser's over chain and contents."""
    action, message = CARRIED[what]
    decoded = an_action(ALICE, action)  # type: ignore[arg-type]
    own, theirs = signatures(decoded)
    assert own.message == signing_message(decoded.id)
    assert theirs.message == message
    assert ED25519.verify_many([own, theirs]) == [True, True]
    assert decode_signed(raw(decoded), a_chain()) == decoded


Said = Callable[[bytes], bytes]
SAYINGS: dict[str, Said] = {
    "invoice": lambda chain: invoice_message(chain, INVOICE),
    "attestation": lambda chain: attestation_message(chain, SAID),
    "release": lambda chain: release_message(chain, WISH),
    "voucher": lambda chain: voucher_message(chain, VOUCHER),
    "offer": lambda chain: offer_message(chain, OFFER),
}


@pytest.mark.parametrize("what", SAYINGS)
def test_what_is_signed_is_domain_chain_and_contents(what: str) -> None:
    """[TX-10] byte by byte, and of another chain it is another message."""
    contents = {
        "invoice": INVOICE,
        "attestation": SAID,
        "release": WISH,
        "voucher": VOUCHER,
        "offer": OFFER,
    }[what]
    domain = f"LiqBon/sign/{what}\0".encode()
    assert SAYINGS[what](a_chain()) == domain + a_chain() + encode(contents)
    assert SAYINGS[what](bytes(32)) != SAYINGS[what](a_chain())


def test_nothing_else_carries_an_endorsement() -> None:
    for decoded in (
        a_transfer(ALICE, (BOB, 1)),
        a_mint("north", ALICE, 1),
        a_refund("north", an_id("invoice 1"), 1),
    ):
        assert endorsed(decoded.transaction.action, a_chain()) is None
        assert len(signatures(decoded)) == 1


@pytest.mark.parametrize("action", get_args(Action), ids=lambda kind: kind.__name__)
def test_no_signature_within_an_action_is_passed_over(action: type) -> None:
    """[TX-10] [TX-11] What counts as bare has neither an endorsement nor a seat anywhere in it."""
    structs = (part for part in types_within(action) if isinstance(part, StructType))
    carries = {Endorsement, Seat} & {struct.cls for struct in structs}
    assert (action in BARE) == (not carries)


def test_an_endorser_s_signatures_weigh_as_the_sender_s_do() -> None:
    """[LANE-3]"""
    one = a_redeem(ALICE, INVOICE)
    two = a_redeem(ALICE, INVOICE, cashier=TILL)
    assert one.weight == 1 + 1 + 0 + -(-one.size // 1024)
    assert two.weight == 1 + 2 + 0 + -(-two.size // 1024)


def test_only_what_touches_another_account_has_outputs() -> None:
    assert outputs_of(a_refund("north", an_id("invoice 1"), 1).transaction.action) == 1
    assert outputs_of(a_redeem(ALICE, INVOICE).transaction.action) == 0


def test_a_redemption_signed_by_crowds_on_both_sides_fits() -> None:
    """[TX-1] sixteen of sixteen keys pay what sixteen of sixteen ask."""
    crowd, tills = (a_person(name, keys=16, threshold=16) for name in ("crowd", "tills"))
    largest = Invoice("n" * 32, 2**63 - 1, 2**53, b"\xff" * 32, crowd.account)
    decoded = a_redeem(crowd, largest, cashier=tills)
    assert len(signatures(decoded)) == 32
    assert decoded.size < MAX_TRANSACTION // 2


def test_a_relay_cannot_change_who_endorsed() -> None:
    """[TX-6] the endorsement is in what the sender signs."""
    honest = a_redeem(ALICE, INVOICE)
    other = replace(
        honest.transaction, action=Redeem(INVOICE, BOB.endorse(invoice_message(a_chain(), INVOICE)))
    )
    forged = decode_signed(encode(replace(honest.signed, transaction=other)), a_chain())
    assert forged.id != honest.id
    assert ED25519.verify_many(signatures(forged)) == [False, True]
