"""When an epoch ends, and who validates the next one. Knows members and times; no signature.

The members of an epoch are fixed. What partners decide meanwhile stands in ``Membership``, and the
first height that finds a change there, once the epoch has had its least age, or finds the epoch at
its greatest age, names the epoch's last height and the members after it ([EPOCH-1]). Every node
and whoever replays works this out alone; only its outcome, at the last height, is attested.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from contracts import membership
from contracts.state import Entries
from primitives.encoding import Count, Millis, Wire
from primitives.genesis import Genesis, Parameters, validators_of
from primitives.membership import Membership
from primitives.validators import Validator, ValidatorSet, check_members


class Epoch(Wire):
    """An epoch as far as it is decided.

    ``after`` is the last height of the epoch before (0: genesis), ``began`` that block's time.
    ``last`` is the own last height and ``following`` the members after it, once they are fixed.
    """

    number: Count
    after: Count
    began: Millis
    members: tuple[Validator, ...]
    last: Count | None
    following: tuple[Validator, ...]

    @property
    def validators(self) -> ValidatorSet:
        """Who validates in this epoch."""
        return ValidatorSet(self.number, self.members)

    @property
    def next_validators(self) -> ValidatorSet:
        """Who validates in the next one. Only once it is fixed."""
        assert self.last is not None, "nobody follows yet"
        return ValidatorSet(self.number + 1, self.following)

    @property
    def recorded(self) -> int:
        """The epoch for which contracts record changes: once the next members are fixed, what is
        decided counts for those after them ([EPOCH-2])."""
        return self.number if self.last is None else self.number + 1

    def validators_after(self, height: int) -> ValidatorSet:
        """Who validates the height after ``height``, which is of this epoch ([CERT-2])."""
        return self.next_validators if height == self.last else self.validators


class Moment(msgspec.Struct, frozen=True):
    """A height that was executed, and the time of its block."""

    height: int
    time: int


def first(genesis: Genesis) -> Epoch:
    """Epoch 0: the founders, from genesis on."""
    return Epoch(0, 0, genesis.time, validators_of(genesis).members, None, ())


def after(epoch: Epoch, entries: Entries, parameters: Parameters, moment: Moment) -> Epoch:
    """The epoch once a height of it was executed; ``entries`` are the state after it."""
    if epoch.last is not None:
        return epoch
    members = membership.of(entries)
    if moment.time < _ends_ms(epoch, members, parameters):
        return epoch
    following = tuple(Validator(each.partner, each.key) for each in members.members)
    check_members(following)
    return replace(epoch, last=moment.height + parameters.lag_bound, following=following)


def begin(epoch: Epoch, moment: Moment) -> Epoch:
    """The next epoch, after the last height of this one."""
    assert moment.height == epoch.last, (moment, epoch.last)
    return Epoch(epoch.number + 1, moment.height, moment.time, epoch.following, None, ())


def due_ms(epoch: Epoch, entries: Entries, parameters: Parameters) -> int | None:
    """When a block is needed that fixes the end; None if that is done ([EPOCH-1])."""
    if epoch.last is not None:
        return None
    return _ends_ms(epoch, membership.of(entries), parameters)


def _ends_ms(epoch: Epoch, members: Membership, parameters: Parameters) -> int:
    """The first time at which a height may fix the end."""
    changed = members.changed >= epoch.number
    least, most = parameters.epoch_minimum_ms, parameters.epoch_maximum_ms
    return epoch.began + (least if changed else most)
