"""A key file keeps its secret, and nobody loses or overwrites one."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shell.errors import KeyFault, Status
from shell.keyfile import (
    create_private,
    parse,
    read_private,
    replace_private,
    seal,
    unseal,
)

SECRET = bytes(range(32))
PASSPHRASE = "correct horse é".encode()
PURPOSE = "consensus key"


@pytest.fixture(scope="module")
def document() -> bytes:
    return seal(SECRET, PASSPHRASE, PURPOSE, "abcd")


def code_of(document: bytes, passphrase: bytes = PASSPHRASE, purpose: str = PURPOSE) -> str:
    with pytest.raises(KeyFault) as caught:
        unseal(document, passphrase, purpose)
    assert caught.value.status is Status.KEY
    return caught.value.code


def changed(document: bytes, **fields: object) -> bytes:
    return json.dumps({**json.loads(document), **fields}).encode()


def test_the_passphrase_opens_it(document: bytes) -> None:
    assert unseal(document, PASSPHRASE, PURPOSE) == SECRET


def test_the_same_passphrase_in_another_normal_form_opens_it(document: bytes) -> None:
    assert unseal(document, "correct horse e\u0301".encode(), PURPOSE) == SECRET


def test_the_public_text_is_read_without_a_passphrase(document: bytes) -> None:
    assert parse(document).public == "abcd"


def test_neither_secret_nor_passphrase_stands_in_the_document(document: bytes) -> None:
    assert SECRET.hex().encode() not in document
    assert SECRET not in document
    assert b"horse" not in document


def test_two_documents_of_one_secret_share_nothing(document: bytes) -> None:
    one, other = parse(document), parse(seal(SECRET, PASSPHRASE, PURPOSE, "abcd"))
    assert one.derivation.salt != other.derivation.salt
    assert one.nonce != other.nonce
    assert one.ciphertext != other.ciphertext


def test_two_threads_can_open_key_files_at_once(document: bytes) -> None:
    with ThreadPoolExecutor(max_workers=2) as threads:
        opening = [threads.submit(unseal, document, PASSPHRASE, PURPOSE) for _ in range(4)]
        assert [opened.result(timeout=30) for opened in opening] == [SECRET] * 4


def test_a_wrong_passphrase_is_said_to_be_wrong(document: bytes) -> None:
    assert code_of(document, b"correct horse e") == "passphrase_wrong"


def test_a_key_for_another_purpose_is_refused(document: bytes) -> None:
    assert code_of(document, purpose="wallet") == "keyfile_purpose"


def test_whatever_is_changed_the_secret_does_not_come_out(document: bytes) -> None:
    fields = json.loads(document)
    flipped = format(int(fields["ciphertext"][0], 16) ^ 1, "x") + fields["ciphertext"][1:]
    weaker = {**fields["derivation"], "passes": 1}
    assert code_of(changed(document, ciphertext=flipped)) == "passphrase_wrong"
    assert code_of(changed(document, public="abce")) == "passphrase_wrong"
    assert code_of(changed(document, derivation=weaker)) == "passphrase_wrong"
    assert code_of(changed(document, purpose="wallet"), purpose="wallet") == "passphrase_wrong"


@pytest.mark.parametrize(
    "fields",
    [
        {"extra": 1},
        {"cipher": "none"},
        {"nonce": "00"},
        {"ciphertext": "zz"},
        {"derivation": {"name": "argon2id"}},
        {"version": "1"},
    ],
)
def test_what_is_not_a_key_file_is_refused(document: bytes, fields: dict[str, object]) -> None:
    assert code_of(changed(document, **fields)) == "keyfile_malformed"


def test_a_forged_cost_cannot_eat_the_memory(document: bytes) -> None:
    costly = {**json.loads(document)["derivation"], "memory_kib": 2**31}
    assert code_of(changed(document, derivation=costly)) == "keyfile_malformed"


@pytest.mark.parametrize("garbage", [b"", b"{", b"\xff\xfe", b"[" * 5000, b" " * 20_000])
def test_garbage_is_refused(garbage: bytes) -> None:
    assert code_of(garbage) == "keyfile_malformed"


def test_a_later_version_is_named(document: bytes) -> None:
    assert code_of(changed(document, version=2)) == "keyfile_version"


def test_a_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "key"
    previous = os.umask(0)
    try:
        create_private(path, b"document")
    finally:
        os.umask(previous)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_private(path) == b"document"
    assert list(tmp_path.iterdir()) == [path], "no temporary file stays"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_key_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    create_private(path, b"document")
    path.chmod(mode)
    with pytest.raises(KeyFault) as caught:
        read_private(path)
    assert caught.value.code == "keyfile_permissions"
    assert "chmod 600" in caught.value.hint


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    create_private(tmp_path / "key", b"document")
    (tmp_path / "link").symlink_to(tmp_path / "key")
    with pytest.raises(KeyFault):
        read_private(tmp_path / "link")


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFault, match="no-such-key") as caught:
        read_private(tmp_path / "no-such-key")
    assert caught.value.code == "keyfile_missing"


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key"
    create_private(path, b"first")
    with pytest.raises(KeyFault) as caught:
        create_private(path, b"second")
    assert caught.value.code == "keyfile_exists"
    assert read_private(path) == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_passphrase_replaces_the_document_whole(tmp_path: Path) -> None:
    path = tmp_path / "key"
    create_private(path, b"first")
    replace_private(path, b"second")
    assert read_private(path) == b"second"
    assert list(tmp_path.iterdir()) == [path]
