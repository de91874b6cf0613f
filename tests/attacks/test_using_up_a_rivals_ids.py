"""A rival reads a commitment, an invoice or a refund in our lane and marks it before we do.

Single-use ids stand under (partner, kind, id), so its marks are not ours [LEDGER-12]; and only our
cashier makes an invoice of ours [LEDGER-17].
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from node.ingress import Refusal
from primitives.actions import Redeem, ValidatorAnnounceKey, invoice_message
from primitives.amount import MICRO
from primitives.encoding import Malformed, encode
from primitives.endorsement import Endorsement
from primitives.evidence import batch_fault
from primitives.governance import AdmitPartner, Declare
from primitives.keys import ED25519
from primitives.membership import application_id
from primitives.transaction import signatures
from tests.attacks.scenes import ANN, BOB, POINT, done, in_lanes, refused, texts
from tests.builders import (
    a_batch,
    a_redeem,
    a_role,
    an_id,
    an_invoice,
    raw,
)
from tests.fakes.node import FakeNode
from tests.ledger import Ledger
from tests.voting import GRANTED, an_application, an_applying, executed

RIVAL = "east"


@pytest.fixture
def ledger() -> Ledger:
    """Ann and Bob have 100 LiqBon each."""
    ledger = Ledger()
    for person in (ANN, BOB):
        ledger.give(person, 100 * MICRO, "south")
    return ledger


class TestCommitments:
    """[LEDGER-12] A rival that mints on our commitment marks its own, and owes for it."""

    def test_a_rival_that_mints_on_it_first_stops_nothing(self, ledger: Ledger) -> None:
        done(ledger, ledger.mint(RIVAL, BOB, 100, reference="till 7"))
        done(ledger, ledger.mint("north", ANN, 100, reference="till 7"))
        assert (ledger.position(RIVAL).minted, ledger.position("north").minted) == (
            100 * POINT,
            100 * POINT,
        )

    def test_nor_does_one_that_overtakes_it_within_a_block(self, ledger: Ledger) -> None:
        ours = ledger.mint("north", ANN, 100, reference="till 7")
        theirs = ledger.mint(RIVAL, BOB, 1, reference="till 7")
        assert texts(in_lanes(ledger, (1, theirs), (0, ours))) == ["done", "done"]

    def test_a_rival_cannot_mint_in_our_name(self, ledger: Ledger) -> None:
        """[LEDGER-6] And its refusal does not use the commitment up."""
        issuer = a_role(RIVAL, "issuer")
        theirs = ledger.mint("north", BOB, 100, reference="till 7", issuer=issuer)
        refused(ledger, theirs, "not_issuer")
        done(ledger, ledger.mint("north", ANN, 100, reference="till 7"))


class TestInvoices:
    """[LEDGER-17] An invoice is its cashier's word, and is used up by being paid, by no one else's
    doing."""

    def test_the_same_id_at_a_rival_is_another_invoice(self, ledger: Ledger) -> None:
        done(ledger, ledger.redeem(BOB, ledger.invoice(RIVAL, MICRO, id="till 7")))
        done(ledger, ledger.redeem(ANN, ledger.invoice("north", MICRO, id="till 7")))

    def test_a_rival_cannot_make_an_invoice_of_ours(self, ledger: Ledger) -> None:
        """A penny's invoice under our id, signed by the rival's cashier, would use it up."""
        penny = ledger.invoice("north", 1, id="till 7")
        forged = ledger.redeem(BOB, penny, cashier=a_role(RIVAL, "cashier"))
        refused(ledger, forged, "not_cashier")
        done(ledger, ledger.redeem(ANN, ledger.invoice("north", MICRO, id="till 7")))

    @pytest.mark.parametrize("role", ["admin", "issuer"])
    def test_nor_can_another_role_of_our_own(self, ledger: Ledger, role: str) -> None:
        """A thief of the issuer's key cannot take money at the till."""
        invoice = ledger.invoice("north", 1)
        refused(ledger, ledger.redeem(BOB, invoice, cashier=a_role("north", role)), "not_cashier")

    def test_whoever_pays_an_open_invoice_pays_it_and_nothing_is_lost(self, ledger: Ledger) -> None:
        """Without a payer's name anyone may pay. It costs the rival the price, and the customer
        nothing: the till is paid, and her balance is what it was."""
        open_to_all = ledger.invoice("north", 5 * MICRO)
        done(ledger, ledger.redeem(BOB, open_to_all))
        refused(ledger, ledger.redeem(ANN, open_to_all), "invoice_used")
        assert (ledger.balance(ANN), ledger.balance(BOB)) == (100 * MICRO, 95 * MICRO)

    def test_an_invoice_for_a_payer_is_the_payers(self, ledger: Ledger) -> None:
        hers = ledger.invoice("north", 5 * MICRO, payer=ANN)
        refused(ledger, ledger.redeem(BOB, hers), "invoice_for_another")
        done(ledger, ledger.redeem(ANN, hers))


