"""A validator's node: the world around the pure engine and the pure ledger."""
