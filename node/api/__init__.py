"""The HTTP API of a node: what clients, auditors and dashboards ask. It orders nothing."""
