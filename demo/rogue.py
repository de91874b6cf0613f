"""A thief's own client, written from docs/spec. Knows keys and bytes; asks no rule, checks nothing.

The installed commands refuse to sign what the ledger would refuse. Whoever wants to cheat does not
use them: so the attacks of the demonstration are signed here, with real keys of real partners, by
the standard library and ``cryptography``, and sent to whatever node the thief likes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from demo.commands import Unexpected

TIMEOUT_S: Final = 10.0
MAX_ANSWER: Final = 1024 * 1024
HARDENED: Final = 2**31
PATH: Final = (44, 5_001_538)
"""m/44'/5001538'/account'."""
VALID_MS: Final = 3_600_000
TRANSFER: Final = 0x10
MINT: Final = 0x20
REDEEM: Final = 0x60
DISPUTE: Final = 0x72
UNUSED_CHANNEL: Final = 200
"""A channel that the commands do not use: its first sequence is free."""
_ONE_AT_A_TIME: Final = threading.Lock()
"""Two derivations of several lanes at once wait for each other for ever in OpenSSL."""
_OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))

encode = msgspec.msgpack.Encoder().encode


def digest(domain: str, *parts: bytes) -> bytes:
    """32 bytes ([ENC-5])."""
    return hashlib.sha256(b"LiqBon/" + domain.encode() + b"\0" + b"".join(parts)).digest()


class Slot(NamedTuple):
    """Whose transaction it is to be, and which one."""

    sender: bytes
    channel: int
    sequence: int


class Key:
    """An Ed25519 key and the account of its own ([CRYPTO-4], [CRYPTO-5])."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.policy = [1, [self._key.public_key().public_bytes_raw()]]
        self.account = digest("account", encode(self.policy))

    def endorse(self, domain: str, chain: bytes, said: Any) -> list[Any]:
        """An endorsement of something that another transaction carries ([TX-10])."""
        return [self.policy, self._signatures(domain, chain + encode(said))]

    def sign(self, chain: bytes, action: Sequence[Any]) -> bytes:
        """A transaction of this key's own account ([TX-6], [TX-8])."""
        return self.sign_for(Slot(self.account, UNUSED_CHANNEL, 0), self.policy, chain, action)

    def sign_for(self, slot: Slot, policy: Any, chain: bytes, action: Sequence[Any]) -> bytes:
        """A transaction in somebody's name, signed by this key whoever that is."""
        until = int(time.time() * 1000) + VALID_MS
        unsigned = [1, chain, *slot, until, list(action), None]
        id_ = digest("transaction", encode(unsigned))
        return encode([unsigned, policy, self._signatures("sign/transaction", id_)])

    def signature(self, domain: str, message: bytes) -> bytes:
        """64 bytes over a message of one kind ([ENC-5])."""
        return self._key.sign(b"LiqBon/" + domain.encode() + b"\0" + message)

    def _signatures(self, domain: str, message: bytes) -> list[Any]:
        return [[0, self.signature(domain, message)]]


def stolen(home: Path, passphrase_file: Path, account: int) -> Key:
    """The key of an account, out of a keystore whose passphrase the thief has."""
    return Key(_derived(_opened(home / "keystore.json", passphrase_file), (*PATH, account)))


def validator(home: Path, passphrase_file: Path) -> Key:
    """The key by which a node votes and attests, out of the node's home."""
    return Key(_opened(home / "keys" / "consensus.json", passphrase_file))


def _opened(file: Path, passphrase_file: Path) -> bytes:
    """The secret in a key file."""
    document = json.loads(file.read_text())
    made, passphrase = document["derivation"], passphrase_file.read_text().strip()
    stretch = Argon2id(
        salt=bytes.fromhex(made["salt"]),
        length=32,
        iterations=made["passes"],
        lanes=made["lanes"],
        memory_cost=made["memory_kib"],
    )
    with _ONE_AT_A_TIME:
        secret = stretch.derive(passphrase.encode())
    told = [document["version"], document["purpose"], document["public"], made["name"]]
    told += [made["memory_kib"], made["passes"], made["lanes"], made["salt"]]
    told += [document["cipher"], document["nonce"]]
    nonce, sealed = bytes.fromhex(document["nonce"]), bytes.fromhex(document["ciphertext"])
    associated = b"LiqBon key file\0" + encode(told)
    return ChaCha20Poly1305(secret).decrypt(nonce, sealed, associated)


def _derived(words: bytes, path: Sequence[int]) -> bytes:
    """BIP-39 and SLIP-0010: the private key at a hardened path."""
    seed = hashlib.pbkdf2_hmac("sha512", words, b"mnemonic", 2_048)
    node = hmac.digest(b"ed25519 seed", seed, "sha512")
    for number in path:
        step = (number + HARDENED).to_bytes(4, "big")
        node = hmac.digest(node[32:], b"\0" + node[:32] + step, "sha512")
    return node[:32]


def handed_in(body: bytes) -> bytes:
    """The transaction in what a client handed to a node: its bytes, or a list of one."""
    decoded = msgspec.msgpack.decode(body)
    return decoded[0] if isinstance(decoded[0], bytes) else body


def action_of(body: bytes) -> list[Any]:
    """The action of the transaction that a client handed to a node, its tag first."""
    action: list[Any] = msgspec.msgpack.decode(handed_in(body))[0][6]
    return action


class Reply(NamedTuple):
    """What a node said to a submission: HTTP status, and its stable code."""

    status: int
    code: str


def submit(url: str, raw: bytes) -> Reply:
    """Hand a transaction to a node, and wait until it is final. Raises ``Unexpected``."""
    body = json.dumps({"transaction": base64.b64encode(raw).decode()}).encode()
    request = urllib.request.Request(
        f"{url}/v1/transactions?wait=final", body, {"Content-Type": "application/json"}
    )
    try:
        with _OPENER.open(request, timeout=TIMEOUT_S) as answer:
            document = json.loads(answer.read(MAX_ANSWER))
            return Reply(answer.status, str(document.get("code") or document.get("status")))
    except urllib.error.HTTPError as error:
        document = json.loads(error.read(MAX_ANSWER))
        return Reply(error.code, str(document.get("code")))
    except (OSError, ValueError) as error:
        raise Unexpected(f"{url}: {error}") from None
