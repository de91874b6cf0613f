"""Ed25519 signatures by given seeds; all are valid under ZIP-215."""

from collections.abc import Mapping, Sequence

from primitives.keys import ED25519, Ed25519Key

FIELDS = {
    "seed": "private key of RFC 8032",
    "public_key": "its public key",
    "message": "what is signed",
    "signature": "the deterministic signature of RFC 8032",
}

MESSAGES = (b"", b"LiqBon", bytes(range(256)))


def case(seed: bytes, message: bytes) -> dict[str, object]:
    key = Ed25519Key.from_seed(seed)
    signature = key.sign(message)
    assert ED25519.verify(key.public_key, message, signature)
    return {
        "seed": seed.hex(),
        "public_key": key.public_key.hex(),
        "message": message.hex(),
        "signature": signature.hex(),
    }


def cases() -> Sequence[Mapping[str, object]]:
    return [case(bytes([i]) * 32, message) for i in (0, 1, 255) for message in MESSAGES]