class TestForgedEndorsements:
    """[TX-10] [LANE-2] What a cashier did not sign is unsound: no door takes it, no honest lane
    holds it, and a batch with it is evidence against its author."""

    def test_a_changed_amount_is_not_what_the_cashier_signed(self, ledger: Ledger) -> None:
        asked = ledger.invoice("north", 5 * MICRO)
        cashier = a_role("north", "cashier").endorse(invoice_message(ledger.chain, asked))
        for change in (
            {"amount": 1},
            {"amount": 50 * MICRO},
            {"expires": asked.expires + 1},
            {"id": an_id("another")},
            {"payer": BOB.account},
            {"partner": RIVAL},
        ):
            changed = Redeem(replace(asked, **change), cashier)
            batch = a_batch([ledger.act(ANN, changed)])
            assert batch_fault(ledger.chain, ED25519, batch) == "signature_invalid", change

    def test_an_invoice_of_another_chain_is_not_signed_for_this_one(self, ledger: Ledger) -> None:
        asked = ledger.invoice("north", MICRO)
        elsewhere = a_role("north", "cashier").endorse(invoice_message(bytes(32), asked))
        batch = a_batch([ledger.act(ANN, Redeem(asked, elsewhere))])
        assert batch_fault(ledger.chain, ED25519, batch) == "signature_invalid"

    def test_a_transaction_signature_of_the_cashier_is_no_invoice(self, ledger: Ledger) -> None:
        """[CRYPTO-5] What is signed for one purpose is signed for no other."""
        asked = ledger.invoice("north", MICRO)
        cashier = a_role("north", "cashier")
        refund = ledger.refund("north", asked.id, MICRO)
        lent = Endorsement(cashier.policy, refund.signed.signatures)
        batch = a_batch([ledger.act(ANN, Redeem(asked, lent))])
        assert batch_fault(ledger.chain, ED25519, batch) == "signature_invalid"

    def test_the_cashiers_policy_without_a_signature_has_no_form(self, ledger: Ledger) -> None:
        asked = ledger.invoice("north", MICRO)
        signed = a_role("north", "cashier").endorse(invoice_message(ledger.chain, asked))
        twice = replace(signed, signatures=signed.signatures * 2)
        with pytest.raises(Malformed) as caught:
            ledger.act(ANN, Redeem(asked, twice))
        assert caught.value.code == "endorsement_malformed"

    async def test_the_door_of_a_node_refuses_it(self) -> None:
        node = FakeNode()
        node.ledger.fund(ANN)
        chain = node.ledger.executor.chain
        sound = a_redeem(ANN, an_invoice("north", MICRO), chain=chain)
        action = sound.transaction.action
        assert isinstance(action, Redeem)
        dearer = replace(action, invoice=replace(action.invoice, amount=1))
        forged = ANN.sign(replace(sound.transaction, action=dearer))
        with pytest.raises(Refusal) as caught:
            await node.ingress.submit(encode(forged))
        assert caught.value.code == "signature_invalid"
        await node.ingress.submit(raw(sound))
        await node.ingress.wait(sound.id, 1)
        assert node.ledger.executor.account(ANN.account).balance == 99 * MICRO
        node.ingress.close()


