"""A consensus key whose time is over is destroyed: not before, and no other ([EPOCH-7])."""

from __future__ import annotations

from structlog.testing import capture_logs

from node.retirement import Retirement, spent
from primitives.actions import ValidatorAnnounceKey
from shell.errors import KeyFault
from tests.builders import a_key
from tests.fakes import council
from tests.fakes.chains import Chain, a_changing_chain

FIRST = a_key("consensus of north").public_key
SECOND = a_key("north's second").public_key
NEWCOMER = a_key("never had a seat").public_key


class Ring:
    """A keyring of these, without files."""

    def __init__(self, *keys: bytes) -> None:
        self.keys = list(keys)
        self.dropped: list[bytes] = []
        self.broken: Exception | None = None

    def public_keys(self) -> list[bytes]:
        return list(self.keys)

    def destroy(self, public: bytes) -> None:
        if self.broken is not None:
            raise self.broken
        self.keys.remove(public)


def begun(ring: Ring) -> Chain:
    """North's first key is lost at height 1, and its node holds all of them."""
    chain = a_changing_chain()
    chain.seat("north's second")
    chain.executor.followers.append(Retirement(ring, chain.executor, ring.dropped.append))  # type: ignore[arg-type]
    seat = council.a_seat(chain, "north", "north's second")
    chain.block([chain.act(council.admin("north"), ValidatorAnnounceKey("north", seat, True))])
    return chain


def test_a_key_goes_with_the_first_certificate_of_the_epoch_without_it() -> None:
    """Until then the epoch before may need its votes again."""
    ring = Ring(FIRST, SECOND, NEWCOMER)
    chain = begun(ring)
    chain.end_epoch()
    assert chain.executor.epoch.number == 1
    assert ring.keys == [FIRST, SECOND, NEWCOMER], "the last height's certificate is not enough"
    chain.executor.certify(chain.blocks[-1].certificate)  # type: ignore[arg-type]
    assert ring.keys == [FIRST, SECOND, NEWCOMER]
    chain.block()
    assert ring.keys == [SECOND, NEWCOMER], "a newcomer's waits for its first seat"
    assert ring.dropped == [FIRST], "from memory too"
    chain.until(30)
    assert ring.keys == [SECOND, NEWCOMER]


def test_a_node_that_starts_at_an_epochs_end_keeps_the_key_for_its_certificate() -> None:
    """[EPOCH-7] The first certificate that it hears of is of the old epoch."""
    ring = Ring(FIRST, SECOND)
    chain = begun(ring)
    chain.end_epoch()
    chain.executor.followers = [Retirement(ring, chain.executor, ring.dropped.append)]  # type: ignore[arg-type]
    last = chain.blocks[-1].certificate
    assert last is not None
    assert (last.attestation.epoch, chain.executor.epoch.number) == (0, 1)
    chain.executor.certify(last)
    assert ring.keys == [FIRST, SECOND]
    chain.block()
    assert ring.keys == [SECOND]


def test_a_key_that_is_announced_again_or_has_a_seat_still_stays() -> None:
    chain = begun(Ring())
    keys = [FIRST, SECOND, NEWCOMER]
    assert spent(chain.executor, keys) == []
    chain.end_epoch()
    chain.block()
    assert spent(chain.executor, keys) == [FIRST]
    back = council.a_seat(chain, "north", "consensus of north")
    chain.block([chain.act(council.admin("north"), ValidatorAnnounceKey("north", back, False))])
    assert spent(chain.executor, keys) == [], "Membership names it: it has its seat next"


def test_a_node_that_was_down_at_that_moment_does_it_later() -> None:
    chain = begun(Ring())
    chain.end_epoch()
    chain.block()
    ring = Ring(FIRST, SECOND)
    chain.executor.followers = [Retirement(ring, chain.executor, ring.dropped.append)]  # type: ignore[arg-type]
    chain.block()
    assert ring.keys == [SECOND]


def test_files_that_cannot_be_deleted_do_not_stop_the_node() -> None:
    """A follower must not raise: a validator that stops helps nobody. A human is told."""
    for broken in (OSError(30, "Read-only file system"), KeyFault("keyfile_malformed", "x")):
        ring = Ring(FIRST, SECOND)
        ring.broken = broken
        chain = begun(ring)
        chain.end_epoch()
        with capture_logs() as records:
            chain.block()
        assert [each["log_level"] for each in records] == ["error"]
        assert ring.keys == [FIRST, SECOND]
