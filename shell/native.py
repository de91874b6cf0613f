"""The optional library in Rust, if this release's is installed. Knows its name; not its use.

``liqbon_native`` is built from ``native/`` where there is a ``cargo``. One of another release, left
over from before, is treated as none: what it can do is not known.
"""

from __future__ import annotations

from typing import Any, Final

try:
    import liqbon_native
except ImportError:
    liqbon_native = None

RELEASE: Final = "0.2.0"
"""The version that belongs to this release: that of ``native/Cargo.toml``."""


def _of_this_release(library: Any) -> Any:
    return library if getattr(library, "__version__", None) == RELEASE else None


LIBRARY: Final[Any] = _of_this_release(liqbon_native)
"""The module, or None."""


def library_name() -> str | None:
    """Name and version of the library; None where it is not installed."""
    return f"liqbon-native {RELEASE}" if LIBRARY else None
