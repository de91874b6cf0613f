"""Words to keys: BIP-39 sentences, SLIP-0010 derivation. Knows no file, no account, no network.

A wallet is one sentence of 12 or 24 words (BIP-39, without the optional passphrase). Account N has
the key at the path m/44'/5001538'/N' of SLIP-0010 for Ed25519, where every step is hardened. The
words come from the ten lists that BIP-39 publishes; there is no Russian one among them, and a list
of one's own would be a wallet that no other program can restore.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from primitives.encoding import Malformed
from primitives.keys import Ed25519Key

if TYPE_CHECKING:
    from mnemonic import Mnemonic

COIN_TYPE: Final = 5_001_538
"""C of the path m/44'/C'/account': the bytes "LQB" as a number. SLIP-0044 has it unassigned."""

LANGUAGES: Final = (
    "english",
    "chinese_simplified",
    "chinese_traditional",
    "czech",
    "french",
    "italian",
    "japanese",
    "korean",
    "portuguese",
    "spanish",
)
WORD_COUNTS: Final = (12, 24)
MAX_SENTENCE: Final = 1024
"""Characters of the longest text that is read as a sentence."""
MAX_ACCOUNT: Final = 2**31 - 1
_HARDENED: Final = 0x80000000
_ENTROPY_BYTES: Final = {12: 16, 24: 32}


def new_sentence(entropy: bytes, language: str = "english") -> str:
    """The sentence of 16 or 32 random bytes: 12 or 24 words, a space between two."""
    if len(entropy) not in _ENTROPY_BYTES.values():
        raise ValueError(f"16 or 32 bytes of entropy, not {len(entropy)}")
    return " ".join(_words(language).to_mnemonic(entropy).split())


def entropy_bytes(words: int) -> int:
    """How many random bytes a sentence of 12 or 24 words takes. ValueError for other counts."""
    if words not in _ENTROPY_BYTES:
        raise ValueError(f"a sentence has 12 or 24 words, not {words}")
    return _ENTROPY_BYTES[words]


def parse_sentence(text: str) -> str:
    """The sentence in ``text``: NFKD, lower case, single spaces; its checksum holds.

    Raises ``Malformed``: ``mnemonic_malformed`` (length or words), ``mnemonic_checksum`` (words of
    a list in an order that no wallet made). The language is found by its words. No error repeats a
    word: they are the secret.
    """
    if len(text) > MAX_SENTENCE:
        raise Malformed("mnemonic_malformed", f"over {MAX_SENTENCE} characters")
    words = unicodedata.normalize("NFKD", text).lower().split()
    if len(words) not in WORD_COUNTS:
        raise Malformed("mnemonic_malformed", f"{len(words)} words, 12 or 24 are a sentence")
    sentence = " ".join(words)
    fitting = [language for language in LANGUAGES if set(words) <= _list_of(language)]
    if not fitting:
        raise Malformed("mnemonic_malformed", _stranger(words))
    # Two lists may share all the words (the Chinese ones do share many): one checksum is enough.
    if not any(_words(language).check(sentence) for language in fitting):
        raise Malformed("mnemonic_checksum", "a word is wrong, missing or out of its place")
    return sentence


def _stranger(words: list[str]) -> str:
    """Which word to look at, by its place, in the list that knows most of them."""
    best = max(LANGUAGES, key=lambda language: sum(word in _list_of(language) for word in words))
    place = next(i for i, word in enumerate(words, 1) if word not in _list_of(best))
    return f"word {place} is not in the {best} list"


def sentence_seed(sentence: str, passphrase: str = "") -> bytes:
    """64 bytes: the BIP-39 seed of a sentence, by 2,048 rounds of PBKDF2-HMAC-SHA512.

    ``passphrase`` is BIP-39's own; the wallet leaves it empty.
    """
    salt = "mnemonic" + unicodedata.normalize("NFKD", passphrase)
    password = unicodedata.normalize("NFKD", sentence)
    return hashlib.pbkdf2_hmac("sha512", password.encode(), salt.encode(), 2_048)


def derive(seed: bytes, path: tuple[int, ...]) -> bytes:
    """The 32-byte private key at ``path`` of ``seed`` (SLIP-0010, curve ed25519).

    ``path`` holds the numbers without the hardening bit, which Ed25519 always has. ValueError for
    a seed that is not of 16 to 64 bytes, or a number beyond 2^31 - 1.
    """
    return _node(seed, path)[:32]


def _node(seed: bytes, path: tuple[int, ...]) -> bytes:
    """The private key, then the chain code, 32 bytes each."""
    if not 16 <= len(seed) <= 64:
        raise ValueError(f"a seed of {len(seed)} bytes, 16 to 64 allowed")
    node = hmac.digest(b"ed25519 seed", seed, "sha512")
    for number in path:
        if not 0 <= number < _HARDENED:
            raise ValueError(f"{number} is not a step of a path")
        child = b"\0" + node[:32] + (number | _HARDENED).to_bytes(4, "big")
        node = hmac.digest(node[32:], child, "sha512")
    return node


def account_key(seed: bytes, account: int) -> Ed25519Key:
    """The key of an account of a wallet: m/44'/5001538'/account'."""
    return Ed25519Key.from_seed(derive(seed, (44, COIN_TYPE, account)))


@lru_cache(maxsize=len(LANGUAGES))
def _words(language: str) -> Mnemonic:
    from mnemonic import Mnemonic

    if language not in LANGUAGES:
        raise ValueError(f"no word list of {language!r}")
    return Mnemonic(language)


@lru_cache(maxsize=len(LANGUAGES))
def _list_of(language: str) -> frozenset[str]:
    normal = unicodedata.normalize
    return frozenset(normal("NFKD", word) for word in _words(language).wordlist)
