"""Signers in processes of their own, which die and come back while their nodes do the same.

What they signed outlives everything, as on a disk that was synced before an answer left; an answer
that is on its way dies with either process. Nothing that happens to the two may make a signer find
that it is ahead of its node's journal: nobody restores a backup here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

from consensus.effects import Say
from node.guard import Floor, Refused, Statement
from node.remembered import Ahead, Asked, Remembered
from node.signer import Answers, LocalSigner, message_of
from node.signer_record import MOST_EPOCHS
from node.speech import content_of, say_of
from node.world import Unheard, Unseated
from primitives.keys import Signer
from primitives.validators import ValidatorSet
from tests.simulation.cluster import Cluster
from tests.simulation.process import Process
from tests.simulation.verdict import Diverged

OUTAGES = 6
DOWN_MS = 800


class Vault:
    """What outlives a signer's process: its record. And whether that process runs."""

    def __init__(self) -> None:
        self.away = False
        self.client: ApartSigner | None = None
        self.ambush: Callable[[], None] | None = None
        """Strikes once, between the record and the answer."""
        self.handed_back = 0
        self.unanswered = 0
        self._pasts: dict[bytes, dict[int, Remembered]] = {}

    def past(self, key: bytes, epoch: int) -> Remembered | None:
        """As ``SignerRecord`` has it."""
        pasts = self._pasts.setdefault(key, {})
        if epoch not in pasts:
            if pasts and epoch < max(pasts):
                return None
            pasts[epoch] = Remembered(epoch)
            while len(pasts) > MOST_EPOCHS:
                del pasts[min(pasts)]
        return pasts[epoch]

    def dies(self) -> None:
        """Whatever was not answered never is."""
        self.away = True
        if self.client is not None:
            self.client.lost()

    def comes(self) -> None:
        """It listens again."""
        self.away = False
        if self.client is not None:
            self.client.found()


class ApartSigner:
    """``node.world.Signing`` of one process's life."""

    outlives = True

    def __init__(self, process: Process, vault: Vault) -> None:
        self._process = process
        self._vault = vault
        self._chain = process.setting.chain
        self._keys = {each.public_key: each for each in self._signers()}
        self._seat: tuple[Signer, Remembered] | None = None
        self._asker: Answers | None = None
        self._pending: set[int] = set()
        vault.client = self

    def _signers(self) -> list[Signer]:
        return self._process.setting.signers(self._process.machine.partner)

    def bind(self, asker: Answers) -> None:
        self._asker = asker

    def enter(self, members: ValidatorSet) -> int | None:
        self._seat = None
        if self._vault.away:
            return None
        for place, member in enumerate(members.members):
            key = self._keys.get(member.key)
            if key is not None:
                past = self._vault.past(member.key, members.epoch)
                if past is None:
                    return None
                self._seat = key, past
                return place
        return None

    def recall(self, statements: tuple[Statement, ...], floor: Floor) -> tuple[Unheard, ...]:
        if self._vault.away or self._seat is None:
            raise Unseated
        key, past = self._seat
        try:
            unheard = past.compare(statements, floor)
        except (Ahead, Refused) as error:
            raise Diverged(f"the signer of {self._process.machine.partner}: {error}") from error
        past.recall(statements, floor)
        self._vault.handed_back += len(unheard)
        return tuple(
            Unheard(say_of(self._chain, s, content), key.sign(message_of(self._chain, s)))
            for s, content in unheard
        )

    def forget(self, floor: Floor) -> None:
        if self._seat is not None and not self._vault.away:
            self._seat[1].forget(floor)

    def sign(self, token: int, statements: tuple[Statement, ...], says: tuple[Say, ...]) -> None:
        assert self._asker is not None
        if self._seat is None or self._vault.away:
            self._asker.on_unsigned(token)
            return
        asked = [Asked(s, content_of(say)) for s, say in zip(statements, says, strict=True)]
        self._pending.add(token)
        self._process.later((0, 4), partial(self._record, token, self._seat, asked))

    def _record(self, token: int, seat: tuple[Signer, Remembered], asked: list[Asked]) -> None:
        """The request has arrived: it is in the record, and the answer on its way."""
        if token not in self._pending:
            return
        key, past = seat
        answer: Callable[[], None]
        assert self._asker is not None
        try:
            past.admit(asked)
            signed = tuple(key.sign(message_of(self._chain, each.statement)) for each in asked)
            answer = partial(self._asker.on_signed, token, signed)
        except Refused as refused:
            answer = partial(self._asker.on_refused, token, str(refused))
        self._process.later((0, 3), partial(self._answer, token, answer))
        if self._vault.ambush is not None:
            strike, self._vault.ambush = self._vault.ambush, None
            strike()

    def _answer(self, token: int, answer: Callable[[], None]) -> None:
        if token in self._pending:
            self._pending.discard(token)
            answer()

    def lost(self) -> None:
        """The connection is gone."""
        assert self._asker is not None
        tokens, self._pending = sorted(self._pending), set()
        self._vault.unanswered += len(tokens)
        had_seat, self._seat = self._seat is not None, None
        for token in tokens:
            self._process.later((0, 1), partial(self._asker.on_unsigned, token))
        if had_seat and not tokens:
            self._process.later((0, 1), self._asker.renew)

    def found(self) -> None:
        """It stands again."""
        assert self._asker is not None
        self._process.later((0, 50), self._asker.renew)


def put_apart(cluster: Cluster, seed: int) -> list[Vault]:
    """Every honest node's signer is a process of its own, and dies now and then before the calm."""
    rng = Random(f"{seed} signers")
    vaults = [Vault() for _ in cluster.machines]

    def signing(process: Process) -> LocalSigner | ApartSigner:
        machine = process.machine
        if not cluster.is_honest(machine):
            setting = process.setting
            return LocalSigner(setting.chain, setting.signers(machine.partner), setting.guard)
        return ApartSigner(process, vaults[machine.endpoint])

    cluster.setting.signing = signing
    for endpoint, vault in enumerate(vaults):
        for _ in range(rng.randint(1, OUTAGES)):
            at_ms, down_ms = rng.randrange(cluster.plan.storm_ms), rng.randint(1, DOWN_MS)
            dies = partial(_die, cluster, vault, down_ms)
            strike = rng.choice((dies, partial(_cut, cluster, endpoint, down_ms)))
            cluster.loop.after(at_ms, rng.choice((dies, partial(_lie_in_wait, vault, strike))))
        cluster.loop.after(cluster.plan.storm_ms, partial(_lie_in_wait, vault, None))
    return vaults


def _die(cluster: Cluster, vault: Vault, down_ms: int) -> None:
    if not vault.away:
        vault.dies()
        cluster.loop.after(down_ms, vault.comes)


def _cut(cluster: Cluster, endpoint: int, down_ms: int) -> None:
    """The node's machine loses its power, and the signer's does not."""
    cluster.crash(endpoint)
    cluster.loop.after(down_ms, partial(cluster.start, endpoint))


def _lie_in_wait(vault: Vault, strike: Callable[[], None] | None) -> None:
    vault.ambush = strike
