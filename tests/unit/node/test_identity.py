"""Certificates and hellos say who is at the other end, and nothing else does [NET-1, NET-3]."""

import ssl
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from msgspec.structs import replace

from node.identity import NO_CERTIFICATE, UNSIGNED, Ends, Hello, Identity, KeyVoice, _leaf
from primitives.encoding import Malformed, decode, encode
from primitives.validators import ValidatorSet
from tests import builders
from tests.unit.node.peers import CHAIN, COMMITTEE, EAST, NORTH, identity, key_of, members_of

A, B = b"\1" * 32, b"\2" * 32
"""Digests of two certificates."""


def ends_of(mine: bytes, theirs: bytes, code: str | None) -> Ends:
    return Ends(mine, theirs, None if code is None else key_of(code).public_key)


def changed(hello: bytes, **change: object) -> bytes:
    return encode(replace(decode(Hello, hello), **change))


def refused(receiver: Identity, hello: bytes, ends: Ends) -> str:
    with pytest.raises(Malformed) as caught:
        receiver.check_hello(hello, ends)
    return caught.value.code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"version": 1}, "hello_version"),
        ({"chain": bytes(32)}, "wrong_chain"),
        ({"epoch": 1}, "hello_invalid"),
        ({"sender": 2}, "hello_invalid"),
        ({"sender": None}, "hello_invalid"),
        ({"receiver": 3}, "hello_invalid"),
        ({"receiver": None}, "hello_invalid"),
        ({"own": bytes(32)}, "hello_invalid"),
        ({"yours": bytes(32)}, "hello_invalid"),
        ({"signature": bytes(64)}, "hello_invalid"),
    ],
)
def test_each_field_of_a_members_hello_counts(change: dict[str, object], code: str) -> None:
    sender, receiver = identity(EAST), identity(NORTH)
    hello = sender.hello(ends_of(B, A, "north"))
    ends = ends_of(A, B, "east")
    assert receiver.fellow(receiver.check_hello(hello, ends), ends) == EAST
    assert refused(receiver, changed(hello, **change), ends) == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"version": 1}, "hello_version"),
        ({"chain": bytes(32)}, "wrong_chain"),
        ({"sender": EAST}, "hello_invalid"),
        ({"receiver": EAST}, "hello_invalid"),
        ({"receiver": None}, "hello_invalid"),
        ({"own": B}, "hello_invalid"),
        ({"yours": bytes(32)}, "hello_invalid"),
        ({"signature": b"\1" + bytes(63)}, "hello_invalid"),
    ],
)
def test_each_field_of_a_guests_hello_counts(change: dict[str, object], code: str) -> None:
    """Its epoch is a claim, like everything that a guest says; its hello is signed by nobody."""
    guest = Identity(CHAIN, COMMITTEE.members, None, None)
    hello = guest.hello(ends_of(NO_CERTIFICATE, A, "north"))
    receiver, ends = identity(NORTH), ends_of(A, NO_CERTIFICATE, None)
    said = receiver.check_hello(hello, ends)
    assert (said.sender, said.signature) == (None, UNSIGNED)
    assert receiver.fellow(said, ends) is None
    assert refused(receiver, changed(hello, **change), ends) == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"chain": bytes(32)}, "wrong_chain"),
        ({"epoch": 1}, "hello_invalid"),
        ({"sender": EAST}, "hello_invalid"),
        ({"receiver": EAST}, "hello_invalid"),
        ({"own": B}, "hello_invalid"),
        ({"yours": B}, "hello_invalid"),
        ({"signature": UNSIGNED}, "hello_invalid"),
    ],
)
def test_each_field_of_the_answer_to_a_guest_counts(change: dict[str, object], code: str) -> None:
    """It is signed by the key of the certificate that was shown, known or not."""
    server, guest = identity(NORTH), Identity(CHAIN, COMMITTEE.members, None, None)
    hello = server.hello(ends_of(A, NO_CERTIFICATE, None))
    ends = ends_of(NO_CERTIFICATE, A, "north")
    assert guest.check_hello(hello, ends).sender == NORTH
    assert refused(guest, changed(hello, **change), ends) == code
    stranger = Identity(CHAIN, members_of(9, "west"), None, None)
    assert stranger.check_hello(hello, ends).epoch == 0


def test_indices_of_another_epoch_mean_nothing() -> None:
    """North is 0 in epoch 0 and 1 in epoch 1: a hello between the two is good, and no member's."""
    newer = Identity(CHAIN, members_of(1, "east", "north", keys_of=0), 0, KeyVoice(key_of("east")))
    ends = ends_of(A, B, "east")
    hello = identity(NORTH).check_hello(newer.hello(ends_of(B, A, "north")), ends)
    assert (hello.epoch, hello.sender, hello.receiver) == (1, 0, 1)
    assert identity(NORTH).fellow(hello, ends) is None


def test_a_node_without_a_seat_is_nobodys_fellow() -> None:
    watching = Identity(CHAIN, COMMITTEE.members, None, None)
    ends = ends_of(NO_CERTIFICATE, A, "north")
    hello = watching.check_hello(identity(NORTH).hello(ends_of(A, NO_CERTIFICATE, None)), ends)
    assert watching.fellow(hello, ends) is None


def test_a_credential_is_renewed_each_day_and_kept_meanwhile() -> None:
    clock = [datetime(2026, 11, 1, tzinfo=UTC)]
    renewing = Identity(
        CHAIN, COMMITTEE.members, 0, KeyVoice(key_of("north")), now=lambda: clock[0]
    )
    first = renewing.credential()
    clock[0] += timedelta(hours=23)
    assert renewing.credential() is first
    clock[0] += timedelta(hours=1)
    assert renewing.credential().digest != first.digest


def test_a_guest_shows_nothing_and_a_member_trusts_only_members() -> None:
    credential = identity(NORTH).credential()
    assert credential.server.verify_mode is ssl.CERT_OPTIONAL
    assert credential.client.verify_mode is ssl.CERT_REQUIRED
    assert credential.guest.verify_mode is ssl.CERT_NONE
    assert len(credential.client.get_ca_certs()) == len(credential.server.get_ca_certs()) == 3


def a_leaf(key: str) -> bytes:
    tls = builders.a_key("tls")._private_key.public_key()
    return _leaf(tls, builders.a_key(key), datetime.now(UTC))


def test_peer_of_believes_only_signed_certificates() -> None:
    own = identity(NORTH)
    for certificate in (None, b"not a certificate"):
        with pytest.raises(Malformed):
            own.peer_of(certificate)
    with pytest.raises(Malformed, match="no peer's key"):
        own.peer_of(a_leaf("x"))
    assert own.peer_of(a_leaf("consensus of south")) == 2


def test_a_guest_believes_any_certificate_that_its_own_key_signed() -> None:
    guest = Identity(CHAIN, ValidatorSet(0, ()), None, KeyVoice(builders.a_key("a guest")))
    leaf = a_leaf("x")
    x = builders.a_key("x").public_key
    assert guest.ends(NO_CERTIFICATE, leaf) == Ends(NO_CERTIFICATE, sha256(leaf).digest(), x)
    torn = leaf[:-1] + bytes([leaf[-1] ^ 1])
    for certificate in (None, b"not a certificate", torn, leaf[:-1], a_leaf("a guest")):
        with pytest.raises(Malformed) as caught:
            guest.ends(NO_CERTIFICATE, certificate)
        assert caught.value.code == "certificate_invalid"
