"""[CERT-1] Every state certificate on a disk verifies, and is of what was executed there. Those of
the last heights of epochs, and no others, hand over, and to the next members ([EPOCH-4])."""

from __future__ import annotations

from node.executor import Executor
from node.recovery import agrees
from primitives.certificate import check_certificate
from primitives.encoding import Malformed
from primitives.vote import Attestation
from tests.simulation.process import Setting
from tests.simulation.verdict import Diverged


def check_certificates(setting: Setting, executor: Executor, *, all_of_them: bool) -> None:
    """``all_of_them``: and no height that was not let go of is without one."""
    for height in range(max(1, executor.oldest), executor.height + 1):
        certificate = executor.archive.certificate(height)
        if certificate is None and all_of_them:
            raise Diverged(f"height {height} has no certificate at rest")
        if certificate is None:
            continue
        try:
            members = setting.epochs[certificate.attestation.epoch]
            check_certificate(setting.chain, members, setting.keys.scheme, certificate)
        except (Malformed, KeyError) as error:
            raise Diverged(f"height {height}: {error}") from error
        if not agrees(executor.archive.block(height), certificate):
            raise Diverged(f"height {height}: the certificate is of another outcome")
        if certificate.attestation.last != (executor.epoch_at(height).last == height):
            raise Diverged(f"height {height}: attested with last {certificate.attestation.last}")
        _check_next(setting, certificate.attestation)


def _check_next(setting: Setting, attestation: Attestation) -> None:
    """The members that are named as the next height's are those that took part in it."""
    following = setting.epochs.get(attestation.epoch + attestation.last)
    if following is not None and following.hash != attestation.next_validators:
        raise Diverged(f"height {attestation.height} names others as the next members")
