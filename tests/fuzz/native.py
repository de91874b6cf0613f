"""Batches against single checks: ``python -m tests.fuzz.native --minutes 5 --seed 1``.

Knows how to make signatures that honest signers never make; not which of them are valid. That is
``primitives.keys``'s to say, one by one, and ``liqbon_native`` has to say the same of the whole
list. A seed draws the same batches again; the first difference ends the run and is written down.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha512
from pathlib import Path
from random import Random
from typing import Final

import msgspec

from benchmarks import machine
from benchmarks.auditor import ROOT
from benchmarks.machine import Machine
from primitives.keys import ED25519, SMALL_ORDER_ENCODINGS, Check, Ed25519Key
from shell.scheme import SCHEME, batch_library

RESULT: Final = ROOT / "docs" / "results" / "native_fuzz.json"
P: Final = 2**255 - 19
ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_D: Final = -121665 * pow(121666, -1, P) % P
PEOPLE: Final = 400
"""Signers. Few enough that keys are repeated within a batch, many enough that most are not."""
SIZES: Final = (0, 1, 2, 3, 4, 7, 8, 9, 16, 17, 33, 64, 100, 256, 511, 512, 513, 700, 1030)
SMALL_ORDER: Final = sorted(SMALL_ORDER_ENCODINGS)
LONG: Final = 200_000


class Signer:
    """A person of the fuzzer, who knows their private number and may use it wrongly."""

    def __init__(self, seed: bytes) -> None:
        self.key = Ed25519Key.from_seed(seed)
        self.public_key = self.key.public_key
        self.number = private_number(seed)


def private_number(seed: bytes) -> int:
    """The scalar of a seed (RFC 8032, section 5.1.5)."""
    low = int.from_bytes(sha512(seed).digest()[:32], "little")
    return (low & ((1 << 254) - 8)) | (1 << 254)


def challenge(nonce: bytes, public_key: bytes, message: bytes) -> int:
    """k, from the bytes as they came."""
    return int.from_bytes(sha512(nonce + public_key + message).digest(), "little") % ORDER


def little(number: int) -> bytes:
    """32 bytes."""
    return number.to_bytes(32, "little")


def decoded(encoding: bytes) -> tuple[int, int]:
    """The point of an encoding that has one, by ZIP-215."""
    number = int.from_bytes(encoding, "little")
    y, sign = number % 2**255 % P, number >> 255
    square = (y * y - 1) * pow(_D * y * y + 1, -1, P) % P
    root = pow(square, (P + 3) // 8, P)
    if root * root % P != square:
        root = root * pow(2, (P - 1) // 4, P) % P
    return (root if root & 1 == sign else (P - root) % P), y


def sum_of(left: bytes, right: bytes) -> bytes:
    """The encoding of the sum of two points."""
    (x1, y1), (x2, y2) = decoded(left), decoded(right)
    product = _D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P
    return little(y | (x & 1) << 255)


class Forge:
    """Draws checks and batches of them; everything follows from the seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.people = [Signer(self.random.randbytes(32)) for _ in range(PEOPLE)]
        self.tainted = [
            (sum_of(signer.public_key, self.random.choice(SMALL_ORDER)), signer)
            for signer in self.people[:40]
        ]

    def batch(self) -> list[tuple[str, Check]]:
        """A list of a size that was drawn, with as many odd ones as was drawn, in any order."""
        size = self.random.choice(SIZES)
        share = self.random.choice((0.0, 0.0, 1 / max(size, 1), 0.03, 0.5, 1.0))
        kinds = self.random.sample(sorted(KINDS), self.random.randint(1, len(KINDS)))
        items: list[tuple[str, Check]] = []
        while len(items) < size:
            kind = self.random.choice(kinds) if self.random.random() < share else "good"
            items += [(kind, check) for check in KINDS[kind](self)]
        self.random.shuffle(items)
        return items[:size]

    def signed(self) -> Check:
        """By someone, over something short."""
        signer, message = self.random.choice(self.people), self.random.randbytes(40)
        return Check(signer.public_key, message, signer.key.sign(message))

    def good(self) -> list[Check]:
        """What honest signers make."""
        return [self.signed()]

    def flipped_key(self) -> list[Check]:
        """One bit of the key is another."""
        check = self.signed()
        return [check._replace(public_key=self._flipped(check.public_key))]

    def flipped_message(self) -> list[Check]:
        """One bit of the message is another."""
        check = self.signed()
        return [check._replace(message=self._flipped(check.message))]

    def flipped_signature(self) -> list[Check]:
        """One bit of R or S is another."""
        check = self.signed()
        return [check._replace(signature=self._flipped(check.signature))]

    def noise(self) -> list[Check]:
        """Sizes are right, and nothing else."""
        return [Check(*(self.random.randbytes(size) for size in (32, 9, 64)))]

    def of_wrong_size(self) -> list[Check]:
        """Too short or too long, by a little or by much."""
        check = self.signed()
        key_size = self.random.choice((0, 1, 31, 32, 32, 33, 64, 5000))
        size = self.random.choice((0, 1, 32, 63, 65, 96, 5000))
        return [
            check._replace(
                public_key=(check.public_key + bytes(5000))[:key_size],
                signature=(check.signature + bytes(5000))[:size],
            )
        ]

    def of_small_order(self) -> list[Check]:
        """Key and R are of small order, S is 0 (valid, whatever is said) or is not."""
        key, nonce = (self.random.choice(SMALL_ORDER) for _ in range(2))
        scalar = little(self.random.choice((0, 0, 0, 1, ORDER - 1, ORDER)))
        return [Check(key, self.random.randbytes(5), nonce + scalar)]

    def small_order_key_alone(self) -> list[Check]:
        """The key is of small order and R an honest point, of which S is the number (valid)."""
        signer = self.random.choice(self.people)
        scalar = (signer.number + self.random.choice((0, 0, 1))) % ORDER
        key = self.random.choice(SMALL_ORDER)
        return [Check(key, b"anything", signer.public_key + little(scalar))]

    def tainted_key(self) -> list[Check]:
        """The key is an honest one plus a point of small order (valid: the factor 8)."""
        key, signer = self.random.choice(self.tainted)
        return [self._by_hand(key, signer, self.random.choice(self.people).public_key)]

    def tainted_nonce(self) -> list[Check]:
        """R is one plus a point of small order (valid: the factor 8)."""
        signer = self.random.choice(self.people)
        nonce, _ = self.random.choice(self.tainted)
        return [self._by_hand(signer.public_key, signer, nonce)]

    def other_spelling(self) -> list[Check]:
        """Key or R is another spelling, y + p, of a point whose number nobody knows."""
        strange = little((self.random.randrange(19) + P) | self.random.getrandbits(1) << 255)
        check = self.signed()
        if self.random.random() < 0.5:
            return [check._replace(public_key=strange)]
        return [check._replace(signature=strange + check.signature[32:])]

    def other_scalar(self) -> list[Check]:
        """S plus a multiple of the group order, or at an edge."""
        check = self.signed()
        scalar = int.from_bytes(check.signature[32:], "little")
        multiples = [scalar + times * ORDER for times in range(1, 15)]
        edges = [0, 1, ORDER - 1, ORDER, ORDER + 1, 2**252, 2**253, 2**255, 2**256 - 1]
        chosen = self.random.choice(multiples + edges)
        return [check._replace(signature=check.signature[:32] + little(chosen % 2**256))]

    def cancelling(self) -> list[Check]:
        """Two, or three, whose errors are nothing in a sum without weights."""
        errors = [self.random.randrange(1, ORDER) for _ in range(self.random.choice((1, 2)))]
        errors.append(-sum(errors))
        return [self._with_error(self.signed(), error) for error in errors]

    def twice(self) -> list[Check]:
        """The same again, good or bad."""
        check = self.signed()
        if self.random.random() < 0.5:
            check = self._with_error(check, 1)
        return [check] * self.random.randint(2, 5)

    def of_one_key(self) -> list[Check]:
        """Many by one signer, most of them good."""
        signer = self.random.choice(self.people)
        messages = [self.random.randbytes(8) for _ in range(self.random.randint(2, 30))]
        checks = [Check(signer.public_key, each, signer.key.sign(each)) for each in messages]
        if self.random.random() < 0.5:
            checks[0] = checks[0]._replace(signature=checks[1].signature)
        return checks

    def long_message(self) -> list[Check]:
        """Good and bad over many bytes, none, or about a block of the hash."""
        size = self.random.choice((0, 1, 47, 48, 63, 64, 127, 128, 1000, LONG))
        signer, message = self.random.choice(self.people), self.random.randbytes(size)
        check = Check(signer.public_key, message, signer.key.sign(message))
        return [check, check._replace(message=message + b"\0")]

    def _by_hand(self, key: bytes, signer: Signer, nonce: bytes) -> Check:
        """Signed with the numbers of ``signer`` and of whoever has ``nonce`` as their key."""
        numbers = {each.public_key: each.number for each in self.people}
        numbers |= {tainted: each.number for tainted, each in self.tainted}
        message = self.random.randbytes(20)
        scalar = numbers[nonce] + challenge(nonce, key, message) * signer.number
        check = Check(key, message, nonce + little(scalar % ORDER))
        return check if self.random.random() < 0.8 else self._with_error(check, 1)

    def _with_error(self, check: Check, error: int) -> Check:
        scalar = (int.from_bytes(check.signature[32:], "little") + error) % ORDER
        return check._replace(signature=check.signature[:32] + little(scalar))

    def _flipped(self, data: bytes) -> bytes:
        bit = self.random.randrange(8 * len(data))
        return bytes(
            byte ^ (1 << bit % 8 if place == bit // 8 else 0) for place, byte in enumerate(data)
        )


KINDS: Final[dict[str, Callable[[Forge], list[Check]]]] = {
    function.__name__: function
    for function in (
        Forge.flipped_key,
        Forge.flipped_message,
        Forge.flipped_signature,
        Forge.noise,
        Forge.of_wrong_size,
        Forge.of_small_order,
        Forge.small_order_key_alone,
        Forge.tainted_key,
        Forge.tainted_nonce,
        Forge.other_spelling,
        Forge.other_scalar,
        Forge.cancelling,
        Forge.twice,
        Forge.of_one_key,
        Forge.long_message,
        Forge.good,
    )
}
"""Ways to go wrong; ``good`` is among them so that none is missing from a count."""


class Kind(msgspec.Struct, frozen=True):
    """How many checks of a kind were compared, and how many of them were valid."""

    checks: int
    valid: int


class FuzzResult(msgspec.Struct, frozen=True):
    """One run that found no difference."""

    machine: Machine
    date: str
    commit: str
    library: str
    seed: int
    minutes: float
    batches: int
    checks: int
    kinds: dict[str, Kind]


class Differs(Exception):
    """A batch of which the two do not say the same."""

    def __init__(self, number: int, batch: list[tuple[str, Check]], found: list[bool]) -> None:
        super().__init__(number, batch, found)
        self.number = number
        self.batch = batch
        self.found = found


class Tally:
    """What was compared so far."""

    def __init__(self) -> None:
        self.batches = 0
        self.checks: Counter[str] = Counter()
        self.valid: Counter[str] = Counter()

    def compare(self, batch: list[tuple[str, Check]]) -> None:
        """Both verdicts of a batch. Raises ``Differs``."""
        checks = [check for _, check in batch]
        expected, found = ED25519.verify_many(checks), SCHEME.verify_many(checks)
        if found != expected:
            raise Differs(self.batches, batch, found)
        self.batches += 1
        self.checks.update(kind for kind, _ in batch)
        self.valid.update(kind for (kind, _), valid in zip(batch, expected, strict=True) if valid)


def batches(seed: int) -> Iterator[list[tuple[str, Check]]]:
    """The endless list of batches of a seed."""
    forge = Forge(seed)
    while True:
        yield forge.batch()


def main() -> int:
    """Compare until the time is over: 0 if both said the same of every batch."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.native", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--result", type=Path, help=f"where the document goes, as {RESULT.name}")
    options = parser.parse_args()
    library = batch_library()
    if library is None:
        print("liqbon-native is not installed: make native", file=sys.stderr)
        return 2
    tally, ends_s = Tally(), time.monotonic() + 60 * options.minutes
    try:
        for batch in batches(options.seed):
            if time.monotonic() > ends_s:
                break
            tally.compare(batch)
    except Differs as difference:
        print(_described(options.seed, difference), file=sys.stderr)
        return 1
    result = FuzzResult(
        machine=machine.describe(),
        date=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        commit=machine.commit(ROOT),
        library=library,
        seed=options.seed,
        minutes=options.minutes,
        batches=tally.batches,
        checks=tally.checks.total(),
        kinds={kind: Kind(n, tally.valid[kind]) for kind, n in sorted(tally.checks.items())},
    )
    text = msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n"
    if options.result:
        options.result.write_bytes(text)
    print(text.decode(), end="")
    return 0


def _described(seed: int, difference: Differs) -> str:
    lines = [f"seed {seed}, batch {difference.number}: the verdicts differ"]
    for (kind, check), found in zip(difference.batch, difference.found, strict=True):
        if ED25519.verify(*check) != found:
            hexes = " ".join(part.hex() for part in check)
            lines.append(f"{kind}: {found} in the batch, {not found} alone: {hexes}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
