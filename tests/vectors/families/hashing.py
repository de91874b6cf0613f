"""Domains of digests and of signed messages, with the digest of one input in each."""

from collections.abc import Mapping, Sequence

from primitives.hashing import ALL_DOMAINS

FIELDS = {
    "name": "the domain's name",
    "prefix": "what is hashed, or signed, before the parts",
    "parts": "concatenated after the prefix",
    "digest": "SHA-256 of prefix and parts",
}

PARTS = (b"", b"Liq", b"Bon")


def cases() -> Sequence[Mapping[str, object]]:
    return [
        {
            "name": domain.name,
            "prefix": domain.prefix.hex(),
            "parts": [part.hex() for part in PARTS],
            "digest": domain.digest(*PARTS).hex(),
        }
        for domain in ALL_DOMAINS
    ]