class TestRefunds:
    """[LEDGER-19] A refund is our cashier's, of our invoice, and its id is ours."""

    def test_a_rival_cannot_refund_or_use_up_ours(self, ledger: Ledger) -> None:
        invoice = ledger.invoice("north", 5 * MICRO)
        done(ledger, ledger.redeem(ANN, invoice))
        theirs = ledger.invoice(RIVAL, 5 * MICRO, id=invoice.id)
        done(ledger, ledger.redeem(BOB, theirs))
        done(ledger, ledger.refund(RIVAL, invoice.id, MICRO, refund="desk 1"))
        stranger = a_role(RIVAL, "cashier")
        in_our_name = ledger.refund("north", invoice.id, MICRO, cashier=stranger)
        refused(ledger, in_our_name, "not_cashier")
        done(ledger, ledger.refund("north", invoice.id, MICRO, refund="desk 1"))
        assert ledger.balance(ANN) == 96 * MICRO


class TestPlacesAmongPartners:
    """[LEDGER-50], [LEDGER-61], [LEDGER-64] A place is not taken by whoever asks first."""

    @pytest.fixture
    def newcomer(self, ledger: Ledger) -> bytes:
        """Ann applied to be the fifth; Bob saw it in a lane."""
        wish = an_application(ledger)
        done(ledger, an_applying(ledger, wish, sender=ANN))
        return application_id(ANN.account, wish)

    def test_who_copies_an_application_takes_its_code_from_nobody(
        self, ledger: Ledger, newcomer: bytes
    ) -> None:
        """Word for word, key and proof of possession included: what is voted on is Ann's."""
        done(ledger, an_applying(ledger, an_application(ledger), sender=BOB))
        executed(ledger, AdmitPartner(ANN.account, newcomer, GRANTED))
        assert ledger.partner("fifth").roles.admin == ANN.account
        copied = AdmitPartner(
            BOB.account, application_id(BOB.account, an_application(ledger)), GRANTED
        )
        refused(ledger, ledger.propose("north", copied), "partner_exists")

    def test_a_vote_for_one_is_none_for_its_copy(self, ledger: Ledger, newcomer: bytes) -> None:
        done(ledger, an_applying(ledger, an_application(ledger), sender=BOB))
        mixed = AdmitPartner(BOB.account, newcomer, GRANTED)
        refused(ledger, ledger.propose("north", mixed), "application_unknown")

    def test_nobody_overwrites_another_s_application(self, ledger: Ledger, newcomer: bytes) -> None:
        for code in ("fifth", "sixth"):
            done(ledger, an_applying(ledger, an_application(ledger, code), sender=BOB))
        done(ledger, ledger.propose("north", AdmitPartner(ANN.account, newcomer, GRANTED)))

    def test_nobody_sits_on_another_s_key(self, ledger: Ledger, newcomer: bytes) -> None:
        """[TX-11] Its proof names the partner: moved to another, it proves nothing."""
        seat = an_application(ledger).seat
        moved = an_applying(ledger, an_application(ledger, "rival", seat=seat), sender=BOB)
        assert not all(ED25519.verify_many(signatures(moved)))
        stolen = ledger.act(a_role(RIVAL, "admin"), ValidatorAnnounceKey(RIVAL, seat, lost=False))
        assert not all(ED25519.verify_many(signatures(stolen)))
        sound = an_applying(ledger, an_application(ledger), sender=ANN)
        assert all(ED25519.verify_many(signatures(sound)))
        assert newcomer == application_id(ANN.account, an_application(ledger))

    def test_a_rival_s_proposals_take_none_of_our_places(self, ledger: Ledger) -> None:
        said = Declare(bytes(32), "")
        for _ in range(16):
            done(ledger, ledger.propose(RIVAL, said))
        refused(ledger, ledger.propose(RIVAL, said), "proposals_full")
        done(ledger, ledger.propose("north", said))
