"""Says whether this interpreter can run LiqBon, and what to do when it cannot.

Knows which Pythons will do, and nothing else of the project: it runs before anything is installed,
on whatever interpreter `make` found, so it keeps to what old ones can read.
"""

import importlib.util
import struct
import sys

# Newer ones wait for wheels of plyvel, which carries LevelDB.
TESTED = ((3, 11), (3, 12))


def complaint():
    """Return why this interpreter will not do, or an empty string."""
    running = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] not in TESTED:
        wanted = " or ".join(f"{major}.{minor}" for major, minor in TESTED)
        return f"LiqBon needs Python {wanted}; {sys.executable} is {running}."
    if struct.calcsize("P") * 8 < 64:
        return f"LiqBon needs a 64-bit Python; {sys.executable} is not one."
    if importlib.util.find_spec("ensurepip") is None:
        return (
            f"{sys.executable} cannot make virtual environments: "
            f"install python{sys.version_info[0]}.{sys.version_info[1]}-venv."
        )
    return ""


if __name__ == "__main__":
    problem = complaint()
    if problem:
        sys.exit(problem + "\nName another one with: make PYTHON=/path/to/python3.11 ...")
