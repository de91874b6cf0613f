"""Answers one node's requests ([SIG-1] to [SIG-4]). Knows keys, the record and forms; no socket.

A conversation goes: meet, enter an epoch, recall what the journal holds, and then sign. Whatever is
out of turn is refused, and so is whatever the guard refuses; a refusal changes nothing that others
could see.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple, assert_never

import structlog

from consensus.effects import SayAttest, SayBeat
from node.guard import Floor, Refused, Statement
from node.identity import HELLO_VERSION, UNSIGNED, Hello, KeyVoice
from node.keyring import Keyring
from node.remembered import Ahead, Asked
from node.signer import message_of
from node.signer_record import SignerRecord
from node.signing import (
    VERSION,
    Answer,
    Destroy,
    Done,
    Enter,
    Forget,
    Greet,
    HeldKeys,
    ListKeys,
    Meet,
    Recall,
    Recalled,
    Refusal,
    Request,
    Seated,
    Sign,
    Signed,
    Vouch,
    Vouched,
    refusal,
)
from node.speech import say_of
from primitives.encoding import Malformed
from primitives.keys import Ed25519Key
from shell.errors import CommandError

MOST_RECALLED: Final = 1_000_000
"""Statements of one journal."""

log = structlog.get_logger(__name__)


class HeldSecrets:
    """The keys that are open in this process, and their files."""

    def __init__(self, keyring: Keyring, keys: Iterable[Ed25519Key]) -> None:
        self._keyring = keyring
        self._keys = {key.public_key: key for key in keys}

    def reread(self, passphrase: bytes) -> int:
        """Open what is new; how many keys there are now. Raises ``KeyFault``."""
        for key in self._keyring.open(passphrase, self._keys.keys()):
            self._keys[key.public_key] = key
        return len(self._keys)

    def public_keys(self) -> tuple[bytes, ...]:
        """Of those that are open, oldest first."""
        return tuple(self._keys)

    def get(self, public: bytes) -> Ed25519Key | None:
        """A key, if it is here."""
        return self._keys.get(public)

    def destroy(self, public: bytes) -> None:
        """In memory and on disk. Raises ``KeyFault`` or ``OSError``."""
        self._keys.pop(public, None)
        self._keyring.destroy(public)


class _Seat(NamedTuple):
    """In which epoch a node asks, with which key; ``recalled`` once its journal was compared."""

    key: Ed25519Key
    epoch: int
    recalled: bool


class Desk:
    """One conversation; a new one for each connection."""

    def __init__(self, chain: bytes, secrets: HeldSecrets, record: SignerRecord) -> None:
        self._chain = chain
        self._secrets = secrets
        self._record = record
        self._met = False
        self._looks = False
        self._seat: _Seat | None = None
        self._journal: list[Statement] = []

    def answer(self, request: Request) -> Answer:
        """The answer to a request. Raises ``OSError`` if the disk fails: then nobody knows what is
        durable, and this process must end."""
        if isinstance(request, Meet):
            return self._meet(request)
        if not self._met:
            return Refusal("out_of_turn", "nobody has said hello")
        match request:
            case Enter():
                return self._enter(request)
            case Recall():
                return self._recall(request)
            case Forget() | Sign() | Vouch() | Greet() | Destroy() if self._looks:
                return Refusal("looks_only", "this connection is for looking")
            case ListKeys():
                return HeldKeys(self._secrets.public_keys())
            case Destroy():
                return self._destroy(request)
            case Forget() | Sign() | Vouch() | Greet():
                seat = self._seat
                if seat is None or not seat.recalled:
                    return Refusal("out_of_turn", "no seat was taken")
                return self._speak(seat, request)
            case _:
                assert_never(request)

    def _meet(self, request: Meet) -> Answer:
        if request.version != VERSION:
            return Refusal("signer_version", f"version {request.version}, this is {VERSION}")
        if request.chain != self._chain:
            return Refusal("wrong_chain", f"{request.chain.hex()}, this is {self._chain.hex()}")
        self._met, self._looks = True, request.looks
        self._seat = None
        return Done()

    def _enter(self, request: Enter) -> Answer:
        self._seat, self._journal = None, []
        for place, member in enumerate(request.members):
            key = self._secrets.get(member)
            if key is None:
                continue
            if self._record.past(member, request.epoch) is None:
                detail = f"{member.hex()} has signed in epochs after {request.epoch}"
                return Refusal("signer_past", detail)
            self._seat = _Seat(key, request.epoch, recalled=False)
            return Seated(place)
        return Seated(None)

    def _recall(self, request: Recall) -> Answer:
        if self._seat is None or self._seat.recalled:
            return Refusal("out_of_turn", "no epoch was entered")
        self._journal += request.statements
        if len(self._journal) > MOST_RECALLED:
            self._seat = None
            return Refusal("recall_long", f"at most {MOST_RECALLED} statements")
        if request.more:
            return Done()
        key, epoch, floor = self._seat.key, self._seat.epoch, Floor(request.view, request.batch)
        past = self._record.past(key.public_key, epoch)
        assert past is not None, "it was entered"
        try:
            unheard = past.compare(self._journal, floor)
            if self._looks:
                return Recalled((), (), ())
            self._record.recall(key.public_key, epoch, self._journal, floor)
        except Ahead as ahead:
            self._seat = None
            return refusal("signer_ahead", str(ahead))
        except Refused as refused:
            self._seat = None
            return refusal("signer_contradicts", str(refused))
        self._seat, self._journal = self._seat._replace(recalled=True), []
        return self._recalled(key, unheard)

    def _recalled(self, key: Ed25519Key, unheard: tuple[Asked, ...]) -> Recalled:
        statements = tuple(each.statement for each in unheard)
        contents = tuple(each.content for each in unheard)
        return Recalled(statements, contents, self._signatures(key, statements))

    def _speak(self, seat: _Seat, request: Forget | Sign | Vouch | Greet) -> Answer:
        voice = KeyVoice(seat.key)
        match request:
            case Forget():
                floor = Floor(request.view, request.batch)
                self._record.forget(seat.key.public_key, seat.epoch, floor)
                return Done()
            case Sign():
                return self._sign(seat, request)
            case Vouch():
                return Vouched(voice.vouch(request.tls_key))
            case Greet():
                return Signed((voice.greet(hello_of(self._chain, request)),))

    def _sign(self, seat: _Seat, request: Sign) -> Answer:
        if len(request.statements) != len(request.contents):
            return Refusal("malformed", "not one content a statement")
        asked = [Asked(*each) for each in zip(request.statements, request.contents, strict=True)]
        try:
            for each in asked:
                self._check(seat, each)
            self._record.sign(seat.key.public_key, seat.epoch, asked)
        except (Malformed, Refused) as error:
            log.warning("refused to sign", reason=str(error))
            return refusal(error.code, str(error))
        return Signed(self._signatures(seat.key, request.statements))

    def _check(self, seat: _Seat, asked: Asked) -> None:
        """A statement has to be what it says that it is: of this chain, and of what it comes with,
        or a node could have one slot signed under the name of another. Raises ``Malformed``."""
        match say_of(self._chain, asked.statement, asked.content):
            case SayAttest(attestation=said) | SayBeat(beat=said):
                if said.chain != self._chain:
                    raise Malformed("wrong_chain", said.chain.hex())
                if said.epoch != seat.epoch:
                    raise Malformed("epoch_past", f"epoch {said.epoch}")
            case _:
                pass  # these name chain and epoch in what is signed, or the guard compares it

    def _signatures(self, key: Ed25519Key, said: Iterable[Statement]) -> tuple[bytes, ...]:
        return tuple(key.sign(message_of(self._chain, statement)) for statement in said)

    def _destroy(self, request: Destroy) -> Answer:
        seat = self._seat
        if seat is not None and seat.key.public_key == request.key:
            return Refusal("key_seated", "the key has the seat of the present epoch")
        try:
            self._secrets.destroy(request.key)
        except CommandError as error:
            return refusal(error.code, error.message)
        self._record.drop(request.key)
        log.info("consensus key destroyed: it has no seat any more", key=request.key.hex())
        return Done()


def hello_of(chain: bytes, greet: Greet) -> Hello:
    """The hello, unsigned, that a node wants signed."""
    return Hello(
        version=HELLO_VERSION,
        chain=chain,
        epoch=greet.epoch,
        sender=greet.sender,
        receiver=greet.receiver,
        own=greet.own,
        yours=greet.yours,
        signature=UNSIGNED,
    )
