"""Looks at a node's home, and says what it finds. Changes nothing; decides nothing for the node.

Where a start would refuse, it is the start's own code that is asked (``node.rehearsal``). What
other nodes said is handed in: knows no network.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from contracts import membership
from contracts.state import State
from node.config import (
    NodeHome,
    configured_passphrase,
    open_home,
    running_process,
    signer_socket,
)
from node.executor import Executor
from node.findings import KNOWN, Finding, Severity, finding
from node.guard import Refused
from node.journal import SEGMENT_BYTES, Damaged, Journal
from node.keyring import KEYS, Keyring
from node.rehearsal import (
    FoundDisk,
    copied_store,
    holds_store,
    own_signer,
    read_alone,
    rehearse,
)
from node.retention import EVERYTHING
from node.retirement import spent
from node.signer_look import LookingSigner, Unanswered
from node.signer_record import look_at
from node.store import StoreBroken
from primitives.block import Header, block_digest
from primitives.certificate import StateCertificate, check_certificate
from primitives.encoding import Malformed
from primitives.genesis import chain_id
from primitives.keys import ED25519, Check
from primitives.validators import ValidatorSet
from primitives.vote import attest_message
from shell.errors import CommandError, KeyFault

LOW_BYTES: Final = 1024**3
LOW_SHARE: Final = 20
"""Less than one twentieth free is low, too."""


class Told(NamedTuple):
    """What another node said: ``fault`` why nothing, ``clock_ms`` its clock less ours,
    ``certificates`` its newest ones, whose signatures say themselves whether they are true,
    ``headers`` the blocks of these heights, and ``oldest`` the lowest height that it keeps."""

    url: str
    fault: str | None = None
    chain: str = ""
    clock_ms: int | None = None
    certificates: tuple[StateCertificate, ...] = ()
    headers: tuple[Header, ...] = ()
    oldest: int = 0


def examine(path: Path, now_ms: Callable[[], int], told: Sequence[Told] = ()) -> list[Finding]:
    """All findings. ``told`` was asked for before: what a running node writes meanwhile must not
    look like somebody else's."""
    try:
        home = open_home(path)
    except CommandError as error:
        return [finding("home_unsound", f"{error.message} [{error.code}]")]
    chain = chain_id(home.genesis).hex()
    found = [finding("home_sound", f"{home.genesis.name}, chain {chain}")]
    found += [*_disk(home), *_record(home)]
    keys = _keys_of(home)
    found += keys.findings
    try:
        seen = _contents(home, keys, now_ms)
    except OSError as error:
        seen = _Seen([finding("journal_unread", str(error))], None)
    if keys.signer is not None:
        keys.signer.close()
    return [*found, *seen.findings, *_elsewhere(home, keys.public, seen, told)]


class _Keys(NamedTuple):
    """Who may sign here: the public halves, and the signer that has them, if it answers."""

    public: list[bytes]
    signer: LookingSigner | None
    findings: list[Finding]


def _keys_of(home: NodeHome) -> _Keys:
    path = signer_socket(home)
    if path is not None:
        return _keys_apart(home, LookingSigner(chain_id(home.genesis), path))
    try:
        return _Keys(_key_files(home), None, [])
    except CommandError as error:
        what = f"{error.message} [{error.code}]"
        what = f"{what}: {error.hint}" if error.hint else what
        return _Keys([], None, [finding("keys_unusable", what)])


def _keys_apart(home: NodeHome, signer: LookingSigner) -> _Keys:
    """The signer's keys; those of the home, which may be the signer's too, if it is away."""
    try:
        keys = signer.open()
    except Unanswered as error:
        signer.close()
        try:
            keys = Keyring(home.path).public_keys()
        except KeyFault:
            keys = []
        return _Keys(keys, None, [_unanswered(error)])
    return _Keys(keys, signer, [finding("signer_answers", f"{len(keys)} keys")])


def _unanswered(error: Unanswered) -> Finding:
    away = error.code in ("signer_away", "signer_broken", "signer_busy")
    return finding("signer_away" if away else "signer_refuses", f"{error.reason} [{error.code}]")


