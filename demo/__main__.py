"""``python -m demo [--once] [--base-port PORT]``: exit status 0 if all of it held, else 1."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from demo.commands import Unexpected
from demo.network import BASE_PORT
from demo.stage import Stage
from demo.story import tell

INTERRUPTED = 130


def main() -> int:
    """Tell the story in a temporary directory, which is removed afterwards."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end by itself, keep nothing up")
    parser.add_argument(
        "--base-port", type=int, default=BASE_PORT, metavar="PORT", help=f"{BASE_PORT} unless told"
    )
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        with tempfile.TemporaryDirectory(prefix="liqbon-demo-") as directory:
            tell(Stage(), Path(directory), options.base_port, once=options.once)
    except Unexpected as error:
        print(f"\nThis did not go as it should: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted; everything is stopped", file=sys.stderr)
        return INTERRUPTED
    return 0


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
