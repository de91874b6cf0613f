"""Names and numbers that actions and entries share. Knows their bounds; not what bears them."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

MAX_CODE: Final = 32
MAX_PARTNERS: Final = 100
"""Partners that are in the directory at a time."""

CODE_FORM: Final = r"\A[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?\Z"
Code = Annotated[str, msgspec.Meta(pattern=CODE_FORM)]
"""The name of a partner, programme or custodian on chain: 1..32 of a-z, 0-9 and inner hyphens."""
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Url = Annotated[str, msgspec.Meta(max_length=200)]
Currency = Annotated[str, msgspec.Meta(pattern=r"\A[A-Z]{3}\Z")]
"""Three capital letters (ISO 4217)."""
Term = Annotated[int, msgspec.Meta(ge=1, le=2**32 - 1)]
"""One half of a rate."""
Points = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
"""Basis points: 1/10,000."""
Signed = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""A quantity that may be negative and fits 64 bits."""
Cycle = Annotated[int, msgspec.Meta(ge=1, le=2**32 - 1)]
"""The number of a settlement cycle, from 1."""
Place = Annotated[int, msgspec.Meta(ge=0, le=98)]
"""The place of an obligation in its cycle: at most one fewer than there are partners."""