def _record(home: NodeHome) -> Iterator[Finding]:
    """What a signer of this home wrote down."""
    try:
        seen = look_at(home.signer, chain_id(home.genesis))
    except CommandError as error:
        yield finding(error.code, error.message)
    except OSError as error:
        yield finding("record_damaged", str(error))
    else:
        if seen is not None:
            yield finding("record_sound", seen.summary())
            if seen.torn:
                yield finding("record_torn", f"{seen.torn} bytes at the end will be cut off")


def _key_files(home: NodeHome) -> list[bytes]:
    """The keys' public halves; the passphrase's file is read, and used for nothing."""
    keys = Keyring(home.path).public_keys()
    if not keys:
        raise KeyFault("key_missing", f"{home.path / KEYS} holds no consensus key")
    configured_passphrase(home)
    return keys


def _contents(home: NodeHome, keys: _Keys, now_ms: Callable[[], int]) -> _Seen:
    """What was written. A node that began meanwhile changed what was looked at."""
    process = running_process(home.path)
    if process is None:
        seen = _resting(home, FoundDisk(home.journal), keys, now_ms)
        process = running_process(home.path)
        if process is None:
            return seen
    return _running(home, FoundDisk(home.journal), process)


class _Seen(NamedTuple):
    findings: list[Finding]
    attested: int | None
    """The highest height that the journal knows an own ATTEST of; None if it cannot say."""
    seat: _Seat | None = None
    kept: tuple[int, int] | None = None
    """The oldest and the newest height of the store; None if it was not looked at."""


class _Seat(NamedTuple):
    """Who this home's key is, and the height and view above which it proposed nothing here."""

    members: ValidatorSet
    me: int
    height: int
    view: int


# --- disk -------------------------------------------------------------------------------------


def _disk(home: NodeHome) -> Iterator[Finding]:
    usage = shutil.disk_usage(home.path)
    share = usage.free * 100 // max(1, usage.total)
    what = f"{usage.free // 1024**2:,} MiB of {usage.total // 1024**2:,} are free ({share} %)"
    if usage.free < SEGMENT_BYTES:
        yield finding("disk_full", what)
    elif usage.free < LOW_BYTES or usage.free * LOW_SHARE < usage.total:
        yield finding("space_low", what)
    else:
        yield finding("space_enough", what)
    for place in (home.path, home.path / "keys", home.data, home.journal):
        if place.exists() and not os.access(place, os.W_OK | os.X_OK):
            yield finding("not_writable", f"{place} cannot be written")


# --- journal and store ------------------------------------------------------------------------


def _running(home: NodeHome, disk: FoundDisk, process: int) -> _Seen:
    """The journal may grow while it is read: its end means nothing."""
    runs = finding("node_runs", f"process {process}")
    try:
        journal = read_alone(home, disk)
    except Damaged as damaged:
        return _Seen([runs, finding(damaged.code, damaged.reason)], None)
    return _Seen([runs, *_journal(journal, disk, torn=False)], journal.newest_attest)


def _resting(home: NodeHome, disk: FoundDisk, keys: _Keys, now_ms: Callable[[], int]) -> _Seen:
    """The store, its keys, and the journal over it; the journal alone where there is no store."""
    try:
        with copied_store(home.data) as store:
            executor = Executor.open(store, home.genesis)
            found = [_store(home, executor), *_history(home, executor)]
            found += [*_keys(executor, keys.public), *_clock(executor, now_ms())]
            over = _over(home, executor, disk, keys)
            kept = (executor.oldest, executor.height)
            return over._replace(findings=found + over.findings, kept=kept)
    except StoreBroken as error:
        broken = finding("store_broken", error.reason)
    except OSError as error:
        broken = finding("store_unread", str(error))
    try:
        journal = read_alone(home, disk)
    except Damaged as damaged:
        return _Seen([broken, finding(damaged.code, damaged.reason)], None)
    return _Seen([broken, *_journal(journal, disk, torn=True)], journal.newest_attest)


