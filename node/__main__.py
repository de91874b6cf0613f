"""``python -m node`` is ``liqbon-node``: how a development network starts its nodes."""

from node.cli import main

main()
