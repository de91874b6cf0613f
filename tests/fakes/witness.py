"""Who follows an executor in tests, and what an account holds there."""

from __future__ import annotations

from node.executor import ExecutedBlock, Executor
from primitives.certificate import StateCertificate


class Witness:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.heights: list[int] = []
        self.certified_heights: list[int] = []
        self.blocks: list[ExecutedBlock] = []

    def executed(self, block: ExecutedBlock) -> None:
        self.heights.append(block.record.header.height)
        self.blocks.append(block)

    def certified(self, certificate: StateCertificate) -> None:
        self.certified_heights.append(certificate.attestation.height)


def balance(executor: Executor, account: bytes) -> int:
    return executor.account(account).balance