def _store(home: NodeHome, executor: Executor) -> Finding:
    if not holds_store(home.data):
        return finding("store_new", f"{home.data} holds no ledger")
    root, height = executor.head_record.state_root.hex(), executor.height
    what = f"height {height} executed, {executor.certified_height} certified, "
    what += f"{executor.state.count} entries with the root {root}, epoch {executor.epoch.number}"
    return finding("store_sound", what)


def _history(home: NodeHome, executor: Executor) -> Iterator[Finding]:
    if not executor.oldest:
        return
    what = f"nothing below height {executor.oldest} is kept"
    wanted = home.settings.history.keep
    yield finding("history_partial" if wanted == EVERYTHING else "history_pruned", what)


def _keys(executor: Executor, keys: Sequence[bytes]) -> Iterator[Finding]:
    epoch = executor.epoch
    ahead = {member.key for member in membership.of(State(executor.state)).members}
    ahead |= {seat.key for seat in epoch.following}
    gone = spent(executor, keys)
    for key in keys:
        seat = next((seat for seat in epoch.members if seat.key == key), None)
        if seat is not None:
            what = f"{key.hex()} has the seat of {seat.partner} in epoch {epoch.number}"
            yield finding("key_seated", what)
        elif key in ahead:
            yield finding("key_waits", f"{key.hex()} has a seat from the next epoch on")
        elif key in gone:
            yield finding("key_spent", f"{key.hex()} had a seat before epoch {epoch.number}")
        else:
            yield finding("key_unseated", f"{key.hex()} has no seat in epoch {epoch.number}")


def _clock(executor: Executor, now_ms: int) -> Iterator[Finding]:
    """A block's time is never far ahead of a quorum's clocks."""
    ahead = executor.head_record.header.time - now_ms
    if ahead > executor.genesis.parameters.clock_drift_ms:
        what = f"the newest block is {ahead:,} ms ahead of this clock"
        yield finding("clock_wrong", what)


def _over(home: NodeHome, executor: Executor, disk: FoundDisk, keys: _Keys) -> _Seen:
    """The journal, as a start over this store takes it up."""
    signer = keys.signer
    try:
        rehearsed = rehearse(home, executor, disk, signer or own_signer(home, keys.public))
    except Unanswered as error:
        return _Seen([_unanswered(error)], None)
    except Damaged as damaged:
        return _Seen([finding(damaged.code, damaged.reason)], None)
    except Refused as refused:
        return _Seen([finding("journal_contradicts", str(refused))], None)
    journal = rehearsed.journal
    found = _journal(journal, disk, torn=True)
    if signer is not None and signer.refusal is not None:
        refusal = signer.refusal
        code = refusal.code if refusal.code in KNOWN else "signer_refuses"
        found.append(finding(code, f"{refusal.detail} [{refusal.code}]"))
    ahead = max(journal.newest_attest, journal.newest_certified)
    if ahead > executor.height:
        what = f"the journal goes up to height {ahead}, the store to {executor.height}"
        found.append(finding("store_behind", what))
    term, seat = rehearsed.term, None
    if term.me is not None:
        height, view = rehearsed.terms.twins.horizon_of_proposals
        seat = _Seat(term.members, term.me, max(height, executor.height), view)
    return _Seen(found, journal.newest_attest, seat)


def _journal(journal: Journal, disk: FoundDisk, *, torn: bool) -> list[Finding]:
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(journal.census().items()))
    if not kinds and not disk.torn:
        return [finding("journal_new", "the journal is empty")]
    what = f"{len(disk.segments())} segments: {kinds or 'no record'}; the newest own attestation "
    what += f"is of height {journal.newest_attest}"
    found = [finding("journal_sound", what)]
    if torn and disk.torn:
        found.append(finding("journal_torn", f"{disk.torn} bytes at the end will be cut off"))
    return found


# --- what others say --------------------------------------------------------------------------


