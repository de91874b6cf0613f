"""Forms of what partners say of themselves and decide: [TX-1], [TX-10], [TX-11], [LANE-3]."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec
import pytest
from msgspec.structs import replace

from primitives.actions import (
    Action,
    PartnerExit,
    PartnerRegister,
    PartnerRotateKeys,
    ValidatorAnnounceKey,
    outputs_of,
)
from primitives.amount import MAX_PER_DAY
from primitives.encoding import Malformed, encode
from primitives.keys import ED25519
from primitives.membership import (
    Application,
    PartnerKind,
    Role,
    Seat,
    application_id,
    role_message,
    seat_message,
)
from primitives.transaction import decode_signed, signatures
from tests.builders import a_chain, a_key, a_person, a_transaction, an_action, an_id, raw

ADMIN = a_person("Nora", keys=3, threshold=2)
KEY, OTHER = a_key("consensus of nora"), a_key("another consensus key")
A32 = an_id("something")
SMALL_ORDER = (bytes(32), b"\x01" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f")


def seat(code: str = "nora", chain: bytes | None = None) -> Seat:
    message = seat_message(chain or a_chain(), code, KEY.public_key)
    return Seat(KEY.public_key, KEY.sign(message))


def applying(held: Seat) -> PartnerRegister:
    application = Application(
        code="nora",
        name="Nora and daughters",
        currency="EUR",
        kind=PartnerKind.SHOP,
        issuer=A32,
        cashier=A32,
        custodian="vault",
        seat=held,
        mint_per_day=0,
        refund_per_day=MAX_PER_DAY,
    )
    return PartnerRegister(application)


def announcing(held: Seat) -> ValidatorAnnounceKey:
    return ValidatorAnnounceKey("nora", held, lost=False)


Bringing: TypeAlias = Callable[[Seat], Action]
"""Who makes an action that brings a seat."""
BRINGING = pytest.mark.parametrize("bringing", [applying, announcing])


@BRINGING
def test_a_seat_is_checked_with_the_sender_s_signatures(bringing: Bringing) -> None:
    """[TX-11, LANE-3]"""
    decoded = an_action(ADMIN, bringing(seat()))
    checks = signatures(decoded)
    assert len(checks) == 2 + 1
    assert checks[-1].public_key == KEY.public_key
    assert all(ED25519.verify_many(checks))
    assert decoded.weight == 2 + 1 + 0 + -(-decoded.size // 1024)
    assert decode_signed(raw(decoded), a_chain()) == decoded


@BRINGING
@pytest.mark.parametrize(
    "held",
    [
        seat("north"),
        seat(chain=bytes(32)),
        replace(seat(), key=OTHER.public_key),
        replace(seat(), possession=bytes(64)),
    ],
    ids=["of another partner", "of another chain", "of another key", "of nobody"],
)
def test_a_seat_that_nobody_of_the_name_holds_does_not_hold(bringing: Bringing, held: Seat) -> None:
    """[TX-11]"""
    *own, possession = ED25519.verify_many(signatures(an_action(ADMIN, bringing(held))))
    assert own == [True, True]
    assert possession is False


def code_of(action: Action) -> str:
    """How a transaction of the action is refused."""
    with pytest.raises(Malformed) as caught:
        decode_signed(encode(ADMIN.sign(a_transaction(ADMIN, action))), a_chain())
    return caught.value.code


@BRINGING
@pytest.mark.parametrize("key", SMALL_ORDER, ids=lambda key: key[:1].hex())
def test_a_seat_that_anybody_could_sign_for_is_refused(bringing: Bringing, key: bytes) -> None:
    """[TX-11, CRYPTO-3] before any signature is checked."""
    assert code_of(bringing(Seat(key, bytes(64)))) == "seat_malformed"


@pytest.mark.parametrize("role", Role, ids=lambda role: role.text)
def test_who_takes_a_role_signs_chain_partner_and_role(role: Role) -> None:
    """[TX-10, LANE-3, LEDGER-51]"""
    holder = a_person("holder", keys=3, threshold=3)
    endorsed = holder.endorse(role_message(a_chain(), "north", role))
    decoded = an_action(ADMIN, PartnerRotateKeys("north", role, endorsed))
    assert all(ED25519.verify_many(signatures(decoded)))
    assert decoded.weight == 2 + 3 + 1 + -(-decoded.size // 1024)
    others: list[tuple[str, Role]] = [("east", role), *(("north", r) for r in Role if r != role)]
    for partner, another in others:
        changed = an_action(ADMIN, PartnerRotateKeys(partner, another, endorsed))
        assert ED25519.verify_many(signatures(changed)) == [True] * 2 + [False] * 3


def test_an_application_has_an_id_of_its_own_for_every_sender_and_every_word() -> None:
    """[LEDGER-50]"""
    said = applying(seat()).application
    ids = {
        application_id(A32, said),
        application_id(ADMIN.account, said),
        application_id(A32, replace(said, name="Nora")),
        application_id(A32, replace(said, seat=seat("north"))),
    }
    assert len(ids) == 4


def test_outputs_of_what_partners_say_of_themselves() -> None:
    """[LANE-3]"""
    holder = ADMIN.endorse(role_message(a_chain(), "north", Role.ADMIN))
    assert outputs_of(PartnerRotateKeys("north", Role.ADMIN, holder)) == 1
    assert outputs_of(applying(seat())) == outputs_of(announcing(seat())) == 0
    assert outputs_of(PartnerExit("north")) == 0


def with_action(action: Sequence[object]) -> bytes:
    """A transaction with another action in its bytes."""
    parts = msgspec.msgpack.decode(raw(an_action(ADMIN, PartnerExit("north"))))
    parts[0][6] = action
    return msgspec.msgpack.encode(parts)


SEAT = [A32, bytes(64)]
WORDS = ["nora", "Nora", "EUR", 1, A32, A32, "vault", SEAT, 0, 0]
VOTED = [0, 0, 0, 0]


def words(place: int, value: object) -> list[object]:
    """An application with one field changed."""
    return [0x40, [*WORDS[:place], value, *WORDS[place + 1 :]]]


def proposing(*measure: object) -> list[object]:
    return [0x80, "north", list(measure)]


@pytest.mark.parametrize(
    "action",
    [
        words(0, "Nora"),
        words(1, ""),
        words(1, "N" * 65),
        words(2, "eur"),
        words(2, "EURO"),
        words(3, 0),
        words(3, 7),
        words(3, True),
        words(4, A32[1:]),
        words(6, None),
        words(7, [A32]),
        words(7, [A32, bytes(65)]),
        words(8, MAX_PER_DAY + 1),
        words(9, -1),
        [0x40, WORDS[:-1]],
        [0x40, *WORDS],
        [0x41, "north", 0, [[1, [A32]], [[0, bytes(64)]]]],
        [0x41, "north", 4, [[1, [A32]], [[0, bytes(64)]]]],
        [0x41, "north", 1, A32],
        [0x42],
        [0x42, "north", None],
        [0x43, "north", SEAT, 1],
        [0x43, "north", A32, False],
        [0x33, "north", "bonus", A32, "u" * 201, 0],
        [0x33, "north", "bonus", A32, "", -1],
        [0x33, "north", "bonus", A32, ""],
        [0x80, "north"],
        [0x80, "north", None],
        proposing(),
        proposing(0),
        proposing(13, A32),
        proposing(1, A32, A32),
        proposing(1, A32, A32, [0, 0, 10_001, 0]),
        proposing(2, ""),
        proposing(3, "east", None),
        proposing(4, "east", [-1, 0, 0, 0]),
        proposing(4, "east", [0, 2**63, 0, 0]),
        proposing(4, "east", VOTED[:-1]),
        proposing(5, "safe", "", A32, None),
        proposing(5, "safe", "Safe", A32),
        proposing(6, "east"),
        proposing(7, None),
        proposing(8, 1, 0, 1),
        proposing(8, 0, 0, True),
        proposing(9, 1, 99),
        proposing(10, "east", 0),
        proposing(10, "east", -1),
        proposing(11, 0, 1),
        proposing(11, 65_536, 1),
        proposing(11, 2, 0),
        proposing(11, 2, 2**53 + 1),
        proposing(12, A32, "u" * 201),
        [0x81, "north", A32[1:], True],
        [0x81, "north", A32, 1],
        [0x81, "north", A32],
    ],
    ids=lambda action: repr(action)[:60],
)
def test_an_action_of_partners_out_of_bounds_is_malformed(action: list[object]) -> None:
    """[TX-1] also a measure that none is: what is voted on is a closed table."""
    with pytest.raises(Malformed) as caught:
        decode_signed(with_action(action), a_chain())
    assert caught.value.code == "malformed"
