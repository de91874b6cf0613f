"""Something that an account signed and someone else carries. Knows form; not what it allows.

A cashier signs an invoice, a custodian what it holds; another party puts it into a transaction of
its own. The policy travels with it, so that every signature check can be listed without reading
state ([TX-10], docs/spec/transactions.md); contracts compare the account with the role.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from primitives.address import Policy, account_id, check_policy
from primitives.encoding import Index, Malformed, Signature, Wire
from primitives.keys import Check


class KeySignature(Wire):
    """A signature by the policy's key at ``key``."""

    key: Index
    signature: Signature


Signatures = Annotated[tuple[KeySignature, ...], msgspec.Meta(min_length=1, max_length=16)]


class Endorsement(Wire):
    """An account's policy and its signatures over a message that the context gives."""

    policy: Policy
    signatures: Signatures

    @property
    def account(self) -> bytes:
        """32 bytes: the id of the account that signed."""
        return account_id(self.policy)


def check_endorsement(endorsement: Endorsement) -> None:
    """Raises ``Malformed``: ``policy_malformed`` or ``endorsement_malformed`` ([TX-10])."""
    check_policy(endorsement.policy)
    check_signatures(endorsement.policy, endorsement.signatures, "endorsement_malformed")


def check_signatures(policy: Policy, signatures: tuple[KeySignature, ...], code: str) -> None:
    """Exactly ``threshold`` signatures by ascending keys of the policy: one way to sign.

    Raises ``Malformed`` with ``code``. The policy was checked.
    """
    if len(signatures) != policy.threshold:
        raise Malformed(code, f"{len(signatures)} signatures, the policy asks {policy.threshold}")
    last = -1
    for signature in signatures:
        if signature.key <= last or signature.key >= len(policy.keys):
            raise Malformed(code, "key indices must ascend within the policy")
        last = signature.key


def checks(policy: Policy, signatures: tuple[KeySignature, ...], message: bytes) -> list[Check]:
    """Every signature over ``message``, to be verified. The form was checked."""
    return [Check(policy.keys[s.key], message, s.signature) for s in signatures]