def _elsewhere(
    home: NodeHome, keys: Sequence[bytes], seen: _Seen, told: Sequence[Told]
) -> Iterator[Finding]:
    chain = chain_id(home.genesis).hex()
    heard = []
    for each in told:
        if each.fault is not None:
            yield finding("node_silent", f"{each.url}: {each.fault}")
        elif each.chain != chain:
            yield finding("node_elsewhere", f"{each.url} is of chain {each.chain}")
        else:
            heard.append(each)
    if not heard:
        return
    yield _clocks(home, heard)
    yield from _past(seen, heard)
    shown = [(each.url, c) for each in heard for c in each.certificates]
    attested = seen.attested
    if attested is None:
        return  # the journal does not say what it knew
    signed = [(c.attestation.height, url) for url, c in shown if _signed(chain, keys, c)]
    height, url = max(signed, default=(0, ""))
    if height > attested:
        what = f"height {height} is attested with a key of this home ({url}), and "
        what += f"its journal knows of none above {attested}"
        yield finding("key_elsewhere", what)
    elif (proposed := _proposed(chain, seen.seat, heard)) is not None:
        what = f"height {proposed} was proposed with a key of this home, and not by this home"
        yield finding("key_elsewhere", what)
    else:
        newest = max((c.attestation.height for _, c in shown), default=0)
        yield finding("key_quiet", f"looked at certificates up to height {newest}")


def _past(seen: _Seen, heard: Sequence[Told]) -> Iterator[Finding]:
    """Whether what others keep is enough, for this home and for newcomers."""
    oldest = min(each.oldest for each in heard)
    if seen.kept is None:
        return
    first, newest = seen.kept
    if oldest > newest + 1:
        yield finding("history_missing", f"it needs height {newest + 1}, they keep {oldest} and on")
    if first and oldest:
        what = f"height {min(first, oldest)} is the lowest that is kept"
        yield finding("archive_missing", what)


def _clocks(home: NodeHome, heard: Sequence[Told]) -> Finding:
    skews = sorted(each.clock_ms for each in heard if each.clock_ms is not None)
    skew = skews[len(skews) // 2] if skews else 0
    what = f"{abs(skew):,} ms {'behind' if skew > 0 else 'ahead of'} the nodes that were asked"
    drift = home.genesis.parameters.clock_drift_ms
    wrong = abs(skew) > max(drift, DATE_STEP_MS)
    return finding("clock_wrong" if wrong else "clock_right", what)


DATE_STEP_MS: Final = 2_000
"""HTTP tells a node's clock in whole seconds, and an answer takes its time."""


def _proposed(chain: str, seat: _Seat | None, heard: Sequence[Told]) -> int | None:
    """A height that a quorum made final, and that the key proposed, but not here."""
    if seat is None:
        return None
    for each in heard:
        for header, certificate in zip(each.headers, each.certificates, strict=True):
            mine = (header.epoch, header.proposer) == (seat.members.epoch, seat.me)
            newer = header.height > seat.height and header.view > seat.view
            if mine and newer and _is_final(bytes.fromhex(chain), seat, header, certificate):
                return header.height
    return None


def _is_final(chain: bytes, seat: _Seat, header: Header, certificate: StateCertificate) -> bool:
    try:
        check_certificate(chain, seat.members, ED25519, certificate)
    except Malformed:
        return False
    return certificate.attestation.block == block_digest(chain, header)


def _signed(chain: str, keys: Sequence[bytes], certificate: StateCertificate) -> bool:
    """Whether one of the keys provably signed it: nothing about the node that shows it matters."""
    attestation = certificate.attestation
    if attestation.chain.hex() != chain:
        return False
    message = attest_message(attestation)
    signatures = [each.signature for each in certificate.signatures]
    checks = [Check(key, message, signature) for key in keys for signature in signatures]
    return any(ED25519.verify_many([check])[0] for check in checks)


def is_fit(found: Sequence[Finding]) -> bool:
    """Whether the node may be started."""
    return all(each.severity is not Severity.FAULT for each in found)
