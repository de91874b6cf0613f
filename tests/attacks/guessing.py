"""Who reads the chain and tries every name that something could have had. Knows hashes; no salt.

What is on the chain is taken apart into its byte strings of 32 bytes; a guess is right if one of
the usual ways to hash it gives one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

import msgpack  # type: ignore[import-untyped]

from primitives.encoding import encode

SIZE: Final = 32
Fields = Callable[[str], list[object]]
"""What would be sealed, if it were called so: all but the name is known."""
Form = Callable[[bytes, bytes], bytes]
"""A way in which somebody might have hashed a name, or the encoding of all fields."""


def on_chain(
    transactions: Iterable[bytes], state: Mapping[bytes, bytes], receipts: Iterable[bytes] = ()
) -> set[bytes]:
    """Every byte string of 32 bytes that anybody can read, and all that keys hold."""
    found = set()
    for raw in (*transactions, *state.values(), *receipts):
        found |= set(_strings(msgpack.unpackb(raw)))
    for key in state:
        found |= {key[i : i + SIZE] for i in range(1, len(key) - SIZE + 1)}
    return found


def _strings(value: Any) -> Iterator[bytes]:
    if isinstance(value, bytes) and len(value) == SIZE:
        yield value
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def sealed(salt: bytes = b"") -> Form:
    """As the product seals, under a salt that somebody knows, or under none."""
    head = sha256(b"LiqBon/commitment\0" + salt)

    def form(_: bytes, fields: bytes) -> bytes:
        digest = head.copy()
        digest.update(fields)
        return digest.digest()

    return form


UNSALTED: Final[dict[str, Form]] = {
    "the name": lambda name, _: sha256(name).digest(),
    "all fields": lambda _, fields: sha256(fields).digest(),
    "all fields under the domain": sealed(),
    "all fields under a salt of zeros": sealed(bytes(SIZE)),
}
"""Ways without a secret: whoever tries all names finds the right one."""


def hashed(form: Form, fields: Fields, name: str) -> bytes:
    """A name in that form."""
    return form(name.encode(), encode(fields(name)))


def search(
    names: Iterable[str], fields: Fields, forms: Iterable[Form], chain: set[bytes]
) -> str | None:
    """The first name of which one of the forms stands on the chain."""
    tried = list(forms)
    for name in names:
        written, encoded = name.encode(), encode(fields(name))
        for form in tried:
            if form(written, encoded) in chain:
                return name
    return None


def betrayed(name: str, fields: Fields, chain: set[bytes]) -> bytes | None:
    """The public string that, taken for the salt, would confirm a right guess."""
    return next((s for s in sorted(chain) if hashed(sealed(s), fields, name) in chain), None)
