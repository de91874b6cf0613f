"""Transactions of every other action, what their endorsements sign; and refused ones."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from primitives.actions import (
    Action,
    Attestation,
    CampaignClaim,
    CampaignClose,
    CampaignCreate,
    ContentLike,
    ContentRegister,
    Invoice,
    LowerClaimBound,
    OrderDispute,
    OrderOpen,
    OrderRefund,
    OrderRelease,
    OrderResolve,
    OrderShip,
    ProgrammeOpen,
    ProgrammePause,
    ProgrammeSetRate,
    Redeem,
    Refund,
    Release,
    ReserveAttest,
    ReserveRelease,
    SetDailyCaps,
    SettlementConfirm,
    SettlementDispute,
    SettlementPay,
    SettlementStatement,
    attestation_message,
    endorsed,
    invoice_message,
    offer_message,
    release_message,
    voucher_message,
)
from primitives.address import Policy
from primitives.amount import MAX_PER_DAY
from primitives.commerce import Offer, Voucher
from primitives.encoding import Malformed, encode
from primitives.endorsement import Endorsement
from primitives.transaction import KeySignature, decode_signed
from tests.builders import (
    CUSTODIAN,
    GENESIS_TIME,
    JUDGE,
    Person,
    a_chain,
    a_person,
    a_role,
    a_transaction,
    an_action,
    an_id,
    seed_of,
)
from tests.vectors.families import transactions

FIELDS = {
    **transactions.FIELDS,
    "endorser": "private keys of the policy of who endorsed what the action carries, or null",
    "endorsement": "what each of the endorsing keys signs, or null",
}

ALICE = a_person("Alice")
TILL = a_person("till", keys=3, threshold=2)
VAULT = a_role(CUSTODIAN, "custodian")
ADMIN, CASHIER = a_role("north", "admin"), a_role("north", "cashier")
MOST, LATEST = 2**63 - 1, 2**53
LONGEST = "n" * 32
DAY = 20 * 10**9
SAID = Attestation("north", DAY, GENESIS_TIME)
WISH = Release("north", 1, DAY, GENESIS_TIME)
BEN = a_person("Ben")
VOUCHER = Voucher(an_id("a campaign"), ALICE.account, None, an_id("a voucher"), GENESIS_TIME)
OFFER = Offer(
    seller=BEN.account,
    price=12_500_000,
    promoter=ALICE.account,
    share=1,
    arbiter=VAULT.account,
    ship_within=86_400_000,
    expires=GENESIS_TIME,
    goods=an_id("goods"),
)


def an_invoice(payer: bytes | None = None) -> Invoice:
    return Invoice("north", 12_500_000, GENESIS_TIME, an_id("an invoice"), payer)


def redeem(invoice: Invoice, cashier: Person) -> Redeem:
    return Redeem(invoice, cashier.endorse(invoice_message(a_chain(), invoice)))


def attest(said: Attestation) -> ReserveAttest:
    return ReserveAttest(said, VAULT.endorse(attestation_message(a_chain(), said)))


def release(wish: Release) -> ReserveRelease:
    return ReserveRelease(wish, VAULT.endorse(release_message(a_chain(), wish)))


def claim(voucher: Voucher, signer: Person = BEN) -> CampaignClaim:
    return CampaignClaim(voucher, signer.endorse(voucher_message(a_chain(), voucher)))


def buy(offer: Offer, seller: Person = BEN) -> OrderOpen:
    return OrderOpen(offer, seller.endorse(offer_message(a_chain(), offer)))


def created(**fields: object) -> CampaignCreate:
    plain = CampaignCreate(
        signer=BEN.account,
        budget=12_500_000,
        reward=1_000_000,
        bonus=0,
        per_claimant=1,
        ends=GENESIS_TIME,
    )
    return replace(plain, **fields)


def opened(**fields: object) -> ProgrammeOpen:
    plain = ProgrammeOpen(
        partner="north",
        programme="miles",
        name="Miles",
        point="mile",
        terms_hash=an_id("terms"),
        terms_url="",
        numerator=1,
        denominator=3,
    )
    return replace(plain, **fields)


def accepted() -> list[tuple[str, Person, Action, Person | None]]:
    """(what is special, who signs, the action, who endorsed what it carries)."""
    largest = Invoice(LONGEST, MOST, LATEST, b"\xff" * 32, ALICE.account)
    last = (2**32 - 1, 98)
    widest = {
        "partner": LONGEST,
        "programme": LONGEST,
        "name": "\U0001f44d" * 64,
        "terms_url": "u" * 200,
        "numerator": 2**32 - 1,
    }
    judge = a_role(JUDGE, "custodian")
    return [
        ("a redemption", ALICE, redeem(an_invoice(), CASHIER), CASHIER),
        ("for a named payer", ALICE, redeem(an_invoice(ALICE.account), CASHIER), CASHIER),
        ("two of three keys of a cashier", ALICE, redeem(an_invoice(), TILL), TILL),
        ("an invoice at its edges", ALICE, redeem(largest, CASHIER), CASHIER),
        ("a refund", CASHIER, Refund("north", an_id("i"), an_id("r"), 1), None),
        ("an attestation", ADMIN, attest(SAID), VAULT),
        ("an attestation of nothing", VAULT, attest(Attestation("north", 0, 0)), VAULT),
        ("an attestation at its edges", ADMIN, attest(Attestation(LONGEST, MOST, LATEST)), VAULT),
        ("a release", ADMIN, release(WISH), VAULT),
        ("a release at its edges", ADMIN, release(Release(LONGEST, MOST, MOST, LATEST)), VAULT),
        ("a programme opened", ADMIN, opened(), None),
        ("a programme at its edges", ADMIN, opened(**widest), None),
        ("a rate at once", ADMIN, ProgrammeSetRate("north", "bonus", 1, 2**32 - 1, 0), None),
        ("a rate to come", ADMIN, ProgrammeSetRate("north", "bonus", 7, 3, LATEST), None),
        ("a pause", ADMIN, ProgrammePause("north", "bonus", paused=True), None),
        ("the end of a pause", ADMIN, ProgrammePause("north", "bonus", paused=False), None),
        ("a claim bound of nothing", ADMIN, LowerClaimBound("north", 0), None),
        ("daily caps at their edges", ADMIN, SetDailyCaps("north", 0, MAX_PER_DAY), None),
        ("a payment named", ADMIN, SettlementPay(1, 0, an_id("payment")), None),
        ("a payment of the last obligation", ADMIN, SettlementPay(*last, an_id("p")), None),
        ("a confirmation", ADMIN, SettlementConfirm(1, 0), None),
        ("a dispute", ADMIN, SettlementDispute(1, 0), None),
        ("a statement that it was paid", judge, SettlementStatement(1, 0, paid=True), None),
        ("a statement that it was not", judge, SettlementStatement(*last, paid=False), None),
        *traded(),
    ]


def traded() -> list[tuple[str, Person, Action, Person | None]]:
    """As ``accepted``: campaigns, orders and likes."""
    widest = {"budget": MOST, "reward": MOST, "bonus": MOST, "per_claimant": 65_535, "ends": LATEST}
    referral = replace(VOUCHER, referrer=BEN.account, expires=LATEST)
    plain = replace(OFFER, promoter=None, share=0)
    edges = replace(OFFER, price=MOST, share=MOST, ship_within=90 * 86_400_000, expires=LATEST)
    order = an_id("an order")
    return [
        ("a grant", ALICE, created(), None),
        ("a campaign at its edges", ALICE, created(**widest), None),
        ("a claim", ALICE, claim(VOUCHER), BEN),
        ("a claim of a referral", ALICE, claim(referral, TILL), TILL),
        ("a campaign closed", ALICE, CampaignClose(an_id("a campaign")), None),
        ("an order", ALICE, buy(OFFER), BEN),
        ("an order without a promoter", ALICE, buy(plain, TILL), TILL),
        ("an order at its edges", ALICE, buy(edges), BEN),
        ("shipped", BEN, OrderShip(order, an_id("tracking")), None),
        ("shipped without a tracking", BEN, OrderShip(order, None), None),
        ("released", ALICE, OrderRelease(order), None),
        ("refunded", BEN, OrderRefund(order), None),
        ("disputed", ALICE, OrderDispute(order), None),
        ("resolved for the seller", VAULT, OrderResolve(order, 0), None),
        ("resolved at its edge", VAULT, OrderResolve(order, MOST), None),
        ("a content", BEN, ContentRegister(an_id("a song")), None),
        ("a like", ALICE, ContentLike(an_id("a content"), 1), None),
        ("a like of all there is", ALICE, ContentLike(an_id("a content"), MOST), None),
    ]


def described(
    name: str, person: Person, action: Action, endorser: Person | None
) -> dict[str, object]:
    carried = endorsed(action, a_chain())
    assert (carried is None) == (endorser is None), name
    keys = endorser.key_names if endorser is not None else None
    return {
        **transactions.described(name, person, an_action(person, action)),
        "endorser": keys and [seed_of(key).hex() for key in keys],
        "endorsement": carried and carried[1].hex(),
    }


def refused() -> list[Action]:
    """Endorsements whose form breaks [TX-10], and actions out of their bounds."""
    good = redeem(an_invoice(), TILL)
    one, two = good.cashier.signatures

    def by(policy: Policy, *signatures: KeySignature) -> Redeem:
        return Redeem(good.invoice, Endorsement(policy, signatures))

    keys = TILL.policy.keys
    return [
        by(TILL.policy, one),
        by(TILL.policy, one, two, two),
        by(TILL.policy, two, one),
        by(TILL.policy, one, one),
        by(TILL.policy, one, KeySignature(3, two.signature)),
        by(Policy(0, keys), one, two),
        by(Policy(4, keys), one, two),
        by(Policy(2, (keys[0], keys[0])), one, two),
        by(Policy(2, tuple(reversed(keys))), one, two),
        by(TILL.policy),
        redeem(replace(good.invoice, amount=0), TILL),
        redeem(replace(good.invoice, amount=MOST + 1), TILL),
        redeem(replace(good.invoice, id=bytes(31)), TILL),
        redeem(replace(good.invoice, payer=bytes(33)), TILL),
        redeem(replace(good.invoice, expires=LATEST + 1), TILL),
        redeem(replace(good.invoice, partner="North"), TILL),
        Refund("north", bytes(32), bytes(32), 0),
        attest(replace(SAID, amount=-1)),
        release(replace(WISH, amount=0)),
        opened(numerator=0),
        opened(denominator=2**32),
        opened(name=""),
        opened(terms_url="u" * 201),
        ProgrammeSetRate("north", "bonus", 1, 1, -1),
        SetDailyCaps("north", MAX_PER_DAY + 1, 0),
        SetDailyCaps("north", 0, MAX_PER_DAY + 1),
        SettlementPay(0, 0, bytes(32)),
        SettlementConfirm(2**32, 0),
        SettlementDispute(1, 99),
        SettlementStatement(1, -1, paid=True),
        *refused_trade(),
    ]


def refused_trade() -> list[Action]:
    """As ``refused``: campaigns, orders and likes."""
    return [
        created(budget=0),
        created(reward=0),
        created(bonus=-1),
        created(per_claimant=0),
        created(per_claimant=65_536),
        claim(replace(VOUCHER, referrer=bytes(31))),
        CampaignClaim(VOUCHER, Endorsement(BEN.policy, ())),
        buy(replace(OFFER, price=0)),
        buy(replace(OFFER, ship_within=0)),
        buy(replace(OFFER, ship_within=90 * 86_400_000 + 1)),
        OrderOpen(OFFER, Endorsement(BEN.policy, ())),
        OrderShip(bytes(32), bytes(33)),
        OrderResolve(bytes(32), -1),
        ContentLike(bytes(32), 0),
    ]


def refusal(action: Action) -> dict[str, object]:
    data = encode(ALICE.sign(a_transaction(ALICE, action)))
    try:
        decode_signed(data, a_chain())
    except Malformed as error:
        return {"chain": a_chain().hex(), "refused": data.hex(), "code": error.code}
    raise AssertionError(f"{action} is an action")


def cases() -> Sequence[Mapping[str, object]]:
    return [*(described(*case) for case in accepted()), *map(refusal, refused())]
